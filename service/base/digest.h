/* digest.h: SHA-256 of what was read, mostly as text. GnuTLS computes it (SHA instructions where
 * the processor has them). */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32

void digest_bytes(const void *data, size_t length, uint8_t ret_digest[DIGEST_SIZE]);
/* "sha256:" and 64 lower-case hex digits; newly allocated. */
char *digest_text(const void *data, size_t length);

/* Of what comes in pieces, without keeping it. */
typedef struct Digest Digest;
Digest *digest_new(void);
void digest_free(Digest *digest); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)
void digest_add(Digest *digest, const void *data, size_t length);
/* A text with its length before it ("3:abc,"), so that no two lists of texts look alike. */
void digest_add_text(Digest *digest, const char *text);
/* As digest_text(); begins anew after it. */
char *digest_end(Digest *digest);
