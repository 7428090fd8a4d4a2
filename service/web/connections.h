/* connections.h: the time that a client has.
 *
 * The HTTP library closes a connection on which nothing moves, but a client that sends a byte every
 * few seconds would stay for ever. So each step has a time by which it must be done as a whole:
 * a request to be sent, an answer to be taken. */
#pragma once

#include <glib.h>
#include <stdint.h>

#define RECEIVE_SECONDS 30 /* from the first byte that could be sent to the whole request */
#define SEND_SECONDS 60

typedef struct Connections Connections;
typedef struct Connection Connection;

Connections *connections_new(void);
void connections_free(Connections *connections); /* NULL is fine; there are none left */

Connection *connections_add(Connections *connections, int fd, int64_t now);
/* Before the file descriptor is closed. */
void connections_remove(Connections *connections, Connection *connection);
/* seconds 0 = no limit for now. */
void connections_limit(Connections *connections, Connection *connection, int64_t now,
                       int64_t seconds);
/* Shuts down those whose time is over; the library then closes them. */
void connections_sweep(Connections *connections, int64_t now);
