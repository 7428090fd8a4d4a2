#include "ldap/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool parses(const char *attribute, uint64_t first, uint64_t last, bool is_last)
{
    Range range = {0};

    return directory_range_parse(text_of(attribute), &range) && range.first == first &&
           (is_last ? range.is_last : !range.is_last && range.last == last);
}

static void ranges_are_read_whatever_their_step_case_and_other_options(void **state)
{
    (void)state;

    assert_true(parses("member;range=0-1499", 0, 1499, false));
    assert_true(parses("MEMBER;Range=1500-2999", 1500, 2999, false));
    assert_true(parses("member;range=4500-*", 4500, 0, true));
    assert_true(parses("member;range=0-*", 0, 0, true));
    assert_true(parses("member;lang-de;range=7-7", 7, 7, false));
    assert_true(parses("member;range=0-4999;x-y", 0, 4999, false));
    Range range = {0};
    assert_true(directory_range_parse(text_of("member;x-y;range=0-4999"), &range));
    assert_int_equal(range.attribute.length, strlen("member"));
}

static void what_is_no_range_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"member",
                                      "member;lang-de",
                                      "member;range=",
                                      "member;range=5",
                                      "member;range=5-",
                                      "member;range=-5",
                                      "member;range=9-5",
                                      "member;range=0-1499x",
                                      "member;range=0-**",
                                      "member;range=*-5",
                                      "member;range=0-99999999999999999999",
                                      "member;ranges=0-5"};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Range range;
        if (directory_range_parse(text_of(bad[i]), &range))
            fail_msg("%s was read as a range", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_whatever_their_step_case_and_other_options),
        cmocka_unit_test(what_is_no_range_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
