/* compact.h: JSON as one line of text, fast.
 *
 * The same bytes as json_dumps(JSON_COMPACT) of jansson, which looks at every character on its own
 * and keeps a table against loops: it was half of what a finding in words costs. Here a text is
 * copied up to what must be escaped. Cost: one pass, a fifth of it. Private to controls. */
#pragma once

#include <glib.h>
#include <jansson.h>

/* The value holds no loop. Newly allocated. */
char *json_compact(const json_t *value);
