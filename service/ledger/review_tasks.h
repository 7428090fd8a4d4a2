/* review_tasks.h: what reviews decided is carried out by people and proven by runs.
 *
 * A task is open until a run that read its sources whole does not find the right: then it is
 * verified, with that run and its as-of time as the proof. A right that is found again is returned.
 * A later decision about the same right takes the place of an earlier one: its tasks are no work
 * any more ("superseded"). Runs say what they saw; nothing here looks at a directory. */
#pragma once

#include "ledger/ledger.h"

#include "model/reviewed.h"

/* By review and item, each: {"review", "item", "decision", "account": {source, key, name}, "dn",
 * "group": {source, key, name}, "group_dn", "person": {id, name} | null, "reason", "decided_by":
 * {id, name}, "decided", "due_from", "state": "open" | "later" (kept until a day that is ahead) |
 * "verified" | "returned" | "superseded", "verified": {run, as_of} | null, "returned": the same,
 * "path", "direct", "cuts" (of the facts)}. review: NULL = all; LEDGER_ERROR_NOT_FOUND when there
 * is none. only_open: open and returned ones. */
bool ledger_review_tasks(Ledger *ledger, const char *review, bool only_open, int64_t now_utc,
                         LedgerVisit visit, void *data, GError **error);

/* What a run saw of the right of a task. */
typedef struct ReviewSight {
    int64_t review, item;
    bool is_there;
} ReviewSight;
/* Whom an account of open items is, or may be, linked to tonight. */
typedef struct ReviewHolders {
    const char *source, *account_key;
    const char *const *holders; /* HR ids; NULL-terminated */
} ReviewHolders;
typedef struct ReviewNight {
    int64_t run, as_of_utc;
    int64_t at_utc; /* clock: of the audit rows */
    const char *actor;
    const ReviewSight *sights; /* of rights whose sources were whole; others are left as they are */
    size_t n_sights;
    const ReviewHolders *holders;
    size_t n_holders;
} ReviewNight;
typedef struct ReviewNightCounts {
    int64_t n_verified, n_returned, n_moved;
} ReviewNightCounts;
/* One transaction: tasks are verified or returned; holders are added to open items; items of
 * reviewers who have left, who may hold the account, or who are nobody go to the fallback. May be
 * repeated for the same run. */
bool ledger_review_night(Ledger *ledger, const ReviewNight *night, ReviewNightCounts *ret_counts,
                         GError **error);

/* Accounts of the open items of open reviews, each once: (source, key) pairs, for ReviewHolders. */
typedef bool (*ReviewAccountVisit)(const char *source, const char *key, void *data);
bool ledger_review_open_accounts(Ledger *ledger, ReviewAccountVisit visit, void *data,
                                 GError **error);

/* What the controls about reviews judge by. NULL on failure. Cost: O(rights with a decision). */
Reviewed *ledger_reviewed(Ledger *ledger, GError **error);
