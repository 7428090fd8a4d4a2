/* web_command.c: starts the web. */

#include "run/run_commands.h"

#include "run/facts.h"
#include "web/web.h"

ExitCode command_web(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    const Settings *settings = invocation_settings(invocation);
    int64_t begins;

    if (settings == NULL)
        return EXIT_CONFIGURATION;
    if (!invocation_as_of(invocation, TIME_UNKNOWN, &begins))
        return EXIT_USAGE;
    if (begins != TIME_UNKNOWN && !invocation_has(invocation, "demo"))
        return usage_error(invocation, "--as-of is for --demo: people act in real time");
    if (web_run(&(WebStart){.settings = settings,
                            .is_demo = invocation_has(invocation, "demo"),
                            .begins_utc = begins,
                            .references = fact_references,
                            .catalogue = controls_json,
                            .due_limits = due_limits,
                            .cancel = invocation->cancel},
                &error))
        return EXIT_DONE;
    say_error("%s", error->message);
    return g_error_matches(error, WEB_ERROR, WEB_ERROR_CONFIGURATION) ? EXIT_CONFIGURATION
                                                                      : EXIT_FAILED;
}
