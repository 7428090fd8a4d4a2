#include "fixture.h"

#include <string.h>

static uint32_t reviewed_asset(Case *c, const char *id, const char *access_group, int64_t days_ago)
{
    uint32_t a = world_asset(c->world, id);
    if (access_group != NULL)
        world_access_group(c->world, a, access_group);
    if (days_ago >= 0)
        c->snapshot->assets.last_review_utc[a] = AS_OF - DAYS(days_ago);
    return a;
}

static void access_group_is_reviewed_every_180_days(void **state)
{
    Case *c = *state;
    group(c, "crm");
    group(c, "erp");
    reviewed_asset(c, "A1", "crm", 181);
    reviewed_asset(c, "A2", "erp", 180);
    assert_found(c, "review-overdue", "crm high");
    const FindingText *text = text_of_finding(c, "review-overdue");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "The last review of the group crm was 181 days ago (2025-09-17); "
                               "every 180 days is the rule.");
    assert_non_null(strstr(text->evidence, "\"governed_as\":[\"asset\"]"));
}

static void campaign_of_a_group_counts_where_it_is_later(void **state)
{
    Case *c = *state;
    group(c, "crm");
    reviewed_asset(c, "A1", "crm", 190);
    c->reviewed = reviewed_new();
    ReviewedGroup campaign = {.source = g_strdup("corp"),
                              .key = g_strdup("g-crm"),
                              .review = g_strdup("RV-000007"),
                              .at_utc = AS_OF - DAYS(170)};
    g_array_append_val(c->reviewed->groups, campaign);
    ReviewedGroup *row = &g_array_index(c->reviewed->groups, ReviewedGroup, 0);
    assert_found(c, "review-overdue", "");
    row->at_utc = AS_OF - DAYS(185);
    judge(c);
    assert_found(c, "review-overdue", "crm high");
    assert_non_null(
        strstr(text_of_finding(c, "review-overdue")->evidence, "\"review\":\"RV-000007\""));
    row->at_utc = AS_OF - DAYS(200); /* the register is later */
    judge(c);
    assert_null(strstr(text_of_finding(c, "review-overdue")->evidence, "RV-000007"));
}

static void shortest_way_of_being_governed_decides(void **state)
{
    Case *c = *state;
    group(c, "crm");
    reviewed_asset(c, "A1", "crm", 91);
    assert_found(c, "review-overdue", "");
    c->config = "privileged = [\"crm\"];";
    judge(c);
    assert_found(c, "review-overdue", "crm high");
}

static void entitlement_of_low_risk_has_a_year(void **state)
{
    Case *c = *state;
    uint32_t low = group(c, "low"), medium = group(c, "medium");
    first_seen(c, low, AS_OF - DAYS(300));
    first_seen(c, medium, AS_OF - DAYS(300));
    world_asset(c->world, "A1");
    c->config = "entitlements: ( { group = \"low\"; risk = \"low\"; }, { group = \"medium\"; } );";
    assert_found(c, "review-overdue", "medium high");
    first_seen(c, low, AS_OF - DAYS(366));
    judge(c);
    assert_found(c, "review-overdue", "low high, medium high");
}

static void cadence_of_the_register_replaces_the_profiles(void **state)
{
    Case *c = *state;
    group(c, "crm");
    uint32_t a = reviewed_asset(c, "A1", "crm", 100);
    c->snapshot->assets.review_every_days[a] = 99;
    assert_found(c, "review-overdue", "crm high");
    c->snapshot->assets.review_every_days[a] = 365;
    c->config = "privileged = [\"crm\"];";
    judge(c);
    assert_found(c, "review-overdue", "");
}

static void latest_review_of_all_assets_counts(void **state)
{
    Case *c = *state;
    group(c, "crm");
    reviewed_asset(c, "A1", "crm", 500);
    reviewed_asset(c, "A2", "crm", 10);
    assert_found(c, "review-overdue", "");
}

static void never_reviewed_counts_from_first_seen(void **state)
{
    Case *c = *state;
    uint32_t crm = group(c, "crm");
    reviewed_asset(c, "A1", "crm", -1);
    assert_found(c, "review-overdue", "");
    assert_unjudged(c, "review-overdue", "");
    first_seen(c, crm, AS_OF - DAYS(181));
    judge(c);
    assert_found(c, "review-overdue", "crm high");
    assert_non_null(strstr(text_of_finding(c, "review-overdue")->summary, "was never reviewed"));
}

static void asset_without_a_known_group_is_the_subject_if_it_sets_a_cadence(void **state)
{
    Case *c = *state;
    reviewed_asset(c, "A1", "nobody knows", 500);
    uint32_t b = reviewed_asset(c, "A2", NULL, 500);
    c->snapshot->assets.review_every_days[b] = 365;
    assert_found(c, "review-overdue", "A2 high");
    assert_string_equal(text_of_finding(c, "review-overdue")->subject.type, "asset");
}

static void asset_never_reviewed_counts_from_first_seen(void **state)
{
    Case *c = *state;
    uint32_t a = reviewed_asset(c, "A1", NULL, -1);
    c->snapshot->assets.review_every_days[a] = 30;
    assert_found(c, "review-overdue", "");
    gint64 *seen = g_new(gint64, 1);
    *seen = AS_OF - DAYS(31);
    g_hash_table_insert(c->group_first_seen,
                        g_strdup("assets\x1f"
                                 "A1"),
                        seen);
    judge(c);
    assert_found(c, "review-overdue", "A1 high");
    const FindingText *text = text_of_finding(c, "review-overdue");
    assert_non_null(strstr(text->summary, "The asset A1 was never reviewed"));
}

static void retired_asset_governs_nothing(void **state)
{
    Case *c = *state;
    group(c, "crm");
    c->snapshot->assets.status[reviewed_asset(c, "A1", "crm", 500)] = ASSET_STATUS_RETIRED;
    assert_found(c, "review-overdue", "");
}

static void without_a_register_it_is_not_evaluable(void **state)
{
    Case *c = *state;
    assert_unjudged(c, "review-overdue", "*: no assets source is configured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(access_group_is_reviewed_every_180_days),
        case_test(campaign_of_a_group_counts_where_it_is_later),
        case_test(shortest_way_of_being_governed_decides),
        case_test(entitlement_of_low_risk_has_a_year),
        case_test(cadence_of_the_register_replaces_the_profiles),
        case_test(latest_review_of_all_assets_counts),
        case_test(never_reviewed_counts_from_first_seen),
        case_test(asset_without_a_known_group_is_the_subject_if_it_sets_a_cadence),
        case_test(asset_never_reviewed_counts_from_first_seen),
        case_test(retired_asset_governs_nothing),
        case_test(without_a_register_it_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
