/* table.h: from the rows of a table to records, for every tabular source.
 *
 * The first row is the header; every further one becomes a record, is excluded because it is empty,
 * or refuses the table. So files, sheets and queries count, refuse and cancel alike. */
#pragma once

#include "mapping.h"

typedef struct Table {
    /* Filled in by the connector; all of it must outlive the table. */
    const Source *source;
    const char *file;      /* what messages call the table */
    const char *line_name; /* what its rows are counted in: "row"; NULL = lines of a text file */
    bool is_sheet;         /* cells beyond the header are dropped, missing ones are empty */
    bool wants_trailer;    /* the last record is TRAILER and the number of records */
    Sink *sink;            /* NULL: only the header is wanted */
    CheckReport *report;   /* where the columns are reported, or NULL */
    /* Set by the functions below. */
    Mapping mapping;
    const Preset *preset; /* NULL = none */
    bool has_header, has_trailer;
    uint64_t n_records;
} Table;

/* The next row: cells trimmed and valid UTF-8. is_ended: its end was seen. False with an error when
 * the table is refused or the sink is cancelled, without one when the header was all that was
 * wanted. */
bool table_add(Table *table, const Text *cells, size_t n_cells, uint64_t line, bool is_ended,
               GError **error);

/* After the last row; line: where the table ended. */
bool table_end(const Table *table, uint64_t line, GError **error);

/* An error that begins with the place; returns false. */
bool table_refuse(const Table *table, SourceError code, uint64_t line, GError **error,
                  const char *format, ...) G_GNUC_PRINTF(5, 6);
