#include "ldif/reader.h"

#include "data_file.h"

#include <string.h>

/* Some milliseconds of work, which is how long the system lets another thread go on: with a few
 * hundred microseconds of it one thread waits while the others have to wait for each other. */
#define N_CHUNKS 12

struct LdifReader {
    DataFile *file;
    GError *error; /* why reading stopped; NULL at the end of the file */
    GThread *thread;
    GAsyncQueue *empty, *full; /* of LdifChunk; in full the `end` mark follows the last one */
    LdifChunk chunks[N_CHUNKS];
    LdifChunk end;
    bool has_ended;
    int stop; /* atomic */
};

static gpointer read_ahead(gpointer data)
{
    LdifReader *reader = data;

    while (g_atomic_int_get(&reader->stop) == 0) {
        LdifChunk *chunk = g_async_queue_pop(reader->empty);
        if (!data_file_read_into(reader->file, chunk->data, LDIF_CHUNK, &chunk->length,
                                 &reader->error) ||
            chunk->length == 0)
            break;
        chunk->nul = memchr(chunk->data, '\0', chunk->length);
        g_async_queue_push(reader->full, chunk);
    }
    g_async_queue_push(reader->full, &reader->end);
    return NULL;
}

LdifReader *ldif_reader_open(const char *path, GError **error)
{
    DataFile *file = data_file_open(path, error);

    if (file == NULL)
        return NULL;
    LdifReader *reader = g_new0(LdifReader, 1);
    reader->file = file;
    reader->empty = g_async_queue_new();
    reader->full = g_async_queue_new();
    for (size_t i = 0; i < N_CHUNKS; i++) {
        reader->chunks[i].data = (char *)g_malloc(LDIF_HEADROOM + LDIF_CHUNK) + LDIF_HEADROOM;
        g_async_queue_push(reader->empty, &reader->chunks[i]);
    }
    reader->thread = g_thread_new("ldif", read_ahead, reader);
    return reader;
}

LdifChunk *ldif_reader_next(LdifReader *reader)
{
    if (reader->has_ended)
        return NULL;
    LdifChunk *chunk = g_async_queue_pop(reader->full);
    reader->has_ended = chunk == &reader->end;
    return reader->has_ended ? NULL : chunk;
}

void ldif_reader_give_back(LdifReader *reader, LdifChunk *chunk)
{
    if (chunk != NULL) { /* the next to be filled: it is still in the cache */
        g_async_queue_push_front(reader->empty, chunk);
    }
}

bool ldif_reader_finish(LdifReader *reader, char **ret_sha256, int64_t *ret_modified_utc,
                        GError **error)
{
    if (reader->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&reader->error));
        return false;
    }
    *ret_sha256 = data_file_digest(reader->file);
    *ret_modified_utc = data_file_modified_utc(reader->file);
    return true;
}

void ldif_reader_free(LdifReader *reader)
{
    if (reader == NULL)
        return;
    g_atomic_int_set(&reader->stop, 1);
    while (!reader->has_ended) { /* a waiting thread gets its chunks back until it sees the stop */
        ldif_reader_give_back(reader, ldif_reader_next(reader));
    }
    g_thread_join(reader->thread);
    for (size_t i = 0; i < N_CHUNKS; i++)
        g_free(reader->chunks[i].data - LDIF_HEADROOM);
    g_async_queue_unref(reader->empty);
    g_async_queue_unref(reader->full);
    g_clear_error(&reader->error);
    data_file_close(reader->file);
    g_free(reader);
}
