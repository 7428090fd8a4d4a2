/* presets.h: the exports of well-known systems, so that columns = "snipe-it" is all there is to
 * say.
 *
 * A preset knows which headers a system writes (in English) and what its words for status and kind
 * mean here. Exports differ by what their users chose to show, so of a preset only the required
 * fields must be there. What it does not know is found by the field's own name. */
#pragma once

#include <rightful/record.h>

#include <glib.h>

typedef struct Preset Preset;

/* Names, for the setting: NULL-terminated. */
extern const char *const preset_names[];

/* NULL when the system has no such records. */
const Preset *preset_find(const char *name, Provides provides);

/* The header of each field that the table has, or must have; NULL = the field's own name. Valid as
 * long as the program. */
void preset_headers(const Preset *preset, const Text *header, size_t n_columns,
                    const char *ret_headers[MAX_RECORD_FIELDS]);

/* Translates the cells of a record, in the order of the kind's fields. The results are parts of the
 * cells, or last as long as the program. */
void preset_translate(const Preset *preset, Text *cells);
