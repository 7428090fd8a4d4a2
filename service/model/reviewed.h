/* reviewed.h: what reviews decided, and what became of it, for the controls that judge them.
 *
 * Filled from the ledger before anything is judged; plain data. Times are UTC seconds. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* All rights into the group were decided. */
typedef struct ReviewedGroup {
    char *source, *key;
    char *review; /* "RV-000001" */
    int64_t at_utc;
} ReviewedGroup;

/* A right that is to be taken away, by the newest decision about it. */
typedef struct ReviewedTask {
    char *source, *account_key, *group_source, *group_key;
    char *review, *decision, *reason;
    char *decided_by_id, *decided_by; /* HR id, name */
    int64_t item, decided_utc, due_from_utc;
    int64_t verified_run, verified_utc; /* TIME_UNKNOWN and 0: not yet */
    int64_t returned_utc;               /* TIME_UNKNOWN: it is gone, or was never */
} ReviewedTask;

/* One reviewer in one review: what is open of theirs, and what they signed. */
typedef struct ReviewedReviewer {
    char *key, *name; /* "RV-000001/00123", "Privileged rights: Lena Wong" */
    char *review, *title;
    char *reviewer_id, *reviewer; /* HR id ("" = nobody) and name */
    int64_t due_utc;
    int64_t n_open, n_items;  /* now theirs, in a review that is open; 0 otherwise */
    guint first, n_decisions; /* of Reviewed.decisions */
} ReviewedReviewer;

/* A signed decision that no newer one about the same right has taken the place of. */
typedef struct ReviewedDecision {
    char *review, *title;
    char *reviewer_id, *reviewer;
    char *account_source, *account_key, *account_name, *group_source, *group_key, *group_name;
    char **holders; /* HR ids of everybody the account is, or could be, linked to */
    int64_t item, decided_utc /* drafted */, signed_utc;
    int32_t seconds; /* that the item was looked at; -1 = not known */
    char *decision;
    char *approver; /* of the approval that the item showed, as it was written; NULL */
} ReviewedDecision;

typedef struct Reviewed {
    GArray *groups;    /* (element-type ReviewedGroup) by source, key */
    GArray *tasks;     /* (element-type ReviewedTask) by review, item */
    GArray *reviewers; /* (element-type ReviewedReviewer) by key */
    GArray *decisions; /* (element-type ReviewedDecision) by review,
                          reviewer, item */
} Reviewed;

Reviewed *reviewed_new(void);
void reviewed_free(Reviewed *reviewed); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reviewed, reviewed_free)

/* NULL when there is none. Cost: O(log n). */
const ReviewedGroup *reviewed_group(const Reviewed *reviewed, const char *source, const char *key);
