#include "settings/listen.h"

#include <glib.h>
#include <string.h>
#include <sys/un.h>

bool listen_parse(const char *text, Listen *ret_listen)
{
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:"};
    guint64 port;

    if (g_str_has_prefix(text, "unix:")) {
        const char *path = text + strlen("unix:");
        *ret_listen = (Listen){.path = path};
        return *path == '/' && strlen(path) < sizeof((struct sockaddr_un *)NULL)->sun_path;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        if (!g_str_has_prefix(text, hosts[i]) ||
            !g_ascii_string_to_unsigned(text + strlen(hosts[i]), 10, 0, UINT16_MAX, &port, NULL))
            continue;
        *ret_listen = (Listen){.is_v6 = i == 1, .port = (uint16_t)port};
        return true;
    }
    return false;
}
