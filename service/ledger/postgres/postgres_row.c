/* postgres_row.c: cells as the server sends them in binary form. */
#include "ledger/postgres/postgres_statement.h"

#include <string.h>

enum {
    BOOL = 16,
    BYTEA = 17,
    NAME = 19,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    OID = 26,
    NUMERIC = 1700
};

static const Cell *cell_of(Statement *statement, int column)
{
    PostgresStatement *self = (PostgresStatement *)statement;

    g_assert(column >= 0 && (guint)column < self->cells->len);
    return &g_array_index(self->cells, Cell, column);
}

static int64_t big_endian(const Cell *cell)
{
    int64_t value = cell->length > 0 && (cell->data[0] & 0x80) ? -1 : 0;

    for (int i = 0; i < cell->length; i++)
        value = (int64_t)((uint64_t)value << 8 | (uint8_t)cell->data[i]);
    return value;
}

static int sixteen_bits(const char *at)
{
    return (int16_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]);
}

/* What sum() of integers gives: digits to the base of 10,000; what stands behind the point is
 * dropped. */
static int64_t numeric(const Cell *cell)
{
    if (cell->length < 8)
        return 0;
    int n_digits = sixteen_bits(cell->data), weight = sixteen_bits(cell->data + 2);
    int64_t value = 0;

    for (int i = 0; i <= weight; i++)
        value = value * 10000 + (i < n_digits ? sixteen_bits(cell->data + 8 + 2 * i) : 0);
    return sixteen_bits(cell->data + 4) == 0x4000 ? -value : value;
}

static bool is_integer(Oid type)
{
    return type == INT8 || type == INT4 || type == INT2 || type == BOOL || type == OID ||
           type == NUMERIC;
}

bool postgres_is_null(Statement *statement, int column)
{
    return cell_of(statement, column)->data == NULL;
}

int64_t postgres_integer(Statement *statement, int column)
{
    const Cell *cell = cell_of(statement, column);

    if (cell->data == NULL)
        return 0;
    if (cell->type == NUMERIC)
        return numeric(cell);
    if (cell->type == OID || cell->type == BOOL)
        return big_endian(cell) & UINT32_MAX;
    return is_integer(cell->type) ? big_endian(cell) : g_ascii_strtoll(cell->data, NULL, 10);
}

const char *postgres_text(Statement *statement, int column)
{
    Cell *cell = (Cell *)(uintptr_t)cell_of(statement, column);

    if (cell->data == NULL || !is_integer(cell->type))
        return cell->data;
    g_snprintf(cell->digits, sizeof cell->digits, "%" G_GINT64_FORMAT,
               postgres_integer(statement, column));
    return cell->digits;
}

const void *postgres_blob(Statement *statement, int column, size_t *ret_size)
{
    const Cell *cell = cell_of(statement, column);

    *ret_size = cell->data ? (size_t)cell->length : 0;
    return cell->data;
}

StoreValue postgres_value(Statement *statement, int column)
{
    const Cell *cell = cell_of(statement, column);

    if (cell->data == NULL)
        return text_value(NULL);
    if (is_integer(cell->type))
        return integer_value(postgres_integer(statement, column));
    return cell->type == BYTEA ? blob_value(cell->data, (size_t)cell->length)
                               : text_value(cell->data);
}
