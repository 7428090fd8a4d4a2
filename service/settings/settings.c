#include "settings/settings.h"

#include "base/digest.h"
#include "settings/problems.h"
#include "settings/reader.h"
#include "settings/rules.h"
#include "settings/scan.h"
#include "settings/settings_table.h"

#include <string.h>

/* What callers see, and what it stands on. */
typedef struct LoadedSettings {
    Settings settings; /* first: a Settings made here is one of these */
    const SettingsCatalogue *catalogue;
    SettingsGroup *root;
    Setting *root_table;
    GHashTable *source_tables; /* kind → table of such a source (Setting *) */
    GPtrArray *unreadable;     /* only while loading */
} LoadedSettings;

static const Setting no_settings[] = {{.name = NULL}};

/* ---- tables ---- */

static Setting *root_table_new(const SettingsCatalogue *catalogue)
{
    size_t n = settings_table_length(settings_root_table);
    Setting *table = g_new0(Setting, n + 1);
    for (size_t i = 0; i < n; i++) {
        table[i] = settings_root_table[i];
        if (strcmp(table[i].name, "controls") == 0)
            table[i].children = catalogue->controls != NULL ? catalogue->controls : no_settings;
    }
    return table;
}

static Setting *source_table_new(const Connector *connector)
{
    size_t n = settings_table_length(settings_source_table);
    size_t n_own = settings_table_length(connector->settings);
    Setting *table = g_new0(Setting, n + n_own + 1);
    memcpy(table, settings_source_table, n * sizeof *table);
    memcpy(table + n, connector->settings, n_own * sizeof *table);
    return table;
}

static const Connector *find_connector(const SettingsCatalogue *catalogue, const char *kind)
{
    for (const Connector *const *connector = catalogue->connectors; *connector != NULL;
         connector++) {
        if (strcmp((*connector)->kind, kind) == 0)
            return *connector;
    }
    return NULL;
}

static void unknown_kind(SettingsReader *reader, const SettingsCatalogue *catalogue,
                         const char *kind, const char *key, const char *place)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    for (const Connector *const *connector = catalogue->connectors; *connector != NULL; connector++)
        g_ptr_array_add(kinds, (char *)(uintptr_t)(*connector)->kind);
    g_ptr_array_add(kinds, NULL);
    g_autofree char *quoted = problem_quote(kind);
    g_autofree char *hint = problem_hint(kind, (const char *const *)kinds->pdata);
    g_autofree char *kind_key = g_strconcat(key, ".kind", NULL);
    problem_add(reader->problems, place, kind_key, "no connector is called \"%s\"%s", quoted, hint);
}

/* A row of `sources` is read by the table of its kind. */
static const Setting *table_of_row(SettingsReader *reader, const Setting *list,
                                   config_setting_t *row, const char *key)
{
    LoadedSettings *loaded = reader->data;
    if (strcmp(list->name, "sources") != 0)
        return list->children;
    config_setting_t *node = config_setting_get_member(row, "kind");
    const char *kind = node != NULL ? config_setting_get_string(node) : NULL;
    if (kind == NULL) {
        g_autofree char *place = reader_place(reader, node != NULL ? node : row);
        g_autofree char *kind_key = g_strconcat(key, ".kind", NULL);
        problem_add(reader->problems, place, kind_key, "%s (text)",
                    node == NULL ? "is missing; it must be given" : "is no text; allowed: a kind");
        return NULL;
    }
    const Connector *connector = find_connector(loaded->catalogue, kind);
    if (connector == NULL) {
        g_autofree char *place = reader_place(reader, node);
        unknown_kind(reader, loaded->catalogue, kind, key, place);
        return NULL;
    }
    Setting *table = g_hash_table_lookup(loaded->source_tables, kind);
    if (table == NULL) {
        table = source_table_new(connector);
        g_hash_table_insert(loaded->source_tables, g_strdup(kind), table);
    }
    return table;
}

/* ---- sources ---- */

static Provides provides_of(const char *name)
{
    for (unsigned bit = PROVIDES_DIRECTORY; bit <= PROVIDES_ACCOUNTS; bit <<= 1) {
        if (strcmp(provides_name(bit), name) == 0)
            return bit;
    }
    return 0;
}

static void check_provides(const SettingsSource *source, GPtrArray *problems)
{
    if ((source->connector->provides & source->source.provides) != 0)
        return;
    g_autoptr(GString) offered = g_string_new("");
    for (unsigned bit = PROVIDES_DIRECTORY; bit <= PROVIDES_ACCOUNTS; bit <<= 1) {
        if ((source->connector->provides & bit) != 0)
            g_string_append_printf(offered, "%s%s", offered->len > 0 ? ", " : "",
                                   provides_name(bit));
    }
    g_autofree char *key = g_strdup_printf("sources.%s.provides", source->source.name);
    problem_add(problems, source->place, key, "a source of kind %s cannot provide %s; allowed: %s",
                source->connector->kind, provides_name(source->source.provides), offered->str);
}

static void validate(const SettingsSource *source, GPtrArray *problems)
{
    if (source->connector->validate == NULL)
        return;
    g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *key = g_strdup_printf("sources.%s", source->source.name);
    source->connector->validate(&source->source, sentences);
    for (guint i = 0; i < sentences->len; i++) {
        /* Connectors may say the place themselves; once is enough. */
        const char *sentence = sentences->pdata[i];
        g_autofree char *said = g_strconcat(source->place, ": ", NULL);
        sentence += g_str_has_prefix(sentence, said) ? strlen(said) : 0;
        problem_add(problems, source->place, key, "%s", sentence);
    }
}

/* Rows that lack what makes a source are left out: that is reported. */
static void collect_sources(LoadedSettings *loaded, GPtrArray *problems, bool may_validate)
{
    Settings *settings = &loaded->settings;
    size_t n = settings_n_groups(loaded->root, "sources");
    settings->sources = g_new0(SettingsSource, n + 1);
    for (size_t i = 0; i < n; i++) {
        const SettingsGroup *group = settings_group_at(loaded->root, "sources", i);
        const char *name = settings_text(group, "name");
        const char *provides = settings_text(group, "provides");
        if (name == NULL || provides == NULL)
            continue;
        SettingsSource *source = &settings->sources[settings->n_sources++];
        source->source =
            (Source){.name = name, .provides = provides_of(provides), .settings = group};
        source->connector = find_connector(loaded->catalogue, settings_text(group, "kind"));
        source->place = settings_place(group);
        check_provides(source, problems);
        /* A connector relies on settings that passed its table. */
        if (may_validate)
            validate(source, problems);
    }
}

/* ---- the whole ---- */

static void set_timezone(Settings *settings, GPtrArray *problems)
{
    const SettingsGroup *group = settings_group(settings->root, "organisation");
    const char *name = settings_text(group, "timezone");
    settings->timezone_name = g_strdup(name != NULL ? name : "UTC");
    settings->timezone = g_time_zone_new_identifier(settings->timezone_name);
    if (settings->timezone == NULL || settings->timezone_name[0] == '\0') {
        g_autofree char *quoted = problem_quote(settings->timezone_name);
        problem_add(problems, settings_place(group), "organisation.timezone",
                    "\"%s\" is no time zone that this machine knows; allowed: names such as "
                    "\"Europe/Berlin\" (package tzdata)",
                    quoted);
    }
}

static void fill_settings(LoadedSettings *loaded, GPtrArray *problems, bool may_validate)
{
    Settings *settings = &loaded->settings;
    settings->root = loaded->root;
    const char *name = settings_text(settings_group(loaded->root, "organisation"), "name");
    settings->organisation = g_strdup(name != NULL ? name : "");
    settings->store_url = g_strdup(settings_text(settings_group(loaded->root, "store"), "url"));
    settings->profiles = settings_texts(loaded->root, "profile");
    set_timezone(settings, problems);
    collect_sources(loaded, problems, may_validate);
    rules_check(settings, loaded->catalogue, problems);
}

static void read_tree(LoadedSettings *loaded, const char *path, const char *directory,
                      GPtrArray *problems)
{
    config_t config;
    config_init(&config);
    config_set_include_dir(&config, directory);
    if (config_read_file(&config, path) != CONFIG_TRUE) {
        const char *file = config_error_file(&config);
        g_autofree char *place =
            g_strdup_printf("%s:%d", file != NULL ? file : path, config_error_line(&config));
        problem_add(problems, place, "",
                    "%s; look at this line and the one before it (a missing ; or bracket, a key "
                    "that is there twice)",
                    config_error_text(&config));
    } else {
        SettingsReader reader = {.file = path,
                                 .directory = directory,
                                 .problems = problems,
                                 .unreadable = loaded->unreadable,
                                 .row_table = table_of_row,
                                 .data = loaded};
        size_t n_problems = problems->len;
        loaded->root =
            reader_group(&reader, loaded->root_table, config_root_setting(&config), "", path);
        if (problems->len == n_problems && settings_n_groups(loaded->root, "sources") == 0)
            problem_add(problems, path, "sources", "is empty; a run needs at least one source");
        fill_settings(loaded, problems, problems->len == n_problems);
    }
    config_destroy(&config);
}

Settings *settings_load(const char *path, const SettingsCatalogue *catalogue, GPtrArray *problems,
                        GPtrArray *unreadable)
{
    LoadedSettings *loaded = g_new0(LoadedSettings, 1);
    g_autoptr(Settings) settings = &loaded->settings;
    g_autoptr(GString) content = g_string_new("");
    size_t n_problems = problems->len;

    settings->path = g_canonicalize_filename(path, NULL);
    loaded->catalogue = catalogue;
    loaded->unreadable = unreadable != NULL ? unreadable : problems;
    loaded->root_table = root_table_new(catalogue);
    loaded->source_tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *directory = g_path_get_dirname(settings->path);
    if (scan_files(path, directory, content, problems))
        read_tree(loaded, path, directory, problems);
    if (problems->len > n_problems)
        return NULL;
    settings->digest = digest_text(content->str, content->len);
    return g_steal_pointer(&settings);
}

void settings_free(Settings *settings)
{
    if (settings == NULL)
        return;
    LoadedSettings *loaded = (LoadedSettings *)settings;
    g_free(settings->path);
    g_free(settings->digest);
    g_free(settings->organisation);
    g_free(settings->timezone_name);
    g_free(settings->store_url);
    g_free(settings->sources);
    g_clear_pointer(&settings->timezone, g_time_zone_unref);
    settings_group_free(loaded->root);
    g_free(loaded->root_table);
    g_hash_table_unref(loaded->source_tables);
    g_free(loaded);
}
