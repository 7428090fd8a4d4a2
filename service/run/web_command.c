/* web_command.c: starts the web. */

#include "run/run_commands.h"

#include "run/facts.h"
#include "web/web.h"

ExitCode command_web(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    const Settings *settings = invocation_settings(invocation);

    if (settings == NULL) {
        return EXIT_CONFIGURATION;
    }
    if (web_run(&(WebStart){.settings = settings,
                            .is_demo = invocation_has(invocation, "demo"),
                            .references = fact_references,
                            .cancel = invocation->cancel},
                &error)) {
        return EXIT_DONE;
    }
    say_error("%s", error->message);
    return g_error_matches(error, WEB_ERROR, WEB_ERROR_CONFIGURATION) ? EXIT_CONFIGURATION
                                                                      : EXIT_FAILED;
}
