/* reviews.h: access reviews: campaigns over frozen rights. Starting and reading; what reviewers do
 * is review_decisions.h.
 *
 * A campaign is written whole in one transaction and its population never changes: `population` is
 * the SHA-256 of its items as they stand in the table, in their order, each as its place, source,
 * account_key, account_name, group_source, group_key, group_name, person_id, is_single and facts,
 * every one written as "length:text,". What moves (reviewer, stage, drafts, holders) is not part of
 * it. Cost: O(items) for starting; reading one campaign's head counts its items. */
#pragma once

#include "ledger/ledger.h"

/* Texts are borrowed; none is NULL, "" where there is nothing. */
typedef struct ReviewItem {
    const char *source, *account_key, *account_name, *group_source, *group_key, *group_name;
    const char *person_id;      /* whose the account is for certain */
    json_t *facts;              /* borrowed; what the reviewer is shown, docs/reviews.md */
    const char *facts_text;     /* the same as compact JSON text; facts is NULL then */
    bool is_single;             /* privileged, conflict or outlier: never decided in bulk */
    const char *const *holders; /* HR ids of everybody the account is, or could be, linked to, also
                                   ids that are the same person's; NULL-terminated */
    const char *reviewer;       /* HR id */
} ReviewItem;

typedef struct ReviewStart {
    const char *name, *title;
    json_t *scope;     /* what was asked for; borrowed */
    const char *owner; /* HR id */
    const char *actor;
    int64_t started_utc, as_of_utc, run /* 0 = by hand */, due_utc;
    json_t *proof; /* the sources it rests on; borrowed */
    const ReviewItem *items;
    size_t n_items; /* at least one */
} ReviewStart;

/* One transaction. LEDGER_ERROR_REFUSED while a campaign of the name is open. *ret_review as from
 * ledger_review(). */
bool ledger_review_start(Ledger *ledger, const ReviewStart *start, json_t **ret_review,
                         GError **error);

/* A campaign of the configuration that is due, and cannot start for no fault of the sources.
 * Written into the audit log ("review NAME", "not started") when it is something else than the last
 * time: *ret_is_new. */
typedef struct ReviewWait {
    const char *name;
    int32_t since;      /* the day on which it was due */
    const char *reason; /* a sentence */
    const char *actor;
    int64_t at_utc, run;
} ReviewWait;
bool ledger_review_wait(Ledger *ledger, const ReviewWait *wait, bool *ret_is_new, GError **error);

/* The newest campaign of the name; id 0 = there is none. */
typedef struct ReviewLast {
    int64_t id, started_utc, as_of_utc;
    bool is_open;
} ReviewLast;
bool ledger_review_last(Ledger *ledger, const char *name, ReviewLast *ret_last, GError **error);

typedef struct ReviewFilter {
    bool with_closed;
    const char *reviewer; /* HR id who has items in it; NULL = all */
    int64_t now_utc;      /* what is overdue */
} ReviewFilter;
/* Open ones first, by due time; closed ones newest first. Each:
 * {"id": "RV-000001", "name", "title", "status": "open" | "overdue" | "closed", "owner": {id,
 * name} | null, "started", "started_by", "as_of", "run", "due", "closed", "closed_by", "items",
 * "decided" (signed), "not_reviewed", "open" (the rest), "drafted" (part of open), "population":
 * "sha256:…", "scope": {…}, "forgotten": when its items were dropped by retention, the numbers are
 * kept, or null}. With a reviewer these numbers are about the items that are his, and "all_items"
 * counts everybody's. */
bool ledger_reviews(Ledger *ledger, const ReviewFilter *filter, LedgerVisit visit, void *data,
                    GError **error);
/* As above and "proof", "reviewers": [ {"id", "name", "items", "decided", "not_reviewed", "open",
 * "drafted"} ]. id: "RV-000001" or "1". NULL and no error when there is none. */
json_t *ledger_review(Ledger *ledger, const char *id, int64_t now_utc, GError **error);
/* All that happened to it and its items: [ {at, actor, change, text, run} ], oldest first. */
json_t *ledger_review_history(Ledger *ledger, const char *id, GError **error);
/* The last n of it, newest first, without drafts and holders of items, which are by far the most.
 * Cost: O(n). */
json_t *ledger_review_changes(Ledger *ledger, const char *id, int64_t n, GError **error);
/* 0 when text is neither "RV-000001" nor "1". */
int64_t ledger_review_id(const char *text);
/* "RV-000001"; newly allocated. */
char *ledger_review_name(int64_t id);

typedef struct ReviewItemFilter {
    const char *reviewer; /* HR id, "" = those of nobody; NULL = all */
    const char *state;    /* "undecided", "drafted", "signed", "not-reviewed", "open" (undecided or
                             drafted); NULL = all */
    int64_t first, limit; /* items from this number on, so many; 0 = from the first, all */
} ReviewItemFilter;
/* In their order. Each:
 * {"review": "RV-000001", "item": 12, "account": {source, key, name}, "group": {source, key, name},
 * "person": {id, name} | null, "reviewer": {id, name} | null, "stage", "version", "single",
 * "state": "undecided" | "drafted" | "signed" | "not-reviewed", "draft": {decision, until, reason,
 * by: {id, name}, at, bulk} | null, "decision": {as draft, and "stage", "signed", "sentence"} of
 * the item's stage | null, "earlier_stage": the same of the stage before | null, and the facts}. */
bool ledger_review_items(Ledger *ledger, const char *review, const ReviewItemFilter *filter,
                         LedgerVisit visit, void *data, GError **error);
/* As above and "moves": [ {at, actor, why, from: {id, name} | null, to, note} ], oldest first. NULL
 * and no error when there is none. */
json_t *ledger_review_item(Ledger *ledger, const char *review, int64_t item, GError **error);
