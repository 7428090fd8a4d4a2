/* secret.h: files that the configuration needs; private to this folder. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The credential of that name of the unit; else the path, absolute; else, for a name alone, where
 * units take credentials from: credentials/NAME in directory. Newly allocated. */
char *secret_path(const char *text, const char *directory);
/* NULL when the secret is there, can be read, is not empty and not everybody's; else what is wrong,
 * newly allocated. *ret_is_unreadable: it is not there, or not for this user. */
char *secret_problem(const char *path, bool *ret_is_unreadable);
/* NULL when it is a regular file that can be read; else what is wrong. */
char *file_problem(const char *path);
/* text, made absolute with directory. Newly allocated. */
char *absolute_path(const char *text, const char *directory);
