/* tokens_read.c: tokens are listed, and asked for what they may do. */
#include "ledger/tokens.h"

#include "base/digest.h"
#include "base/token.h"
#include "ledger/changes.h"

#include <string.h>

#define LONGEST_TOKEN 256

/* ---- listed ---- */

static json_t *scope_json(const char *scope)
{
    g_auto(GStrv) words = g_strsplit(scope, " ", -1);
    json_t *list = json_array();

    for (char **word = words; *word; word++)
        json_array_append_new(list, json_string(*word));
    return list;
}

static json_t *time_or_null(int64_t utc)
{
    return utc != 0 ? json_time(utc) : json_null();
}

static json_t *token_json(Statement *row, int64_t at_utc)
{
    int64_t expires = statement_integer(row, 5), revoked = statement_integer(row, 7);

    return json_pack("{s:I s:s s:o s:s s:o s:s s:o s:o s:o}", "id",
                     (json_int_t)statement_integer(row, 0), "name", statement_text(row, 1), "scope",
                     scope_json(statement_text(row, 2)), "status",
                     revoked != 0        ? "revoked"
                     : expires <= at_utc ? "expired"
                                         : "valid",
                     "made", json_time(statement_integer(row, 3)), "made_by",
                     statement_text(row, 4), "expires", json_time(expires), "used",
                     time_or_null(statement_integer(row, 6)), "revoked", time_or_null(revoked));
}

bool ledger_tokens(Ledger *ledger, int64_t at_utc, LedgerVisit visit, void *data, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT id, name, scope, made, made_by, expires, used, revoked FROM api_token"
                      " ORDER BY id DESC",
                      error);
    if (!rows)
        return false;
    StoreStep step;
    bool goes_on = true;

    while (goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        json_t *row = token_json(rows, at_utc);
        goes_on = visit(row, data);
        json_decref(row);
    }
    return !goes_on || step == STORE_DONE;
}

/* ---- asked ---- */

void token_checked_clear(TokenChecked *checked)
{
    g_clear_pointer(&checked->name, g_free);
}

/* Of one row: id, name, scope, expires, used, revoked. */
static TokenVerdict judge(Statement *row, const char *scope, int64_t at_utc)
{
    g_auto(GStrv) scopes = g_strsplit(statement_text(row, 2), " ", -1);

    if (statement_integer(row, 5) != 0)
        return TOKEN_REVOKED;
    if (statement_integer(row, 3) <= at_utc)
        return TOKEN_EXPIRED;
    return g_strv_contains((const char *const *)scopes, scope) ? TOKEN_VALID : TOKEN_OUT_OF_SCOPE;
}

/* A program that asks all day writes a row a minute, not one a request. */
static bool note_use(Ledger *ledger, int64_t id, int64_t at_utc, GError **error)
{
    g_autoptr(Statement) update =
        store_prepare(ledger->store, "UPDATE api_token SET used = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(id), integer_value(at_utc));
    return statement_run(update, error);
}

bool ledger_token_check(Ledger *ledger, const char *token, const char *scope, int64_t at_utc,
                        TokenChecked *ret_checked, GError **error)
{
    *ret_checked = (TokenChecked){.verdict = TOKEN_UNKNOWN};
    size_t length = token ? strnlen(token, LONGEST_TOKEN + 1) : 0;
    if (length > LONGEST_TOKEN)
        length = 0;
    g_autofree char *hash = digest_text(length > 0 ? token : "", length);
    g_autoptr(Statement) row = store_prepare(
        ledger->store,
        "SELECT id, name, scope, expires, used, revoked, hash FROM api_token WHERE hash = $1",
        error);
    if (!row)
        return false;
    statement_bind(row, text_value(hash));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW || !token_equals(statement_text(row, 6), hash))
        return step != STORE_FAILED;
    bool is_noted = at_utc - statement_integer(row, 4) < 60;
    *ret_checked = (TokenChecked){.verdict = judge(row, scope, at_utc),
                                  .id = statement_integer(row, 0),
                                  .name = g_strdup(statement_text(row, 1))};
    statement_reset(row);
    return ret_checked->verdict != TOKEN_VALID || is_noted ||
           note_use(ledger, ret_checked->id, at_utc, error);
}
