#include "ledger/sign_in.h"

#include "ledger/changes.h"

typedef struct Trying {
    Store *store;
    const SignInTry *attempt;
    const SignInLimit *limit;
    bool is_let;
} Trying;

/* Typed by whoever is before the sign-in form: it need not be text, and not short. */
static json_t *typed(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *start = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), 200));

    return json_string(start);
}

static bool write_audit(Store *store, const SignInTry *attempt, const char *action, json_t *detail,
                        GError **error)
{
    json_object_set_new(detail, "login", typed(attempt->login));
    json_object_set_new(detail, "address", typed(attempt->address));
    json_object_set_new(detail, "source", json_string(attempt->source));
    return change_audit(store, &(ChangeMade){"worker", action, "sign-in", attempt->at_utc}, detail,
                        error);
}

/* ---- counting ---- */

static bool read_count(const Trying *trying, int64_t *ret_n, GError **error)
{
    const SignInLimit *limit = trying->limit;
    g_autoptr(Statement) row =
        store_prepare(trying->store, "SELECT n, last FROM sign_in_failure WHERE whom = $1", error);
    if (!row)
        return false;
    *ret_n = 0;
    statement_bind(row, text_value(limit->whom));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    /* A clock that was set back leaves times in the future: they count for no longer. */
    int64_t passed = trying->attempt->at_utc - statement_integer(row, 1);
    if (ABS(passed) < limit->window_seconds)
        *ret_n = statement_integer(row, 0);
    return true;
}

static bool count_try(void *data, GError **error)
{
    Trying *trying = data;
    const SignInLimit *limit = trying->limit;
    int64_t n;

    if (!read_count(trying, &n, error))
        return false;
    trying->is_let = n < limit->most;
    g_autoptr(Statement) write =
        store_prepare(trying->store,
                      "INSERT INTO sign_in_failure (whom, n, last) VALUES ($1, $2, $3)"
                      " ON CONFLICT (whom) DO UPDATE SET n = excluded.n,"
                      " last = CASE WHEN $4 = 1 THEN excluded.last ELSE sign_in_failure.last END",
                      error);
    if (!write)
        return false;
    statement_bind(write, text_value(limit->whom), integer_value(n + 1),
                   integer_value(trying->attempt->at_utc), integer_value(trying->is_let));
    if (!statement_run(write, error))
        return false;
    int64_t n_refused = n + 1 - limit->most;
    if (trying->is_let || (n_refused & (n_refused - 1)) != 0)
        return true;
    return write_audit(trying->store, trying->attempt, "sign-in refused",
                       json_pack("{s:s s:s s:I}", "reason", "too many failed sign-ins", "counted",
                                 limit->whom, "refused", (json_int_t)n_refused),
                       error);
}

bool ledger_sign_in_begin(Ledger *ledger, const SignInTry *attempt, const SignInLimit *limit,
                          bool *ret_is_let, GError **error)
{
    Trying trying = {.store = ledger->store, .attempt = attempt, .limit = limit};

    bool is_done = store_transaction(ledger->store, STORE_WRITING, count_try, &trying, error);
    *ret_is_let = is_done && trying.is_let;
    return is_done;
}

typedef struct Forgiving {
    Store *store;
    const char *whom;
    bool is_all;
} Forgiving;

static bool forgive(void *data, GError **error)
{
    const Forgiving *forgiving = data;
    g_autoptr(Statement) write = store_prepare(
        forgiving->store,
        forgiving->is_all ? "DELETE FROM sign_in_failure WHERE whom = $1"
                          : "UPDATE sign_in_failure SET n = n - 1 WHERE whom = $1 AND n > 0",
        error);
    if (!write)
        return false;
    statement_bind(write, text_value(forgiving->whom));
    return statement_run(write, error);
}

bool ledger_sign_in_forgive(Ledger *ledger, const char *whom, bool is_all, GError **error)
{
    Forgiving forgiving = {ledger->store, whom, is_all};

    return store_transaction(ledger->store, STORE_WRITING, forgive, &forgiving, error);
}

/* ---- how it ended ---- */

typedef struct Noting {
    Store *store;
    const SignInTry *attempt;
    const char *account, *refused;
} Noting;

static bool note(void *data, GError **error)
{
    const Noting *noting = data;
    json_t *detail = json_pack("{s:s?}", "account", noting->account);

    if (noting->refused)
        json_object_set_new(detail, "reason", json_string(noting->refused));
    return write_audit(noting->store, noting->attempt,
                       noting->refused ? "sign-in refused" : "signed in", detail, error);
}

bool ledger_sign_in_note(Ledger *ledger, const SignInTry *attempt, const char *account,
                         const char *refused, GError **error)
{
    Noting noting = {ledger->store, attempt, account, refused};

    return store_transaction(ledger->store, STORE_WRITING, note, &noting, error);
}
