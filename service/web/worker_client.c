#include "web/worker_client.h"

#include "web/web.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_ANSWER (64 << 20)
#define REST_MS 3000 /* after a failure to connect */

struct WorkerClient {
    char *path;
    GMutex mutex;
    int64_t rests_until_ms; /* of the monotonic clock */
};

typedef struct Asking {
    int fd;
    int64_t until_ms;
} Asking;

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

WorkerClient *worker_client_new(const char *socket_path)
{
    WorkerClient *client = g_new0(WorkerClient, 1);

    client->path = g_strdup(socket_path ? socket_path : "");
    g_mutex_init(&client->mutex);
    return client;
}

void worker_client_free(WorkerClient *client)
{
    if (!client)
        return;
    g_mutex_clear(&client->mutex);
    g_free(client->path);
    g_free(client);
}

static bool fail(GError **error, const char *what)
{
    g_set_error(error, WEB_ERROR, WEB_ERROR_WORKER,
                "The worker %s. Nothing was changed; try again in a minute, and tell your contact "
                "if it stays so (journalctl -u rightful-worker says why).",
                what);
    return false;
}

static bool wait_for(const Asking *asking, short events)
{
    struct pollfd poll_fd = {.fd = asking->fd, .events = events};

    for (;;) {
        int64_t left = asking->until_ms - now_ms();
        int n = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
        if (n > 0 || (n < 0 && errno != EINTR) || left <= 0)
            return n > 0;
    }
}

/* Nobody else may pretend to be the worker. */
static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    if (fd >= 0 &&
        (strlen(path) >= sizeof address.sun_path || *path == '\0' ||
         connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || !is_ours(fd))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool send_all(const Asking *asking, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(asking->fd, text, length, MSG_NOSIGNAL);
        if (n < 0 && (errno != EAGAIN || !wait_for(asking, POLLOUT)))
            return false;
        if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
    return shutdown(asking->fd, SHUT_WR) == 0;
}

static bool receive_all(const Asking *asking, GString *answer)
{
    char buffer[16384];

    while (answer->len <= MAX_ANSWER) {
        ssize_t n = recv(asking->fd, buffer, sizeof buffer, 0);
        if (n == 0)
            return true;
        if (n > 0)
            g_string_append_len(answer, buffer, n);
        else if (errno != EAGAIN || !wait_for(asking, POLLIN))
            return false;
    }
    return false;
}

static json_t *read_answer(const GString *answer, GError **error)
{
    json_t *json = json_loadb(answer->str, answer->len, JSON_REJECT_DUPLICATES, NULL);
    const char *sentence = json_string_value(json_object_get(json, "error"));

    if (sentence)
        g_set_error_literal(error, WEB_ERROR, WEB_ERROR_WORKER, sentence);
    else if (!json_is_object(json))
        fail(error, "gave no answer that could be read");
    if (json && (sentence || !json_is_object(json)))
        g_clear_pointer(&json, json_decref);
    return json;
}

static json_t *ask(const char *path, const char *line, int64_t until_ms, bool *ret_is_there,
                   GError **error)
{
    Asking asking = {.fd = connect_to(path), .until_ms = until_ms};
    g_autoptr(GString) answer = g_string_new(NULL);
    json_t *json = NULL;

    *ret_is_there = asking.fd >= 0;
    if (asking.fd < 0) {
        fail(error, "does not run, or may not be asked");
        return NULL;
    }
    if (send_all(&asking, line, strlen(line)) && receive_all(&asking, answer))
        json = read_answer(answer, error);
    else
        fail(error, "did not answer in time");
    *ret_is_there = json != NULL || answer->len > 0;
    close(asking.fd);
    return json;
}

static bool is_resting(WorkerClient *client)
{
    g_mutex_lock(&client->mutex);
    bool rests = now_ms() < client->rests_until_ms;
    g_mutex_unlock(&client->mutex);
    return rests;
}

static void remember(WorkerClient *client, bool is_there)
{
    g_mutex_lock(&client->mutex);
    client->rests_until_ms = is_there ? 0 : now_ms() + REST_MS;
    g_mutex_unlock(&client->mutex);
}

/* json_dumps() with a line's end; passwords may be in it. */
static char *line_of(json_t *question)
{
    char *text = json_dumps(question, JSON_COMPACT);
    char *line = text ? g_strconcat(text, "\n", NULL) : NULL;

    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    json_decref(question);
    return line;
}

json_t *worker_ask(WorkerClient *client, json_t *question, int64_t deadline_ms, GError **error)
{
    g_autofree char *line = line_of(question);
    bool is_there = false;

    if (!line || is_resting(client)) {
        fail(error, line ? "does not answer" : "cannot be asked that");
        return NULL;
    }
    json_t *answer = ask(client->path, line, now_ms() + deadline_ms, &is_there, error);
    remember(client, is_there);
    explicit_bzero(line, strlen(line));
    return answer;
}
