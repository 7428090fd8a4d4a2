#include "run/worker/server.h"

#include "base/libsystemd.h"
#include "run/command.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const ServerLimits server_limits = {.n_calls = 256, .request_seconds = 5, .answer_seconds = 60};

struct Server {
    GSocket *listener; /* not owned */
    ServerLimits limits;
    ServerHandler handler;
    void *data;
    GSource *accepting;
    GPtrArray *calls; /* (element-type Call) in the order in which they came */
};

/* Held by the server while its socket is open, and by whoever has to answer it. */
struct Call {
    gint n_holders;
    Server *server; /* NULL: over */
    GSocket *socket;
    GSource *ready, *deadline; /* what is waited for */
    GByteArray *received;
    json_t *request; /* NULL: not asked yet */
    char *answer;
    gsize n_answer, n_sent;
};

/* ---- listening ---- */

static GSocket *listen_at(const char *path, GError **error)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocket) listener =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    g_autoptr(GSocket) probe =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

    if (listener == NULL)
        return NULL;
    if (probe != NULL && g_socket_connect(probe, address, NULL, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "another process listens there: is a worker running already?");
        return NULL;
    }
    unlink(path); /* what nobody listens to; if it is none of ours the bind below says so */
    g_socket_set_listen_backlog(listener, 512);
    mode_t before = umask(0117);
    bool is_bound = g_socket_bind(listener, address, TRUE, error);
    umask(before);
    return is_bound && g_socket_listen(listener, error) ? g_steal_pointer(&listener) : NULL;
}

GSocket *server_listen(const char *path, GError **error)
{
    int n = sd_listen_fds(1);
    GSocket *listener =
        n > 0 ? g_socket_new_from_fd(SD_LISTEN_FDS_START, error) : listen_at(path, error);

    if (n > 1) {
        g_clear_object(&listener);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "systemd handed over %d sockets; one is expected", n);
    }
    if (listener == NULL) {
        g_prefix_error(error, "%s: ", n > 0 ? "the socket of the unit" : path);
        return NULL;
    }
    g_socket_set_blocking(listener, FALSE);
    return listener;
}

/* ---- the life of a call ---- */

static void call_release(Call *call)
{
    if (!g_atomic_int_dec_and_test(&call->n_holders))
        return;
    g_clear_object(&call->socket);
    g_clear_pointer(&call->received, g_byte_array_unref);
    json_decref(call->request);
    free(call->answer);
    g_free(call);
}

static void drop_source(GSource **source)
{
    if (*source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

/* The socket is closed when nobody holds the call: whoever works for it may take his time. */
static void call_end(Call *call)
{
    Server *server = call->server;

    if (server == NULL)
        return;
    call->server = NULL;
    drop_source(&call->ready);
    drop_source(&call->deadline);
    g_socket_close(call->socket, NULL);
    g_ptr_array_remove(server->calls, call);
    call_release(call);
}

static gboolean end_in_time(void *call)
{
    call_end(call);
    return G_SOURCE_REMOVE;
}

static void wait_for(Call *call, GIOCondition condition, GSocketSourceFunc then)
{
    drop_source(&call->ready);
    call->ready = g_socket_create_source(call->socket, condition, NULL);
    g_source_set_callback(call->ready, G_SOURCE_FUNC(then), call, NULL);
    g_source_attach(call->ready, NULL);
}

static void set_deadline(Call *call, guint seconds, GSourceFunc then)
{
    drop_source(&call->deadline);
    call->deadline = g_timeout_source_new_seconds(seconds);
    g_source_set_callback(call->deadline, then, call, NULL);
    g_source_attach(call->deadline, NULL);
}

/* ---- the answer ---- */

json_t *call_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *text = g_utf8_make_valid(sentence, -1);
    return json_pack("{s:s}", "error", text);
}

static gboolean send_more(GSocket *socket, GIOCondition condition, void *data)
{
    Call *call = data;

    while (call->n_sent < call->n_answer) {
        g_autoptr(GError) error = NULL;
        gssize n = g_socket_send(socket, call->answer + call->n_sent, call->n_answer - call->n_sent,
                                 NULL, &error);
        if (n < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return G_SOURCE_CONTINUE;
        if (n <= 0)
            break;
        call->n_sent += (gsize)n;
    }
    call_end(call);
    return G_SOURCE_REMOVE;
}

static char *line_of(const json_t *answer, gsize *ret_n)
{
    char *line = json_dumps(answer, JSON_COMPACT);
    gsize n = line != NULL ? strlen(line) : 0;

    if (line == NULL || n >= SERVER_MOST_ANSWER_BYTES) {
        free(line);
        json_t *error =
            call_error("the answer is too large: more than %zu bytes", SERVER_MOST_ANSWER_BYTES);
        line = json_dumps(error, JSON_COMPACT);
        json_decref(error);
        n = strlen(line);
    }
    line[n] = '\n'; /* in place of the end: it is sent by its length */
    *ret_n = n + 1;
    return line;
}

static void answer_now(Call *call, const json_t *answer)
{
    if (call->server == NULL)
        return;
    call->answer = line_of(answer, &call->n_answer);
    set_deadline(call, call->server->limits.answer_seconds, end_in_time);
    wait_for(call, G_IO_OUT | G_IO_HUP, send_more);
}

typedef struct Delivery {
    Call *call;
    json_t *answer;
} Delivery;

static gboolean deliver(void *data)
{
    Delivery *delivery = data;

    answer_now(delivery->call, delivery->answer);
    return G_SOURCE_REMOVE;
}

static void delivery_free(void *data)
{
    Delivery *delivery = data;

    json_decref(delivery->answer);
    call_release(delivery->call);
    g_free(delivery);
}

void call_answer(Call *call, json_t *answer, gint64 not_before_us)
{
    Delivery *delivery = g_new(Delivery, 1);
    gint64 early_us = MAX(not_before_us - g_get_monotonic_time(), 0);
    g_autoptr(GSource) source =
        early_us > 0 ? g_timeout_source_new((guint)(early_us / 1000 + 1)) : g_idle_source_new();

    *delivery = (Delivery){call, answer};
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver, delivery, delivery_free);
    g_source_attach(source, NULL);
}

/* ---- the request ---- */

const json_t *call_request(const Call *call)
{
    return call->request;
}

const char *call_text(const Call *call, const char *name)
{
    const json_t *value = json_object_get(call->request, name);
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

static void refuse(Call *call, json_t *error)
{
    answer_now(call, error);
    json_decref(error);
}

static gboolean late(void *data)
{
    Call *call = data;

    refuse(call, call_error("the request was not sent within %u s; nothing was done",
                            call->server->limits.request_seconds));
    return G_SOURCE_REMOVE;
}

static void take_request(Call *call, gsize length)
{
    json_error_t problem;

    drop_source(&call->ready);
    drop_source(&call->deadline);
    call->request = json_loadb((const char *)call->received->data, length,
                               JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
    g_clear_pointer(&call->received, g_byte_array_unref);
    if (!json_is_object(call->request)) {
        refuse(call, call_error("the request is no JSON object%s%s; nothing was done",
                                call->request == NULL ? ": " : "",
                                call->request == NULL ? problem.text : ""));
        return;
    }
    g_atomic_int_inc(&call->n_holders);
    call->server->handler(call, call->server->data);
}

static gboolean receive(GSocket *socket, GIOCondition condition, void *data)
{
    Call *call = data;
    char buffer[64 << 10];
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(socket, buffer, sizeof buffer, NULL, &error);

    if (n < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
    const char *end = n > 0 ? memchr(buffer, '\n', (gsize)n) : NULL;
    gsize length = end != NULL ? (gsize)(end - buffer) : n > 0 ? (gsize)n : 0;

    if (call->received->len + length > SERVER_MOST_REQUEST_BYTES) {
        refuse(call, call_error("the request is longer than %zu bytes; nothing was done",
                                SERVER_MOST_REQUEST_BYTES));
        return G_SOURCE_REMOVE;
    }
    g_byte_array_append(call->received, (const guint8 *)buffer, (guint)length);
    explicit_bzero(buffer, length); /* passwords come this way */
    if (end != NULL) {
        take_request(call, call->received->len);
        return G_SOURCE_REMOVE;
    }
    if (n <= 0) {
        refuse(call, call_error("the request ended before its line did; nothing was done"));
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- who may connect ---- */

static bool is_allowed(GSocket *socket)
{
    g_autoptr(GCredentials) peer = g_socket_get_credentials(socket, NULL);
    uid_t user = peer != NULL ? g_credentials_get_unix_user(peer, NULL) : (uid_t)-1;

    return peer != NULL && (user == geteuid() || user == 0);
}

/* Whoever asks already is answered; of the others the oldest has had his time. */
static bool make_room(Server *server)
{
    for (guint i = 0; server->calls->len >= server->limits.n_calls; i++) {
        if (i >= server->calls->len)
            return false;
        Call *call = server->calls->pdata[i];
        if (call->request == NULL && call->answer == NULL) {
            call_end(call);
            return true;
        }
    }
    return true;
}

static gboolean accept_call(GSocket *listener, GIOCondition condition, void *data)
{
    Server *server = data;
    g_autoptr(GSocket) socket = g_socket_accept(listener, NULL, NULL);

    if (socket == NULL || !is_allowed(socket) || !make_room(server)) {
        if (socket != NULL)
            g_socket_close(socket, NULL);
        return G_SOURCE_CONTINUE;
    }
    Call *call = g_new0(Call, 1);

    call->n_holders = 1;
    call->server = server;
    call->socket = g_steal_pointer(&socket);
    call->received = g_byte_array_new();
    g_socket_set_blocking(call->socket, FALSE);
    g_ptr_array_add(server->calls, call);
    set_deadline(call, server->limits.request_seconds, late);
    wait_for(call, G_IO_IN | G_IO_HUP, receive);
    return G_SOURCE_CONTINUE;
}

/* ---- the server ---- */

Server *server_new(GSocket *listener, const ServerLimits *limits, ServerHandler handler, void *data)
{
    Server *server = g_new0(Server, 1);

    server->listener = listener;
    server->limits = *limits;
    server->handler = handler;
    server->data = data;
    server->calls = g_ptr_array_new();
    server->accepting = g_socket_create_source(listener, G_IO_IN, NULL);
    g_source_set_callback(server->accepting, G_SOURCE_FUNC(accept_call), server, NULL);
    g_source_attach(server->accepting, NULL);
    return server;
}

void server_pause(Server *server)
{
    drop_source(&server->accepting);
    for (guint i = server->calls->len; i > 0; i--) {
        Call *call = server->calls->pdata[i - 1];

        if (call->request == NULL && call->answer == NULL)
            call_end(call);
    }
}

void server_free(Server *server)
{
    if (server == NULL)
        return;
    drop_source(&server->accepting);
    while (server->calls->len > 0)
        call_end(server->calls->pdata[0]);
    g_ptr_array_unref(server->calls);
    g_free(server);
}
