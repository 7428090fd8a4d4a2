#include "web/routes.h"

#include "web/pages.h"

#include <string.h>

#define TECHNICAL (ROLE_ADMIN | ROLE_AUDITOR)
#define FORM_LIMIT 65536

static const char *const exceptions_fields[] = {
    "status", "severity", "control", "source", "q", "person", "owner", "new", "sort", "page", NULL};
static const char *const sign_in_fields[] = {"user", "password", "choice", "next", NULL};
static const char *const next_field[] = {"next", "notice", NULL};
static const char *const session_fields[] = {"csrf", "session", NULL};
static const char *const csrf_only[] = {"csrf", NULL};
static const char *const notice_only[] = {"notice", NULL};

/* In the order of the pages' menu. */
const Route routes[] = {
    {"GET", "/", TECHNICAL | ROLE_HR | ROLE_REVIEWS, SIGNED_IN, NULL, page_dashboard, notice_only},
    {"GET", "/exceptions", TECHNICAL, SIGNED_IN, NULL, page_exceptions, exceptions_fields},

    {"GET", "/me", 0, SIGNED_IN, NULL, page_me, notice_only},
    {"POST", "/me/sessions", 0, SIGNED_IN, NULL, page_end_session, session_fields, FORM_LIMIT},
    {"GET", "/sign-in", ANYBODY, 0, NULL, page_sign_in, next_field},
    {"POST", "/sign-in", ANYBODY, 0, NULL, page_do_sign_in, sign_in_fields, 8192, .is_slow = true},
    {"POST", "/sign-out", 0, SIGNED_IN, NULL, page_sign_out, csrf_only, 8192},
    {0}};

static bool is_parameter(const char *piece, size_t length)
{
    return length > 2 && piece[0] == '{' && piece[length - 1] == '}';
}

/* Does the path of the route fit? Remembers where the parameters are. */
static bool fits(const Route *route, const char *const *pieces, const char **parameters)
{
    const char *at = route->path + 1;
    size_t n_parameters = 0;

    for (; *pieces; pieces++) {
        size_t length = strcspn(at, "/");
        if (is_parameter(at, length))
            parameters[n_parameters++] = *pieces;
        else if (strlen(*pieces) != length || strncmp(*pieces, at, length) != 0)
            return false;
        at += length;
        if ((*at == '\0') != (pieces[1] == NULL))
            return false;
        at += *at == '/';
    }
    return true;
}

static void add_method(GString *allow, const char *method)
{
    g_string_append_printf(allow, "%s%s", allow->len > 0 ? ", " : "", method);
    if (g_str_equal(method, "GET"))
        g_string_append(allow, ", HEAD");
}

const Route *route_find(Request *request, const char *const *pieces, char **ret_allow)
{
    g_autoptr(GString) allow = g_string_new(NULL);

    for (const Route *route = routes; route->path; route++) {
        const char *parameters[MAX_PARAMETERS] = {NULL};

        if (!fits(route, pieces, parameters))
            continue;
        if (!g_str_equal(route->method, request->method)) {
            add_method(allow, route->method);
            continue;
        }
        for (size_t i = 0; i < MAX_PARAMETERS; i++)
            request->parameters[i] = g_strdup(parameters[i]);
        return route;
    }
    if (allow->len > 0)
        *ret_allow = g_string_free(g_steal_pointer(&allow), FALSE);
    return NULL;
}

json_t *web_routes(void)
{
    json_t *list = json_array();

    for (const Route *route = routes; route->path; route++)
        json_array_append_new(list,
                              json_pack("{s:s s:s s:o s:o s:s? s:I s:b}", "method", route->method,
                                        "path", route->path, "all", role_names(route->all), "own",
                                        role_names(route->own), "audit", route->audit, "body_limit",
                                        (json_int_t)route->body_limit, "is_slow", route->is_slow));
    return list;
}
