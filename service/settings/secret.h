/* secret.h: files that the configuration needs; private to this folder. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The credential of that name of the unit, else the path, absolute. Newly allocated. */
char *secret_path(const char *text, const char *directory);
/* NULL when the secret is there, can be read, is not empty and not everybody's; else what is wrong.
 */
char *secret_problem(const char *path);
/* NULL when it is a regular file that can be read; else what is wrong. */
char *file_problem(const char *path);
/* text, made absolute with directory. Newly allocated. */
char *absolute_path(const char *text, const char *directory);
