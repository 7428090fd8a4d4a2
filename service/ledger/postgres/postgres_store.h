/* postgres_store.h: what the files of the PostgreSQL driver share.
 *
 * One connection, used by one thread. Statements whose rows nobody wants travel in a pipeline, rows
 * in bulk by COPY, and the answer to both is waited for only when something else is to be sent:
 * then the server works while the next rows are made. Before anything else is sent,
 * postgres_settle() takes what is outstanding.
 *
 * A connection can be lost at any instant. Between transactions the next one connects again. Within
 * one the transaction is undone, and store_transaction() repeats the work as a whole. During COMMIT
 * nobody knows: each writing transaction leaves its token in rightful_commit, and a new connection
 * that has waited for the old one to end looks for it. */
#pragma once

#include "ledger/store.h"

#include <rightful/libpq.h>

/* First keys of advisory locks ("RIGH", "RIGI", "RIGJ"); the second is a hash of the schema, so
 * that several ledgers fit into one database. */
#define LOCK_KEY_RUN "1380533064"
#define LOCK_KEY_WRITERS "1380533065"
#define LOCK_KEY_WORKER "1380533066"
#define LOCK_OF_WRITERS LOCK_KEY_WRITERS ", hashtext(current_schema()::text)"

#define PATIENCE_SECONDS 60 /* for the server to come back, and for other writers */

typedef struct PostgresStatement PostgresStatement;

typedef struct PostgresStore {
    Store store;
    PGconn *connection;
    GPtrArray *keywords, *values; /* (element-type utf8) of the connection; NULL-terminated */
    char *place;                  /* the URL without its secrets */
    LedgerAccess access;
    uint64_t session; /* counts connections: statements are prepared in one */
    bool is_lost;     /* this one is of no use any more */

    bool is_writing, is_in_transaction;
    bool may_repeat; /* the last failure undid the transaction, and may not happen again */
    char token[40];  /* of the transaction; "" = none */

    bool is_pipelining, is_copying; /* answers are outstanding */
    unsigned n_queued;
    PostgresStatement *streaming; /* its rows are still coming; NULL = nobody's */
    GPtrArray *bulks;             /* (element-type PostgresBulk) in the order they were begun */
    GHashTable *prepared;         /* (utf8 types and text → utf8 name) on this connection */

    bool is_locked;
    LedgerLock lock; /* which one */
    char *holder;    /* as locked */
    int64_t generation;
} PostgresStore;

/* ---- postgres_connect.c ---- */

Store *postgres_open(const char *url, const char *base_directory, LedgerAccess access,
                     GError **error);
char *postgres_shown_url(const char *url);
/* A new connection in place of a lost one, with the lock that was held. Tries for
 * PATIENCE_SECONDS. Not within a transaction. */
bool postgres_connect_again(PostgresStore *postgres, GError **error);
/* Connects when what is there is lost; true when there is nothing to do. */
bool postgres_ensure_connection(PostgresStore *postgres, GError **error);

/* ---- postgres_error.c: all set error, note a lost connection, and return false ---- */

bool postgres_fail(PostgresStore *postgres, const PGresult *result, GError **error);
/* What libpq says of the connection, which is lost. */
bool postgres_fail_connection(PostgresStore *postgres, GError **error);

/* ---- postgres_statement.c ---- */

/* Waits for all answers that are outstanding; nothing is in flight afterwards. */
bool postgres_settle(PostgresStore *postgres, GError **error);
void postgres_settle_quietly(PostgresStore *postgres);
/* Several statements, no values; *ret_result (may be NULL) is the last one's, to be cleared. */
bool postgres_query(PostgresStore *postgres, const char *sql, PGresult **ret_result,
                    GError **error);
/* First column of the first row of the last statement; 0 for none and for null. */
bool postgres_query_integer(PostgresStore *postgres, const char *sql, int64_t *ret_value,
                            GError **error);

Statement *postgres_prepare(Store *store, const char *sql, GError **error);
void postgres_finalise(Statement *statement);
void postgres_bind_integer(Statement *statement, int n, int64_t value);
void postgres_bind_text(Statement *statement, int n, const char *value);
void postgres_bind_blob(Statement *statement, int n, const void *value, size_t size);
void postgres_bind_null(Statement *statement, int n);
StoreStep postgres_step(Statement *statement, GError **error);
bool postgres_run(Statement *statement, GError **error);
void postgres_reset(Statement *statement);

/* ---- postgres_row.c: the cells of a row, in binary form ---- */

bool postgres_is_null(Statement *statement, int column);
int64_t postgres_integer(Statement *statement, int column);
const char *postgres_text(Statement *statement, int column);
const void *postgres_blob(Statement *statement, int column, size_t *ret_size);
StoreValue postgres_value(Statement *statement, int column);

/* ---- postgres_bulk.c ---- */

Bulk *postgres_bulk_new(Store *store, const char *table, const char *columns, GError **error);
bool postgres_bulk_append(Bulk *bulk, const StoreValue *values, GError **error);
bool postgres_bulk_end(Bulk *bulk, GError **error);
void postgres_bulk_free(Bulk *bulk);
GPtrArray *postgres_bulks_new(void); /* of a store */
/* All rows that are not sent yet; those of freed bulks too. */
bool postgres_bulks_write(PostgresStore *postgres, GError **error);
/* Those of tables that the statement names, and what was begun before them. */
bool postgres_bulks_write_for(PostgresStore *postgres, const char *sql, GError **error);
void postgres_bulks_drop(PostgresStore *postgres); /* of a transaction that is undone */

/* ---- postgres_lock.c ---- */

bool postgres_lock(Store *store, LedgerLock lock, const char *holder, GError **error);
bool postgres_keep_lock(Store *store, GError **error);
bool postgres_is_locked(const Store *store, LedgerLock lock);
/* "count(*) FROM …": is the lock still this session's? A pooler between us and the server could
 * have changed it. Newly allocated. */
char *postgres_has_lock_sql(LedgerLock lock);
/* The lock of before, on a new connection; an error when somebody else may have been between. */
bool postgres_lock_again(PostgresStore *postgres, GError **error);

/* ---- postgres_transaction.c ---- */

bool postgres_begin(Store *store, StoreMode mode, const char *token, GError **error);
bool postgres_commit(Store *store, GError **error);
void postgres_rollback(Store *store);
bool postgres_may_repeat(Store *store);
