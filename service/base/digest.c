#include "base/digest.h"

#include <gnutls/crypto.h>
#include <string.h>

struct Digest {
    gnutls_hash_hd_t hash;
};

static char *hex(const uint8_t *digest)
{
    GString *text = g_string_sized_new(sizeof "sha256:" + 2 * DIGEST_SIZE);
    g_string_append(text, "sha256:");
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        g_string_append_printf(text, "%02x", digest[i]);
    return g_string_free(text, FALSE);
}

void digest_bytes(const void *data, size_t length, uint8_t ret_digest[DIGEST_SIZE])
{
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, length, ret_digest) != 0)
        g_error("GnuTLS cannot compute SHA-256");
}

char *digest_text(const void *data, size_t length)
{
    uint8_t digest[DIGEST_SIZE];
    digest_bytes(data, length, digest);
    return hex(digest);
}

Digest *digest_new(void)
{
    Digest *digest = g_new0(Digest, 1);
    if (gnutls_hash_init(&digest->hash, GNUTLS_DIG_SHA256) != 0)
        g_error("GnuTLS cannot compute SHA-256");
    return digest;
}

void digest_free(Digest *digest)
{
    if (!digest)
        return;
    gnutls_hash_deinit(digest->hash, NULL);
    g_free(digest);
}

void digest_add(Digest *digest, const void *data, size_t length)
{
    if (gnutls_hash(digest->hash, data, length) != 0)
        g_error("GnuTLS cannot compute SHA-256");
}

void digest_add_text(Digest *digest, const char *text)
{
    size_t length = strlen(text);
    g_autofree char *before = g_strdup_printf("%zu:", length);
    digest_add(digest, before, strlen(before));
    digest_add(digest, text, length);
    digest_add(digest, ",", 1);
}

char *digest_end(Digest *digest)
{
    uint8_t result[DIGEST_SIZE];
    gnutls_hash_output(digest->hash, result);
    return hex(result);
}
