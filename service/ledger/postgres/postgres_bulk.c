/* postgres_bulk.c: new rows by COPY in binary form.
 *
 * Rows are made into the bytes of COPY as they come, and sent a megabyte at a time; the answer to
 * one piece is waited for when the next is ready. Before a piece goes, those of the bulks that were
 * begun earlier go. */
#include "ledger/postgres/postgres_store.h"

#include <string.h>

#define PIECE (1u << 20)

typedef struct PostgresBulk {
    Bulk bulk;
    char *sql, *table;
    GByteArray *rows; /* with the header, when there is a row */
    bool is_freed;    /* by its user: goes away with the next writing */
} PostgresBulk;

/* Signature, no flags, no extension. */
static const guint8 header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
#define HEADER_SIZE (sizeof header - 1)

static void free_bulk(gpointer data)
{
    PostgresBulk *self = data;
    g_free(self->sql);
    g_free(self->table);
    g_byte_array_unref(self->rows);
    g_free(self);
}

Bulk *postgres_bulk_new(Store *store, const char *table, const char *columns, GError **error)
{
    (void)error; /* a mistake in the names is told by the first writing */
    PostgresStore *postgres = (PostgresStore *)store;
    PostgresBulk *self = g_new0(PostgresBulk, 1);

    self->sql = g_strdup_printf("COPY %s (%s) FROM STDIN (FORMAT binary)", table, columns);
    self->table = g_strdup(table);
    self->rows = g_byte_array_new();
    g_ptr_array_add(postgres->bulks, self);
    return &self->bulk;
}

/* ---- bytes ---- */

static void append_field(GByteArray *rows, const void *data, size_t size)
{
    int32_t length = GINT32_TO_BE((int32_t)size);
    g_byte_array_append(rows, (const guint8 *)&length, sizeof length);
    g_byte_array_append(rows, data, (guint)size);
}

static void append_text(GByteArray *rows, const char *text)
{
    if (g_utf8_validate(text, -1, NULL)) {
        append_field(rows, text, strlen(text));
        return;
    }
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    append_field(rows, valid, strlen(valid));
}

static void append_value(GByteArray *rows, const StoreValue *value)
{
    static const int32_t null = -1;
    int64_t integer = GINT64_TO_BE(value->integer);

    switch (value->type) {
    case VALUE_NULL:
        g_byte_array_append(rows, (const guint8 *)&null, sizeof null);
        break;
    case VALUE_INTEGER:
        append_field(rows, &integer, sizeof integer);
        break;
    case VALUE_TEXT:
        append_text(rows, value->data);
        break;
    case VALUE_BLOB:
        append_field(rows, value->data ? value->data : "", value->size);
        break;
    }
}

/* ---- sending ---- */

static bool send_rows(PostgresStore *postgres, PostgresBulk *self, GError **error)
{
    static const guint8 end[] = {0xff, 0xff};
    PGresult *result;

    if (self->rows->len == 0)
        return true;
    g_byte_array_append(self->rows, end, sizeof end);
    if (!postgres_query(postgres, self->sql, &result, error))
        return false;
    PQclear(result);
    postgres->is_copying = true;
    bool is_sent = PQputCopyData(postgres->connection, (const char *)self->rows->data,
                                 (int)self->rows->len) == 1 &&
                   PQputCopyEnd(postgres->connection, NULL) == 1;
    g_byte_array_set_size(self->rows, 0);
    return is_sent || postgres_fail_connection(postgres, error);
}

/* All up to this one, in their order. */
static bool send_until(PostgresStore *postgres, const PostgresBulk *last, GError **error)
{
    for (guint i = 0; i < postgres->bulks->len; i++) {
        if (!send_rows(postgres, postgres->bulks->pdata[i], error))
            return false;
        if (postgres->bulks->pdata[i] == last)
            break;
    }
    return true;
}

static void forget_freed(PostgresStore *postgres)
{
    for (guint i = postgres->bulks->len; i-- > 0;) {
        const PostgresBulk *bulk = postgres->bulks->pdata[i];
        if (bulk->is_freed && bulk->rows->len == 0)
            g_ptr_array_remove_index(postgres->bulks, i);
    }
}

bool postgres_bulk_append(Bulk *bulk, const StoreValue *values, GError **error)
{
    PostgresBulk *self = (PostgresBulk *)bulk;
    int16_t n_columns = GINT16_TO_BE((int16_t)bulk->n_columns);

    if (self->rows->len == 0)
        g_byte_array_append(self->rows, header, HEADER_SIZE);
    g_byte_array_append(self->rows, (const guint8 *)&n_columns, sizeof n_columns);
    for (size_t i = 0; i < bulk->n_columns; i++)
        append_value(self->rows, &values[i]);
    return self->rows->len < PIECE || send_until((PostgresStore *)bulk->store, self, error);
}

bool postgres_bulk_end(Bulk *bulk, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)bulk->store;
    return send_until(postgres, (PostgresBulk *)bulk, error) && postgres_settle(postgres, error);
}

void postgres_bulk_free(Bulk *bulk)
{
    ((PostgresBulk *)bulk)->is_freed = true;
    forget_freed((PostgresStore *)bulk->store);
}

bool postgres_bulks_write(PostgresStore *postgres, GError **error)
{
    bool is_written = send_until(postgres, NULL, error);
    forget_freed(postgres);
    return is_written;
}

bool postgres_bulks_write_for(PostgresStore *postgres, const char *sql, GError **error)
{
    for (guint i = postgres->bulks->len; i-- > 0;) {
        const PostgresBulk *bulk = postgres->bulks->pdata[i];
        if (bulk->rows->len > 0 && strstr(sql, bulk->table))
            return send_until(postgres, bulk, error);
    }
    return true;
}

void postgres_bulks_drop(PostgresStore *postgres)
{
    for (guint i = 0; i < postgres->bulks->len; i++)
        g_byte_array_set_size(((PostgresBulk *)postgres->bulks->pdata[i])->rows, 0);
    forget_freed(postgres);
}

GPtrArray *postgres_bulks_new(void)
{
    return g_ptr_array_new_with_free_func(free_bulk);
}
