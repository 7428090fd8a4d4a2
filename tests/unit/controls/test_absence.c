#include "fixture.h"

#include <string.h>

/* Lena left so long ago; earlier runs are remembered since 100 days. */
static uint32_t lena_left(Case *c, int64_t seconds_ago)
{
    uint32_t lena = person(c, "00123", "Lena Wong");
    left(c, lena, seconds_ago);
    c->memory = memory_new(2);
    c->memory->source_since_utc[0] = c->memory->source_since_utc[1] = AS_OF - DAYS(100);
    c->memory->source_known_utc[0] = c->memory->source_known_utc[1] = AS_OF - DAYS(1);
    return lena;
}

static uint32_t disabled(Case *c, const char *name)
{
    uint32_t id = account(c, name, "00123");
    c->snapshot->accounts.enabled[id] = STATE_NO;
    return id;
}

static void stopped(Case *c, uint32_t account, int64_t usable_ago, int64_t unusable_ago)
{
    StoppedAccount row = {account, AS_OF - usable_ago, AS_OF - unusable_ago};
    g_array_append_val(c->memory->stopped, row);
}

static void recorded_disabled(Case *c, uint32_t account, int64_t ago)
{
    AccountTimes times = {AS_OF - ago, TIME_UNKNOWN, TIME_UNKNOWN};
    if (c->times == NULL)
        c->times = times_new(c->snapshot);
    c->snapshot->sources[0].recorded_times = RECORDS_STATE;
    times_set_account(c->times, account, &times);
}

/* ---- leaver-late ---- */

static void account_still_usable_after_the_limit_was_closed_late(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    stopped(c, disabled(c, "lwong"), DAYS(10), DAYS(9));
    assert_found(c, "leaver-late", "lwong medium");
    assert_unjudged(c, "leaver-late", "");
    const FindingText *text = text_of_finding(c, "leaver-late");
    assert_string_equal(text->summary, "lwong could still be used 2 days after Lena Wong's last "
                                       "working day (2026-03-05, UTC).");
    assert_non_null(strstr(text->evidence, "\"last_seen_usable\":\"2026-03-07T05:00:00Z\","
                                           "\"closed_not_later_than\":\"2026-03-08T05:00:00Z\""));
}

static void interval_that_the_limit_falls_into_proves_nothing(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    stopped(c, disabled(c, "in-time"), DAYS(12), DAYS(11));
    stopped(c, disabled(c, "perhaps"), DAYS(11), DAYS(10)); /* usable at the limit, not after it */
    stopped(c, disabled(c, "late"), DAYS(11) - 1, DAYS(10));
    assert_found(c, "leaver-late", "late medium");
    assert_unjudged(c, "leaver-late", "");
}

static void recorded_instant_goes_before_the_interval(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    uint32_t late = disabled(c, "late"), timely = disabled(c, "timely");
    stopped(c, late, DAYS(11) + 60, DAYS(10));
    stopped(c, timely, DAYS(11) + 60, DAYS(10));
    recorded_disabled(c, late, DAYS(11) - HOURS(5));
    recorded_disabled(c, timely, DAYS(11));
    assert_found(c, "leaver-late", "late medium");
    const FindingText *text = text_of_finding(c, "leaver-late");
    assert_string_equal(text->summary, "late was closed only 29 hours after Lena Wong's last "
                                       "working day (2026-03-05, UTC).");
    assert_non_null(strstr(text->evidence, "\"closed_at\":\"2026-03-06T10:00:00Z\","
                                           "\"closed_by\":\"being disabled\""));
}

static void later_change_of_the_attribute_is_not_when_it_was_disabled(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    uint32_t lwong = disabled(c, "lwong");
    stopped(c, lwong, DAYS(12), DAYS(11));
    recorded_disabled(c, lwong, DAYS(3));
    assert_found(c, "leaver-late", "");
    assert_unjudged(c, "leaver-late", "");
}

static void expiry_closes_at_its_date_unless_it_was_set_back(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    uint32_t late = account(c, "late", "00123"), back = account(c, "set-back", "00123"),
             timely = account(c, "timely", "00123");
    int64_t *expires = c->snapshot->accounts.expires_utc;
    stopped(c, late, DAYS(11) + 60, DAYS(10));
    stopped(c, back, DAYS(9), DAYS(8));
    expires[late] = AS_OF - DAYS(11) + 60;
    expires[back] = expires[timely] = AS_OF - DAYS(12);
    assert_found(c, "leaver-late", "late medium, set-back medium");
    assert_unjudged(c, "leaver-late", "");
    c->memory->stopped->len = 1;
    judge(c);
    assert_string_equal(text_of_finding(c, "leaver-late")->summary,
                        "late was closed only 24 hours after Lena Wong's last working day "
                        "(2026-03-05, UTC).");
}

/* Nobody saw it usable after the limit, because the runs began before that. */
static void closed_when_first_seen_is_in_time_only_if_runs_go_back_far_enough(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    disabled(c, "lwong");
    assert_found(c, "leaver-late", "");
    assert_unjudged(c, "leaver-late", "");
    c->memory->source_since_utc[0] = AS_OF - DAYS(5);
    judge(c);
    assert_found(c, "leaver-late", "");
    assert_unjudged(c, "leaver-late",
                    "subject: the account was closed already when it was first seen, and it is not "
                    "recorded when");
    recorded_disabled(c, 0, DAYS(12)); /* then, or earlier: in time either way */
    judge(c);
    assert_unjudged(c, "leaver-late", "");
    recorded_disabled(c, 0, DAYS(8)); /* then, or earlier: that proves nothing */
    judge(c);
    assert_found(c, "leaver-late", "");
    assert_true(*unjudged(c, "leaver-late") != '\0');
}

static void who_left_at_an_unknown_instant_is_counted_from_the_first_run_that_saw_it(void **state)
{
    Case *c = *state;
    uint32_t lena = lena_left(c, 0);
    c->snapshot->people.last_day_end_utc[lena] = TIME_UNKNOWN;
    c->snapshot->people.last_day[lena] = INT32_MIN;
    c->snapshot->people.status[lena] = PERSON_STATUS_LEFT;
    stopped(c, disabled(c, "lwong"), DAYS(8), DAYS(7));
    assert_found(c, "leaver-late", "");
    assert_unjudged(c, "leaver-late", "subject: it is not known when the person left");
    MovedPerson moved = {.person = lena,
                         .field = MOVED_STATUS,
                         .before = g_strdup("active"),
                         .last_before_utc = AS_OF - DAYS(11),
                         .first_after_utc = AS_OF - DAYS(10)};
    g_array_append_val(c->memory->moved, moved);
    judge(c);
    assert_found(c, "leaver-late", "lwong medium");
    assert_unjudged(c, "leaver-late", "");
}

static void usable_accounts_and_people_who_are_here_are_no_matter_of_it(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    account(c, "open", "00123");
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1");
    c->snapshot->accounts.enabled[ann] = STATE_NO;
    stopped(c, ann, DAYS(3), DAYS(2));
    assert_found(c, "leaver-late", "");
    assert_unjudged(c, "leaver-late", "");
}

static void limits_are_those_of_the_profile(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    stopped(c, disabled(c, "lwong"), DAYS(12) - HOURS(5), DAYS(11));
    assert_found(c, "leaver-late", "");
    c->config = "profile = \"fedramp-moderate\";";
    judge(c);
    assert_found(c, "leaver-late", "lwong medium");
}

static void first_run_and_a_run_without_memory_say_so(void **state)
{
    Case *c = *state;
    left(c, person(c, "00123", "Lena Wong"), DAYS(12));
    disabled(c, "lwong");
    assert_unjudged(c, "leaver-late", "*: nothing is recorded of what earlier runs saw");
    assert_unjudged(c, "leave-active", "*: nothing is recorded of what earlier runs saw");
    c->has_earlier_run = false;
    judge(c);
    assert_unjudged(c, "leaver-late", "*: it needs an earlier run");
    assert_unjudged(c, "leave-active", "*: it needs an earlier run");
    assert_found(c, "leaver-late", "");
}

/* ---- leave-active ---- */

static uint32_t on_leave(Case *c, const char *id, const char *name, int64_t seen_ago)
{
    uint32_t who = person(c, id, name);
    MovedPerson moved = {.person = who,
                         .field = MOVED_STATUS,
                         .before = g_strdup("active"),
                         .last_before_utc = AS_OF - seen_ago - DAYS(1),
                         .first_after_utc = AS_OF - seen_ago};
    c->snapshot->people.status[who] = PERSON_STATUS_LEAVE;
    set_text(c, &c->snapshot->people.status_text[who], "leave");
    if (c->memory == NULL)
        c->memory = memory_new(2);
    g_array_append_val(c->memory->moved, moved);
    return who;
}

static void person_on_long_leave_with_a_usable_account_is_told_once(void **state)
{
    Case *c = *state;
    on_leave(c, "1", "Ann Meyer", DAYS(31));
    on_leave(c, "2", "Bob", DAYS(30));
    account(c, "ann", "1");
    account(c, "adm-ann", "1");
    account(c, "bob", "2");
    assert_found(c, "leave-active", "Ann Meyer low");
    assert_unjudged(c, "leave-active", "");
    const FindingText *text = text_of_finding(c, "leave-active");
    g_autofree char *summary = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(summary,
                        "Ann Meyer has been on leave for at least 31 days and can still use ann, "
                        "adm-ann.");
    assert_non_null(strstr(text->evidence, "\"first_seen_on_leave\":\"2026-02-14T05:00:00Z\","
                                           "\"last_seen_otherwise\":\"2026-02-13T05:00:00Z\""));
    assert_string_equal(text->subject.type, "person");
}

static void closed_accounts_and_those_of_machines_do_not_count(void **state)
{
    Case *c = *state;
    on_leave(c, "1", "Ann", DAYS(90));
    c->snapshot->accounts.enabled[account(c, "ann", "1")] = STATE_NO;
    c->classes[account(c, "svc-ann", "1")] = CLASS_SERVICE;
    assert_found(c, "leave-active", "");
    assert_unjudged(c, "leave-active", "");
}

static void leave_ends_with_the_status_and_with_leaving(void **state)
{
    Case *c = *state;
    uint32_t ann = on_leave(c, "1", "Ann", DAYS(90)), bob = on_leave(c, "2", "Bob", DAYS(90));
    account(c, "ann", "1");
    account(c, "bob", "2");
    c->snapshot->people.status[ann] = PERSON_STATUS_ACTIVE;
    left(c, bob, DAYS(1));
    assert_found(c, "leave-active", "");
}

static void leave_that_was_first_seen_by_the_first_run_counts_from_there(void **state)
{
    Case *c = *state;
    on_leave(c, "1", "Ann", DAYS(40));
    g_array_index(c->memory->moved, MovedPerson, 0).last_before_utc = TIME_UNKNOWN;
    account(c, "ann", "1");
    assert_found(c, "leave-active", "Ann low");
    assert_non_null(
        strstr(text_of_finding(c, "leave-active")->evidence, "\"last_seen_otherwise\":null"));
}

static void person_on_leave_with_an_account_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    on_leave(c, "1", "Ann", DAYS(40));
    c->snapshot->accounts.enabled[account(c, "ann", "1")] = STATE_UNKNOWN;
    assert_found(c, "leave-active", "");
    assert_unjudged(c, "leave-active",
                    "subject: whether an account of the person is enabled is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(account_still_usable_after_the_limit_was_closed_late),
        case_test(interval_that_the_limit_falls_into_proves_nothing),
        case_test(recorded_instant_goes_before_the_interval),
        case_test(later_change_of_the_attribute_is_not_when_it_was_disabled),
        case_test(expiry_closes_at_its_date_unless_it_was_set_back),
        case_test(closed_when_first_seen_is_in_time_only_if_runs_go_back_far_enough),
        case_test(who_left_at_an_unknown_instant_is_counted_from_the_first_run_that_saw_it),
        case_test(usable_accounts_and_people_who_are_here_are_no_matter_of_it),
        case_test(limits_are_those_of_the_profile),
        case_test(first_run_and_a_run_without_memory_say_so),
        case_test(person_on_long_leave_with_a_usable_account_is_told_once),
        case_test(closed_accounts_and_those_of_machines_do_not_count),
        case_test(leave_ends_with_the_status_and_with_leaving),
        case_test(leave_that_was_first_seen_by_the_first_run_counts_from_there),
        case_test(person_on_leave_with_an_account_in_an_unknown_state_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
