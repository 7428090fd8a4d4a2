#include "run/clock.h"

#include <rightful/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOON INT64_C(1773748800) /* 2026-03-17T12:00:00Z */

static ClockReading reading(int64_t wall_utc, int64_t up_seconds, const char *boot)
{
    ClockReading made = {.wall_utc = wall_utc, .up_seconds = up_seconds};
    strcpy(made.boot, boot);
    return made;
}

static ClockVerdict compare(ClockReading earlier, ClockReading later)
{
    int64_t passed = 0, shown = 0;
    return clock_compare(&earlier, &later, &passed, &shown);
}

static void both_clocks_moving_the_same_way_are_fine(void **state)
{
    (void)state;
    assert_int_equal(compare(reading(NOON, 100, "a"), reading(NOON + 86400, 86500, "a")),
                     CLOCK_FINE);
    assert_int_equal(compare(reading(NOON, 100, "a"), reading(NOON, 100, "a")), CLOCK_FINE);
}

static void more_than_an_hour_either_way_is_a_jump(void **state)
{
    (void)state;
    ClockReading earlier = reading(NOON, 100, "a");
    assert_int_equal(compare(earlier, reading(NOON + 86400 + 3600, 86500, "a")), CLOCK_FINE);
    assert_int_equal(compare(earlier, reading(NOON + 86400 + 3601, 86500, "a")), CLOCK_MOVED);
    assert_int_equal(compare(earlier, reading(NOON + 86400 - 3600, 86500, "a")), CLOCK_FINE);
    assert_int_equal(compare(earlier, reading(NOON + 86400 - 3601, 86500, "a")), CLOCK_MOVED);
}

static void numbers_say_what_passed_and_what_the_clock_says_passed(void **state)
{
    (void)state;
    ClockReading earlier = reading(NOON, 100, "a"), later = reading(NOON + 7300, 200, "a");
    int64_t passed = 0, shown = 0;
    assert_int_equal(clock_compare(&earlier, &later, &passed, &shown), CLOCK_MOVED);
    assert_int_equal(passed, 100);
    assert_int_equal(shown, 7300);
}

static void after_another_boot_only_going_back_is_seen(void **state)
{
    (void)state;
    assert_int_equal(compare(reading(NOON, 90000, "a"), reading(NOON + 86400 * 30, 10, "b")),
                     CLOCK_FINE);
    assert_int_equal(compare(reading(NOON, 90000, ""), reading(NOON + 86400 * 30, 10, "")),
                     CLOCK_FINE);
    assert_int_equal(compare(reading(NOON, 100, "a"), reading(NOON - 1, 10, "b")), CLOCK_WENT_BACK);
    assert_int_equal(compare(reading(NOON, 100, "a"), reading(NOON, 10, "b")), CLOCK_FINE);
}

static void going_back_within_the_hour_is_seen_on_the_same_boot_too(void **state)
{
    (void)state;
    assert_int_equal(compare(reading(NOON, 100, "a"), reading(NOON - 60, 110, "a")),
                     CLOCK_WENT_BACK);
}

static void without_an_earlier_run_every_clock_is_fine(void **state)
{
    (void)state;
    assert_int_equal(compare(reading(TIME_UNKNOWN, 0, ""), reading(NOON, 10, "a")), CLOCK_FINE);
}

static void the_clock_of_this_machine_is_fine(void **state)
{
    (void)state;
    ClockReading first = clock_read(), second = clock_read();
    assert_true(first.wall_utc > NOON - 86400 * 365);
    assert_int_equal(compare(first, second), CLOCK_FINE);
    assert_string_equal(first.boot, second.boot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_clocks_moving_the_same_way_are_fine),
        cmocka_unit_test(more_than_an_hour_either_way_is_a_jump),
        cmocka_unit_test(numbers_say_what_passed_and_what_the_clock_says_passed),
        cmocka_unit_test(after_another_boot_only_going_back_is_seen),
        cmocka_unit_test(going_back_within_the_hour_is_seen_on_the_same_boot_too),
        cmocka_unit_test(without_an_earlier_run_every_clock_is_fine),
        cmocka_unit_test(the_clock_of_this_machine_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
