/* listen.h: where something listens: "unix:/path", "127.0.0.1:8080" or "[::1]:8080". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Listen {
    const char *path; /* of a UNIX socket, part of the text; NULL = TCP */
    bool is_v6;
    uint16_t port;
} Listen;

/* TCP only on loopback: whoever wants more puts a proxy in front, which does TLS. */
bool listen_parse(const char *text, Listen *ret_listen);
