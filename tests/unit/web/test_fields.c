/* Fields of forms that stand for one of many items. */
#include "web/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const allowed[] = {"csrf", "reason-#", "item*", NULL};

static bool fits(const char *form)
{
    g_autoptr(Fields) fields = fields_parse(form, strlen(form), FIELDS_MAX, NULL);

    return fields && fields_check(fields, allowed, NULL);
}

static void a_numbered_field_has_a_number_as_it_is_written_once(void **state)
{
    static const char *const wrong[] = {
        "reason-=",    "reason-0=", "reason-01=", "reason--1=",  "reason-1x=",
        "reason-%20=", "reason=",   "xreason-1=", "reason-1-2=", "reason-9999999999="};

    (void)state;
    assert_true(fits("csrf=x&reason-1=a&reason-12=b&item=1&item=2"));
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_false(fits(wrong[i]));
}

static void a_numbered_field_stands_there_once(void **state)
{
    (void)state;
    assert_false(fits("reason-1=a&reason-1=b"));
}

static void numbers_come_in_their_order(void **state)
{
    const char *form = "reason-12=a&csrf=1&reason-3=&other-5=";
    g_autoptr(Fields) fields = fields_parse(form, strlen(form), FIELDS_MAX, NULL);
    g_autoptr(GArray) numbers = fields_numbers(fields, "reason");

    (void)state;
    assert_int_equal(numbers->len, 2);
    assert_int_equal(g_array_index(numbers, gint64, 0), 12);
    assert_int_equal(g_array_index(numbers, gint64, 1), 3);
}

static void all_fields_but_one_can_be_shown_again(void **state)
{
    const char *form = "csrf=x&text=%3Cb%3E&item=1&item=2";
    g_autoptr(Fields) fields = fields_parse(form, strlen(form), FIELDS_MAX, NULL);
    json_t *list = fields_json(fields, "csrf");

    (void)state;
    assert_int_equal(json_array_size(list), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "value")),
                        "<b>");
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numbered_field_has_a_number_as_it_is_written_once),
        cmocka_unit_test(a_numbered_field_stands_there_once),
        cmocka_unit_test(numbers_come_in_their_order),
        cmocka_unit_test(all_fields_but_one_can_be_shown_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
