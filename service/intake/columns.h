/* columns.h: growing, joining and thinning out the columns of the snapshot's tables.
 *
 * A table is a struct that begins with its number of rows and holds one pointer per column
 * (model/snapshot.h); a list of Column says where they are. All columns of a table grow together,
 * by doubling; what is not used yet is not touched, so it takes address space and no memory. */
#pragma once

#include "model/snapshot.h"

typedef struct Column {
    size_t offset; /* of the pointer in the table */
    size_t size;   /* of one value */
} Column;

typedef struct ColumnList {
    const Column *columns;
    size_t n;
} ColumnList;

#define COLUMN(table, member)                                                                      \
    {                                                                                              \
        .offset = offsetof(table, member), .size = sizeof *((table *)NULL)->member                 \
    }
extern const ColumnList account_columns, group_columns, computer_columns, foreigner_columns,
    sid_history_columns, person_columns, asset_columns, approval_columns;

/* Room for n rows; new room is zero. What is zero need not be written: see column_set(). */
void columns_reserve(void *table, ColumnList list, uint32_t *capacity, uint32_t n);
/* A zero is not written: a column that nobody fills never becomes memory. */
static inline void column_set(TextRef *column, uint32_t row, TextRef text)
{
    if (text != 0)
        column[row] = text;
}
/* Makes n bytes zero that were never written, without touching whole pages. */
void columns_clear_room(char *from, size_t n);
/* Copies n_from rows of from behind n_to rows of to. Capacity of `to` is then exactly the sum. */
void columns_append(void *to, uint32_t n_to, const void *from, uint32_t n_from, ColumnList list);
/* Keeps the rows whose mark is 0. Returns how many. */
uint32_t columns_thin(void *table, uint32_t n, ColumnList list, const uint8_t *is_dropped);
/* Gives unused room back. */
void columns_trim(void *table, uint32_t n, ColumnList list);
void columns_free(void *table, ColumnList list);
