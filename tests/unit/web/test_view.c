/* Pieces of view models. */
#include "web/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *words_of(const char *json)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    char *words = view_words(value);

    json_decref(value);
    return words;
}

static void values_become_words(void **state)
{
    static const char *const cases[][2] = {
        {"true", "yes"},
        {"12", "12"},
        {"[\"a\", \"b\"]", "a, b"},
        {"[[\"a\", \"b\"], [\"c\", \"b\"]]", "a → b; c → b"},
        {"{\"approved_by\": \"00102\", \"reference\": null}", "Approved by: 00102"},
        {"[{\"id\": \"1\"}, {\"id\": \"2\"}]", "Id: 1; Id: 2"},
        {"[]", ""}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = words_of(cases[i][0]);
        assert_string_equal(words, cases[i][1]);
    }
    assert_null(words_of("null"));
}

static const char *time_of(const char *text)
{
    static json_t *facts;
    json_t *value = json_string(text);

    json_decref(facts);
    facts = json_array();
    view_fact_value(facts, "x", value);
    json_decref(value);
    return json_string_value(json_object_get(json_array_get(facts, 0), "time"));
}

static void instants_and_days_are_told_as_such(void **state)
{
    (void)state;
    assert_string_equal(time_of("2026-03-17"), "2026-03-17");
    assert_string_equal(time_of("2026-03-17T05:00:00Z"), "2026-03-17T05:00:00Z");
    assert_null(time_of("2026-02-30"));
    assert_null(time_of("2026-03-17T99:00:00Z"));
    assert_null(time_of("EX-0000012"));
}

static void a_link_cannot_leave_its_place(void **state)
{
    json_t *object = json_object();

    (void)state;
    view_link(object, "/people", "../runs/1?x=<>");
    assert_string_equal(view_text(object, "href"), "/people/..%2Fruns%2F1%3Fx%3D%3C%3E");
    json_object_clear(object);
    view_link(object, "/people", "");
    assert_null(view_text(object, "href"));
    json_decref(object);
}

static void late_is_what_is_over(void **state)
{
    json_t *row = json_pack("{s:s}", "due", "1970-01-01T00:01:00Z");

    (void)state;
    view_late(row, 60);
    assert_true(json_is_false(json_object_get(row, "is_late")));
    view_late(row, 61);
    assert_true(json_is_true(json_object_get(row, "is_late")));
    assert_false(view_is_late(NULL, 61));
    json_decref(row);
}

static void what_is_wrong_is_linked_to_its_field(void **state)
{
    json_t *model = json_object();

    (void)state;
    view_wrong(model, "until", "Say until when.");
    view_wrong(model, "reason", "Say why.");
    json_t *errors = json_object_get(model, "errors");
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(view_text(json_array_get(errors, 0), "href"), "#until");
    assert_string_equal(view_text(json_object_get(model, "wrong"), "reason"), "Say why.");
    json_decref(model);
}

static void one_page_needs_no_pager(void **state)
{
    json_t *model = json_object();
    Fields *fields = fields_parse("severity=high&page=2", 20, FIELDS_MAX, NULL);

    (void)state;
    view_pager(model, fields, &(ViewPage){.page = 1, .size = 50, .n_shown = 3, .total = 3});
    assert_null(json_object_get(model, "pager"));
    view_pager(model, fields,
               &(ViewPage){.page = 2, .size = 50, .n_shown = 50, .total = 120, .has_more = true});
    json_t *pager = json_object_get(model, "pager");
    assert_string_equal(view_text(pager, "words"), "51 to 100 of 120");
    assert_string_equal(view_text(pager, "previous_href"), "?severity=high");
    assert_string_equal(view_text(pager, "next_href"), "?severity=high&page=3");
    fields_free(fields);
    json_decref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_words),
        cmocka_unit_test(instants_and_days_are_told_as_such),
        cmocka_unit_test(a_link_cannot_leave_its_place),
        cmocka_unit_test(late_is_what_is_over),
        cmocka_unit_test(what_is_wrong_is_linked_to_its_field),
        cmocka_unit_test(one_page_needs_no_pager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
