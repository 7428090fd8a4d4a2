/* page_me.c: who am I, and where am I signed in? */

#include "web/pages.h"
#include "web/sign_in.h"

typedef struct Sessions {
    json_t *rows;
    int64_t current;
} Sessions;

static bool append(json_t *row, void *data)
{
    Sessions *sessions = data;
    bool is_this = json_integer_value(json_object_get(row, "id")) == sessions->current;

    json_object_set_new(row, "is_this", json_boolean(is_this));
    json_array_append(sessions->rows, row);
    return true;
}

bool page_me(Request *request, Reply *reply, GError **error)
{
    Sessions sessions = {json_array(), request->session.id};
    const WebOptions *options = request->site->options;

    if (!ledger_sessions(request->ledger, request->session.login,
                         request->now_utc - options->idle_seconds, append, &sessions, error)) {
        json_decref(sessions.rows);
        return false;
    }
    reply_page(reply, "me", "You and your sessions",
               json_pack("{s:{s:s s:s s:s? s:o} s:o s:I s:I s:b}", "me", "login",
                         request->who.login, "name", request->who.name, "person",
                         request->who.person, "roles", role_names(request->who.roles), "sessions",
                         sessions.rows, "idle_minutes", (json_int_t)(options->idle_seconds / 60),
                         "session_hours", (json_int_t)(options->absolute_seconds / 3600),
                         "is_by_proxy", options->sign_in == SIGN_IN_PROXY));
    return true;
}

bool page_end_session(Request *request, Reply *reply, GError **error)
{
    gint64 id;
    bool has_ended;

    if (!fields_number(request->fields, "session", 0, G_MAXINT64, &id, error))
        return false;
    if (id == request->session.id)
        return page_sign_out(request, reply, error);
    if (!ledger_session_end(request->ledger, request->session.login, id, "session revoked",
                            request->now_utc, &has_ended, error))
        return false;
    reply_redirect(reply, has_ended ? "session-ended" : "session-gone", "/me");
    return true;
}

bool page_sign_out(Request *request, Reply *reply, GError **error)
{
    bool is_by_proxy = request->site->options->sign_in == SIGN_IN_PROXY;

    reply_page(reply, "signed_out", "You are signed out",
               json_pack("{s:b s:b}", "signed_out", true, "is_by_proxy", is_by_proxy));
    return sign_in_end(request, reply, error);
}
