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

/* Each is the first member of the driver's own struct. */
typedef struct Store {
    const StoreDriver *driver;
    uint64_t n_writes; /* writing transactions so far */
} Store;
typedef struct Statement {
    Store *store;
} Statement;
typedef struct Bulk {
    Store *store;
    size_t n_columns;
} Bulk;

#define STORE_VALUES 64 /* $1 … $64 at most */

typedef enum StoreStep { STORE_ROW, STORE_DONE, STORE_FAILED } StoreStep;
typedef enum StoreMode { STORE_READING, STORE_WRITING } StoreMode;

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

#define SCHEMA_EMPTY 0      /* nothing there yet */
#define SCHEMA_FOREIGN (-1) /* something there that is not a ledger */

/* The contract of a driver. All functions are required. Text is UTF-8. Not for two threads at once.
 */
struct StoreDriver {
    const char
        *schemes[2];  /* of the URL: what stands before the first colon; the first is its name */
    const char *form; /* how such URLs look, for messages */

    /* LEDGER_READ must leave the database unable to change; LEDGER_RUN creates what is absent,
     * readable for the owner only. Does not look at the schema. */
    Store *(*open)(const char *url, const char *base_directory, LedgerAccess access,
                   GError **error);
    void (*close)(Store *store);         /* rolls back and unlocks what is left */
    char *(*shown_url)(const char *url); /* without its secrets, for messages; newly allocated */

    /* SCHEMA_EMPTY, SCHEMA_FOREIGN or the version; setting takes part in the transaction. */
    bool (*schema_version)(Store *store, int64_t *ret_version, GError **error);
    bool (*set_schema_version)(Store *store, int64_t version, GError **error);
    /* What {{name}} or {{name argument}} is here, newly allocated; NULL = no such word. Words:
     * text (what TEXT in a migration becomes), integer, blob, key (64-bit primary key given by us),
     * bytewise (order of text by bytes), strict (end of a table), append_only TABLE (statements
     * that refuse UPDATE and DELETE on it), goes_with_review TABLE (statements that let rows of
     * such a table go once their review is forgotten), references TABLE (COLUMN) (where the
     * database checks that at no cost to speak of). */
    char *(*word)(const char *name, const char *argument);

    /* Writing transactions exclude each other from their beginning. A failed commit is rolled back.
     * token: of the work, the same when it is repeated; where an answer to the commit can be lost,
     * the driver finds out by it whether the work was committed, and commit returns true. */
    bool (*begin)(Store *store, StoreMode mode, const char *token, GError **error);
    bool (*commit)(Store *store, GError **error);
    void (*rollback)(Store *store);
    /* After a failure: was the transaction undone as a whole by something that may not happen again
     * (a serialization failure, a lost connection)? */
    bool (*may_repeat)(Store *store);

    bool (*execute)(Store *store, const char *sql,
                    GError **error); /* several statements, no values */
    Statement *(*prepare)(Store *store, const char *sql, GError **error); /* one statement */
    void (*finalise)(Statement *statement); /* may be kept for who prepares the same text */
    /* n is that of $n. Texts and blobs are borrowed until the statement was stepped to its end or
     * reset. */
    void (*bind_integer)(Statement *statement, int n, int64_t value);
    void (*bind_text)(Statement *statement, int n, const char *value); /* NULL = null */
    void (*bind_blob)(Statement *statement, int n, const void *value, size_t size);
    void (*bind_null)(Statement *statement, int n);
    StoreStep (*step)(Statement *statement, GError **error);
    /* Steps to the end and resets. Within a transaction the statement may be sent along with later
     * ones; then its error is told by one of them, at the latest by commit. */
    bool (*run)(Statement *statement, GError **error);
    void (*reset)(Statement *statement); /* ready to be bound and stepped again */
    /* Columns from 0, valid until the next step or reset. */
    bool (*is_null)(Statement *statement, int column);
    int64_t (*integer)(Statement *statement, int column);  /* 0 for null */
    const char *(*text)(Statement *statement, int column); /* NULL for null */
    const void *(*blob)(Statement *statement, int column, size_t *ret_size);
    StoreValue (*value)(Statement *statement, int column); /* of whatever type; borrowed */

    /* New rows of one table; columns as in an INSERT: "id, name". See bulk_new(). */
    Bulk *(*bulk_new)(Store *store, const char *table, const char *columns, GError **error);
    bool (*bulk_append)(Bulk *bulk, const StoreValue *values, GError **error);
    bool (*bulk_end)(Bulk *bulk, GError **error);
    void (*bulk_free)(Bulk *bulk);

    /* Rows of (table, column) of all tables of the ledger, in the order in which they were made;
     * and of (table, referred table), NULL where nothing is referred to. */
    const char *columns_sql, *references_sql;
    /* Before a table's name: looks at its rows, so that plans fit them; for a table that was filled
     * at once. NULL where plans do not depend on it. */
    const char *look_sql;

    /* Each has one holder at a time per store, and is released by the death of the process; a Store
     * holds one at most. */
    bool (*lock)(Store *store, LedgerLock lock, const char *holder, GError **error);
    bool (*keep_lock)(Store *store, GError **error);        /* of ledger_keep_lock() */
    bool (*is_locked)(const Store *store, LedgerLock lock); /* by this store */
    int64_t (*size_bytes)(Store *store);
};

extern const StoreDriver sqlite_driver;
extern const StoreDriver postgres_driver;

Store *store_open(const char *url, const char *base_directory, LedgerAccess access, GError **error);
void store_close(Store *store);         /* NULL is fine */
char *store_shown_url(const char *url); /* without its secrets; newly allocated */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* The error of a lock that somebody else has: holder is "rightful run …, since …", NULL = nobody
 * knows. Always false. */
bool store_refuse_lock(const char *place, LedgerLock lock, const char *holder, GError **error);

/* Does work inside a transaction: committed when it returns true, rolled back otherwise. Work that
 * writes may be called again when the database undid the transaction (a serialization failure, a
 * lost connection): it begins by forgetting what it kept in data the last time. */
typedef bool (*StoreWork)(void *data, GError **error);
bool store_transaction(Store *store, StoreMode mode, StoreWork work, void *data, GError **error);

Statement *store_prepare(Store *store, const char *sql, GError **error);
void statement_free(Statement *statement); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Statement, statement_free)

/* Resets, then binds $1, $2 … */
void statement_bind_values(Statement *statement, const StoreValue *values, size_t n_values);
#define statement_bind(statement, ...)                                                             \
    statement_bind_values(statement, (const StoreValue[]){__VA_ARGS__},                            \
                          sizeof((const StoreValue[]){__VA_ARGS__}) / sizeof(StoreValue))
StoreStep statement_step(Statement *statement, GError **error);
/* Steps to the end and resets: for statements whose rows nobody wants. An error may be told by a
 * later call within the transaction, at the latest by its commit. */
bool statement_run(Statement *statement, GError **error);
void statement_reset(Statement *statement);
int64_t statement_integer(Statement *statement, int column);
const char *statement_text(Statement *statement, int column);
const void *statement_blob(Statement *statement, int column, size_t *ret_size);

/* Many new rows of one table, inside a writing transaction: PostgreSQL takes them by COPY, SQLite
 * by a prepared INSERT. columns as in an INSERT: "id, name". Rows are written in the order in which
 * they are added, and bulks in the order in which they were begun, so the table that others refer
 * to is begun first. They are written by commit at the latest, whether ended and freed or not;
 * other statements are sure to see them after bulk_end() only. An error of a row may be told by a
 * later call, at the latest by commit. Types are exact: {{integer}} takes integers, TEXT texts,
 * {{blob}} blobs. */
Bulk *bulk_new(Store *store, const char *table, const char *columns, GError **error);
void bulk_free(Bulk *bulk); /* NULL is fine; keeps what was added */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bulk, bulk_free)
/* n_values must be the number of columns. The values are copied. */
bool bulk_add_values(Bulk *bulk, const StoreValue *values, size_t n_values, GError **error);
#define bulk_add(bulk, error, ...)                                                                 \
    bulk_add_values(bulk, (const StoreValue[]){__VA_ARGS__},                                       \
                    sizeof((const StoreValue[]){__VA_ARGS__}) / sizeof(StoreValue), error)
bool bulk_end(Bulk *bulk, GError **error); /* more may be added, and ended, after it */

/* First column of the first row; 0 when there is no row or it is null. */
bool store_query_integer(Store *store, const char *sql, int64_t *ret_value, GError **error);

/* schema.c: brings the schema up to this version, one transaction per migration; safe to be killed
 * and repeated. */
#define SCHEMA_VERSION 16
bool schema_migrate(Store *store, GError **error);
/* Everything of this version in an empty store, without audit rows, in the caller's transaction. */
bool schema_create(Store *store, GError **error);
/* Is what is there fit for access? Migrates with LEDGER_RUN. */
bool schema_check(Store *store, const char *url, LedgerAccess access, GError **error);
