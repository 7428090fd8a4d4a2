/* head.h: the head of a request: what can be refused before its body is read.
 *
 * The HTTP library has split it into method, target and headers; here is decided whether they can
 * be meant: lengths, escapes, one Host and it ours, one length of the body and not too long, no
 * header twice where one decides. Nothing is guessed: two readings of one request are how requests
 * are smuggled past a proxy. */
#pragma once

#include "web/assets.h"
#include "web/line_ends.h"
#include "web/routes.h"

#include <stddef.h>

#define MAX_TARGET 4096
#define MAX_HEADERS 100
#define MAX_HEADER_BYTES 16384

typedef struct Head {
    const char *method, *target; /* as sent */
    bool is_http_1_0;
    size_t n_headers, n_bytes;
    bool has_broken; /* a header that is not text, or twice */
    const char *twice;
    LineEnds ends;
    bool has_odd_lines;
    GHashTable *headers; /* (utf8 in lower case → utf8) */
} Head;

void head_init(Head *head, const char *method, const char *target);
/* value may be NULL. Both in the place where the library read them: see line_ends.h. */
void head_add(Head *head, const char *name, const char *value);
void head_clear(Head *head);

/* Fills method, path, query, host, headers, wants_json, route and parameters of the request. false
 * after a reply that refuses it. *ret_asset: it asks for a file of the fixed list. The site must be
 * set. Steals the headers. */
bool head_read(Head *head, Request *request, Reply *reply, Asset **ret_asset);
