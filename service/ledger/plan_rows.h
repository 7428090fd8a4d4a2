/* plan_rows.h: the exceptions that a plan looks at: those that are not resolved and of which the
 * findings of tonight may tell something else than the ledger does.
 *
 * Exceptions lie in buckets (digests.h). A bucket that is tonight what it was, with no waiver and
 * no rule in it, needs no look: every exception of it was found, with the same facts. All are read
 * where most buckets changed, and where something was not found that could not be judged: what a
 * run leaves alone is summed up over all that it found. */
#pragma once

#include "ledger/coverage.h"
#include "ledger/digests.h"
#include "ledger/plan.h"

typedef struct PlanRow {
    Gone row;
    DigestRow is; /* in the ledger */
} PlanRow;

typedef struct PlanRows {
    const FindingSet *set;
    const uint8_t *change;    /* per finding: CHANGE_REPEATED or anything else */
    const Coverage *coverage; /* of set */
    bool (*is_found)(void *data, const uint8_t *identity);
    void (*visit)(void *data, const PlanRow *row); /* by id */
    void *data;
    /* Of plan_rows_begin(): */
    Digests before, tonight; /* before.sums NULL: nothing is known, all are read */
    Tally *tally;            /* of before */
    bool is_tally_current;
    uint8_t *unread; /* per bucket: not to be looked at; NULL: all are read */
} PlanRows;

void plan_rows_clear(PlanRows *rows);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanRows, plan_rows_clear)

/* Compares. */
bool plan_rows_begin(PlanRows *rows, Store *store, GError **error);
/* Visits what has to be looked at; rows->unread becomes NULL when that is all. */
bool plan_rows_read(PlanRows *rows, Store *store, GError **error);
/* What the ledger is after the merge: the findings, and what was left alone (element-type
 * DigestRow). */
void plan_rows_end(PlanRows *rows, const GArray *left, Digests *ret_after, bool *ret_is_kept);
/* Is the exception that the finding is known to be what it was? */
bool plan_rows_is_unread(const PlanRows *rows, const uint8_t *identity);
