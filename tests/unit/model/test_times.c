#include "model/times.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ALL (RECORDS_STATE | RECORDS_LOCK | RECORDS_PRIMARY_GROUP | RECORDS_MEMBER)

static World *world_that_records(unsigned recorded)
{
    World *world = world_parse("ann in g1; bob in g1; g1 in g2");
    world->snapshot->sources[0].recorded_times = recorded;
    return world;
}

static TimesAnswer granted(const Times *times, const World *world, const char *member,
                           const char *group, EdgeVia via, int64_t *ret_utc)
{
    return times_granted(times, world->snapshot, world_find(world, member),
                         principal_id(world_find(world, group)), via, ret_utc);
}

static void a_source_that_records_nothing_says_so_and_not_that_nobody_asked(void **state)
{
    (void)state;
    g_autoptr(World) world = world_that_records(0);
    g_autoptr(Times) times = times_new(world->snapshot);
    int64_t utc = 7;

    times_ask_account(times, 0);
    assert_int_equal(times_disabled(times, world->snapshot, 0, &utc), TIMES_NOT_KEPT);
    assert_int_equal(times_locked(times, world->snapshot, 0, &utc), TIMES_NOT_KEPT);
    assert_int_equal(granted(times, world, "ann", "g1", VIA_MEMBER, &utc), TIMES_NOT_KEPT);
    assert_int_equal(granted(times, world, "ann", "g1", VIA_PRIMARY_GROUP, &utc), TIMES_NOT_KEPT);
    assert_int_equal(utc, 7);
}

static void what_was_not_asked_is_told_from_what_was_not_given(void **state)
{
    (void)state;
    g_autoptr(World) world = world_that_records(ALL);
    g_autoptr(Times) times = times_new(world->snapshot);
    uint32_t ann = principal_id(world_find(world, "ann"));
    uint32_t bob = principal_id(world_find(world, "bob"));
    int64_t utc = 7;

    times_ask_account(times, ann);
    times_ask_group(times, principal_id(world_find(world, "g1")));
    assert_int_equal(times_disabled(times, world->snapshot, ann, &utc), TIMES_NOT_GIVEN);
    assert_int_equal(times_disabled(times, world->snapshot, bob, &utc), TIMES_NOT_ASKED);
    assert_int_equal(granted(times, world, "ann", "g1", VIA_MEMBER, &utc), TIMES_NOT_GIVEN);
    assert_int_equal(granted(times, world, "g1", "g2", VIA_MEMBER, &utc), TIMES_NOT_ASKED);
    assert_int_equal(times_disabled(NULL, world->snapshot, ann, &utc), TIMES_NOT_ASKED);
    assert_int_equal(granted(NULL, world, "ann", "g1", VIA_MEMBER, &utc), TIMES_NOT_ASKED);
    assert_int_equal(utc, 7);
}

static void each_time_is_that_of_its_account_and_edge(void **state)
{
    (void)state;
    g_autoptr(World) world = world_that_records(ALL);
    g_autoptr(Times) times = times_new(world->snapshot);
    uint32_t ann = principal_id(world_find(world, "ann"));
    uint32_t g1 = principal_id(world_find(world, "g1"));
    uint32_t g2 = principal_id(world_find(world, "g2"));
    int64_t utc = 0;

    assert_false(times_has_any(times));
    times_ask_group(times, g1);
    times_ask_group(times, g2);
    times_set_account(times, ann, &(AccountTimes){1000, 2000, 3000});
    times_set_granted(times, g1, world_find(world, "ann"), 4000);
    times_set_granted(times, g2, world_find(world, "g1"), 5000);

    assert_true(times_has_any(times));
    assert_int_equal(times_disabled(times, world->snapshot, ann, &utc), TIMES_RECORDED);
    assert_int_equal(utc, 1000);
    assert_int_equal(times_locked(times, world->snapshot, ann, &utc), TIMES_RECORDED);
    assert_int_equal(utc, 2000);
    assert_int_equal(granted(times, world, "ann", "g1", VIA_PRIMARY_GROUP, &utc), TIMES_RECORDED);
    assert_int_equal(utc, 3000);
    assert_int_equal(granted(times, world, "ann", "g1", VIA_MEMBER, &utc), TIMES_RECORDED);
    assert_int_equal(utc, 4000);
    assert_int_equal(granted(times, world, "g1", "g2", VIA_MEMBER, &utc), TIMES_RECORDED);
    assert_int_equal(utc, 5000);
    assert_int_equal(granted(times, world, "bob", "g1", VIA_MEMBER, &utc), TIMES_NOT_GIVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_that_records_nothing_says_so_and_not_that_nobody_asked),
        cmocka_unit_test(what_was_not_asked_is_told_from_what_was_not_given),
        cmocka_unit_test(each_time_is_that_of_its_account_and_edge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
