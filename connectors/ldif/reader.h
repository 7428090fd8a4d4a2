/* reader.h: reads a file ahead of its parser, and hashes it meanwhile.
 *
 * A thread fills chunks of 256 KiB (they stay in the cache of its core), looks for NUL bytes
 * and feeds SHA-256, so that hashing (about as expensive as parsing) costs no time of its own.
 * Memory: twelve chunks at most, whatever the file's size. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In front of the data of each chunk is room for the rest of the one before, so that an entry which
 * begins in one chunk and ends in the next is in one piece without copying whole chunks. */
#define LDIF_HEADROOM ((size_t)64 << 10)
#define LDIF_CHUNK ((size_t)256 << 10)

typedef struct LdifChunk {
    char *data; /* LDIF_HEADROOM bytes before it are free */
    size_t length;
    const char *nul; /* the first NUL byte, or NULL */
} LdifChunk;

typedef struct LdifReader LdifReader;

/* What data_file_open() opens: no symlink, FIFO, device, folder. */
LdifReader *ldif_reader_open(const char *path, GError **error);
void ldif_reader_free(LdifReader *reader); /* NULL is fine; stops reading */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LdifReader, ldif_reader_free)

/* The next chunk, to be given back; NULL at the end of the file or after an error. */
LdifChunk *ldif_reader_next(LdifReader *reader);
void ldif_reader_give_back(LdifReader *reader, LdifChunk *chunk);

/* After the last chunk: was the file read whole, and unchanged while it was read? */
bool ldif_reader_finish(LdifReader *reader, char **ret_sha256, int64_t *ret_modified_utc,
                        GError **error);
