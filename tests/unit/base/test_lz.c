/* What was made smaller comes back the same, and what is no such thing is refused. */
#include "base/lz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

static size_t round_trip(const uint8_t *data, size_t n)
{
    g_autofree uint8_t *small = g_malloc(lz_room(n));
    size_t n_small = lz_compress(data, n, small);
    /* Exact rooms, so that the sanitizer sees every byte beside them. */
    g_autofree uint8_t *exact = g_memdup2(small, n_small);
    g_autofree uint8_t *back = g_malloc(n + 1);

    assert_true(n_small <= lz_room(n));
    assert_true(lz_expand(exact, n_small, back, n));
    assert_memory_equal(back, data, n);
    assert_false(lz_expand(exact, n_small, back, n + 1));
    assert_false(n > 0 && lz_expand(exact, n_small, back, n - 1));
    return n_small;
}

static void bytes_of_all_kinds_come_back(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    for (int i = 0; i < 3000; i++) {
        size_t n = (size_t)g_rand_int_range(random, 0, i % 50 == 0 ? 200000 : 600);
        int n_letters = g_rand_int_range(random, 1, i % 3 == 0 ? 256 : 4);
        g_autofree uint8_t *data = g_malloc(n + 1);
        for (size_t j = 0; j < n; j++)
            data[j] = (uint8_t)g_rand_int_range(random, 0, n_letters);
        /* Repetitions of a piece, at any distance. */
        if (n > 100 && i % 2 == 0)
            for (int k = 0; k < 20; k++) {
                size_t length = (size_t)g_rand_int_range(random, 1, 50);
                memmove(data + g_rand_int_range(random, 0, (int)(n - length)),
                        data + g_rand_int_range(random, 0, (int)(n - length)), length);
            }
        round_trip(data, n);
    }
}

static void records_of_one_kind_become_small(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 200; i++)
        g_string_append_printf(text, "uid=u%06d,ou=people,dc=example,dc=com u%06d@example.com", i,
                               i);
    assert_true(round_trip((const uint8_t *)text->str, text->len) * 3 < text->len);
}

static void what_is_no_block_is_refused_without_harm(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    g_autofree uint8_t *small = g_malloc(lz_room(4000));
    uint8_t data[4000];

    for (size_t j = 0; j < sizeof data; j++)
        data[j] = (uint8_t)(j * j / 77 % 11);
    size_t n_small = lz_compress(data, sizeof data, small);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)g_rand_int_range(random, 0, (int)n_small + 1);
        g_autofree uint8_t *broken = g_memdup2(small, n + 1);
        g_autofree uint8_t *back = g_malloc(sizeof data);
        for (int k = g_rand_int_range(random, 0, 4); n > 0 && k > 0; k--)
            broken[g_rand_int_range(random, 0, (int)n)] = (uint8_t)g_rand_int(random);
        broken = g_realloc(broken, n + (n == 0));
        lz_expand(broken, n, back, sizeof data); /* the sanitizer judges */
    }
    assert_false(lz_expand(small, 0, data, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_all_kinds_come_back),
        cmocka_unit_test(records_of_one_kind_become_small),
        cmocka_unit_test(what_is_no_block_is_refused_without_harm),
    };
    return cmocka_run_group_tests_name("lz", tests, NULL, NULL);
}
