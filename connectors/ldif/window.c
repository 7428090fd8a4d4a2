#include "ldif/window.h"

#include <string.h>

/* Long entries mostly follow each other; when a whole chunk has come without one, the spare would
 * only be in the way of what else is read. */
static void drop_overflow(LdifWindow *window)
{
    if (window->spare != NULL)
        g_string_free(window->spare, TRUE);
    window->spare = g_steal_pointer(&window->overflow);
}

void ldif_window_clear(LdifWindow *window)
{
    ldif_reader_give_back(window->reader, window->chunk);
    drop_overflow(window);
    if (window->spare != NULL)
        g_string_free(window->spare, TRUE);
}

bool ldif_window_fail(const LdifWindow *window, uint64_t line, GError **error, SourceError code,
                      const char *what)
{
    g_set_error(error, SOURCE_ERROR, code,
                "%s:%" G_GUINT64_FORMAT ": %s; nothing of the file is used", window->path, line,
                what);
    return false;
}

static uint64_t count_lines(const char *from, const char *to)
{
    uint64_t n = 0;

    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        from++;
        n++;
    }
    return n;
}

/* A group of a million members is 50 MB: it grows in place and is not copied for every chunk. */
static void append_to_overflow(LdifWindow *window, LdifChunk *chunk)
{
    size_t left = (size_t)(window->end - window->at);
    GString *all = window->chunk == NULL ? window->overflow : NULL;

    if (all != NULL) {
        g_string_erase(all, 0, window->at - all->str);
    } else {
        all = window->spare != NULL ? g_string_truncate(g_steal_pointer(&window->spare), 0)
                                    : g_string_sized_new(left + 2 * LDIF_CHUNK);
        g_string_append_len(all, window->at, (gssize)left);
    }
    g_string_append_len(all, chunk->data, (gssize)chunk->length);
    ldif_reader_give_back(window->reader, window->chunk);
    ldif_reader_give_back(window->reader, chunk);
    window->chunk = NULL;
    window->overflow = all;
    window->at = all->str;
    window->end = all->str + all->len;
}

/* What is left goes in front of the next chunk, or both go into a buffer of their own. */
static bool read_chunk(LdifWindow *window, GError **error)
{
    LdifChunk *next = ldif_reader_next(window->reader);
    size_t left = (size_t)(window->end - window->at);

    if (next == NULL) {
        window->is_end = true;
        return true;
    }
    if (next->nul != NULL) {
        uint64_t line = window->line + count_lines(window->at, window->end) +
                        count_lines(next->data, next->nul);
        ldif_reader_give_back(window->reader, next);
        return ldif_window_fail(window, line, error, SOURCE_ERROR_SYNTAX,
                                "a NUL byte, which LDIF does not have");
    }
    if (left > LDIF_HEADROOM) {
        append_to_overflow(window, next);
        return true;
    }
    if (left > 0)
        memcpy(next->data - left, window->at, left);
    ldif_reader_give_back(window->reader, window->chunk);
    drop_overflow(window);
    window->chunk = next;
    window->at = next->data - left;
    window->end = next->data + next->length;
    return true;
}

/* At least twice as much as before, so that a long entry is not begun again for every chunk. */
bool ldif_window_read_more(LdifWindow *window, GError **error)
{
    size_t wanted = 2 * (size_t)(window->end - window->at);

    do {
        if (!read_chunk(window, error))
            return false;
    } while (!window->is_end && (size_t)(window->end - window->at) < wanted);
    if (!window->is_begun) {
        window->is_begun = true;
        if (window->end - window->at >= 3 && memcmp(window->at, "\xef\xbb\xbf", 3) == 0)
            window->at += 3;
    }
    return true;
}
