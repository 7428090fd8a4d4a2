#include "model/snapshot.h"

#include "harness/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_kind_of_source_is_complete_when_all_of_it_are(void **state)
{
    (void)state;
    g_autoptr(World) world = world_new();
    const Snapshot *s = world->snapshot;
    assert_true(snapshot_has(s, PROVIDES_DIRECTORY));
    assert_false(snapshot_has(s, PROVIDES_PEOPLE));
    assert_true(snapshot_is_complete(s, PROVIDES_PEOPLE));

    world_source(world, "hr", PROVIDES_PEOPLE);
    uint8_t contractors = world_source(world, "contractors", PROVIDES_PEOPLE);
    assert_true(snapshot_has(s, PROVIDES_PEOPLE));
    assert_true(snapshot_is_complete(s, PROVIDES_PEOPLE));
    const SourceStatus others[] = {SOURCE_INCOMPLETE, SOURCE_HELD, SOURCE_STALE};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        s->sources[contractors].status = others[i];
        assert_false(snapshot_is_complete(s, PROVIDES_PEOPLE));
    }
    assert_true(snapshot_is_complete(s, PROVIDES_DIRECTORY));
}

static void a_principal_keeps_its_kind_and_id(void **state)
{
    (void)state;
    for (int kind = PRINCIPAL_ACCOUNT; kind <= PRINCIPAL_FOREIGN; kind++) {
        Principal p = principal_of((PrincipalKind)kind, 12345678);
        assert_int_equal(principal_kind(p), kind);
        assert_int_equal(principal_id(p), 12345678);
    }
}

static void every_way_and_status_has_its_own_text(void **state)
{
    (void)state;
    for (int a = VIA_MEMBER; a <= VIA_TABLE; a++)
        for (int b = VIA_MEMBER; b < a; b++)
            assert_string_not_equal(edge_via_text((EdgeVia)a), edge_via_text((EdgeVia)b));
    assert_string_equal(source_status_text(SOURCE_COMPLETE), "complete");
    assert_string_equal(source_status_text(SOURCE_INCOMPLETE), "incomplete");
    assert_string_equal(source_status_text(SOURCE_HELD), "held");
    assert_string_equal(source_status_text(SOURCE_STALE), "stale");
}

static void an_empty_snapshot_can_be_released(void **state)
{
    (void)state;
    Snapshot *snapshot = g_new0(Snapshot, 1);
    snapshot_free(snapshot);
    snapshot_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_of_source_is_complete_when_all_of_it_are),
        cmocka_unit_test(a_principal_keeps_its_kind_and_id),
        cmocka_unit_test(every_way_and_status_has_its_own_text),
        cmocka_unit_test(an_empty_snapshot_can_be_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
