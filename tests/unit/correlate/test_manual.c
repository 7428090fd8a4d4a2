#include "correlate/links.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const LinkRule by_id[] = {{LINK_ACCOUNT_EMPLOYEE_ID, LINK_PERSON_ID}};
#define MADE_BY "manual link by jdoe on 2026-03-17: asked her"

/* Lena and Joe; lwong carries Lena's number, legacy nobody's. */
typedef struct Office {
    World *world;
    uint32_t lena, joe, lwong, legacy;
} Office;

static Office office_new(void)
{
    Office office = {.world = world_new()};

    office.lena = world_person(office.world, "00123", "Lena Wong");
    office.joe = world_person(office.world, "00124", "Joe Doe");
    office.lwong = world_account(office.world, "lwong");
    office.legacy = world_account(office.world, "legacy");
    office.world->snapshot->accounts.employee_id[office.lwong] = world_text(office.world, "00123");
    return office;
}

/* A manual link of the account, by the key that identities have. */
static ManualLink link_of(const Office *office, uint32_t account, const char *person)
{
    const Snapshot *snapshot = office->world->snapshot;
    const Accounts *accounts = &snapshot->accounts;
    TextRef key = accounts->key[account] != 0 ? accounts->key[account] : accounts->dn[account];

    return (ManualLink){snapshot->sources[accounts->source[account]].name,
                        snapshot_text(snapshot, key != 0 ? key : accounts->name[account]), person,
                        MADE_BY};
}

static Links *link_all(Office *office, const ManualLink *manual, size_t n)
{
    world_freeze(office->world);
    return links_new_with(office->world->snapshot, by_id, G_N_ELEMENTS(by_id), manual, n);
}

static void a_manual_link_goes_before_the_rules_and_says_so(void **state)
{
    (void)state;
    Office office = office_new();
    G_GNUC_UNUSED g_autoptr(World) world = office.world; /* to release it */
    const ManualLink manual[] = {link_of(&office, office.legacy, "00124"),
                                 link_of(&office, office.lwong, "00124")};
    g_autoptr(Links) links = link_all(&office, manual, 2);

    assert_int_equal(links->person[office.legacy], office.joe);
    assert_int_equal(links->person[office.lwong], office.joe);
    assert_int_equal(links->person_link[office.lwong], PERSON_LINK_ONE);
    g_autofree char *made_by = links_made_by(links, office.legacy);
    assert_string_equal(made_by, MADE_BY);
    assert_int_equal(links->first_account[office.joe + 1] - links->first_account[office.joe], 2);
    assert_int_equal(links->manual_account[0], office.legacy);
}

static void what_the_rules_linked_is_told_as_before(void **state)
{
    (void)state;
    Office office = office_new();
    G_GNUC_UNUSED g_autoptr(World) world = office.world; /* to release it */
    const ManualLink manual[] = {link_of(&office, office.legacy, "00124")};
    g_autoptr(Links) links = link_all(&office, manual, 1);

    g_autofree char *made_by = links_made_by(links, office.lwong);
    assert_string_equal(made_by, "employee_id = id");
    assert_int_equal(links_made_by_hash(links, office.lwong), 0);
    assert_int_not_equal(links_made_by_hash(links, office.legacy), LINK_RULE_MANUAL);
}

static void an_account_that_is_gone_or_of_another_source_links_nothing(void **state)
{
    (void)state;
    Office office = office_new();
    G_GNUC_UNUSED g_autoptr(World) world = office.world; /* to release it */
    ManualLink elsewhere = link_of(&office, office.legacy, "00124");
    elsewhere.source = "lab";
    ManualLink gone = elsewhere;
    gone.source = office.world->snapshot->sources[0].name;
    gone.account_key = "no such key";
    const ManualLink manual[] = {elsewhere, gone};
    g_autoptr(Links) links = link_all(&office, manual, 2);

    assert_int_equal(links->manual_account[0], NONE);
    assert_int_equal(links->manual_account[1], NONE);
    assert_int_equal(links->person_link[office.legacy], PERSON_LINK_NONE);
}

static void a_person_who_is_nobody_leaves_the_account_to_the_rules(void **state)
{
    (void)state;
    Office office = office_new();
    G_GNUC_UNUSED g_autoptr(World) world = office.world; /* to release it */
    const ManualLink manual[] = {link_of(&office, office.lwong, "99999")};
    g_autoptr(Links) links = link_all(&office, manual, 1);

    assert_int_equal(links->person[office.lwong], office.lena);
    assert_int_equal(links->rule[office.lwong], 0);
}

static void while_people_are_missing_nobody_can_say(void **state)
{
    (void)state;
    Office office = office_new();
    G_GNUC_UNUSED g_autoptr(World) world = office.world; /* to release it */
    uint32_t hr = world_source(office.world, "hr", PROVIDES_PEOPLE);
    office.world->snapshot->sources[hr].status = SOURCE_INCOMPLETE;
    const ManualLink manual[] = {link_of(&office, office.lwong, "99999")};
    g_autoptr(Links) links = link_all(&office, manual, 1);

    /* Not Lena's, whatever the rule says: somebody said it is another's. */
    assert_int_equal(links->person_link[office.lwong], PERSON_LINK_UNKNOWN);
    assert_int_equal(links->person[office.lwong], NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manual_link_goes_before_the_rules_and_says_so),
        cmocka_unit_test(what_the_rules_linked_is_told_as_before),
        cmocka_unit_test(an_account_that_is_gone_or_of_another_source_links_nothing),
        cmocka_unit_test(a_person_who_is_nobody_leaves_the_account_to_the_rules),
        cmocka_unit_test(while_people_are_missing_nobody_can_say),
    };
    return cmocka_run_group_tests_name("correlate/manual", tests, NULL, NULL);
}
