#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void digest_of_abc_is_the_one_of_fips_180(void **state)
{
    (void)state;
    g_autofree char *digest = digest_text("abc", 3);

    assert_string_equal(digest,
                        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void digest_of_nothing_is_a_digest(void **state)
{
    (void)state;
    g_autofree char *digest = digest_text("", 0);

    assert_string_equal(digest,
                        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_of_abc_is_the_one_of_fips_180),
        cmocka_unit_test(digest_of_nothing_is_a_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
