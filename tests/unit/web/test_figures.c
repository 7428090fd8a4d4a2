/* Numbers of drawings. */
#include "web/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_int_t number_at(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void a_path_is_drawn_and_told(void **state)
{
    json_t *paths = json_array(), *steps = json_pack("[s s]", "ops", "Domain Admins");

    (void)state;
    figure_path(paths, "lwong", steps);
    assert_int_equal(json_array_size(paths), 1);
    json_t *path = json_array_get(paths, 0), *boxes = json_object_get(path, "boxes");
    assert_string_equal(text_at(path, "words"), "lwong is in ops, which is in Domain Admins.");
    assert_int_equal(json_array_size(boxes), 3);
    assert_null(json_object_get(json_array_get(boxes, 0), "arrow"));
    for (size_t i = 1; i < 3; i++) { /* each line ends where its box begins */
        json_t *box = json_array_get(boxes, i), *above = json_array_get(boxes, i - 1);
        json_t *line = json_object_get(box, "arrow");
        assert_int_equal(number_at(line, "to"), number_at(box, "y"));
        assert_true(number_at(line, "from") > number_at(above, "y"));
        assert_true(number_at(box, "y") < number_at(path, "height"));
    }
    json_decref(paths);
    json_decref(steps);
}

static void a_path_that_begins_with_the_account_names_it_once(void **state)
{
    json_t *paths = json_array(), *steps = json_pack("[s s]", "lwong", "ops");

    (void)state;
    figure_path(paths, "lwong", steps);
    assert_string_equal(text_at(json_array_get(paths, 0), "words"), "lwong is in ops.");
    json_decref(paths);
    json_decref(steps);
}

static void one_name_is_no_path(void **state)
{
    json_t *paths = json_array(), *steps = json_pack("[s]", "ops");

    (void)state;
    figure_path(paths, NULL, steps);
    figure_path(paths, "lwong", NULL);
    assert_int_equal(json_array_size(paths), 0);
    json_decref(paths);
    json_decref(steps);
}

static json_t *run(json_int_t id, const char *status, json_int_t critical, json_int_t low)
{
    return json_pack("{s:I s:s s:s s:{s:{s:I s:I}}}", "id", id, "status", status, "as_of",
                     "2026-03-17T05:00:00Z", "counts", "by_severity", "critical", critical, "low",
                     low);
}

static void bars_stand_on_each_other_oldest_first(void **state)
{
    json_t *runs = json_pack("[o o o]", run(3, "applied", 2, 6), run(2, "failed", 90, 90),
                             run(1, "partial", 0, 4));
    json_t *trend = figure_trend(runs), *bars = json_object_get(trend, "bars");

    (void)state;
    assert_int_equal(json_array_size(json_object_get(trend, "rows")), 2); /* failed says nothing */
    assert_int_equal(json_array_size(bars), 3);
    json_t *first = json_array_get(bars, 0), *critical = json_array_get(bars, 1);
    json_t *low = json_array_get(bars, 2);
    assert_string_equal(text_at(first, "class"), "low");
    assert_string_equal(text_at(critical, "class"), "critical");
    assert_true(number_at(first, "x") < number_at(critical, "x"));
    assert_int_equal(number_at(low, "y") + number_at(low, "h"), number_at(critical, "y"));
    assert_int_equal(number_at(json_array_get(json_object_get(trend, "rows"), 0), "id"), 3);
    json_decref(trend);
    json_decref(runs);
}

static void without_a_run_there_is_no_trend(void **state)
{
    json_t *runs = json_array();

    (void)state;
    assert_null(figure_trend(runs));
    json_decref(runs);
}

static void a_company_without_exceptions_has_an_axis(void **state)
{
    json_t *runs = json_pack("[o]", run(1, "applied", 0, 0)), *trend = figure_trend(runs);

    (void)state;
    assert_non_null(trend);
    assert_int_equal(json_array_size(json_object_get(trend, "bars")), 0);
    assert_true(json_array_size(json_object_get(trend, "lines")) >= 2);
    json_decref(trend);
    json_decref(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_drawn_and_told),
        cmocka_unit_test(a_path_that_begins_with_the_account_names_it_once),
        cmocka_unit_test(one_name_is_no_path),
        cmocka_unit_test(bars_stand_on_each_other_oldest_first),
        cmocka_unit_test(without_a_run_there_is_no_trend),
        cmocka_unit_test(a_company_without_exceptions_has_an_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
