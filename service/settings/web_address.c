#include "settings/web_address.h"

#include <string.h>

static bool is_loopback(const char *host)
{
    return g_str_equal(host, "127.0.0.1") || g_str_equal(host, "::1") ||
           g_str_equal(host, "localhost");
}

/* Part of every link and header: nothing that would need quoting in any of them. */
static bool is_host(const char *host)
{
    return *host != '\0' && strspn(host, G_CSET_a_2_z G_CSET_DIGITS "-.:") == strlen(host);
}

static char *authority_of(const char *host, int port, bool is_https)
{
    bool is_v6 = strchr(host, ':') != NULL;
    g_autofree char *bare = is_v6 ? g_strdup_printf("[%s]", host) : g_strdup(host);

    if (port < 0 || port == (is_https ? 443 : 80))
        return g_steal_pointer(&bare);
    return g_strdup_printf("%s:%d", bare, port);
}

bool web_address_parse(const char *text, WebAddress *ret_address)
{
    g_autofree char *scheme = NULL, *user = NULL, *host = NULL, *path = NULL, *query = NULL,
                    *fragment = NULL;
    int port = -1;

    if (!g_uri_split(text, G_URI_FLAGS_SCHEME_NORMALIZE, &scheme, &user, &host, &port, &path,
                     &query, &fragment, NULL) ||
        !scheme || !host || user || query || fragment || (*path && !g_str_equal(path, "/")))
        return false;
    g_autofree char *lower = g_ascii_strdown(host, -1);
    bool is_https = g_str_equal(scheme, "https");
    if (!is_host(lower) || (!is_https && (!g_str_equal(scheme, "http") || !is_loopback(lower))))
        return false;
    char *authority = authority_of(lower, port, is_https);
    *ret_address = (WebAddress){.origin = g_strdup_printf("%s://%s", scheme, authority),
                                .authority = authority,
                                .is_https = is_https};
    return true;
}

void web_address_clear(WebAddress *address)
{
    g_free(address->origin);
    g_free(address->authority);
    *address = (WebAddress){0};
}
