#include "fixture.h"

#include <string.h>

static const char *const names[] = {"exceptions", "exception", "explain", "run",
                                    "runs",       "account",   NULL};

static void one_slip_is_understood(void **state)
{
    assert_string_equal(settings_nearest("explan", names), "explain");
    assert_string_equal(settings_nearest("acccount", names), "account");
    assert_string_equal(settings_nearest("accounf", names), "account");
}

static void two_swapped_letters_are_one_slip(void **state)
{
    assert_string_equal(settings_nearest("urn", names), "run");
}

static void case_is_no_slip(void **state)
{
    assert_string_equal(settings_nearest("RUN", names), "run");
}

static void of_two_the_nearer_one_is_meant(void **state)
{
    assert_string_equal(settings_nearest("exceptoins", names), "exceptions");
    assert_string_equal(settings_nearest("exceptoin", names), "exception");
}

static void what_is_far_from_everything_is_nothing(void **state)
{
    assert_null(settings_nearest("frobnicate", names));
    assert_null(settings_nearest("", names));
    assert_null(settings_nearest("xy", names));
}

static void an_endless_word_is_nothing(void **state)
{
    g_autofree char *word = g_strnfill(100000, 'e');
    assert_null(settings_nearest(word, names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_is_understood),
        cmocka_unit_test(two_swapped_letters_are_one_slip),
        cmocka_unit_test(case_is_no_slip),
        cmocka_unit_test(of_two_the_nearer_one_is_meant),
        cmocka_unit_test(what_is_far_from_everything_is_nothing),
        cmocka_unit_test(an_endless_word_is_nothing),
    };
    return cmocka_run_group_tests_name("settings/nearest", tests, NULL, NULL);
}
