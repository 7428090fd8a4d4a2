#include "web/dispatch.h"

#include "web/again.h"
#include "web/guards.h"
#include "web/programs.h"
#include "web/routes.h"
#include "web/sign_in.h"

#include "base/visible.h"

#include <stdio.h>
#include <string.h>

void web_log(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *visible = visible_text(line);
    fprintf(stderr, "rightful: %s\n", visible);
}

/* ---- errors → replies ---- */

static unsigned status_of(const GError *error)
{
    if (error->domain == WEB_ERROR) {
        switch (error->code) {
        case WEB_ERROR_BAD_REQUEST:
            return 400;
        case WEB_ERROR_DENIED:
            return 403;
        case WEB_ERROR_NOT_FOUND:
            return 404;
        case WEB_ERROR_WORKER:
            return 503;
        default:
            return 500;
        }
    }
    if (g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND))
        return 404;
    return g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED) ||
                   g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_CONFLICT)
               ? 409
               : 500;
}

static void reply_error(const Request *request, Reply *reply, const GError *error)
{
    unsigned status = status_of(error);

    if (status == 500) {
        web_log("%s %s: %s", request->method, request->path, error->message);
        reply_refuse(reply, 500,
                     "Something went wrong on our side. Nothing was changed; the journal of this "
                     "service says what it was.");
        return;
    }
    reply_refuse(reply, status, "%s", error->message);
    reply->is_denial = status == 403 || status == 404;
}

/* ---- who may ---- */

static void ask_to_sign_in(const Request *request, Reply *reply, const SignInProblem *problem)
{
    bool is_page = !request->wants_json && g_str_equal(request->method, "GET");

    if (problem->status != 0 && problem->status != 401) {
        reply_refuse(reply, problem->status, "%s", problem->sentence);
        reply->is_denial = problem->status == 403;
    } else if (is_page && request->site->options->sign_in != SIGN_IN_PROXY) {
        g_autofree char *here =
            g_strdup_printf("%s%s%s", request->path, *request->query ? "?" : "", request->query);
        g_autofree char *next = g_uri_escape_string(here, NULL, FALSE);
        reply_redirect(reply, problem->notice, "/sign-in?next=%s", next);
    } else {
        reply_refuse(reply, 401, "%s",
                     problem->sentence ? problem->sentence
                                       : "You are not signed in, or not any more. Nothing was "
                                         "changed. Sign in in another tab, come back here and send "
                                         "it again.");
        reply_header(reply, "WWW-Authenticate", "Session");
    }
}

/* false after a reply. */
static bool may_ask(Request *request, Reply *reply, const SignInProblem *problem)
{
    const Route *route = request->route;
    unsigned roles = request->who.roles | SIGNED_IN;

    if (route->all & ANYBODY)
        return true;
    if (!request->is_signed_in) {
        ask_to_sign_in(request, reply, problem);
        return false;
    }
    request->sees_all = (route->all & roles) != 0;
    if (request->sees_all || (route->own & roles))
        return true;
    reply_refuse(reply, 403, "Your roles do not include this. Nothing was changed.");
    reply->is_denial = true;
    return false;
}

/* ---- what was sent ---- */

static bool is_type(const Request *request, const char *wanted)
{
    const char *type = request_header(request, "content-type");
    size_t length = strlen(wanted);

    return type && g_ascii_strncasecmp(type, wanted, length) == 0 &&
           (type[length] == '\0' || type[length] == ';' || type[length] == ' ');
}

static bool read_json(Request *request, GError **error)
{
    json_error_t where;

    if (!is_type(request, "application/json"))
        return web_bad_request(error, "The body must be application/json.");
    request->json = json_loadb((const char *)request->body->data, request->body->len,
                               JSON_REJECT_DUPLICATES, &where);
    if (request->json)
        return json_is_object(request->json) ||
               web_bad_request(error, "The body must be a JSON object.");
    return web_bad_request(error, "The body is no JSON that can be used: %s (byte %d).", where.text,
                           where.position);
}

static bool read_fields(Request *request, GError **error)
{
    static const char *const none[] = {NULL};
    const char *const *allowed = request->route->fields ? request->route->fields : none;
    bool is_get = g_str_equal(request->method, "GET");
    size_t limit = request->route->body_limit > 1 << 20 ? FIELDS_MANY : FIELDS_MAX;

    if (!is_get && *request->query != '\0')
        return web_bad_request(error, "What is changed stands in the form, not in the address.");
    if (!is_get && request->route->takes_json)
        return read_json(request, error);
    if (!is_get && !is_type(request, "application/x-www-form-urlencoded"))
        return web_bad_request(error, "A form must be application/x-www-form-urlencoded.");
    request->fields =
        is_get ? fields_parse(request->query, strlen(request->query), limit, error)
               : fields_parse((const char *)request->body->data, request->body->len, limit, error);
    return request->fields && fields_check(request->fields, allowed, error);
}

/* false after a reply. */
static bool was_meant(Request *request, Reply *reply)
{
    bool is_program = (request->route->all & PROGRAMS) != 0;
    const char *problem = is_program ? NULL : guard_origin(request);

    if (problem) {
        reply_refuse(reply, 403, "%s", problem);
        reply->is_denial = true;
    } else if (request->is_signed_in && !is_program && !guard_token(request)) {
        problem = "The form is not from your present session, so nothing was changed.";
        if (!again_offer(request, reply, 403, problem))
            reply_refuse(reply, 403, "%s Open the page again and send it once more.", problem);
        reply->is_denial = true;
    } else if (request->is_read_only) {
        problem = "Who you are could not be confirmed just now, so you can read but not change "
                  "anything. Nothing was changed; try again in a few minutes.";
        if (!again_offer(request, reply, 503, problem))
            reply_refuse(reply, 503, "%s", problem);
    }
    return !problem;
}

/* Somebody whose session is over keeps what they entered: sent again from here, with the token of a
 * session that they have then, it is still there. */
static void keep_what_was_sent(Request *request, Reply *reply)
{
    if (reply->status == 401 && g_str_equal(request->method, "POST") && read_fields(request, NULL))
        again_offer(request, reply, 401,
                    "You are not signed in, or not any more. Nothing was changed.");
}

/* ---- the audit ---- */

static void note(Request *request, const char *action, unsigned status)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *visible = visible_text(request->path);
    g_autofree char *object = g_strdup_printf("%s %.200s", request->method, visible);
    g_autofree char *valid = g_utf8_make_valid(object, -1);
    const char *actor = request->program        ? request->program
                        : request->is_signed_in ? request->who.login
                                                : "nobody";

    if (!ledger_note_use(request->ledger,
                         &(LedgerUse){.actor = actor,
                                      .action = action,
                                      .object = valid,
                                      .at_utc = request->now_utc,
                                      .detail = json_pack("{s:s s:i}", "address", request->address,
                                                          "status", (int)status)},
                         &error))
        web_log("%s %s by %s could not be written into the ledger: %s", action, valid, actor,
                error->message);
}

/* ---- the whole ---- */

/* false after a reply, or with an error. */
static bool is_let_in(Request *request, Reply *reply, GError **error)
{
    g_auto(SignInProblem) problem = {0};

    if (request->route->all & PROGRAMS)
        return program_is_let_in(request, reply, error);
    if (!sign_in_recall(request, reply, &problem, error))
        return false;
    bool may = may_ask(request, reply, &problem);
    if (!may)
        keep_what_was_sent(request, reply);
    return may;
}

static void handle(Request *request, Reply *reply)
{
    g_autoptr(GError) error = NULL;
    bool is_get = g_str_equal(request->method, "GET");
    bool is_done = is_let_in(request, reply, &error) && read_fields(request, &error) &&
                   (is_get || was_meant(request, reply)) &&
                   request->route->handler(request, reply, &error);

    if (!is_done && error)
        reply_error(request, reply, error);
}

void dispatch(Request *request, const GError *why, Reply *reply)
{
    if (!request->ledger) {
        web_log("%s", why ? why->message : "there is no ledger");
        reply_refuse(reply, 503,
                     "The ledger cannot be read at the moment, or there was no run "
                     "yet. Nothing was changed; try again in a minute.");
        return;
    }
    handle(request, reply);
    /* Whoever is nobody is refused without a row: the address alone says nothing, and would let
     * anybody fill the ledger. */
    if (reply->is_denial && (request->is_signed_in || request->program))
        note(request, "denied", reply->status);
    else if (request->route->audit && reply->status < 300)
        note(request, request->route->audit, reply->status);
}
