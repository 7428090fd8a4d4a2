#include "harness/cutting_proxy.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MILLISECONDS 40 /* to wait for an answer that may not come */

typedef struct Orders {
    Harm harm, next;
    int at, next_at, n_messages;
    pid_t victim;
} Orders;

struct CuttingProxy {
    Orders *orders; /* shared with the process */
    PostgresServer *server;
    char *folder;
    pid_t process;
};

static struct sockaddr_un address_of(const char *folder, int port)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%d", folder, port);
    return address;
}

static bool send_all(int to, const void *data, size_t size)
{
    for (const char *at = data; size > 0;) {
        ssize_t n = send(to, at, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Length of the first whole message; 0 when it is not whole. A connection starts with one that has
 * no type. */
static size_t message_length(const GByteArray *bytes, bool is_first)
{
    guint head = is_first ? 4 : 5;
    uint32_t length;

    if (bytes->len < head)
        return 0;
    memcpy(&length, bytes->data + (is_first ? 0 : 1), sizeof length);
    length = GUINT32_FROM_BE(length) + (is_first ? 0 : 1);
    return bytes->len >= length ? length : 0;
}

static void wait_for_answer(int server)
{
    struct pollfd wanted = {.fd = server, .events = POLLIN};
    poll(&wanted, 1, ANSWER_MILLISECONDS);
}

/* False: the connection ends. */
static bool pass_message(CuttingProxy *proxy, int server, const void *data, size_t length)
{
    Orders *orders = proxy->orders;

    if (++orders->n_messages != orders->at || orders->harm == HARM_NONE)
        return send_all(server, data, length);
    Harm harm = orders->harm;
    orders->harm = orders->next;
    orders->at = orders->next_at;
    orders->next = HARM_NONE;
    orders->n_messages = 0;
    if (harm == HARM_KILL)
        kill(orders->victim, SIGKILL);
    if (harm == HARM_CUT_AFTER || harm == HARM_CRASH) {
        send_all(server, data, length);
        wait_for_answer(server);
    }
    if (harm == HARM_CRASH)
        postgres_server_restart(proxy->server);
    return false;
}

static bool pass_requests(CuttingProxy *proxy, int server, GByteArray *bytes, bool *is_first)
{
    size_t length;

    while ((length = message_length(bytes, *is_first)) > 0) {
        bool is_farewell = !*is_first && bytes->data[0] == 'X';
        *is_first = false;
        if (is_farewell || !pass_message(proxy, server, bytes->data, length))
            return false;
        g_byte_array_remove_range(bytes, 0, (guint)length);
    }
    return true;
}

static void serve(CuttingProxy *proxy, int client)
{
    struct sockaddr_un address =
        address_of(postgres_server_folder(proxy->server), postgres_server_port(proxy->server));
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autoptr(GByteArray) pending = g_byte_array_new();
    static char buffer[1 << 16];
    bool is_first = true,
         is_open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;

    while (is_open) {
        struct pollfd both[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        poll(both, 2, -1);
        if (both[1].revents) {
            ssize_t n = recv(server, buffer, sizeof buffer, 0);
            is_open = n > 0 && send_all(client, buffer, (size_t)n);
        }
        if (is_open && both[0].revents) {
            ssize_t n = recv(client, buffer, sizeof buffer, 0);
            if (n > 0)
                g_byte_array_append(pending, (const guint8 *)buffer, (guint)n);
            is_open = n > 0 && pass_requests(proxy, server, pending, &is_first);
        }
    }
    close(client);
    close(server);
}

static void listen_for_ever(CuttingProxy *proxy, int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGCHLD, SIG_DFL);
            close(listener);
            serve(proxy, client);
            _exit(0);
        }
        close(client);
    }
}

CuttingProxy *cutting_proxy_start(PostgresServer *server)
{
    CuttingProxy *proxy = g_new0(CuttingProxy, 1);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    proxy->server = server;
    proxy->folder = g_dir_make_tmp("proxy-XXXXXX", NULL);
    proxy->orders = mmap(NULL, sizeof *proxy->orders, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sockaddr_un address = address_of(proxy->folder, postgres_server_port(server));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0)
        g_error("the proxy cannot listen at %s", address.sun_path);
    proxy->process = fork();
    if (proxy->process == 0)
        listen_for_ever(proxy, listener);
    close(listener);
    return proxy;
}

void cutting_proxy_stop(CuttingProxy *proxy)
{
    if (!proxy)
        return;
    struct sockaddr_un address = address_of(proxy->folder, postgres_server_port(proxy->server));
    kill(proxy->process, SIGKILL);
    waitpid(proxy->process, NULL, 0);
    munmap(proxy->orders, sizeof *proxy->orders);
    g_unlink(address.sun_path);
    g_rmdir(proxy->folder);
    g_free(proxy->folder);
    g_free(proxy);
}

const char *cutting_proxy_folder(const CuttingProxy *proxy)
{
    return proxy->folder;
}

void cutting_proxy_set(CuttingProxy *proxy, Harm harm, int at, Harm next, int next_at)
{
    *proxy->orders = (Orders){harm, next, at, next_at, 0, proxy->orders->victim};
}

void cutting_proxy_be_victim(CuttingProxy *proxy)
{
    proxy->orders->victim = getpid();
}

int cutting_proxy_messages(const CuttingProxy *proxy)
{
    return proxy->orders->n_messages;
}

bool cutting_proxy_has_harmed(const CuttingProxy *proxy)
{
    return proxy->orders->harm == HARM_NONE;
}
