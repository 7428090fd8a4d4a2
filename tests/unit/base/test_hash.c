#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool equals(const char *a, const char *b)
{
    bool is_equal = text_equals_folded(text_of(a), text_of(b));
    if (is_equal)
        assert_true(hash_folded(text_of(a)) == hash_folded(text_of(b)));
    return is_equal;
}

static void case_does_not_count(void **state)
{
    (void)state;
    assert_true(
        equals("uid=Ann,OU=People,dc=Example,dc=COM", "UID=ann,ou=people,DC=example,dc=com"));
    assert_true(equals("", ""));
    assert_true(equals("MÜLLER", "müller"));
    assert_true(equals("STRASSE", "straße"));
    assert_true(equals("K", "k")); /* the Kelvin sign folds to ASCII */
    assert_true(equals("Jose\xcc\x81", "JOSÉ"));
}

static void neighbours_of_letters_are_not_folded(void **state)
{
    (void)state;
    assert_false(equals("@@@@@@@@@", "`````````"));
    assert_false(equals("[[[[[[[[[", "{{{{{{{{{"));
    assert_false(equals("i", "ı"));
    assert_false(equals("ann", "anne"));
    assert_true(equals("AZazAZazAZ", "azAZazAZaz"));
}

static void long_texts_are_folded_to_their_end(void **state)
{
    (void)state;
    g_autofree char *a = g_strnfill(1500, 'a');
    g_autofree char *b = g_strnfill(1500, 'A');
    assert_true(equals(a, b));
    b[1499] = 'b';
    assert_false(equals(a, b));
    assert_true(hash_folded(text_of(a)) != hash_folded(text_of(b)));
}

static void trimming_takes_both_ends(void **state)
{
    (void)state;
    Text text = text_trimmed(text_of(" \t a b\r\n"));
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.data, "a b", 3);
    assert_int_equal(text_trimmed(text_of("  ")).length, 0);
    assert_int_equal(text_trimmed(text_of(NULL)).length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_does_not_count),
        cmocka_unit_test(neighbours_of_letters_are_not_folded),
        cmocka_unit_test(long_texts_are_folded_to_their_end),
        cmocka_unit_test(trimming_takes_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
