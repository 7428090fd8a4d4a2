#include "membership/ways.h"

#include "harness/random_world.h"
#include "harness/slow_membership.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "003 /g-outer/g-mid/g-inner/", as the twin writes it. */
static char *way_text(const Snapshot *s, const GArray *hops)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%03u /", hops->len);
    for (guint i = hops->len; i-- > 0;)
        g_string_append_printf(text, "%s/",
                               snapshot_text(s, s->groups.key[g_array_index(hops, Hop, i).group]));
    return g_string_free(text, FALSE);
}

static void assert_ways(const char *text, const char *account, const char *group,
                        const char *expected)
{
    g_autoptr(World) world = world_parse(text);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Ways) ways =
        ways_find(graph, world_find(world, account), principal_id(world_find(world, group)), 100);
    g_autoptr(GString) shown = g_string_new(NULL);
    for (guint i = 0; i < ways->listed->len; i++) {
        g_autofree char *way = way_text(world->snapshot, ways->listed->pdata[i]);
        g_string_append_printf(shown, "%s%s", i > 0 ? "; " : "", way);
    }
    assert_string_equal(shown->str, expected);
    assert_int_equal(ways->n, ways->listed->len);
    assert_true(ways->is_exact);
}

static void all_ways_come_shortest_first_and_by_keys_from_the_group_downwards(void **state)
{
    (void)state;
    assert_ways("ann in g1", "ann", "g1", "001 /g-g1/");
    assert_ways("ann in g1; g2", "ann", "g2", "");
    assert_ways("ann in gb; ann in ga; gb in gtop; ga in gtop; ann in gtop; ga in gb", "ann",
                "gtop",
                "001 /g-gtop/; 002 /g-gtop/g-ga/; 002 /g-gtop/g-gb/; 003 /g-gtop/g-gb/g-ga/");
}

static void no_way_goes_round_a_loop(void **state)
{
    (void)state;
    assert_ways("ann in g1; g1 in g2; g2 in g1; g2 in g3; g3 in g2", "ann", "g3",
                "003 /g-g3/g-g2/g-g1/");
    assert_ways("ann in g1; ann in g2; g1 in g2; g2 in g1", "ann", "g2",
                "001 /g-g2/; 002 /g-g2/g-g1/");
}

/* g0 … gn, two ways from each to the next: 2^n ways in all. */
static World *ladder(uint32_t n)
{
    GString *text = g_string_new("ann in g0");
    for (uint32_t i = 0; i < n; i++)
        g_string_append_printf(text, "; g%u in ga%u; g%u in gb%u; ga%u in g%u; gb%u in g%u", i, i,
                               i, i, i, i + 1, i, i + 1);
    World *world = world_parse(text->str);
    g_string_free(text, TRUE);
    return world;
}

static void ways_are_listed_to_a_limit_and_counted_beyond_it(void **state)
{
    (void)state;
    g_autoptr(World) world = ladder(10);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Ways) ways =
        ways_find(graph, world_find(world, "ann"), principal_id(world_find(world, "g10")), 3);
    assert_int_equal(ways->listed->len, 3);
    assert_int_equal(ways->n, 1024);
    assert_true(ways->is_exact);
}

static void what_nobody_could_count_is_a_lower_bound(void **state)
{
    (void)state;
    g_autoptr(World) world = ladder(40);
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Ways) ways =
        ways_find(graph, world_find(world, "ann"), principal_id(world_find(world, "g40")), 3);
    assert_int_equal(ways->listed->len, 3);
    assert_true(ways->n > 1000);
    assert_false(ways->is_exact);
}

static void ways_are_those_of_the_twin(void **state)
{
    (void)state;
    uint64_t n_compared = 0;
    for (uint32_t seed = 1; seed <= 150; seed++) {
        g_autoptr(World) world = random_world(seed, 4, 8, 20 + seed % 20);
        const Snapshot *s = world->snapshot;
        g_autoptr(Graph) graph = graph_new(s);
        for (uint32_t account = 0; account < s->accounts.n; account++) {
            for (uint32_t group = 0; group < s->groups.n; group++) {
                g_autoptr(GPtrArray) expected = slow_ways(s, account, group);
                g_autoptr(Ways) ways = ways_find(graph, account, group, 100000);
                g_autoptr(GArray) shortest = path_shortest(graph, account, group);
                assert_int_equal(ways->n, expected->len);
                assert_int_equal(shortest != NULL, expected->len > 0);
                for (guint i = 0; i < expected->len; i++) {
                    g_autofree char *way = way_text(s, ways->listed->pdata[i]);
                    assert_string_equal(way, expected->pdata[i]);
                }
                if (shortest != NULL) {
                    g_autofree char *way = way_text(s, shortest);
                    assert_string_equal(way, expected->pdata[0]);
                }
                n_compared += expected->len;
            }
        }
    }
    assert_true(n_compared > 3000);
}

/* ---- without a membership ---- */

static char *lost_text(const World *world, const char *inner, const char *outer, const char *group,
                       uint32_t *ret_n_kept)
{
    const Snapshot *s = world->snapshot;
    g_autoptr(Graph) graph = graph_new(s);
    g_autoptr(Effective) effective = effective_new(graph);
    g_autoptr(GArray) lost = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (!ways_cut(effective, graph, principal_id(world_find(world, inner)),
                  principal_id(world_find(world, outer)), principal_id(world_find(world, group)),
                  lost, ret_n_kept))
        return g_strdup("nothing");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < lost->len; i++)
        g_string_append_printf(
            text, "%s%s", i > 0 ? " " : "",
            snapshot_text(s, s->accounts.name[g_array_index(lost, uint32_t, i)]));
    return g_string_free(text, FALSE);
}

static void cut_membership_takes_the_right_from_who_has_no_other_way(void **state)
{
    (void)state;
    g_autoptr(World) world =
        world_parse("ann in g1; bob in g1; eve in g2; g1 in g2; g2 in gtop; bob "
                    "in gtop; kim in gtop; g3; g3 in g2");
    uint32_t n_kept = 0;
    g_autofree char *top = lost_text(world, "g1", "g2", "gtop", &n_kept);
    assert_string_equal(top, "ann");
    assert_int_equal(n_kept, 1);
    g_autofree char *near = lost_text(world, "g1", "g2", "g2", &n_kept);
    assert_string_equal(near, "ann bob");
    assert_int_equal(n_kept, 0);
    g_autofree char *below = lost_text(world, "g1", "g2", "g1", &n_kept);
    assert_string_equal(below, "nothing");
    g_autofree char *none = lost_text(world, "g1", "gtop", "gtop", &n_kept);
    assert_string_equal(none, "nothing");
}

static uint32_t edge_of(const Groups *groups, uint32_t inner, uint32_t outer)
{
    uint32_t at = groups->first_member[outer];
    while (groups->members[at] != principal_of(PRINCIPAL_GROUP, inner))
        at++;
    return at;
}

static void who_falls_out_is_as_the_twin_says(void **state)
{
    (void)state;
    uint32_t n_lost = 0, n_kept_ever = 0;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        g_autoptr(World) world = random_world(seed, 10, 10, 25 + seed % 20);
        const Snapshot *s = world->snapshot;
        g_autoptr(Graph) graph = graph_new(s);
        g_autoptr(Effective) effective = effective_new(graph);
        uint32_t n_edges = s->groups.first_member[s->groups.n];
        for (uint32_t outer = 0; outer < s->groups.n; outer++) {
            size_t n;
            const uint32_t *inner = graph_subgroups(graph, outer, &n);
            for (size_t i = 0; i < n; i++) {
                g_autofree bool *left = g_new(bool, n_edges + 1);
                memset(left, true, n_edges + 1);
                left[edge_of(&s->groups, inner[i], outer)] = false;
                for (uint32_t group = 0; group < s->groups.n; group++) {
                    g_autoptr(GArray) lost = g_array_new(FALSE, FALSE, sizeof(uint32_t));
                    uint32_t n_kept = 0, at = 0;
                    bool leads = ways_cut(effective, graph, inner[i], outer, group, lost, &n_kept);
                    for (uint32_t account = 0; account < s->accounts.n; account++) {
                        bool falls_out = slow_is_member(s, account, group, NULL, NULL) &&
                                         !slow_is_member(s, account, group, NULL, left);
                        bool is_told =
                            at < lost->len && g_array_index(lost, uint32_t, at) == account;
                        assert_int_equal(falls_out, is_told);
                        at += is_told;
                    }
                    assert_int_equal(at, lost->len);
                    assert_true(leads || lost->len == 0);
                    n_lost += lost->len;
                    n_kept_ever += n_kept;
                }
            }
        }
    }
    assert_true(n_lost > 100 && n_kept_ever > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_come_shortest_first_and_by_keys_from_the_group_downwards),
        cmocka_unit_test(no_way_goes_round_a_loop),
        cmocka_unit_test(ways_are_listed_to_a_limit_and_counted_beyond_it),
        cmocka_unit_test(what_nobody_could_count_is_a_lower_bound),
        cmocka_unit_test(ways_are_those_of_the_twin),
        cmocka_unit_test(cut_membership_takes_the_right_from_who_has_no_other_way),
        cmocka_unit_test(who_falls_out_is_as_the_twin_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
