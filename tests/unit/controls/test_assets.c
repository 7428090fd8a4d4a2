#include "fixture.h"

#include <string.h>

static uint32_t asset(Case *c, const char *id, const char *owner, const char *custodian)
{
    uint32_t a = world_asset(c->world, id);
    set_text(c, &c->snapshot->assets.owner[a], owner);
    set_text(c, &c->snapshot->assets.custodian[a], custodian);
    return a;
}

static void with_status(Case *c, uint32_t a, AssetStatus status)
{
    c->snapshot->assets.status[a] = status;
}

/* ---- asset-without-owner ---- */

static void asset_without_owner_is_an_exception_unless_it_is_gone(void **state)
{
    Case *c = *state;
    with_status(c, asset(c, "A-empty", NULL, NULL), ASSET_STATUS_EMPTY);
    with_status(c, asset(c, "A-retired", NULL, NULL), ASSET_STATUS_RETIRED);
    with_status(c, asset(c, "A-lost", NULL, NULL), ASSET_STATUS_LOST);
    with_status(c, asset(c, "A-stock", NULL, NULL), ASSET_STATUS_STOCK);
    asset(c, "A-owned", "anybody", NULL);
    assert_found(c, "asset-without-owner", "A-empty medium, A-stock medium");
}

static void incomplete_register_is_not_evaluable(void **state)
{
    Case *c = *state;
    asset(c, "A1", NULL, NULL);
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    assert_found(c, "asset-without-owner", "");
    assert_unjudged(c, "asset-without-owner", "*: assets: incomplete");
}

/* ---- asset-owner-left ---- */

static void owner_or_custodian_who_left_or_is_unknown_is_an_exception(void **state)
{
    Case *c = *state;
    left(c, person(c, "1", "Ann"), DAYS(2));
    person(c, "2", "Bob");
    asset(c, "A-owner", "1", "2");
    asset(c, "A-custodian", "2", "1");
    asset(c, "A-nobody", "who?", NULL);
    asset(c, "A-fine", "2", "2");
    asset(c, "A-empty", NULL, NULL);
    with_status(c, asset(c, "A-retired", "1", NULL), ASSET_STATUS_RETIRED);
    assert_found(c, "asset-owner-left", "A-custodian high, A-nobody high, A-owner high");
}

static void owner_account_that_is_disabled_counts_as_gone(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t boss = account(c, "boss", NULL);
    c->snapshot->accounts.enabled[boss] = STATE_NO;
    asset(c, "A1", "boss", NULL);
    assert_found(c, "asset-owner-left", "A1 high");
}

static void owner_of_several_people_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Kim"), q = person(c, "2", "Kim");
    set_text(c, &c->snapshot->people.email[p], "k@example.com");
    set_text(c, &c->snapshot->people.email[q], "k@example.com");
    asset(c, "A1", "k@example.com", NULL);
    assert_found(c, "asset-owner-left", "");
    assert_unjudged(c, "asset-owner-left", "subject: the owner's name fits several people");
}

static void owner_unknown_while_a_directory_is_incomplete_is_not_evaluable(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    asset(c, "A1", "it-team", NULL);
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_found(c, "asset-owner-left", "");
    assert_unjudged(c, "asset-owner-left",
                    "subject: the owner was not found, and not every source is complete");
}

/* ---- asset-not-returned ---- */

static void asset_of_a_leaver_is_medium_after_a_day_and_high_after_a_week(void **state)
{
    Case *c = *state;
    uint32_t ann = person(c, "1", "Ann");
    asset(c, "A1", NULL, "1");
    left(c, ann, DAYS(1));
    assert_found(c, "asset-not-returned", "");
    left(c, ann, DAYS(1) + 1);
    judge(c);
    assert_found(c, "asset-not-returned", "A1 medium");
    left(c, ann, DAYS(7) + 1);
    judge(c);
    assert_found(c, "asset-not-returned", "A1 high");
    assert_string_equal(text_of_finding(c, "asset-not-returned")->person_name, "Ann");
}

static void only_tangible_things_that_are_out_can_be_returned(void **state)
{
    Case *c = *state;
    left(c, person(c, "1", "Ann"), DAYS(3));
    const AssetStatus out[] = {ASSET_STATUS_LOAN, ASSET_STATUS_REPAIR, ASSET_STATUS_STOCK,
                               ASSET_STATUS_EMPTY, ASSET_STATUS_LOST};
    const char *const names[] = {"loan", "repair", "stock", "empty", "lost"};
    for (size_t i = 0; i < 5; i++)
        with_status(c, asset(c, names[i], NULL, "1"), out[i]);
    set_text(c, &c->snapshot->assets.kind[asset(c, "app", NULL, "1")], "Application");
    set_text(c, &c->snapshot->assets.kind[asset(c, "key", NULL, "1")], "key");
    assert_found(c, "asset-not-returned", "key medium, loan medium, repair medium");
}

static void custodian_may_be_named_by_account(void **state)
{
    Case *c = *state;
    left(c, person(c, "1", "Ann"), DAYS(3));
    account(c, "ann", "1");
    asset(c, "A1", NULL, "ANN");
    assert_found(c, "asset-not-returned", "A1 medium");
}

static void unknown_end_passes_every_limit(void **state)
{
    Case *c = *state;
    c->snapshot->people.status[person(c, "1", "Ann")] = PERSON_STATUS_LEFT;
    asset(c, "A1", NULL, "1");
    assert_found(c, "asset-not-returned", "A1 high");
}

static void ambiguous_custodian_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t p = person(c, "1", "Kim"), q = person(c, "2", "Kim");
    left(c, p, DAYS(9));
    set_text(c, &c->snapshot->people.email[p], "k@example.com");
    set_text(c, &c->snapshot->people.email[q], "k@example.com");
    asset(c, "A1", NULL, "k@example.com");
    assert_found(c, "asset-not-returned", "");
    assert_unjudged(c, "asset-not-returned", "subject: the custodian's name fits several people");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(asset_without_owner_is_an_exception_unless_it_is_gone),
        case_test(incomplete_register_is_not_evaluable),
        case_test(owner_or_custodian_who_left_or_is_unknown_is_an_exception),
        case_test(owner_account_that_is_disabled_counts_as_gone),
        case_test(owner_of_several_people_is_not_evaluable),
        case_test(owner_unknown_while_a_directory_is_incomplete_is_not_evaluable),
        case_test(asset_of_a_leaver_is_medium_after_a_day_and_high_after_a_week),
        case_test(only_tangible_things_that_are_out_can_be_returned),
        case_test(custodian_may_be_named_by_account),
        case_test(unknown_end_passes_every_limit),
        case_test(ambiguous_custodian_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
