/* What is in the file is what the getters give, and what is not there is the default. */
#include "fixture.h"

#include <string.h>

static void defaults_are_those_of_the_interface(void **state)
{
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE);

    assert_string_equal(settings->store_url, "sqlite:///var/lib/rightful/rightful.db");
    assert_string_equal(settings->timezone_name, "UTC");
    assert_string_equal(settings->profiles[0], "iso27001");
    assert_null(settings->profiles[1]);
    const SettingsGroup *guards = settings_group(settings->root, "guards");
    assert_int_equal(settings_int(guards, "shrink_percent"), 5);
    assert_int_equal(settings_int(guards, "shrink_minimum"), 3);
    assert_int_equal(settings_int(guards, "growth_percent"), 20);
    assert_int_equal(settings_int(guards, "growth_minimum"), 10);
    assert_int_equal(settings_int(guards, "fill_percent"), 5);
    assert_int_equal(settings_int(guards, "resolve_percent"), 5);
    assert_int_equal(settings_int(guards, "resolve_minimum"), 5);
    const SettingsGroup *due = settings_group(settings->root, "due");
    assert_int_equal(settings_int(due, "critical_days"), 1);
    assert_int_equal(settings_int(due, "low_days"), 90);
    assert_false(settings_is_set(guards, "shrink_percent"));
}

static void without_correlation_the_three_rules_of_the_interface_hold(void **state)
{
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE);

    assert_int_equal(settings_n_groups(settings->root, "correlation"), 3);
    const SettingsGroup *last = settings_group_at(settings->root, "correlation", 2);
    assert_string_equal(settings_text(last, "account"), "name");
    assert_string_equal(settings_text(last, "person"), "username");
}

static void correlation_may_be_empty(void **state)
{
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE "correlation: ();");

    assert_int_equal(settings_n_groups(settings->root, "correlation"), 0);
}

static void a_source_is_read_by_the_table_of_its_kind(void **state)
{
    g_autoptr(Settings) settings = fixture_load(
        state, "organisation: { name = \"Ex\"; timezone = \"Europe/Berlin\"; };\n"
               "sources: (\n"
               "  { name = \"corp\"; kind = \"tree\"; provides = \"directory\"; url = \"u\";\n"
               "    base = [\"dc=a\", \"dc=b\"]; attributes: { owner = \"managedBy\"; }; },\n"
               "  { name = \"hr\"; kind = \"table\"; provides = \"people\"; path = \"hr.csv\"; }\n"
               ");\n");

    assert_int_equal(settings->n_sources, 2);
    const SettingsSource *corp = &settings->sources[0];
    assert_string_equal(corp->source.name, "corp");
    assert_int_equal(corp->source.provides, PROVIDES_DIRECTORY);
    assert_string_equal(corp->connector->kind, "tree");
    assert_true(g_str_has_suffix(corp->place, "test.conf:3"));
    assert_int_equal(settings_int(corp->source.settings, "page_size"), 1000);
    assert_string_equal(settings_texts(corp->source.settings, "base")[1], "dc=b");
    assert_string_equal(settings_map_value(corp->source.settings, "attributes", "owner"),
                        "managedBy");
    assert_null(settings_map_value(corp->source.settings, "attributes", "mail"));
    assert_string_equal(settings_map_keys(corp->source.settings, "attributes")[0], "owner");
    assert_null(settings_text(corp->source.settings, "ca_file"));
    assert_true(settings_bool(settings->sources[1].source.settings, "header"));
}

static void a_relative_path_begins_at_the_configuration_file(void **state)
{
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE);

    g_autofree char *expected = g_build_filename(*state, "hr.csv", NULL);
    assert_string_equal(settings_text(settings->sources[0].source.settings, "path"), expected);
}

static void a_single_text_is_a_list_of_one(void **state)
{
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE "privileged = \"Admins\";");

    assert_string_equal(settings_texts(settings->root, "privileged")[0], "Admins");
    assert_null(settings_texts(settings->root, "privileged")[1]);
}

static void a_control_keeps_what_the_file_does_not_set(void **state)
{
    g_autoptr(Settings) settings =
        fixture_load(state, ONE_SOURCE "controls: { sleepy-account: { days = 60; }; };");

    const SettingsGroup *control =
        settings_group(settings_group(settings->root, "controls"), "sleepy-account");
    assert_int_equal(settings_int(control, "days"), 60);
    assert_true(settings_is_set(control, "days"));
    assert_true(settings_bool(control, "enabled"));
    assert_false(settings_is_set(control, "enabled"));
}

static void an_integer_with_the_suffix_L_is_an_integer(void **state)
{
    g_autoptr(Settings) settings =
        fixture_load(state, ONE_SOURCE "guards: { shrink_minimum = 7L; };");

    assert_int_equal(settings_int(settings_group(settings->root, "guards"), "shrink_minimum"), 7);
}

static void an_included_file_is_part_of_the_configuration(void **state)
{
    fixture_add(state, "guards.inc", "guards: { fill_percent = 9; };\n");
    g_autoptr(Settings) settings = fixture_load(state, ONE_SOURCE "@include \"guards.inc\"\n");

    assert_int_equal(settings_int(settings_group(settings->root, "guards"), "fill_percent"), 9);
}

static void the_digest_follows_every_file_that_was_read(void **state)
{
    fixture_add(state, "more.inc", "guards: { fill_percent = 9; };\n");
    g_autoptr(Settings) first = fixture_load(state, ONE_SOURCE "@include \"more.inc\"\n");
    g_autoptr(Settings) again = fixture_load(state, ONE_SOURCE "@include \"more.inc\"\n");
    fixture_add(state, "more.inc", "guards: { fill_percent = 8; };\n");
    g_autoptr(Settings) changed = fixture_load(state, ONE_SOURCE "@include \"more.inc\"\n");

    assert_true(g_str_has_prefix(first->digest, "sha256:"));
    assert_string_equal(first->digest, again->digest);
    assert_string_not_equal(first->digest, changed->digest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_interface),
        TEST(without_correlation_the_three_rules_of_the_interface_hold),
        TEST(correlation_may_be_empty),
        TEST(a_source_is_read_by_the_table_of_its_kind),
        TEST(a_relative_path_begins_at_the_configuration_file),
        TEST(a_single_text_is_a_list_of_one),
        TEST(a_control_keeps_what_the_file_does_not_set),
        TEST(an_integer_with_the_suffix_L_is_an_integer),
        TEST(an_included_file_is_part_of_the_configuration),
        TEST(the_digest_follows_every_file_that_was_read),
    };
    return cmocka_run_group_tests_name("settings/reader", tests, NULL, NULL);
}
