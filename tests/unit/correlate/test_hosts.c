#include "correlate/hosts.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint32_t computer(World *world, const char *name, const char *hostname)
{
    uint32_t id = world_computer(world, name);
    world->snapshot->computers.hostname[id] = world_text(world, hostname);
    return id;
}

static uint32_t asset(World *world, const char *id_text, const char *hostname)
{
    uint32_t id = world_asset(world, id_text);
    world->snapshot->assets.hostname[id] = world_text(world, hostname);
    return id;
}

typedef struct Pairs {
    uint32_t computer_asset[WORLD_ROWS], asset_computer[WORLD_ROWS];
} Pairs;

static Pairs link_hosts(World *world)
{
    Pairs pairs;
    world_freeze(world);
    hosts_link(world->snapshot, pairs.computer_asset, pairs.asset_computer);
    return pairs;
}

static void full_names_decide_where_both_sides_have_one(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t berlin = computer(world, "PC1", "pc1.berlin.example.com");
    uint32_t paris = computer(world, "PC1", "PC1.paris.example.com.");
    uint32_t in_paris = asset(world, "A1", " pc1.Paris.example.com"),
             in_rome = asset(world, "A2", "pc1.rome.example.com");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.computer_asset[paris], in_paris);
    assert_int_equal(pairs.asset_computer[in_paris], paris);
    assert_int_equal(pairs.computer_asset[berlin], NONE);
    assert_int_equal(pairs.asset_computer[in_rome], NONE);
}

static void a_short_name_equals_the_only_full_one(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t pc1 = computer(world, "PC1", "pc1.example.com"), nas = computer(world, "NAS", NULL);
    uint32_t a_pc1 = asset(world, "A1", "PC1"), a_nas = asset(world, "A2", "nas.example.com");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.computer_asset[pc1], a_pc1);
    assert_int_equal(pairs.asset_computer[a_pc1], pc1);
    assert_int_equal(pairs.computer_asset[nas], a_nas);
    assert_int_equal(pairs.asset_computer[a_nas], nas);
}

static void a_short_name_of_two_full_ones_is_none(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t berlin = computer(world, "PC1", "pc1.berlin.example.com");
    uint32_t paris = computer(world, "PC1", "pc1.paris.example.com"),
             nas = computer(world, "NAS", NULL);
    uint32_t a_pc1 = asset(world, "A1", "pc1");
    asset(world, "A2", "nas.a.example.com");
    asset(world, "A3", "nas.b.example.com");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.asset_computer[a_pc1], NONE);
    assert_int_equal(pairs.computer_asset[berlin], NONE);
    assert_int_equal(pairs.computer_asset[paris], NONE);
    assert_int_equal(pairs.computer_asset[nas], NONE);
}

static void two_short_names_are_equal_when_they_are_the_same(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t short_one = computer(world, "PC1", NULL),
             full_one = computer(world, "PC2", "pc1.example.com");
    uint32_t a = asset(world, "A1", "pc1"), by_account_name = asset(world, "A2", "pc2");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.asset_computer[a], short_one);
    assert_int_equal(pairs.asset_computer[by_account_name], full_one);
}

static void an_asset_in_use_wins(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    uint32_t pc1 = computer(world, "PC1", "pc1.example.com");
    uint32_t retired = asset(world, "A1", "pc1.example.com"), in_use = asset(world, "A2", "pc1");
    uint32_t lost = asset(world, "A3", "pc1.example.com");
    world->snapshot->assets.status[retired] = ASSET_STATUS_RETIRED;
    world->snapshot->assets.status[lost] = ASSET_STATUS_LOST;

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.computer_asset[pc1], in_use);
    assert_int_equal(pairs.asset_computer[retired], pc1);
    assert_int_equal(pairs.asset_computer[lost], pc1);
}

static void of_several_computers_the_enabled_one_used_last_is_shown(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Computers *computers = &world->snapshot->computers;
    uint32_t rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = computer(world, "PC1", "pc1.example.com");
    computers->last_logon_utc[rows[0]] = 900;
    computers->enabled[rows[0]] = STATE_NO;
    computers->last_logon_utc[rows[1]] = 100;
    computers->last_logon_utc[rows[2]] = computers->last_logon_utc[rows[3]] = 500;
    uint32_t a = asset(world, "A1", "pc1.example.com");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.asset_computer[a], rows[2]);
}

static void serial_numbers_link_where_names_do_not(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    Snapshot *s = world->snapshot;
    uint32_t renamed = computer(world, "NEWNAME", "newname.example.com"),
             other = computer(world, "PC2", NULL);
    s->computers.serial[renamed] = world_text(world, "sn-77");
    uint32_t a = asset(world, "A1", "oldname"), unnamed = asset(world, "A2", NULL);
    s->assets.serial[a] = world_text(world, " SN-77 ");

    Pairs pairs = link_hosts(world);

    assert_int_equal(pairs.computer_asset[renamed], a);
    assert_int_equal(pairs.asset_computer[a], renamed);
    assert_int_equal(pairs.computer_asset[other], NONE);
    assert_int_equal(pairs.asset_computer[unnamed], NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_names_decide_where_both_sides_have_one),
        cmocka_unit_test(a_short_name_equals_the_only_full_one),
        cmocka_unit_test(a_short_name_of_two_full_ones_is_none),
        cmocka_unit_test(two_short_names_are_equal_when_they_are_the_same),
        cmocka_unit_test(an_asset_in_use_wins),
        cmocka_unit_test(of_several_computers_the_enabled_one_used_last_is_shown),
        cmocka_unit_test(serial_numbers_link_where_names_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
