#include "report/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Column columns[] = {{.path = "id", .header = "ID"},
                                 {.path = "subject.name", .header = "SUBJECT"},
                                 {.path = "count", .header = "COUNT", .is_right = true},
                                 {.path = "tags"},
                                 {0}};

/* Prints the rows (a JSON array) in a format and returns what came out. */
static char *print(Format format, const char *rows)
{
    char *text = NULL;
    size_t length = 0, i;
    FILE *out = open_memstream(&text, &length);
    json_t *list = json_loads(rows, 0, NULL), *row;
    Writer *writer = writer_new(format, "things", columns, out, false);

    writer_envelope(writer, "run", json_pack("{s:i}", "id", 7));
    json_array_foreach(list, i, row)
    {
        writer_row(writer, row);
    }
    assert_true(writer_end(writer, NULL));
    writer_free(writer);
    json_decref(list);
    fclose(out);
    return text;
}

static void json_has_version_envelope_and_rows(void **state)
{
    (void)state;
    char *text = print(FORMAT_JSON, "[{\"id\": 1}, {\"id\": 2}]");
    json_t *root = json_loads(text, 0, NULL);

    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "schema_version")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "run"), "id")), 7);
    assert_int_equal(json_array_size(json_object_get(root, "things")), 2);
    json_decref(root);
    free(text);
}

static void an_empty_list_is_valid_json(void **state)
{
    (void)state;
    char *text = print(FORMAT_JSON, "[]");
    json_t *root = json_loads(text, 0, NULL);

    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "things")), 0);
    json_decref(root);
    free(text);
}

static void ndjson_is_one_row_a_line(void **state)
{
    (void)state;
    char *text = print(FORMAT_NDJSON, "[{\"id\": 1}, {\"id\": 2}]");

    assert_string_equal(text, "{\"id\":1}\n{\"id\":2}\n");
    free(text);
}

static void csv_flattens_by_path_and_stops_formulas(void **state)
{
    (void)state;
    char *text =
        print(FORMAT_CSV, "[{\"id\": \"=cmd|' /C calc'!A0\", \"subject\": {\"name\": "
                          "\"a \\\"b\\\", c\"}, \"count\": -5, \"tags\": [\"x\", \"y\"]}]");

    assert_string_equal(text, "id,subject.name,count,tags\r\n"
                              "\"'=cmd|' /C calc'!A0\",\"a \"\"b\"\", c\",-5,\"x|y\"\r\n");
    free(text);
}

static void an_empty_csv_still_has_its_header(void **state)
{
    (void)state;
    char *text = print(FORMAT_CSV, "[]");

    assert_string_equal(text, "id,subject.name,count,tags\r\n");
    free(text);
}

static void a_table_shows_control_characters_instead_of_obeying_them(void **state)
{
    (void)state;
    char *text =
        print(FORMAT_TABLE, "[{\"id\": \"a\\u202eb\", \"subject\": {\"name\": \"n\\u001b[31m\"}}]");

    assert_non_null(strstr(text, "a<U+202E>b"));
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "SUBJECT"));
    assert_null(strstr(text, "tags"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_version_envelope_and_rows),
        cmocka_unit_test(an_empty_list_is_valid_json),
        cmocka_unit_test(ndjson_is_one_row_a_line),
        cmocka_unit_test(csv_flattens_by_path_and_stops_formulas),
        cmocka_unit_test(an_empty_csv_still_has_its_header),
        cmocka_unit_test(a_table_shows_control_characters_instead_of_obeying_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
