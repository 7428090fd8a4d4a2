/* run_clock.c: a run by a clock that cannot be believed is held. */

#include "run/run_state.h"

#include "base/times.h"

#include <string.h>

#define ACCEPT_CLOCK "clock:moved"

/* Marks it as used. */
static bool accepts_clock(const Run *run)
{
    for (guint i = 0; i + 1 < run->accepts->len; i++) {
        if (strcmp(run->accepts->pdata[i], ACCEPT_CLOCK) == 0) {
            run->reconciliation.accepts_used[i] = true;
            return true;
        }
    }
    return false;
}

/* "10 days", "2 hours": how far the clock moved. */
static char *distance_text(int64_t seconds)
{
    return seconds >= 2 * 86400  ? g_strdup_printf("%" G_GINT64_FORMAT " days", seconds / 86400)
           : seconds >= 2 * 3600 ? g_strdup_printf("%" G_GINT64_FORMAT " hours", seconds / 3600)
                                 : g_strdup_printf("%" G_GINT64_FORMAT " minutes", seconds / 60);
}

static char *reason_text(const Run *run, ClockVerdict verdict, int64_t passed, int64_t shown,
                         bool is_during)
{
    g_autofree char *now = time_to_text(run->started.wall_utc);
    g_autofree char *distance =
        distance_text(verdict == CLOCK_MOVED ? ABS(shown - passed) : -shown);
    g_autofree char *since =
        is_during ? g_strdup("while this run read the sources")
                  : g_strdup_printf("since run %" G_GINT64_FORMAT, run->baseline->last_run);

    if (verdict == CLOCK_WENT_BACK)
        return g_strdup_printf("the clock says %s, which is %s before run %" G_GINT64_FORMAT, now,
                               distance, run->baseline->last_run);
    return g_strdup_printf("the clock moved %s by %s against the time that passed %s, and says %s",
                           shown > passed ? "ahead" : "back", distance, since, now);
}

static json_t *trip_of(int64_t passed, int64_t shown)
{
    return json_pack("{s:s s:s s:I s:I s:I s:s}", "source", "clock", "dimension", "moved", "before",
                     (json_int_t)passed, "after", (json_int_t)shown, "limit",
                     (json_int_t)CLOCK_TOLERANCE_SECONDS, "accept", ACCEPT_CLOCK);
}

/* An as-of time given by hand is an input: then nothing rests on the clock. */
static ClockVerdict judge_clock(Run *run, int64_t *ret_passed, int64_t *ret_shown,
                                bool *ret_is_during)
{
    ClockReading now = clock_read();
    ClockVerdict verdict = CLOCK_FINE;

    *ret_is_during = false;
    if (invocation_value(run->invocation, "as-of") != NULL)
        return CLOCK_FINE;
    if (run->baseline != NULL) {
        ClockReading last = {.wall_utc = run->baseline->last_started_utc,
                             .up_seconds = run->baseline->last_up_seconds};

        g_strlcpy(last.boot, run->baseline->last_boot != NULL ? run->baseline->last_boot : "",
                  sizeof last.boot);
        verdict = clock_compare(&last, &run->started, ret_passed, ret_shown);
    }
    if (verdict == CLOCK_FINE) {
        *ret_is_during = true;
        verdict = clock_compare(&run->started, &now, ret_passed, ret_shown);
        /* A moment back, within the hour, is how clocks are set right. */
        verdict = verdict == CLOCK_WENT_BACK ? CLOCK_FINE : verdict;
    }
    return verdict;
}

void run_check_clock(Run *run)
{
    int64_t passed = 0, shown = 0;
    bool is_during = false;
    ClockVerdict verdict = judge_clock(run, &passed, &shown, &is_during);

    if (verdict == CLOCK_FINE)
        return;
    g_free(run->clock_reason);
    run->clock_reason = reason_text(run, verdict, passed, shown, is_during);
    if (accepts_clock(run)) {
        json_array_append_new(run->record.accepted,
                              json_pack("{s:s s:s s:s s:s}", "accept", ACCEPT_CLOCK, "reason",
                                        invocation_value(run->invocation, "reason"), "actor",
                                        invocation_actor(run->invocation), "what",
                                        run->clock_reason));
        return;
    }
    run->is_clock_held = true;
    json_array_append_new(run->record.held, trip_of(passed, shown));
    if (!run->is_dry) {
        run->record.status = "held";
        run->record.reason = run->clock_reason;
    }
}
