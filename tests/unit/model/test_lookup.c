#include "model/lookup.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef size_t (*Finder)(const Snapshot *snapshot, const char *text, GArray *found);

static char *found_by(Finder find, const World *world, const char *text)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    size_t n = find(world->snapshot, text, found);
    assert_int_equal(n, found->len);
    GString *ids = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(ids, "%s%u", i > 0 ? " " : "", g_array_index(found, uint32_t, i));
    return g_string_free(ids, FALSE);
}

static void assert_found(Finder find, const World *world, const char *text, const char *expected)
{
    g_autofree char *ids = found_by(find, world, text);
    if (!g_str_equal(ids, expected))
        fail_msg("%s: found \"%s\", not \"%s\"", text, ids, expected);
}

static void entries_are_found_by_every_spelling_of_their_dn(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t ann = world_account(world, "ann"), admins = world_group(world, "admins"),
             pc1 = world_computer(world, "pc1");
    uint32_t lee = world_account(world, "lee");
    world->snapshot->accounts.dn[lee] =
        world_text(world, "CN=Lee\\, J\xc3\xb6rg+UID=lee,DC=Example,DC=com");
    world_freeze(world);
    const Snapshot *s = world->snapshot;

    assert_int_equal(snapshot_find_dn(s, UINT8_MAX, "UID=Ann,OU=People,DC=Example,DC=com"), ann);
    assert_int_equal(snapshot_find_dn(s, 0, "uid = ann, ou = people, dc=example,dc=com "), ann);
    assert_int_equal(snapshot_find_dn(s, 0, "CN=ADMINS,ou=groups,dc=example,dc=com"),
                     principal_of(PRINCIPAL_GROUP, admins));
    assert_int_equal(snapshot_find_dn(s, 0, "cn=pc1,ou=computers,dc=example,dc=com"),
                     principal_of(PRINCIPAL_COMPUTER, pc1));
    assert_int_equal(snapshot_find_dn(s, 0, "uid=LEE+cn=lee\\2c JÖRG,dc=example,dc=com"), lee);
    assert_int_equal(snapshot_find_dn(s, 0, "uid=bob,ou=people,dc=example,dc=com"), NONE);
    assert_int_equal(snapshot_find_dn(s, 0, ""), NONE);
    assert_int_equal(snapshot_find_dn(s, 0, "ann"), NONE);
}

static void one_dn_may_be_in_two_sources(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint8_t copy = world_source(world, "copy", PROVIDES_DIRECTORY);
    uint32_t first = world_account(world, "ann"), second = world_account(world, "ann");
    world->snapshot->accounts.source[second] = copy;
    uint32_t groups[] = {world_group(world, "admins"), world_group(world, "admins")};
    world->snapshot->groups.source[groups[1]] = copy;
    world_freeze(world);
    const char *dn = "uid=ann,ou=people,dc=example,dc=com";

    assert_int_equal(snapshot_find_dn(world->snapshot, 0, dn), first);
    assert_int_equal(snapshot_find_dn(world->snapshot, copy, dn), second);
    assert_int_equal(snapshot_find_dn(world->snapshot, UINT8_MAX, dn), first);
    assert_int_equal(snapshot_find_dn(world->snapshot, 7, dn), NONE);
    assert_found(snapshot_find_groups, world, "cn=admins,ou=groups,dc=example,dc=com", "0 1");
    assert_found(snapshot_find_accounts, world, dn, "0 1");
}

static void many_dns_are_all_found(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    for (int i = 0; i < WORLD_ROWS; i++) {
        g_autofree char *name = g_strdup_printf("user%d", i);
        world_account(world, name);
        world_group(world, name);
    }
    world_freeze(world);
    for (uint32_t i = 0; i < WORLD_ROWS; i++) {
        g_autofree char *account = g_strdup_printf("UID=USER%u,ou=people,dc=example,dc=com", i);
        g_autofree char *group = g_strdup_printf("CN=user%u,OU=groups,dc=example,dc=com", i);
        assert_int_equal(snapshot_find_dn(world->snapshot, 0, account), i);
        assert_int_equal(snapshot_find_dn(world->snapshot, 0, group),
                         principal_of(PRINCIPAL_GROUP, i));
    }
}

static void sids_name_accounts_groups_and_computers(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t ann = world_account(world, "ann"), admins = world_group(world, "admins"),
             pc1 = world_computer(world, "pc1");
    world->snapshot->accounts.sid[ann] = world_text(world, "S-1-5-21-1-2-3-1001");
    world->snapshot->groups.sid[admins] = world_text(world, "S-1-5-21-1-2-3-512");
    world->snapshot->computers.sid[pc1] = world_text(world, "S-1-5-21-1-2-3-1002");
    world_freeze(world);

    assert_int_equal(snapshot_find_sid(world->snapshot, "s-1-5-21-1-2-3-1001"), ann);
    assert_int_equal(snapshot_find_sid(world->snapshot, "S-1-5-21-1-2-3-512"),
                     principal_of(PRINCIPAL_GROUP, admins));
    assert_int_equal(snapshot_find_sid(world->snapshot, "S-1-5-21-1-2-3-1002"),
                     principal_of(PRINCIPAL_COMPUTER, pc1));
    assert_int_equal(snapshot_find_sid(world->snapshot, "S-1-5-21-1-2-3-51"), NONE);
    assert_int_equal(snapshot_find_sid(world->snapshot, ""), NONE);
}

static void groups_are_found_by_dn_sid_name_and_cn(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Groups *groups = &world->snapshot->groups;
    world_group(world, "admins");
    world_group(world, "adm2");
    world_group(world, "Admins");
    groups->cn[1] = world_text(world, "ADMINS");
    groups->cn[0] = world_text(world, "admins");
    groups->sid[1] = world_text(world, "S-1-5-32-544");
    world_freeze(world);

    assert_found(snapshot_find_groups, world, "aDmins", "0 1 2");
    assert_found(snapshot_find_groups, world, " adm2 ", "1");
    assert_found(snapshot_find_groups, world, "S-1-5-32-544", "1");
    assert_found(snapshot_find_groups, world, "CN=adm2,OU=groups,DC=example,DC=com", "1");
    assert_found(snapshot_find_groups, world, "nobody", "");
    assert_found(snapshot_find_groups, world, "", "");
}

static void accounts_are_found_by_name_upn_mail_dn_and_key(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Accounts *accounts = &world->snapshot->accounts;
    for (int i = 0; i < 4; i++) {
        const char *const names[] = {"ann", "bob", "eve", "joe"};
        world_account(world, names[i]);
    }
    accounts->mail[1] = world_text(world, "ann@example.com");
    accounts->upn[0] = world_text(world, "Ann@Example.com");
    accounts->mail[0] = world_text(world, "ann@example.com");
    accounts->key[2] = world_text(world, "6f9619ff-8b86-d011-b42d-00c04fc964ff");
    accounts->key[3] = world_text(world, "uid=joe,ou=people,dc=example,dc=com");
    accounts->mail[3] = world_text(world, "ANN");
    world_freeze(world);

    assert_found(snapshot_find_accounts, world, "ann", "0 3");
    assert_found(snapshot_find_accounts, world, "ANN@example.com", "0 1");
    assert_found(snapshot_find_accounts, world, "6F9619FF-8b86-d011-b42d-00c04fc964ff", "2");
    assert_found(snapshot_find_accounts, world, "a-bob", "1");
    assert_found(snapshot_find_accounts, world, "UID=Joe,OU=People,DC=example,DC=com", "3");
    assert_found(snapshot_find_accounts, world, "zoe", "");
}

static void a_person_id_is_exact_and_an_old_one_leads_to_the_new_row(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t upper = world_person(world, "P1", "Upper"), lower = world_person(world, "p1", "Lower");
    uint32_t old = world_person(world, "OLD", "Rey"), now = world_person(world, "NEW", "Rey");
    world_previous_id(world, now, "OLD");
    world_previous_id(world, now, "OLDER");
    world->snapshot->people.next_successor[old] = now + 1;
    world_freeze(world);
    const Snapshot *s = world->snapshot;

    assert_int_equal(snapshot_find_person(s, "P1"), upper);
    assert_int_equal(snapshot_find_person(s, "p1"), lower);
    assert_int_equal(snapshot_find_person(s, "OLD"), now);
    assert_int_equal(snapshot_find_person(s, "OLDER"), now);
    assert_int_equal(snapshot_find_person(s, "older"), NONE);
    assert_int_equal(snapshot_find_person(s, "01"), NONE);
    assert_int_equal(snapshot_person_now(s, old), now);
    assert_int_equal(snapshot_person_now(s, upper), upper);
}

static void people_are_found_by_whatever_they_are_called(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    People *people = &world->snapshot->people;
    world_person(world, "1", "Kim Lee");
    world_person(world, "2", "KIM LEE");
    world_person(world, "kim", "Jo Ox");
    people->email[0] = world_text(world, "kim@example.com");
    people->username[1] = world_text(world, "kim");
    world_freeze(world);

    assert_found(snapshot_find_people, world, "kim lee", "0 1");
    assert_found(snapshot_find_people, world, "Kim", "1 2");
    assert_found(snapshot_find_people, world, "KIM@example.com", "0");
    assert_found(snapshot_find_people, world, "2", "1");
    assert_found(snapshot_find_people, world, "", "");
}

static void an_asset_is_found_by_its_id_exactly_first(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    world_asset(world, "A-1");
    uint32_t lower = world_asset(world, "a-1"), other = world_asset(world, "B-1");
    world_freeze(world);

    assert_int_equal(snapshot_find_asset(world->snapshot, "a-1"), lower);
    assert_int_equal(snapshot_find_asset(world->snapshot, "b-1"), other);
    assert_int_equal(snapshot_find_asset(world->snapshot, "C-1"), NONE);
    assert_int_equal(snapshot_find_asset(world->snapshot, ""), NONE);
}

static void an_empty_snapshot_has_nothing(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    world_freeze(world);

    assert_int_equal(snapshot_find_dn(world->snapshot, UINT8_MAX, "dc=x"), NONE);
    assert_int_equal(snapshot_find_person(world->snapshot, "1"), NONE);
    assert_found(snapshot_find_groups, world, "admins", "");
    assert_found(snapshot_find_accounts, world, "ann", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_by_every_spelling_of_their_dn),
        cmocka_unit_test(one_dn_may_be_in_two_sources),
        cmocka_unit_test(many_dns_are_all_found),
        cmocka_unit_test(sids_name_accounts_groups_and_computers),
        cmocka_unit_test(groups_are_found_by_dn_sid_name_and_cn),
        cmocka_unit_test(accounts_are_found_by_name_upn_mail_dn_and_key),
        cmocka_unit_test(a_person_id_is_exact_and_an_old_one_leads_to_the_new_row),
        cmocka_unit_test(people_are_found_by_whatever_they_are_called),
        cmocka_unit_test(an_asset_is_found_by_its_id_exactly_first),
        cmocka_unit_test(an_empty_snapshot_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
