#include "fixture.h"

#include <string.h>

static void disable(Case *c, uint32_t a)
{
    c->snapshot->accounts.enabled[a] = STATE_NO;
}

static void expire(Case *c, uint32_t a, int64_t seconds_ago)
{
    c->snapshot->accounts.expires_utc[a] = AS_OF - seconds_ago;
}

/* Earlier runs knew the directory since then. */
static void remember(Case *c, int64_t seconds_ago)
{
    if (c->memory == NULL)
        c->memory = memory_new(WORLD_SOURCES);
    for (uint32_t i = 0; i < WORLD_SOURCES; i++)
        c->memory->source_known_utc[i] = c->memory->source_since_utc[i] = AS_OF - seconds_ago;
}

static void saw_stopping(Case *c, uint32_t a, int64_t seconds_ago)
{
    StoppedAccount row = {a, AS_OF - seconds_ago - DAYS(1), AS_OF - seconds_ago};
    g_array_append_val(c->memory->stopped, row);
}

/* ---- worker-disabled ---- */

static void the_only_account_of_somebody_at_work_that_expired_is_an_exception(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t a = account(c, "ann", "1");
    expire(c, a, DAYS(1) + 1);
    assert_found(c, "worker-disabled", "Ann low");
    assert_string_equal(text_of_finding(c, "worker-disabled")->subject.type, "person");
    expire(c, a, DAYS(1));
    judge(c);
    assert_found(c, "worker-disabled", "");
    expire(c, a, -DAYS(1));
    judge(c);
    assert_found(c, "worker-disabled", "");
}

static void a_lock_counts_from_the_first_run_that_saw_it(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t a = account(c, "ann", "1");
    disable(c, a);
    assert_found(c, "worker-disabled", ""); /* nobody has seen it before */
    remember(c, DAYS(40));
    saw_stopping(c, a, DAYS(1));
    judge(c);
    assert_found(c, "worker-disabled", "");
    g_array_set_size(c->memory->stopped, 0);
    saw_stopping(c, a, DAYS(2));
    judge(c);
    assert_found(c, "worker-disabled", "Ann low");
    assert_int_equal(only_finding(c, "worker-disabled")->detail, AS_OF - DAYS(2));
}

static void an_account_that_nobody_saw_usable_counts_from_the_first_run_of_all(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t a = account(c, "ann", "1");
    disable(c, a);
    remember(c, DAYS(1));
    assert_found(c, "worker-disabled", "");
    remember(c, DAYS(9));
    judge(c);
    assert_int_equal(only_finding(c, "worker-disabled")->detail, AS_OF - DAYS(9));
    c->snapshot->accounts.created_utc[a] = AS_OF - HOURS(20); /* it did not exist then */
    judge(c);
    assert_found(c, "worker-disabled", "");
}

static void one_account_that_works_is_enough(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    expire(c, account(c, "ann", "1"), DAYS(9));
    uint32_t admin = account(c, "adm-ann", "1");
    c->classes[admin] = CLASS_ADMIN;
    assert_found(c, "worker-disabled", "");
    c->classes[admin] = CLASS_SERVICE; /* not an account of hers to work with */
    judge(c);
    assert_found(c, "worker-disabled", "Ann low");
}

static void several_accounts_count_from_the_last_that_worked(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    expire(c, account(c, "ann", "1"), DAYS(9));
    expire(c, account(c, "adm-ann", "1"), DAYS(3));
    const FindingText *text = text_of_finding(c, "worker-disabled");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "Ann works here, and all accounts (adm-ann and ann) have been "
                               "disabled or expired for 3 days.");
}

static void only_people_who_should_work_are_subjects(void **state)
{
    Case *c = *state;
    People *people = &c->snapshot->people;
    const char *const names[] = {"left", "ahead", "pre", "leave", "new", "unread", "here"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        uint32_t p = person(c, names[i], names[i]);
        assert_int_equal(p, i);
        expire(c, account(c, names[i], names[i]), DAYS(9));
    }
    left(c, 0, DAYS(3));
    people->start_utc[1] = AS_OF + DAYS(1);
    people->status[2] = PERSON_STATUS_PRE_START;
    people->status[3] = PERSON_STATUS_LEAVE;
    people->start_utc[4] = AS_OF - HOURS(20); /* the account waits for its first day */
    people->gone_since_run[5] = PERSON_UNREAD;
    person(c, "without", "without any account");
    assert_found(c, "worker-disabled", "here low");
}

static void a_state_that_is_not_known_is_not_evaluable(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    c->snapshot->accounts.enabled[account(c, "ann", "1")] = STATE_UNKNOWN;
    assert_found(c, "worker-disabled", "");
    assert_unjudged(c, "worker-disabled",
                    "subject: whether an account of the person is enabled is not known");
    c->snapshot->sources[0].records_lock_state = false;
    judge(c);
    assert_unjudged(c, "worker-disabled",
                    "*: corp: does not show whether an account is locked (see lock_state)");
}

static void an_account_that_may_be_hers_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t ann = person(c, "1", "Ann"), bob = person(c, "2", "Bob");
    expire(c, account(c, "ann", "1"), DAYS(9));
    account(c, "bob", "2");
    set_text(c, &c->snapshot->people.email[ann], "team@example.com");
    set_text(c, &c->snapshot->people.email[bob], "team@example.com");
    uint32_t shared = account(c, "team", NULL);
    set_text(c, &c->snapshot->accounts.mail[shared], "team@example.com");
    assert_found(c, "worker-disabled", "");
    assert_unjudged(c, "worker-disabled",
                    "subject: another account may be the person's; several people match it");
}

static void a_person_is_judged_over_all_directories(void **state)
{
    static const char *const controls[] = {"worker-disabled", "duplicate-account",
                                           "person-without-account"};
    Case *c = *state;
    c->config = "controls: { person-without-account: { enabled = true; }; };";
    person(c, "1", "Ann");
    expire(c, account(c, "ann", "1"), DAYS(9));
    c->snapshot->sources[world_source(c->world, "lab", PROVIDES_DIRECTORY)].status =
        SOURCE_INCOMPLETE;
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++) {
        assert_found(c, controls[i], "");
        assert_unjudged(c, controls[i], "*: lab: incomplete");
    }
}

/* ---- duplicate-account ---- */

static void two_accounts_of_one_class_in_one_source_are_an_exception(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann2", "1");
    account(c, "ann", "1");
    assert_found(c, "duplicate-account", "Ann medium");
    const FindingText *text = text_of_finding(c, "duplicate-account");
    assert_string_equal(text->summary, "Ann has 2 accounts of the same kind that can be used: ann "
                                       "and ann2.");
    assert_string_equal(text->subject.type, "person");
    assert_string_equal(text->subject.key, "1");
    assert_non_null(strstr(text->evidence, "{\"account\":\"ann\","));
}

static void another_class_source_or_state_is_no_duplicate(void **state)
{
    Case *c = *state;
    Accounts *accounts = &c->snapshot->accounts;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    c->classes[account(c, "adm-ann", "1")] = CLASS_ADMIN;
    c->classes[account(c, "svc-1", "1")] = CLASS_SERVICE;
    c->classes[account(c, "svc-2", "1")] = CLASS_SERVICE;
    accounts->source[account(c, "ann-lab", "1")] =
        world_source(c->world, "lab", PROVIDES_DIRECTORY);
    disable(c, account(c, "old", "1"));
    expire(c, account(c, "over", "1"), 1);
    assert_found(c, "duplicate-account", "");
    assert_unjudged(c, "duplicate-account", "");
}

static void only_the_class_that_is_too_many_is_evidence(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    c->classes[account(c, "adm-a", "1")] = CLASS_ADMIN;
    c->classes[account(c, "adm-b", "1")] = CLASS_ADMIN;
    disable(c, account(c, "off", "1"));
    assert_string_equal(text_of_finding(c, "duplicate-account")->summary,
                        "Ann has 2 accounts of the same kind that can be used: adm-a and adm-b.");
}

static void more_accounts_may_be_allowed(void **state)
{
    Case *c = *state;
    c->config = "controls: { duplicate-account: { accounts = 2; }; };";
    person(c, "1", "Ann");
    account(c, "a", "1");
    account(c, "b", "1");
    assert_found(c, "duplicate-account", "");
    account(c, "c", "1");
    judge(c);
    assert_found(c, "duplicate-account", "Ann medium");
}

static void an_old_and_a_new_number_are_one_person(void **state)
{
    Case *c = *state;
    uint32_t before = person(c, "1", "Ann"), now = person(c, "2", "Ann");
    world_previous_id(c->world, now, "1");
    c->snapshot->people.next_successor[before] = now + 1;
    account(c, "old", "1");
    account(c, "new", "2");
    assert_found(c, "duplicate-account", "Ann medium");
    assert_string_equal(text_of_finding(c, "duplicate-account")->subject.key, "2");
}

static void a_second_account_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    c->snapshot->accounts.enabled[account(c, "ann2", "1")] = STATE_UNKNOWN;
    assert_found(c, "duplicate-account", "");
    assert_unjudged(c, "duplicate-account",
                    "subject: whether an account of the person is enabled is not known");
    account(c, "ann3", "1"); /* whatever the other is, these are two */
    judge(c);
    assert_found(c, "duplicate-account", "Ann medium");
}

static void the_order_of_accounts_does_not_matter(void **state)
{
    Case *c = *state;
    Accounts *accounts = &c->snapshot->accounts;
    person(c, "1", "Ann");
    uint32_t a = account(c, "ann", "1"), b = account(c, "ann2", "1");
    Finding before = *only_finding(c, "duplicate-account");
    set_text(c, &accounts->name[a], "ann2");
    set_text(c, &accounts->name[b], "ann");
    judge(c);
    assert_int_equal(before.facts, only_finding(c, "duplicate-account")->facts);
    set_text(c, &accounts->name[b], "anna");
    judge(c);
    assert_int_not_equal(before.facts, only_finding(c, "duplicate-account")->facts);
}

/* ---- person-without-account ---- */

static int without_setup(void **state)
{
    case_setup(state);
    ((Case *)*state)->config = "controls: { person-without-account: { enabled = true; }; };";
    return 0;
}

static uint32_t starter(Case *c, const char *id, int64_t seconds_ago)
{
    uint32_t p = person(c, id, id);
    c->snapshot->people.start_utc[p] = AS_OF - seconds_ago;
    return p;
}

static void somebody_without_any_account_is_an_exception_five_days_after_the_start(void **state)
{
    Case *c = *state;
    starter(c, "late", DAYS(5) + 1);
    starter(c, "new", DAYS(5));
    starter(c, "ahead", -DAYS(5));
    left(c, starter(c, "left", DAYS(900)), DAYS(1));
    starter(c, "fine", DAYS(900));
    disable(c, account(c, "off", "fine")); /* an account all the same */
    assert_found(c, "person-without-account", "late low");
    assert_unjudged(c, "person-without-account", "");
}

static void it_is_off_at_first(void **state)
{
    Case *c = *state;
    starter(c, "late", DAYS(50));
    assert_found(c, "person-without-account", "");
}

static void a_candidate_of_an_ambiguous_account_is_not_without(void **state)
{
    Case *c = *state;
    uint32_t a = starter(c, "1", DAYS(50)), b = starter(c, "2", DAYS(50));
    set_text(c, &c->snapshot->people.email[a], "k@example.com");
    set_text(c, &c->snapshot->people.email[b], "k@example.com");
    uint32_t kim = account(c, "kim", NULL);
    set_text(c, &c->snapshot->accounts.mail[kim], "k@example.com");
    assert_found(c, "person-without-account", "");
}

static void without_a_start_date_the_first_run_counts(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    assert_found(c, "person-without-account", "");
    remember(c, DAYS(6));
    judge(c);
    assert_found(c, "person-without-account", "Ann low");
    c->snapshot->people.recorded_utc[p] = AS_OF - DAYS(2); /* she came later */
    judge(c);
    assert_found(c, "person-without-account", "");
}

static void a_refused_row_of_the_roster_is_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->people.gone_since_run[starter(c, "1", DAYS(50))] = PERSON_UNREAD;
    assert_found(c, "person-without-account", "");
    assert_unjudged(c, "person-without-account",
                    "subject: the roster's record of the person was rejected");
}

#define without_test(f) cmocka_unit_test_setup_teardown(f, without_setup, case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(the_only_account_of_somebody_at_work_that_expired_is_an_exception),
        case_test(a_lock_counts_from_the_first_run_that_saw_it),
        case_test(an_account_that_nobody_saw_usable_counts_from_the_first_run_of_all),
        case_test(one_account_that_works_is_enough),
        case_test(several_accounts_count_from_the_last_that_worked),
        case_test(only_people_who_should_work_are_subjects),
        case_test(a_state_that_is_not_known_is_not_evaluable),
        case_test(an_account_that_may_be_hers_is_not_evaluable),
        case_test(a_person_is_judged_over_all_directories),
        case_test(two_accounts_of_one_class_in_one_source_are_an_exception),
        case_test(another_class_source_or_state_is_no_duplicate),
        case_test(only_the_class_that_is_too_many_is_evidence),
        case_test(more_accounts_may_be_allowed),
        case_test(an_old_and_a_new_number_are_one_person),
        case_test(a_second_account_in_an_unknown_state_is_not_evaluable),
        case_test(the_order_of_accounts_does_not_matter),
        without_test(somebody_without_any_account_is_an_exception_five_days_after_the_start),
        case_test(it_is_off_at_first),
        without_test(a_candidate_of_an_ambiguous_account_is_not_without),
        without_test(without_a_start_date_the_first_run_counts),
        without_test(a_refused_row_of_the_roster_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
