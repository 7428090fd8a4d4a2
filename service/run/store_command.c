/* store_command.c: the ledger's store itself: its schema, and moving it. */

#include "run/run_commands.h"

#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/show.h"
#include "run/terminal.h"

#include <string.h>

static ExitCode show(const Invocation *invocation, json_t *facts)
{
    json_t *list = json_array();

    json_array_append_new(list, facts);
    return show_things(invocation, "store", list);
}

static ExitCode no_store(const Invocation *invocation)
{
    g_autofree char *url = ledger_shown_url(invocation->settings->store_url);

    say_error("there is no store at %s yet; the first run creates it, or rightful store migrate",
              url);
    return EXIT_FAILED;
}

static ExitCode show_or_migrate(Invocation *invocation, LedgerAccess access)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, access, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *info = ledger != NULL ? ledger_info(ledger, &error) : NULL;

    return ledger == NULL ? no_store(invocation)
           : info == NULL ? ledger_failed(error)
                          : show(invocation, info);
}

/* Under the run lock, so that no run is applied to a ledger that is being left. */
static ExitCode copy_to(Invocation *invocation, const char *url)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    g_autofree char *shown = ledger_shown_url(url);
    g_autofree char *holder = lock_holder("store copy");

    if (strcmp(shown, url) != 0)
        return usage_error(invocation,
                           "store copy %s: everybody on this machine can read a password in an "
                           "argument; use passfile=, a service file or peer authentication",
                           shown);
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);
    if (code != EXIT_DONE)
        return code;
    g_autofree char *directory = g_path_get_dirname(invocation->settings->path);
    json_t *copied = ledger_lock(ledger, LEDGER_LOCK_RUN, holder, &error)
                         ? ledger_copy(ledger, url, directory, &error)
                         : NULL;
    if (copied == NULL)
        return ledger_failed(error);
    if (!invocation->is_quiet)
        say_error("every row is there; set store.url to it, and keep the old store for a while");
    return show(invocation, copied);
}

ExitCode command_store(Invocation *invocation)
{
    const char *action = invocation->arguments[0], *url = invocation->arguments[1];
    bool is_copy = strcmp(action, "copy") == 0, is_migrate = strcmp(action, "migrate") == 0;

    if (!is_copy && !is_migrate && strcmp(action, "info") != 0)
        return usage_error(invocation, "store %s: allowed: migrate, info, copy", action);
    if (is_copy != (url != NULL))
        return usage_error(
            invocation,
            is_copy ? "store copy URL: where to?" : "store %s takes no further argument", action);
    return is_copy ? copy_to(invocation, url)
                   : show_or_migrate(invocation, is_migrate ? LEDGER_RUN : LEDGER_READ);
}
