/* leaver_file.h: who leaves, as a file says it: a name a line, or a table.
 *
 * A line that is empty or begins with # says nothing. If the first one that says something has a
 * cell "person", the file is a table (comma or semicolon, RFC 4180) of the columns person, last_day
 * (ISO 8601) and urgent (yes, no); others are not read. Everything is refused as a whole: half a
 * list is not what somebody asked for. */
#pragma once

#include "run/leaver.h"

#define LEAVER_FILE_ERROR (leaver_file_error_quark())
GQuark leaver_file_error_quark(void);
typedef enum LeaverFileError { LEAVER_FILE_ERROR_SYNTAX } LeaverFileError;

#define LEAVER_FILE_MAX_PEOPLE 1000

/* Appends to wanted. otherwise: for what the file does not say. G_FILE_ERROR when it cannot be
 * read. */
bool leaver_file_read(const char *path, const LeaverAsked *otherwise, GArray *wanted,
                      GError **error);
bool leaver_file_parse(const char *content, size_t length, const LeaverAsked *otherwise,
                       GArray *wanted, GError **error);
