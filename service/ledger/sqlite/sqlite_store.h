/* sqlite_store.h: what the files of the SQLite driver share.
 *
 * Safety on SQLite 3.40.1 (Debian 12): rollback journal, synchronous=EXTRA, no mmap; its WAL can
 * corrupt with several writers. The database file is never opened or closed past SQLite while a
 * connection to it lives: closing any descriptor drops the POSIX locks of the whole process
 * (sqlite.org/howtocorrupt.html, 2.2). */
#pragma once

#include "ledger/store.h"

#include <sqlite3.h>

/* Readers can make a writer wait for that long before it gives up. */
#define BUSY_MILLISECONDS 60000

typedef struct SqliteStore {
    Store store;
    sqlite3 *database;
    char *path;
    int lock_fd;      /* -1 = none is held */
    LedgerLock lock;  /* which one is */
    GHashTable *idle; /* SQL → SqliteStatement that nobody uses; NULL before the first */
} SqliteStore;

/* Sets error from what the database said last; always false. doing may be NULL. */
bool sqlite_fail(SqliteStore *sqlite, int rc, const char *doing, GError **error);
bool sqlite_execute(Store *store, const char *sql, GError **error);

Store *sqlite_open(const char *url, const char *base_directory, LedgerAccess access,
                   GError **error);
bool sqlite_schema_version(Store *store, int64_t *ret_version, GError **error);
bool sqlite_set_schema_version(Store *store, int64_t version, GError **error);

bool sqlite_lock(Store *store, LedgerLock lock, const char *holder, GError **error);
bool sqlite_keep_lock(Store *store, GError **error);
bool sqlite_is_locked(const Store *store, LedgerLock lock);
void sqlite_unlock(SqliteStore *sqlite);

Bulk *sqlite_bulk_new(Store *store, const char *table, const char *columns, GError **error);
bool sqlite_bulk_append(Bulk *bulk, const StoreValue *values, GError **error);
bool sqlite_bulk_end(Bulk *bulk, GError **error);
void sqlite_bulk_free(Bulk *bulk);
