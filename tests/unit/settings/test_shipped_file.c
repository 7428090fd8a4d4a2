/* config/rightful.conf, the tables and the reader agree.
 *
 * In the file a help line is "# text"; a setting that is commented out is "#name = …" without a
 * space, so that taking away these # gives a file that sets everything. */
#include "fixture.h"

#include "controls/control.h"

#include <glib/gstdio.h>
#include <libconfig.h>
#include <string.h>

typedef struct Shipped {
    char *folder, *path; /* of the file that sets everything */
    char *text;          /* as shipped */
    char *helps;         /* its help lines, joined by one space */
    config_t everything;
} Shipped;

static const SettingsCatalogue *catalogue(void)
{
    static SettingsCatalogue catalogue;
    catalogue = (SettingsCatalogue){.connectors = connectors, .controls = control_settings()};
    return &catalogue;
}

/* ---- the file ---- */

static char *shipped_path(void)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), "config", "rightful.conf", NULL);
}

static char *uncomment(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new("^([ ]*)#(?=[^ #\n])", G_REGEX_MULTILINE, 0, NULL);
    return g_regex_replace(regex, text, -1, 0, "\\1", 0, NULL);
}

static char *help_lines(const char *text)
{
    g_autoptr(GString) helps = g_string_new("");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchug(lines[i]);
        if (g_str_has_prefix(line, "# "))
            g_string_append_printf(helps, "%s ", line + 2);
    }
    return g_string_free(g_steal_pointer(&helps), FALSE);
}

static int shipped_setup(void **state)
{
    Shipped *shipped = g_new0(Shipped, 1);
    g_autofree char *path = shipped_path();
    assert_true(g_file_get_contents(path, &shipped->text, NULL, NULL));
    shipped->helps = help_lines(shipped->text);
    shipped->folder = g_dir_make_tmp("rightful-shipped-XXXXXX", NULL);
    shipped->path = g_build_filename(shipped->folder, "everything.conf", NULL);
    g_autofree char *everything = uncomment(shipped->text);
    assert_true(g_file_set_contents(shipped->path, everything, -1, NULL));
    config_init(&shipped->everything);
    if (config_read_file(&shipped->everything, shipped->path) != CONFIG_TRUE)
        fail_msg("line %d of the uncommented file: %s", config_error_line(&shipped->everything),
                 config_error_text(&shipped->everything));
    *state = shipped;
    return 0;
}

static int shipped_teardown(void **state)
{
    Shipped *shipped = *state;
    g_autoptr(GDir) folder = g_dir_open(shipped->folder, 0, NULL);
    const char *name = NULL;
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(shipped->folder, name, NULL);
        (void)g_remove(path);
    }
    (void)g_rmdir(shipped->folder);
    config_destroy(&shipped->everything);
    g_free(shipped->folder);
    g_free(shipped->path);
    g_free(shipped->text);
    g_free(shipped->helps);
    g_free(shipped);
    return 0;
}

/* ---- its tree ---- */

/* Is row a source of another kind than the key is of? "sources.ldap.url": kind is skipped in the
 * path. */
static bool is_other_kind(config_setting_t *row, const char *kind)
{
    const char *found = NULL;
    return !config_setting_lookup_string(row, "kind", &found) || strcmp(found, kind) != 0;
}

static config_setting_t *find(config_setting_t *node, char **names);

static config_setting_t *find_in_rows(config_setting_t *list, char **names)
{
    bool has_kind = g_strcmp0(config_setting_name(list), "sources") == 0 && names[1] != NULL;
    for (int i = 0; i < config_setting_length(list); i++) {
        config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
        if (has_kind && is_other_kind(row, names[0]))
            continue;
        config_setting_t *found = find(row, has_kind ? names + 1 : names);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* names: the rest of the key, NULL-terminated. NULL when no part of the file sets it. */
static config_setting_t *find(config_setting_t *node, char **names)
{
    if (names[0] == NULL)
        return node;
    if (config_setting_is_list(node))
        return find_in_rows(node, names);
    config_setting_t *child =
        config_setting_is_group(node) ? config_setting_get_member(node, names[0]) : NULL;
    return child != NULL ? find(child, names + 1) : NULL;
}

static bool are_equal(const config_setting_t *a, const config_setting_t *b)
{
    if (config_setting_type(a) != config_setting_type(b) ||
        config_setting_length(a) != config_setting_length(b))
        return false;
    switch (config_setting_type(a)) {
    case CONFIG_TYPE_STRING:
        return strcmp(config_setting_get_string(a), config_setting_get_string(b)) == 0;
    case CONFIG_TYPE_INT:
        return config_setting_get_int(a) == config_setting_get_int(b);
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(a) == config_setting_get_bool(b);
    default:
        break;
    }
    for (int i = 0; i < config_setting_length(a); i++) {
        if (!are_equal(config_setting_get_elem(a, (unsigned)i),
                       config_setting_get_elem(b, (unsigned)i)))
            return false;
    }
    return true;
}

static bool is_default(const config_setting_t *node, const char *initial)
{
    g_autofree char *text = g_strdup_printf("value = %s;", initial);
    config_t config;
    config_init(&config);
    assert_int_equal(config_read_string(&config, text), CONFIG_TRUE);
    bool is_same = are_equal(node, config_lookup(&config, "value"));
    config_destroy(&config);
    return is_same;
}

/* ---- what every setting must satisfy ---- */

/* The threshold that a key is, or NULL. *ret_other: it is the same limit in the other unit, which
 * the file need not show. */
static const Threshold *threshold_of(char **names, const Setting *setting, bool *ret_other)
{
    *ret_other = false;
    if (strcmp(names[0], "controls") != 0 || setting->type != SETTING_INT)
        return NULL;
    const Control *control = control_find(names[1]);
    assert_non_null(control);
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        if (strcmp(t->name, names[2]) == 0)
            return t;
    }
    *ret_other = true;
    return NULL;
}

/* Rows of lists are examples, so their values are not the defaults; those of sources are. */
static bool is_in_example(char **names)
{
    return g_strv_length(names) > 1 &&
           (strcmp(names[0], "correlation") == 0 || strcmp(names[0], "account_classes") == 0 ||
            strcmp(names[0], "entitlements") == 0 || strcmp(names[0], "segregation") == 0 ||
            strcmp(names[0], "suppressions") == 0 || strcmp(names[0], "reviews") == 0);
}

static void check_setting(const char *key, const Setting *setting, void *data)
{
    Shipped *shipped = data;
    g_auto(GStrv) names = g_strsplit(key, ".", -1);
    bool is_other_unit = false;
    const Threshold *threshold = threshold_of(names, setting, &is_other_unit);
    if (is_other_unit)
        return;
    config_setting_t *node = find(config_root_setting(&shipped->everything), names);
    if (node == NULL)
        fail_msg("config/rightful.conf does not show %s (%s)", key, setting_type_text(setting));
    bool is_list_of_examples =
        setting->type == SETTING_GROUP_LIST && strcmp(key, "correlation") != 0;
    if (setting->initial != NULL && !is_in_example(names) && !is_list_of_examples &&
        !is_default(node, setting->initial))
        fail_msg("config/rightful.conf shows %s with another value than its default %s", key,
                 setting->initial);
    if (threshold != NULL)
        assert_int_equal(config_setting_get_int(node), threshold->iso27001);
    if (strcmp(names[0], "controls") == 0 && strcmp(names[2], "severity") == 0)
        assert_string_equal(config_setting_get_string(node),
                            severities[control_find(names[1])->severity]);
}

static void every_setting_is_shown_with_its_default(void **state)
{
    settings_describe(catalogue(), check_setting, *state);
}

static void check_help(const char *key, const Setting *setting, void *data)
{
    Shipped *shipped = data;
    if (setting->help == NULL || g_ascii_islower(setting->help[0]) ||
        !g_str_has_suffix(setting->help, "."))
        fail_msg("%s: the help \"%s\" is no sentence", key, setting->help);
    bool is_of_all_controls = g_str_has_prefix(key, "controls.");
    /* The conditions on people differ by the field only; the file shows the first. */
    bool is_condition = g_str_has_prefix(key, "entitlements.allowed.");
    if (!is_of_all_controls && !is_condition && strstr(shipped->helps, setting->help) == NULL)
        fail_msg("config/rightful.conf does not explain %s: \"%s\"", key, setting->help);
}

static void every_setting_is_explained_as_in_its_table(void **state)
{
    settings_describe(catalogue(), check_help, *state);
}

static void make_needed_file(const char *key, const Setting *setting, void *data)
{
    Shipped *shipped = data;
    if (setting->type != SETTING_FILE && setting->type != SETTING_SECRET)
        return;
    g_auto(GStrv) names = g_strsplit(key, ".", -1);
    config_setting_t *node = find(config_root_setting(&shipped->everything), names);
    assert_non_null(node);
    const char *name = config_setting_get_string(node);
    assert_false(g_path_is_absolute(name));
    g_autofree char *path = g_build_filename(shipped->folder, name, NULL);
    assert_true(g_file_set_contents(path, "example\n", -1, NULL));
    assert_int_equal(g_chmod(path, 0600), 0);
}

static void the_file_that_sets_everything_is_accepted(void **state)
{
    Shipped *shipped = *state;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    settings_describe(catalogue(), make_needed_file, shipped);

    g_autoptr(Settings) settings = settings_load(shipped->path, catalogue(), problems, NULL);
    if (settings == NULL)
        fail_msg("%u problems, first: %s", problems->len, (char *)problems->pdata[0]);
}

static void as_shipped_only_the_sources_are_missing(void **state)
{
    (void)state;
    g_autofree char *path = shipped_path();
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    g_autoptr(Settings) settings = settings_load(path, catalogue(), problems, NULL);
    assert_null(settings);
    assert_int_equal(problems->len, 1);
    assert_non_null(strstr(problems->pdata[0], "sources: is missing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shipped_setup, shipped_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_setting_is_shown_with_its_default),
        TEST(every_setting_is_explained_as_in_its_table),
        TEST(the_file_that_sets_everything_is_accepted),
        TEST(as_shipped_only_the_sources_are_missing),
    };
    return cmocka_run_group_tests_name("settings/shipped_file", tests, NULL, NULL);
}
