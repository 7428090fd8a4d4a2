/* mapping.h: from the columns of a table to the fields of a record, for every tabular source.
 *
 * A field is found under the header that the setting `columns` names, else under its own name:
 * spelled exactly, or else without regard to case. Columns that no field asks for are dropped here,
 * before anything is stored. Cost: once per pull; per row one pass over at most MAX_RECORD_FIELDS
 * cells. */
#pragma once

#include <rightful/connector.h>

#include "presets.h"

typedef struct Mapping {
    const RecordKind *kind;
    size_t n_columns;                  /* of the header */
    int32_t column[MAX_RECORD_FIELDS]; /* index of the field's column, -1 = the table has none */
} Mapping;

/* The settings that all tabular connectors share; rows of their own follow. What the values mean
 * for a row (dates, default kind) is intake's, which reads them by these names. */
/* clang-format off */
#define TABLE_SETTINGS                                                                                                   \
    {.name = "columns", .type = SETTING_TEXT_MAP, .presets = preset_names,                                               \
     .help = "Header of the column for each record field (what is not listed is found by its own name), or the system "  \
             "whose export it is."},                                                                                     \
    {.name = "date_format", .type = SETTING_TEXT, .initial = "\"%Y-%m-%d\"",                                             \
     .help = "How dates are written: %Y, %y, %m, %d, %b, %B and the characters between them."},                          \
    {.name = "person_kind", .type = SETTING_TEXT, .initial = "\"employee\"",                                             \
     .help = "Kind of the people whose own kind is empty: employee, contractor, and so on."}
/* clang-format on */

/* What the table alone cannot say about TABLE_SETTINGS; appends complete sentences (element-type
 * utf8). */
void mapping_validate(const Source *source, GPtrArray *problems);

/* Headers as configured, by field of the source's kind; NULL = the field's own name. header: of the
 * table, from which a preset chooses. Valid as the settings are. */
void mapping_headers(const Source *source, const Text *header, size_t n_columns,
                     const char *ret_headers[MAX_RECORD_FIELDS]);
/* The preset that the setting columns names; NULL when it names none. */
const Preset *mapping_preset(const Source *source);

/* Finds every field's column. header: trimmed, valid UTF-8. Fails when a column that `headers`
 * names or that is required is missing, or when two columns fit; the sentence names the columns
 * found. */
bool mapping_init(Mapping *mapping, const RecordKind *kind,
                  const char *const headers[MAX_RECORD_FIELDS], const Text *header,
                  size_t n_columns, GError **error);

/* Which fields have a column: bit i = field i. */
uint32_t mapping_fields(const Mapping *mapping);

/* Picks the cells of a row into the order of the kind's fields. row has n_columns cells; cells has
 * room for kind->n_fields. Returns false when all picked cells are empty. */
bool mapping_pick(const Mapping *mapping, const Text *row, Text *cells);

/* One line a field: "id ← Employee Number". Facts for `rightful check`. */
void mapping_report(const Mapping *mapping, const Text *header, CheckReport *report);
