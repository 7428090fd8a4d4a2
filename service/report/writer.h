/* writer.h: one list, in the form that was asked for.
 *
 * A command hands over rows as JSON objects; the writer prints them as a terminal table
 * (libsmartcols), JSON, NDJSON or CSV (fields are paths: "subject.name"; cells that a spreadsheet
 * would run as a formula get a leading '). Rows are written as they come except for the table,
 * which must know all widths. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum Format { FORMAT_TABLE, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV, N_FORMATS } Format;
extern const char *const formats[]; /* "table", …, NULL-terminated; index = Format */

typedef struct Column {
    const char *path;                         /* "subject.name" in the row */
    const char *header;                       /* of the table; NULL = only in CSV */
    bool is_right;                            /* numbers */
    bool may_wrap;                            /* the column that gets what width is left */
    const char *(*colour)(const char *value); /* escape sequence for a value, or NULL */
} Column;

typedef struct Writer Writer;

/* name: of the list in JSON ("exceptions"). columns ended by a row without path. */
Writer *writer_new(Format format, const char *name, const Column *columns, FILE *out,
                   bool has_colour);
void writer_free(Writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Writer, writer_free)
/* A further member of the JSON envelope, before the first row ("run"). Steals value. Other formats
 * ignore it. */
void writer_envelope(Writer *writer, const char *name, json_t *value);
void writer_row(Writer *writer, json_t *row); /* borrows */
/* Prints what is left. false: stdout could not be written (closed pipe, disk full). */
bool writer_end(Writer *writer, GError **error);
