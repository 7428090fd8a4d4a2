/* store.h: a database, behind the thinnest border that SQLite and PostgreSQL share.
 *
 * One SQL text serves both: $1, $2 … placeholders, types TEXT, BIGINT and BLOB/BYTEA only, and the common subset of the two
 * dialects (UPSERT, RETURNING). Everything that differs is in a StoreDriver: connecting, transactions, the run
 * lock, and the few words of schema that are spelled in two ways ({{blob}}, {{identity}}). Nothing outside ledger/ includes this header. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Store Store;
typedef struct Statement Statement;

typedef struct StoreDriver {
    const char *scheme; /* of the URL, "sqlite" */
    Store *(*open)(const char *url, bool is_writable, bool may_create, GError **error);
    void (*close)(Store *store);
    bool (*execute)(Store *store, const char *sql, GError **error); /* several statements, no values */
    Statement *(*prepare)(Store *store, const char *sql, GError **error);
    /* … bind, step, columns, reset, finalise, begin, commit, rollback, lock, unlock: see store.c for the contract of each */
} StoreDriver;
