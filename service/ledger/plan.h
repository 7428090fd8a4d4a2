/* plan.h: what merging a run would do, found out without writing anything.
 *
 * The findings' identities are sorted once and every exception that is not resolved is looked up
 * among them while it is read, so nothing of the ledger is kept in memory. Cost: O(n log n)
 * compares for n findings and one pass over the unresolved exceptions. */
#pragma once

#include "ledger/ledger_private.h"
#include "ledger/tally.h"

typedef enum Change {
    CHANGE_NEW,
    CHANGE_NONE,     /* still there, the same */
    CHANGE_FACTS,    /* still there, other words */
    CHANGE_SEVERITY, /* still there, other severity, perhaps other words */
    CHANGE_REOPEN,   /* was resolved */
    CHANGE_REPEATED  /* the same identity twice in one set: only the first counts */
} Change;

/* An exception that was not found and could have been: it is resolved. */
typedef struct Gone {
    int64_t id, found_run;
    const char *control, *source; /* interned */
    int severity;
    Status status;
} Gone;

/* What the run leaves alone: a row of the table unjudged. */
typedef struct LeftAlone {
    const char *control, *source; /* interned; source "" = all */
    int64_t exception;            /* 0 = all */
} LeftAlone;

typedef struct Plan {
    const FindingSet *set;
    int64_t *exception;    /* per finding: the exception it is; 0 = new */
    uint8_t *change;       /* per finding: Change */
    uint8_t *severity_was; /* per finding */
    GArray *gone;          /* (element-type Gone) */
    GArray *left_alone;    /* (element-type LeftAlone) */
    int64_t n_unresolved_before;
    int64_t greatest_id;
    Tally *tally; /* after the merge */
    LedgerCounts counts;
} Plan;

/* Inside a transaction of the caller. The set must outlive it. NULL on failure. */
Plan *plan_new(Store *store, const FindingSet *set, GError **error);
void plan_free(Plan *plan); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
