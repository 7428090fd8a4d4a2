/* sessions.h: who is signed in to the web, and what the web did that changed nothing.
 *
 * A session is the hash of its cookie: whoever reads the ledger cannot take one over. Starting and
 * ending one are audited in the same transaction; that it was used is not. */
#pragma once

#include "ledger/ledger.h"

typedef struct LedgerSession {
    char *hash; /* of the cookie */
    int64_t id; /* to name it on a page */
    char *login;
    char *who;  /* JSON: what the worker said of them */
    char *csrf; /* token of its forms */
    char *address, *agent;
    int64_t started_utc, seen_utc;
} LedgerSession;

void ledger_session_clear(LedgerSession *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LedgerSession, ledger_session_clear)

/* Gives it its id. Sessions that were last seen before forget_before_utc are forgotten with it. */
bool ledger_session_start(Ledger *ledger, LedgerSession *session, int64_t forget_before_utc,
                          GError **error);
/* Only one that has not ended; *ret_session stays empty (hash NULL) when there is none. One look
 * into an index. */
bool ledger_session_find(Ledger *ledger, const char *hash, LedgerSession *ret_session,
                         GError **error);
/* It was used; who NULL = as before. */
bool ledger_session_seen(Ledger *ledger, const char *hash, int64_t seen_utc, const char *who,
                         GError **error);
/* Ends one of login's; why: "signed out", "session revoked". *ret_ended false: there is none of
 * that number that is theirs. */
bool ledger_session_end(Ledger *ledger, const char *login, int64_t id, const char *why,
                        int64_t at_utc, bool *ret_ended, GError **error);
/* {"id", "started", "seen", "address", "agent"}, those that have not ended and were seen since, the
 * newest first. */
bool ledger_sessions(Ledger *ledger, const char *login, int64_t since_utc, LedgerVisit visit,
                     void *data, GError **error);

/* An audit row alone: a denial, an export that was read. detail is taken; NULL = none. */
typedef struct LedgerUse {
    const char *actor, *action, *object;
    int64_t at_utc;
    json_t *detail;
} LedgerUse;
bool ledger_note_use(Ledger *ledger, const LedgerUse *use, GError **error);
