/* reader.h: one { … } of libconfig's tree, read by its table; private to this folder. */
#pragma once

#include "settings/group.h"

#include <libconfig.h>

typedef struct SettingsReader SettingsReader;

struct SettingsReader {
    const char *file;      /* the main configuration file, as messages call it */
    const char *directory; /* where it is: relative paths begin here */
    GPtrArray *problems;
    GPtrArray *unreadable; /* secrets that this user cannot read; may be problems */
    /* The table of a row of a list, where it is not the list's own (a source: by its kind). NULL =
     * what is wrong is reported already and the row cannot be read further. */
    const Setting *(*row_table)(SettingsReader *reader, const Setting *list, config_setting_t *row,
                                const char *key);
    void *data;
};

/* node may be NULL: all defaults. key: "" or the key of the group. Always gives a group that is
 * complete; problems say whether it means anything. */
SettingsGroup *reader_group(SettingsReader *reader, const Setting *table, config_setting_t *node,
                            const char *key, const char *place);
/* "file:line" of a node. Newly allocated. */
char *reader_place(const SettingsReader *reader, const config_setting_t *node);
