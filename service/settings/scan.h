/* scan.h: the configuration files as bytes, before libconfig sees them; private to this folder.
 *
 * libconfig 1.5 ends the whole process when an included file is a directory, waits for ever on a
 * pipe, and silently keeps the low 32 bits of an integer that is larger and has no L behind it. So
 * every file is read here first: for these three, and for the digest of all of them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Reads path and everything it includes (relative to directory, as libconfig does) and appends
 * their bytes to content, each after its name and length. false when a file must not be given to
 * libconfig; what is wrong is in problems, which may also get entries when the answer is true. */
bool scan_files(const char *path, const char *directory, GString *content, GPtrArray *problems);
