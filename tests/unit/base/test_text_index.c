#include "base/text_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void keys_are_found_without_case_and_outer_space(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextIndex) index = text_index_new(pool, 4);

    text_index_add(index, text_pool_add(pool, text_of(" Ann@Example.com ")), 7);
    text_index_add(index, text_pool_add(pool, text_of("Jürgen")), 8);

    assert_int_equal(text_index_find(index, text_of("ann@example.COM")), 7);
    assert_int_equal(text_index_find(index, text_of("\tJÜRGEN")), 8);
    assert_int_equal(text_index_find(index, text_of("ann")), TEXT_INDEX_NONE);
    assert_int_equal(text_index_find(index, text_of("")), TEXT_INDEX_NONE);
}

static void a_key_keeps_its_first_value(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextIndex) index = text_index_new(pool, 4);

    uint32_t *first = text_index_add(index, text_pool_add(pool, text_of("ann")), 1);
    assert_int_equal(*first, 1);
    uint32_t *second = text_index_add(index, text_pool_add(pool, text_of("ANN")), 2);
    assert_int_equal(*second, 1);
    *second = 9;
    assert_int_equal(text_index_find(index, text_of("Ann")), 9);
    assert_int_equal(text_index_size(index), 1);
}

static void blank_texts_are_no_keys(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextIndex) index = text_index_new(pool, 4);

    assert_null(text_index_add(index, 0, 1));
    assert_null(text_index_add(index, text_pool_add(pool, text_of("  ")), 1));
    assert_int_equal(text_index_find(index, text_of("  ")), TEXT_INDEX_NONE);
    assert_int_equal(text_index_size(index), 0);
}

static void it_grows_and_a_batch_finds_what_single_calls_find(void **state)
{
    (void)state;
    enum { N = 5000 };
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextIndex) index = text_index_new(pool, 0);
    g_autofree TextRef *keys = g_new(TextRef, N);
    g_autofree uint32_t *values = g_new(uint32_t, N);
    for (uint32_t i = 0; i < N; i++) {
        g_autofree char *name = g_strdup_printf("user%u", i);
        keys[i] = i % 10 == 9 ? 0 : text_pool_add(pool, text_of(name));
        if (i % 2 == 0)
            text_index_add(index, keys[i], i);
    }

    text_index_find_batch(index, keys, N, values);

    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(values[i], i % 2 == 0 ? i : TEXT_INDEX_NONE);
        assert_int_equal(text_index_find(index, text_of(text_pool_get(pool, keys[i]))), values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_without_case_and_outer_space),
        cmocka_unit_test(a_key_keeps_its_first_value),
        cmocka_unit_test(blank_texts_are_no_keys),
        cmocka_unit_test(it_grows_and_a_batch_finds_what_single_calls_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
