#include "correlate/classes.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static AccountClass class_with(World *world, const ClassRule *rules, size_t n, uint32_t account)
{
    world_freeze(world);
    g_autofree uint8_t *classes = classes_assign(world->snapshot, rules, n);
    return (AccountClass)classes[account];
}

static void the_first_rule_that_fits_wins(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t svc = world_account(world, "SVC-Backup"), admin = world_account(world, "adm-joe"),
             joe = world_account(world, "joe");
    const ClassRule rules[] = {{.account_class = CLASS_SERVICE, .name = "svc-*"},
                               {.account_class = CLASS_ADMIN, .name = "ADM-???"},
                               {.account_class = CLASS_SHARED, .name = "*-*"}};

    assert_int_equal(class_with(world, rules, 3, svc), CLASS_SERVICE);
    assert_int_equal(class_with(world, rules, 3, admin), CLASS_ADMIN);
    assert_int_equal(class_with(world, rules, 3, joe), CLASS_PERSON);
    assert_int_equal(class_with(world, rules + 2, 1, svc), CLASS_SHARED);
    assert_int_equal(class_with(world, NULL, 0, svc), CLASS_PERSON);
}

static void every_condition_of_a_rule_must_hold(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint8_t lab = world_source(world, "lab", PROVIDES_DIRECTORY);
    uint32_t corp_svc = world_account(world, "svc-1"), lab_svc = world_account(world, "svc-2"),
             lab_joe = world_account(world, "joe");
    world->snapshot->accounts.source[lab_svc] = world->snapshot->accounts.source[lab_joe] = lab;
    const ClassRule rule = {.account_class = CLASS_SERVICE, .name = "svc-*", .source = "lab"};
    const ClassRule unknown = {.account_class = CLASS_SERVICE, .source = "no such source"};

    assert_int_equal(class_with(world, &rule, 1, lab_svc), CLASS_SERVICE);
    assert_int_equal(class_with(world, &rule, 1, corp_svc), CLASS_PERSON);
    assert_int_equal(class_with(world, &rule, 1, lab_joe), CLASS_PERSON);
    assert_int_equal(class_with(world, &unknown, 1, corp_svc), CLASS_PERSON);
}

static void under_is_told_by_the_dn_however_it_is_spelled(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t below = world_account(world, "a"), beside = world_account(world, "b"),
             at = world_account(world, "c");
    TextRef *dn = world->snapshot->accounts.dn;
    dn[below] = world_text(world, "CN=a, OU=Services, DC=example, DC=com");
    dn[beside] = world_text(world, "cn=b\\,ou=services,dc=example,dc=com");
    dn[at] = world_text(world, "ou=services,dc=example,dc=com");
    const ClassRule rule = {.account_class = CLASS_SERVICE,
                            .under = "organizationalUnitName=SERVICES,dc=example,dc=com"};

    assert_int_equal(class_with(world, &rule, 1, below), CLASS_SERVICE);
    assert_int_equal(class_with(world, &rule, 1, beside), CLASS_PERSON);
    assert_int_equal(class_with(world, &rule, 1, at), CLASS_SERVICE);
}

static void members_of_the_group_get_its_class(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t in = world_account(world, "info"), out = world_account(world, "joe");
    g_auto(Bitset) members = bitset_new(2);
    bitset_add(&members, in);
    const ClassRule rule = {.account_class = CLASS_SHARED, .members = &members};

    assert_int_equal(class_with(world, &rule, 1, in), CLASS_SHARED);
    assert_int_equal(class_with(world, &rule, 1, out), CLASS_PERSON);
}

static void without_a_rule_the_directory_says_it(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Accounts *accounts = &world->snapshot->accounts;
    uint32_t gmsa = world_account(world, "gmsa"),
             administrator = world_account(world, "Administrator");
    uint32_t guest = world_account(world, "Guest"), user = world_account(world, "joe"),
             local = world_account(world, "x");
    uint32_t row = world_account(world, "app"), odd_row = world_account(world, "odd");
    accounts->flags[gmsa] = ENTRY_IS_SERVICE;
    accounts->sid[administrator] = world_text(world, "S-1-5-21-1-2-3-500");
    accounts->sid[guest] = world_text(world, "S-1-5-21-1-2-3-501");
    accounts->sid[user] = world_text(world, "S-1-5-21-1-2-3-1500");
    accounts->sid[local] = world_text(world, "S-1-5-32-500");
    accounts->class_text[row] = world_text(world, "Break-Glass");
    accounts->class_text[odd_row] = world_text(world, "robot");

    assert_int_equal(class_with(world, NULL, 0, gmsa), CLASS_SERVICE);
    assert_int_equal(class_with(world, NULL, 0, administrator), CLASS_BREAK_GLASS);
    assert_int_equal(class_with(world, NULL, 0, guest), CLASS_BREAK_GLASS);
    assert_int_equal(class_with(world, NULL, 0, user), CLASS_PERSON);
    assert_int_equal(class_with(world, NULL, 0, local), CLASS_PERSON);
    assert_int_equal(class_with(world, NULL, 0, row), CLASS_BREAK_GLASS);
    assert_int_equal(class_with(world, NULL, 0, odd_row), CLASS_PERSON);
    const ClassRule rule = {.account_class = CLASS_ADMIN, .name = "admin*"};
    assert_int_equal(class_with(world, &rule, 1, administrator), CLASS_ADMIN);
}

static void every_class_has_a_name(void **state)
{
    (void)state;
    for (int c = 0; c < N_CLASSES; c++)
        assert_non_null(account_classes[c]);
    assert_null(account_classes[N_CLASSES]);
    assert_string_equal(account_classes[CLASS_BREAK_GLASS], "break-glass");
    assert_string_equal(account_classes[CLASS_COMPUTER], "computer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_wins),
        cmocka_unit_test(every_condition_of_a_rule_must_hold),
        cmocka_unit_test(under_is_told_by_the_dn_however_it_is_spelled),
        cmocka_unit_test(members_of_the_group_get_its_class),
        cmocka_unit_test(without_a_rule_the_directory_says_it),
        cmocka_unit_test(every_class_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
