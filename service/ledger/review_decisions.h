/* review_decisions.h: what people decide about the items of a review, and what becomes of it.
 *
 * Every rule of a review is kept here, in the transaction of the change: nobody decides about an
 * account that is, or may be, theirs; only the reviewer of an item decides about it; who saw an
 * older version of it is told who changed it and when; what is signed never changes. A refusal is
 * LEDGER_ERROR_REFUSED, a lost race LEDGER_ERROR_CONFLICT, each in a sentence, and is audited as a
 * change is. Writers exclude each other, so of any number who decide at once exactly one wins.
 *
 * Of the scope that ledger_review_start() stored these are read: "fallback" (HR id, may be absent),
 * "second_stage" (anything but null and false: what is signed goes to a second reviewer, whose HR
 * id stands in the item's facts as "second"; absent or unfit: the fallback), "whole_groups" (true:
 * the items of a group are all rights into it, so deciding them reviews the group). Of the facts:
 * "risk" ("privileged"), "advice", "cut". */
#pragma once

#include "ledger/ledger.h"

typedef struct ReviewActor {
    const char *login;
    const char *person; /* HR id; never "" */
    int64_t at_utc;     /* clock: people act in real time */
    GTimeZone *zone;    /* the organisation's: whose today it is, and when a day ends */
    bool has_role;      /* acts as owner of every campaign: may reassign */
} ReviewActor;

typedef struct ReviewDraft {
    const char *review; /* "RV-000001" or "1" */
    int64_t item;
    int64_t version;      /* that was seen; 0 = whatever it is */
    const char *decision; /* "keep", "remove", "reduce", "keep-until" */
    int32_t until;        /* of keep-until: the last day; DAY_NONE otherwise */
    const char *reason;   /* "" = none */
    bool is_bulk;
    int32_t seconds; /* that the item was looked at; -1 = not known */
} ReviewDraft;

/* All of one review, or none of them. A draft that is there already, word for word, by the same
 * person, is no change and no conflict: a request may be repeated. Refused: an item that is not the
 * actor's to decide, or about an account of theirs; a bulk that holds items which must be decided
 * one by one (the sentence names them); no reason where one is needed (against the advice,
 * privileged, in bulk, to keep until a day, to reduce); a day that is not after today, or more than
 * 400 days ahead. */
bool ledger_review_draft(Ledger *ledger, const ReviewActor *actor, const ReviewDraft *drafts,
                         size_t n_drafts, GError **error);
/* Takes the draft back; version as above. */
bool ledger_review_undraft(Ledger *ledger, const ReviewActor *actor, const char *review,
                           int64_t item, int64_t version, GError **error);
/* All drafts of that person in that review, under one sentence. Where the review has a second
 * stage, the items go on to their second reviewer, who is somebody else; otherwise, and after that
 * stage, they are decided, and what is to be carried out becomes a task. The last decision closes
 * the review. */
bool ledger_review_sign(Ledger *ledger, const ReviewActor *actor, const char *review,
                        const char *sentence, int64_t *ret_n, GError **error);

/* why: "delegated" (by the reviewer; receiver and note needed), "not-mine" (receiver NULL: the
 * fallback), "dont-know" (always the fallback), "reassigned" (by the owner of the campaign, or who
 * has the role). All items or none. Whoever is a holder of the account chooses nobody who decides
 * about it: they can only let it fall back. Drafts of the items go. */
bool ledger_review_move(Ledger *ledger, const ReviewActor *actor, const char *review,
                        const int64_t *items, size_t n_items, const char *why, const char *receiver,
                        const char *note, GError **error);
/* What is not signed then is "not-reviewed", never approved. reason: NULL = none; the audit log
 * keeps it. Who may is the caller's to know. */
bool ledger_review_close(Ledger *ledger, const char *login, int64_t at_utc, const char *review,
                         const char *reason, GError **error);

/* HR id of whoever has that login name as username in the last applied roster and has not left; ""
 * = nobody. Newly allocated; NULL on failure, LEDGER_ERROR_REFUSED when several have it. */
char *ledger_review_person(Ledger *ledger, const char *login, GError **error);

/* How reviewers went about it, as facts: {"review", "reviewers": n, "decisions", "timed",
 * "median_seconds" | null, "bulk_percent", "keep_percent", "drafts_changed"} over all of them; with
 * by_reviewer also "by_reviewer": [ {"reviewer": {id, name}, …the same…} ] by id. What is signed
 * counts, of both stages. NULL and no error when there is no such review. */
json_t *ledger_review_telemetry(Ledger *ledger, const char *review, bool by_reviewer,
                                GError **error);
