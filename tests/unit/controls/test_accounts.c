#include "fixture.h"

#include <string.h>

/* ---- orphaned-account ---- */

static void account_without_person_and_owner_is_orphaned(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    account(c, "ghost", "999");
    assert_found(c, "orphaned-account", "ghost high");
}

static void registered_owner_explains_an_account(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    set_text(c, &c->snapshot->accounts.owner_text[account(c, "test", NULL)], "1");
    set_text(c, &c->snapshot->accounts.owner_text[account(c, "test2", NULL)], "nobody at all");
    assert_found(c, "orphaned-account", "test2 high");
}

static void disabled_and_service_accounts_are_not_orphaned(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    c->snapshot->accounts.enabled[account(c, "off", NULL)] = STATE_NO;
    c->classes[account(c, "svc", NULL)] = CLASS_SERVICE;
    c->classes[account(c, "bg", NULL)] = CLASS_BREAK_GLASS;
    assert_found(c, "orphaned-account", "");
}

static void orphan_needs_the_whole_roster(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ghost", "999");
    c->snapshot->sources[1].status = SOURCE_STALE;
    c->snapshot->sources[1].reason = g_strdup("hr: 9 days old");
    assert_found(c, "orphaned-account", "");
    assert_unjudged(c, "orphaned-account", "*: hr: 9 days old");
}

static void owner_that_another_directory_may_know_is_not_evaluable(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    set_text(c, &c->snapshot->accounts.owner_text[account(c, "test", NULL)], "lab-admin");
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[lab].status = SOURCE_INCOMPLETE;
    assert_found(c, "orphaned-account", "");
    assert_unjudged(c, "orphaned-account",
                    "lab: lab: incomplete | subject: the owner was not found, and not every source "
                    "is complete");
}

/* ---- ambiguous-account ---- */

static void two_candidates_are_ambiguous_even_if_one_has_left(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Kim Lee"), q = person(c, "2", "Kim Lee");
    left(c, p, DAYS(300));
    set_text(c, &c->snapshot->people.email[p], "kim@example.com");
    set_text(c, &c->snapshot->people.email[q], "kim@example.com");
    uint32_t a = account(c, "kim", NULL), off = account(c, "off", NULL);
    set_text(c, &c->snapshot->accounts.mail[a], "kim@example.com");
    set_text(c, &c->snapshot->accounts.mail[off], "kim@example.com");
    c->snapshot->accounts.enabled[off] = STATE_NO;
    assert_found(c, "ambiguous-account", "kim medium");
    assert_found(c, "orphaned-account", "");
    const FindingText *text = text_of_finding(c, "ambiguous-account");
    assert_string_equal(text->summary,
                        "kim matches 2 people equally well: Kim Lee (1), Kim Lee (2).");
    assert_non_null(strstr(text->evidence, "\"matched_by\":\"mail = email\""));
}

static void one_candidate_is_no_ambiguity(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    account(c, "ann", "1");
    assert_found(c, "ambiguous-account", "");
}

static void ambiguity_needs_people(void **state)
{
    Case *c = *state;
    account(c, "ann", NULL);
    assert_unjudged(c, "ambiguous-account", "*: no people source is configured");
}

/* ---- dormant-account ---- */

static void dormancy_begins_after_limit_and_uncertainty(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "ann", NULL);
    c->snapshot->accounts.last_logon_slack[a] = DAYS(14);
    c->snapshot->accounts.last_logon_utc[a] = AS_OF - DAYS(104);
    assert_found(c, "dormant-account", "");
    c->snapshot->accounts.last_logon_utc[a]--;
    judge(c);
    assert_found(c, "dormant-account", "ann medium");
}

static void privileged_accounts_are_dormant_after_30_days(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "ann", NULL), b = account(c, "bob", NULL), admins = group(c, "admins");
    c->snapshot->accounts.last_logon_utc[a] = c->snapshot->accounts.last_logon_utc[b] =
        AS_OF - DAYS(31);
    in_group(c, a, admins);
    c->config = "privileged = [\"admins\"];";
    assert_found(c, "dormant-account", "ann high");
}

static void service_and_shared_accounts_are_judged_break_glass_is_not(void **state)
{
    Case *c = *state;
    const AccountClass classes[] = {CLASS_SERVICE, CLASS_SHARED, CLASS_BREAK_GLASS, CLASS_COMPUTER};
    const char *const names[] = {"svc", "shared", "bg", "box"};
    for (size_t i = 0; i < 4; i++) {
        uint32_t a = account(c, names[i], NULL);
        c->classes[a] = classes[i];
        c->snapshot->accounts.last_logon_utc[a] = AS_OF - DAYS(500);
    }
    assert_found(c, "dormant-account", "shared medium, svc medium");
}

static void unreadable_time_is_not_evaluable_for_its_account(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "ann", NULL);
    c->snapshot->accounts.last_logon_utc[a] = TIME_UNKNOWN;
    c->snapshot->accounts.flags[a] = ENTRY_LAST_LOGON_UNREADABLE;
    assert_found(c, "dormant-account", "");
    assert_unjudged(c, "dormant-account",
                    "subject: corp: the time of the last use could not be read");
}

static void never_used_is_not_dormant(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.last_logon_utc[account(c, "ann", NULL)] = TIME_NEVER;
    assert_found(c, "dormant-account", "");
    assert_unjudged(c, "dormant-account", "");
}

/* ---- account-never-used ---- */

static void never_used_account_is_an_exception_after_the_grace(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "old", NULL), b = account(c, "new", NULL);
    c->snapshot->accounts.last_logon_utc[a] = c->snapshot->accounts.last_logon_utc[b] = TIME_NEVER;
    c->snapshot->accounts.created_utc[a] = AS_OF - DAYS(30) - 1;
    c->snapshot->accounts.created_utc[b] = AS_OF - DAYS(30);
    assert_found(c, "account-never-used", "old medium");
}

static void used_account_passes(void **state)
{
    Case *c = *state;
    account(c, "ann", NULL);
    assert_found(c, "account-never-used", "");
    assert_unjudged(c, "account-never-used", "");
}

static void never_used_without_a_creation_time_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "ann", NULL);
    c->snapshot->accounts.last_logon_utc[a] = TIME_NEVER;
    c->snapshot->accounts.created_utc[a] = TIME_UNKNOWN;
    assert_found(c, "account-never-used", "");
    assert_unjudged(c, "account-never-used",
                    "subject: corp: it is not known when the account was created");
}

/* ---- service-without-owner ---- */

static uint32_t service(Case *c, const char *name, const char *owner)
{
    uint32_t a = account(c, name, NULL);
    c->classes[a] = CLASS_SERVICE;
    set_text(c, &c->snapshot->accounts.owner_text[a], owner);
    return a;
}

static void service_account_without_owner_is_an_exception(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    service(c, "svc-none", NULL);
    service(c, "svc-wrong", "cn=gone,dc=example,dc=com");
    service(c, "svc-ann", "1");
    service(c, "svc-group", "ops");
    group(c, "ops");
    c->snapshot->accounts.enabled[service(c, "svc-off", NULL)] = STATE_NO;
    assert_found(c, "service-without-owner", "svc-none high, svc-wrong high");
    assert_found(c, "owner-left", "");
}

static void owner_is_not_concluded_absent_without_the_roster(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    service(c, "svc-none", NULL);
    service(c, "svc-ann", "P100");
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    assert_found(c, "service-without-owner", "svc-none high");
    assert_unjudged(c, "service-without-owner",
                    "subject: the owner was not found, and not every source is complete");
}

static void owner_text_of_several_people_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Kim"), q = person(c, "2", "Kim");
    set_text(c, &c->snapshot->people.email[p], "kim@example.com");
    set_text(c, &c->snapshot->people.email[q], "kim@example.com");
    service(c, "svc", "kim@example.com");
    assert_found(c, "service-without-owner", "");
    assert_unjudged(c, "service-without-owner", "subject: the owner's name fits several people");
}

/* ---- owner-left ---- */

static void owner_who_left_is_an_exception_for_accounts_and_groups(void **state)
{
    Case *c = *state;
    left(c, person(c, "1", "Ann"), DAYS(3));
    person(c, "2", "Bob");
    service(c, "svc-ann", "1");
    service(c, "svc-bob", "2");
    set_text(c, &c->snapshot->groups.owner_text[group(c, "team")], "1");
    set_text(c, &c->snapshot->groups.owner_text[group(c, "crew")], "2");
    assert_found(c, "owner-left", "svc-ann high, team high");
}

static void owner_whose_account_is_disabled_or_expired_has_left(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    c->snapshot->accounts.enabled[account(c, "ann", "1")] = STATE_NO;
    c->snapshot->accounts.expires_utc[account(c, "ann2", "1")] = AS_OF - 1;
    service(c, "svc-person", "1");
    service(c, "svc-account", "ann2");
    person(c, "2", "Bob");
    account(c, "bob", "2");
    c->snapshot->accounts.enabled[account(c, "adm-bob", "2")] = STATE_NO;
    service(c, "svc-bob", "2");
    assert_found(c, "owner-left", "svc-account high, svc-person high");
}

static void owner_left_needs_people(void **state)
{
    Case *c = *state;
    service(c, "svc", "x");
    assert_unjudged(c, "owner-left", "*: no people source is configured");
}

static void owner_account_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    c->snapshot->accounts.enabled[account(c, "boss", NULL)] = STATE_UNKNOWN;
    service(c, "svc", "boss");
    assert_found(c, "owner-left", "");
    assert_unjudged(c, "owner-left",
                    "subject: whether the owner's account is enabled is not known");
}

/* ---- account-expired-enabled ---- */

static uint32_t expired(Case *c, const char *name, int64_t seconds_ago)
{
    uint32_t a = account(c, name, NULL);
    c->snapshot->accounts.expires_utc[a] = AS_OF - seconds_ago;
    return a;
}

static void an_account_that_expired_long_ago_should_be_disabled(void **state)
{
    Case *c = *state;
    expired(c, "old", DAYS(30) + 1);
    expired(c, "month", DAYS(30));
    expired(c, "ahead", -DAYS(1));
    account(c, "never", NULL);
    uint32_t off = expired(c, "off", DAYS(90));
    c->snapshot->accounts.enabled[off] = STATE_NO;
    c->classes[expired(c, "svc", DAYS(90))] = CLASS_SERVICE;
    uint32_t unrecorded = account(c, "unrecorded", NULL);
    c->snapshot->accounts.expires_utc[unrecorded] = TIME_UNKNOWN;
    assert_found(c, "account-expired-enabled", "old low");
    assert_unjudged(c, "account-expired-enabled", "");
    g_autofree char *shown =
        finding_summary_at(text_of_finding(c, "account-expired-enabled")->summary, AS_OF);
    assert_string_equal(shown, "old expired 30 days ago (2026-02-15, UTC) and is still not "
                               "disabled.");
}

static void a_privileged_account_that_expired_is_worse(void **state)
{
    Case *c = *state;
    c->config = "privileged = [\"admins\"];";
    in_group(c, expired(c, "boss", DAYS(31)), group(c, "admins"));
    assert_found(c, "account-expired-enabled", "boss medium");
}

static void an_expired_account_in_an_unknown_state_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t a = expired(c, "ann", DAYS(31));
    c->snapshot->accounts.enabled[a] = STATE_UNKNOWN;
    assert_found(c, "account-expired-enabled", "");
    assert_unjudged(c, "account-expired-enabled",
                    "subject: corp: whether the account is enabled could not be read");
    c->snapshot->accounts.enabled[a] = STATE_YES;
    c->snapshot->accounts.expires_utc[a] = TIME_UNKNOWN;
    c->snapshot->accounts.flags[a] |= ENTRY_EXPIRES_UNREADABLE;
    judge(c);
    assert_unjudged(c, "account-expired-enabled",
                    "subject: corp: when the account expires could not be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(account_without_person_and_owner_is_orphaned),
        case_test(registered_owner_explains_an_account),
        case_test(disabled_and_service_accounts_are_not_orphaned),
        case_test(orphan_needs_the_whole_roster),
        case_test(owner_that_another_directory_may_know_is_not_evaluable),
        case_test(two_candidates_are_ambiguous_even_if_one_has_left),
        case_test(one_candidate_is_no_ambiguity),
        case_test(ambiguity_needs_people),
        case_test(dormancy_begins_after_limit_and_uncertainty),
        case_test(privileged_accounts_are_dormant_after_30_days),
        case_test(service_and_shared_accounts_are_judged_break_glass_is_not),
        case_test(unreadable_time_is_not_evaluable_for_its_account),
        case_test(never_used_is_not_dormant),
        case_test(never_used_account_is_an_exception_after_the_grace),
        case_test(used_account_passes),
        case_test(never_used_without_a_creation_time_is_not_evaluable),
        case_test(service_account_without_owner_is_an_exception),
        case_test(owner_is_not_concluded_absent_without_the_roster),
        case_test(owner_text_of_several_people_is_not_evaluable),
        case_test(owner_who_left_is_an_exception_for_accounts_and_groups),
        case_test(owner_whose_account_is_disabled_or_expired_has_left),
        case_test(owner_left_needs_people),
        case_test(owner_account_in_an_unknown_state_is_not_evaluable),
        case_test(an_account_that_expired_long_ago_should_be_disabled),
        case_test(a_privileged_account_that_expired_is_worse),
        case_test(an_expired_account_in_an_unknown_state_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
