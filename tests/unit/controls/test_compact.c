/* Against its twin: json_dumps() of jansson. */
#include "controls/compact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_same(json_t *value)
{
    char *expected = json_dumps(value, JSON_COMPACT);
    g_autofree char *found = json_compact(value);
    assert_string_equal(found, expected);
    free(expected);
    json_decref(value);
}

static void every_character_is_escaped_as_jansson_does(void **state)
{
    (void)state;
    json_t *list = json_array();
    for (int c = 0; c < 0x300; c++) {
        char text[16] = "a\"";
        int n = g_unichar_to_utf8((gunichar)c, text + 2);
        json_array_append_new(list, json_stringn(text, (size_t)n + 2));
    }
    json_array_append_new(list, json_string(""));
    json_array_append_new(list, json_string("→ \xf0\x9f\x94\x91 \\\\ /"));
    assert_same(list);
}

static json_t *random_text(GRand *random)
{
    static const char *const parts[] = {"cn=ann", "\"", "\\", "\n", "\x1e", "ü", ",dc=x", "\x7f"};
    g_autoptr(GString) text = g_string_new(NULL);
    while (g_rand_int_range(random, 0, 4) > 0)
        g_string_append(text, parts[g_rand_int_range(random, 0, G_N_ELEMENTS(parts))]);
    return json_string(text->str);
}

static json_t *random_value(GRand *random, int depth)
{
    json_t *result = NULL;
    switch (g_rand_int_range(random, depth > 0 ? 0 : 2, 8)) {
    case 0:
        result = json_object();
        for (int n = g_rand_int_range(random, 0, 5); n > 0; n--) {
            json_t *name = random_text(random);
            json_object_set_new(result, json_string_value(name), random_value(random, depth - 1));
            json_decref(name);
        }
        return result;
    case 1:
        result = json_array();
        for (int n = g_rand_int_range(random, 0, 5); n > 0; n--)
            json_array_append_new(result, random_value(random, depth - 1));
        return result;
    case 2:
        return json_integer((json_int_t)((uint64_t)g_rand_int(random) << 32 | g_rand_int(random)));
    case 3:
        return json_boolean(g_rand_boolean(random));
    case 4:
        return json_null();
    case 5:
        return json_real(g_rand_double_range(random, -1e9, 1e9));
    default:
        return random_text(random);
    }
}

static void trees_are_as_jansson_writes_them(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int i = 0; i < 2000; i++) {
        json_t *list = json_array();
        json_array_append_new(list, random_value(random, 4));
        assert_same(list);
    }
}

static void the_ends_of_numbers_are_written(void **state)
{
    (void)state;
    assert_same(json_pack("[I, I, i, f]", (json_int_t)INT64_MIN, (json_int_t)INT64_MAX, 0, 0.1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_escaped_as_jansson_does),
        cmocka_unit_test(trees_are_as_jansson_writes_them),
        cmocka_unit_test(the_ends_of_numbers_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
