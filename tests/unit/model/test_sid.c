#include "model/sid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void only_whole_numbers_of_a_domain_or_of_builtin_are_rids(void **state)
{
    (void)state;
    uint32_t rid = 0;
    assert_int_equal(sid_kind("S-1-5-21-1-2-3-512", &rid), SID_OF_DOMAIN);
    assert_int_equal(rid, 512);
    assert_int_equal(sid_kind("S-1-5-21-1-2-3-4294967295", &rid), SID_OF_DOMAIN);
    assert_int_equal(rid, UINT32_MAX);
    assert_int_equal(sid_kind("S-1-5-32-544", &rid), SID_BUILTIN);
    assert_int_equal(rid, 544);
    const char *const others[] = {"",         "512",          "S-1-5-11",
                                  "S-1-1-0",  "S-1-5-32-",    "S-1-5-32-544-1",
                                  "S-1-5-32", "S-1-5-21-1-x", "S-1-5-21-1-2-3-4294967296"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(sid_kind(others[i], &rid), SID_OTHER);
        assert_int_equal(rid, 0);
        assert_int_equal(sid_domain_length(others[i]), 0);
    }
    assert_int_equal(sid_domain_length("S-1-5-21-1-2-3-512"), strlen("S-1-5-21-1-2-3"));
    assert_int_equal(sid_domain_length("S-1-5-32-544"), 0);
}

static void what_adminsdholder_guards_is_not_what_rules_a_domain(void **state)
{
    (void)state;
    assert_true(sid_is_privileged("S-1-5-21-1-2-3-520") && !sid_is_protected("S-1-5-21-1-2-3-520"));
    assert_true(!sid_is_privileged("S-1-5-21-1-2-3-516") && sid_is_protected("S-1-5-21-1-2-3-516"));
    assert_true(sid_is_privileged("S-1-5-32-544") && sid_is_protected("S-1-5-32-544"));
    assert_false(sid_is_privileged("S-1-5-32-512"));
    assert_false(sid_is_protected("S-1-5-21-1-2-3-544"));
}

static void crowds_are_everybody_by_themselves(void **state)
{
    (void)state;
    assert_true(sid_is_crowd("S-1-5-21-1-2-3-513"));
    assert_true(sid_meaning("S-1-5-21-1-2-3-513")->is_everybody);
    assert_true(sid_is_crowd("S-1-5-21-1-2-3-515"));
    assert_false(sid_meaning("S-1-5-21-1-2-3-515")->is_everybody);
    assert_false(sid_is_crowd("S-1-5-32-513"));
    assert_false(sid_is_crowd("S-1-5-21-1-2-3-512"));
    assert_false(sid_is_crowd("S-1-5-11"));
    assert_string_equal(sid_meaning("s-1-5-11")->name, "Authenticated Users");
    assert_true(sid_meaning("S-1-1-0")->is_everybody && sid_meaning("S-1-5-7")->is_everybody);
    assert_false(sid_meaning("S-1-5-9")->is_everybody);
    assert_null(sid_meaning("S-1-5-21-1-2-3-1104"));
    assert_null(sid_meaning(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_numbers_of_a_domain_or_of_builtin_are_rids),
        cmocka_unit_test(what_adminsdholder_guards_is_not_what_rules_a_domain),
        cmocka_unit_test(crowds_are_everybody_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
