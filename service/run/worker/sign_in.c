#include "run/worker/sign_in.h"

#include "controls/control.h"
#include "ledger/sign_in.h"
#include "run/worker/server.h"

#include <string.h>

/* An answer that is no welcome waits for the next of these ticks: what took longer, a search, a
 * bind, cannot be told apart. */
#define TICK_US ((gint64)G_USEC_PER_SEC)
#define MOST_LOGIN_BYTES 256
#define MOST_PASSWORD_BYTES 1024

typedef struct Attempt {
    const SignIn *sign_in;
    const SettingsGroup *worker;
    const SettingsSource *source;
    Ledger *ledger;
    SignInTry tried;
    char *whom;      /* "user:…" once the entry is known */
    char *from;      /* "address:…" */
    GError *error;   /* of the ledger, within may_try() */
    const char *why; /* the true reason; NULL = he may come in */
    char *said;      /* backs why */
} Attempt;

static void attempt_clear(Attempt *attempt)
{
    g_clear_pointer(&attempt->ledger, ledger_close);
    g_clear_error(&attempt->error);
    g_free(attempt->whom);
    g_free(attempt->from);
    g_free(attempt->said);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Attempt, attempt_clear)

/* ---- what never reaches the directory ---- */

static const char *text_of_request(const json_t *request, const char *name)
{
    const char *text = json_string_value(json_object_get(request, name));

    return text != NULL ? text : "";
}

/* RFC 4513 section 5.1.2: a bind with a name and an empty password "succeeds". */
static const char *refused_here(const json_t *request)
{
    const char *login = text_of_request(request, "user");
    const char *password = text_of_request(request, "password");
    size_t n_login = json_string_length(json_object_get(request, "user"));
    size_t n_password = json_string_length(json_object_get(request, "password"));

    return n_login == 0                       ? "no login name"
           : n_password == 0                  ? "an empty password"
           : strlen(login) != n_login         ? "a NUL in the login name"
           : strlen(password) != n_password   ? "a NUL in the password"
           : n_login > MOST_LOGIN_BYTES       ? "a login name of more than 256 bytes"
           : n_password > MOST_PASSWORD_BYTES ? "a password of more than 1024 bytes"
                                              : NULL;
}

/* ---- how often ---- */

static SignInLimit limit_of(const Attempt *attempt, const char *whom, const char *most)
{
    return (SignInLimit){
        .whom = whom,
        .most = settings_int(attempt->worker, most),
        .window_seconds = settings_int(attempt->worker, "wait_minutes") * 60,
    };
}

/* By the entry, not by what was typed: a name and an address of one account are one account. */
static bool may_try(void *data, const char *key, const char *dn)
{
    Attempt *attempt = data;
    bool is_let = false;

    attempt->whom = g_strdup_printf("user:%s/%s", attempt->tried.source, *key != '\0' ? key : dn);
    SignInLimit limit = limit_of(attempt, attempt->whom, "account_tries");
    return ledger_sign_in_begin(attempt->ledger, &attempt->tried, &limit, &is_let,
                                &attempt->error) &&
           is_let;
}

/* The address limit is the outer one; who has no address (a test, the command line) has none. */
static bool may_ask(Attempt *attempt, bool *ret_is_let, GError **error)
{
    *ret_is_let = true;
    if (*attempt->tried.address == '\0')
        return true;
    attempt->from = g_strconcat("address:", attempt->tried.address, NULL);
    SignInLimit limit = limit_of(attempt, attempt->from, "address_tries");
    return ledger_sign_in_begin(attempt->ledger, &attempt->tried, &limit, ret_is_let, error);
}

/* ---- what the directory says ---- */

static const char *refused_by(Attempt *attempt, const PasswordAnswer *answer)
{
    switch (answer->verdict) {
    case PASSWORD_NOBODY:
        return "no account has that login name";
    case PASSWORD_SEVERAL:
        return "several accounts have that login name";
    case PASSWORD_NOT_TRIED:
        return NULL; /* ledger_sign_in_begin() has written it down */
    case PASSWORD_WRONG:
        attempt->said = g_strdup_printf("the directory refused the password: %s", answer->why);
        return attempt->said;
    case PASSWORD_RIGHT:
        break;
    }
    if (answer->enabled == STATE_NO)
        return "a right password, but the account is disabled";
    if (answer->locked == STATE_YES)
        return "a right password, but the account is locked";
    bool has_end = answer->expires_utc != TIME_NEVER && answer->expires_utc != TIME_UNKNOWN;
    return has_end && answer->expires_utc <= attempt->tried.at_utc
               ? "a right password, but the account has expired"
               : NULL;
}

/* Only a password that was right, of somebody who may come in, clears what failed before it. */
static bool conclude(Attempt *attempt, const PasswordAnswer *answer, json_t **ret_who,
                     GError **error)
{
    const char *reason = NULL;

    attempt->why = refused_by(attempt, answer);
    if (attempt->why == NULL && answer->verdict == PASSWORD_RIGHT) {
        g_clear_pointer(ret_who, json_decref);
        *ret_who = looks_who_account(attempt->sign_in->looks, attempt->tried.source, answer->key,
                                     answer->dn, &reason);
        if (json_object_get(*ret_who, "error") != NULL)
            return true;
        if (reason != NULL) {
            attempt->said = g_strdup_printf("a right password, but %s", reason);
            attempt->why = attempt->said;
        }
    }
    if (answer->verdict == PASSWORD_NOT_TRIED)
        return true;
    bool is_welcome = answer->verdict == PASSWORD_RIGHT && attempt->why == NULL;
    if (is_welcome && (!ledger_sign_in_forgive(attempt->ledger, attempt->whom, true, error) ||
                       (attempt->from != NULL &&
                        !ledger_sign_in_forgive(attempt->ledger, attempt->from, false, error))))
        return false;
    return ledger_sign_in_note(attempt->ledger, &attempt->tried, answer->dn, attempt->why, error);
}

static bool ask_directory(Attempt *attempt, const json_t *request, json_t **ret_who, GError **error)
{
    const SettingsSource *source = attempt->source;
    PasswordAnswer answer = {0};
    PasswordQuestion question = {.login = attempt->tried.login,
                                 .password = text_of_request(request, "password"),
                                 .may_try = may_try,
                                 .data = attempt};
    g_autoptr(GError) why = NULL;

    if (!source->connector->verify_password(&source->source, &question, &answer, &why)) {
        ledger_sign_in_note(attempt->ledger, &attempt->tried, NULL, why->message, NULL);
        if (attempt->from != NULL) { /* nobody learned anything by it */
            ledger_sign_in_forgive(attempt->ledger, attempt->from, false, NULL);
        }
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "the directory cannot be asked at the moment; try again later");
        say_error("sign-in: %s: %s", source->source.name, why->message);
        return false;
    }
    bool is_done = attempt->error == NULL && conclude(attempt, &answer, ret_who, error);

    if (attempt->error != NULL)
        g_propagate_error(error, g_steal_pointer(&attempt->error));
    password_answer_clear(&answer);
    return is_done;
}

/* ---- all together ---- */

static const SettingsSource *find_source(const Settings *settings)
{
    const char *name = settings_text(settings_group(settings->root, "web"), "sign_in");

    for (size_t i = 0; name != NULL && i < settings->n_sources; i++) {
        if (strcmp(settings->sources[i].source.name, name) == 0 &&
            settings->sources[i].connector->verify_password != NULL)
            return &settings->sources[i];
    }
    return NULL;
}

/* ret_who stays {"who": null} unless he may come in. */
static bool try_to_sign_in(Attempt *attempt, const json_t *request, json_t **ret_who,
                           GError **error)
{
    const Settings *settings = attempt->sign_in->settings;
    g_autofree char *directory = g_path_get_dirname(settings->path);
    bool is_let = false;

    attempt->ledger = ledger_open(settings->store_url, directory, LEDGER_WRITE, error);
    if (attempt->ledger == NULL || !may_ask(attempt, &is_let, error))
        return false;
    if (!is_let)
        return true;
    attempt->why = refused_here(request);
    return attempt->why != NULL
               ? ledger_sign_in_note(attempt->ledger, &attempt->tried, NULL, attempt->why, error)
               : ask_directory(attempt, request, ret_who, error);
}

static void wipe_password(const json_t *request)
{
    const json_t *password = json_object_get(request, "password");

    if (json_is_string(password))
        explicit_bzero((char *)(uintptr_t)json_string_value(password),
                       json_string_length(password));
}

static bool is_welcome(const json_t *answer)
{
    return json_is_object(json_object_get(answer, "who"));
}

json_t *sign_in_check(const SignIn *sign_in, const json_t *request, gint64 *ret_not_before_us)
{
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    json_t *who = json_pack("{s:n}", "who");
    g_auto(Attempt) attempt = {
        .sign_in = sign_in,
        .worker = settings_group(sign_in->settings->root, "worker"),
        .source = find_source(sign_in->settings),
        .tried = {.login = text_of_request(request, "user"),
                  .address = text_of_request(request, "address"),
                  .at_utc = clock_utc()},
    };

    attempt.tried.source = attempt.source != NULL ? attempt.source->source.name : "";
    if (attempt.source == NULL) {
        json_decref(who);
        who = call_error("web.sign_in names no directory that is asked for passwords; nobody signs "
                         "in by the form");
    } else if (!try_to_sign_in(&attempt, request, &who, &error)) {
        json_decref(who);
        who = call_error("%s", error->message);
    }
    wipe_password(request);
    gint64 ticks = (g_get_monotonic_time() - began_us) / TICK_US + 1;
    *ret_not_before_us = is_welcome(who) ? 0 : began_us + ticks * TICK_US;
    return who;
}
