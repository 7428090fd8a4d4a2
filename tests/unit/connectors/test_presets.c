/* Exports of known systems: which column is which field, and what their words mean. */
#include "presets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void headers_of(const Preset *preset, const char *header,
                       const char *ret_headers[MAX_RECORD_FIELDS])
{
    g_auto(GStrv) names = g_strsplit(header, ",", -1);
    g_autofree Text *texts = g_new0(Text, g_strv_length(names) + 1);
    for (size_t i = 0; names[i] != NULL; i++)
        texts[i] = text_of(names[i]);
    preset_headers(preset, texts, g_strv_length(names), ret_headers);
}

static void every_name_has_assets_and_people(void **state)
{
    (void)state;
    for (size_t i = 0; preset_names[i] != NULL; i++) {
        assert_non_null(preset_find(preset_names[i], PROVIDES_ASSETS));
        assert_non_null(preset_find(preset_names[i], PROVIDES_PEOPLE));
    }
    assert_null(preset_find("snipe-it", PROVIDES_APPROVALS));
    assert_null(preset_find("other", PROVIDES_ASSETS));
    assert_null(preset_find(NULL, PROVIDES_ASSETS));
}

static void the_first_header_that_is_there_wins(void **state)
{
    (void)state;
    const char *headers[MAX_RECORD_FIELDS];
    const Preset *preset = preset_find("snipe-it", PROVIDES_ASSETS);

    headers_of(preset, "Asset Tag,serial,Username,Checked Out,Employee No.", headers);
    assert_string_equal(headers[ASSET_ID], "Asset Tag");
    assert_string_equal(headers[ASSET_SERIAL], "Serial");
    assert_string_equal(headers[ASSET_CUSTODIAN], "Employee No.");
    assert_null(headers[ASSET_STATUS]);
}

static void a_required_column_is_asked_for_by_their_name_even_where_ours_is_there(void **state)
{
    (void)state;
    const char *headers[MAX_RECORD_FIELDS];

    headers_of(preset_find("snipe-it", PROVIDES_ASSETS), "ID,Serial", headers);
    assert_string_equal(headers[ASSET_ID], "Asset Tag");
}

static const char *translated(size_t field, const char *value)
{
    Text cells[MAX_RECORD_FIELDS] = {0};
    static char result[100];
    cells[field] = text_of(value);
    preset_translate(preset_find("snipe-it", PROVIDES_ASSETS), cells);
    g_snprintf(result, sizeof result, "%.*s", (int)cells[field].length,
               cells[field].length > 0 ? cells[field].data : "");
    return result;
}

static void statuses_mean_the_same_here(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"Ready to Deploy (deployed)", "in_use"},
        {"Ready to Deploy (deployable)", "stock"},
        {"Ready to Deploy", "stock"},
        {"Out for Repair (undeployable)", "repair"},
        {"Lost/Stolen (archived)", "lost"},
        {"Shelf (archived)", "retired"},
        {"Bespoke", "Bespoke"},
        {"Bespoke (unheard of)", "Bespoke (unheard of)"},
        {"(deployed)", "(deployed)"},
        {"", ""},
        {"(", "("},
        {")", ")"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        assert_string_equal(translated(ASSET_STATUS, pairs[i][0]), pairs[i][1]);
}

static void kinds_mean_the_same_here(void **state)
{
    (void)state;
    assert_string_equal(translated(ASSET_KIND, "Laptops"), "computer");
    assert_string_equal(translated(ASSET_KIND, "mobile phones"), "phone");
    assert_string_equal(translated(ASSET_KIND, "Badges"), "Badges");
}

static void a_time_where_a_date_is_wanted_is_its_date(void **state)
{
    (void)state;
    assert_string_equal(translated(ASSET_LAST_AUDIT, "2026-01-05 10:22:00"), "2026-01-05");
    assert_string_equal(translated(ASSET_LAST_AUDIT, "2026-01-05T10:22"), "2026-01-05");
    assert_string_equal(translated(ASSET_LAST_AUDIT, "2026-01-05"), "2026-01-05");
    assert_string_equal(translated(ASSET_LAST_AUDIT, "05.01.2026 10:22:00"), "05.01.2026 10:22:00");
    assert_string_equal(translated(ASSET_ASSIGNED_AT, "2026-01-05 10:22:00"),
                        "2026-01-05 10:22:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_has_assets_and_people),
        cmocka_unit_test(the_first_header_that_is_there_wins),
        cmocka_unit_test(a_required_column_is_asked_for_by_their_name_even_where_ours_is_there),
        cmocka_unit_test(statuses_mean_the_same_here),
        cmocka_unit_test(kinds_mean_the_same_here),
        cmocka_unit_test(a_time_where_a_date_is_wanted_is_its_date),
    };
    return cmocka_run_group_tests_name("connectors/presets", tests, NULL, NULL);
}
