#include "fixture.h"

#include "base/times.h"

#include <string.h>

#define COLUMN(field) (UINT32_C(1) << (field))

static uint32_t asset(Case *c, const char *id, const char *kind, AssetStatus status)
{
    uint32_t a = world_asset(c->world, id);
    set_text(c, &c->snapshot->assets.kind[a], kind);
    c->snapshot->assets.status[a] = (uint8_t)status;
    return a;
}

static void without_column(Case *c, AssetField field)
{
    c->snapshot->sources[1].fields &= ~COLUMN(field);
}

/* ---- asset-unclassified ---- */

static void information_without_classification_is_an_exception_unless_it_is_gone(void **state)
{
    Case *c = *state;
    asset(c, "A-app", "Application", ASSET_STATUS_IN_USE);
    asset(c, "A-info", "information", ASSET_STATUS_EMPTY);
    asset(c, "A-service", "service", ASSET_STATUS_STOCK);
    asset(c, "A-retired", "application", ASSET_STATUS_RETIRED);
    asset(c, "A-lost", "information", ASSET_STATUS_LOST);
    asset(c, "A-laptop", "computer", ASSET_STATUS_IN_USE);
    asset(c, "A-nothing", NULL, ASSET_STATUS_IN_USE);
    uint32_t fine = asset(c, "A-fine", "application", ASSET_STATUS_IN_USE);
    set_text(c, &c->snapshot->assets.classification[fine], "internal");
    assert_found(c, "asset-unclassified", "A-app low, A-info low, A-service low");
}

static void a_register_without_classifications_is_not_evaluable(void **state)
{
    Case *c = *state;
    asset(c, "A1", "application", ASSET_STATUS_IN_USE);
    without_column(c, ASSET_CLASSIFICATION);
    assert_found(c, "asset-unclassified", "");
    assert_unjudged(c, "asset-unclassified", "assets: assets: has no column classification");
}

static void an_incomplete_register_is_not_evaluable(void **state)
{
    static const char *const controls[] = {"asset-unclassified", "asset-audit-overdue",
                                           "asset-loan-overdue", "asset-access-unknown"};
    Case *c = *state;
    uint32_t a = asset(c, "A1", "application", ASSET_STATUS_LOAN);
    c->snapshot->assets.next_audit[a] = day_packed(day_from_civil(2020, 1, 1));
    c->snapshot->assets.due_back_utc[a] = AS_OF - DAYS(100);
    world_access_group(c->world, a, "nobody");
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++) {
        assert_found(c, controls[i], "");
        assert_unjudged(c, controls[i], "*: assets: incomplete");
    }
}

/* ---- asset-audit-overdue ---- */

static uint32_t audited(Case *c, const char *id, AssetStatus status, unsigned month, unsigned day)
{
    uint32_t a = asset(c, id, NULL, status);
    c->snapshot->assets.next_audit[a] = day_packed(day_from_civil(2026, month, day));
    return a;
}

/* AS_OF is five o'clock of 17 March in UTC, the zone of these worlds. */
static void an_audit_is_overdue_when_its_day_has_ended(void **state)
{
    Case *c = *state;
    audited(c, "A-yesterday", ASSET_STATUS_IN_USE, 3, 16);
    audited(c, "A-today", ASSET_STATUS_IN_USE, 3, 17);
    audited(c, "A-stock", ASSET_STATUS_STOCK, 1, 31);
    audited(c, "A-empty", ASSET_STATUS_EMPTY, 1, 31);
    audited(c, "A-retired", ASSET_STATUS_RETIRED, 1, 31);
    audited(c, "A-lost", ASSET_STATUS_LOST, 1, 31);
    asset(c, "A-none", NULL, ASSET_STATUS_IN_USE);
    assert_found(c, "asset-audit-overdue", "A-empty low, A-stock low, A-yesterday low");
    assert_unjudged(c, "asset-audit-overdue", "");
}

static void the_day_of_an_audit_ends_in_the_organisations_zone(void **state)
{
    Case *c = *state;
    audited(c, "A1", ASSET_STATUS_IN_USE, 3, 16);
    c->as_of_utc = AS_OF - HOURS(5); /* midnight in UTC: the day has just ended */
    assert_found(c, "asset-audit-overdue", "A1 low");
    c->as_of_utc--;
    judge(c);
    assert_found(c, "asset-audit-overdue", "");
}

static void an_audit_may_have_days_of_grace(void **state)
{
    Case *c = *state;
    c->config = "controls: { asset-audit-overdue: { days = 3; }; };";
    audited(c, "A-13", ASSET_STATUS_IN_USE, 3, 13);
    audited(c, "A-14", ASSET_STATUS_IN_USE, 3, 14);
    uint32_t last = audited(c, "A-12", ASSET_STATUS_RETIRED, 3, 12);
    assert_found(c, "asset-audit-overdue", "A-13 low");
    c->snapshot->assets.status[last] = ASSET_STATUS_REPAIR;
    judge(c);
    assert_found(c, "asset-audit-overdue", "A-12 low, A-13 low");
}

static void the_sentence_of_an_audit_names_both_days(void **state)
{
    Case *c = *state;
    uint32_t a = audited(c, "A1", ASSET_STATUS_IN_USE, 2, 27);
    c->snapshot->assets.last_audit[a] = day_packed(day_from_civil(2025, 2, 26));
    const FindingText *text = text_of_finding(c, "asset-audit-overdue");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "The audit of the asset A1 was due 17 days ago (2026-02-27, UTC).");
    assert_non_null(
        strstr(text->evidence, "\"next_audit\":\"2026-02-27\",\"last_audit\":\"2025-02-26\""));
}

static void a_register_that_plans_no_audits_is_not_evaluable(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, ASSET_STATUS_IN_USE);
    without_column(c, ASSET_NEXT_AUDIT);
    assert_found(c, "asset-audit-overdue", "");
    assert_unjudged(c, "asset-audit-overdue", "assets: assets: has no column next_audit");
}

/* ---- asset-loan-overdue ---- */

static void lend(Case *c, const char *id, AssetStatus status, int64_t due_utc)
{
    c->snapshot->assets.due_back_utc[asset(c, id, NULL, status)] = due_utc;
}

static void a_loan_is_overdue_a_week_after_the_day_it_was_due(void **state)
{
    Case *c = *state;
    lend(c, "A-late", ASSET_STATUS_LOAN, AS_OF - DAYS(7) - 1);
    lend(c, "A-week", ASSET_STATUS_LOAN, AS_OF - DAYS(7));
    lend(c, "A-ahead", ASSET_STATUS_LOAN, AS_OF + DAYS(7));
    lend(c, "A-back", ASSET_STATUS_STOCK, AS_OF - DAYS(90));
    lend(c, "A-use", ASSET_STATUS_IN_USE, AS_OF - DAYS(90));
    assert_found(c, "asset-loan-overdue", "A-late low");
    assert_unjudged(c, "asset-loan-overdue", "");
}

static void a_loan_without_an_end_is_not_evaluable(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, ASSET_STATUS_LOAN);
    assert_found(c, "asset-loan-overdue", "");
    assert_unjudged(c, "asset-loan-overdue",
                    "subject: it is on loan, and the register does not say until when (due_back)");
}

/* ---- asset-access-unknown ---- */

static void an_access_group_that_is_no_group_is_an_exception_unless_the_asset_is_gone(void **state)
{
    Case *c = *state;
    uint32_t users = group(c, "erp-users");
    set_text(c, &c->snapshot->groups.sid[users], "S-1-5-21-1-2-3-1200");
    uint32_t fine = asset(c, "A-fine", NULL, ASSET_STATUS_IN_USE);
    uint32_t wrong = asset(c, "A-wrong", NULL, ASSET_STATUS_EMPTY);
    uint32_t retired = asset(c, "A-retired", NULL, ASSET_STATUS_RETIRED);
    asset(c, "A-none", NULL, ASSET_STATUS_IN_USE);
    world_access_group(c->world, fine, "ERP-Users");
    world_access_group(c->world, fine, "S-1-5-21-1-2-3-1200");
    world_access_group(c->world, fine, "cn=erp-users,ou=groups,dc=example,dc=com");
    world_access_group(c->world, wrong, "erp-users");
    world_access_group(c->world, wrong, "erp-user");
    world_access_group(c->world, wrong, "admins");
    world_access_group(c->world, retired, "gone");
    assert_found(c, "asset-access-unknown", "A-wrong medium");
    const FindingText *text = text_of_finding(c, "asset-access-unknown");
    assert_string_equal(text->summary, "Who has access to the asset A-wrong is not known: no group "
                                       "is called \"erp-user\" or \"admins\".");
    assert_non_null(strstr(text->evidence, "\"unknown_groups\":[\"erp-user\",\"admins\"]"));
}

static void a_group_may_be_of_a_directory_that_was_not_read(void **state)
{
    Case *c = *state;
    world_access_group(c->world, asset(c, "A1", NULL, ASSET_STATUS_IN_USE), "erp-users");
    c->snapshot->sources[world_source(c->world, "lab", PROVIDES_DIRECTORY)].status =
        SOURCE_INCOMPLETE;
    assert_found(c, "asset-access-unknown", "");
    assert_unjudged(c, "asset-access-unknown", "*: lab: incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(information_without_classification_is_an_exception_unless_it_is_gone),
        case_test(a_register_without_classifications_is_not_evaluable),
        case_test(an_incomplete_register_is_not_evaluable),
        case_test(an_audit_is_overdue_when_its_day_has_ended),
        case_test(the_day_of_an_audit_ends_in_the_organisations_zone),
        case_test(an_audit_may_have_days_of_grace),
        case_test(the_sentence_of_an_audit_names_both_days),
        case_test(a_register_that_plans_no_audits_is_not_evaluable),
        case_test(a_loan_is_overdue_a_week_after_the_day_it_was_due),
        case_test(a_loan_without_an_end_is_not_evaluable),
        case_test(an_access_group_that_is_no_group_is_an_exception_unless_the_asset_is_gone),
        case_test(a_group_may_be_of_a_directory_that_was_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
