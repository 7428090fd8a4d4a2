/* sqlite_lock.c: one run and one worker at a time, by locks of the operating system on PATH.lock
 * and PATH.worker-lock.
 *
 * The kernel releases it with the death of the holder, so there is no stale lock to break. The
 * file's text only says who holds it; the file stays, because deleting it would let two runs lock
 * two files of one name. */
#include "ledger/sqlite/sqlite_store.h"

#include "base/times.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *const suffixes[] = {
    [LEDGER_LOCK_RUN] = ".lock", [LEDGER_LOCK_WORKER] = ".worker-lock"};

static bool refuse(int fd, const SqliteStore *sqlite, LedgerLock lock, GError **error)
{
    char text[512] = "";
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    g_auto(GStrv) lines = g_strsplit(length > 0 ? text : "", "\n", 3);
    g_autofree char *holder =
        g_strv_length(lines) >= 2 ? g_strdup_printf("%s, since %s", lines[0], lines[1]) : NULL;

    return store_refuse_lock(sqlite->path, lock, holder, error);
}

static bool write_holder(int fd, const char *holder)
{
    g_autofree char *since = time_to_text(g_get_real_time() / G_USEC_PER_SEC);
    g_autofree char *line = g_strdelimit(g_strdup(holder), "\r\n", ' ');
    g_autofree char *text = g_strdup_printf("%s\n%s\n", line, since);
    size_t length = strlen(text);

    return ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == (ssize_t)length;
}

bool sqlite_lock(Store *store, LedgerLock lock, const char *holder, GError **error)
{
    SqliteStore *sqlite = (SqliteStore *)store;
    g_autofree char *path = g_strconcat(sqlite->path, suffixes[lock], NULL);

    if (sqlite_is_locked(store, lock))
        return true;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        int reason = errno;
        g_set_error(error, LEDGER_ERROR,
                    reason == ENOSPC ? LEDGER_ERROR_FULL : LEDGER_ERROR_READ_ONLY,
                    "%s: the lock cannot be opened: %s. The ledger is unchanged. This user "
                    "needs to write there.",
                    path, g_strerror(reason));
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        refuse(fd, sqlite, lock, error);
        close(fd);
        return false;
    }
    write_holder(fd, holder); /* a full disk costs the name in a message, not the run */
    sqlite->lock_fd = fd;
    sqlite->lock = lock;
    return true;
}

bool sqlite_is_locked(const Store *store, LedgerLock lock)
{
    const SqliteStore *sqlite = (const SqliteStore *)store;

    return sqlite->lock_fd >= 0 && sqlite->lock == lock;
}

/* Nothing but our end takes it from us. */
bool sqlite_keep_lock(Store *store, GError **error)
{
    return ((const SqliteStore *)store)->lock_fd >= 0;
}

void sqlite_unlock(SqliteStore *sqlite)
{
    if (sqlite->lock_fd < 0)
        return;
    int ignored = ftruncate(sqlite->lock_fd, 0);
    (void)ignored;
    close(sqlite->lock_fd);
    sqlite->lock_fd = -1;
}
