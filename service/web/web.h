/* web.h: the pages that people look at, served over HTTP on a UNIX socket or on loopback.
 *
 * This process holds no credentials of sources and connects to nothing but the store and the
 * worker's UNIX socket. A request goes: server.c (HTTP, limits) → exchange.c (framing) → dispatch.c
 * (host, who, rights, forgery) → a handler of routes.c, which builds a view model → JSON of it, or
 * a template. README.md in this folder says how to add a page. */
#pragma once

#include "ledger/ledger.h"
#include "settings/settings.h"

#include <rightful/record.h>

#include <gio/gio.h>
#include <jansson.h>

#define WEB_ERROR (g_quark_from_static_string("web-error"))
typedef enum WebError {
    WEB_ERROR_CONFIGURATION, /* nothing that a second try would change */
    WEB_ERROR_FAILED,
    WEB_ERROR_BAD_REQUEST, /* 400: what was sent cannot be meant */
    WEB_ERROR_DENIED,      /* 403 */
    WEB_ERROR_NOT_FOUND,   /* 404: there is none, or it is not theirs to see: the same answer */
    WEB_ERROR_WORKER       /* 503: the worker does not answer */
} WebError;

typedef struct WebStart {
    const Settings *settings;
    bool is_demo;
    int64_t begins_utc;                         /* of a demo, TIME_UNKNOWN = now */
    json_t *(*references)(const char *control); /* of a control, as ledger_set_references() */
    /* What the table of controls knows: rows as `rightful controls --json` lists them, and after
     * how many seconds an exception of each severity is due. */
    json_t *(*catalogue)(const Settings *settings, Ledger *ledger, GError **error);
    void (*due_limits)(const Settings *settings, int64_t *ret_seconds);
    GCancellable *cancel; /* ends it */
} WebStart;

/* Serves until cancelled. Says on stderr where it listens. */
bool web_run(const WebStart *start, GError **error);

/* [ {method, path, all, own, audit, body_limit, is_slow} ], for `rightful list routes`. */
json_t *web_routes(void);
