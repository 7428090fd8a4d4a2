#include "web/listen.h"

#include "base/libsystemd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

static bool fail(GError **error, const char *what, const char *why)
{
    g_set_error(error, WEB_ERROR, WEB_ERROR_FAILED, "%s: %s. Nothing was started.", what, why);
    return false;
}

/* ---- handed over ---- */

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) == INADDR_LOOPBACK;
    return address->ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                               : ((const struct sockaddr_in6 *)address)->sin6_port);
}

static bool look_at(WebSocket *taken, GError **error)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;

    if (getsockname(taken->fd, (struct sockaddr *)&address, &size) != 0)
        return fail(error, "the socket", g_strerror(errno));
    taken->is_unix = address.ss_family == AF_UNIX;
    if (taken->is_unix)
        return true;
    if (!is_loopback(&address))
        return fail(error, "the socket that systemd hands over",
                    "it is neither a UNIX socket nor on loopback, and what this service says must "
                    "not cross a network without TLS: put a proxy in front");
    taken->port = port_of(&address);
    return true;
}

/* ---- our own ---- */

/* Of a server that is gone; of one that answers it is an error. */
static bool remove_stale(int fd, const struct sockaddr_un *address, GError **error)
{
    struct stat state;

    if (lstat(address->sun_path, &state) != 0)
        return errno == ENOENT || fail(error, address->sun_path, g_strerror(errno));
    if (!S_ISSOCK(state.st_mode))
        return fail(error, address->sun_path, "is there already and is no socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno != ECONNREFUSED)
        return fail(error, address->sun_path, "somebody listens there already");
    return unlink(address->sun_path) == 0 || fail(error, address->sun_path, g_strerror(errno));
}

static bool bind_unix(WebSocket *made, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    bool is_free = remove_stale(probe, &address, error);
    close(probe);
    if (!is_free)
        return false;
    /* Before anybody can connect: only the owner and the group of the folder. */
    mode_t before = umask(0117);
    int rc = bind(made->fd, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (rc != 0)
        return fail(error, path, g_strerror(errno));
    made->made_path = g_strdup(path);
    return true;
}

static bool bind_tcp(WebSocket *made, const Listen *listen, GError **error)
{
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons(listen->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(listen->port)};
    const struct sockaddr *address =
        listen->is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    int on = 1;

    setsockopt(made->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made->fd, address, listen->is_v6 ? sizeof v6 : sizeof v4) == 0)
        return true;
    g_autofree char *what = g_strdup_printf("port %d of loopback", listen->port);
    return fail(error, what, g_strerror(errno));
}

static bool open_own(const Listen *where, WebSocket *made, GError **error)
{
    int family = where->path ? AF_UNIX : where->is_v6 ? AF_INET6 : AF_INET;

    made->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made->fd < 0)
        return fail(error, "a socket", g_strerror(errno));
    if (!(where->path ? bind_unix(made, where->path, error) : bind_tcp(made, where, error)))
        return false;
    return listen(made->fd, BACKLOG) == 0 || fail(error, "listening", g_strerror(errno));
}

bool web_socket_open(const WebOptions *options, WebSocket *ret_socket, GError **error)
{
    g_auto(WebSocket) opened = {.fd = -1};
    int n = sd_listen_fds(1);

    if (n > 1)
        return fail(error, "systemd", "it hands over more than one socket");
    if (n == 1)
        opened.fd = SD_LISTEN_FDS_START;
    else if (!open_own(&options->listen, &opened, error))
        return false;
    if (!look_at(&opened, error))
        return false;
    if (!opened.is_unix && options->sign_in == SIGN_IN_PROXY)
        return fail(error, "web.sign_in", "a proxy is believed on a UNIX socket only");
    if (opened.is_unix && options->sign_in == SIGN_IN_DEMO)
        return fail(error, "--demo", "it is for loopback only");
    *ret_socket = opened;
    opened = (WebSocket){.fd = -1};
    return true;
}

void web_socket_clear(WebSocket *socket)
{
    if (socket->made_path)
        unlink(socket->made_path);
    g_free(socket->made_path);
    if (socket->fd >= 0)
        close(socket->fd);
    *socket = (WebSocket){.fd = -1};
}
