/* visible.h: text from outside made fit to be read.
 *
 * Stored text stays raw; where it is put into a sentence, a terminal or a log line, characters that
 * could lie about what stands there (controls, bidi marks, zero-width, line ends) become visible as
 * <U+202E>. */
#pragma once

#include <glib.h>

/* Appends text to out in visible form; text must be valid UTF-8. */
void visible_append(GString *out, const char *text);
char *visible_text(const char *text); /* newly allocated */
