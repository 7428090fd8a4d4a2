#include "broken_disk.h"

#include <glib.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

typedef struct BrokenFile {
    sqlite3_file file;
    sqlite3_file *real; /* lies behind it */
} BrokenFile;

static sqlite3_vfs broken_vfs;
static sqlite3_vfs *real_vfs;
static DiskFault fault;
static int fault_at, n_writes;

/* SQLITE_OK, or what the disk answers to this write. */
static int count_write(void)
{
    n_writes++;
    if (fault_at == 0 || n_writes < fault_at)
        return SQLITE_OK;
    if (fault == DISK_KILL)
        kill(getpid(), SIGKILL);
    return fault == DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((BrokenFile *)file)->real;
}

static int broken_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}
static int broken_read(sqlite3_file *file, void *data, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), data, n, at);
}
static int broken_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
    int rc = count_write();
    return rc ? rc : real_of(file)->pMethods->xWrite(real_of(file), data, n, at);
}
static int broken_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc =
        fault == DISK_FULL ? SQLITE_OK : count_write(); /* a full disk can still be made shorter */
    return rc ? rc : real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int broken_sync(sqlite3_file *file, int flags)
{
    int rc = fault == DISK_FULL ? SQLITE_OK : count_write();
    return rc ? rc : real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int broken_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int broken_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}
static int broken_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}
static int broken_reserved(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}
static int broken_control(sqlite3_file *file, int op, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}
static int broken_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int broken_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods broken_methods = {
    .iVersion = 1,
    .xClose = broken_close,
    .xRead = broken_read,
    .xWrite = broken_write,
    .xTruncate = broken_truncate,
    .xSync = broken_sync,
    .xFileSize = broken_size,
    .xLock = broken_lock,
    .xUnlock = broken_unlock,
    .xCheckReservedLock = broken_reserved,
    .xFileControl = broken_control,
    .xSectorSize = broken_sector,
    .xDeviceCharacteristics = broken_device,
};

static int broken_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *ret_flags)
{
    (void)vfs;
    BrokenFile *broken = (BrokenFile *)file;
    broken->real = (sqlite3_file *)(broken + 1);
    int rc = real_vfs->xOpen(real_vfs, name, broken->real, flags, ret_flags);
    file->pMethods = broken->real->pMethods ? &broken_methods : NULL;
    return rc;
}

static int broken_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    int rc = fault == DISK_FULL ? SQLITE_OK : count_write();
    return rc ? rc : real_vfs->xDelete(real_vfs, name, sync_folder);
}

void broken_disk_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    broken_vfs = *real_vfs;
    broken_vfs.zName = "broken";
    broken_vfs.pNext = NULL;
    broken_vfs.szOsFile = (int)sizeof(BrokenFile) + real_vfs->szOsFile;
    broken_vfs.xOpen = broken_open;
    broken_vfs.xDelete = broken_delete;
    broken_disk_break(DISK_FULL, 0);
    sqlite3_vfs_register(&broken_vfs, 1);
}

void broken_disk_remove(void)
{
    sqlite3_vfs_unregister(&broken_vfs);
    sqlite3_vfs_register(real_vfs, 1);
}

void broken_disk_break(DiskFault new_fault, int at_write)
{
    fault = new_fault;
    fault_at = at_write;
    n_writes = 0;
}

int broken_disk_writes(void)
{
    return n_writes;
}
