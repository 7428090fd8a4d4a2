/* sqlite.c: the SQLite driver of store.h: transactions, statements, words, sentences for its
 * errors. */
#include "ledger/sqlite/sqlite_store.h"

#include <string.h>
#include <unistd.h>

#define MOST_IDLE 256 /* statements: all of a web's pages have fewer */

typedef struct SqliteStatement {
    Statement statement;
    sqlite3_stmt *handle;
    char *sql;
    int index[STORE_VALUES + 1]; /* of $n; 0 = the statement does not use it */
} SqliteStatement;

static sqlite3_stmt *handle_of(Statement *statement)
{
    return ((SqliteStatement *)statement)->handle;
}
static SqliteStore *sqlite_of(Statement *statement)
{
    return (SqliteStore *)statement->store;
}

typedef struct Sentence {
    int rc;
    LedgerError code;
    const char *text;
} Sentence;

/* The primary result codes that a reader can do something about. */
static const Sentence sentences[] = {
    {SQLITE_FULL, LEDGER_ERROR_FULL,
     "the disk is full. The ledger is unchanged. Make room on its file system and start again."},
    {SQLITE_READONLY, LEDGER_ERROR_READ_ONLY,
     "the ledger cannot be written: its file or folder is read-only for this user. The ledger is "
     "unchanged. Correct the "
     "permissions, or start as the user who owns it."},
    {SQLITE_CANTOPEN, LEDGER_ERROR_READ_ONLY,
     "the file, or the journal beside it, cannot be opened. The ledger is unchanged. This user "
     "needs to read and write "
     "the file and its folder."},
    {SQLITE_PERM, LEDGER_ERROR_READ_ONLY,
     "permission denied. The ledger is unchanged. This user needs to read and write the file and "
     "its folder."},
    {SQLITE_NOTADB, LEDGER_ERROR_NOT_OURS,
     "this file is not a database. Nothing was changed. Set store.url to another place."},
    {SQLITE_BUSY, LEDGER_ERROR_FAILED,
     "another program has kept the ledger busy for too long. The ledger is unchanged. Try again; a "
     "reader that does not "
     "end (a pager, a backup) can be the reason."},
    {SQLITE_CORRUPT, LEDGER_ERROR_FAILED,
     "the database is damaged. Nothing was changed and nothing is repaired silently. Restore it "
     "from a backup, and keep "
     "the damaged file."},
    {SQLITE_IOERR, LEDGER_ERROR_FAILED,
     "the disk answered with an error. The ledger is unchanged. Look at the system's log."},
    {SQLITE_NOMEM, LEDGER_ERROR_FAILED, "out of memory. The ledger is unchanged."},
};

bool sqlite_fail(SqliteStore *sqlite, int rc, const char *doing, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        if (sentences[i].rc != (rc & 0xff))
            continue;
        g_set_error(error, LEDGER_ERROR, sentences[i].code, "%s: %s (SQLite: %s)", sqlite->path,
                    sentences[i].text, sqlite3_errstr(rc));
        return false;
    }
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED, "%s: %s%s%s. The ledger is unchanged.",
                sqlite->path, doing ? doing : "", doing ? ": " : "",
                sqlite->database ? sqlite3_errmsg(sqlite->database) : sqlite3_errstr(rc));
    return false;
}

bool sqlite_execute(Store *store, const char *sql, GError **error)
{
    SqliteStore *sqlite = (SqliteStore *)store;
    int rc = sqlite3_exec(sqlite->database, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || sqlite_fail(sqlite, rc, NULL, error);
}

static void sqlite_close(Store *store)
{
    SqliteStore *sqlite = (SqliteStore *)store;

    sqlite_unlock(sqlite);
    g_clear_pointer(&sqlite->idle, g_hash_table_unref);
    /* _v2: a statement that somebody forgot must not keep the locks of the file. */
    sqlite3_close_v2(sqlite->database);
    g_free(sqlite->path);
    g_free(sqlite);
}

static bool sqlite_begin(Store *store, StoreMode mode, const char *token, GError **error)
{
    (void)token; /* a commit here is answered, or the process is dead */
    return sqlite_execute(store, mode == STORE_WRITING ? "BEGIN IMMEDIATE" : "BEGIN", error);
}

static void sqlite_rollback(Store *store)
{
    sqlite3 *database = ((SqliteStore *)store)->database;
    /* After a full disk SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(database))
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_commit(Store *store, GError **error)
{
    if (sqlite_execute(store, "COMMIT", error))
        return true;
    sqlite_rollback(store);
    return false;
}

/* Whoever is to write waits for it (BEGIN IMMEDIATE): there is nothing that could collide. */
static bool sqlite_may_repeat(Store *store)
{
    (void)store;
    return false;
}

static char *sqlite_shown_url(const char *url)
{
    return g_strdup(url);
}

/* ---- statements: parsing and planning one costs more than a few rows of it, so those that nobody
 * uses any more are kept for whoever asks for the same text ---- */

static void free_statement(gpointer data)
{
    SqliteStatement *self = data;

    sqlite3_finalize(self->handle);
    g_free(self->sql);
    g_free(self);
}

/* As if it were new: nothing is read, locked, bound or borrowed. */
static void sqlite_finalise(Statement *statement)
{
    SqliteStatement *self = (SqliteStatement *)statement;
    SqliteStore *sqlite = sqlite_of(statement);

    sqlite3_reset(self->handle);
    sqlite3_clear_bindings(self->handle);
    if (!sqlite->idle)
        sqlite->idle = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_statement);
    if (g_hash_table_size(sqlite->idle) >= MOST_IDLE)
        g_hash_table_remove_all(sqlite->idle);
    g_hash_table_replace(sqlite->idle, self->sql, self);
}

static SqliteStatement *take_idle(SqliteStore *sqlite, const char *sql)
{
    SqliteStatement *self = sqlite->idle ? g_hash_table_lookup(sqlite->idle, sql) : NULL;

    if (self)
        g_hash_table_steal(sqlite->idle, sql);
    return self;
}

/* $n is a name to SQLite, numbered by first appearance, so $2 may come before $1 in a text. */
static void find_places(SqliteStatement *self)
{
    int n_left = sqlite3_bind_parameter_count(self->handle);

    for (int n = 1; n_left > 0 && n <= STORE_VALUES; n++) {
        char name[16];
        g_snprintf(name, sizeof name, "$%d", n);
        self->index[n] = sqlite3_bind_parameter_index(self->handle, name);
        n_left -= self->index[n] > 0;
    }
}

static Statement *sqlite_prepare(Store *store, const char *sql, GError **error)
{
    SqliteStore *sqlite = (SqliteStore *)store;
    SqliteStatement *self = take_idle(sqlite, sql);

    if (self)
        return &self->statement;
    self = g_new0(SqliteStatement, 1);
    self->statement.store = store;
    int rc = sqlite3_prepare_v3(sqlite->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &self->handle,
                                NULL);
    if (rc != SQLITE_OK) {
        sqlite_fail(sqlite, rc, sql, error);
        g_free(self);
        return NULL;
    }
    self->sql = g_strdup(sql);
    find_places(self);
    return &self->statement;
}

static int index_of(Statement *statement, int n)
{
    g_assert(n >= 1 && n <= STORE_VALUES);
    return ((SqliteStatement *)statement)->index[n];
}

static void sqlite_bind_integer(Statement *statement, int n, int64_t value)
{
    sqlite3_bind_int64(handle_of(statement), index_of(statement, n), value);
}

static void sqlite_bind_text(Statement *statement, int n, const char *value)
{
    sqlite3_bind_text(handle_of(statement), index_of(statement, n), value, -1, SQLITE_STATIC);
}

static void sqlite_bind_blob(Statement *statement, int n, const void *value, size_t size)
{
    sqlite3_bind_blob64(handle_of(statement), index_of(statement, n), value, size, SQLITE_STATIC);
}

static void sqlite_bind_null(Statement *statement, int n)
{
    sqlite3_bind_null(handle_of(statement), index_of(statement, n));
}

static StoreStep sqlite_step(Statement *statement, GError **error)
{
    int rc = sqlite3_step(handle_of(statement));
    if (rc == SQLITE_ROW)
        return STORE_ROW;
    if (rc == SQLITE_DONE)
        return STORE_DONE;
    sqlite_fail(sqlite_of(statement), rc, NULL, error);
    return STORE_FAILED;
}

static void sqlite_reset(Statement *statement)
{
    sqlite3_reset(handle_of(statement)); /* repeats the error of the step, which was told already */
}

static bool sqlite_run(Statement *statement, GError **error)
{
    StoreStep step;
    while ((step = sqlite_step(statement, error)) == STORE_ROW)
        ;
    sqlite_reset(statement);
    return step == STORE_DONE;
}

static bool sqlite_is_null(Statement *statement, int column)
{
    return sqlite3_column_type(handle_of(statement), column) == SQLITE_NULL;
}

static int64_t sqlite_integer(Statement *statement, int column)
{
    return sqlite3_column_int64(handle_of(statement), column);
}

static const char *sqlite_text(Statement *statement, int column)
{
    return (const char *)sqlite3_column_text(handle_of(statement), column);
}

static const void *sqlite_blob(Statement *statement, int column, size_t *ret_size)
{
    const void *blob = sqlite3_column_blob(handle_of(statement), column);
    *ret_size = (size_t)sqlite3_column_bytes(handle_of(statement), column);
    return blob;
}

static StoreValue sqlite_value(Statement *statement, int column)
{
    size_t size;

    switch (sqlite3_column_type(handle_of(statement), column)) {
    case SQLITE_INTEGER:
        return integer_value(sqlite_integer(statement, column));
    case SQLITE_NULL:
        return text_value(NULL);
    case SQLITE_BLOB: {
        const void *blob = sqlite_blob(statement, column, &size);
        return blob_value(blob, size);
    }
    default:
        return text_value(sqlite_text(statement, column));
    }
}

static char *append_only(const char *table)
{
    return g_strdup_printf("CREATE TRIGGER %s_no_update BEFORE UPDATE ON %s BEGIN "
                           "SELECT RAISE(ABORT, '%s is append-only'); END;\n"
                           "CREATE TRIGGER %s_no_delete BEFORE DELETE ON %s BEGIN "
                           "SELECT RAISE(ABORT, '%s is append-only'); END;\n",
                           table, table, table, table, table, table);
}

static char *goes_with_review(const char *table)
{
    return g_strdup_printf("DROP TRIGGER %s_no_delete;\n"
                           "CREATE TRIGGER %s_no_delete BEFORE DELETE ON %s WHEN NOT EXISTS "
                           "(SELECT 1 FROM review r WHERE r.id = OLD.review AND r.forgotten_at IS "
                           "NOT NULL) BEGIN SELECT RAISE(ABORT, '%s is append-only'); END;\n",
                           table, table, table, table);
}

static char *sqlite_word(const char *name, const char *argument)
{
    static const char *const words[][2] = {
        {"integer", "INTEGER"},         {"blob", "BLOB"},     {"key", "INTEGER PRIMARY KEY"},
        {"bytewise", "COLLATE BINARY"}, {"strict", "STRICT"}, {"text", "TEXT"},
    };

    if (argument)
        return g_str_equal(name, "append_only")        ? append_only(argument)
               : g_str_equal(name, "goes_with_review") ? goes_with_review(argument)
               : g_str_equal(name, "references")       ? g_strdup_printf("REFERENCES %s", argument)
                                                       : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i][0], name))
            return g_strdup(words[i][1]);
    }
    return NULL;
}

static int64_t sqlite_size_bytes(Store *store)
{
    int64_t n_pages = 0, page_size = 0;
    bool is_known = store_query_integer(store, "PRAGMA page_count", &n_pages, NULL) &&
                    store_query_integer(store, "PRAGMA page_size", &page_size, NULL);
    return is_known ? n_pages * page_size : 0;
}

const StoreDriver sqlite_driver = {
    .schemes = {"sqlite"},
    .form = "sqlite:///absolute/path, sqlite:path/beside/the/configuration",
    .open = sqlite_open,
    .close = sqlite_close,
    .shown_url = sqlite_shown_url,
    .schema_version = sqlite_schema_version,
    .set_schema_version = sqlite_set_schema_version,
    .word = sqlite_word,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .may_repeat = sqlite_may_repeat,
    .execute = sqlite_execute,
    .prepare = sqlite_prepare,
    .finalise = sqlite_finalise,
    .bind_integer = sqlite_bind_integer,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .run = sqlite_run,
    .reset = sqlite_reset,
    .is_null = sqlite_is_null,
    .integer = sqlite_integer,
    .text = sqlite_text,
    .blob = sqlite_blob,
    .value = sqlite_value,
    .bulk_new = sqlite_bulk_new,
    .bulk_append = sqlite_bulk_append,
    .bulk_end = sqlite_bulk_end,
    .bulk_free = sqlite_bulk_free,
    .columns_sql = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
                   "WHERE m.type = 'table' ORDER BY m.rowid, c.cid",
    .references_sql = "SELECT m.name, f.\"table\" FROM sqlite_master m, "
                      "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    .lock = sqlite_lock,
    .keep_lock = sqlite_keep_lock,
    .is_locked = sqlite_is_locked,
    .size_bytes = sqlite_size_bytes,
};
