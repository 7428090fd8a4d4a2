#include "run/ledger_access.h"

#include "run/facts.h"

#include <unistd.h>

ExitCode ledger_failed(const GError *error)
{
    say_error("%s", error->message);
    return g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED) ? EXIT_LOCKED : EXIT_FAILED;
}

ExitCode open_store(Invocation *invocation, LedgerAccess access, Ledger **ret_ledger)
{
    g_autoptr(GError) error = NULL;
    const Settings *settings = invocation_settings(invocation);

    if (settings == NULL)
        return EXIT_CONFIGURATION;
    g_autofree char *directory = g_path_get_dirname(settings->path);
    Ledger *ledger = ledger_open(settings->store_url, directory, access, &error);

    if (ledger == NULL) {
        bool is_absent = g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING);

        return is_absent && access == LEDGER_READ ? EXIT_DONE : ledger_failed(error);
    }
    ledger_set_references(ledger, fact_references);
    *ret_ledger = ledger;
    return EXIT_DONE;
}

char *lock_holder(const char *command)
{
    return g_strdup_printf("rightful %s, process %d of %s on %s", command, (int)getpid(),
                           actor_name(), g_get_host_name());
}
