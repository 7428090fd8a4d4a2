/* When reviewers are reminded. */
#include "review/reminders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START 20500
#define DUE (START + 14)

static const char *event(int32_t due, int32_t today)
{
    static char *text;
    Reminder reminder;

    g_clear_pointer(&text, g_free);
    if (!reminder_due(START, due, today, &reminder))
        return "none";
    text = reminder_event("RV-000001", &reminder);
    return text;
}

static void every_step_has_its_day(void **state)
{
    (void)state;
    assert_string_equal(event(DUE, START - 1), "none");
    assert_string_equal(event(DUE, START), "review RV-000001 start");
    assert_string_equal(event(DUE, START + 6), "review RV-000001 start");
    assert_string_equal(event(DUE, START + 7), "review RV-000001 half-way");
    assert_string_equal(event(DUE, DUE - 3), "review RV-000001 three-days");
    assert_string_equal(event(DUE, DUE - 1), "review RV-000001 one-day");
    assert_string_equal(event(DUE, DUE), "review RV-000001 one-day");
}

static void what_is_overdue_is_said_every_day(void **state)
{
    (void)state;
    assert_string_equal(event(20500, 20501), "review RV-000001 overdue 2026-02-17");
    assert_string_equal(event(20500, 20502), "review RV-000001 overdue 2026-02-18");
}

static void the_manager_hears_of_it_after_three_days(void **state)
{
    (void)state;
    Reminder reminder;
    assert_true(reminder_due(START, DUE, DUE + 2, &reminder));
    assert_false(reminder.to_manager);
    assert_true(reminder_due(START, DUE, DUE + 3, &reminder));
    assert_true(reminder.to_manager);
    assert_true(reminder_due(START, DUE, DUE - 1, &reminder));
    assert_false(reminder.to_manager);
}

static void a_campaign_of_two_days_has_no_more_steps_than_days(void **state)
{
    (void)state;
    assert_string_equal(event(START + 1, START), "review RV-000001 start");
    assert_string_equal(event(START + 1, START + 1), "review RV-000001 start");
    assert_string_equal(event(START + 2, START + 1), "review RV-000001 one-day");
    assert_string_equal(event(START + 4, START + 1), "review RV-000001 three-days");
    assert_string_equal(event(START + 4, START + 2), "review RV-000001 half-way");
    assert_string_equal(event(START + 4, START + 3), "review RV-000001 one-day");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_has_its_day),
        cmocka_unit_test(what_is_overdue_is_said_every_day),
        cmocka_unit_test(the_manager_hears_of_it_after_three_days),
        cmocka_unit_test(a_campaign_of_two_days_has_no_more_steps_than_days),
    };
    return cmocka_run_group_tests_name("review/reminders", tests, NULL, NULL);
}
