/* routes.h: the one table of what can be asked for. `rightful list routes` shows it, and a test
 * compares it with the matrix of who may do what: a route that nobody thought about fails it. */
#pragma once

#include "web/request.h"

typedef bool (*RouteHandler)(Request *request, Reply *reply, GError **error);

struct Route {
    const char *method; /* GET or POST; HEAD goes with GET */
    const char *path;   /* "/exceptions/{id}": {…} is one piece of the path, to parameters[] */
    unsigned all;       /* roles that see, or may act on, all objects: sees_all */
    unsigned own;       /* roles, or SIGNED_IN, that do so with what is theirs only; the handler's
                           query says what that is */
    const char *audit;  /* action of the audit row of each use, "export"; NULL = not worth one */
    RouteHandler handler;
    const char *const *fields; /* allowed in the query or form; see fields_check(); NULL = none */
    size_t body_limit;         /* of a POST, bytes */
    bool is_slow;              /* asks the worker: not done by the threads of the pages */
    bool takes_json;           /* the body is JSON instead of a form */
    const char *scope;         /* of PROGRAMS: what the token must be for */
};

extern const Route routes[]; /* ended by a row without path */

/* decoded: pieces of the path, NULL-terminated. NULL when there is no such path; *ret_allow: the
 * methods of the path, "GET, HEAD", newly allocated, when only the method is wrong. Fills
 * request->parameters on success. */
const Route *route_find(Request *request, const char *const *pieces, char **ret_allow);
