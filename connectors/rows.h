/* rows.h: CSV text to rows (RFC 4180, with a free choice of delimiter).
 *
 * Text is pushed in blocks of any size; rows come out with the line they begin in. Lines without a
 * quote (nearly all) are split in place; libcsv in strict mode reads the others. Anything doubtful
 * is an error that names its line, because a table read wrongly is worse than one not read. Memory:
 * one line, at most ROWS_MAX_RECORD. Cost: about 1 ns a byte. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ROWS_MAX_RECORD ((size_t)16 << 20)
#define ROWS_MAX_COLUMNS 4096

typedef struct Rows Rows;

/* One row: cells trimmed and valid UTF-8, good until the call returns. is_ended: a line end stood
 * behind it. false stops the reading: with an error, or without one when the caller has seen
 * enough. */
typedef bool (*RowsVisit)(const Text *cells, size_t n_cells, uint64_t line, bool is_ended,
                          void *data, GError **error);

/* file: for messages; must outlive the reader. */
Rows *rows_new(const char *file, char delimiter, RowsVisit visit, void *data);
void rows_free(Rows *rows); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rows, rows_free)

/* Both return false on an error and when visit stopped the reading (error not set then). */
bool rows_push(Rows *rows, const char *bytes, size_t n_bytes, GError **error);
bool rows_end(Rows *rows, GError **error);

/* Number of the row that is being visited: blank rows count, line ends in quotes do not. */
uint64_t rows_row(const Rows *rows);
/* Lines begun so far: where the next byte stands. */
uint64_t rows_line(const Rows *rows);
