/* body_columns.h: which column of the snapshot a field of the history stands for.
 *
 * A table is a struct of model/snapshot.h that begins with its number of rows and holds one pointer
 * per column. */
#pragma once

#include "ledger/history/history.h"
#include "model/snapshot.h"

typedef enum ColumnType {
    COLUMN_TEXT,
    COLUMN_SHARED_TEXT, /* that many rows have: stored once */
    COLUMN_BYTE,
    COLUMN_NUMBER, /* uint32_t */
    COLUMN_DAY,    /* int32_t; DAY_NONE */
    COLUMN_PACKED_DAY,
    COLUMN_DAYS, /* int32_t; -1 where the history has none */
    COLUMN_TIME  /* int64_t; TIME_UNKNOWN */
} ColumnType;

typedef struct BodyColumn {
    BodyField field; /* 0: not in the history; all rows zero */
    size_t offset;   /* of the pointer in the table */
    ColumnType type;
} BodyColumn;

typedef struct BodyTable {
    const BodyColumn *columns;
    size_t n;
    size_t key;    /* offset of the text column of the key */
    size_t source; /* offset of the byte column */
} BodyTable;

/* Of accounts, groups, computers, foreigners, people, assets and approvals; lists of texts
 * (previous ids, access groups, SID histories) and members are no columns. */
extern const BodyTable body_tables[N_HISTORY_KINDS];

/* Makes room for n rows of all columns in an empty table, everything as if the history had none. */
void body_table_reserve(void *table, HistoryKind kind, uint32_t n);
/* False when the body is broken. */
bool body_table_fill(void *table, HistoryKind kind, uint32_t row, Text body, TextPool *pool);
TextRef *body_table_keys(void *table, HistoryKind kind);
uint8_t *body_table_sources(void *table, HistoryKind kind);
