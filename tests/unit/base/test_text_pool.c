#include "base/text_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_text_comes_back_and_never_moves(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    TextRef ref = text_pool_add(pool, (Text){"annabel", 3});
    const char *first = text_pool_get(pool, ref);
    assert_string_equal(first, "ann");

    g_autofree char *big = g_strnfill(1 << 20, 'x');
    for (int i = 0; i < 40; i++)
        assert_int_not_equal(text_pool_add(pool, (Text){big, 1 << 20}), 0);

    assert_ptr_equal(text_pool_get(pool, ref), first);
    assert_string_equal(first, "ann");
    assert_true(text_pool_end(pool) > (40u << 20));
    assert_false(text_pool_is_full(pool));
}

static void the_empty_text_is_nothing(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    assert_int_equal(text_pool_add(pool, text_of("")), 0);
    assert_int_equal(text_pool_intern(pool, text_of(NULL)), 0);
    assert_string_equal(text_pool_get(pool, 0), "");
}

static void interned_texts_are_stored_once(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    enum { N = 3000 };
    TextRef refs[N];
    for (int i = 0; i < N; i++) {
        g_autofree char *name = g_strdup_printf("department %d", i);
        refs[i] = text_pool_intern(pool, text_of(name));
    }
    size_t end = text_pool_end(pool);
    for (int i = 0; i < N; i++) {
        g_autofree char *name = g_strdup_printf("department %d", i);
        assert_int_equal(text_pool_intern(pool, text_of(name)), refs[i]);
        assert_string_equal(text_pool_get(pool, refs[i]), name);
    }
    assert_int_equal(text_pool_end(pool), end);
    assert_int_not_equal(text_pool_intern(pool, text_of("department")), refs[0]);
    assert_int_not_equal(text_pool_intern(pool, text_of("Department 0")), refs[0]);
}

static void pools_beside_each_other_read_each_others_texts(void **state)
{
    (void)state;
    TextPool *pool = text_pool_new();
    g_autoptr(TextPool) other = text_pool_new_beside(pool);
    enum { N = 200, LENGTH = 50000 };
    TextRef refs[2 * N];
    g_autofree char *text = g_strnfill(LENGTH, 'x');
    for (int i = 0; i < 2 * N; i++) { /* 10 MB each, so that their pieces lie among each other */
        text[0] = (char)('a' + i % 26);
        refs[i] = text_pool_add(i % 2 == 0 ? pool : other, (Text){text, LENGTH});
        assert_int_not_equal(refs[i], 0);
        assert_true(refs[i] + LENGTH < text_pool_end(i % 2 == 0 ? pool : other));
    }
    text_pool_free(pool);

    for (int i = 0; i < 2 * N; i++) {
        text[0] = (char)('a' + i % 26);
        assert_string_equal(text_pool_get(other, refs[i]), text);
    }
}

static void a_pool_that_is_full_leaves_room_for_the_one_beside_it(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextPool) other = text_pool_new_beside(pool);
    assert_int_equal(text_pool_add(pool, (Text){"x", SIZE_MAX / 4}), 0);

    TextRef ref = text_pool_intern(other, text_of("ann"));

    assert_false(text_pool_is_full(other));
    assert_string_equal(text_pool_get(pool, ref), "ann");
}

static void a_full_pool_says_so_and_keeps_what_it_has(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    TextRef ref = text_pool_add(pool, text_of("ann"));

    /* Length alone is looked at before a byte is read. */
    assert_int_equal(text_pool_add(pool, (Text){"x", SIZE_MAX / 4}), 0);

    assert_true(text_pool_is_full(pool));
    assert_string_equal(text_pool_get(pool, ref), "ann");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_comes_back_and_never_moves),
        cmocka_unit_test(the_empty_text_is_nothing),
        cmocka_unit_test(interned_texts_are_stored_once),
        cmocka_unit_test(pools_beside_each_other_read_each_others_texts),
        cmocka_unit_test(a_pool_that_is_full_leaves_room_for_the_one_beside_it),
        cmocka_unit_test(a_full_pool_says_so_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
