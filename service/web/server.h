/* server.h: HTTP, by GNU libmicrohttpd, which belongs to this folder: one thread that speaks with
 * all clients and never waits for anything else, limits for what each of them may cost. */
#pragma once

#include "web/request.h"

typedef struct WebServer WebServer;

/* Takes connections from fd, which stays the caller's. site lives as long as the server. */
WebServer *web_server_new(const Site *site, int fd, GError **error);
/* No more connections; what is being done is done; then the rest is closed. NULL is fine. */
void web_server_free(WebServer *server);
/* Every second or so: closes what takes too long. */
void web_server_sweep(WebServer *server);
/* Does it get on with its work? Else systemd starts it again. */
bool web_server_is_alive(WebServer *server);
