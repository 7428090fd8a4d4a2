#include "ldap/session.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of a network connection whose peer is gone without a word: idle for a minute, then four questions
 * 15 s apart (the system's own default waits two hours). libldap's own options for this do not
 * reach a socket that it was given. */
#define KEEPALIVE_IDLE_SECONDS 60
#define KEEPALIVE_INTERVAL_SECONDS 15
#define KEEPALIVE_COUNT 4

bool directory_address_parse(const char *url, DirectoryAddress *ret_address, GError **error)
{
    LDAPURLDesc *parts = NULL;

    if (ldap_url_parse(url, &parts) != LDAP_URL_SUCCESS) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
                    "url \"%s\": not an address such as ldaps://dc1.example.com", url);
        return false;
    }
    bool is_local = strcmp(parts->lud_scheme, "ldapi") == 0;
    bool is_tls = strcmp(parts->lud_scheme, "ldaps") == 0;
    const char *host = parts->lud_host != NULL ? parts->lud_host : "";
    *ret_address = (DirectoryAddress){
        .host = g_strdup(host[0] != '\0' ? host
                         : is_local      ? "/var/run/slapd/ldapi"
                                         : "localhost"),
        .port = parts->lud_port != 0 ? parts->lud_port
                : is_tls             ? LDAPS_PORT
                                     : LDAP_PORT,
        .is_local = is_local,
        .is_tls = is_tls,
    };
    ldap_free_urldesc(parts);
    return true;
}

void directory_address_clear(DirectoryAddress *address)
{
    g_clear_pointer(&address->host, g_free);
}

/* connect() with a deadline: 0, or an errno. */
static int connect_within(int fd, const struct sockaddr *address, socklen_t length, int seconds)
{
    int flags = fcntl(fd, F_GETFL);
    int problem = 0;
    socklen_t size = sizeof problem;

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, address, length) != 0) {
        if (errno != EINPROGRESS)
            return errno;
        gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        int n;
        do {
            gint64 left = (end - g_get_monotonic_time()) / 1000;
            n = left > 0 ? poll(&wait, 1, (int)MIN(left, INT32_MAX)) : 0;
        } while (n < 0 && errno == EINTR);
        if (n <= 0)
            return n == 0 ? ETIMEDOUT : errno;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    }
    fcntl(fd, F_SETFL, flags);
    return problem;
}

static void set_tcp(int fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

static void limit_waiting(int fd, int family, int seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (family == AF_UNIX)
        return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    set_tcp(fd, TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
    set_tcp(fd, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
    set_tcp(fd, TCP_KEEPCNT, KEEPALIVE_COUNT);
    set_tcp(fd, TCP_USER_TIMEOUT, seconds * 1000); /* for what was sent and not acknowledged */
    set_tcp(fd, TCP_NODELAY, 1);
}

static int connect_to(int family, const struct sockaddr *address, socklen_t length, int seconds,
                      int *ret_errno)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *ret_errno = fd < 0 ? errno : connect_within(fd, address, length, seconds);
    if (*ret_errno != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    limit_waiting(fd, family, seconds);
    return fd;
}

static int connect_local(const char *path, int seconds, int *ret_errno)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        *ret_errno = ENAMETOOLONG;
        return -1;
    }
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof address, seconds,
                      ret_errno);
}

int directory_connect_beside(int fd, int timeout_seconds, GError **error)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int problem = 0;
    int other = -1;

    if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0)
        problem = errno;
    else
        other = connect_to(peer.ss_family, (const struct sockaddr *)&peer, length, timeout_seconds,
                           &problem);
    if (other < 0)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE,
                    "no further connection to the same server: %s", g_strerror(problem));
    return other;
}

int directory_connect(const DirectoryAddress *address, int timeout_seconds, GError **error)
{
    int problem = 0;
    int fd = -1;

    if (address->is_local) {
        fd = connect_local(address->host, timeout_seconds, &problem);
    } else {
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
        struct addrinfo *list = NULL;
        char port[8];
        g_snprintf(port, sizeof port, "%d", address->port);
        int rc = getaddrinfo(address->host, port, &hints, &list);
        if (rc != 0) {
            g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "no address for %s: %s",
                        address->host, gai_strerror(rc));
            return -1;
        }
        for (struct addrinfo *each = list; each != NULL && fd < 0; each = each->ai_next)
            fd = connect_to(each->ai_family, each->ai_addr, each->ai_addrlen, timeout_seconds,
                            &problem);
        freeaddrinfo(list);
    }
    if (fd < 0)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "cannot connect to %s: %s",
                    address->host, g_strerror(problem));
    return fd;
}
