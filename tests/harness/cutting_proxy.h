/* cutting_proxy.h: stands between libpq and a PostgreSQL, counts what the client says, and does
 * harm at one message.
 *
 * A process of its own listens on a UNIX socket. Messages are counted over all connections, from
 * the last cutting_proxy_set() on; the start of a connection is one. A harm is done once. */
#pragma once

#include "harness/postgres_server.h"

#include <stdint.h>

typedef enum Harm {
    HARM_NONE,
    HARM_CUT_BEFORE, /* the server does not get the message, nobody gets an answer */
    HARM_CUT_AFTER,  /* the server gets it and answers, the client hears nothing */
    HARM_KILL,       /* SIGKILL for the client, before the message */
    HARM_CRASH       /* the server gets it and answers; then it crashes and is started again */
} Harm;

typedef struct CuttingProxy CuttingProxy;

CuttingProxy *cutting_proxy_start(PostgresServer *server);
void cutting_proxy_stop(CuttingProxy *proxy);                /* NULL is fine */
const char *cutting_proxy_folder(const CuttingProxy *proxy); /* of its socket */
/* Harm at message at (from 1); afterwards, when next is not HARM_NONE, that at the message
 * next_at, counted anew. */
void cutting_proxy_set(CuttingProxy *proxy, Harm harm, int at, Harm next, int next_at);
/* Who is killed: the calling process. */
void cutting_proxy_be_victim(CuttingProxy *proxy);
int cutting_proxy_messages(const CuttingProxy *proxy);
bool cutting_proxy_has_harmed(const CuttingProxy *proxy); /* all that was set */
