/* tokens.c: tokens are made and taken back. */
#include "ledger/tokens.h"

#include "base/digest.h"
#include "base/token.h"
#include "ledger/changes.h"

#include <string.h>

#define LONGEST_NAME 64
#define LONGEST_LIFE (2 * 366 * INT64_C(86400))

const char *const token_scopes[] = {"leaver-checks", NULL};

/* ---- new ---- */

typedef struct Making {
    Ledger *ledger;
    const TokenNew *token;
    char *secret;
    int64_t id;
} Making;

static bool is_name(const char *name)
{
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return g_ascii_isalpha(*name) && strlen(name) <= LONGEST_NAME &&
           strspn(name, others) == strlen(name);
}

static bool judge_scope(const char *scope, GError **error)
{
    g_auto(GStrv) words = g_strsplit(scope, " ", -1);

    for (char **word = words; *word; word++)
        if (!g_strv_contains(token_scopes, *word))
            return change_refuse(error,
                                 "'%s' is no scope of a token; there is: %s. No token was "
                                 "made.",
                                 *word, token_scopes[0]);
    return *words ||
           change_refuse(error, "a token needs a scope: %s. No token was made.", token_scopes[0]);
}

static bool judge(const TokenNew *token, GError **error)
{
    if (!is_name(token->name))
        return change_refuse(error,
                             "a token's name is a letter and then at most %d letters, "
                             "digits, '.', '_' or '-'. No token was made.",
                             LONGEST_NAME - 1);
    if (token->expires_utc <= token->at_utc)
        return change_refuse(error, "that token would have expired already. No token was made.");
    if (token->expires_utc - token->at_utc > LONGEST_LIFE)
        return change_refuse(error, "a token lives for two years at most. No token was made.");
    return judge_scope(token->scope, error);
}

/* 0: there is none of that name that can be used. */
static bool find_valid(Store *store, const char *name, int64_t at_utc, int64_t *ret_id,
                       GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store,
                      "SELECT id FROM api_token WHERE name = $1 AND revoked IS NULL"
                      " AND expires > $2 ORDER BY id DESC",
                      error);
    if (!row)
        return false;
    statement_bind(row, text_value(name), integer_value(at_utc));
    StoreStep step = statement_step(row, error);
    *ret_id = step == STORE_ROW ? statement_integer(row, 0) : 0;
    return step != STORE_FAILED;
}

static bool insert(Making *making, GError **error)
{
    const TokenNew *token = making->token;
    g_autofree char *hash = digest_text(making->secret, strlen(making->secret));
    g_autoptr(Statement) write =
        store_prepare(making->ledger->store,
                      "INSERT INTO api_token (id, hash, name, scope, made, made_by, expires)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      error);
    if (!write)
        return false;
    statement_bind(write, integer_value(making->id), text_value(hash), text_value(token->name),
                   text_value(token->scope), integer_value(token->at_utc), text_value(token->actor),
                   integer_value(token->expires_utc));
    return statement_run(write, error);
}

static bool write_audit(Store *store, const ChangeMade *made, const char *scope, int64_t expires,
                        GError **error)
{
    json_t *detail = json_object();

    if (scope) {
        json_object_set_new(detail, "scope", json_string(scope));
        json_object_set_new(detail, "expires", json_time(expires));
    }
    return change_audit(store, made, detail, error);
}

static bool make(void *data, GError **error)
{
    Making *making = data;
    const TokenNew *token = making->token;
    Store *store = making->ledger->store;
    g_autofree char *object = g_strdup_printf("token %s", token->name);
    int64_t other = 0;

    if (!find_valid(store, token->name, token->at_utc, &other, error))
        return false;
    if (other)
        return change_refuse(error,
                             "there is a token '%s' already that can be used: 'rightful "
                             "token revoke %s' first, or take another name. No token was "
                             "made.",
                             token->name, token->name);
    return store_query_integer(store, "SELECT COALESCE(max(id), 0) + 1 FROM api_token", &making->id,
                               error) &&
           insert(making, error) &&
           write_audit(store, &(ChangeMade){token->actor, "token made", object, token->at_utc},
                       token->scope, token->expires_utc, error);
}

typedef struct Wanted {
    int64_t id;
    json_t *row;
} Wanted;

static bool keep_one(json_t *row, void *data)
{
    Wanted *wanted = data;

    if (json_integer_value(json_object_get(row, "id")) == wanted->id)
        wanted->row = json_incref(row);
    return wanted->row == NULL;
}

bool ledger_token_new(Ledger *ledger, const TokenNew *token, char **ret_token, json_t **ret_row,
                      GError **error)
{
    g_autofree char *secret = token_new();
    Making making = {.ledger = ledger, .token = token, .secret = secret};

    if (!judge(token, error) ||
        !store_transaction(ledger->store, STORE_WRITING, make, &making, error))
        return false;
    Wanted wanted = {.id = making.id};
    if (!ledger_tokens(ledger, token->at_utc, keep_one, &wanted, error))
        return false;
    *ret_row = wanted.row;
    *ret_token = g_steal_pointer(&secret);
    return true;
}

/* ---- taken back ---- */

typedef struct Revoking {
    Store *store;
    const char *name_or_id, *actor;
    int64_t at_utc;
} Revoking;

static bool find_any(const Revoking *revoking, int64_t *ret_id, GError **error)
{
    gint64 id = 0;

    if (g_ascii_string_to_signed(revoking->name_or_id, 10, 1, G_MAXINT64, &id, NULL)) {
        *ret_id = id;
        return true;
    }
    if (!find_valid(revoking->store, revoking->name_or_id, revoking->at_utc, ret_id, error))
        return false;
    if (*ret_id)
        return true;
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                "there is no token '%s' that can be used; 'rightful token list' shows them all. "
                "Nothing was changed.",
                revoking->name_or_id);
    return false;
}

static bool take_back(void *data, GError **error)
{
    const Revoking *revoking = data;
    int64_t id = 0;

    if (!find_any(revoking, &id, error))
        return false;
    g_autoptr(Statement) row =
        store_prepare(revoking->store, "SELECT name, revoked FROM api_token WHERE id = $1", error);
    if (!row)
        return false;
    statement_bind(row, integer_value(id));
    StoreStep step = statement_step(row, error);
    if (step == STORE_DONE)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                    "there is no token %s; 'rightful token list' shows them all. Nothing was "
                    "changed.",
                    revoking->name_or_id);
    if (step != STORE_ROW)
        return false;
    g_autofree char *object = g_strdup_printf("token %s", statement_text(row, 0));
    if (statement_integer(row, 1) != 0)
        return change_refuse(error, "that token was taken back already; nothing was changed");
    statement_reset(row);
    g_autoptr(Statement) update =
        store_prepare(revoking->store, "UPDATE api_token SET revoked = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(id), integer_value(revoking->at_utc));
    return statement_run(update, error) &&
           write_audit(revoking->store,
                       &(ChangeMade){revoking->actor, "token revoked", object, revoking->at_utc},
                       NULL, 0, error);
}

bool ledger_token_revoke(Ledger *ledger, const char *name_or_id, const char *actor, int64_t at_utc,
                         GError **error)
{
    Revoking revoking = {ledger->store, name_or_id, actor, at_utc};

    return store_transaction(ledger->store, STORE_WRITING, take_back, &revoking, error);
}
