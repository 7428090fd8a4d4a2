#include "fixture.h"

#include <string.h>

static void append_line(const char *key, const Setting *setting, void *data)
{
    g_string_append_printf(data, "%s: %s%s%s\n", key, setting_type_text(setting),
                           setting->initial != NULL ? " = " : "",
                           setting->initial != NULL ? setting->initial : "");
}

static char *description(void)
{
    GString *text = g_string_new("\n");
    settings_describe(&fixture_catalogue, append_line, text);
    return g_string_free(text, FALSE);
}

static void assert_line(const char *line)
{
    g_autofree char *text = description();
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);
    if (strstr(text, whole) == NULL)
        fail_msg("no line \"%s\" in%s", line, text);
}

static void own_settings_have_their_full_key(void **state)
{
    (void)state;
    assert_line("guards.shrink_percent: integer 1..99 = 5");
    assert_line("entitlements.risk: low | medium | high = \"medium\"");
    assert_line("entitlements.allowed.department: text");
}

static void settings_of_a_connector_stand_under_its_kind(void **state)
{
    (void)state;
    assert_line("sources.name: text");
    assert_line("sources.tree.page_size: integer 1..5000 = 1000");
    assert_line("sources.tree.base: list of texts = [\"dc=x\"]");
}

static void settings_of_a_control_stand_under_its_id(void **state)
{
    (void)state;
    assert_line("controls.sleepy-account.days: integer 1..1000");
}

static void check_row(const char *key, const Setting *setting, void *data)
{
    (void)data;
    if (setting->help == NULL || g_ascii_islower(setting->help[0]) ||
        !g_str_has_suffix(setting->help, "."))
        fail_msg("%s: the help is no sentence", key);
    if (setting->is_required && setting->initial != NULL)
        fail_msg("%s: what is required has no default", key);
}

static void every_setting_is_explained_by_a_sentence(void **state)
{
    (void)state;
    settings_describe(&fixture_catalogue, check_row, NULL);
}

static int n_conditions;
static void count_condition(const char *key, const Setting *setting, void *data)
{
    (void)setting;
    const RecordKind *people = data;
    for (size_t i = 0; i < people->n_fields; i++) {
        g_autofree char *name = g_strconcat("entitlements.allowed.", people->fields[i].name, NULL);
        n_conditions += strcmp(key, name) == 0 ? 1 : 0;
    }
}

static void every_field_of_people_can_be_a_condition(void **state)
{
    (void)state;
    const RecordKind *people = record_kind(PROVIDES_PEOPLE);

    n_conditions = 0;
    settings_describe(&fixture_catalogue, count_condition, (void *)(uintptr_t)people);
    assert_int_equal(n_conditions, people->n_fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_settings_have_their_full_key),
        cmocka_unit_test(settings_of_a_connector_stand_under_its_kind),
        cmocka_unit_test(settings_of_a_control_stand_under_its_id),
        cmocka_unit_test(every_setting_is_explained_by_a_sentence),
        cmocka_unit_test(every_field_of_people_can_be_a_condition),
    };
    return cmocka_run_group_tests_name("settings/describe", tests, NULL, NULL);
}
