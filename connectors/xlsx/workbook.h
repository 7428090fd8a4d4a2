/* workbook.h: an xlsx file as a private copy in memory, looked at before anybody unpacks it.
 *
 * The copy cannot change any more: what is converted is what the digest says. A small file that
 * unpacks to something huge is refused by the sizes that it declares, which the unpacking program
 * does not go beyond. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Workbook {
    int fd;       /* of the copy; sealed */
    char *digest; /* SHA-256 of its bytes, lower-case hex */
    int64_t modified_utc;
} Workbook;

/* NULL with SOURCE_ERROR_MISSING, _FORBIDDEN, _CUT, _SYNTAX. */
Workbook *workbook_open(const char *path, GError **error);
void workbook_close(Workbook *workbook); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workbook, workbook_close)
