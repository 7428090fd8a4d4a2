#include "fixture.h"

#include <string.h>

#define ADMINS "privileged = [\"admins\"];"

/* Ann, with the account ann, directly in admins; an approvals source that approves something else.
 */
static uint32_t ann_in_admins(Case *c)
{
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1");
    in_group(c, ann, group(c, "admins"));
    c->config = ADMINS;
    approve(c, "other", "ann", NULL);
    return ann;
}

/* ---- privileged-unapproved ---- */

static void member_without_approval_is_an_exception(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    assert_found(c, "privileged-unapproved", "ann/admins high");
    const FindingText *text = text_of_finding(c, "privileged-unapproved");
    assert_string_equal(text->subject.type, "right");
    assert_string_equal(text->object.type, "group");
    assert_string_equal(text->summary, "ann is in admins, and nobody approved it.");
    assert_true(
        g_str_has_prefix(text->action, "Remove uid=ann,ou=people,dc=example,dc=com from admins."));
}

static void approval_by_account_or_person_carries_the_right(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    set_text(c, &c->snapshot->accounts.employee_id[0], NULL);
    approve(c, "admins", "ANN", NULL);
    assert_found(c, "privileged-unapproved", "");
    set_text(c, &c->snapshot->accounts.employee_id[0], "1");
    set_text(c, &c->snapshot->approvals.account[1], NULL);
    set_text(c, &c->snapshot->approvals.person_id[1], "1");
    judge(c);
    assert_found(c, "privileged-unapproved", "");
}

static void approval_names_its_group_by_dn_or_sid_too(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    set_text(c, &c->snapshot->groups.sid[0], "S-1-5-21-1-2-3-1105");
    uint32_t a = approve(c, "CN=Admins, OU=groups,dc=example,dc=com", "ann", NULL);
    assert_found(c, "privileged-unapproved", "");
    set_text(c, &c->snapshot->approvals.group[a], "s-1-5-21-1-2-3-1105");
    judge(c);
    assert_found(c, "privileged-unapproved", "");
}

static void approval_holds_to_the_end_of_its_last_day(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    uint32_t a = approve(c, "admins", "ann", NULL);
    c->snapshot->approvals.approved_utc[a] = AS_OF;
    c->snapshot->approvals.expires_utc[a] = AS_OF + 1;
    assert_found(c, "privileged-unapproved", "");
    c->snapshot->approvals.expires_utc[a] = AS_OF;
    judge(c);
    assert_found(c, "privileged-unapproved", "ann/admins high");
    const FindingText *text = text_of_finding(c, "privileged-unapproved");
    assert_string_equal(text->summary, "ann is in admins, and none of its approvals is valid.");
    assert_non_null(strstr(text->evidence, "\"verdict\":\"ended\""));
    c->snapshot->approvals.expires_utc[a] = TIME_UNKNOWN;
    c->snapshot->approvals.approved_utc[a] = AS_OF + 1;
    judge(c);
    assert_found(c, "privileged-unapproved", "ann/admins high");
}

static void approval_without_approver_or_by_the_subject_is_none(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    uint32_t a = approve(c, "admins", "ann", NULL);
    const char *const approvers[] = {NULL, "ann", "1", "uid=ann,ou=people,dc=example,dc=com"};
    for (size_t i = 0; i < G_N_ELEMENTS(approvers); i++) {
        set_text(c, &c->snapshot->approvals.approved_by[a], approvers[i]);
        judge(c);
        assert_found(c, "privileged-unapproved", "ann/admins high");
    }
}

static void approval_of_an_inner_or_outer_group_does_not_count(void **state)
{
    Case *c = *state;
    uint32_t ann = ann_in_admins(c), inner = group(c, "inner"), outer = group(c, "outer");
    in_group(c, ann, inner);
    nest(c, inner, 0);
    nest(c, 0, outer);
    approve(c, "inner", "ann", NULL);
    approve(c, "outer", "ann", NULL);
    assert_found(c, "privileged-unapproved", "ann/admins high");
}

static void members_of_a_nested_privileged_group_are_reported_there(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    uint32_t outer = group(c, "outer");
    nest(c, 0, outer);
    c->config = "privileged = [\"admins\", \"outer\"];";
    assert_found(c, "privileged-unapproved", "ann/admins high");
}

static void entitlement_that_allows_the_person_is_enough_unless_it_requires_approval(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    set_text(c, &c->snapshot->people.department[0], "IT Operations");
    c->config = ADMINS
        "entitlements: ( { group = \"admins\"; allowed = ( { department = \"it*\"; } ); } );";
    assert_found(c, "privileged-unapproved", "");
    c->config = ADMINS "entitlements: ( { group = \"admins\"; allowed = ( { department = \"it*\"; "
                       "} ); approval = \"required\"; } );";
    judge(c);
    assert_found(c, "privileged-unapproved", "ann/admins high");
    assert_found(c, "excess-privilege", "ann/admins high");
}

static void without_approvals_and_entitlement_it_is_said_once(void **state)
{
    Case *c = *state;
    in_group(c, account(c, "ann", NULL), group(c, "admins"));
    in_group(c, account(c, "bob", NULL), 0);
    c->config = ADMINS;
    assert_found(c, "privileged-unapproved", "");
    assert_unjudged(c, "privileged-unapproved",
                    "*: no approvals source is configured, and no entitlement names the group");
}

static void built_in_groups_are_privileged_whatever_they_are_called(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    c->config = "";
    set_text(c, &c->snapshot->groups.sid[0], "S-1-5-21-7-8-9-512");
    assert_found(c, "privileged-unapproved", "ann/admins high");
    set_text(c, &c->snapshot->groups.sid[0], "S-1-5-32-551");
    judge(c);
    assert_found(c, "privileged-unapproved", "ann/admins high");
    set_text(c, &c->snapshot->groups.sid[0], "S-1-5-21-7-8-9-513");
    judge(c);
    assert_found(c, "privileged-unapproved", "");
}

static void classes_and_states_that_are_subjects_of_rights(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    const AccountClass classes[] = {CLASS_SERVICE, CLASS_SHARED, CLASS_BREAK_GLASS, CLASS_COMPUTER};
    const char *const names[] = {"svc", "shared", "bg", "box"};
    for (size_t i = 0; i < 4; i++) {
        uint32_t a = account(c, names[i], NULL);
        c->classes[a] = classes[i];
        in_group(c, a, 0);
    }
    uint32_t off = account(c, "off", NULL), unknown = account(c, "unknown", NULL);
    c->snapshot->accounts.enabled[off] = STATE_NO;
    c->snapshot->accounts.enabled[unknown] = STATE_UNKNOWN;
    in_group(c, off, 0);
    in_group(c, unknown, 0);
    assert_found(c, "privileged-unapproved",
                 "ann/admins high, shared/admins high, svc/admins high, unknown/admins high");
}

static void privileged_name_that_fits_nothing_is_said(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    c->config = "privileged = [\"admins\", \"adminz\"];";
    assert_found(c, "privileged-unapproved", "ann/admins high");
    assert_unjudged(c, "privileged-unapproved", "*: privileged: no group is called \"adminz\"");
    assert_unjudged(c, "privileged-nested", "*: privileged: no group is called \"adminz\"");
}

static void incomplete_approvals_make_it_not_evaluable(void **state)
{
    Case *c = *state;
    ann_in_admins(c);
    c->snapshot->sources[2].status = SOURCE_INCOMPLETE;
    assert_found(c, "privileged-unapproved", "");
    assert_unjudged(c, "privileged-unapproved", "*: tickets: incomplete");
}

/* ---- privileged-nested ---- */

static void right_through_nesting_is_shown_with_its_way(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1"), ops = group(c, "ops"), team = group(c, "team"),
             admins = group(c, "admins");
    in_group(c, ann, team);
    nest(c, team, ops);
    nest(c, ops, admins);
    in_group(c, account(c, "bob", NULL), admins);
    c->config = ADMINS;
    assert_found(c, "privileged-nested", "ann/admins high");
    const FindingText *text = text_of_finding(c, "privileged-nested");
    assert_string_equal(
        text->summary,
        "ann is in admins through team → ops: the member list of admins does not show it.");
    assert_non_null(strstr(text->evidence, "\"path\":[\"team\",\"ops\",\"admins\"]"));
    assert_non_null(strstr(text->action, "from team, which leads to admins."));
}

static void primary_group_is_not_in_the_member_list(void **state)
{
    Case *c = *state;
    world_member(c->world, group(c, "admins"),
                 principal_of(PRINCIPAL_ACCOUNT, account(c, "ann", NULL)), VIA_PRIMARY_GROUP);
    c->config = ADMINS;
    assert_found(c, "privileged-nested", "ann/admins high");
    assert_non_null(
        strstr(text_of_finding(c, "privileged-nested")->summary, "by its primary group"));
}

static void listed_member_is_not_reported_although_also_nested(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL), ops = group(c, "ops"), admins = group(c, "admins");
    in_group(c, ann, ops);
    in_group(c, ann, admins);
    nest(c, ops, admins);
    c->config = ADMINS;
    assert_found(c, "privileged-nested", "");
}

static void groups_that_contain_each_other_report_each_account_once(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL), ops = group(c, "ops"), admins = group(c, "admins");
    in_group(c, ann, ops);
    nest(c, ops, admins);
    nest(c, admins, ops);
    c->config = ADMINS;
    assert_found(c, "privileged-nested", "ann/admins high");
}

static void each_privileged_group_is_judged_by_its_own_member_list(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL), bob = account(c, "bob", NULL);
    uint32_t domain_admins = group(c, "domain admins"), administrators = group(c, "administrators");
    in_group(c, ann, domain_admins);
    in_group(c, bob, domain_admins);
    in_group(c, bob, administrators);
    nest(c, domain_admins, administrators);
    c->config = "privileged = [\"domain admins\", \"administrators\"];";
    assert_found(c, "privileged-nested", "ann/administrators high");
    const FindingText *text = text_of_finding(c, "privileged-nested");
    assert_string_equal(text->summary, "ann is in administrators through domain admins: the member "
                                       "list of administrators does not show it.");
    assert_non_null(strstr(text->evidence, "\"path\":[\"domain admins\",\"administrators\"]"));
}

static void nested_rights_of_an_incomplete_directory_are_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_unjudged(c, "privileged-nested", "*: corp: incomplete");
}

/* ---- excess-privilege ---- */

#define PAY(more) "entitlements: ( { group = \"pay\"; means = \"Release payments\"; " more " } );"

static uint32_t ann_in_pay(Case *c, const char *department, const char *title)
{
    uint32_t p = person(c, "1", "Ann");
    set_text(c, &c->snapshot->people.department[p], department);
    set_text(c, &c->snapshot->people.title[p], title);
    uint32_t ann = account(c, "ann", "1");
    in_group(c, ann, group(c, "pay"));
    return ann;
}

static void person_who_is_not_allowed_is_an_exception(void **state)
{
    Case *c = *state;
    ann_in_pay(c, "Sales", "Clerk");
    c->config = PAY("allowed = ( { department = \"Finance\"; } );");
    assert_found(c, "excess-privilege", "ann/pay high");
    assert_string_equal(
        text_of_finding(c, "excess-privilege")->summary,
        "ann is in pay (Release payments), but neither the rule nor an approval allows it to Ann.");
}

static void all_conditions_of_one_set_must_hold_and_one_set_suffices(void **state)
{
    Case *c = *state;
    ann_in_pay(c, "FINANCE", "Senior Treasurer");
    c->config = PAY("allowed = ( { department = \"Sales\"; }, { department = \"fin*\"; title = "
                    "\"*treasur*\"; } );");
    assert_found(c, "excess-privilege", "");
    c->config = PAY("allowed = ( { department = \"fin*\"; title = \"Clerk\"; } );");
    judge(c);
    assert_found(c, "excess-privilege", "ann/pay high");
}

static void unknown_field_is_not_evaluable_unless_another_condition_decides(void **state)
{
    Case *c = *state;
    ann_in_pay(c, NULL, "Clerk");
    c->config = PAY("allowed = ( { department = \"Finance\"; } );");
    assert_found(c, "excess-privilege", "");
    assert_unjudged(c, "excess-privilege",
                    "subject: a field of the person that `allowed` asks for is not known");
    c->config = PAY("allowed = ( { department = \"Finance\"; title = \"Boss\"; } );");
    judge(c);
    assert_found(c, "excess-privilege", "ann/pay high");
    c->config = PAY("allowed = ( { department = \"Finance\"; }, { title = \"clerk\"; } );");
    judge(c);
    assert_found(c, "excess-privilege", "");
    assert_unjudged(c, "excess-privilege", "");
}

static void every_people_field_can_be_a_condition(void **state)
{
    Case *c = *state;
    ann_in_pay(c, NULL, NULL);
    People *people = &c->snapshot->people;
    const struct {
        const char *field;
        TextRef *cell;
    } fields[] = {{"email", people->email},
                  {"username", people->username},
                  {"manager_id", people->manager_id},
                  {"location", people->location},
                  {"kind", people->kind},
                  {"sponsor_id", people->sponsor_id},
                  {"timezone", people->timezone},
                  {"status", people->status_text}};
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        set_text(c, fields[i].cell, "Wanted");
        g_autofree char *config =
            g_strdup_printf(PAY("allowed = ( { %s = \"WANT?D\"; } );"), fields[i].field);
        c->config = config;
        judge(c);
        assert_found(c, "excess-privilege", "");
        assert_unjudged(c, "excess-privilege", "");
    }
    people->start_day[0] = 20000; /* 2024-10-04 */
    world_previous_id(c->world, 0, "OLD-1");
    c->config = PAY("allowed = ( { start_date = \"2024-*\"; id = \"1\"; name = \"ann\"; "
                    "previous_ids = \"old-*\"; } );");
    judge(c);
    assert_found(c, "excess-privilege", "");
    assert_unjudged(c, "excess-privilege", "");
}

static void approval_covers_what_the_rule_does_not(void **state)
{
    Case *c = *state;
    ann_in_pay(c, "Sales", "Clerk");
    approve(c, "pay", NULL, "1");
    c->config = PAY("allowed = ( { department = \"Finance\"; } );");
    assert_found(c, "excess-privilege", "");
}

static void account_without_a_person_is_judged_by_its_owner(void **state)
{
    Case *c = *state;
    ann_in_pay(c, "Finance", "Clerk");
    uint32_t bob = person(c, "2", "Bob");
    set_text(c, &c->snapshot->people.department[bob], "Sales");
    const char *const owners[] = {"1", "2", NULL};
    const char *const names[] = {"svc-ann", "svc-bob", "svc-none"};
    for (size_t i = 0; i < 3; i++) {
        uint32_t a = account(c, names[i], NULL);
        c->classes[a] = CLASS_SERVICE;
        set_text(c, &c->snapshot->accounts.owner_text[a], owners[i]);
        in_group(c, a, 0);
    }
    uint32_t bg = account(c, "bg", NULL);
    c->classes[bg] = CLASS_BREAK_GLASS;
    in_group(c, bg, 0);
    c->config = PAY("allowed = ( { department = \"Finance\"; } );");
    assert_found(c, "excess-privilege", "svc-bob/pay high, svc-none/pay high");
}

static void owner_of_a_service_account_may_approve_for_it(void **state)
{
    Case *c = *state;
    ann_in_pay(c, "Sales", "Clerk");
    uint32_t service = account(c, "svc", NULL);
    c->classes[service] = CLASS_SERVICE;
    set_text(c, &c->snapshot->accounts.owner_text[service], "1");
    in_group(c, service, 0);
    uint32_t a = approve(c, "pay", "svc", NULL);
    set_text(c, &c->snapshot->approvals.approved_by[a], "ann");
    c->config = PAY("allowed = ( { department = \"Finance\"; } );");
    assert_found(c, "excess-privilege", "ann/pay high");
    set_text(c, &c->snapshot->approvals.approved_by[a], "svc");
    judge(c);
    assert_found(c, "excess-privilege", "ann/pay high, svc/pay high");
}

static void entitlement_of_an_unknown_group_is_said(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    c->config = PAY("");
    const char *said = unjudged(c, "excess-privilege");
    assert_true(g_str_has_prefix(said, "*: "));
    assert_non_null(strstr(said, "rightful.conf:4: entitlements: no group is called \"pay\""));
}

static void ambiguous_account_with_two_entitlements_is_not_evaluable_once(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Kim"), q = person(c, "2", "Kim"), a = account(c, "kim", NULL);
    set_text(c, &c->snapshot->people.email[p], "k@example.com");
    set_text(c, &c->snapshot->people.email[q], "k@example.com");
    set_text(c, &c->snapshot->accounts.mail[a], "k@example.com");
    in_group(c, a, group(c, "pay"));
    in_group(c, a, group(c, "approve"));
    c->config = "entitlements: ( { group = \"pay\"; }, { group = \"approve\"; } );";
    assert_found(c, "excess-privilege", "");
    assert_unjudged(c, "excess-privilege", "subject: it is not known whose account it is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(member_without_approval_is_an_exception),
        case_test(approval_by_account_or_person_carries_the_right),
        case_test(approval_names_its_group_by_dn_or_sid_too),
        case_test(approval_holds_to_the_end_of_its_last_day),
        case_test(approval_without_approver_or_by_the_subject_is_none),
        case_test(approval_of_an_inner_or_outer_group_does_not_count),
        case_test(members_of_a_nested_privileged_group_are_reported_there),
        case_test(entitlement_that_allows_the_person_is_enough_unless_it_requires_approval),
        case_test(without_approvals_and_entitlement_it_is_said_once),
        case_test(built_in_groups_are_privileged_whatever_they_are_called),
        case_test(classes_and_states_that_are_subjects_of_rights),
        case_test(privileged_name_that_fits_nothing_is_said),
        case_test(incomplete_approvals_make_it_not_evaluable),
        case_test(right_through_nesting_is_shown_with_its_way),
        case_test(primary_group_is_not_in_the_member_list),
        case_test(listed_member_is_not_reported_although_also_nested),
        case_test(groups_that_contain_each_other_report_each_account_once),
        case_test(each_privileged_group_is_judged_by_its_own_member_list),
        case_test(nested_rights_of_an_incomplete_directory_are_not_evaluable),
        case_test(person_who_is_not_allowed_is_an_exception),
        case_test(all_conditions_of_one_set_must_hold_and_one_set_suffices),
        case_test(unknown_field_is_not_evaluable_unless_another_condition_decides),
        case_test(every_people_field_can_be_a_condition),
        case_test(approval_covers_what_the_rule_does_not),
        case_test(account_without_a_person_is_judged_by_its_owner),
        case_test(owner_of_a_service_account_may_approve_for_it),
        case_test(entitlement_of_an_unknown_group_is_said),
        case_test(ambiguous_account_with_two_entitlements_is_not_evaluable_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
