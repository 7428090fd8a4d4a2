/* listen.h: the socket that the server takes its connections from: systemd's, or our own. */
#pragma once

#include "web/options.h"

typedef struct WebSocket {
    int fd;
    bool is_unix;
    uint16_t port;   /* of TCP */
    char *made_path; /* of a UNIX socket that we made, and remove at the end; NULL = not ours */
} WebSocket;

/* A socket that systemd hands over must be a UNIX socket, or be bound to loopback. */
bool web_socket_open(const WebOptions *options, WebSocket *ret_socket, GError **error);
void web_socket_clear(WebSocket *socket);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WebSocket, web_socket_clear)
