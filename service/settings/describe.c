/* describe.c: the tables as text, for people and for the test of config/rightful.conf. */
#include "settings/settings.h"
#include "settings/settings_table.h"

#include <string.h>

static char *integer_text(const Setting *setting)
{
    if (setting->minimum == 0 && setting->maximum == 0)
        return g_strdup("integer");
    if (setting->maximum == 0)
        return g_strdup_printf("integer from %" G_GINT64_FORMAT, setting->minimum);
    return g_strdup_printf("integer %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT, setting->minimum,
                           setting->maximum);
}

static char *choices_text(const char *prefix, const char *otherwise, const Setting *setting)
{
    if (setting->choices == NULL)
        return g_strdup(otherwise);
    g_autofree char *list = g_strjoinv(" | ", (char **)(uintptr_t)setting->choices);
    return g_strconcat(prefix, list, NULL);
}

static char *map_text(const Setting *setting)
{
    const char *map = "group of texts { name = \"text\"; }";
    if (setting->presets == NULL)
        return g_strdup(map);
    g_autofree char *list = g_strjoinv(" | ", (char **)(uintptr_t)setting->presets);
    return g_strconcat(map, " or ", list, NULL);
}

static char *type_text(const Setting *setting)
{
    switch (setting->type) {
    case SETTING_BOOL:
        return g_strdup("true or false");
    case SETTING_INT:
        return integer_text(setting);
    case SETTING_TEXT:
        return choices_text("", "text", setting);
    case SETTING_TEXT_LIST:
        return choices_text("list of ", "list of texts", setting);
    case SETTING_PATH:
        return g_strdup("path");
    case SETTING_SECRET:
        return g_strdup("name of a credential, or path of a file");
    case SETTING_FILE:
        return g_strdup("path of a file that exists");
    case SETTING_TEXT_MAP:
        return map_text(setting);
    case SETTING_GROUP:
        return g_strdup("group { … }");
    case SETTING_GROUP_LIST:
        return g_strdup("list of groups ( { … }, { … } )");
    }
    return g_strdup("text");
}

const char *setting_type_text(const Setting *setting)
{
    /* Interned: there are as many as the tables have different types, and callers need not free. */
    g_autofree char *text = type_text(setting);
    return g_intern_string(text);
}

static void describe_row(const Setting *row, const char *prefix, SettingsVisit visit, void *data)
{
    g_autofree char *key = g_strconcat(prefix, row->name, NULL);
    /* A plain group has nothing of its own to set. */
    if (row->type != SETTING_GROUP)
        visit(key, row, data);
    g_autofree char *below = g_strconcat(key, ".", NULL);
    for (const Setting *child = row->children; child != NULL && child->name != NULL; child++)
        describe_row(child, below, visit, data);
}

static void describe_sources(const SettingsCatalogue *catalogue, SettingsVisit visit, void *data)
{
    for (const Connector *const *connector = catalogue->connectors; *connector != NULL;
         connector++) {
        g_autofree char *prefix = g_strdup_printf("sources.%s.", (*connector)->kind);
        for (const Setting *row = (*connector)->settings; row->name != NULL; row++)
            describe_row(row, prefix, visit, data);
    }
}

void settings_describe(const SettingsCatalogue *catalogue, SettingsVisit visit, void *data)
{
    for (const Setting *row = settings_root_table; row->name != NULL; row++) {
        if (strcmp(row->name, "controls") != 0)
            describe_row(row, "", visit, data);
        if (strcmp(row->name, "sources") == 0)
            describe_sources(catalogue, visit, data);
        const Setting *control = strcmp(row->name, "controls") == 0 ? catalogue->controls : NULL;
        for (; control != NULL && control->name != NULL; control++)
            describe_row(control, "controls.", visit, data);
    }
}
