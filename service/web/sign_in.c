#include "web/sign_in.h"

#include "base/digest.h"
#include "base/times.h"
#include "base/token.h"
#include "ledger/listing.h"

#include <string.h>

#define WHO_DEADLINE_MS 3000
#define SEEN_SECONDS 60 /* how exactly it is written down when a session was used */
#define FORGET_SECONDS (30 * 86400)

void sign_in_problem_clear(SignInProblem *problem)
{
    g_free(problem->sentence);
    *problem = (SignInProblem){0};
}

/* ---- the cookie ---- */

static const char *cookie_name(const WebOptions *options)
{
    return options->address.is_https ? "__Host-rightful" : "rightful";
}

/* The one cookie of that name; two of them are none: somebody planted one. Newly allocated. */
static char *cookie_of(const Request *request)
{
    const char *name = cookie_name(request->site->options);
    const char *header = request_header(request, "cookie");
    g_auto(GStrv) pairs = g_strsplit(header ? header : "", ";", 200);
    const char *found = NULL;

    for (char **pair = pairs; *pair; pair++) {
        g_strstrip(*pair);
        if (!g_str_has_prefix(*pair, name) || (*pair)[strlen(name)] != '=')
            continue;
        if (found)
            return NULL;
        found = *pair + strlen(name) + 1;
    }
    return found && strlen(found) == 64 ? g_strdup(found) : NULL;
}

static void set_cookie(const Request *request, Reply *reply, const char *value)
{
    const WebOptions *options = request->site->options;
    g_autofree char *cookie = g_strdup_printf(
        "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(options), value,
        options->address.is_https ? "; Secure" : "", *value == '\0' ? "; Max-Age=0" : "");

    reply_header(reply, "Set-Cookie", cookie);
}

/* ---- start, end ---- */

static bool is_demo_who(const json_t *who)
{
    return json_is_true(json_object_get(who, "demo"));
}

static void cut(char *text, size_t maximum)
{
    if (strlen(text) > maximum)
        text[maximum] = '\0';
}

bool sign_in_start(Request *request, Reply *reply, json_t *who, GError **error)
{
    g_autofree char *token = token_new();

    json_object_set_new(who, "confirmed", json_integer(request->now_utc));
    ledger_session_clear(&request->session);
    who_clear(&request->who);
    if (!who_init(&request->who, who))
        return web_denied(error, "Nobody was signed in.");
    char *text = json_dumps(who, JSON_COMPACT);
    const char *agent = request_header(request, "user-agent");
    request->session = (LedgerSession){.hash = digest_text(token, strlen(token)),
                                       .login = g_strdup(request->who.login),
                                       .who = g_strdup(text),
                                       .csrf = token_new(),
                                       .address = g_strdup(request->address),
                                       .agent = g_utf8_make_valid(agent ? agent : "", -1),
                                       .started_utc = request->now_utc,
                                       .seen_utc = request->now_utc};
    free(text);
    cut(request->session.agent, 200);
    g_autofree char *agent_text = g_utf8_make_valid(request->session.agent, -1);
    g_free(request->session.agent);
    request->session.agent = g_steal_pointer(&agent_text);
    if (!ledger_session_start(request->ledger, &request->session, request->now_utc - FORGET_SECONDS,
                              error))
        return false;
    set_cookie(request, reply, token);
    request->is_signed_in = true;
    return true;
}

bool sign_in_end(Request *request, Reply *reply, GError **error)
{
    bool has_ended;

    set_cookie(request, reply, "");
    reply_header(reply, "Clear-Site-Data", "\"cache\", \"cookies\", \"storage\"");
    if (!ledger_session_end(request->ledger, request->session.login, request->session.id,
                            "signed out", request->now_utc, &has_ended, error))
        return false;
    request->is_signed_in = false;
    return true;
}

/* ---- is it still them? ---- */

static bool not_any_more(Request *request, SignInProblem *problem, unsigned status,
                         const char *notice, const char *sentence)
{
    who_clear(&request->who);
    *problem = (SignInProblem){.status = status, .notice = notice, .sentence = g_strdup(sentence)};
    return true;
}

static bool is_over(const Request *request)
{
    const WebOptions *options = request->site->options;
    const LedgerSession *session = &request->session;

    /* A clock that went back must not make a session live for ever. */
    return request->now_utc - session->started_utc >= options->absolute_seconds ||
           request->now_utc - session->seen_utc >= options->idle_seconds ||
           request->now_utc + 2 * SEEN_SECONDS < session->seen_utc;
}

static json_t *ask_who(const Request *request, const char *login, GError **error)
{
    json_t *answer =
        worker_ask(request->site->worker, json_pack("{s:s s:s}", "ask", "who", "user", login),
                   WHO_DEADLINE_MS, error);
    json_t *who = json_incref(json_object_get(answer, "who"));

    if (answer && !who)
        g_set_error_literal(error, WEB_ERROR, WEB_ERROR_WORKER,
                            "The worker gave an answer that cannot be read.");
    json_decref(answer);
    return who; /* json null: it is nobody */
}

/* Writes down that the session was used; a ledger that is busy is no reason to refuse a page. */
static void write_seen(Request *request, const char *who)
{
    ledger_session_seen(request->ledger, request->session.hash, request->now_utc, who, NULL);
}

static bool take_confirmation(Request *request, json_t *who, SignInProblem *problem)
{
    Who confirmed;

    json_object_set_new(who, "confirmed", json_integer(request->now_utc));
    if (!who_init(&confirmed, who))
        return not_any_more(request, problem, 403, NULL,
                            "Your account is not known to the directory any more.");
    who_clear(&request->who);
    request->who = confirmed;
    if (!confirmed.is_usable)
        return not_any_more(request, problem, 403, NULL,
                            "Your account is disabled or has expired, or you have left.");
    char *text = json_dumps(who, JSON_COMPACT);
    write_seen(request, text);
    free(text);
    request->is_signed_in = true;
    return true;
}

static bool confirm(Request *request, int64_t confirmed_utc, SignInProblem *problem)
{
    g_autoptr(GError) failure = NULL;
    json_t *who = ask_who(request, request->session.login, &failure);

    if (who)
        return take_confirmation(request, who, problem);
    if (request->now_utc - confirmed_utc >= GRACE_SECONDS)
        return not_any_more(request, problem, 503, NULL, failure->message);
    request->is_signed_in = request->is_read_only = true;
    return true;
}

static bool needs_confirmation(const Request *request, int64_t confirmed_utc, int64_t run)
{
    int64_t age = request->now_utc - confirmed_utc;

    if (is_demo_who(request->who.json))
        return false;
    return age < 0 || age >= CONFIRM_SECONDS ||
           (run != request->who.run && age >= CONFIRM_AFTER_RUN_SECONDS);
}

/* ---- by the proxy ---- */

static bool start_by_proxy(Request *request, Reply *reply, const char *login,
                           SignInProblem *problem, GError **error)
{
    g_autoptr(GError) failure = NULL;
    json_t *who = ask_who(request, login, &failure);
    bool is_usable = json_is_true(json_object_get(who, "usable"));

    if (!who)
        return not_any_more(request, problem, 503, NULL, failure->message);
    if (!is_usable) {
        json_decref(who);
        return not_any_more(request, problem, 403, NULL,
                            "The proxy signed you in, but your account is not known to the "
                            "directory, or is disabled, or you have left.");
    }
    return sign_in_start(request, reply, who, error);
}

/* NULL after a problem: whoever is not the proxy may not say who he is. */
static const char *proxied_login(Request *request, SignInProblem *problem)
{
    const char *login = request_header(request, request->site->options->proxy_header);

    if (!request->is_trusted_peer)
        not_any_more(request, problem, 403, NULL,
                     "Only the proxy may ask here (web.proxy_users says who it runs as).");
    else if (!login || *login == '\0' || strlen(login) > 256 || !g_utf8_validate(login, -1, NULL))
        not_any_more(request, problem, 401, NULL,
                     "The proxy did not say who you are (web.proxy_header).");
    else
        return login;
    return NULL;
}

/* ---- recall ---- */

static bool recall_session(Request *request, SignInProblem *problem, GError **error)
{
    g_autofree char *token = cookie_of(request);
    g_autofree char *hash = token ? digest_text(token, strlen(token)) : NULL;
    bool is_demo = request->site->options->sign_in == SIGN_IN_DEMO;
    int64_t run, as_of;

    if (!token)
        return true;
    if (!ledger_session_find(request->ledger, hash, &request->session, error) ||
        !ledger_latest_run(request->ledger, &run, &as_of, error))
        return false;
    if (!request->session.hash)
        return true;
    json_t *who = json_loads(request->session.who, 0, NULL);
    int64_t confirmed = json_integer_value(json_object_get(who, "confirmed"));
    if (!who_init(&request->who, who) || is_demo_who(who) != is_demo)
        return not_any_more(request, problem, 0, NULL, NULL);
    if (is_over(request))
        return not_any_more(request, problem, 401, "expired",
                            "Your session is over. Nothing was changed.");
    if (needs_confirmation(request, confirmed, run))
        return confirm(request, confirmed, problem);
    if (request->now_utc - request->session.seen_utc >= SEEN_SECONDS)
        write_seen(request, NULL);
    request->is_signed_in = true;
    return true;
}

bool sign_in_recall(Request *request, Reply *reply, SignInProblem *ret_problem, GError **error)
{
    bool is_by_proxy = request->site->options->sign_in == SIGN_IN_PROXY;
    const char *login = is_by_proxy ? proxied_login(request, ret_problem) : NULL;

    if (is_by_proxy && !login)
        return true;
    if (!recall_session(request, ret_problem, error))
        return false;
    if (!is_by_proxy || (request->is_signed_in && g_str_equal(request->session.login, login)) ||
        ret_problem->status == 403 || ret_problem->status == 503)
        return true;
    request->is_signed_in = request->is_read_only = false;
    sign_in_problem_clear(ret_problem);
    return start_by_proxy(request, reply, login, ret_problem, error);
}

/* ---- the demo ---- */

static unsigned roles_at(const SettingsGroup *person)
{
    unsigned roles = 0;

    for (const char *const *name = settings_texts(person, "roles"); *name; name++)
        roles |= role_of(*name);
    return roles;
}

json_t *sign_in_demo_people(const WebOptions *options)
{
    json_t *people = json_array();

    for (size_t i = 0; i < settings_n_groups(options->web, "demo"); i++) {
        const SettingsGroup *person = settings_group_at(options->web, "demo", i);
        json_array_append_new(people, json_pack("{s:i s:s s:s s:s s:o}", "number", (int)i, "user",
                                                settings_text(person, "user"), "name",
                                                settings_text(person, "name"), "says",
                                                settings_text(person, "says"), "roles",
                                                role_names(roles_at(person))));
    }
    return people;
}

json_t *sign_in_demo_who(const WebOptions *options, int64_t number)
{
    if (number < 0 || number >= (int64_t)settings_n_groups(options->web, "demo"))
        return NULL;
    const SettingsGroup *person = settings_group_at(options->web, "demo", (size_t)number);
    const char *id = settings_text(person, "person");
    json_t *of_roster =
        id ? json_pack("{s:s s:s}", "id", id, "name", settings_text(person, "name")) : json_null();

    return json_pack("{s:s s:o s:[] s:o s:b s:b}", "user", settings_text(person, "user"), "person",
                     of_roster, "accounts", "roles", role_names(roles_at(person)), "usable", true,
                     "demo", true);
}
