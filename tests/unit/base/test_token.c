#include "base/token.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_token_has_256_bits_and_no_two_are_alike(void **state)
{
    (void)state;
    g_autofree char *first = token_new();
    g_autofree char *second = token_new();

    assert_int_equal(strlen(first), 64);
    assert_int_equal(strspn(first, "0123456789abcdef"), 64);
    assert_string_not_equal(first, second);
}

static void tokens_are_equal_when_every_byte_is(void **state)
{
    (void)state;
    assert_true(token_equals("abc", "abc"));
    assert_false(token_equals("abc", "abd"));
    assert_false(token_equals("abc", "ab"));
    assert_false(token_equals("", "a"));
    assert_false(token_equals(NULL, "a"));
    assert_false(token_equals("a", NULL));
    assert_false(token_equals(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_has_256_bits_and_no_two_are_alike),
        cmocka_unit_test(tokens_are_equal_when_every_byte_is),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
