/* Rights by the keys of account and group: held, by whatever way, or not, or not to be told. */
#include "harness/world.h"
#include "membership/holding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* "a-ann" in "g-g2" of corp. */
static RightAsked asked(const char *account, const char *group)
{
    return (RightAsked){"corp", account, "corp", group};
}

static RightHeld *hold(World *world, const RightAsked *rights, size_t n)
{
    g_autoptr(Graph) graph = graph_new(world->snapshot);
    g_autoptr(Effective) effective = effective_new(graph);

    return rights_held(world->snapshot, effective, rights, n);
}

static void rights_are_held_by_whatever_way(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; g1 in g2; bob in g2 via primary group; eve");
    const RightAsked rights[] = {asked("a-ann", "g-g2"), asked("a-bob", "g-g2"),
                                 asked("a-eve", "g-g2"), asked("a-bob", "g-g1"),
                                 asked("a-ann", "g-g2"), /* asked twice, answered twice */
                                 asked("a-zoe", "g-g2"), asked("a-ann", "g-g9")};
    const bool expected[] = {true, true, false, false, true, false, false};
    g_autofree RightHeld *held = hold(world, rights, G_N_ELEMENTS(rights));

    for (size_t i = 0; i < G_N_ELEMENTS(rights); i++)
        assert_int_equal(held[i].is_held, expected[i]);
    assert_true(held[0].path == held[4].path);
    assert_int_equal(held[5].account, NONE);
    assert_int_equal(held[6].group, NONE);
    assert_int_equal(held[6].account, held[0].account);
}

static void a_key_is_one_of_its_source(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1");
    const RightAsked rights[] = {{"lab", "a-ann", "corp", "g-g1"},
                                 {"corp", "a-ann", "lab", "g-g1"}};
    g_autofree RightHeld *held = hold(world, rights, G_N_ELEMENTS(rights));

    assert_int_equal(held[0].account, NONE);
    assert_int_equal(held[1].group, NONE);
    assert_false(held[0].is_held || held[1].is_held);
}

static void nothing_asked_is_nothing_found(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1");
    g_autofree RightHeld *held = hold(world, NULL, 0);
    g_autofree RightHeld *found = rights_find(world->snapshot, NULL, 0);

    assert_non_null(held);
    assert_non_null(found);
}

static void what_was_not_read_leaves_doubt(void **state)
{
    (void)state;
    g_autoptr(World) world = world_parse("ann in g1; eve");
    SourceRecord *corp = &world->snapshot->sources[0];
    const RightAsked rights[] = {asked("a-eve", "g-g1"), asked("a-zoe", "g-g1")};
    g_autofree RightHeld *held = hold(world, rights, G_N_ELEMENTS(rights));

    assert_false(right_is_doubtful(world->snapshot, &held[0]));
    assert_false(right_is_doubtful(world->snapshot, &held[1]));
    corp->counts.rejected = 1; /* zoe may be it; eve was read */
    assert_false(right_is_doubtful(world->snapshot, &held[0]));
    assert_true(right_is_doubtful(world->snapshot, &held[1]));
    corp->status = SOURCE_INCOMPLETE;
    assert_true(right_is_doubtful(world->snapshot, &held[0]));
    corp->status = SOURCE_COMPLETE;
    corp->counts.rejected = 0;
    uint8_t hr = world_source(world, "hr", PROVIDES_PEOPLE); /* says nothing about rights */
    world->snapshot->sources[hr].status = SOURCE_INCOMPLETE;
    assert_false(right_is_doubtful(world->snapshot, &held[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_are_held_by_whatever_way),
        cmocka_unit_test(a_key_is_one_of_its_source),
        cmocka_unit_test(nothing_asked_is_nothing_found),
        cmocka_unit_test(what_was_not_read_leaves_doubt),
    };
    return cmocka_run_group_tests_name("holding", tests, NULL, NULL);
}
