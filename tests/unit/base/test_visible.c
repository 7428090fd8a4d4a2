#include "base/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_visible(const char *text, const char *expected)
{
    g_autofree char *shown = visible_text(text);
    assert_string_equal(shown, expected);
}

static void honest_text_stays_as_it_is(void **state)
{
    (void)state;
    assert_visible("", "");
    assert_visible("Lena Wong <lwong>", "Lena Wong <lwong>");
    assert_visible("Jürgen Groß, 王丽, محمد", "Jürgen Groß, 王丽, محمد");
}

static void characters_that_could_lie_are_shown(void **state)
{
    (void)state;
    assert_visible("a\nb\tc\x7f", "a<U+000A>b<U+0009>c<U+007F>");
    assert_visible("\x1b[31mred", "<U+001B>[31mred");
    assert_visible("ann\xe2\x80\xaegro.live", "ann<U+202E>gro.live"); /* right-to-left override */
    assert_visible("a\xe2\x80\x8b"
                   "dmin",
                   "a<U+200B>dmin"); /* zero-width space */
    assert_visible("a\xe2\x80\xa8z", "a<U+2028>z");
    assert_visible("\xef\xbb\xbfx", "<U+FEFF>x");
    assert_visible("\xc2\x9b", "<U+009B>");
    assert_visible("\xf3\xa0\x81\x81", "<U+E0041>"); /* tag letter */
    assert_visible("\xe3\x85\xa4", "<U+3164>");      /* Hangul filler */
}

static void broken_bytes_are_shown_as_bytes(void **state)
{
    (void)state;
    assert_visible("a\xff\xc3", "a<0xFF><0xC3>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_text_stays_as_it_is),
        cmocka_unit_test(characters_that_could_lie_are_shown),
        cmocka_unit_test(broken_bytes_are_shown_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
