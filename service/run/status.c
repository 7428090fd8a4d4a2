/* status.c: one screen that answers "is all well?". */

#include "run/run_commands.h"

#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

static void print_status(const Invocation *invocation, json_t *newest, json_t *last, json_t *counts)
{
    const char *status = json_string_value(json_object_get(newest, "status"));
    const char *colour = invocation->has_colour ? colour_of_status(status) : NULL;

    printf("Run %" JSON_INTEGER_FORMAT " %s%s%s · as of %s · finished %s\n\n",
           json_integer_value(json_object_get(newest, "id")), colour != NULL ? colour : "", status,
           colour != NULL ? "\x1b[0m" : "", json_string_value(json_object_get(newest, "as_of")),
           json_string_value(json_object_get(newest, "finished")));
    if (last != NULL && !json_equal(json_object_get(last, "id"), json_object_get(newest, "id"))) {
        printf("Nothing was merged by it; the exceptions are as of run %" JSON_INTEGER_FORMAT
               " (%s).\n\n",
               json_integer_value(json_object_get(last, "id")),
               json_string_value(json_object_get(last, "as_of")));
    }
    print_sources(invocation, json_object_get(newest, "sources"));
    print_severities(counts);
    fputc('\n', stdout);
    print_decided(counts);
    puts(json_integer_value(json_object_get(counts, "open")) > 0
             ? "\nrightful exceptions lists them."
             : "");
}

ExitCode command_status(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    json_t *newest = NULL, *last = NULL, *counts = NULL;

    if (code != EXIT_DONE) {
        return code;
    }
    if (ledger != NULL) {
        newest = ledger_newest_run(ledger, &error);
        last = error == NULL ? ledger_last_run(ledger, &error) : NULL;
        counts = error == NULL ? ledger_summary(ledger, &error) : NULL;
    }
    if (error != NULL) {
        json_decref(newest);
        json_decref(last);
        return ledger_failed(error);
    }
    if (invocation->format != FORMAT_TABLE) {
        json_t *sources =
            newest != NULL ? json_incref(json_object_get(newest, "sources")) : json_array();

        json_decref(last);
        if (invocation->format == FORMAT_CSV) { /* what there are rows of */
            code = show_things(invocation, "status", json_incref(sources));
            json_decref(sources);
            json_decref(newest);
            json_decref(counts);
            return code;
        }
        return print_json(invocation,
                          json_pack("{s:i s:o s:o s:o}", "schema_version", 1, "run",
                                    newest != NULL ? newest : json_null(), "sources", sources,
                                    "counts", counts != NULL ? counts : json_object()));
    }
    if (newest == NULL) {
        puts("There was no run yet: rightful check, then rightful run.");
    } else {
        print_status(invocation, newest, last, counts);
    }
    json_decref(newest);
    json_decref(last);
    json_decref(counts);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}
