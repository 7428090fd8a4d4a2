#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const modes[] = {"plain", "strict", NULL};
static const char *const map_keys[] = {"mail", "owner", NULL};

static const Setting table_settings[] = {
    {.name = "path", .type = SETTING_PATH, .is_required = true, .help = "File."},
    {.name = "header", .type = SETTING_BOOL, .initial = "true", .help = "Has a header."},
    {.name = NULL},
};
static const Setting tree_settings[] = {
    {.name = "url", .type = SETTING_TEXT, .is_required = true, .help = "Where."},
    {.name = "page_size",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 5000,
     .initial = "1000",
     .help = "Entries a page."},
    {.name = "mode",
     .type = SETTING_TEXT,
     .choices = modes,
     .initial = "\"plain\"",
     .help = "How."},
    {.name = "password_file", .type = SETTING_SECRET, .help = "Secret."},
    {.name = "ca_file", .type = SETTING_FILE, .help = "Certificate."},
    {.name = "base", .type = SETTING_TEXT_LIST, .initial = "[\"dc=x\"]", .help = "Bases."},
    {.name = "attributes", .type = SETTING_TEXT_MAP, .choices = map_keys, .help = "Names."},
    {.name = NULL},
};

static void tree_validate(const Source *source, GPtrArray *problems)
{
    if (g_str_has_prefix(settings_text(source->settings, "url"), "plain:"))
        g_ptr_array_add(problems, g_strdup("plain: is never used with a password."));
}

static const Connector table_connector = {
    .kind = "table", .provides = PROVIDES_PEOPLE | PROVIDES_ASSETS, .settings = table_settings};
static const Connector tree_connector = {.kind = "tree",
                                         .provides = PROVIDES_DIRECTORY,
                                         .settings = tree_settings,
                                         .validate = tree_validate};
static const Connector *const fixture_connectors[] = {&table_connector, &tree_connector, NULL};

static const Setting sleepy_settings[] = {
    {.name = "enabled", .type = SETTING_BOOL, .initial = "true", .help = "On."},
    {.name = "days", .type = SETTING_INT, .minimum = 1, .maximum = 1000, .help = "Limit."},
    {.name = NULL},
};
static const Setting fixture_controls[] = {
    {.name = "sleepy-account",
     .type = SETTING_GROUP,
     .children = sleepy_settings,
     .help = "Sleeps."},
    {.name = NULL},
};

const SettingsCatalogue fixture_catalogue = {.connectors = fixture_connectors,
                                             .controls = fixture_controls};

int fixture_setup(void **state)
{
    *state = g_dir_make_tmp("rightful-settings-XXXXXX", NULL);
    g_unsetenv("CREDENTIALS_DIRECTORY");
    return *state != NULL ? 0 : -1;
}

int fixture_teardown(void **state)
{
    g_autoptr(GDir) folder = g_dir_open(*state, 0, NULL);
    const char *name = NULL;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(*state, name, NULL);
        (void)g_remove(path);
    }
    (void)g_rmdir(*state);
    g_free(*state);
    return 0;
}

char *fixture_write(void **state, const char *name, const char *content)
{
    char *path = g_build_filename(*state, name, NULL);
    assert_true(g_file_set_contents(path, content, -1, NULL));
    return path;
}

void fixture_add(void **state, const char *name, const char *content)
{
    g_free(fixture_write(state, name, content));
}

static Settings *load(void **state, const char *content, char **ret_problems)
{
    g_autofree char *path = fixture_write(state, "test.conf", content);
    g_autofree char *folder = g_strconcat(*state, "/", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    Settings *settings = settings_load(path, &fixture_catalogue, problems, NULL);
    assert_int_equal(settings == NULL, problems->len > 0);

    g_autoptr(GString) text = g_string_new("");
    for (guint i = 0; i < problems->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", (char *)problems->pdata[i]);
    (void)g_string_replace(text, folder, "", 0);
    *ret_problems = g_strdup(text->str);
    return settings;
}

char *fixture_problems(void **state, const char *content)
{
    char *problems = NULL;
    settings_free(load(state, content, &problems));
    return problems;
}

char *fixture_problems_with_source(void **state, const char *content)
{
    g_autofree char *whole = g_strconcat(ONE_SOURCE, content, NULL);
    return fixture_problems(state, whole);
}

Settings *fixture_load(void **state, const char *content)
{
    g_autofree char *problems = NULL;
    Settings *settings = load(state, content, &problems);
    assert_string_equal(problems, "");
    return settings;
}
