/* sqlite_bulk.c: new rows of one table, by one prepared INSERT. */
#include "ledger/sqlite/sqlite_store.h"

#include <string.h>

typedef struct SqliteBulk {
    Bulk bulk;
    Statement *insert;
} SqliteBulk;

Bulk *sqlite_bulk_new(Store *store, const char *table, const char *columns, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    int n = 1;

    g_string_printf(sql, "INSERT INTO %s (%s) VALUES ($1", table, columns);
    for (const char *comma = columns; (comma = strchr(comma, ',')); comma++)
        g_string_append_printf(sql, ", $%d", ++n);
    g_string_append_c(sql, ')');
    Statement *insert = store_prepare(store, sql->str, error);
    if (!insert)
        return NULL;
    SqliteBulk *result = g_new0(SqliteBulk, 1);
    result->insert = insert;
    return &result->bulk;
}

bool sqlite_bulk_append(Bulk *bulk, const StoreValue *values, GError **error)
{
    Statement *insert = ((SqliteBulk *)bulk)->insert;

    statement_bind_values(insert, values, bulk->n_columns);
    return statement_run(insert, error);
}

bool sqlite_bulk_end(Bulk *bulk, GError **error)
{
    (void)bulk, (void)error;
    return true;
}

void sqlite_bulk_free(Bulk *bulk)
{
    statement_free(((SqliteBulk *)bulk)->insert);
    g_free(bulk);
}
