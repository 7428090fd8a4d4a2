#include "membership/path.h"

#include "harness/random_world.h"
#include "harness/slow_membership.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *name_of(const Snapshot *s, Principal p)
{
    return snapshot_text(s, principal_kind(p) == PRINCIPAL_GROUP ? s->groups.name[principal_id(p)]
                                                                 : s->accounts.name[p]);
}

static char *hops_text(const World *world, const GArray *hops)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; hops != NULL && i < hops->len; i++) {
        const Hop *hop = &g_array_index(hops, Hop, i);
        g_string_append_printf(text, "%s%s in %s", i > 0 ? "; " : "",
                               name_of(world->snapshot, hop->member),
                               name_of(world->snapshot, principal_of(PRINCIPAL_GROUP, hop->group)));
        if (hop->via != VIA_MEMBER)
            g_string_append_printf(text, " via %s", edge_via_text(hop->via));
    }
    return g_string_free(text, FALSE);
}

static void assert_path(const char *text, const char *account, const char *group,
                        const char *expected)
{
    g_autoptr(World) world = world_parse(text);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(GArray) hops =
        path_shortest(graph, world_find(world, account), principal_id(world_find(world, group)));
    g_autofree char *shown = hops_text(world, hops);
    assert_string_equal(shown, expected);
}

static void assert_cut(const char *text, const char *account, const char *group,
                       const char *expected)
{
    g_autoptr(World) world = world_parse(text);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(GArray) hops =
        path_cut(graph, world_find(world, account), principal_id(world_find(world, group)));
    g_autofree char *shown = hops_text(world, hops);
    assert_string_equal(shown, expected);
}

static void the_shortest_way_is_shown_first_hop_first(void **state)
{
    (void)state;
    assert_path("ann in g1; g1 in g2; g2 in g3", "ann", "g3", "ann in g1; g1 in g2; g2 in g3");
    assert_path("ann in g1; g1 in g2; g2 in g3; ann in g2 via primary group", "ann", "g3",
                "ann in g2 via primary group; g2 in g3");
    assert_path("ann in g1; g1 in g2; g2 in g1", "ann", "g2", "ann in g1; g1 in g2");
}

static void of_equally_short_ways_the_smallest_keys_win(void **state)
{
    (void)state;
    assert_path("ann in gb; gb in gtop; ann in ga; ga in gtop", "ann", "gtop",
                "ann in ga; ga in gtop");
    assert_path("gb in gtop; ga in gtop; ann in ga; ann in gb", "ann", "gtop",
                "ann in ga; ga in gtop");
}

static void who_is_not_in_the_group_has_no_way(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; g2 in g1");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    assert_null(
        path_shortest(graph, world_find(world, "ann"), principal_id(world_find(world, "g2"))));
    assert_cut("ann in g1; g2 in g1", "ann", "g2", "");
}

static void one_membership_is_enough_where_all_ways_meet(void **state)
{
    (void)state;
    assert_cut("ann in g1; g1 in g2; g2 in g3", "ann", "g3",
               "ann in g1"); /* the nearest to the account */
    assert_cut("ann in g1; ann in g2; g1 in g3; g2 in g3; g3 in gtop", "ann", "gtop", "g3 in gtop");
    assert_cut("ann in g1; ann in g2; g1 in g3; g2 in g3; g3 in g4; g4 in gtop", "ann", "gtop",
               "g3 in g4");
    assert_cut("ann in g1; g1 in g2; g2 in g1; g2 in gtop", "ann", "gtop", "ann in g1");
}

static void several_ways_need_several_cuts(void **state)
{
    (void)state;
    assert_cut("ann in g1; ann in g2; g1 in gtop; g2 in gtop; ann in gtop", "ann", "gtop",
               "ann in g1; ann in g2; ann in gtop");
    assert_cut("ann in gtop via primary group; ann in g1; g1 in gtop", "ann", "gtop",
               "ann in g1; ann in gtop via primary group");
}

static void groups_of_an_account_come_by_distance_and_key(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse(
        "ann in gz; ann in gb; gz in ga; ga in gb; gb in gy; gy in gtop; gother; gtop in gz");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(GArray) groups = path_groups_of(graph, world_find(world, "ann"));
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < groups->len; i++)
        g_string_append_printf(
            text, "%s ",
            name_of(world->snapshot,
                    principal_of(PRINCIPAL_GROUP, g_array_index(groups, uint32_t, i))));
    assert_string_equal(text->str, "gb gz ga gy gtop ");
    g_string_free(text, TRUE);
}

static void a_chain_of_ten_thousand_groups_is_walked(void **state)
{
    (void)state;
    enum { DEPTH = 10000 };
    Snapshot snapshot = {.text = text_pool_new(),
                         .sources = &(SourceRecord){.name = (char[]){"corp"}},
                         .n_sources = 1};
    Groups *groups = &snapshot.groups;
    groups->n = DEPTH;
    groups->key = g_new0(TextRef, DEPTH);
    groups->dn = g_new0(TextRef, DEPTH);
    groups->source = g_new0(uint8_t, DEPTH);
    groups->flags = g_new0(uint32_t, DEPTH);
    groups->first_member = g_new0(uint32_t, DEPTH + 1);
    groups->members = g_new0(Principal, DEPTH);
    groups->members_via = g_new0(uint8_t, DEPTH);
    snapshot.accounts.n = 1;
    for (uint32_t g = 0; g < DEPTH; g++) { /* account 0 in group 0, group g in group g + 1 */
        groups->members[g] = g == 0 ? 0 : principal_of(PRINCIPAL_GROUP, g - 1);
        groups->first_member[g + 1] = g + 1;
    }

    Graph *graph = graph_new(&snapshot);
    assert_int_equal(graph_n_components(graph), DEPTH);
    GArray *hops = path_shortest(graph, 0, DEPTH - 1);
    assert_int_equal(hops->len, DEPTH);
    g_array_unref(hops);
    hops = path_cut(graph, 0, DEPTH - 1);
    assert_int_equal(hops->len, 1);
    g_array_unref(hops);
    GArray *all = path_groups_of(graph, 0);
    assert_int_equal(all->len, DEPTH);
    g_array_unref(all);
    Effective *effective = effective_new(graph);
    size_t n;
    effective_members(effective, DEPTH - 1, &n);
    assert_int_equal(n, 1);
    assert_true(effective_path_hash(effective, 0) != 0);
    effective_free(effective);
    graph_free(graph);

    /* The same as one loop. */
    groups->members[0] = principal_of(PRINCIPAL_GROUP, DEPTH - 1);
    graph = graph_new(&snapshot);
    assert_int_equal(graph_n_components(graph), 1);
    graph_component_groups(graph, 0, &n);
    assert_int_equal(n, DEPTH);
    graph_free(graph);

    g_free(groups->key), g_free(groups->dn), g_free(groups->source), g_free(groups->flags);
    g_free(groups->first_member), g_free(groups->members), g_free(groups->members_via);
    text_pool_free(snapshot.text);
}

static void mark_edges(const Snapshot *s, const GArray *hops, guint without, bool *edges_left)
{
    for (uint32_t i = 0; i < s->groups.first_member[s->groups.n]; i++)
        edges_left[i] = true;
    for (guint h = 0; h < hops->len; h++) {
        const Hop *hop = &g_array_index(hops, Hop, h);
        for (uint32_t i = s->groups.first_member[hop->group];
             i < s->groups.first_member[hop->group + 1]; i++)
            if (s->groups.members[i] == hop->member && h != without)
                edges_left[i] = false;
    }
}

/* Is there a smaller set of memberships that cuts? Tries them all, up to two. */
static bool is_cut_by_fewer(const Snapshot *s, uint32_t account, uint32_t group, guint than)
{
    uint32_t n_edges = s->groups.first_member[s->groups.n];
    g_autofree bool *left = g_new(bool, n_edges + 1);
    memset(left, true, n_edges + 1);
    for (uint32_t i = 0; than > 1 && i < n_edges; i++) {
        left[i] = false;
        if (!slow_is_member(s, account, group, NULL, left))
            return true;
        for (uint32_t j = i + 1; than > 2 && j < n_edges; j++) {
            left[j] = false;
            if (!slow_is_member(s, account, group, NULL, left))
                return true;
            left[j] = true;
        }
        left[i] = true;
    }
    return false;
}

static void check_cut(const World *world, const Graph *graph, uint32_t account, uint32_t group)
{
    const Snapshot *s = world->snapshot;
    g_autofree bool *left = g_new(bool, s->groups.first_member[s->groups.n] + 1);
    g_autoptr(GArray) cut = path_cut(graph, account, group);
    if (!slow_is_member(s, account, group, NULL, NULL)) {
        assert_int_equal(cut->len, 0);
        return;
    }
    assert_int_not_equal(cut->len, 0);
    mark_edges(s, cut, NONE, left);
    assert_false(slow_is_member(s, account, group, NULL, left));
    for (guint i = 0; i < cut->len; i++) { /* each one is needed */
        mark_edges(s, cut, i, left);
        assert_true(slow_is_member(s, account, group, NULL, left));
    }
    assert_false(is_cut_by_fewer(s, account, group, cut->len));
}

static void paths_and_cuts_agree_with_their_slow_twins(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 60; seed++) {
        g_autoptr(World) world = random_world(seed, 6, 9, 20 + seed % 15);
        const Snapshot *s = world->snapshot;
        g_autoptr(Graph) graph = graph_new(s);
        g_autoptr(Effective) effective = effective_new(graph);
        for (uint32_t group = 0; group < s->groups.n; group++) {
            size_t n;
            effective_members(effective, group, &n);
            for (uint32_t account = 0; account < s->accounts.n; account++) {
                g_autoptr(GArray) hops = path_shortest(graph, account, group);
                assert_int_equal(hops != NULL ? hops->len : 0, slow_distance(s, account, group));
                g_autoptr(GArray) walked = g_array_new(FALSE, FALSE, sizeof(Hop));
                assert_int_equal(effective_path(effective, account, walked), hops != NULL);
                g_autofree char *expected = hops_text(world, hops);
                g_autofree char *shown = hops_text(world, walked);
                assert_string_equal(shown, expected);
                if (account < 3)
                    check_cut(world, graph, account, group);
            }
        }
    }
}

static void all_groups_of_an_account_agree_with_the_slow_twin(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 60; seed++) {
        g_autoptr(World) world = random_world(seed, 20, 20, 30 + seed);
        const Snapshot *s = world->snapshot;
        g_autoptr(Graph) graph = graph_new(s);
        for (uint32_t account = 0; account < s->accounts.n; account++) {
            g_autoptr(GArray) groups = path_groups_of(graph, account);
            bool listed[WORLD_ROWS] = {false};
            for (guint i = 0; i < groups->len; i++)
                listed[g_array_index(groups, uint32_t, i)] = true;
            for (uint32_t g = 0; g < s->groups.n; g++)
                assert_int_equal(listed[g], slow_is_member(s, account, g, NULL, NULL));
        }
    }
}

static void groups_share_a_component_when_each_contains_the_other(void **state)
{
    (void)state;
    g_autoptr(World) world =
        world_parse("g1 in g2; g2 in g3; g3 in g1; g4 in g1; g3 in g5; g6 in g6");
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    uint32_t loop = graph_component(graph, principal_id(world_find(world, "g1")));
    size_t n;
    graph_component_groups(graph, loop, &n);
    assert_int_equal(n, 3);
    assert_int_equal(graph_component(graph, principal_id(world_find(world, "g2"))), loop);
    assert_int_equal(graph_component(graph, principal_id(world_find(world, "g3"))), loop);
    assert_int_not_equal(graph_component(graph, principal_id(world_find(world, "g4"))), loop);
    graph_component_groups(graph, graph_component(graph, principal_id(world_find(world, "g6"))),
                           &n);
    assert_int_equal(n, 1); /* a group that lists itself alone is no loop */
    assert_int_equal(graph_n_components(graph), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_way_is_shown_first_hop_first),
        cmocka_unit_test(of_equally_short_ways_the_smallest_keys_win),
        cmocka_unit_test(who_is_not_in_the_group_has_no_way),
        cmocka_unit_test(one_membership_is_enough_where_all_ways_meet),
        cmocka_unit_test(several_ways_need_several_cuts),
        cmocka_unit_test(groups_of_an_account_come_by_distance_and_key),
        cmocka_unit_test(a_chain_of_ten_thousand_groups_is_walked),
        cmocka_unit_test(paths_and_cuts_agree_with_their_slow_twins),
        cmocka_unit_test(all_groups_of_an_account_agree_with_the_slow_twin),
        cmocka_unit_test(groups_share_a_component_when_each_contains_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
