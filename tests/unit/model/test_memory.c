#include "model/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rightful/record.h>

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    g_autoptr(Memory) memory = memory_new(2);
    size_t n = 9;

    assert_null(memory_stopped(memory, 0));
    assert_null(memory_moved(memory, 0, MOVED_TITLE));
    assert_null(memory_right(memory, 0, 0));
    assert_null(memory_former(memory, IDENTIFIER_NAME, "ann", &n));
    assert_int_equal(n, 0);
    assert_int_equal(memory->source_known_utc[1], TIME_UNKNOWN);
    assert_int_equal(memory->source_since_utc[1], TIME_UNKNOWN);
    memory_free(NULL);
}

static void rows_are_found_by_their_ids(void **state)
{
    (void)state;
    g_autoptr(Memory) memory = memory_new(1);
    StoppedAccount stopped[] = {{3, 10, 20}, {7, 30, 40}};
    KnownRight rights[] = {{1, 5, 100}, {1, 9, 200}, {2, 5, 300}};
    MovedPerson moved[] = {{.person = 4, .field = MOVED_DEPARTMENT, .before = g_strdup("Sales")},
                           {.person = 4, .field = MOVED_STATUS, .before = g_strdup("leave")}};

    g_array_append_vals(memory->stopped, stopped, 2);
    g_array_append_vals(memory->rights, rights, 3);
    g_array_append_vals(memory->moved, moved, 2);

    assert_int_equal(memory_stopped(memory, 7)->first_unusable_utc, 40);
    assert_null(memory_stopped(memory, 4));
    assert_int_equal(memory_right(memory, 1, 9)->first_seen_utc, 200);
    assert_null(memory_right(memory, 2, 9));
    assert_string_equal(memory_moved(memory, 4, MOVED_STATUS)->before, "leave");
    assert_null(memory_moved(memory, 4, MOVED_TITLE));
}

static void former_identifiers_of_one_value_stand_together(void **state)
{
    (void)state;
    g_autoptr(Memory) memory = memory_new(1);
    FormerIdentifier former[] = {
        {.kind = IDENTIFIER_NAME, .value = g_strdup("ann"), .last_seen_utc = 2},
        {.kind = IDENTIFIER_NAME, .value = g_strdup("bob"), .last_seen_utc = 9},
        {.kind = IDENTIFIER_NAME, .value = g_strdup("bob"), .last_seen_utc = 5},
        {.kind = IDENTIFIER_MAIL, .value = g_strdup("bob"), .last_seen_utc = 7},
    };
    size_t n = 0;

    g_array_append_vals(memory->former, former, 4);

    assert_int_equal(memory_former(memory, IDENTIFIER_NAME, "bob", &n)->last_seen_utc, 9);
    assert_int_equal(n, 2);
    assert_int_equal(memory_former(memory, IDENTIFIER_MAIL, "bob", &n)->last_seen_utc, 7);
    assert_int_equal(n, 1);
    assert_null(memory_former(memory, IDENTIFIER_UPN, "bob", &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(rows_are_found_by_their_ids),
        cmocka_unit_test(former_identifiers_of_one_value_stand_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
