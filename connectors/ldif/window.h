/* window.h: what was read of a file and not used yet, always in one piece.
 *
 * A parser moves `at` forward to where an entry begins, and asks for more when the entry is not
 * whole. What is left then stands in front of the next chunk; an entry that is longer than there is
 * room for gets a buffer of its own, which is kept for the next such one. Cost: each byte is copied
 * at most once, those of long entries twice. */
#pragma once

#include "ldif/reader.h"

#include <rightful/connector.h>

typedef struct LdifWindow {
    LdifReader *reader; /* borrowed */
    const char *path;   /* for messages; borrowed */
    char *at, *end;     /* moved when more is read */
    bool is_end;        /* nothing follows `end` */
    uint64_t line;      /* number of the line at `at`; from 1 */
    /* Private: */
    bool is_begun;
    LdifChunk *chunk;
    GString *overflow; /* entries longer than the headroom of a chunk; NULL: none is at hand */
    GString *spare;    /* what the last of them stood in, for the next one */
} LdifWindow;

void ldif_window_clear(LdifWindow *window);

/* At least twice as much as before, or is_end. A byte order mark at the very beginning is read
 * over. A NUL byte is an error, and what the reader fails with is left to ldif_reader_finish(). */
bool ldif_window_read_more(LdifWindow *window, GError **error);

/* Sets "path:line: what; nothing of the file is used"; returns false. */
bool ldif_window_fail(const LdifWindow *window, uint64_t line, GError **error, SourceError code,
                      const char *what);
