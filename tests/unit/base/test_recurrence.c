/* Days of recurrence rules. */
#include "base/recurrence.h"
#include "base/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int32_t day(const char *text)
{
    int32_t found;
    assert_true(day_parse(text_of(text), NULL, &found));
    return found;
}

static void assert_day(int32_t found, const char *expected)
{
    g_autofree char *text = day_to_text(found);
    assert_string_equal(text != NULL ? text : "none", expected);
}

static void the_last_day_of_a_rule_is_after_one_day_and_not_after_another(void **state)
{
    (void)state;
    const char *rule = "FREQ=MONTHLY;INTERVAL=3";

    assert_day(RECURRENCE_START, "2001-01-01");
    assert_day(recurrence_last(rule, RECURRENCE_START, DAY_NONE, day("2026-03-31")), "2026-01-01");
    assert_day(recurrence_last(rule, RECURRENCE_START, DAY_NONE, day("2026-04-01")), "2026-04-01");
    assert_day(recurrence_last(rule, RECURRENCE_START, day("2026-04-01"), day("2026-06-30")),
               "none");
    /* Missed ones are one. */
    assert_day(recurrence_last(rule, RECURRENCE_START, day("2025-01-01"), day("2026-06-30")),
               "2026-04-01");
}

static void a_rule_counts_from_its_start(void **state)
{
    (void)state;
    assert_day(recurrence_next("FREQ=MONTHLY;INTERVAL=3", day("2026-01-15"), DAY_NONE),
               "2026-01-15");
    assert_day(recurrence_next("FREQ=MONTHLY;INTERVAL=3", day("2026-01-15"), day("2026-01-15")),
               "2026-04-15");
    assert_day(recurrence_last("FREQ=DAILY", day("2026-01-15"), DAY_NONE, day("2026-01-14")),
               "none");
}

static void a_rule_may_end(void **state)
{
    (void)state;
    assert_day(recurrence_next("FREQ=WEEKLY;BYDAY=FR;COUNT=2", day("2026-01-01"), DAY_NONE),
               "2026-01-02");
    assert_day(
        recurrence_next("FREQ=WEEKLY;BYDAY=FR;COUNT=2", day("2026-01-01"), day("2026-01-09")),
        "none");
    assert_day(recurrence_last("FREQ=DAILY;UNTIL=20260105", day("2026-01-01"), DAY_NONE,
                               day("2026-12-31")),
               "2026-01-05");
}

static void months_without_the_day_are_passed_over(void **state)
{
    (void)state;
    assert_day(recurrence_next("FREQ=MONTHLY", day("2026-01-31"), day("2026-01-31")), "2026-03-31");
}

static void what_is_no_rule_by_days_is_said(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "quarterly",
                                        "FREQ=HOURLY",
                                        "FREQ=MONTHLY;INTERVALL=3",
                                        "FREQ=MONTHLY;INTERVAL=0",
                                        "FREQ=MONTHLY;BYMONTHDAY=32",
                                        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
                                        "RRULE:FREQ=MONTHLY"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *problem = recurrence_problem(wrong[i], RECURRENCE_START);
        assert_non_null(problem);
    }
    g_autofree char *none = recurrence_problem("FREQ=MONTHLY;BYDAY=1MO", RECURRENCE_START);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_day_of_a_rule_is_after_one_day_and_not_after_another),
        cmocka_unit_test(a_rule_counts_from_its_start),
        cmocka_unit_test(a_rule_may_end),
        cmocka_unit_test(months_without_the_day_are_passed_over),
        cmocka_unit_test(what_is_no_rule_by_days_is_said),
    };
    return cmocka_run_group_tests_name("base/recurrence", tests, NULL, NULL);
}
