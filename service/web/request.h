/* request.h: what a handler is asked, and what it answers. */
#pragma once

#include "web/fields.h"
#include "web/options.h"
#include "web/template.h"
#include "web/who.h"
#include "web/worker_client.h"

#include "ledger/ledger.h"
#include "ledger/sessions.h"

typedef struct Assets Assets;
typedef struct Route Route;

/* What all requests share; read-only, or for many threads by itself. */
typedef struct Site {
    const WebOptions *options;
    TemplateSet *templates;
    const Assets *assets;
    WorkerClient *worker;
} Site;

#define MAX_PARAMETERS 4

typedef struct Request {
    const Site *site;
    Ledger *ledger; /* of this thread */
    int64_t now_utc;

    /* As sent, checked for its form. */
    const char *method; /* "GET" for HEAD too: nobody but the server needs to know */
    char *path;         /* decoded, as in the table of routes; for messages */
    char *query;        /* as sent, without '?' */
    char *host;
    GHashTable *headers; /* (utf8 in lower case → utf8) */
    GByteArray *body;
    char *address;        /* of the client, as far as it is known for sure */
    bool is_trusted_peer; /* a proxy that may say who somebody is */
    bool wants_json;

    const Route *route;
    char *parameters[MAX_PARAMETERS]; /* what stands for {…} in the route's path, decoded */

    Fields *fields; /* of the query, or of the form; only those that the route allows */
    json_t *json;   /* a body of JSON, else NULL */

    char *program; /* "token hr-portal": a program asks, nobody is signed in; else NULL */
    bool is_signed_in;
    Who who;
    LedgerSession session;
    bool is_read_only; /* the worker did not confirm who this is; see sign_in.h */
    bool sees_all;     /* by their role; else only what is theirs: the handler's query decides */
} Request;

const char *request_header(const Request *request, const char *lower_name); /* NULL = not there */
void request_clear(Request *request);

typedef struct Reply {
    unsigned status;
    const char *template; /* of the page; NULL: body */
    char *title;
    json_t *model;  /* what JSON shows, and the template's values */
    char *location; /* of a redirect: a path of this site */
    GString *body;  /* instead of a model: a file */
    const char *content_type;
    GPtrArray *headers; /* (element-type utf8): name, value, name, value … */
    bool is_denial;     /* 403, or a 404 for what is there: audited */
} Reply;

void reply_clear(Reply *reply);
/* A page; model is taken. */
void reply_page(Reply *reply, const char *template, const char *title, json_t *model);
/* 303 to a path of this site. notice: a name of notices.c, shown there once; NULL = none. */
void reply_redirect(Reply *reply, const char *notice, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A page that says no, in a sentence. */
void reply_refuse(Reply *reply, unsigned status, const char *format, ...) G_GNUC_PRINTF(3, 4);
void reply_header(Reply *reply, const char *name, const char *value);

/* For handlers; always false. There is none, or it is not theirs to see. */
bool web_not_found(const Request *request, GError **error);
/* An administrator or an auditor: who may open what is about the machinery. */
bool web_is_technical(const Request *request);
bool web_bad_request(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool web_denied(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
