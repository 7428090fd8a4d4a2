/* data_file.h: a data file read once, from a safe place, with its digest.
 *
 * Only regular files that no symbolic link hides: whoever may write the drop folder must not be
 * able to make us read something else, nor to hang us on a FIFO. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct DataFile DataFile;

/* SOURCE_ERROR_MISSING, _FORBIDDEN. */
DataFile *data_file_open(const char *path, GError **error);
void data_file_close(DataFile *file); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataFile, data_file_close)

/* The next bytes, good until the next call; *ret_n 0 at the end. The end of a file that was written
 * to since data_file_open() is an error (SOURCE_ERROR_CUT). */
bool data_file_read(DataFile *file, const char **ret_bytes, size_t *ret_n, GError **error);
/* The same into a buffer of the caller's: as many bytes as fit, fewer only at the end. */
bool data_file_read_into(DataFile *file, char *buffer, size_t size, size_t *ret_n, GError **error);
/* SHA-256 of everything read so far, as lower-case hex; call it once, at the end. */
char *data_file_digest(DataFile *file);
int64_t data_file_modified_utc(const DataFile *file);
