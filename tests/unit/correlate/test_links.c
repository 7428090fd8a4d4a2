#include "correlate/links.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const LinkRule usual_rules[] = {
    {LINK_ACCOUNT_EMPLOYEE_ID, LINK_PERSON_ID},
    {LINK_ACCOUNT_MAIL, LINK_PERSON_EMAIL},
    {LINK_ACCOUNT_NAME, LINK_PERSON_USERNAME},
};

static Links *link_all(World *world)
{
    world_freeze(world);
    return links_new(world->snapshot, usual_rules, G_N_ELEMENTS(usual_rules));
}

static void an_account_belongs_to_the_person_of_the_first_rule_that_matches(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Accounts *accounts = &world->snapshot->accounts;
    People *people = &world->snapshot->people;
    uint32_t lena = world_person(world, "00123", "Lena Wong");
    uint32_t joe = world_person(world, "00124", "Joe Doe");
    people->email[joe] = world_text(world, "joe@example.com");
    uint32_t lwong = world_account(world, "lwong");
    accounts->employee_id[lwong] = world_text(world, "00123");
    accounts->mail[lwong] = world_text(world, "joe@example.com"); /* a later rule never overrides */
    uint32_t jdoe = world_account(world, "jdoe");
    accounts->mail[jdoe] = world_text(world, " JOE@Example.COM ");
    uint32_t orphan = world_account(world, "orphan");

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->person_link[lwong], PERSON_LINK_ONE);
    assert_int_equal(links->person[lwong], lena);
    g_autofree char *rule = links_rule_text(links, links->rule[lwong]);
    assert_string_equal(rule, "employee_id = id");
    assert_int_equal(links->person[jdoe], joe);
    g_autofree char *second = links_rule_text(links, links->rule[jdoe]);
    assert_string_equal(second, "mail = email");
    assert_int_equal(links->person_link[orphan], PERSON_LINK_NONE);
    assert_int_equal(links->person[orphan], NONE);
    assert_null(links_rule_text(links, links->rule[orphan]));
}

static void an_id_that_is_nobodys_goes_on_to_the_next_rule(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t lena = world_person(world, "00123", "Lena Wong");
    world->snapshot->people.username[lena] = world_text(world, "lwong");
    uint32_t lwong = world_account(world, "LWONG");
    world->snapshot->accounts.employee_id[lwong] = world_text(world, "123"); /* 00123 is not 123 */

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->person[lwong], lena);
    assert_int_equal(links->rule[lwong], 2);
}

static void two_people_of_one_value_are_ambiguous_even_if_one_has_left(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    People *people = &world->snapshot->people;
    uint32_t first = world_person(world, "1", "Kim Lee"),
             second = world_person(world, "2", "Kim Lee");
    people->email[first] = world_text(world, "kim@example.com");
    people->email[second] = world_text(world, "Kim@example.com");
    people->status[first] = PERSON_STATUS_LEFT;
    people->username[second] = world_text(world, "kim");
    uint32_t kim = world_account(world, "kim");
    world->snapshot->accounts.mail[kim] = world_text(world, "kim@example.com");

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->person_link[kim],
                     PERSON_LINK_AMBIGUOUS); /* the rule behind does not decide */
    assert_int_equal(links->person[kim], NONE);
    assert_int_equal(links->rule[kim], 1);
    GArray *candidates = g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(kim));
    assert_int_equal(candidates->len, 2);
    assert_int_equal(g_array_index(candidates, uint32_t, 0), first);
    assert_int_equal(g_array_index(candidates, uint32_t, 1), second);
}

static void an_old_id_belongs_to_the_row_that_lists_it(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t old = world_person(world, "OLD7", "Rey Hire"),
             now = world_person(world, "900", "Rey Hire");
    world_previous_id(world, now, "OLD7");
    world_previous_id(world, now, "OLD6");
    world->snapshot->people.next_successor[old] = now + 1;
    world->snapshot->people.email[old] = world_text(world, "rey@example.com");
    uint32_t by_id = world_account(world, "rey"), by_gone_id = world_account(world, "rey6");
    uint32_t by_mail = world_account(world, "adm-rey");
    world->snapshot->accounts.employee_id[by_id] = world_text(world, "old7");
    world->snapshot->accounts.employee_id[by_gone_id] = world_text(world, "OLD6");
    world->snapshot->accounts.mail[by_mail] = world_text(world, "rey@example.com");

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->person_link[by_id], PERSON_LINK_ONE);
    assert_int_equal(links->person[by_id], now);
    assert_int_equal(links->person[by_gone_id], now);
    assert_int_equal(links->person[by_mail], now);
}

static void accounts_of_a_person_are_listed_in_order(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t joe = world_person(world, "1", "Joe"), lena = world_person(world, "2", "Lena");
    uint32_t accounts[4];
    const char *const ids[] = {"2", "1", "2", "7"};
    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("u%d", i);
        accounts[i] = world_account(world, name);
        world->snapshot->accounts.employee_id[accounts[i]] = world_text(world, ids[i]);
    }

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->first_account[joe + 1] - links->first_account[joe], 1);
    assert_int_equal(links->person_accounts[links->first_account[joe]], accounts[1]);
    assert_int_equal(links->first_account[lena + 1] - links->first_account[lena], 2);
    assert_int_equal(links->person_accounts[links->first_account[lena]], accounts[0]);
    assert_int_equal(links->person_accounts[links->first_account[lena] + 1], accounts[2]);
}

static void without_all_people_nobody_is_called_an_orphan(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    world_person(world, "1", "Joe");
    uint8_t contractors = world_source(world, "contractors", PROVIDES_PEOPLE);
    world->snapshot->sources[contractors].status = SOURCE_INCOMPLETE;
    uint32_t joe = world_account(world, "joe"), other = world_account(world, "other");
    world->snapshot->accounts.employee_id[joe] = world_text(world, "1");

    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->person_link[joe], PERSON_LINK_ONE);
    assert_int_equal(links->person_link[other], PERSON_LINK_UNKNOWN);
    assert_int_equal(links_find_owner(links, "ann@example.com").kind, OWNER_UNKNOWN);
    assert_int_equal(links_find_owner(links, "").kind, OWNER_NONE);
}

static void no_rules_link_nobody(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    world_person(world, "1", "Joe");
    uint32_t joe = world_account(world, "joe");
    world->snapshot->accounts.employee_id[joe] = world_text(world, "1");
    world_freeze(world);

    g_autoptr(Links) links = links_new(world->snapshot, NULL, 0);

    assert_int_equal(links->person_link[joe], PERSON_LINK_NONE);
}

/* Joe Doe has the account jdoe, there are a group "helpdesk" and an unlinked account "svc". */
static World *world_of_owners(uint32_t *ret_joe, uint32_t *ret_jdoe)
{
    World *world = world_new();
    *ret_joe = world_person(world, "P7", "Joe Doe");
    world->snapshot->people.email[*ret_joe] = world_text(world, "joe@example.com");
    world->snapshot->people.username[*ret_joe] = world_text(world, "joe");
    *ret_jdoe = world_account(world, "jdoe");
    world->snapshot->accounts.employee_id[*ret_jdoe] = world_text(world, "P7");
    world_account(world, "svc");
    world_group(world, "helpdesk");
    return world;
}

static void owners_are_found_by_every_text_that_means_them(void **state)
{
    (void)state;
    uint32_t joe, jdoe;
    g_autoptr(World) world = world_of_owners(&joe, &jdoe);
    g_autoptr(Links) links = link_all(world);

    const char *const of_joe[] = {"P7",  "p7", "JOE@example.com", " joe ", "joe＠example.com",
                                  "Ｐ７"};
    for (size_t i = 0; i < G_N_ELEMENTS(of_joe); i++) {
        Owner owner = links_find_owner(links, of_joe[i]);
        assert_int_equal(owner.kind, OWNER_PERSON);
        assert_int_equal(owner.id, joe);
        assert_int_equal(owner_person(&owner), joe);
    }
    const char *const of_account[] = {"JDoe", "UID=jdoe, OU=People, DC=example,DC=com", "a-jdoe"};
    for (size_t i = 0; i < G_N_ELEMENTS(of_account); i++) {
        Owner owner = links_find_owner(links, of_account[i]);
        assert_int_equal(owner.kind, OWNER_ACCOUNT);
        assert_int_equal(owner.id, jdoe);
        assert_int_equal(owner_person(&owner), joe);
    }
    const char *const of_group[] = {"HelpDesk", "cn=helpdesk,ou=groups,dc=example,dc=com"};
    for (size_t i = 0; i < G_N_ELEMENTS(of_group); i++)
        assert_int_equal(links_find_owner(links, of_group[i]).kind, OWNER_GROUP);
    Owner service = links_find_owner(links, "svc");
    assert_int_equal(service.kind, OWNER_ACCOUNT);
    assert_int_equal(owner_person(&service), NONE);
    const char *const nobody[] = {"", "  ", "P77", "cn=gone,dc=example,dc=com", "joe@example.org"};
    for (size_t i = 0; i < G_N_ELEMENTS(nobody); i++)
        assert_int_equal(links_find_owner(links, nobody[i]).kind, OWNER_NONE);
}

static void an_owner_text_that_fits_several_people_is_ambiguous(void **state)
{
    (void)state;
    uint32_t joe, jdoe;
    g_autoptr(World) world = world_of_owners(&joe, &jdoe);
    uint32_t other =
        world_person(world, "joe", "Somebody Else"); /* an id that is the username of Joe */
    g_autoptr(Links) links = link_all(world);

    Owner several = links_find_owner(links, "joe");
    assert_int_equal(several.kind, OWNER_AMBIGUOUS);
    assert_int_equal(owner_person(&several), NONE);
    assert_int_not_equal(other, joe);
}

static void an_owner_that_is_nowhere_in_its_directory_is_looked_for_in_others(void **state)
{
    (void)state;
    for (int n_directories = 1; n_directories <= 2; n_directories++) {
        g_autoptr(World) world = world_new();
        Accounts *accounts = &world->snapshot->accounts;
        uint32_t service = world_account(world, "svc"), boss = world_account(world, "boss");
        if (n_directories == 2)
            accounts->source[boss] = world_source(world, "lab", PROVIDES_DIRECTORY);
        accounts->owner_text[service] = accounts->dn[boss];
        accounts->owner_entry[service] = OWNER_NOWHERE;
        g_autoptr(Links) links = link_all(world);

        assert_int_equal(links->account_owner[service].kind,
                         n_directories == 2 ? OWNER_ACCOUNT : OWNER_NONE);
    }
}

static void an_owner_name_of_several_accounts_is_told_by_source_or_person(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Accounts *accounts = &world->snapshot->accounts;
    uint8_t lab = world_source(world, "lab", PROVIDES_DIRECTORY);
    uint32_t joe = world_person(world, "1", "Joe");
    uint32_t corp_root = world_account(world, "root"), lab_root = world_account(world, "root");
    uint32_t corp_joe = world_account(world, "jd"), lab_joe = world_account(world, "jd");
    uint32_t service = world_account(world, "svc");
    accounts->source[lab_root] = accounts->source[lab_joe] = accounts->source[service] = lab;
    accounts->employee_id[corp_joe] = accounts->employee_id[lab_joe] = world_text(world, "1");
    accounts->enabled[corp_joe] = STATE_NO;
    accounts->owner_text[service] = world_text(world, "root");
    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->account_owner[service].kind, OWNER_ACCOUNT);
    assert_int_equal(links->account_owner[service].id, lab_root);
    assert_int_equal(links->account_owner[corp_root].kind, OWNER_NONE);
    assert_int_equal(links_find_owner(links, "root").kind, OWNER_AMBIGUOUS);
    Owner owner = links_find_owner(links, "jd");
    assert_int_equal(owner.kind, OWNER_ACCOUNT);
    assert_int_equal(owner.id, lab_joe); /* the one that is enabled */
    assert_int_equal(owner_person(&owner), joe);
}

static void owners_of_accounts_groups_and_assets_are_linked(void **state)
{
    (void)state;
    uint32_t joe, jdoe;
    g_autoptr(World) world = world_of_owners(&joe, &jdoe);
    Snapshot *s = world->snapshot;
    uint32_t service = world_account(world, "svc-mail"), group = world_group(world, "admins");
    uint32_t asset = world_asset(world, "A-1");
    s->accounts.owner_text[service] = world_text(world, "uid=jdoe,ou=people,dc=example,dc=com");
    s->groups.owner_text[group] = world_text(world, "helpdesk");
    s->assets.owner[asset] = world_text(world, "joe@example.com");
    s->assets.custodian[asset] = world_text(world, "nobody@example.com");
    g_autoptr(Links) links = link_all(world);

    assert_int_equal(links->account_owner[service].kind, OWNER_ACCOUNT);
    assert_int_equal(owner_person(&links->account_owner[service]), joe);
    assert_int_equal(links->group_owner[group].kind, OWNER_GROUP);
    assert_int_equal(links->asset_owner[asset].kind, OWNER_PERSON);
    assert_int_equal(links->asset_custodian[asset].kind, OWNER_NONE);
}

static void batches_link_what_single_accounts_would(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    for (int i = 0; i < 200; i++) {
        g_autofree char *id = g_strdup_printf("%d", i);
        g_autofree char *name = g_strdup_printf("u%d", i);
        uint32_t person = world_person(world, id, name);
        uint32_t account = world_account(world, name);
        if (i % 3 == 0)
            world->snapshot->accounts.employee_id[account] = world_text(world, id);
        else if (i % 3 == 1)
            world->snapshot->people.username[person] = world_text(world, name);
    }
    g_autoptr(Links) links = link_all(world);

    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(links->person[i], i % 3 == 2 ? NONE : i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_belongs_to_the_person_of_the_first_rule_that_matches),
        cmocka_unit_test(an_id_that_is_nobodys_goes_on_to_the_next_rule),
        cmocka_unit_test(two_people_of_one_value_are_ambiguous_even_if_one_has_left),
        cmocka_unit_test(an_old_id_belongs_to_the_row_that_lists_it),
        cmocka_unit_test(accounts_of_a_person_are_listed_in_order),
        cmocka_unit_test(without_all_people_nobody_is_called_an_orphan),
        cmocka_unit_test(no_rules_link_nobody),
        cmocka_unit_test(owners_are_found_by_every_text_that_means_them),
        cmocka_unit_test(an_owner_text_that_fits_several_people_is_ambiguous),
        cmocka_unit_test(an_owner_that_is_nowhere_in_its_directory_is_looked_for_in_others),
        cmocka_unit_test(an_owner_name_of_several_accounts_is_told_by_source_or_person),
        cmocka_unit_test(owners_of_accounts_groups_and_assets_are_linked),
        cmocka_unit_test(batches_link_what_single_accounts_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
