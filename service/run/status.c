/* status.c: one screen that answers "is all well?". */

#include "run/run_commands.h"

#include "base/times.h"
#include "ledger/cases.h"
#include "ledger/reviews.h"
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
    if (last != NULL && !json_equal(json_object_get(last, "id"), json_object_get(newest, "id")))
        printf("Nothing was merged by it; the exceptions are as of run %" JSON_INTEGER_FORMAT
               " (%s).\n\n",
               json_integer_value(json_object_get(last, "id")),
               json_string_value(json_object_get(last, "as_of")));
    print_sources(invocation, json_object_get(newest, "sources"));
    print_severities(counts);
    fputc('\n', stdout);
    print_decided(counts);
    puts(json_integer_value(json_object_get(counts, "open")) > 0
             ? "\nrightful exceptions lists them."
             : "");
}

/* ---- leavers ---- */

static bool count_case(json_t *row, void *counts)
{
    json_t *due = json_object_get(row, "due");

    json_object_set_new(counts, "open",
                        json_integer(1 + json_integer_value(json_object_get(counts, "open"))));
    if (json_is_null(json_object_get(counts, "next_due")))
        json_object_set(counts, "next_due", due);
    return true;
}

/* {"open": n, "next_due": time or null}: cases come with the earliest due first. */
static json_t *leaver_counts(Ledger *ledger, GError **error)
{
    json_t *counts = json_pack("{s:i s:n}", "open", 0, "next_due");

    ledger_cases(ledger, false, count_case, counts, error);
    return counts;
}

static void print_leavers(const json_t *leavers)
{
    json_int_t open = json_integer_value(json_object_get(leavers, "open"));
    const char *due = json_string_value(json_object_get(leavers, "next_due"));

    if (open > 0)
        printf("%" JSON_INTEGER_FORMAT " leaver case%s open%s%s. rightful leaver list shows %s.\n",
               open, open == 1 ? "" : "s", due != NULL ? ", next due " : "", due != NULL ? due : "",
               open == 1 ? "it" : "them");
}

/* ---- reviews ---- */

static void count_up(json_t *counts, const char *name, json_int_t more)
{
    json_object_set_new(counts, name,
                        json_integer(more + json_integer_value(json_object_get(counts, name))));
}

static bool count_review(json_t *row, void *counts)
{
    const char *status = json_string_value(json_object_get(row, "status"));

    count_up(counts, "open", 1);
    count_up(counts, "overdue", strcmp(status, "overdue") == 0);
    count_up(counts, "items_open", json_integer_value(json_object_get(row, "open")));
    if (json_is_null(json_object_get(counts, "next_due")))
        json_object_set(counts, "next_due", json_object_get(row, "due"));
    return true;
}

/* {"open", "overdue", "items_open", "next_due"}, as of the newest run: campaigns come with the
 * earliest due first. */
static json_t *review_counts(Ledger *ledger, const json_t *newest, GError **error)
{
    json_t *counts =
        json_pack("{s:i s:i s:i s:n}", "open", 0, "overdue", 0, "items_open", 0, "next_due");
    const char *as_of = json_string_value(json_object_get(newest, "as_of"));
    ReviewFilter filter = {.now_utc = 0};

    if (as_of != NULL)
        time_parse(text_of(as_of), NULL, &filter.now_utc);
    ledger_reviews(ledger, &filter, count_review, counts, error);
    return counts;
}

static void print_reviews(const json_t *reviews)
{
    json_int_t open = json_integer_value(json_object_get(reviews, "open"));
    json_int_t overdue = json_integer_value(json_object_get(reviews, "overdue"));
    const char *due = json_string_value(json_object_get(reviews, "next_due"));

    if (open > 0)
        printf("%" JSON_INTEGER_FORMAT " access review%s open, %" JSON_INTEGER_FORMAT
               " overdue, %" JSON_INTEGER_FORMAT " items undecided%s%s. rightful review list shows "
               "%s.\n",
               open, open == 1 ? "" : "s", overdue,
               json_integer_value(json_object_get(reviews, "items_open")),
               due != NULL ? ", next due " : "", due != NULL ? due : "", open == 1 ? "it" : "them");
}

ExitCode command_status(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    json_t *newest = NULL, *last = NULL, *counts = NULL, *leavers = NULL;
    json_t *reviews = NULL;

    if (code != EXIT_DONE)
        return code;
    if (ledger != NULL) {
        newest = ledger_newest_run(ledger, &error);
        last = error == NULL ? ledger_last_run(ledger, &error) : NULL;
        counts = error == NULL ? ledger_summary(ledger, &error) : NULL;
        leavers = error == NULL ? leaver_counts(ledger, &error) : NULL;
        reviews = error == NULL ? review_counts(ledger, newest, &error) : NULL;
    }
    if (error != NULL) {
        json_decref(newest);
        json_decref(last);
        json_decref(counts);
        json_decref(leavers);
        json_decref(reviews);
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
            json_decref(leavers);
            json_decref(reviews);
            return code;
        }
        return print_json(invocation,
                          json_pack("{s:i s:o s:o s:o s:o s:o}", "schema_version", 1, "run",
                                    newest != NULL ? newest : json_null(), "sources", sources,
                                    "counts", counts != NULL ? counts : json_object(),
                                    "leaver_cases", leavers != NULL ? leavers : json_object(),
                                    "reviews", reviews != NULL ? reviews : json_object()));
    }
    if (newest == NULL) {
        puts("There was no run yet: rightful check, then rightful run.");
    } else {
        print_status(invocation, newest, last, counts);
        print_leavers(leavers);
        print_reviews(reviews);
    }
    json_decref(newest);
    json_decref(last);
    json_decref(counts);
    json_decref(leavers);
    json_decref(reviews);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}
