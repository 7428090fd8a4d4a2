/* change.h: what the changes of reviews have in common: who acts, on which review and items, and
 * whether they may. Private to the ledger. */
#pragma once

#include "ledger/changes.h"
#include "ledger/review_decisions.h"
#include "ledger/roster.h"

/* An item as it is now. */
typedef struct ReviewItemState {
    int64_t place;
    char *source, *account_key, *account_name, *group_source, *group_key, *group_name, *person_id;
    json_t *facts, *holders;
    bool is_single;
    char *reviewer; /* "" = nobody */
    int stage;
    int64_t version;
    char *outcome; /* NULL = none yet */
} ReviewItemState;

/* Columns of review_item i, for review_item_read(). */
#define REVIEW_ITEM_COLUMNS_WITH(facts)                                                            \
    "i.place, i.source, i.account_key, i.account_name, i.group_source, i.group_key, "              \
    "i.group_name, i.person_id, " facts ", i.is_single, i.holders, i.reviewer, i.stage, "          \
    "i.version, i.outcome"
#define REVIEW_ITEM_COLUMNS REVIEW_ITEM_COLUMNS_WITH("i.facts")
#define N_REVIEW_ITEM_COLUMNS 15
GPtrArray *review_items_new(void); /* (element-type ReviewItemState), owned */
ReviewItemState *review_item_read(Statement *row);

/* A review as it is now. */
typedef struct ReviewState {
    int64_t id;
    char *name, *owner;
    json_t *scope;
    char *closed_by; /* NULL = it is open */
    int64_t closed_utc;
} ReviewState;
void review_state_clear(ReviewState *review);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReviewState, review_state_clear)
/* LEDGER_ERROR_NOT_FOUND when there is none. text: "RV-000001" or "1". */
bool review_state_read(Store *store, const char *text, ReviewState *ret_review, GError **error);

typedef struct Kin Kin;
typedef struct ReviewChange ReviewChange;
struct ReviewChange {
    const ReviewActor *actor;
    const char *review; /* as given */
    const char *action; /* what was tried, in the audit row of a refusal */
    /* check() changes nothing; what it refuses is audited and nothing else happens. Else apply().
     */
    bool (*check)(ReviewChange *change, GError **error);
    bool (*apply)(ReviewChange *change, GError **error);
    /* Of the transaction: */
    Store *store;
    ReviewState state;
    Kin *kin;
    RosterPerson person; /* the actor */
    GPtrArray *items;    /* (element-type ReviewItemState) that check() found */
    GError *refusal;
};

/* check and apply in one transaction. The review must be there and open, and the actor somebody of
 * the roster who has not left. */
bool review_change_run(Ledger *ledger, ReviewChange *change, GError **error);
/* The sentence, with "Nothing was changed." behind it. Always false. */
bool review_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool review_conflict(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The audit row of what the actor changed in the review; takes detail. */
bool review_audit(const ReviewChange *change, const char *action, json_t *detail, GError **error);

/* Adds the items to change->items; LEDGER_ERROR_NOT_FOUND where there is none. */
bool review_items_find(ReviewChange *change, const int64_t *places, size_t n, GError **error);
/* "item 12 of RV-000001 (lwong in Domain Admins)"; newly allocated. */
char *review_item_shown(const ReviewChange *change, const ReviewItemState *item);
/* Is the actor the one who decides about the item, as it was seen (version; 0 = whatever it is)?
 * Refuses holders, other people, what is signed, what was changed meanwhile. */
bool review_may_decide(const ReviewChange *change, const ReviewItemState *item, int64_t version,
                       GError **error);
/* Refuses when the item's account is, or may be, the actor's. */
bool review_is_no_holder(const ReviewChange *change, const ReviewItemState *item, GError **error);
/* Who signed the first stage of the item; "" when nobody did. Newly allocated; NULL on failure. */
char *review_first_signer(Store *store, int64_t review, int64_t place, GError **error);

/* One step on the way of an item from reviewer to reviewer: its row, the item and its draft. */
typedef struct ReviewStep {
    int64_t review, at_utc;
    const char *actor; /* HR id, or "run 17" */
    const char *why, *receiver, *note;
    int stage; /* of the item from now on */
} ReviewStep;
bool review_step_write(Store *store, const ReviewItemState *item, const ReviewStep *step,
                       GError **error);
/* Whom the item falls back to: the campaign's fallback, else its owner, if they are here, no
 * holders, not the reviewer now, did not sign its first stage and did not send it away themselves;
 * "" = nobody. Newly allocated; NULL on failure. */
char *review_fallback(Store *store, Kin *kin, const ReviewState *review,
                      const ReviewItemState *item, GError **error);
/* May the person get the item: is here, no holder, did not sign its first stage. */
bool review_is_fit(Store *store, Kin *kin, const ReviewState *review, const ReviewItemState *item,
                   const char *person, bool *ret_is, GError **error);
/* The review is closed by login: what has no outcome is not-reviewed, groups are reviewed. Its
 * audit row is the caller's. */
bool review_close_now(Store *store, const ReviewState *review, const char *login, int64_t at_utc,
                      int64_t *ret_n_open, GError **error);
