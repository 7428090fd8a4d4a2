#include "fixture.h"

#include <string.h>

static uint32_t lena_left(Case *c, int64_t seconds_ago)
{
    uint32_t lena = person(c, "00123", "Lena Wong");
    left(c, lena, seconds_ago);
    return lena;
}

/* ---- leaver-active ---- */

static void usable_account_of_a_leaver_is_an_exception(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    account(c, "lwong", "00123");
    assert_found(c, "leaver-active", "lwong high");
    assert_unjudged(c, "leaver-active", "");
}

static void account_of_somebody_who_is_here_passes(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    assert_found(c, "leaver-active", "");
    assert_unjudged(c, "leaver-active", "");
}

static void leaver_has_24_hours(void **state)
{
    Case *c = *state;
    lena_left(c, HOURS(24));
    account(c, "lwong", "00123");
    assert_found(c, "leaver-active", "");
    c->as_of_utc = AS_OF + 1;
    judge(c);
    assert_found(c, "leaver-active", "lwong high");
}

static void admin_class_and_privileged_accounts_have_4_hours(void **state)
{
    Case *c = *state;
    lena_left(c, HOURS(5));
    account(c, "lwong", "00123");
    uint32_t admin = account(c, "adm-lwong", "00123"), root = account(c, "root-lwong", "00123");
    c->classes[admin] = CLASS_ADMIN;
    in_group(c, root, group(c, "Operators"));
    c->config = "privileged = [\"Operators\"];";
    assert_found(c, "leaver-active", "adm-lwong high, root-lwong critical");
}

static void pci_gives_a_leaver_no_time(void **state)
{
    Case *c = *state;
    lena_left(c, 0);
    account(c, "lwong", "00123");
    c->config = "profile = \"pci\";";
    assert_found(c, "leaver-active", "lwong high");
}

static void disabled_and_expired_accounts_are_not_usable(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->snapshot->accounts.enabled[account(c, "disabled", "00123")] = STATE_NO;
    c->snapshot->accounts.expires_utc[account(c, "expired", "00123")] = AS_OF;
    assert_found(c, "leaver-active", "");
}

static void locked_account_may_come_back_and_is_usable(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->snapshot->accounts.locked[account(c, "lwong", "00123")] = STATE_YES;
    assert_found(c, "leaver-active", "lwong high");
}

static void account_whose_state_is_unreadable_is_not_evaluable(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->snapshot->accounts.enabled[account(c, "lwong", "00123")] = STATE_UNKNOWN;
    assert_found(c, "leaver-active", "");
    assert_unjudged(c, "leaver-active",
                    "subject: corp: whether the account is enabled could not be read");
}

static void source_without_lock_state_is_said_once(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->snapshot->sources[0].records_lock_state = false;
    c->snapshot->accounts.enabled[account(c, "a", "00123")] = STATE_UNKNOWN;
    c->snapshot->accounts.enabled[account(c, "b", "00123")] = STATE_UNKNOWN;
    assert_unjudged(c, "leaver-active",
                    "corp: corp: does not show whether an account is locked (see lock_state)");
}

static void service_accounts_are_no_subjects(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->classes[account(c, "svc", "00123")] = CLASS_SERVICE;
    c->classes[account(c, "guest", "00123")] = CLASS_GUEST;
    assert_found(c, "leaver-active", "guest high");
}

static void end_date_counts_without_a_last_working_day(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    account(c, "ann", "1");
    c->snapshot->people.end_day_end_utc[p] = AS_OF - DAYS(3);
    c->snapshot->people.end_day[p] = 20000;
    assert_found(c, "leaver-active", "ann high");
    c->snapshot->people.last_day_end_utc[p] = AS_OF + DAYS(3);
    judge(c);
    assert_found(c, "leaver-active", "");
}

static void date_ahead_decides_and_not_the_status(void **state)
{
    Case *c = *state;
    uint32_t p = lena_left(c, -DAYS(5));
    account(c, "lwong", "00123");
    c->snapshot->people.status[p] = PERSON_STATUS_LEFT;
    assert_found(c, "leaver-active", "");
}

static void status_left_without_a_date_passes_every_limit(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    account(c, "ann", "1");
    c->snapshot->people.status[p] = PERSON_STATUS_LEFT;
    assert_found(c, "leaver-active", "ann high");
    assert_string_equal(text_of_finding(c, "leaver-active")->summary,
                        "ann is still enabled although Ann left (the roster does not say when).");
}

static void somebody_on_leave_is_here(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    account(c, "ann", "1");
    c->snapshot->people.status[p] = PERSON_STATUS_LEAVE;
    assert_found(c, "leaver-active", "");
}

static void somebody_gone_from_the_roster_has_left(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    account(c, "ann", "1");
    c->snapshot->people.gone_since_run[p] = 17;
    c->snapshot->people.source[p] = UINT8_MAX;
    assert_string_equal(text_of_finding(c, "leaver-active")->summary,
                        "ann is still enabled although Ann is gone from the roster since run 17.");
}

static void rehired_person_is_a_leaver_until_the_new_start(void **state)
{
    Case *c = *state;
    uint32_t p = lena_left(c, DAYS(100));
    account(c, "lwong", "00123");
    c->snapshot->people.start_utc[p] = AS_OF + DAYS(2);
    assert_found(c, "leaver-active", "lwong high");
    c->snapshot->people.start_utc[p] = AS_OF - DAYS(2);
    judge(c);
    assert_found(c, "leaver-active", "");
}

static void old_id_belongs_to_the_row_that_lists_it(void **state)
{
    Case *c = *state;
    uint32_t old = lena_left(c, DAYS(100));
    uint32_t now = person(c, "00456", "Lena Wong");
    c->snapshot->people.next_successor[old] = now + 1;
    world_previous_id(c->world, now, "00123");
    account(c, "lwong", "00123");
    assert_found(c, "leaver-active", "");
}

static void ambiguous_account_of_a_leaver_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t p = lena_left(c, DAYS(12)), q = person(c, "2", "Lena Wong");
    set_text(c, &c->snapshot->people.email[p], "lena@example.com");
    set_text(c, &c->snapshot->people.email[q], "lena@example.com");
    set_text(c, &c->snapshot->accounts.mail[account(c, "lena", NULL)], "lena@example.com");
    assert_found(c, "leaver-active", "");
    assert_unjudged(c, "leaver-active",
                    "subject: several people match the account, one of them has left");
    assert_found(c, "ambiguous-account", "lena medium");
}

static void without_a_whole_roster_no_leaver_is_judged(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    account(c, "lwong", "00123");
    SourceRecord *hr = &c->snapshot->sources[1];
    hr->status = SOURCE_HELD;
    hr->reason = g_strdup("people-active fell from 80 to 40");
    assert_found(c, "leaver-active", "");
    assert_unjudged(c, "leaver-active", "*: hr: people-active fell from 80 to 40");
}

static void without_a_roster_at_all_it_says_so(void **state)
{
    Case *c = *state;
    account(c, "ann", NULL);
    assert_unjudged(c, "leaver-active", "*: no people source is configured");
}

static void incomplete_directory_leaves_its_subjects_alone(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    account(c, "lwong", "00123");
    uint8_t other = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[other].status = SOURCE_INCOMPLETE;
    c->snapshot->sources[other].reason = g_strdup("bind refused");
    assert_found(c, "leaver-active", "lwong high");
    assert_unjudged(c, "leaver-active", "lab: lab: bind refused");
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    c->snapshot->sources[0].reason = g_strdup("cut");
    judge(c);
    assert_unjudged(c, "leaver-active", "*: corp: cut | *: lab: bind refused");
}

static void sentence_names_the_day_in_the_persons_zone(void **state)
{
    Case *c = *state;
    uint32_t p = lena_left(c, DAYS(12));
    set_text(c, &c->snapshot->people.timezone[p], "Europe/Berlin");
    uint32_t a = account(c, "lwong", "00123"), ops = group(c, "ops"),
             admins = group(c, "Domain Admins");
    in_group(c, a, ops);
    nest(c, ops, admins);
    c->config = "privileged = [\"Domain Admins\"];";
    const FindingText *text = text_of_finding(c, "leaver-active");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "lwong is still enabled 12 days after Lena Wong's last working day "
                               "(2026-03-05, Europe/Berlin).");
    assert_int_equal(text->severity, SEVERITY_CRITICAL);
    assert_string_equal(
        text->evidence,
        "{\"last_working_day\":\"2026-03-05\",\"timezone\":\"Europe/Berlin\",\"status\":\"active\","
        "\"enabled\":true,\"enabled_by\":\"userAccountControl\",\"expires\":\"never\",\"class\":"
        "\"person\","
        "\"source\":\"corp\",\"linked_by\":\"employee_id = id\","
        "\"privileged_through\":[[\"ops\",\"Domain Admins\"]]}");
    assert_string_equal(text->action, "Disable the account uid=lwong,ou=people,dc=example,dc=com.");
    assert_string_equal(text->person_id, "00123");
    assert_null(text->object.type);
}

static void text_from_outside_is_shown_in_visible_form(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    account(c,
            "evil\x1e"
            "1\x1e\xe2\x80\xae",
            "00123");
    const FindingText *text = text_of_finding(c, "leaver-active");
    assert_non_null(strstr(text->summary, "<U+202E>"));
    assert_true(g_str_has_prefix(text->summary, "evil<"));
}

/* ---- leaver-logon ---- */

static void use_after_the_end_stays_open_though_the_account_is_disabled(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    uint32_t a = account(c, "lwong", "00123");
    c->snapshot->accounts.enabled[a] = STATE_NO;
    c->snapshot->accounts.last_logon_utc[a] = AS_OF - DAYS(1);
    assert_found(c, "leaver-logon", "lwong critical");
}

static void recorded_time_is_a_lower_bound_of_the_use(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    uint32_t a = account(c, "lwong", "00123");
    c->snapshot->accounts.last_logon_slack[a] = DAYS(14);
    c->snapshot->accounts.last_logon_utc[a] = AS_OF - DAYS(12);
    assert_found(c, "leaver-logon", "");
    c->snapshot->accounts.last_logon_utc[a]++;
    judge(c);
    assert_found(c, "leaver-logon", "lwong critical");
}

static void end_that_nobody_knows_is_not_evaluable_for_logons(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Ann");
    c->snapshot->people.status[p] = PERSON_STATUS_LEFT;
    account(c, "ann", "1");
    c->snapshot->accounts.last_logon_utc[account(c, "unused", "1")] = TIME_NEVER;
    assert_found(c, "leaver-logon", "");
    assert_unjudged(c, "leaver-logon", "subject: it is not known when the person left");
}

static void source_without_last_use_is_said_once_for_logons(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(12));
    c->snapshot->sources[0].records_last_use = false;
    c->snapshot->accounts.last_logon_utc[account(c, "a", "00123")] = TIME_UNKNOWN;
    c->snapshot->accounts.last_logon_utc[account(c, "b", "00123")] = TIME_UNKNOWN;
    assert_unjudged(c, "leaver-logon",
                    "corp: corp: does not record the last use of an account (see last_use)");
}

/* ---- leaver-rights ---- */

static void disabled_leaver_keeps_governed_rights_30_days(void **state)
{
    Case *c = *state;
    uint32_t p = lena_left(c, DAYS(30));
    uint32_t a = account(c, "lwong", "00123"), pay = group(c, "pay");
    c->snapshot->accounts.enabled[a] = STATE_NO;
    in_group(c, a, pay);
    c->config = "entitlements: ( { group = \"pay\"; } );";
    assert_found(c, "leaver-rights", "");
    left(c, p, DAYS(31));
    judge(c);
    assert_found(c, "leaver-rights", "lwong/pay medium");
    c->snapshot->accounts.enabled[a] = STATE_YES;
    judge(c);
    assert_found(c, "leaver-rights", "");
}

static void privileged_group_decides_right_by_right(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(2));
    uint32_t a = account(c, "lwong", "00123"), pay = group(c, "pay"), ops = group(c, "ops");
    c->snapshot->accounts.enabled[a] = STATE_NO;
    in_group(c, a, pay);
    in_group(c, a, ops);
    c->config = "privileged = [\"ops\"]; entitlements: ( { group = \"pay\"; } );";
    assert_found(c, "leaver-rights", "lwong/ops high");
}

static void account_in_an_unknown_state_keeps_its_rights(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(31));
    uint32_t a = account(c, "lwong", "00123"), pay = group(c, "pay");
    c->snapshot->accounts.enabled[a] = STATE_UNKNOWN;
    in_group(c, a, pay);
    c->config = "entitlements: ( { group = \"pay\"; } );";
    assert_found(c, "leaver-rights", "lwong/pay medium");
}

static void right_is_reported_for_the_nearest_group_of_each_kind(void **state)
{
    Case *c = *state;
    lena_left(c, DAYS(31));
    uint32_t a = account(c, "lwong", "00123"), inner = group(c, "inner"), outer = group(c, "outer"),
             plain = group(c, "plain");
    c->snapshot->accounts.enabled[a] = STATE_NO;
    in_group(c, a, plain);
    nest(c, plain, inner);
    nest(c, inner, outer);
    c->config = "privileged = [\"inner\", \"outer\"];";
    assert_found(c, "leaver-rights", "lwong/inner high");
    c->config = "privileged = [\"inner\", \"outer\"]; entitlements: ( { group = \"outer\"; } );";
    judge(c);
    assert_found(c, "leaver-rights", "lwong/inner high, lwong/outer high");
}

/* ---- contractor-expired ---- */

static uint32_t contractor(Case *c, const char *kind)
{
    uint32_t p = person(c, "X1", "Kim");
    set_text(c, &c->snapshot->people.kind[p], kind);
    account(c, "kim", "X1");
    return p;
}

static void contract_that_ended_is_an_exception_at_once(void **state)
{
    Case *c = *state;
    uint32_t p = contractor(c, "EXTERNAL");
    c->snapshot->people.end_day_end_utc[p] = AS_OF;
    c->snapshot->people.end_day[p] = 20528;
    assert_found(c, "contractor-expired", "kim high");
    c->snapshot->people.end_day_end_utc[p] = AS_OF + 1;
    judge(c);
    assert_found(c, "contractor-expired", "");
}

static void last_working_day_stands_in_for_the_end_of_the_contract(void **state)
{
    Case *c = *state;
    left(c, contractor(c, "supplier"), DAYS(1));
    assert_found(c, "contractor-expired", "kim high");
}

static void employees_and_open_contracts_pass(void **state)
{
    Case *c = *state;
    contractor(c, "partner");
    assert_found(c, "contractor-expired", "");
    set_text(c, &c->snapshot->people.kind[0], "employee");
    left(c, 0, DAYS(9));
    judge(c);
    assert_found(c, "contractor-expired", "");
}

static void renewed_contract_is_no_expired_one(void **state)
{
    Case *c = *state;
    uint32_t p = contractor(c, "contractor");
    left(c, p, DAYS(40));
    c->snapshot->people.start_utc[p] = AS_OF - DAYS(10);
    assert_found(c, "contractor-expired", "");
}

static void contractor_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    left(c, contractor(c, "contractor"), DAYS(1));
    c->snapshot->accounts.enabled[0] = STATE_UNKNOWN;
    assert_found(c, "contractor-expired", "");
    assert_unjudged(c, "contractor-expired",
                    "subject: corp: whether the account is enabled could not be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(usable_account_of_a_leaver_is_an_exception),
        case_test(account_of_somebody_who_is_here_passes),
        case_test(leaver_has_24_hours),
        case_test(admin_class_and_privileged_accounts_have_4_hours),
        case_test(pci_gives_a_leaver_no_time),
        case_test(disabled_and_expired_accounts_are_not_usable),
        case_test(locked_account_may_come_back_and_is_usable),
        case_test(account_whose_state_is_unreadable_is_not_evaluable),
        case_test(source_without_lock_state_is_said_once),
        case_test(service_accounts_are_no_subjects),
        case_test(end_date_counts_without_a_last_working_day),
        case_test(date_ahead_decides_and_not_the_status),
        case_test(status_left_without_a_date_passes_every_limit),
        case_test(somebody_on_leave_is_here),
        case_test(somebody_gone_from_the_roster_has_left),
        case_test(rehired_person_is_a_leaver_until_the_new_start),
        case_test(old_id_belongs_to_the_row_that_lists_it),
        case_test(ambiguous_account_of_a_leaver_is_not_evaluable),
        case_test(without_a_whole_roster_no_leaver_is_judged),
        case_test(without_a_roster_at_all_it_says_so),
        case_test(incomplete_directory_leaves_its_subjects_alone),
        case_test(sentence_names_the_day_in_the_persons_zone),
        case_test(text_from_outside_is_shown_in_visible_form),
        case_test(use_after_the_end_stays_open_though_the_account_is_disabled),
        case_test(recorded_time_is_a_lower_bound_of_the_use),
        case_test(end_that_nobody_knows_is_not_evaluable_for_logons),
        case_test(source_without_last_use_is_said_once_for_logons),
        case_test(disabled_leaver_keeps_governed_rights_30_days),
        case_test(privileged_group_decides_right_by_right),
        case_test(account_in_an_unknown_state_keeps_its_rights),
        case_test(right_is_reported_for_the_nearest_group_of_each_kind),
        case_test(contract_that_ended_is_an_exception_at_once),
        case_test(last_working_day_stands_in_for_the_end_of_the_contract),
        case_test(employees_and_open_contracts_pass),
        case_test(renewed_contract_is_no_expired_one),
        case_test(contractor_in_an_unknown_state_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
