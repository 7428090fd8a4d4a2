/* server.h: the worker's UNIX socket: one line of JSON in, one line of JSON out, and the end.
 *
 * All sockets are served by the main loop and never waited for: a client that sends nothing, half a
 * line, too much or no JSON gets a sentence and its end, and nobody else notices. Whoever connects
 * must be of this process's user, or root. Requests are handed to a handler, which must not wait
 * either; it answers at any time, from any thread. */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

#define SERVER_MOST_REQUEST_BYTES ((gsize)1 << 20)
#define SERVER_MOST_ANSWER_BYTES ((gsize)64 << 20)

typedef struct Server Server;
typedef struct Call Call; /* one request under way */

/* request is the call's, until it is answered. Runs in the main loop. */
typedef void (*ServerHandler)(Call *call, void *data);

typedef struct ServerLimits {
    guint n_calls;         /* at one time; then the oldest that has not asked yet is cut off */
    guint request_seconds; /* for the whole line */
    guint answer_seconds;  /* for the whole answer, once it is there */
} ServerLimits;
extern const ServerLimits server_limits;

/* The listening socket that systemd handed over, else a new one at path (mode 0660, in place of a
 * stale one). NULL when another process listens there, or it cannot be made. */
GSocket *server_listen(const char *path, GError **error);

/* The listener is not owned. Runs in the default main context. */
Server *server_new(GSocket *listener, const ServerLimits *limits, ServerHandler handler,
                   void *data);
/* From now on nobody can ask: who connects waits in the listener's queue. */
void server_pause(Server *server);
/* Whoever has not been answered gets nothing. Nothing may answer a call afterwards but what holds
 * it: call_answer() is still fine. NULL is fine. */
void server_free(Server *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

const json_t *call_request(const Call *call); /* an object */
/* Text of the request; NULL when it is not there, is no text, or holds a NUL. */
const char *call_text(const Call *call, const char *name);
/* Once for each call, from any thread; takes answer. not_before_us: of g_get_monotonic_time(). */
void call_answer(Call *call, json_t *answer, gint64 not_before_us);
json_t *call_error(const char *format, ...) G_GNUC_PRINTF(1, 2); /* {"error": "a sentence"} */
