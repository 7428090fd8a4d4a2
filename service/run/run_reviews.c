/* run_reviews.c: access reviews in a run: those that are due are started by it. */

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
        say_error("review %s was not started: %s. It is due since %s; the next run tries again",
                  json_string_value(json_object_get(row, "name")),
                  json_string_value(json_object_get(row, "reason")),
                  json_string_value(json_object_get(row, "since")));
    }
}

bool run_start_reviews(Run *run, GError **error)
{
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    ReviewStarting starting = {.ledger = run->ledger,
                               .reconciliation = &run->reconciliation,
                               .actor = run->record.actor,
                               .run = run->record.id};

    if (run->is_dry || run->is_clock_held || strcmp(run->record.status, "held") == 0) {
        return true;
    }
    run->reviews = review_start_due(&starting, said, error);
    for (guint i = 0; i < said->len; i++) {
        say_error("%s", (const char *)said->pdata[i]);
    }
    say_waiting(json_object_get(run->reviews, "waiting"));
    return run->reviews != NULL;
}
