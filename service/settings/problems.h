/* problems.h: what is wrong with the configuration, as sentences; private to this folder. */
#pragma once

#include <glib.h>

/* "place: key: text"; key "" is left out. */
void problem_add(GPtrArray *problems, const char *place, const char *key, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* What the file says, fit to be quoted in a sentence: visible, valid UTF-8, not endless. Newly
 * allocated. */
char *problem_quote(const char *text);
/* "; allowed: a, b, c; did you mean "a"?": as much of it as helps. Newly allocated. */
char *problem_hint(const char *typed, const char *const *names);
