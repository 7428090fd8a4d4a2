/* cells.h: text cells to values, by the record field's type. */
#pragma once

#include "intake/parts.h"

typedef struct Cells {
    Sink *sink;
    const RecordKind *kind;
    const Text *cells;
    const Place *place;
    /* By field: days of FIELD_DATE (DAY_NONE), UTC seconds of FIELD_TIME (TIME_UNKNOWN), State of
     * FIELD_BOOL, number of FIELD_NUMBER (-1). */
    int64_t values[MAX_RECORD_FIELDS];
} Cells;

/* Checks and reads all cells of a row; on the first bad one rejects the row and returns false. */
bool cells_read(Cells *row, Sink *sink, const Text *cells, const Place *place);
/* Rejects the row for this cell. */
void cells_refuse(const Cells *row, size_t field, const char *format, ...) G_GNUC_PRINTF(3, 4);
TextRef cells_text(const Cells *row, size_t field);
TextRef cells_shared(const Cells *row, size_t field);
/* Appends the texts of a FIELD_LIST to refs (element-type TextRef). */
void cells_list(const Cells *row, size_t field, GArray *refs);
/* Next text of a list, trimmed; empty ones are passed over. false at the end. */
bool cells_next_of_list(Text *rest, Text *ret_item);
/* As evidence in a sentence: visible, and not endless. Newly allocated. */
char *cells_quote(Text text);
/* No number that a spreadsheet has rounded; empty is one. */
bool cells_is_identifier(const Cells *row, size_t field);
