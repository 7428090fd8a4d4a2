#include "settings/group.h"

static const char *const no_texts[] = {NULL};

size_t settings_table_length(const Setting *table)
{
    size_t n = 0;
    while (table[n].name != NULL)
        n++;
    return n;
}

SettingsGroup *settings_group_new(const Setting *table, const char *place)
{
    SettingsGroup *group = g_new0(SettingsGroup, 1);
    group->table = table;
    group->values = g_new0(SettingsValue, settings_table_length(table) + 1);
    group->place = g_strdup(place);
    return group;
}

void settings_value_clear(SettingsValue *value)
{
    g_free(value->text);
    g_strfreev(value->texts);
    g_strfreev(value->keys);
    g_clear_pointer(&value->groups, g_ptr_array_unref);
    *value = (SettingsValue){0};
}

void settings_group_free(SettingsGroup *group)
{
    if (group == NULL)
        return;
    for (size_t i = 0; group->table[i].name != NULL; i++)
        settings_value_clear(&group->values[i]);
    g_free(group->values);
    g_free(group->place);
    g_free(group);
}

/* types: bits 1 << SettingType that the caller's getter is for. */
static const SettingsValue *find_value(const SettingsGroup *group, const char *name, unsigned types)
{
    for (size_t i = 0; group->table[i].name != NULL; i++) {
        if (strcmp(group->table[i].name, name) == 0) {
            if ((1u << group->table[i].type & types) == 0)
                g_error("setting %s is asked for with another type than its table says", name);
            return &group->values[i];
        }
    }
    g_error("setting %s is in no table", name);
}

bool settings_is_set(const SettingsGroup *group, const char *name)
{
    return find_value(group, name, ~0u)->is_set;
}

bool settings_bool(const SettingsGroup *group, const char *name)
{
    return find_value(group, name, 1u << SETTING_BOOL)->boolean;
}

int64_t settings_int(const SettingsGroup *group, const char *name)
{
    return find_value(group, name, 1u << SETTING_INT)->integer;
}

const char *settings_text(const SettingsGroup *group, const char *name)
{
    return find_value(group, name,
                      1u << SETTING_TEXT | 1u << SETTING_PATH | 1u << SETTING_FILE |
                          1u << SETTING_SECRET | 1u << SETTING_TEXT_MAP)
        ->text;
}

static const char *const *texts_or_none(char *const *texts)
{
    return texts != NULL ? (const char *const *)texts : no_texts;
}

const char *const *settings_texts(const SettingsGroup *group, const char *name)
{
    return texts_or_none(find_value(group, name, 1u << SETTING_TEXT_LIST)->texts);
}

const char *const *settings_map_keys(const SettingsGroup *group, const char *name)
{
    return texts_or_none(find_value(group, name, 1u << SETTING_TEXT_MAP)->keys);
}

const char *settings_map_value(const SettingsGroup *group, const char *name, const char *key)
{
    const SettingsValue *value = find_value(group, name, 1u << SETTING_TEXT_MAP);
    for (size_t i = 0; value->keys != NULL && value->keys[i] != NULL; i++) {
        if (strcmp(value->keys[i], key) == 0)
            return value->texts[i];
    }
    return NULL;
}

const SettingsGroup *settings_group(const SettingsGroup *group, const char *name)
{
    return g_ptr_array_index(find_value(group, name, 1u << SETTING_GROUP)->groups, 0);
}

size_t settings_n_groups(const SettingsGroup *group, const char *name)
{
    const SettingsValue *value = find_value(group, name, 1u << SETTING_GROUP_LIST);
    return value->groups != NULL ? value->groups->len : 0;
}

const SettingsGroup *settings_group_at(const SettingsGroup *group, const char *name, size_t index)
{
    const SettingsValue *value = find_value(group, name, 1u << SETTING_GROUP_LIST);
    if (value->groups == NULL || index >= value->groups->len)
        g_error("setting %s has no group %zu", name, index);
    return g_ptr_array_index(value->groups, index);
}

const char *settings_place(const SettingsGroup *group)
{
    return group->place;
}
