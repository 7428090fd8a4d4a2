#include "base/digest.h"

#include <gnutls/crypto.h>
#include <stdint.h>

char *digest_text(const void *data, size_t length)
{
    uint8_t digest[32];
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, length, digest) != 0)
        g_error("GnuTLS cannot compute SHA-256");

    GString *text = g_string_sized_new(sizeof "sha256:" + 2 * sizeof digest);
    g_string_append(text, "sha256:");
    for (size_t i = 0; i < sizeof digest; i++)
        g_string_append_printf(text, "%02x", digest[i]);
    return g_string_free(text, FALSE);
}
