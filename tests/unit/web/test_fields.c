/* Fields of forms that stand for one of many items. */
#include "web/fields.h"
#include "web/fields.h"
#include "web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const numbered[] = {"csrf", "reason-#", "item*", NULL};

static bool fits(const char *form)
{
    g_autoptr(Fields) fields = fields_parse(form, strlen(form), FIELDS_MAX, NULL);

    return fields && fields_check(fields, numbered, NULL);
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

static Fields *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    Fields *fields = fields_parse(text, strlen(text), FIELDS_MAX, &error);

    if (!fields)
        fail_msg("%s: %s", text, error->message);
    return fields;
}

static void pairs_are_decoded(void **state)
{
    (void)state;
    g_autoptr(Fields) fields = parse("a=1&b=x+y%26z&c=&d&%C3%A4=%F0%9F%99%82&&");

    assert_string_equal(fields_get(fields, "a"), "1");
    assert_string_equal(fields_get(fields, "b"), "x y&z");
    assert_string_equal(fields_get(fields, "c"), "");
    assert_string_equal(fields_get(fields, "d"), "");
    assert_string_equal(fields_get(fields, "\xc3\xa4"), "\xf0\x9f\x99\x82");
    assert_null(fields_get(fields, "e"));
    assert_int_equal(fields_count(fields), 5);
}

static void what_no_browser_sends_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"a=%",   "a=%4",     "a=%zz",       "a=%00",   "%00=a",
                                         "a=%ff", "a=%c3%28", "a=%ed%a0%80", "a=%c0%af"};

    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(fields_parse(broken[i], strlen(broken[i]), FIELDS_MAX, &error));
        assert_true(g_error_matches(error, WEB_ERROR, WEB_ERROR_BAD_REQUEST));
    }
    assert_null(fields_parse("a=1&b=2&c=3", 11, 2, NULL));
}

static void fields_are_those_of_the_table_and_once(void **state)
{
    (void)state;
    static const char *const allowed[] = {"a", "ids*", NULL};
    static const char *const good[] = {"", "a=1", "ids=1&ids=2&a=3"};
    static const char *const bad[] = {"b=1", "a=1&a=2", "ids*=1", "A=1", "id=1"};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(Fields) fields = parse(good[i]);
        assert_true(fields_check(fields, allowed, NULL));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Fields) fields = parse(bad[i]);
        assert_false(fields_check(fields, allowed, NULL));
    }
    g_autoptr(Fields) twice = parse("ids=1&ids=2");
    g_autoptr(GPtrArray) all = fields_all(twice, "ids");
    assert_int_equal(all->len, 2);
}

static void a_number_is_one_of_the_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"n=-1",   "n=101", "n=1x",  "n=+1",
                                      "n=%201", "n=0x1", "n=1e1", "n=99999999999999999999"};
    gint64 number;

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Fields) fields = parse(bad[i]);
        assert_false(fields_number(fields, "n", 0, 100, &number, NULL));
    }
    g_autoptr(Fields) fields = parse("n=100&m=");
    assert_true(fields_number(fields, "n", 7, 100, &number, NULL));
    assert_int_equal(number, 100);
    assert_true(fields_number(fields, "m", 7, 100, &number, NULL));
    assert_int_equal(number, 7);
}

static void a_text_that_must_be_is_more_than_spaces(void **state)
{
    (void)state;
    const char *text;
    g_autoptr(Fields) fields = parse("a=+%20%09%0D%0A&b=one%0D%0Atwo%0Dthree&c=%C2%A0%E3%80%80&"
                                     "d=%C3%A4%C3%A4");

    assert_false(fields_text(fields, "a", 100, true, &text, NULL));
    assert_false(fields_text(fields, "c", 100, true, &text, NULL));
    assert_false(fields_text(fields, "e", 100, true, &text, NULL));
    assert_true(fields_text(fields, "a", 100, false, &text, NULL));
    assert_null(text);
    assert_true(fields_text(fields, "b", 100, true, &text, NULL));
    assert_string_equal(text, "one\ntwo\nthree");
    assert_true(fields_text(fields, "d", 2, true, &text, NULL)); /* characters, not bytes */
    assert_false(fields_text(fields, "d", 1, true, &text, NULL));
}

static void a_query_keeps_the_other_filters(void **state)
{
    (void)state;
    g_autoptr(Fields) fields = parse("q=a%26b&page=2&empty=&x=%3F");
    g_autofree char *next = fields_query_with(fields, "page", "3");
    g_autofree char *without = fields_query_with(fields, "page", NULL);

    assert_string_equal(next, "?q=a%26b&x=%3F&page=3");
    assert_string_equal(without, "?q=a%26b&x=%3F");
}

/* What is read can be written and read again; fixed seed. */
static void random_texts_come_back(void **state)
{
    (void)state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20260317);

    for (int round = 0; round < 3000; round++) {
        char text[40];
        int n = g_rand_int_range(rand, 0, (gint32)sizeof text - 1);
        for (int i = 0; i < n; i++)
            text[i] = "a=&%+0fF\xc3\xa4/?\r\n \x01"[g_rand_int_range(rand, 0, 16)];
        text[n] = '\0';
        g_autoptr(Fields) fields = fields_parse(text, (size_t)n, FIELDS_MAX, NULL);
        if (!fields || fields_count(fields) == 0)
            continue;
        g_autofree char *query = fields_query_with(fields, "\n", NULL);
        const char *from = *query ? query + 1 : query;
        g_autoptr(Fields) again = fields_parse(from, strlen(from), FIELDS_MAX, NULL);
        assert_non_null(again);
        g_autofree char *second = fields_query_with(again, "\n", NULL);
        assert_string_equal(query, second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numbered_field_has_a_number_as_it_is_written_once),
        cmocka_unit_test(a_numbered_field_stands_there_once),
        cmocka_unit_test(numbers_come_in_their_order),
        cmocka_unit_test(all_fields_but_one_can_be_shown_again),
        cmocka_unit_test(pairs_are_decoded),
        cmocka_unit_test(what_no_browser_sends_is_refused),
        cmocka_unit_test(fields_are_those_of_the_table_and_once),
        cmocka_unit_test(a_number_is_one_of_the_range),
        cmocka_unit_test(a_text_that_must_be_is_more_than_spaces),
        cmocka_unit_test(a_query_keeps_the_other_filters),
        cmocka_unit_test(random_texts_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
