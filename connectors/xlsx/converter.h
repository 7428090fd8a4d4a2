/* converter.h: one sheet of a workbook to CSV, by the program xlsx2csv as a limited child process.
 *
 * HR files come from outside, so what unpacks and parses them can do little: limited memory, time
 * and files, an empty environment, no privileges to gain, and it dies with us. */
#pragma once

#include <rightful/connector.h>

typedef struct Converter Converter;

/* How dates come out: a cell that is a date becomes such a text, whatever the sheet shows. */
#define CONVERTER_DATE_FORMAT "%Y-%m-%dT%H:%M:%S"

/* fd: the workbook, at any position. sheet: its name, or its number as a text. SOURCE_ERROR_MISSING
 * when the program is not installed. sink may be NULL. */
Converter *converter_start(int fd, const char *sheet, int timeout_seconds, Sink *sink,
                           GError **error);
/* Ends the process if it still runs. NULL is fine. */
void converter_free(Converter *converter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Converter, converter_free)

/* The next bytes, good until the next call; *ret_n 0 when the sheet came whole. */
bool converter_read(Converter *converter, const char **ret_bytes, size_t *ret_n, GError **error);

/* Is it the position of a sheet (1 to 999), and not a name? */
bool converter_is_number(const char *sheet);
