/* digest.h: SHA-256 of what a connector reads, while it reads it. For sink_digest(). */
#pragma once

#include <glib.h>

typedef struct SourceDigest SourceDigest;

SourceDigest *source_digest_new(void);
void source_digest_free(SourceDigest *digest); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceDigest, source_digest_free)

/* Small pieces are collected, so that hashing costs what it costs in large ones. */
void source_digest_add(SourceDigest *digest, const void *bytes, size_t length);
/* Lower-case hex; call it once, at the end. Newly allocated. */
char *source_digest_text(SourceDigest *digest);
