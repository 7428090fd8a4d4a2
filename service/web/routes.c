#include "web/routes.h"

#include "web/pages.h"

#include <string.h>

#define TECHNICAL (ROLE_ADMIN | ROLE_AUDITOR)
#define CAMPAIGNS (TECHNICAL | ROLE_REVIEWS)
#define FORM_LIMIT 65536
#define MANY_LIMIT (2 << 20) /* forms with fields for each of many items */

static const char *const exceptions_fields[] = {
    "status", "severity", "control", "source", "q", "person", "owner", "new", "sort", "page", NULL};
static const char *const sign_in_fields[] = {"user", "password", "choice", "next", NULL};
static const char *const next_field[] = {"next", "notice", NULL};
static const char *const session_fields[] = {"csrf", "session", NULL};
static const char *const csrf_only[] = {"csrf", NULL};
static const char *const notice_only[] = {"notice", NULL};
static const char *const page_only[] = {"page", NULL};
static const char *const comment_fields[] = {"csrf", "text", NULL};
static const char *const assign_fields[] = {"csrf", "owner", NULL};
static const char *const accept_fields[] = {"csrf", "approver", "until", "reason", NULL};
static const char *const reopen_fields[] = {"csrf", "why", NULL};
static const char *const start_fields[] = {"csrf", "name", NULL};
static const char *const review_fields[] = {"view", "from", "notice", NULL};
static const char *const decide_fields[] = {
    "csrf", "view", "go", "decision-#", "reason-#", "until-#", "version-#", "seconds-#", NULL};
static const char *const sign_fields[] = {"csrf", "seen", "sentence", NULL};
static const char *const signed_fields[] = {"n", NULL};
static const char *const bulk_fields[] = {"csrf", "person", "item*", "reason", NULL};
static const char *const pass_fields[] = {"csrf", "why", "to", "person", "note", NULL};
static const char *const campaign_fields[] = {"from", "by", "notice", NULL};
static const char *const close_fields[] = {"csrf", "sure", "reason", NULL};
static const char *const person_only[] = {"person", NULL};
static const char *const from_field[] = {"from", NULL};
static const char *const reassign_fields[] = {"csrf", "from", "to", "person", "note", NULL};
static const char *const tasks_fields[] = {"show", NULL};
static const char *const leavers_fields[] = {"find", "show", NULL};
static const char *const check_fields[] = {"csrf", "person", "last_day", "urgent", NULL};

/* In the order of the pages' menu. */
const Route routes[] = {
    {"GET", "/", TECHNICAL | ROLE_HR | ROLE_REVIEWS, SIGNED_IN, NULL, page_dashboard, notice_only},
    {"GET", "/exceptions", TECHNICAL, SIGNED_IN, NULL, page_exceptions, exceptions_fields},
    {"GET", "/exceptions/{id}", TECHNICAL, SIGNED_IN, NULL, page_exception, notice_only},
    {"POST", "/exceptions/{id}/comment", ROLE_ADMIN, 0, NULL, page_exception_comment,
     comment_fields, FORM_LIMIT},
    {"POST", "/exceptions/{id}/assign", ROLE_ADMIN, 0, NULL, page_exception_assign, assign_fields,
     FORM_LIMIT},
    {"POST", "/exceptions/{id}/accept", ROLE_ADMIN, 0, NULL, page_exception_accept, accept_fields,
     FORM_LIMIT},
    {"POST", "/exceptions/{id}/reopen", ROLE_ADMIN, 0, NULL, page_exception_reopen, reopen_fields,
     FORM_LIMIT},

    {"GET", "/people/{id}", TECHNICAL | ROLE_HR, SIGNED_IN, NULL, page_person, .is_slow = true},
    {"GET", "/accounts/{id}", TECHNICAL, SIGNED_IN, NULL, page_account, .is_slow = true},
    {"GET", "/groups/{id}", TECHNICAL, 0, NULL, page_group, page_only, .is_slow = true},
    {"GET", "/register/{id}", TECHNICAL, 0, NULL, page_asset, .is_slow = true},

    {"GET", "/reviews", CAMPAIGNS, SIGNED_IN, NULL, page_reviews, notice_only},
    {"POST", "/reviews", ROLE_REVIEWS, 0, NULL, page_review_start, start_fields, FORM_LIMIT},
    {"GET", "/reviews/{id}", CAMPAIGNS, SIGNED_IN, NULL, page_review, review_fields},
    {"POST", "/reviews/{id}", 0, SIGNED_IN, NULL, page_review_decide, decide_fields, MANY_LIMIT},
    {"GET", "/reviews/{id}/check", 0, SIGNED_IN, NULL, page_review_check},
    {"POST", "/reviews/{id}/sign", 0, SIGNED_IN, NULL, page_review_sign, sign_fields, FORM_LIMIT},
    {"GET", "/reviews/{id}/signed", 0, SIGNED_IN, NULL, page_review_signed, signed_fields},
    {"GET", "/reviews/{id}/bulk", 0, SIGNED_IN, NULL, page_review_bulk, person_only},
    {"POST", "/reviews/{id}/bulk", 0, SIGNED_IN, NULL, page_review_do_bulk, bulk_fields,
     MANY_LIMIT},
    {"GET", "/reviews/{id}/items/{item}/pass", 0, SIGNED_IN, NULL, page_review_pass},
    {"POST", "/reviews/{id}/items/{item}/pass", 0, SIGNED_IN, NULL, page_review_do_pass,
     pass_fields, FORM_LIMIT, .is_slow = true},
    {"GET", "/reviews/{id}/campaign", CAMPAIGNS, 0, NULL, page_campaign, campaign_fields},
    {"POST", "/reviews/{id}/remind", ROLE_REVIEWS, 0, NULL, page_campaign_remind, csrf_only,
     FORM_LIMIT, .is_slow = true},
    {"POST", "/reviews/{id}/close", ROLE_REVIEWS, 0, NULL, page_campaign_close, close_fields,
     FORM_LIMIT},
    {"GET", "/reviews/{id}/reassign", ROLE_REVIEWS, 0, NULL, page_campaign_reassign, from_field},
    {"POST", "/reviews/{id}/reassign", ROLE_REVIEWS, 0, NULL, page_campaign_do_reassign,
     reassign_fields, FORM_LIMIT, .is_slow = true},

    {"GET", "/tasks", CAMPAIGNS, 0, NULL, page_tasks, tasks_fields},

    {"GET", "/leavers", TECHNICAL | ROLE_HR, 0, NULL, page_leavers, leavers_fields,
     .is_slow = true},
    {"POST", "/leavers", ROLE_HR, 0, NULL, page_leaver_do_check, check_fields, FORM_LIMIT,
     .is_slow = true},
    {"GET", "/leavers/{id}", TECHNICAL | ROLE_HR, 0, NULL, page_leaver_case},
    {"GET", "/leavers/check/{id}", ROLE_HR, 0, NULL, page_leaver_check, .is_slow = true},
    {"GET", "/jobs/{id}", TECHNICAL, SIGNED_IN, NULL, page_job},

    {"GET", "/runs", TECHNICAL, 0, NULL, page_runs, page_only},
    {"POST", "/runs", ROLE_ADMIN, 0, NULL, page_run_now, csrf_only, FORM_LIMIT, .is_slow = true},
    {"GET", "/runs/{id}", TECHNICAL, 0, NULL, page_run},
    {"GET", "/controls", TECHNICAL | ROLE_REVIEWS, 0, NULL, page_controls},

    {"GET", "/me", 0, SIGNED_IN, NULL, page_me, notice_only},
    {"POST", "/me/sessions", 0, SIGNED_IN, NULL, page_end_session, session_fields, FORM_LIMIT},
    {"GET", "/sign-in", ANYBODY, 0, NULL, page_sign_in, next_field},
    {"POST", "/sign-in", ANYBODY, 0, NULL, page_do_sign_in, sign_in_fields, 8192, .is_slow = true},
    {"POST", "/sign-out", 0, SIGNED_IN, NULL, page_sign_out, csrf_only, 8192},

    {"POST", "/api/v1/leaver-checks", PROGRAMS, 0, NULL, api_leaver_check, NULL, 8192,
     .is_slow = true, .takes_json = true, .scope = "leaver-checks"},
    {"GET", "/api/v1/leaver-checks/{id}", PROGRAMS, 0, NULL, api_leaver_check_state,
     .scope = "leaver-checks"},
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
