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
    assert_true(text_pool_size(pool) > (40u << 20));
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
    size_t size = text_pool_size(pool);
    for (int i = 0; i < N; i++) {
        g_autofree char *name = g_strdup_printf("department %d", i);
        assert_int_equal(text_pool_intern(pool, text_of(name)), refs[i]);
        assert_string_equal(text_pool_get(pool, refs[i]), name);
    }
    assert_int_equal(text_pool_size(pool), size);
    assert_int_not_equal(text_pool_intern(pool, text_of("department")), refs[0]);
    assert_int_not_equal(text_pool_intern(pool, text_of("Department 0")), refs[0]);
}

static void texts_of_an_appended_pool_are_found_by_the_shift(void **state)
{
    (void)state;
    g_autoptr(TextPool) pool = text_pool_new();
    g_autoptr(TextPool) other = text_pool_new();
    TextRef own = text_pool_add(pool, text_of("own"));
    TextRef first = text_pool_add(other, text_of("first"));
    TextRef second = text_pool_add(other, text_of("second"));

    uint32_t shift = text_pool_append(pool, other);

    assert_string_equal(text_pool_get(pool, own), "own");
    assert_string_equal(text_pool_get(pool, first + shift), "first");
    assert_string_equal(text_pool_get(pool, second + shift), "second");
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
        cmocka_unit_test(texts_of_an_appended_pool_are_found_by_the_shift),
        cmocka_unit_test(a_full_pool_says_so_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
