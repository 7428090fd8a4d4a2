/* tokens.h: bearer tokens of programs. A token is 256 random bits and shown once, when it is made;
 * the ledger has its SHA-256 alone, so whoever reads the ledger can use none. Every token has an
 * end and a scope, and can be taken back at any time. Making one and taking one back are audited;
 * of uses the last one is kept, to the minute. */
#pragma once

#include "ledger/ledger.h"

/* What a token may be for, NULL-terminated: "leaver-checks". */
extern const char *const token_scopes[];

typedef struct TokenNew {
    const char *name;    /* a letter, then letters, digits, '.', '_', '-'; at most 64 */
    const char *scope;   /* of token_scopes; several are separated by one space */
    int64_t expires_utc; /* ahead, and at most two years */
    const char *actor;
    int64_t at_utc;
} TokenNew;

/* One transaction. LEDGER_ERROR_REFUSED with why, also while another token of the name can be used.
 * *ret_token: the one time that it is seen. *ret_row: as ledger_tokens() gives it. */
bool ledger_token_new(Ledger *ledger, const TokenNew *token, char **ret_token, json_t **ret_row,
                      GError **error);

/* {"id": 3, "name", "scope": [ … ], "status": "valid" | "expired" | "revoked", "made", "made_by",
 * "expires", "used", "revoked"}, newest first; status as at. */
bool ledger_tokens(Ledger *ledger, int64_t at_utc, LedgerVisit visit, void *data, GError **error);

/* By name (the one that can be used) or id. LEDGER_ERROR_NOT_FOUND, LEDGER_ERROR_REFUSED when it
 * was taken back already. */
bool ledger_token_revoke(Ledger *ledger, const char *name_or_id, const char *actor, int64_t at_utc,
                         GError **error);

/* Worst first: a token that is several of these is the first. */
typedef enum TokenVerdict {
    TOKEN_UNKNOWN,
    TOKEN_REVOKED,
    TOKEN_EXPIRED,
    TOKEN_OUT_OF_SCOPE,
    TOKEN_VALID
} TokenVerdict;

typedef struct TokenChecked {
    TokenVerdict verdict;
    int64_t id; /* 0 for TOKEN_UNKNOWN */
    char *name; /* owned; NULL for TOKEN_UNKNOWN. For audit rows: "token NAME" */
} TokenChecked;
void token_checked_clear(TokenChecked *checked);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TokenChecked, token_checked_clear)

/* May whoever shows this token do what the scope allows, now? The answer takes as long wherever a
 * wrong token differs from a right one: hashes are looked up and compared. What is no token at all
 * (NULL, too long, any bytes) is TOKEN_UNKNOWN. Whoever asked is told nothing but yes or no. */
bool ledger_token_check(Ledger *ledger, const char *token, const char *scope, int64_t at_utc,
                        TokenChecked *ret_checked, GError **error);
