/* settings.h: how a module declares its settings, and how it reads them.
 *
 * A module publishes one const table of Setting, ended by a row without a name. The table is the
 * only source of the reader, of `rightful list settings`, of config/rightful.conf's test and of the
 * checks (type, range, choices, did-you-mean): a module never sees the configuration file itself.
 * Everything was checked when the file was read, so the getters below cannot fail; asking for a
 * name that the table does not have, or with the wrong type, is a programming error and aborts. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum SettingType {
    SETTING_BOOL,
    SETTING_INT,       /* minimum..maximum */
    SETTING_TEXT,      /* text; a list of choices makes it one of those */
    SETTING_TEXT_LIST, /* [ "a", "b" ]; a single text is a list of one */
    SETTING_PATH,      /* text; a relative path is relative to the configuration file */
    SETTING_SECRET, /* a credential of the unit ($CREDENTIALS_DIRECTORY/name) or a path: must exist,
                       be a regular file, not be readable by everybody. Read with settings_secret()
                     */
    SETTING_FILE,   /* a path of a file that the configuration itself needs: must exist (CA file) */
    SETTING_TEXT_MAP,  /* { key = "text"; … }; a row's choices restrict the keys */
    SETTING_GROUP,     /* { … } with its own table */
    SETTING_GROUP_LIST /* ( { … }, { … } ) with one table for all */
} SettingType;

typedef struct Setting {
    const char *name;
    SettingType type;
    bool is_required;
    const char *initial;            /* default as it would be written in the file; NULL = not set */
    int64_t minimum, maximum;       /* SETTING_INT */
    const char *const *choices;     /* NULL-terminated, or NULL */
    const struct Setting *children; /* SETTING_GROUP, SETTING_GROUP_LIST */
    const char *const *presets;     /* SETTING_TEXT_MAP: texts that may stand instead of the { } */
    const char *help;               /* one sentence, starts with a capital, ends with a full stop */
} Setting;

/* One { … } of the configuration, defaults filled in. Owned by the settings; lives as long as they
 * do. */
typedef struct SettingsGroup SettingsGroup;

bool settings_bool(const SettingsGroup *group, const char *name);
int64_t settings_int(const SettingsGroup *group, const char *name);
/* Is the setting in the file (true), or is this its default or nothing (false)? */
bool settings_is_set(const SettingsGroup *group, const char *name);
/* Text, path (made absolute) or file; of a map the preset that stands there instead. NULL when
 * neither set nor defaulted. */
const char *settings_text(const SettingsGroup *group, const char *name);
/* NULL-terminated, never NULL. */
const char *const *settings_texts(const SettingsGroup *group, const char *name);
/* Value of one key of a SETTING_TEXT_MAP; NULL when the key is not there. */
const char *settings_map_value(const SettingsGroup *group, const char *name, const char *key);
/* Keys of a SETTING_TEXT_MAP in the order of the file, NULL-terminated, never NULL. */
const char *const *settings_map_keys(const SettingsGroup *group, const char *name);
/* The { … } of a SETTING_GROUP: never NULL, all defaults when the file does not have it. */
const SettingsGroup *settings_group(const SettingsGroup *group, const char *name);
size_t settings_n_groups(const SettingsGroup *group, const char *name);
const SettingsGroup *settings_group_at(const SettingsGroup *group, const char *name, size_t index);
/* Where the group stands in the file, as "file:line"; for messages. Never NULL. */
const char *settings_place(const SettingsGroup *group);

/* Reads a SETTING_SECRET: the file's first line without its end. Wipe with settings_secret_free().
 * Fails when the file cannot be read or the secret is empty (an empty password "succeeds": RFC
 * 4513 5.1.2). */
char *settings_secret(const SettingsGroup *group, const char *name, GError **error);
void settings_secret_free(char *secret); /* overwrites first; NULL is fine */
