/* group.h: one { … } of the configuration after reading; private to this folder. */
#pragma once

#include <rightful/settings.h>

typedef struct SettingsValue {
    bool is_set; /* stands in the file, is not the default */
    bool boolean;
    int64_t integer;
    char *text;        /* text; path, file and secret: absolute */
    char **texts;      /* list: its texts; map: the values, in the order of keys */
    char **keys;       /* map */
    GPtrArray *groups; /* (element-type SettingsGroup) */
} SettingsValue;

struct SettingsGroup {
    const Setting *table;
    SettingsValue *values; /* one per row of the table */
    char *place;
};

/* Nothing set yet; place is copied. The table must outlive the group. */
SettingsGroup *settings_group_new(const Setting *table, const char *place);
void settings_group_free(SettingsGroup *group); /* NULL is fine */
void settings_value_clear(SettingsValue *value);
size_t settings_table_length(const Setting *table);
