/* door.h: text made fit to be stored.
 *
 * Behind this door all text is valid UTF-8 without NUL and at most 64 KiB; what is changed is
 * visible (U+FFFD, a mark where it was cut), never silently lost. ASCII, nearly everything, passes
 * without a copy. */
#pragma once

#include <rightful/text.h>

#include <glib.h>

#define DOOR_LONGEST ((size_t)64 << 10)

/* The text itself, or a cleaned copy in scratch, which then must not be changed while the result is
 * used. */
Text door_clean(Text text, GString *scratch);
