/* sqlite_open.c: from a URL to a connection that is safe to use, or a sentence. */
#include "ledger/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PRAGMA application_id: "RIGH". file(1) and we tell our databases from others by it. */
#define APPLICATION_ID 0x52494748
#define CACHE_KIB                                                                                  \
    8192 /* more is memory of the whole run: a first night's pages are written once                \
          */
#define SMALLEST_DATABASE 512 /* the smallest page that SQLite knows */

static char *path_of(const char *url, const char *base_directory, GError **error)
{
    const char *path = strchr(url, ':') + 1;

    if (g_str_has_prefix(path, "//")) {
        if (path[2] != '/') {
            g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                        "store.url: '%s' names a host; a local path has three slashes: %s", url,
                        sqlite_driver.form);
            return NULL;
        }
        path += 2;
    }
    if (*path == '\0' || g_str_has_suffix(path, "/")) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "store.url: '%s' names no file; write %s", url, sqlite_driver.form);
        return NULL;
    }
    return g_canonicalize_filename(path, base_directory);
}

/* Created here because SQLite would create it readable for everybody. O_EXCL: there was no file, so
 * no connection of this process can lose locks by our close(). */
static bool create_file(const char *path, GError **error)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        int reason = errno;
        LedgerError code = reason == ENOSPC                      ? LEDGER_ERROR_FULL
                           : reason == EACCES || reason == EROFS ? LEDGER_ERROR_READ_ONLY
                                                                 : LEDGER_ERROR_FAILED;
        g_set_error(error, LEDGER_ERROR, code,
                    "%s: the ledger cannot be created: %s. Its folder must be there, and writable "
                    "for this user.",
                    path, g_strerror(reason));
        return false;
    }
    if (fd >= 0)
        close(fd);
    return true;
}

static bool missing(const char *path, const char *what, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_MISSING,
                "%s: %s: no run has finished yet. Start with 'rightful run'.", path, what);
    return false;
}

/* Looks at the file by name only: opening and closing it would drop locks. */
static bool look_at_file(const char *path, LedgerAccess access, GError **error)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        if (errno == ENOENT)
            return access == LEDGER_RUN ? create_file(path, error)
                                        : missing(path, "there is no ledger here", error);
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the ledger cannot be reached: %s. Nothing was changed.", path,
                    g_strerror(errno));
        return false;
    }
    if (!S_ISREG(info.st_mode) || (info.st_size > 0 && info.st_size < SMALLEST_DATABASE)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_OURS,
                    "%s: %s. Nothing was changed. Set store.url to another place.", path,
                    S_ISDIR(info.st_mode)    ? "this is a folder, not a database"
                    : !S_ISREG(info.st_mode) ? "this is not a regular file"
                                             : "this file is not a database");
        return false;
    }
    if (info.st_size == 0 && access != LEDGER_RUN)
        return missing(path, "the ledger is empty", error);
    return true;
}

static bool prepare_connection(SqliteStore *sqlite, LedgerAccess access, GError **error)
{
    g_autofree char *cache = g_strdup_printf("PRAGMA cache_size = -%d", CACHE_KIB);
    /* journal_mode is the first to read the file: a killed run is rolled back here. */
    const char *const pragmas[] = {"PRAGMA journal_mode = DELETE",
                                   "PRAGMA synchronous = EXTRA",
                                   "PRAGMA mmap_size = 0",
                                   "PRAGMA foreign_keys = ON",
                                   "PRAGMA trusted_schema = OFF",
                                   "PRAGMA temp_store = MEMORY",
                                   cache};

    sqlite3_extended_result_codes(sqlite->database, 1);
    sqlite3_busy_timeout(sqlite->database, BUSY_MILLISECONDS);
    sqlite3_db_config(sqlite->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(pragmas); i++) {
        if (!sqlite_execute(&sqlite->store, pragmas[i], error))
            return false;
    }
    if (access == LEDGER_READ)
        return sqlite_execute(&sqlite->store, "PRAGMA query_only = ON", error);
    return sqlite3_db_readonly(sqlite->database, "main") != 1 ||
           sqlite_fail(sqlite, SQLITE_READONLY, NULL, error);
}

/* SQLite counts every byte that it allocates, under a lock, for statistics that nobody asks for: a
 * fifteenth of the time that many new rows take. Can be said before its first use only. */
static void count_no_bytes(void)
{
    static gsize is_said;

    if (g_once_init_enter(&is_said)) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        g_once_init_leave(&is_said, 1);
    }
}

Store *sqlite_open(const char *url, const char *base_directory, LedgerAccess access, GError **error)
{
    g_autofree char *path = path_of(url, base_directory, error);
    if (!path || !look_at_file(path, access, error))
        return NULL;

    SqliteStore *sqlite = g_new0(SqliteStore, 1);
    g_autoptr(Store) store = &sqlite->store;
    store->driver = &sqlite_driver;
    sqlite->lock_fd = -1;
    sqlite->path = g_steal_pointer(&path);
    /* Readers open for writing too where they may: only then can what a killed run left be rolled
     * back. */
    count_no_bytes();
    int rc = sqlite3_open_v2(sqlite->path, &sqlite->database,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        sqlite_fail(sqlite, rc, NULL, error);
        return NULL;
    }
    if (!prepare_connection(sqlite, access, error))
        return NULL;
    return g_steal_pointer(&store);
}

/* One statement, so one moment: a ledger that another process is just making is empty or ours. */
bool sqlite_schema_version(Store *store, int64_t *ret_version, GError **error)
{
    g_autoptr(Statement) row = store_prepare(store,
                                             "SELECT i.application_id, v.user_version,"
                                             " (SELECT count(*) FROM sqlite_master)"
                                             " FROM pragma_application_id i, pragma_user_version v",
                                             error);
    if (!row || statement_step(row, error) != STORE_ROW)
        return false;
    int64_t id = statement_integer(row, 0), version = statement_integer(row, 1);
    int64_t n_objects = statement_integer(row, 2);
    if (id == APPLICATION_ID)
        *ret_version = version;
    else
        *ret_version = id == 0 && version == 0 && n_objects == 0 ? SCHEMA_EMPTY : SCHEMA_FOREIGN;
    return true;
}

bool sqlite_set_schema_version(Store *store, int64_t version, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %" G_GINT64_FORMAT,
                        APPLICATION_ID, version);
    return sqlite_execute(store, sql, error);
}
