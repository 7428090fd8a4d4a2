/* broken_disk.h: a disk that dies at the n-th write. A layer over SQLite's own file system, for
 * every connection opened while it is installed. Writes are counted: writes, syncs, truncations,
 * deletions. */
#pragma once

typedef enum DiskFault {
    DISK_FULL,  /* the n-th write and all later ones find no room */
    DISK_ERROR, /* the n-th write and all later ones fail */
    DISK_KILL   /* the process is killed before the n-th write */
} DiskFault;

void broken_disk_install(void);
void broken_disk_remove(void);
void broken_disk_break(DiskFault fault, int at_write); /* 0 = never */
int broken_disk_writes(void); /* since the last call of broken_disk_break() */
