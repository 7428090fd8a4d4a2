#include "membership/effective.h"

#include "harness/random_world.h"
#include "harness/slow_membership.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void members_of_members_are_members(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; bob in g2; g1 in g2; g2 in g3; eve");

    assert_string_equal(world_effective(world, "g1"), "ann");
    assert_string_equal(world_effective(world, "g2"), "ann, bob");
    assert_string_equal(world_effective(world, "g3"), "ann, bob");
}

static void groups_that_contain_each_other_list_a_member_once(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; g1 in g2; g2 in g1; bob in g2");

    assert_string_equal(world_effective(world, "g1"), "ann, bob");
    assert_string_equal(world_effective(world, "g2"), "ann, bob");
}

static void a_group_inside_itself_is_no_trap(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; g1 in g1");

    assert_string_equal(world_effective(world, "g1"), "ann");
}

static void an_empty_group_has_nobody(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("g1 in g2; ann");

    assert_string_equal(world_effective(world, "g2"), "");
}

static void a_distribution_group_passes_nothing_into_a_security_group(void **state)
{
    (void)state;
    g_autoptr(World) world =
        world_parse("ann in glist; glist in gadmins; bob in gadmins; gadmins in gall; eve in gall");
    world->snapshot->groups.flags[principal_id(world_find(world, "glist"))] = ENTRY_IS_DISTRIBUTION;
    world->snapshot->groups.flags[principal_id(world_find(world, "gall"))] = ENTRY_IS_DISTRIBUTION;

    assert_string_equal(world_effective(world, "gadmins"), "bob");
    assert_string_equal(world_effective(world, "glist"), "ann");
    assert_string_equal(world_effective(world, "gall"), "bob, eve");
}

static void groups_of_the_stops_are_not_entered(void **state)
{
    (void)state;
    g_autoptr(World) world =
        world_parse("ann in g1; g1 in g2; bob in g3; g3 in g2; bob in g1; eve in g2; g2 in g1");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    g_auto(Bitset) stops = bitset_new(world->snapshot->groups.n);
    bitset_add(&stops, principal_id(world_find(world, "g1")));
    bitset_add(&stops, principal_id(world_find(world, "g2")));

    size_t n, n_groups;
    const uint32_t *members =
        effective_members_nearest(effective, principal_id(world_find(world, "g2")), &stops, &n);
    assert_int_equal(n, 2); /* eve directly, bob through g3 */
    assert_int_equal(members[0], world_find(world, "eve"));
    assert_int_equal(members[1], world_find(world, "bob"));
    const uint32_t *groups = effective_groups_seen(effective, &n_groups);
    assert_int_equal(n_groups, 1);
    assert_int_equal(groups[0], principal_id(world_find(world, "g3")));
}

static void foreigners_below_are_met_once(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("g1 in g2; ann in g1");
    uint32_t foreign = world_foreign(world, "S-1-5-21-9-9-9-500", "S-1-5-21-9-9-9-500");
    world_foreign(world, "cn=other", NULL);
    world_member(world, principal_id(world_find(world, "g1")),
                 principal_of(PRINCIPAL_FOREIGN, foreign), VIA_MEMBER);
    world_member(world, principal_id(world_find(world, "g2")),
                 principal_of(PRINCIPAL_FOREIGN, foreign), VIA_MEMBER);
    world_freeze(world);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);

    size_t n;
    for (int walk = 0; walk < 2; walk++) {
        effective_members(effective, principal_id(world_find(world, "g2")), &n);
        assert_int_equal(n, 1);
        const uint32_t *foreigners = effective_foreigners_seen(effective, &n);
        assert_int_equal(n, 1);
        assert_int_equal(foreigners[0], foreign);
    }
}

static char *path_text(const World *world, const GArray *hops)
{
    const Snapshot *s = world->snapshot;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < hops->len; i++) {
        const Hop *hop = &g_array_index(hops, Hop, i);
        bool is_group = principal_kind(hop->member) == PRINCIPAL_GROUP;
        TextRef name =
            is_group ? s->groups.name[principal_id(hop->member)] : s->accounts.name[hop->member];
        g_string_append_printf(text, "%s%s in %s (%s)", i > 0 ? ", " : "", snapshot_text(s, name),
                               snapshot_text(s, s->groups.name[hop->group]),
                               edge_via_text(hop->via));
    }
    return g_string_free(text, FALSE);
}

static void groups_and_foreigners_have_ways_too(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("g1 in g2; g2 in g3; ann in g1");
    uint32_t foreign = world_foreign(world, "S-1-5-11", "S-1-5-11");
    Principal stranger = principal_of(PRINCIPAL_FOREIGN, foreign);
    world_member(world, principal_id(world_find(world, "g1")), stranger, VIA_MEMBER);
    world_freeze(world);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    size_t n;
    effective_members(effective, principal_id(world_find(world, "g3")), &n);

    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    assert_true(effective_path(effective, world_find(world, "g1"), hops));
    g_autofree char *path = path_text(world, hops);
    assert_string_equal(path, "g1 in g2 (member), g2 in g3 (member)");
    g_array_set_size(hops, 0);
    assert_true(effective_path(effective, stranger, hops));
    assert_int_equal(hops->len, 3);
    assert_int_equal(g_array_index(hops, Hop, 0).member, stranger);
    assert_int_equal(g_array_index(hops, Hop, 0).group, principal_id(world_find(world, "g1")));
    assert_false(effective_path(effective, world_find(world, "g3"), hops)); /* the walk's own */
    assert_int_equal(effective_path_hash(effective, world_find(world, "g3")), 0);
    assert_true(effective_path_hash(effective, stranger) !=
                effective_path_hash(effective, world_find(world, "g1")));
}

static void the_path_of_a_walk_is_the_shortest_with_the_smallest_keys(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse(
        "ann in gz; gz in gb; ann in gy via primary group; gy in ga; gb in gtop; ga in gtop;"
        "ann in gdeep; gdeep in gmid; gmid in ga; bob");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    size_t n;
    effective_members(effective, principal_id(world_find(world, "gtop")), &n);

    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    assert_true(effective_path(effective, world_find(world, "ann"), hops));
    g_autofree char *path = path_text(world, hops);
    assert_string_equal(path, "ann in gy (primary group), gy in ga (member), ga in gtop (member)");

    assert_false(effective_path(effective, world_find(world, "bob"), hops));
    assert_int_equal(effective_path_hash(effective, world_find(world, "bob")), 0);
}

static void the_hash_of_a_path_is_its_content(void **state)
{
    (void)state;
    static const char *const worlds[] = {
        "ann in g1; g1 in g2",
        "g2; bob; g1; g1 in g2; ann in g1; bob in g1", /* other ids, the same path */
        "ann in g1 via primary group; g1 in g2",
        "ann in g2; g1",
        "ann in g3; g3 in g2",
    };
    uint64_t hashes[G_N_ELEMENTS(worlds)];
    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autoptr(World) world = world_parse(worlds[i]);
        g_autoptr(Graph) graph = graph_new(world->snapshot);
        g_autoptr(Effective) effective = effective_new(graph);
        size_t n;
        effective_members(effective, principal_id(world_find(world, "g2")), &n);
        hashes[i] = effective_path_hash(effective, world_find(world, "ann"));
        assert_true(hashes[i] == effective_path_hash(effective, world_find(world, "ann")));
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
    assert_true(hashes[0] != hashes[3]);
    assert_true(hashes[0] != hashes[4]);
}

static void listed_means_in_the_own_member_list_of_the_group(void **state)
{
    (void)state;
    g_autoptr(World) world =
        world_parse("ann in g1; bob in g1 via primary group; eve in g1 via foreign principal;"
                    "joe in g1 via memberUid; g1 in g2; zoe");
    const Snapshot *s = world->snapshot;
    uint32_t g1 = principal_id(world_find(world, "g1")), g2 = principal_id(world_find(world, "g2"));

    assert_true(membership_is_listed(s, g1, world_find(world, "ann")));
    assert_true(membership_is_listed(s, g1, world_find(world, "joe")));
    assert_false(membership_is_listed(s, g1, world_find(world, "bob")));
    assert_false(membership_is_listed(s, g1, world_find(world, "eve")));
    assert_false(membership_is_listed(s, g1, world_find(world, "zoe")));
    assert_false(membership_is_listed(s, g2, world_find(world, "ann")));
}

static void compare_with_twin(const World *world, Effective *effective, uint32_t group,
                              const Bitset *stops, const bool *slow_stops)
{
    const Snapshot *s = world->snapshot;
    size_t n;
    const uint32_t *members = effective_members_nearest(effective, group, stops, &n);
    g_autofree bool *is_member = g_new0(bool, s->accounts.n);
    for (size_t i = 0; i < n; i++) {
        assert_false(is_member[members[i]]);
        is_member[members[i]] = true;
    }
    for (uint32_t account = 0; account < s->accounts.n; account++)
        if (is_member[account] != slow_is_member(s, account, group, slow_stops, NULL))
            fail_msg("account %u in group %u: %s", account, group,
                     is_member[account] ? "too much" : "missing");
}

static void it_agrees_with_its_slow_twin(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 150; seed++) {
        g_autoptr(World) world = random_world(seed, 40, 25, 30 + seed % 60);
        const Snapshot *s = world->snapshot;
        g_autoptr(Graph) graph = graph_new(s);
        g_autoptr(Effective) effective = effective_new(graph);
        g_auto(Bitset) stops = bitset_new(s->groups.n);
        bool slow_stops[WORLD_ROWS] = {false};
        for (uint32_t g = seed % 3; g < s->groups.n; g += 3) {
            bitset_add(&stops, g);
            slow_stops[g] = true;
        }
        for (uint32_t g = 0; g < s->groups.n; g++) {
            compare_with_twin(world, effective, g, NULL, NULL);
            compare_with_twin(world, effective, g, &stops, slow_stops);
        }
    }
}

static void marks_are_renewed_before_they_run_out(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; g1 in g2; bob in g2; eve");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    effective_skip_epochs(effective, UINT32_MAX - 20);
    for (int walk = 0; walk < 40; walk++) {
        size_t n;
        effective_members(effective, principal_id(world_find(world, "g2")), &n);
        assert_int_equal(n, 2);
        effective_members(effective, principal_id(world_find(world, "g1")), &n);
        assert_int_equal(n, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_members_are_members),
        cmocka_unit_test(groups_that_contain_each_other_list_a_member_once),
        cmocka_unit_test(a_group_inside_itself_is_no_trap),
        cmocka_unit_test(an_empty_group_has_nobody),
        cmocka_unit_test(a_distribution_group_passes_nothing_into_a_security_group),
        cmocka_unit_test(groups_of_the_stops_are_not_entered),
        cmocka_unit_test(foreigners_below_are_met_once),
        cmocka_unit_test(groups_and_foreigners_have_ways_too),
        cmocka_unit_test(the_path_of_a_walk_is_the_shortest_with_the_smallest_keys),
        cmocka_unit_test(the_hash_of_a_path_is_its_content),
        cmocka_unit_test(listed_means_in_the_own_member_list_of_the_group),
        cmocka_unit_test(it_agrees_with_its_slow_twin),
        cmocka_unit_test(marks_are_renewed_before_they_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
