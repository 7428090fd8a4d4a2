#include "fixture.h"

#include <string.h>

static uint32_t asset(Case *c, const char *id, const char *serial, const char *hostname)
{
    uint32_t a = world_asset(c->world, id);
    set_text(c, &c->snapshot->assets.serial[a], serial);
    set_text(c, &c->snapshot->assets.hostname[a], hostname);
    return a;
}

static void assets_that_share_a_serial_number_are_one_exception(void **state)
{
    Case *c = *state;
    asset(c, "A10", "SN1", NULL);
    asset(c, "A9", " sn1 ", NULL); /* "A10" comes before "A9" as text */
    asset(c, "B1", "SN1", NULL);
    asset(c, "B2", "SN2", NULL);
    asset(c, "B3", NULL, NULL);
    asset(c, "B4", NULL, NULL);
    assert_found(c, "asset-duplicate", "A10 medium");
    const FindingText *text = text_of_finding(c, "asset-duplicate");
    assert_string_equal(text->summary, "A10, A9 and B1 have the same serial number \"SN1\".");
    assert_non_null(strstr(text->evidence, "{\"field\":\"serial\",\"value\":\"SN1\",\"count\":3,"));
}

static void retired_and_lost_assets_do_not_count(void **state)
{
    Case *c = *state;
    uint32_t old = asset(c, "A1", "SN1", "pc1");
    uint32_t lost = asset(c, "A2", "SN1", "pc1");
    asset(c, "A3", "SN1", "pc1");
    c->snapshot->assets.status[old] = ASSET_STATUS_RETIRED;
    c->snapshot->assets.status[lost] = ASSET_STATUS_LOST;
    assert_found(c, "asset-duplicate", "");
    c->snapshot->assets.status[lost] = ASSET_STATUS_STOCK;
    judge(c);
    assert_found(c, "asset-duplicate", "A2 medium");
}

static void what_one_subject_shares_is_one_exception(void **state)
{
    Case *c = *state;
    asset(c, "A1", "SN1", "pc1");
    asset(c, "A2", "SN1", "pc1");
    asset(c, "A3", "SN3", "PC1");
    assert_string_equal(
        text_of_finding(c, "asset-duplicate")->summary,
        "A1 and A2 have the same serial number \"SN1\"; A1, A2 and A3 have the same "
        "hostname \"pc1\".");
}

static void values_of_different_subjects_are_exceptions_of_their_own(void **state)
{
    Case *c = *state;
    asset(c, "A1", "SN1", "pc1");
    asset(c, "A2", "SN1", "pc2");
    asset(c, "A3", "SN3", "pc2");
    assert_found(c, "asset-duplicate", "A1 medium, A2 medium");
}

static void a_short_hostname_is_the_only_full_one_that_fits(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, "PC1.example.com.");
    asset(c, "A2", NULL, "pc1");
    assert_found(c, "asset-duplicate", "A1 medium");
    asset(c, "A3", NULL, "pc1.example.org"); /* now it may be either */
    judge(c);
    assert_found(c, "asset-duplicate", "");
    asset(c, "A4", NULL, "pc1.EXAMPLE.org");
    judge(c);
    assert_found(c, "asset-duplicate", "A3 medium");
    asset(c, "A0", NULL, "pc1");
    judge(c);
    assert_found(c, "asset-duplicate", "A0 medium, A3 medium");
}

static void an_application_may_name_the_host_it_runs_on(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, "srv1");
    uint32_t app = asset(c, "A2", "L-17", "srv1"), other = asset(c, "A3", "L-17", NULL);
    set_text(c, &c->snapshot->assets.kind[app], "Application");
    set_text(c, &c->snapshot->assets.kind[other], "application");
    assert_found(c, "asset-duplicate", "A2 medium");
}

static void assets_of_two_registers_may_be_duplicates(void **state)
{
    Case *c = *state;
    uint32_t here = asset(c, "A1", "SN1", NULL), there = asset(c, "A1", "SN1", NULL);
    c->snapshot->assets.source[here] = world_source(c->world, "phones", PROVIDES_ASSETS);
    assert_int_equal(c->snapshot->assets.source[there], 1);
    const FindingText *text = text_of_finding(c, "asset-duplicate");
    assert_string_equal(text->subject.source, "assets");
    assert_non_null(strstr(text->evidence, "\"source\":\"phones\""));
}

static void a_value_that_says_nothing_is_one_exception_with_the_first_of_them(void **state)
{
    Case *c = *state;
    for (int i = 0; i < 150; i++) {
        g_autofree char *id = g_strdup_printf("A%03d", i);
        asset(c, id, "To be filled by O.E.M.", NULL);
    }
    const FindingText *text = text_of_finding(c, "asset-duplicate");
    assert_string_equal(text->summary, "A000, A001, A002, A003, A004 and 145 more have the same "
                                       "serial number \"To be filled by O.E.M.\".");
    assert_non_null(strstr(text->evidence, "\"count\":150,"));
    assert_non_null(strstr(text->evidence, "\"A099\""));
    assert_null(strstr(text->evidence, "\"A100\""));
}

static void one_more_that_shares_it_changes_the_exception_and_not_its_identity(void **state)
{
    Case *c = *state;
    asset(c, "A1", "SN1", NULL);
    asset(c, "A2", "SN1", NULL);
    Finding before = *only_finding(c, "asset-duplicate");
    asset(c, "A3", "SN1", NULL);
    judge(c);
    Finding after = *only_finding(c, "asset-duplicate");
    assert_memory_equal(before.identity, after.identity, 16);
    assert_int_not_equal(before.facts, after.facts);
}

static void a_register_that_is_not_whole_or_has_neither_column_is_not_evaluable(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, NULL);
    c->snapshot->sources[1].fields &= ~(1u << ASSET_SERIAL);
    assert_unjudged(c, "asset-duplicate", "");
    c->snapshot->sources[1].fields &= ~(1u << ASSET_HOSTNAME);
    judge(c);
    assert_unjudged(c, "asset-duplicate", "assets: assets: has no column serial");
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    judge(c);
    assert_unjudged(c, "asset-duplicate", "*: assets: incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(assets_that_share_a_serial_number_are_one_exception),
        case_test(retired_and_lost_assets_do_not_count),
        case_test(what_one_subject_shares_is_one_exception),
        case_test(values_of_different_subjects_are_exceptions_of_their_own),
        case_test(a_short_hostname_is_the_only_full_one_that_fits),
        case_test(an_application_may_name_the_host_it_runs_on),
        case_test(assets_of_two_registers_may_be_duplicates),
        case_test(a_value_that_says_nothing_is_one_exception_with_the_first_of_them),
        case_test(one_more_that_shares_it_changes_the_exception_and_not_its_identity),
        case_test(a_register_that_is_not_whole_or_has_neither_column_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
