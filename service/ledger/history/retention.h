/* retention.h: what the ledger forgets, and when. Private to the ledger; ledger_retain() in past.h.
 *
 * Nothing is forgotten unless the configuration says so. Names are replaced by pseudonyms, so that
 * histories stay joinable and exceptions explainable; audit rows are never touched. */
#pragma once

#include "ledger/audit.h"
#include "ledger/ledger_private.h"
#include "ledger/history/past.h"
#include "ledger/history/pseudonym.h"

#define RETENTION_DAY INT64_C(86400)

typedef struct Retaining {
    Store *store;
    const LedgerRetention *retention;
    int64_t run, as_of_utc;
    const char *actor;
    Audit *audit;
    int64_t n_people, n_accounts, n_versions, n_exceptions, n_runs, n_reviews, n_history, n_traffic;
} Retaining;

/* action: "pseudonymised", "forgotten". Steals detail. */
bool retaining_audit(const Retaining *retaining, const char *action, const char *object,
                     json_t *detail, GError **error);
bool retaining_forget_people(Retaining *retaining, GError **error);   /* retention_people.c */
bool retaining_forget_reviews(Retaining *retaining, GError **error);  /* retention_reviews.c */
bool retaining_forget_versions(Retaining *retaining, GError **error); /* retention_versions.c */
bool retaining_forget_traffic(Retaining *retaining, GError **error);  /* retention_traffic.c */

/* Somebody who is to be forgotten. */
typedef struct Leaver {
    char *id, *pseudonym;
    bool is_held; /* something still needs the name: an account that is there, an open exception */
} Leaver;

/* An account of one of them. */
typedef struct LeaverAccount {
    char *pseudonym;
    Leaver *leaver;
    bool is_there;     /* in the newest version */
    GHashTable *texts; /* names, addresses and DNs that it had */
} LeaverAccount;

typedef struct Forgetting {
    Store *store;
    Pseudonyms *pseudonyms;
    GHashTable *leavers;  /* id → Leaver */
    GHashTable *accounts; /* "source\x1fkey" → LeaverAccount */
    GPtrArray *sources;   /* (element-type utf8) that have a history */
    const char *source;   /* that is read now */
    int64_t n_versions, n_exceptions;
} Forgetting;

LeaverAccount *forgetting_account(const Forgetting *forgetting, const char *source,
                                  const char *key); /* NULL: nobody's who is to be forgotten */

/* retention_history.c: whose accounts are still there; then what they and their people were called
 * is in pseudonyms. */
bool forgetting_find_accounts(Forgetting *forgetting, GError **error);
bool forgetting_learn_people(Forgetting *forgetting, GError **error);
bool forgetting_rewrite_history(Forgetting *forgetting, GError **error);

/* retention_cases.c: a case that is open needs the name; of the others what they say is rewritten,
 * after the pseudonyms of the leaver and of his accounts are known. */
bool forgetting_hold_open_cases(const Forgetting *forgetting, GError **error);
bool forgetting_rewrite_case(const Forgetting *forgetting, const Leaver *leaver, GError **error);
