#include "settings/reader.h"

#include "settings/problems.h"
#include "settings/secret.h"
#include "settings/settings.h"
#include "settings/settings_table.h"

#include <string.h>

static void read_value(SettingsReader *reader, const Setting *row, config_setting_t *node,
                       const char *key, const char *place, SettingsValue *value);

char *reader_place(const SettingsReader *reader, const config_setting_t *node)
{
    const char *file = config_setting_source_file(node);
    unsigned line = config_setting_source_line(node);
    if (file == NULL || line == 0)
        return g_strdup(reader->file);
    return g_strdup_printf("%s:%u", file, line);
}

static const char *found_text(const config_setting_t *node)
{
    switch (config_setting_type(node)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "an integer";
    case CONFIG_TYPE_FLOAT:
        return "a number with a decimal point";
    case CONFIG_TYPE_STRING:
        return "a text";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    case CONFIG_TYPE_LIST:
        return "a list ( )";
    default:
        return "nothing";
    }
}

static void wrong_type(SettingsReader *reader, const Setting *row, const config_setting_t *node,
                       const char *key, const char *place)
{
    problem_add(reader->problems, place, key, "is %s; allowed: %s", found_text(node),
                setting_type_text(row));
}

static void read_integer(SettingsReader *reader, const Setting *row, config_setting_t *node,
                         const char *key, const char *place, SettingsValue *value)
{
    int type = config_setting_type(node);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        wrong_type(reader, row, node, key, place);
        return;
    }
    value->integer =
        type == CONFIG_TYPE_INT ? config_setting_get_int(node) : config_setting_get_int64(node);
    bool has_range = row->minimum != 0 || row->maximum != 0;
    if (has_range &&
        (value->integer < row->minimum || (row->maximum != 0 && value->integer > row->maximum)))
        problem_add(reader->problems, place, key,
                    "%" G_GINT64_FORMAT " is out of range; allowed: %s", value->integer,
                    setting_type_text(row));
}

/* The text of node, checked against choices (or NULL); NULL when it is wrong. */
static const char *checked_text(SettingsReader *reader, const char *const *choices,
                                config_setting_t *node, const char *key, const char *place)
{
    const char *text = config_setting_get_string(node);
    if (!g_utf8_validate(text, -1, NULL)) {
        problem_add(reader->problems, place, key, "is not valid UTF-8; save the file as UTF-8");
        return NULL;
    }
    if (choices != NULL && !g_strv_contains(choices, text)) {
        g_autofree char *quoted = problem_quote(text);
        g_autofree char *hint = problem_hint(text, choices);
        problem_add(reader->problems, place, key, "\"%s\" is not known%s", quoted, hint);
        return NULL;
    }
    return text;
}

static void read_text(SettingsReader *reader, const Setting *row, config_setting_t *node,
                      const char *key, const char *place, SettingsValue *value)
{
    if (config_setting_type(node) != CONFIG_TYPE_STRING) {
        wrong_type(reader, row, node, key, place);
        return;
    }
    const char *text = checked_text(reader, row->choices, node, key, place);
    if (text == NULL)
        return;
    if (text[0] == '\0' && (row->is_required || row->type != SETTING_TEXT)) {
        problem_add(reader->problems, place, key, "is empty");
        return;
    }
    g_autofree char *problem = NULL;
    GPtrArray *problems = reader->problems;
    bool is_unreadable = false;
    switch (row->type) {
    case SETTING_PATH:
        value->text = absolute_path(text, reader->directory);
        break;
    case SETTING_FILE:
        value->text = absolute_path(text, reader->directory);
        problem = file_problem(value->text);
        break;
    case SETTING_SECRET:
        value->text = secret_path(text, reader->directory);
        problem = secret_problem(value->text, &is_unreadable);
        problems = is_unreadable ? reader->unreadable : problems;
        break;
    default:
        value->text = g_strdup(text);
    }
    if (problem != NULL)
        problem_add(problems, place, key, "%s", problem);
}

static void read_texts(SettingsReader *reader, const Setting *row, config_setting_t *node,
                       const char *key, const char *place, SettingsValue *value)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    bool is_one = config_setting_type(node) == CONFIG_TYPE_STRING;
    if (!is_one && !config_setting_is_array(node) && !config_setting_is_list(node)) {
        wrong_type(reader, row, node, key, place);
        return;
    }
    int n = is_one ? 1 : config_setting_length(node);
    if (n == 0 && row->is_required)
        problem_add(reader->problems, place, key, "is empty");
    for (int i = 0; i < n; i++) {
        config_setting_t *element = is_one ? node : config_setting_get_elem(node, (unsigned)i);
        g_autofree char *element_place = reader_place(reader, element);
        if (config_setting_type(element) != CONFIG_TYPE_STRING) {
            wrong_type(reader, row, element, key, element_place);
            return;
        }
        const char *text = checked_text(reader, row->choices, element, key, element_place);
        if (text != NULL && text[0] == '\0')
            problem_add(reader->problems, element_place, key, "has an empty text");
        else if (text != NULL)
            g_strv_builder_add(builder, text);
    }
    value->texts = g_strv_builder_end(builder);
}

static void read_map(SettingsReader *reader, const Setting *row, config_setting_t *node,
                     const char *key, const char *place, SettingsValue *value)
{
    if (row->presets != NULL && config_setting_type(node) == CONFIG_TYPE_STRING) {
        value->text = g_strdup(checked_text(reader, row->presets, node, key, place));
        return;
    }
    if (!config_setting_is_group(node)) {
        wrong_type(reader, row, node, key, place);
        return;
    }
    g_autoptr(GStrvBuilder) keys = g_strv_builder_new();
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
    for (int i = 0; i < config_setting_length(node); i++) {
        config_setting_t *element = config_setting_get_elem(node, (unsigned)i);
        const char *name = config_setting_name(element);
        g_autofree char *element_place = reader_place(reader, element);
        g_autofree char *element_key = g_strdup_printf("%s.%s", key, name);
        if (row->choices != NULL && !g_strv_contains(row->choices, name)) {
            g_autofree char *hint = problem_hint(name, row->choices);
            problem_add(reader->problems, element_place, element_key, "unknown key%s", hint);
        } else if (config_setting_type(element) != CONFIG_TYPE_STRING) {
            problem_add(reader->problems, element_place, element_key, "is %s; allowed: text",
                        found_text(element));
        } else if (checked_text(reader, NULL, element, element_key, element_place) != NULL) {
            g_strv_builder_add(keys, name);
            g_strv_builder_add(texts, config_setting_get_string(element));
        }
    }
    value->keys = g_strv_builder_end(keys);
    value->texts = g_strv_builder_end(texts);
}

/* A message says "sources.hr.path" where a row has a name, "correlation[1].person" where it has
 * none. */
static char *row_key(const char *key, config_setting_t *row, int index)
{
    const char *name = NULL;
    if (config_setting_is_group(row) &&
        (config_setting_lookup_string(row, "name", &name) ||
         config_setting_lookup_string(row, "id", &name)) &&
        g_utf8_validate(name, -1, NULL) && name[0] != '\0' && strpbrk(name, " \t\r\n*?") == NULL) {
        g_autofree char *visible = problem_quote(name);
        return g_strdup_printf("%s.%s", key, visible);
    }
    return g_strdup_printf("%s[%d]", key, index);
}

static void read_groups(SettingsReader *reader, const Setting *row, config_setting_t *node,
                        const char *key, const char *place, SettingsValue *value)
{
    /* An empty [ ] cannot be told from an empty list by what it holds. */
    bool is_empty_array = config_setting_is_array(node) && config_setting_length(node) == 0;
    if (!config_setting_is_list(node) && !is_empty_array) {
        wrong_type(reader, row, node, key, place);
        return;
    }
    value->groups = g_ptr_array_new_with_free_func((GDestroyNotify)settings_group_free);
    for (int i = 0; i < config_setting_length(node); i++) {
        config_setting_t *element = config_setting_get_elem(node, (unsigned)i);
        g_autofree char *element_place = reader_place(reader, element);
        g_autofree char *element_key = row_key(key, element, i);
        if (!config_setting_is_group(element)) {
            problem_add(reader->problems, element_place, element_key, "is %s; allowed: group { … }",
                        found_text(element));
            continue;
        }
        const Setting *table = row->children;
        if (reader->row_table != NULL)
            table = reader->row_table(reader, row, element, element_key);
        if (table != NULL)
            g_ptr_array_add(value->groups,
                            reader_group(reader, table, element, element_key, element_place));
    }
}

static void read_group(SettingsReader *reader, const Setting *row, config_setting_t *node,
                       const char *key, const char *place, SettingsValue *value)
{
    if (node != NULL && !config_setting_is_group(node)) {
        wrong_type(reader, row, node, key, place);
        node = NULL;
    }
    value->groups = g_ptr_array_new_with_free_func((GDestroyNotify)settings_group_free);
    g_ptr_array_add(value->groups, reader_group(reader, row->children, node, key, place));
}

static void read_value(SettingsReader *reader, const Setting *row, config_setting_t *node,
                       const char *key, const char *place, SettingsValue *value)
{
    switch (row->type) {
    case SETTING_BOOL:
        if (config_setting_type(node) == CONFIG_TYPE_BOOL)
            value->boolean = config_setting_get_bool(node);
        else
            wrong_type(reader, row, node, key, place);
        break;
    case SETTING_INT:
        read_integer(reader, row, node, key, place, value);
        break;
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_SECRET:
    case SETTING_FILE:
        read_text(reader, row, node, key, place, value);
        break;
    case SETTING_TEXT_LIST:
        read_texts(reader, row, node, key, place, value);
        break;
    case SETTING_TEXT_MAP:
        read_map(reader, row, node, key, place, value);
        break;
    case SETTING_GROUP:
        read_group(reader, row, node, key, place, value);
        break;
    case SETTING_GROUP_LIST:
        read_groups(reader, row, node, key, place, value);
        break;
    }
}

/* Defaults are written as in the file, so that what the documentation shows is what is read here.
 */
static void read_initial(SettingsReader *reader, const Setting *row, const char *key,
                         const char *place, SettingsValue *value)
{
    g_autofree char *text = g_strdup_printf("value = %s;", row->initial);
    config_t config;
    config_init(&config);
    if (config_read_string(&config, text) != CONFIG_TRUE)
        g_error("the default of setting %s is not as a file would have it: %s", key, row->initial);
    read_value(reader, row, config_lookup(&config, "value"), key, place, value);
    config_destroy(&config);
}

/* Most settings of the rows of a list are simply absent, and need no name to be spoken of. */
static bool is_read_when_absent(const Setting *row)
{
    return row->type == SETTING_GROUP || row->initial != NULL || row->is_required;
}

static void read_absent(SettingsReader *reader, const Setting *row, bool is_in_file,
                        const char *key, const char *place, SettingsValue *value)
{
    if (row->type == SETTING_GROUP)
        read_group(reader, row, NULL, key, place, value);
    else if (row->initial != NULL)
        read_initial(reader, row, key, place, value);
    else if (row->is_required && is_in_file)
        problem_add(reader->problems, place, key, "is missing; it must be given (%s)",
                    setting_type_text(row));
}

static void unknown_key(SettingsReader *reader, const Setting *table, config_setting_t *node,
                        const char *key, const char *place)
{
    const char *name = config_setting_name(node);
    if (strcmp(key, name) == 0 && g_strv_contains(settings_later, name)) {
        problem_add(reader->problems, place, key,
                    "is not in this version yet; take the section out, nothing would act on it");
        return;
    }
    size_t n = settings_table_length(table);
    g_autofree const char **names = g_new0(const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = table[i].name;
    g_autofree char *hint = problem_hint(name, names);
    problem_add(reader->problems, place, key, "unknown key%s", hint);
}

SettingsGroup *reader_group(SettingsReader *reader, const Setting *table, config_setting_t *node,
                            const char *key, const char *place)
{
    SettingsGroup *group = settings_group_new(table, place);
    int n = node != NULL ? config_setting_length(node) : 0;
    for (int i = 0; i < n; i++) {
        config_setting_t *child = config_setting_get_elem(node, (unsigned)i);
        const char *name = config_setting_name(child);
        g_autofree char *child_key = g_strjoin(key[0] != '\0' ? "." : "", key, name, NULL);
        g_autofree char *child_place = reader_place(reader, child);
        size_t row = 0;
        while (table[row].name != NULL && strcmp(table[row].name, name) != 0)
            row++;
        if (table[row].name == NULL) {
            unknown_key(reader, table, child, child_key, child_place);
            continue;
        }
        group->values[row].is_set = true;
        read_value(reader, &table[row], child, child_key, child_place, &group->values[row]);
    }
    for (size_t row = 0; table[row].name != NULL; row++) {
        if (!group->values[row].is_set && is_read_when_absent(&table[row])) {
            g_autofree char *row_name =
                g_strjoin(key[0] != '\0' ? "." : "", key, table[row].name, NULL);
            read_absent(reader, &table[row], node != NULL, row_name, place, &group->values[row]);
        }
    }
    return group;
}
