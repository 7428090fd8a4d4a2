/* worker_client.h: asking the worker over its UNIX socket.
 *
 * One request a connection: a line of JSON there, JSON until the end back. Whoever listens there
 * must be root or the service's own user. After a failure nothing is asked for a few seconds, so
 * that a worker that hangs does not hold every page up for as long as the deadline. For any number
 * of threads. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

typedef struct WorkerClient WorkerClient;

WorkerClient *worker_client_new(const char *socket_path);
void worker_client_free(WorkerClient *client); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkerClient, worker_client_free)

/* question is taken. NULL with WEB_ERROR_WORKER when there is no answer in time, or it is an error
 * of the worker's: a sentence fit for a page. */
json_t *worker_ask(WorkerClient *client, json_t *question, int64_t deadline_ms, GError **error);
