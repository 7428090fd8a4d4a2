/* Columns to fields, without a file. */
#include "mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const no_headers[MAX_RECORD_FIELDS];

static bool map(Mapping *mapping, const char *header, const char *const *headers,
                char **ret_message)
{
    g_auto(GStrv) names = g_strsplit(header, ",", -1);
    g_autofree Text *texts = g_new0(Text, g_strv_length(names) + 1);
    for (size_t i = 0; names[i] != NULL; i++)
        texts[i] = text_of(names[i]);
    g_autoptr(GError) error = NULL;
    bool is_mapped = mapping_init(mapping, record_kind(PROVIDES_ASSETS), headers, texts,
                                  g_strv_length(names), &error);
    *ret_message = g_strdup(error != NULL ? error->message : "");
    return is_mapped;
}

static void fields_are_found_by_their_own_name(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    assert_true(map(&mapping, "Owner,id,SERIAL", no_headers, &message));
    assert_int_equal(mapping.column[ASSET_OWNER], 0);
    assert_int_equal(mapping.column[ASSET_ID], 1);
    assert_int_equal(mapping.column[ASSET_SERIAL], 2);
    assert_int_equal(mapping.column[ASSET_NAME], -1);
}

static void an_exact_header_wins_over_one_of_other_case(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    assert_true(map(&mapping, "ID,id", no_headers, &message));
    assert_int_equal(mapping.column[ASSET_ID], 1);
}

static void headers_fold_without_case_beyond_ascii(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    const char *headers[MAX_RECORD_FIELDS] = {[ASSET_OWNER] = "EIGENTÜMER"};
    assert_true(map(&mapping, "id,Eigentümer", headers, &message));
    assert_int_equal(mapping.column[ASSET_OWNER], 1);
}

static void an_optional_field_that_is_mapped_must_be_there(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    const char *headers[MAX_RECORD_FIELDS] = {[ASSET_OWNER] = "Responsible"};
    assert_false(map(&mapping, "id,Responsable,x", headers, &message));
    assert_non_null(strstr(message, "\"Responsible\""));
    assert_non_null(strstr(message, "\"id\", \"Responsable\", \"x\""));
    assert_non_null(strstr(message, "did you mean \"Responsable\"?"));
}

static void nothing_is_suggested_when_nothing_is_near(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    assert_false(map(&mapping, "completely,different", no_headers, &message));
    assert_null(strstr(message, "did you mean"));
}

static void one_column_may_serve_two_fields(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    const char *headers[MAX_RECORD_FIELDS] = {[ASSET_NAME] = "id"};
    assert_true(map(&mapping, "id,x", headers, &message));
    assert_int_equal(mapping.column[ASSET_ID], 0);
    assert_int_equal(mapping.column[ASSET_NAME], 0);
}

static void picking_says_when_all_cells_are_empty(void **state)
{
    Mapping mapping;
    g_autofree char *message = NULL;
    assert_true(map(&mapping, "x,id", no_headers, &message));
    Text cells[MAX_RECORD_FIELDS];
    assert_true(mapping_pick(&mapping, (Text[]){text_of("a"), text_of("7")}, cells));
    assert_int_equal(cells[ASSET_ID].length, 1);
    assert_int_equal(cells[ASSET_OWNER].length, 0);
    assert_false(mapping_pick(&mapping, (Text[]){text_of("a"), text_of("")}, cells));
}

static void every_table_of_fields_has_names_in_all_its_rows(void **state)
{
    static const Provides kinds[] = {PROVIDES_PEOPLE, PROVIDES_ASSETS, PROVIDES_APPROVALS,
                                     PROVIDES_ACCOUNTS};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const RecordKind *kind = record_kind(kinds[i]);
        assert_string_equal(kind->fields[0].name, "id");
        assert_true(kind->fields[0].is_required && kind->fields[0].is_identifier);
        for (size_t field = 0; field < kind->n_fields; field++)
            assert_non_null(kind->fields[field].name);
    }
    assert_null(record_kind(PROVIDES_DIRECTORY));
    assert_string_equal(provides_name(PROVIDES_DIRECTORY), "directory");
    assert_string_equal(provides_name(PROVIDES_APPROVALS), "approvals");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_by_their_own_name),
        cmocka_unit_test(an_exact_header_wins_over_one_of_other_case),
        cmocka_unit_test(headers_fold_without_case_beyond_ascii),
        cmocka_unit_test(an_optional_field_that_is_mapped_must_be_there),
        cmocka_unit_test(nothing_is_suggested_when_nothing_is_near),
        cmocka_unit_test(one_column_may_serve_two_fields),
        cmocka_unit_test(picking_says_when_all_cells_are_empty),
        cmocka_unit_test(every_table_of_fields_has_names_in_all_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
