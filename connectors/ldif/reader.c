#include "ldif/reader.h"

#include <rightful/connector.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_CHUNKS 4

struct LdifReader {
    char *path;
    int fd;
    struct stat before;
    GThread *thread;
    GAsyncQueue *empty, *full; /* of LdifChunk; in full the `end` mark follows the last one */
    LdifChunk chunks[N_CHUNKS];
    LdifChunk end;
    bool has_ended;
    int stop; /* atomic */
    int read_errno;
    char sha256[65];
};

/* As many bytes as a chunk holds; fewer only at the end. */
static ssize_t fill(int fd, char *data)
{
    size_t length = 0;

    while (length < LDIF_CHUNK) {
        ssize_t n = read(fd, data + length, LDIF_CHUNK - length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        length += (size_t)n;
    }
    return (ssize_t)length;
}

static void write_hex(const unsigned char digest[32], char hex[65])
{
    for (size_t i = 0; i < 32; i++) {
        g_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

static gpointer read_ahead(gpointer data)
{
    LdifReader *reader = data;
    unsigned char digest[32];
    gnutls_hash_hd_t hash;

    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
        reader->read_errno = ENOMEM;
        g_async_queue_push(reader->full, &reader->end);
        return NULL;
    }
    while (g_atomic_int_get(&reader->stop) == 0) {
        LdifChunk *chunk = g_async_queue_pop(reader->empty);
        ssize_t n = fill(reader->fd, chunk->data);
        if (n < 0) {
            reader->read_errno = errno;
        }
        if (n <= 0) {
            break;
        }
        chunk->length = (size_t)n;
        chunk->nul = memchr(chunk->data, '\0', chunk->length);
        gnutls_hash(hash, chunk->data, chunk->length);
        g_async_queue_push(reader->full, chunk);
    }
    gnutls_hash_deinit(hash, digest);
    write_hex(digest, reader->sha256);
    g_async_queue_push(reader->full, &reader->end);
    return NULL;
}

static bool open_file(LdifReader *reader, GError **error)
{
    reader->fd = open(reader->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (reader->fd < 0) {
        g_set_error(
            error, SOURCE_ERROR, errno == ELOOP ? SOURCE_ERROR_FORBIDDEN : SOURCE_ERROR_MISSING,
            "%s: %s", reader->path,
            errno == ELOOP ? "is a symbolic link; name the file itself" : g_strerror(errno));
        return false;
    }
    if (fstat(reader->fd, &reader->before) != 0 || !S_ISREG(reader->before.st_mode)) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, "%s: is not a regular file",
                    reader->path);
        return false;
    }
    posix_fadvise(reader->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

LdifReader *ldif_reader_open(const char *path, GError **error)
{
    g_autoptr(LdifReader) reader = g_new0(LdifReader, 1);

    reader->path = g_strdup(path);
    reader->empty = g_async_queue_new();
    reader->full = g_async_queue_new();
    if (!open_file(reader, error)) {
        return NULL;
    }
    for (size_t i = 0; i < N_CHUNKS; i++) {
        reader->chunks[i].data = (char *)g_malloc(LDIF_HEADROOM + LDIF_CHUNK) + LDIF_HEADROOM;
        g_async_queue_push(reader->empty, &reader->chunks[i]);
    }
    reader->thread = g_thread_new("ldif", read_ahead, reader);
    return g_steal_pointer(&reader);
}

LdifChunk *ldif_reader_next(LdifReader *reader)
{
    if (reader->has_ended) {
        return NULL;
    }
    LdifChunk *chunk = g_async_queue_pop(reader->full);
    reader->has_ended = chunk == &reader->end;
    return reader->has_ended ? NULL : chunk;
}

void ldif_reader_give_back(LdifReader *reader, LdifChunk *chunk)
{
    if (chunk != NULL) {
        g_async_queue_push(reader->empty, chunk);
    }
}

bool ldif_reader_finish(LdifReader *reader, char **ret_sha256, int64_t *ret_modified_utc,
                        GError **error)
{
    struct stat after;

    if (reader->read_errno != 0) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT, "%s: reading failed: %s", reader->path,
                    g_strerror(reader->read_errno));
        return false;
    }
    if (fstat(reader->fd, &after) != 0 || after.st_size != reader->before.st_size ||
        after.st_mtim.tv_sec != reader->before.st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != reader->before.st_mtim.tv_nsec) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                    "%s: changed while it was read; write exports under another name and rename "
                    "them when they are whole",
                    reader->path);
        return false;
    }
    *ret_sha256 = g_strdup(reader->sha256);
    *ret_modified_utc = after.st_mtim.tv_sec;
    return true;
}

void ldif_reader_free(LdifReader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->thread != NULL) {
        g_atomic_int_set(&reader->stop, 1);
        while (
            !reader->has_ended) { /* a waiting thread gets its chunks back until it sees the stop */
            ldif_reader_give_back(reader, ldif_reader_next(reader));
        }
        g_thread_join(reader->thread);
    }
    for (size_t i = 0; i < N_CHUNKS; i++) {
        g_free(reader->chunks[i].data != NULL ? reader->chunks[i].data - LDIF_HEADROOM : NULL);
    }
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    g_clear_pointer(&reader->empty, g_async_queue_unref);
    g_clear_pointer(&reader->full, g_async_queue_unref);
    g_free(reader->path);
    g_free(reader);
}
