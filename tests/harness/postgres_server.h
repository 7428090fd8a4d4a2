/* postgres_server.h: a private PostgreSQL in a temporary folder, reached by a UNIX socket only.
 *
 * PostgreSQL refuses to run as root; then it runs as the user postgres, which the Debian package
 * makes. Everybody on the machine may log on as the superuser postgres: its folder is not theirs.
 */
#pragma once

#include <stdbool.h>

typedef struct PostgresServer PostgresServer;

/* NULL when there is none on this machine; fails the program when it does not start. is_durable:
 * with fsync, for tests that pull the plug. */
PostgresServer *postgres_server_start(bool is_durable);
void postgres_server_stop(PostgresServer *server); /* NULL is fine; at once, as if it crashed */
/* At once, and started again: as after a crash. */
void postgres_server_restart(PostgresServer *server);
const char *postgres_server_folder(const PostgresServer *server); /* of the socket */
int postgres_server_port(const PostgresServer *server);
