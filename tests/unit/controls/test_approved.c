#include "fixture.h"

#include <string.h>

/* ---- shared-unapproved ---- */

/* The shared account info; an approvals source that approves something else. */
static uint32_t shared_info(Case *c)
{
    uint32_t info = account(c, "info", NULL);
    c->classes[info] = CLASS_SHARED;
    approve(c, "other", "ann", NULL);
    return info;
}

static void shared_account_without_an_approval_is_an_exception(void **state)
{
    Case *c = *state;
    shared_info(c);
    account(c, "ann", NULL);
    assert_found(c, "shared-unapproved", "info medium");
    const FindingText *text = text_of_finding(c, "shared-unapproved");
    assert_string_equal(text->subject.type, "account");
    assert_null(text->object.type);
    assert_string_equal(text->summary, "info is used by several people, and nobody approved that.");
}

static void any_valid_row_that_names_it_approves_a_shared_account(void **state)
{
    Case *c = *state;
    shared_info(c);
    const char *const groups[] = {NULL, "no group of this name", "payroll"};
    group(c, "payroll");
    uint32_t a = approve(c, NULL, "INFO", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        set_text(c, &c->snapshot->approvals.group[a], groups[i]);
        judge(c);
        assert_found(c, "shared-unapproved", "");
    }
}

static void approval_of_a_shared_account_must_be_valid(void **state)
{
    Case *c = *state;
    uint32_t info = shared_info(c), a = approve(c, NULL, "info", NULL);
    Approvals *approvals = &c->snapshot->approvals;
    approvals->expires_utc[a] = AS_OF;
    assert_found(c, "shared-unapproved", "info medium");
    const FindingText *text = text_of_finding(c, "shared-unapproved");
    assert_non_null(strstr(text->summary, "none of its approvals is valid"));
    assert_non_null(strstr(text->evidence, "\"verdict\":\"ended\""));
    approvals->expires_utc[a] = AS_OF + 1;
    judge(c);
    assert_found(c, "shared-unapproved", "");
    approvals->approved_utc[a] = AS_OF + 1;
    judge(c);
    assert_found(c, "shared-unapproved", "info medium");
    approvals->approved_utc[a] = TIME_UNKNOWN;
    set_text(c, &approvals->approved_by[a], NULL);
    judge(c);
    assert_found(c, "shared-unapproved", "info medium");
    set_text(c, &approvals->approved_by[a], "info");
    judge(c);
    assert_found(c, "shared-unapproved", "info medium");
    person(c, "1", "Ann"); /* its owner may approve it */
    set_text(c, &c->snapshot->accounts.owner_text[info], "1");
    set_text(c, &approvals->approved_by[a], "1");
    judge(c);
    assert_found(c, "shared-unapproved", "");
}

static void only_usable_accounts_of_class_shared_are_subjects(void **state)
{
    Case *c = *state;
    uint32_t info = shared_info(c);
    c->snapshot->accounts.enabled[info] = STATE_NO;
    c->classes[account(c, "svc", NULL)] = CLASS_SERVICE;
    assert_found(c, "shared-unapproved", "");
    assert_unjudged(c, "shared-unapproved", "");
    c->snapshot->accounts.enabled[info] = STATE_UNKNOWN;
    judge(c);
    assert_found(c, "shared-unapproved", "");
    assert_true(g_str_has_prefix(unjudged(c, "shared-unapproved"), "subject: "));
}

static void privileged_shared_account_is_one_step_worse(void **state)
{
    Case *c = *state;
    in_group(c, shared_info(c), group(c, "admins"));
    c->config = "privileged = [\"admins\"];";
    assert_found(c, "shared-unapproved", "info high");
}

static void without_approvals_a_shared_account_is_not_evaluable(void **state)
{
    Case *c = *state;
    c->classes[account(c, "info", NULL)] = CLASS_SHARED;
    assert_found(c, "shared-unapproved", "");
    assert_unjudged(c, "shared-unapproved", "*: no approvals source is configured");
    assert_unjudged(c, "approval-expired", "*: no approvals source is configured");
}

static void incomplete_sources_make_both_not_evaluable(void **state)
{
    Case *c = *state;
    shared_info(c);
    person(c, "1", "Ann");
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    assert_found(c, "shared-unapproved", "");
    assert_unjudged(c, "shared-unapproved", "*: tickets: incomplete");
    assert_unjudged(c, "approval-expired", "*: tickets: incomplete");
    c->snapshot->sources[1].status = SOURCE_COMPLETE;
    c->snapshot->sources[2].status = SOURCE_INCOMPLETE; /* whose approvals are these? */
    judge(c);
    assert_unjudged(c, "shared-unapproved", "*: hr: incomplete");
    assert_unjudged(c, "approval-expired", "*: hr: incomplete");
}

/* ---- approval-expired ---- */

/* Ann's account ann in the governed group pay, by an approval that has just ended. */
static uint32_t ann_in_pay(Case *c)
{
    person(c, "1", "Ann");
    in_group(c, account(c, "ann", "1"), group(c, "pay"));
    c->config = "segregation: ( { id = \"r\"; a = [\"pay\"]; b = [\"pay\"]; } );";
    uint32_t a = approve(c, "pay", "ann", NULL);
    c->snapshot->approvals.expires_utc[a] = AS_OF - DAYS(3);
    return a;
}

static void right_whose_approval_has_ended_is_an_exception(void **state)
{
    Case *c = *state;
    uint32_t a = ann_in_pay(c);
    assert_found(c, "approval-expired", "ann/pay high");
    const FindingText *text = text_of_finding(c, "approval-expired");
    assert_string_equal(text->subject.type, "right");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "ann is still in pay, 3 days after the approval T-1 ended "
                               "(2026-03-14).");
    c->snapshot->approvals.expires_utc[a] = AS_OF + 1;
    judge(c);
    assert_found(c, "approval-expired", "");
    c->snapshot->approvals.expires_utc[a] = AS_OF;
    judge(c);
    assert_found(c, "approval-expired", "ann/pay high");
}

static void approval_of_the_person_ends_as_well(void **state)
{
    Case *c = *state;
    uint32_t a = ann_in_pay(c);
    set_text(c, &c->snapshot->approvals.account[a], NULL);
    set_text(c, &c->snapshot->approvals.person_id[a], "1");
    assert_found(c, "approval-expired", "ann/pay high");
}

static void valid_approval_of_the_same_right_carries_it_on(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    approve(c, "pay", NULL, "1");
    assert_found(c, "approval-expired", "");
}

static void approval_that_never_was_valid_has_not_ended(void **state)
{
    Case *c = *state;
    uint32_t a = ann_in_pay(c);
    set_text(c, &c->snapshot->approvals.approved_by[a], "ann");
    assert_found(c, "approval-expired", "");
    set_text(c, &c->snapshot->approvals.approved_by[a], NULL);
    judge(c);
    assert_found(c, "approval-expired", "");
}

static void latest_of_several_ended_approvals_is_named(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    uint32_t later = approve(c, "pay", "ann", NULL), same = approve(c, "pay", "ann", NULL);
    set_text(c, &c->snapshot->approvals.id[later], "T-3");
    set_text(c, &c->snapshot->approvals.id[same], "T-2");
    c->snapshot->approvals.expires_utc[later] = AS_OF - DAYS(1);
    c->snapshot->approvals.expires_utc[same] = AS_OF - DAYS(1);
    assert_found(c, "approval-expired", "ann/pay high");
    assert_non_null(strstr(text_of_finding(c, "approval-expired")->summary, "the approval T-2 "));
}

static void only_governed_rights_that_are_still_held_are_told(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    in_group(c, 0, group(c, "other"));
    group(c, "left");
    c->snapshot->approvals.expires_utc[approve(c, "other", "ann", NULL)] = AS_OF;
    c->snapshot->approvals.expires_utc[approve(c, "left", "ann", NULL)] = AS_OF;
    assert_found(c, "approval-expired", "ann/pay high");
    c->config = "privileged = [\"left\"];";
    judge(c);
    assert_found(c, "approval-expired", "");
}

static void approval_holds_for_the_group_it_names_only(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    uint32_t outer = group(c, "outer");
    nest(c, 0, outer);
    c->config = "privileged = [\"outer\"];";
    assert_found(c, "approval-expired", "");
    set_text(c, &c->snapshot->approvals.group[0], "outer");
    judge(c);
    assert_found(c, "approval-expired", "ann/outer high");
    assert_non_null(
        strstr(text_of_finding(c, "approval-expired")->evidence, "\"path\":[\"pay\",\"outer\"]"));
}

static void what_the_rule_allows_was_not_carried_by_the_approval(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    set_text(c, &c->snapshot->people.department[0], "Finance");
    c->config =
        "entitlements: ( { group = \"pay\"; allowed = ( { department = \"Finance\"; } ); } );";
    assert_found(c, "approval-expired", "");
    set_text(c, &c->snapshot->people.department[0], "Sales");
    judge(c);
    assert_found(c, "approval-expired", "ann/pay high");
    set_text(c, &c->snapshot->people.department[0], NULL);
    judge(c);
    assert_found(c, "approval-expired", "");
    assert_true(
        g_str_has_prefix(unjudged(c, "approval-expired"), "subject: a field of the person"));
    set_text(c, &c->snapshot->people.department[0], "Finance");
    c->config = "entitlements: ( { group = \"pay\"; allowed = ( { department = \"Finance\"; } ); "
                "approval = \"required\"; } );";
    judge(c);
    assert_found(c, "approval-expired", "ann/pay high");
}

static void subjects_are_those_of_rights_and_severity_does_not_rise(void **state)
{
    Case *c = *state;
    ann_in_pay(c);
    const AccountClass classes[] = {CLASS_SERVICE, CLASS_SHARED, CLASS_BREAK_GLASS, CLASS_PERSON,
                                    CLASS_PERSON};
    const char *const names[] = {"svc", "shared", "bg", "off", "unknown"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        uint32_t a = account(c, names[i], NULL);
        c->classes[a] = classes[i];
        in_group(c, a, 0);
        c->snapshot->approvals.expires_utc[approve(c, "pay", names[i], NULL)] = AS_OF;
    }
    c->snapshot->accounts.enabled[4] = STATE_NO;
    c->snapshot->accounts.enabled[5] = STATE_UNKNOWN;
    c->config = "privileged = [\"pay\"];";
    assert_found(c, "approval-expired",
                 "ann/pay high, shared/pay high, svc/pay high, unknown/pay high");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(shared_account_without_an_approval_is_an_exception),
        case_test(any_valid_row_that_names_it_approves_a_shared_account),
        case_test(approval_of_a_shared_account_must_be_valid),
        case_test(only_usable_accounts_of_class_shared_are_subjects),
        case_test(privileged_shared_account_is_one_step_worse),
        case_test(without_approvals_a_shared_account_is_not_evaluable),
        case_test(incomplete_sources_make_both_not_evaluable),
        case_test(right_whose_approval_has_ended_is_an_exception),
        case_test(approval_of_the_person_ends_as_well),
        case_test(valid_approval_of_the_same_right_carries_it_on),
        case_test(approval_that_never_was_valid_has_not_ended),
        case_test(latest_of_several_ended_approvals_is_named),
        case_test(only_governed_rights_that_are_still_held_are_told),
        case_test(approval_holds_for_the_group_it_names_only),
        case_test(what_the_rule_allows_was_not_carried_by_the_approval),
        case_test(subjects_are_those_of_rights_and_severity_does_not_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
