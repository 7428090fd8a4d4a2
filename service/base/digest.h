/* digest.h: SHA-256 of what was read, as text. GnuTLS computes it (SHA instructions where the
 * processor has them). */
#pragma once

#include <glib.h>
#include <stddef.h>

/* "sha256:" and 64 lower-case hex digits; newly allocated. */
char *digest_text(const void *data, size_t length);
