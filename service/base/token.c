#include "base/token.h"

#include <glib.h>
#include <gnutls/crypto.h>
#include <stdint.h>
#include <string.h>

char *token_new(void)
{
    uint8_t bytes[32];
    GString *text = g_string_sized_new(2 * sizeof bytes + 1);

    if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof bytes) != 0)
        g_error("GnuTLS has no random numbers");
    for (size_t i = 0; i < sizeof bytes; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

bool token_equals(const char *given, const char *wanted)
{
    if (!given || !wanted || strlen(given) != strlen(wanted))
        return false;
    return gnutls_memcmp(given, wanted, strlen(wanted)) == 0;
}
