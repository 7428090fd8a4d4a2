#include "web/server.h"

#include "web/assets.h"
#include "web/clock.h"
#include "web/connections.h"
#include "web/dispatch.h"
#include "web/head.h"
#include "web/layout.h"
#include "web/libmicrohttpd.h"
#include "web/threads.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_CONNECTIONS 2048u
#define MAX_CONNECTIONS_OF_ADDRESS 128u
#define CONNECTION_BYTES ((size_t)32768) /* for the head of a request, and what is being sent */
#define IDLE_SECONDS 30u
#define MAX_WAITING 512
#define MAX_WAITING_SLOW 64
#define SLOW_THREADS 8
#define STUCK_SECONDS 120
#if MHD_VERSION >= 0x01000000
#define STRICTNESS MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICTNESS MHD_OPTION_STRICT_FOR_CLIENT
#endif

struct WebServer {
    const Site *site;
    struct MHD_Daemon *daemon;
    Connections *connections;
    Threads *pages, *slow;
};

/* One request and its answer. */
typedef struct Exchange {
    WebServer *server;
    struct MHD_Connection *connection;
    char *target;            /* as sent */
    const char *received_at; /* where the library has it until it answers; it splits it there */
    Request request;
    Reply reply;
    struct MHD_Response *response; /* made by the thread that did it */
    unsigned status;
    bool is_begun;
    bool is_too_long;
    size_t n_dropped; /* bytes of a body that is too long */
} Exchange;

/* ---- responses ---- */

/* Of every answer. What a page may do: show itself, its own style and scripts, send its forms here.
 */
static const char *const fixed_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

static void add_fixed_headers(struct MHD_Response *response, const WebOptions *options)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fixed_headers); i++)
        MHD_add_response_header(response, fixed_headers[i][0], fixed_headers[i][1]);
    if (options->address.is_https)
        MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
}

static struct MHD_Response *asset_response(Asset *asset, const WebOptions *options)
{
    size_t size;
    /* The library's signature lacks a const; it only reads. */
    void *data = (void *)(uintptr_t)g_bytes_get_data(asset->bytes, &size);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, data, MHD_RESPMEM_PERSISTENT);

    add_fixed_headers(response, options);
    MHD_add_response_header(response, "Content-Type", asset->content_type);
    MHD_add_response_header(response, "Cache-Control", "public, max-age=31536000, immutable");
    return response;
}

/* The reply as bytes; takes what it needs from it. */
static void make_response(Exchange *exchange)
{
    Reply *reply = &exchange->reply;
    GString *body = layout_render(&exchange->request, reply);
    size_t size = body->len;
    const WebOptions *options = exchange->server->site->options;

    exchange->status = reply->status;
    exchange->response =
        MHD_create_response_from_buffer(size, g_string_free(body, FALSE), MHD_RESPMEM_MUST_FREE);
    add_fixed_headers(exchange->response, options);
    MHD_add_response_header(exchange->response, "Content-Type", reply->content_type);
    MHD_add_response_header(exchange->response, "Cache-Control", "no-store");
    MHD_add_response_header(exchange->response, "Vary", "Accept, Cookie");
    if (reply->location)
        MHD_add_response_header(exchange->response, "Location", reply->location);
    for (guint i = 0; reply->headers && i + 1 < reply->headers->len; i += 2)
        MHD_add_response_header(exchange->response, reply->headers->pdata[i],
                                reply->headers->pdata[i + 1]);
}

/* ---- connections ---- */

static Connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void limit(Exchange *exchange, int64_t seconds)
{
    connections_limit(exchange->server->connections, connection_of(exchange->connection),
                      web_clock_seconds(), seconds);
}

static int fd_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static void notice_connection(void *data, struct MHD_Connection *connection, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    WebServer *server = data;

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = connections_add(server->connections, fd_of(connection), web_clock_seconds());
    else
        connections_remove(server->connections, *context);
}

/* ---- who is at the other end ---- */

static char *address_of_peer(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    g_autoptr(GSocketAddress) socket_address = NULL;

    if (address && address->sa_family == AF_INET)
        socket_address = g_socket_address_new_from_native((gpointer)(uintptr_t)address,
                                                          sizeof(struct sockaddr_in));
    else if (address && address->sa_family == AF_INET6)
        socket_address = g_socket_address_new_from_native((gpointer)(uintptr_t)address,
                                                          sizeof(struct sockaddr_in6));
    if (!socket_address)
        return g_strdup("local");
    return g_inet_address_to_string(
        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(socket_address)));
}

/* The last address is the one that our proxy added; those before it anybody could have written. */
static char *forwarded_address(const Request *request)
{
    const char *list = request_header(request, "x-forwarded-for");
    const char *comma = list ? strrchr(list, ',') : NULL;
    g_autofree char *last = g_strstrip(g_strdup(comma ? comma + 1 : list ? list : ""));
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(last);

    return address ? g_inet_address_to_string(address) : NULL;
}

static void find_peer(Exchange *exchange)
{
    Request *request = &exchange->request;
    const WebOptions *options = exchange->server->site->options;
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = fd_of(exchange->connection);

    request->address = address_of_peer(exchange->connection);
    if (!g_str_equal(request->address, "local") ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return;
    request->is_trusted_peer = web_options_is_trusted(options, peer.uid);
    char *forwarded = request->is_trusted_peer ? forwarded_address(request) : NULL;
    if (forwarded) {
        g_free(request->address);
        request->address = forwarded;
    }
}

/* ---- an exchange ---- */

static void *begin_exchange(void *data, const char *target, struct MHD_Connection *connection)
{
    Exchange *exchange = g_new0(Exchange, 1);

    *exchange = (Exchange){.server = data,
                           .connection = connection,
                           .target = g_strdup(target),
                           .received_at = target};
    exchange->request.site = exchange->server->site;
    return exchange;
}

static void end_exchange(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    Exchange *exchange = *context;

    if (!exchange)
        return;
    limit(exchange, RECEIVE_SECONDS);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    request_clear(&exchange->request);
    reply_clear(&exchange->reply);
    g_free(exchange->target);
    g_free(exchange);
    *context = NULL;
}

static enum MHD_Result send_response(Exchange *exchange)
{
    limit(exchange, SEND_SECONDS);
    return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

/* Refused before the body was read: what follows on this connection cannot be trusted. */
static enum MHD_Result refuse_early(Exchange *exchange)
{
    reply_header(&exchange->reply, "Connection", "close");
    make_response(exchange);
    return send_response(exchange);
}

static enum MHD_Result add_header(void *data, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    head_add(data, name, value);
    return MHD_YES;
}

static size_t head_size(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    return info ? info->header_size : 0;
}

static void take_head(Exchange *exchange, const char *method, const char *version, Head *head)
{
    struct MHD_Connection *connection = exchange->connection;

    head_init(head, method, exchange->target);
    line_ends_init(&head->ends, method, exchange->received_at, strlen(exchange->target), version);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, head);
    head->has_odd_lines = line_ends_must_be_checked(MHD_get_version()) &&
                          !line_ends_are_good(&head->ends, head_size(connection));
}

static enum MHD_Result send_asset(Exchange *exchange, Asset *asset)
{
    limit(exchange, SEND_SECONDS);
    return MHD_queue_response(exchange->connection, 200, asset->response);
}

static enum MHD_Result begin(Exchange *exchange, const char *method, const char *version)
{
    Request *request = &exchange->request;
    Asset *asset;
    Head head;

    take_head(exchange, method, version, &head);
    bool is_good = head_read(&head, request, &exchange->reply, &asset);
    head_clear(&head);
    exchange->is_begun = true;
    if (!is_good)
        return refuse_early(exchange);
    if (asset)
        return send_asset(exchange, asset);
    find_peer(exchange);
    request->body = g_byte_array_new();
    return MHD_YES;
}

static enum MHD_Result take_body(Exchange *exchange, const char *data, size_t *size)
{
    Request *request = &exchange->request;

    if (request->body->len + *size > request->route->body_limit)
        exchange->is_too_long = true;
    if (exchange->is_too_long)
        exchange->n_dropped += *size;
    else
        g_byte_array_append(request->body, (const guint8 *)data, (guint)*size);
    *size = 0;
    /* An answer can be given at the end only; nobody is listened to for ever. */
    return exchange->n_dropped > (1 << 20) ? MHD_NO : MHD_YES;
}

/* In a thread of its own. */
static void do_exchange(void *job, Ledger *ledger, const GError *why)
{
    Exchange *exchange = job;
    Request *request = &exchange->request;

    request->ledger = ledger;
    request->now_utc = web_clock_utc();
    dispatch(request, why, &exchange->reply);
    make_response(exchange);
    /* Here, not in the one thread that everybody's connections share. */
    request_clear(request);
    reply_clear(&exchange->reply);
    MHD_resume_connection(exchange->connection);
}

static enum MHD_Result hand_over(Exchange *exchange)
{
    Request *request = &exchange->request;
    Threads *threads = request->route->is_slow ? exchange->server->slow : exchange->server->pages;

    if (exchange->is_too_long) {
        reply_refuse(&exchange->reply, 413,
                     "The form is larger than %zu bytes. Nothing was changed.",
                     request->route->body_limit);
        return refuse_early(exchange);
    }
    /* Nobody looks at the ends of lines between chunks and behind them, so nothing after them is
     * believed. */
    if (request_header(request, "transfer-encoding"))
        reply_header(&exchange->reply, "Connection", "close");
    limit(exchange, 0);
    MHD_suspend_connection(exchange->connection);
    if (threads_add(threads, exchange))
        return MHD_YES;
    reply_refuse(&exchange->reply, 503,
                 "Too many people are waiting. Nothing was changed; try "
                 "again in a moment.");
    reply_header(&exchange->reply, "Retry-After", "5");
    make_response(exchange);
    MHD_resume_connection(exchange->connection);
    return MHD_YES;
}

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *target,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    Exchange *exchange = *context;

    if (exchange->response)
        return send_response(exchange);
    if (!exchange->is_begun)
        return begin(exchange, method, version);
    if (*upload_size > 0)
        return take_body(exchange, upload, upload_size);
    return hand_over(exchange);
}

/* Targets are decoded by us, piece by piece. */
static size_t leave_escapes(void *data, struct MHD_Connection *connection, char *text)
{
    return strlen(text);
}

/* ---- the server ---- */

static void make_asset_responses(WebServer *server)
{
    Asset *asset;

    for (size_t i = 0; (asset = assets_at(server->site->assets, i)) != NULL; i++)
        asset->response = asset_response(asset, server->site->options);
}

/* From 1.0 on the library can be told to refuse whatever two readers could read in two ways.
 * Before, the strictest there is reads over bare LF, folded lines and NUL (line_ends.h), and to a
 * request without a Host it answers with two heads; what it refuses besides, head.c does. */
static int strictness(void)
{
    return line_ends_must_be_checked(MHD_get_version()) ? 0 : 2;
}

static struct MHD_Daemon *start_daemon(WebServer *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, MAX_CONNECTIONS_OF_ADDRESS,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, STRICTNESS, strictness(), MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes,
        NULL, MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, server, MHD_OPTION_NOTIFY_COMPLETED,
        end_exchange, server, MHD_OPTION_NOTIFY_CONNECTION, notice_connection, server,
        MHD_OPTION_END);
}

WebServer *web_server_new(const Site *site, int fd, GError **error)
{
    WebServer *server = g_new0(WebServer, 1);

    server->site = site;
    server->connections = connections_new();
    make_asset_responses(server);
    server->pages = threads_new("pages", CLAMP(g_get_num_processors(), 2, 16), MAX_WAITING,
                                site->options, do_exchange);
    server->slow = threads_new("slow", SLOW_THREADS, MAX_WAITING_SLOW, site->options, do_exchange);
    server->daemon = start_daemon(server, fd);
    if (server->daemon)
        return server;
    g_set_error_literal(error, WEB_ERROR, WEB_ERROR_FAILED,
                        "The HTTP library did not start. Nothing was changed.");
    web_server_free(server);
    return NULL;
}

void web_server_free(WebServer *server)
{
    Asset *asset;

    if (!server)
        return;
    if (server->daemon)
        MHD_quiesce_daemon(server->daemon);
    /* A suspended connection must be resumed before the end: the threads do what they have. */
    threads_finish(server->pages);
    threads_finish(server->slow);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    threads_free(server->pages);
    threads_free(server->slow);
    for (size_t i = 0; (asset = assets_at(server->site->assets, i)) != NULL; i++)
        g_clear_pointer((struct MHD_Response **)&asset->response, MHD_destroy_response);
    connections_free(server->connections);
    g_free(server);
}

void web_server_sweep(WebServer *server)
{
    connections_sweep(server->connections, web_clock_seconds());
}

bool web_server_is_alive(WebServer *server)
{
    return threads_busy_seconds(server->pages) < STUCK_SECONDS &&
           threads_busy_seconds(server->slow) < STUCK_SECONDS;
}
