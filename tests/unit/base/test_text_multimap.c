#include "base/text_multimap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_key_has_all_its_ids_last_added_first(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextMultimap) map = text_multimap_new(pool, 2);
    text_multimap_add(map, text_pool_add(pool, text_of("ann")), 1);
    text_multimap_add(map, text_pool_add(pool, text_of("bob")), 2);
    text_multimap_add(map, text_pool_add(pool, text_of(" ANN")), 3);
    text_multimap_add(map, 0, 4);

    uint32_t cursor = text_multimap_find(map, text_of("Ann"));
    assert_int_equal(text_multimap_id(map, cursor), 3);
    cursor = text_multimap_next(map, cursor);
    assert_int_equal(text_multimap_id(map, cursor), 1);
    assert_int_equal(text_multimap_next(map, cursor), TEXT_INDEX_NONE);
    assert_int_equal(text_multimap_find(map, text_of("eve")), TEXT_INDEX_NONE);
    assert_int_equal(text_multimap_find(map, text_of("")), TEXT_INDEX_NONE);
}

static void a_batch_finds_the_same_cursors(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextMultimap) map = text_multimap_new(pool, 2);
    TextRef keys[100];
    uint32_t cursors[100];
    for (uint32_t i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("u%u", i);
        keys[i] = text_pool_add(pool, text_of(name));
        if (i % 3 != 0)
            text_multimap_add(map, keys[i], i);
    }

    text_multimap_find_batch(map, keys, 100, cursors);

    for (uint32_t i = 0; i < 100; i++) {
        if (i % 3 == 0)
            assert_int_equal(cursors[i], TEXT_INDEX_NONE);
        else
            assert_int_equal(text_multimap_id(map, cursors[i]), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_all_its_ids_last_added_first),
        cmocka_unit_test(a_batch_finds_the_same_cursors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
