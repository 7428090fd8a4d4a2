#include "ledger/sessions.h"

#include "ledger/changes.h"

void ledger_session_clear(LedgerSession *session)
{
    g_free(session->hash);
    g_free(session->login);
    g_free(session->who);
    g_free(session->csrf);
    g_free(session->address);
    g_free(session->agent);
    *session = (LedgerSession){0};
}

/* ---- start ---- */

typedef struct Starting {
    Store *store;
    LedgerSession *session;
    int64_t forget_before_utc;
} Starting;

static bool forget_old(const Starting *starting, GError **error)
{
    g_autoptr(Statement) forget =
        store_prepare(starting->store, "DELETE FROM session WHERE seen < $1", error);
    if (!forget)
        return false;
    statement_bind(forget, integer_value(starting->forget_before_utc));
    return statement_run(forget, error);
}

static bool insert_session(Store *store, const LedgerSession *session, GError **error)
{
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO session (hash, id, login, who, csrf, address, agent, started, seen) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        error);
    if (!insert)
        return false;
    statement_bind(insert, text_value(session->hash), integer_value(session->id),
                   text_value(session->login), text_value(session->who), text_value(session->csrf),
                   text_value(session->address), text_value(session->agent),
                   integer_value(session->started_utc), integer_value(session->seen_utc));
    return statement_run(insert, error);
}

static bool audit_session(Store *store, int64_t id, const char *login, const char *action,
                          int64_t at_utc, json_t *detail, GError **error)
{
    g_autofree char *object = g_strdup_printf("session %" G_GINT64_FORMAT, id);

    return change_audit(store, &(ChangeMade){login, action, object, at_utc}, detail, error);
}

static bool start(void *data, GError **error)
{
    const Starting *starting = data;
    LedgerSession *session = starting->session;
    int64_t last_id;

    if (!forget_old(starting, error) ||
        !store_query_integer(starting->store, "SELECT max(id) FROM session", &last_id, error))
        return false;
    /* Sessions are forgotten, numbers are not used again soon: they go up with the clock. */
    session->id = MAX(last_id + 1, session->started_utc);
    return insert_session(starting->store, session, error) &&
           audit_session(starting->store, session->id, session->login, "signed in",
                         session->started_utc, json_pack("{s:s}", "address", session->address),
                         error);
}

bool ledger_session_start(Ledger *ledger, LedgerSession *session, int64_t forget_before_utc,
                          GError **error)
{
    Starting starting = {ledger->store, session, forget_before_utc};

    return store_transaction(ledger->store, STORE_WRITING, start, &starting, error);
}

/* ---- find, use ---- */

bool ledger_session_find(Ledger *ledger, const char *hash, LedgerSession *ret_session,
                         GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT id, login, who, csrf, address, agent, started, seen FROM session "
                      "WHERE hash = $1 AND ended IS NULL",
                      error);
    if (!row)
        return false;
    statement_bind(row, text_value(hash));
    StoreStep step = statement_step(row, error);
    if (step == STORE_ROW)
        *ret_session = (LedgerSession){.hash = g_strdup(hash),
                                       .id = statement_integer(row, 0),
                                       .login = g_strdup(statement_text(row, 1)),
                                       .who = g_strdup(statement_text(row, 2)),
                                       .csrf = g_strdup(statement_text(row, 3)),
                                       .address = g_strdup(statement_text(row, 4)),
                                       .agent = g_strdup(statement_text(row, 5)),
                                       .started_utc = statement_integer(row, 6),
                                       .seen_utc = statement_integer(row, 7)};
    return step != STORE_FAILED;
}

typedef struct Using {
    Store *store;
    const char *hash, *who;
    int64_t seen_utc;
} Using;

static bool write_seen(void *data, GError **error)
{
    const Using *use = data;
    g_autoptr(Statement) update = store_prepare(
        use->store, "UPDATE session SET seen = $2, who = coalesce($3, who) WHERE hash = $1", error);
    if (!update)
        return false;
    statement_bind(update, text_value(use->hash), integer_value(use->seen_utc),
                   text_value(use->who));
    return statement_run(update, error);
}

bool ledger_session_seen(Ledger *ledger, const char *hash, int64_t seen_utc, const char *who,
                         GError **error)
{
    Using use = {ledger->store, hash, who, seen_utc};

    return store_transaction(ledger->store, STORE_WRITING, write_seen, &use, error);
}

/* ---- end ---- */

typedef struct Ending {
    Store *store;
    const char *login, *why;
    int64_t id, at_utc;
    bool has_ended;
} Ending;

static bool end(void *data, GError **error)
{
    Ending *ending = data;
    g_autoptr(Statement) update =
        store_prepare(ending->store,
                      "UPDATE session SET ended = $3 WHERE login = $1 AND id = $2 AND ended IS "
                      "NULL RETURNING id",
                      error);
    if (!update)
        return false;
    statement_bind(update, text_value(ending->login), integer_value(ending->id),
                   integer_value(ending->at_utc));
    StoreStep step = statement_step(update, error);
    ending->has_ended = step == STORE_ROW;
    statement_reset(update);
    return step == STORE_DONE ||
           (step == STORE_ROW && audit_session(ending->store, ending->id, ending->login,
                                               ending->why, ending->at_utc, json_object(), error));
}

bool ledger_session_end(Ledger *ledger, const char *login, int64_t id, const char *why,
                        int64_t at_utc, bool *ret_ended, GError **error)
{
    Ending ending = {ledger->store, login, why, id, at_utc, false};

    if (!store_transaction(ledger->store, STORE_WRITING, end, &ending, error))
        return false;
    *ret_ended = ending.has_ended;
    return true;
}

/* ---- list ---- */

static json_t *session_row(Statement *rows)
{
    return json_pack("{s:I s:o s:o s:s s:s}", "id", (json_int_t)statement_integer(rows, 0),
                     "started", json_time(statement_integer(rows, 1)), "seen",
                     json_time(statement_integer(rows, 2)), "address", statement_text(rows, 3),
                     "agent", statement_text(rows, 4));
}

bool ledger_sessions(Ledger *ledger, const char *login, int64_t since_utc, LedgerVisit visit,
                     void *data, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT id, started, seen, address, agent FROM session WHERE login = $1 AND "
                      "ended IS NULL AND seen >= $2 ORDER BY seen DESC, id DESC",
                      error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, text_value(login), integer_value(since_utc));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        json_t *row = session_row(rows);
        bool goes_on = visit(row, data);
        json_decref(row);
        if (!goes_on)
            return true;
    }
    return step == STORE_DONE;
}

/* ---- uses ---- */

typedef struct Noting {
    Store *store;
    const LedgerUse *use;
} Noting;

static bool note(void *data, GError **error)
{
    const Noting *noting = data;
    const LedgerUse *use = noting->use;

    return change_audit(noting->store,
                        &(ChangeMade){use->actor, use->action, use->object, use->at_utc},
                        use->detail ? json_incref(use->detail) : json_object(), error);
}

bool ledger_note_use(Ledger *ledger, const LedgerUse *use, GError **error)
{
    Noting noting = {ledger->store, use};
    bool is_noted = store_transaction(ledger->store, STORE_WRITING, note, &noting, error);

    json_decref(use->detail);
    return is_noted;
}
