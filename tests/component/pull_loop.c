/* Pulls and guards as `rightful run` does, once for every line on standard input, and answers each
 * with one line of JSON: what became of every source, and how much of it a run would have used.
 * Thousands of broken pulls cost one start of a program.
 *
 *   pull_loop CONFIG AS_OF        AS_OF: seconds since 1970 */
#include "controls/control.h"
#include "intake/intake.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>

static const char *status_name(SourceStatus status)
{
    switch (status) {
    case SOURCE_COMPLETE:
        return "complete";
    case SOURCE_INCOMPLETE:
        return "incomplete";
    case SOURCE_HELD:
        return "held";
    case SOURCE_STALE:
        return "stale";
    }
    return "?";
}

static void clear_trip(gpointer trip)
{
    guard_trip_clear(trip);
}

static void pull_once(const Settings *settings, const Baseline *baseline, int64_t as_of_utc)
{
    static const char *const no_accepts[] = {NULL};
    bool accepts_used[1] = {false};
    g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(GuardTrip));
    g_array_set_clear_func(held, clear_trip);
    g_autoptr(Intake) intake = intake_pull(settings, ~0u, as_of_utc, NULL, NULL, NULL);

    intake_guard(intake, settings, baseline, as_of_utc, no_accepts, accepts_used, held);
    g_autoptr(Snapshot) snapshot = intake_freeze(intake, settings, NULL, 0);
    json_t *answer = json_object();
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        json_object_set_new(answer, source->name,
                            json_pack("[s, s]", status_name(source->status),
                                      source->reason != NULL ? source->reason : ""));
    }
    json_object_set_new(answer, "accounts", json_integer(snapshot->accounts.n));
    json_object_set_new(answer, "groups", json_integer(snapshot->groups.n));
    json_object_set_new(answer, "people", json_integer(snapshot->people.n));
    char *line = json_dumps(answer, JSON_COMPACT);
    puts(line);
    fflush(stdout);
    free(line);
    json_decref(answer);
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments != 3) {
        fputs("usage: pull_loop CONFIG AS_OF\n", stderr);
        return 2;
    }
    SettingsCatalogue catalogue = {.connectors = connectors, .controls = control_settings()};
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Settings) settings = settings_load(arguments[1], &catalogue, problems, NULL);
    int64_t as_of_utc = g_ascii_strtoll(arguments[2], NULL, 10);

    if (settings == NULL) {
        fprintf(stderr, "%s\n", (char *)problems->pdata[0]);
        return 78;
    }
    g_autofree char *directory = g_path_get_dirname(arguments[1]);
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = ledger_open(settings->store_url, directory, LEDGER_READ, &error);
    g_autoptr(Baseline) baseline =
        ledger != NULL ? ledger_baseline(ledger, as_of_utc, &error) : NULL;
    if (baseline == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL)
        pull_once(settings, baseline, as_of_utc);
    return 0;
}
