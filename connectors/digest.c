#include "digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define BUFFER ((size_t)64 << 10)
#define DIGEST_BYTES 32

struct SourceDigest {
    gnutls_hash_hd_t hash; /* NULL: it has been told */
    size_t n_collected;
    char collected[BUFFER];
};

SourceDigest *source_digest_new(void)
{
    SourceDigest *digest = g_new(SourceDigest, 1);
    digest->n_collected = 0;
    if (gnutls_hash_init(&digest->hash, GNUTLS_DIG_SHA256) < 0)
        g_error("GnuTLS cannot compute SHA-256");
    return digest;
}

void source_digest_free(SourceDigest *digest)
{
    if (digest == NULL)
        return;
    if (digest->hash != NULL)
        gnutls_hash_deinit(digest->hash, NULL);
    g_free(digest);
}

static void hash_collected(SourceDigest *digest)
{
    if (digest->n_collected > 0)
        gnutls_hash(digest->hash, digest->collected, digest->n_collected);
    digest->n_collected = 0;
}

void source_digest_add(SourceDigest *digest, const void *bytes, size_t length)
{
    if (length > BUFFER - digest->n_collected)
        hash_collected(digest);
    if (length > BUFFER) {
        gnutls_hash(digest->hash, bytes, length);
    } else if (length > 0) {
        memcpy(digest->collected + digest->n_collected, bytes, length);
        digest->n_collected += length;
    }
}

char *source_digest_text(SourceDigest *digest)
{
    unsigned char bytes[DIGEST_BYTES];
    hash_collected(digest);
    gnutls_hash_deinit(digest->hash, bytes);
    digest->hash = NULL;
    GString *hex = g_string_sized_new(2 * sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        g_string_append_printf(hex, "%02x", bytes[i]);
    return g_string_free(hex, FALSE);
}
