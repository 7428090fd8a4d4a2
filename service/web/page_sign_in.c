/* page_sign_in.c: the form, and the choice of a demo. Every failure is the same page; the worker,
 * which tries the password, takes care that it takes the same time, slows down whoever guesses, and
 * writes down why. */

#include "web/pages.h"
#include "web/sign_in.h"

#include <string.h>

#define SIGN_IN_DEADLINE_MS 15000
#define MAX_PASSWORD 1024

/* A path of this site and nothing else: "//evil.example" is another host. */
static const char *next_of(const Request *request)
{
    const char *next = fields_get(request->fields, "next");
    bool is_ours = next && next[0] == '/' && next[1] != '/' && next[1] != '\\' &&
                   strlen(next) < 2000 && strpbrk(next, "\r\n\t\\") == NULL &&
                   !g_str_has_prefix(next, "/sign-");

    return is_ours ? next : "/";
}

static void show_form(Request *request, Reply *reply, bool has_failed)
{
    const WebOptions *options = request->site->options;
    const char *user = fields_get(request->fields, "user");

    reply_page(
        reply, "sign_in", "Sign in",
        json_pack("{s:s s:s s:b s:b s:b s:o}", "next", next_of(request), "user", user ? user : "",
                  "has_failed", has_failed, "is_form", options->sign_in == SIGN_IN_FORM,
                  "is_by_proxy", options->sign_in == SIGN_IN_PROXY, "people",
                  options->sign_in == SIGN_IN_DEMO ? sign_in_demo_people(options) : json_array()));
    reply->status = has_failed ? 403 : 200;
}

bool page_sign_in(Request *request, Reply *reply, GError **error)
{
    show_form(request, reply, false);
    return true;
}

/* *ret_who NULL: not them. What no directory accepts is not even asked: an empty password would
 * "succeed" (RFC 4513 5.1.2). */
static bool ask_worker(const Request *request, json_t **ret_who, GError **error)
{
    const char *user = fields_get(request->fields, "user");
    const char *password = fields_get(request->fields, "password");
    json_t *question = json_pack(
        "{s:s s:s s:s s:s}", "ask", "sign-in", "user", user ? user : "", "password",
        password && strlen(password) <= MAX_PASSWORD ? password : "", "address", request->address);
    json_t *answer = worker_ask(request->site->worker, question, SIGN_IN_DEADLINE_MS, error);
    json_t *who = json_object_get(answer, "who");

    *ret_who = json_is_true(json_object_get(who, "usable")) ? json_incref(who) : NULL;
    json_decref(answer);
    return answer != NULL;
}

static bool find_who(const Request *request, json_t **ret_who, GError **error)
{
    gint64 choice;

    switch (request->site->options->sign_in) {
    case SIGN_IN_DEMO:
        if (!fields_number(request->fields, "choice", 1000, 1000, &choice, error))
            return false;
        *ret_who = sign_in_demo_who(request->site->options, choice);
        return true;
    case SIGN_IN_FORM:
        return ask_worker(request, ret_who, error);
    default:
        return web_not_found(request, error);
    }
}

bool page_do_sign_in(Request *request, Reply *reply, GError **error)
{
    json_t *who = NULL;

    if (!find_who(request, &who, error))
        return false;
    if (!who) {
        show_form(request, reply, true);
        return true;
    }
    if (!sign_in_start(request, reply, who, error))
        return false;
    reply_redirect(reply, NULL, "%s", next_of(request));
    return true;
}
