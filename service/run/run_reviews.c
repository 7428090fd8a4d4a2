/* run_reviews.c: access reviews in a run: what was decided is proven by it, and those that are due
 * are started by it. */

#include "run/reviews/night.h"
#include "run/reviews/start.h"
#include "run/run_state.h"

#include "run/run_commands.h"

#include <string.h>

static void say_waiting(const json_t *waiting)
{
    size_t i;
    json_t *row;

    json_array_foreach(waiting, i, row)
    {
        if (json_is_true(json_object_get(row, "new")))
            say_error("review %s was not started: %s. It is due since %s, and starts by itself "
                      "with the first run that can",
                      json_string_value(json_object_get(row, "name")),
                      json_string_value(json_object_get(row, "reason")),
                      json_string_value(json_object_get(row, "since")));
    }
}

static bool is_merged(const Run *run)
{
    return !run->is_dry && !run->is_clock_held && strcmp(run->record.status, "held") != 0;
}

bool run_follow_reviews(Run *run, GError **error)
{
    return !is_merged(run) || review_night(run->ledger, &run->reconciliation, &run->record,
                                           &run->review_counts, error);
}

bool run_start_reviews(Run *run, GError **error)
{
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    ReviewStarting starting = {.ledger = run->ledger,
                               .reconciliation = &run->reconciliation,
                               .actor = run->record.actor,
                               .run = run->record.id};

    if (!is_merged(run))
        return true;
    run->reviews = review_start_due(&starting, said, error);
    for (guint i = 0; i < said->len; i++)
        say_error("%s", (const char *)said->pdata[i]);
    say_waiting(json_object_get(run->reviews, "waiting"));
    return run->reviews != NULL;
}
