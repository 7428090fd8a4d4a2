/* store.h: a database, behind the thinnest border that SQLite and PostgreSQL share.
 *
 * One SQL text serves both: $1, $2 … placeholders, and the common subset of the two dialects
 * (UPSERT, RETURNING, partial indexes). The few words of schema that are spelled in two ways are
 * written {{word}} and replaced by the driver. Everything else that differs is a function of
 * StoreDriver. Errors are LEDGER_ERROR, in sentences that say whether the ledger was changed.
 * Nothing outside ledger/ includes this header. */
#pragma once

#include "ledger/ledger.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct StoreDriver StoreDriver;

/* Both are the first member of the driver's own struct. */
typedef struct Store {
    const StoreDriver *driver;
} Store;
typedef struct Statement {
    Store *store;
} Statement;

typedef enum StoreStep { STORE_ROW, STORE_DONE, STORE_FAILED } StoreStep;
typedef enum StoreMode { STORE_READING, STORE_WRITING } StoreMode;

#define SCHEMA_EMPTY 0      /* nothing there yet */
#define SCHEMA_FOREIGN (-1) /* something there that is not a ledger */

/* The contract of a driver. All functions are required. Text is UTF-8. Not for two threads at once.
 */
struct StoreDriver {
    const char *scheme; /* of the URL: what stands before the first colon */
    const char *form;   /* how such URLs look, for messages */

    /* LEDGER_READ must leave the database unable to change; LEDGER_RUN creates what is absent,
     * readable for the owner only. Does not look at the schema. */
    Store *(*open)(const char *url, const char *base_directory, LedgerAccess access,
                   GError **error);
    void (*close)(Store *store); /* rolls back and unlocks what is left */

    /* SCHEMA_EMPTY, SCHEMA_FOREIGN or the version; setting takes part in the transaction. */
    bool (*schema_version)(Store *store, int64_t *ret_version, GError **error);
    bool (*set_schema_version)(Store *store, int64_t version, GError **error);
    /* What {{name}} or {{name argument}} is here, newly allocated; NULL = no such word. Words:
     * integer, blob, key (64-bit primary key given by us), identity (one given by the database),
     * bytewise (order of text by bytes), strict (end of a table), append_only TABLE (statements
     * that refuse UPDATE and DELETE on it). */
    char *(*word)(const char *name, const char *argument);

    /* Writing transactions exclude each other from their beginning. A failed commit is rolled back.
     */
    bool (*begin)(Store *store, StoreMode mode, GError **error);
    bool (*commit)(Store *store, GError **error);
    void (*rollback)(Store *store);

    bool (*execute)(Store *store, const char *sql,
                    GError **error); /* several statements, no values */
    Statement *(*prepare)(Store *store, const char *sql, GError **error); /* one statement */
    void (*finalise)(Statement *statement);
    /* n is that of $n. Texts and blobs are borrowed until the statement was stepped to its end or
     * reset. */
    void (*bind_integer)(Statement *statement, int n, int64_t value);
    void (*bind_text)(Statement *statement, int n, const char *value); /* NULL = null */
    void (*bind_blob)(Statement *statement, int n, const void *value, size_t size);
    void (*bind_null)(Statement *statement, int n);
    StoreStep (*step)(Statement *statement, GError **error);
    void (*reset)(Statement *statement); /* ready to be bound and stepped again */
    /* Columns from 0, valid until the next step or reset. */
    bool (*is_null)(Statement *statement, int column);
    int64_t (*integer)(Statement *statement, int column);  /* 0 for null */
    const char *(*text)(Statement *statement, int column); /* NULL for null */
    const void *(*blob)(Statement *statement, int column, size_t *ret_size);

    /* One run at a time per store, released by the death of the process. */
    bool (*lock)(Store *store, const char *holder, GError **error);
    bool (*is_locked)(const Store *store); /* by this store */
    int64_t (*size_bytes)(Store *store);
};

extern const StoreDriver sqlite_driver;

Store *store_open(const char *url, const char *base_directory, LedgerAccess access, GError **error);
void store_close(Store *store); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* Does work inside a transaction: committed when it returns true, rolled back otherwise. */
typedef bool (*StoreWork)(void *data, GError **error);
bool store_transaction(Store *store, StoreMode mode, StoreWork work, void *data, GError **error);

Statement *store_prepare(Store *store, const char *sql, GError **error);
void statement_free(Statement *statement); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Statement, statement_free)

typedef struct StoreValue {
    enum { VALUE_NULL, VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB } type;
    int64_t integer;
    const void *data;
    size_t size;
} StoreValue;
static inline StoreValue integer_value(int64_t value)
{
    return (StoreValue){.type = VALUE_INTEGER, .integer = value};
}
static inline StoreValue text_value(const char *value) /* NULL = null */
{
    return (StoreValue){.type = value ? VALUE_TEXT : VALUE_NULL, .data = value};
}
static inline StoreValue blob_value(const void *value, size_t size)
{
    return (StoreValue){.type = VALUE_BLOB, .data = value, .size = size};
}
static inline StoreValue id_value(int64_t id) /* 0 = null */
{
    return (StoreValue){.type = id ? VALUE_INTEGER : VALUE_NULL, .integer = id};
}

/* Resets, then binds $1, $2 … */
void statement_bind_values(Statement *statement, const StoreValue *values, size_t n_values);
#define statement_bind(statement, ...)                                                             \
    statement_bind_values(statement, (const StoreValue[]){__VA_ARGS__},                            \
                          sizeof((const StoreValue[]){__VA_ARGS__}) / sizeof(StoreValue))
StoreStep statement_step(Statement *statement, GError **error);
/* Steps to the end and resets: for statements whose rows nobody wants. */
bool statement_run(Statement *statement, GError **error);
void statement_reset(Statement *statement);
int64_t statement_integer(Statement *statement, int column);
const char *statement_text(Statement *statement, int column);
const void *statement_blob(Statement *statement, int column, size_t *ret_size);

/* First column of the first row; 0 when there is no row or it is null. */
bool store_query_integer(Store *store, const char *sql, int64_t *ret_value, GError **error);

/* schema.c: brings the schema up to this version, one transaction per migration; safe to be killed
 * and repeated. */
#define SCHEMA_VERSION 1
bool schema_migrate(Store *store, GError **error);
/* Is what is there fit for access? Migrates with LEDGER_RUN. */
bool schema_check(Store *store, const char *url, LedgerAccess access, GError **error);
