/* plan.h: what merging a run would do, found out without writing anything.
 *
 * The findings are put into a table by their identities, and every exception that is not resolved,
 * and may have changed (plan_rows.h), is looked up there while it is read. Cost: O(1) a finding,
 * and a row read for each of those exceptions; on a quiet night none. */
#pragma once

#include "ledger/digests.h"
#include "ledger/ledger_private.h"
#include "ledger/tally.h"
#include "ledger/waivers.h"

typedef enum Change {
    CHANGE_NEW,
    CHANGE_NONE,     /* still there, the same */
    CHANGE_FACTS,    /* still there, other words */
    CHANGE_SEVERITY, /* still there, other severity, perhaps other words */
    CHANGE_REOPEN,   /* was resolved */
    CHANGE_REPEATED  /* the same identity twice in one set: only the first counts */
} Change;

/* What becomes of the decision about an exception that is found. */
typedef enum Turn {
    TURN_NONE,
    TURN_LAPSED,   /* its waiver is over: open again */
    TURN_RULED,    /* a rule of the configuration accepts it now */
    TURN_REWORDED, /* as before, but the rule says something else now */
    TURN_UNRULED   /* the rule that accepted it is gone: open again */
} Turn;

/* An exception that was not found and could have been: it is resolved. */
typedef struct Gone {
    int64_t id, found_run;
    const char *control, *source; /* interned */
    int severity;
    Status status;
    bool has_waiver;
} Gone;

/* One that was left alone, and whose waiver is over all the same. */
typedef struct Lapsed {
    int64_t id;
    int severity;
} Lapsed;

/* What the run leaves alone: a row of the table unjudged. */
typedef struct LeftAlone {
    const char *control, *source; /* interned; source "" = all */
    int64_t exception;            /* 0 = all */
} LeftAlone;

typedef struct Plan {
    const FindingSet *set;
    int64_t *exception;    /* per finding: the exception it is; 0 = new, or not looked at */
    uint8_t *change;       /* per finding: Change */
    uint8_t *severity_was; /* per finding */
    uint8_t *turn;         /* per finding: Turn */
    GArray *gone;          /* (element-type Gone) */
    GArray *lapsed;        /* (element-type Lapsed) */
    GArray *left_alone;    /* (element-type LeftAlone) */
    int64_t n_unresolved_before;
    int64_t greatest_id;
    Tally *tally;          /* after the merge */
    Digests digests;       /* of what is not resolved after the merge */
    bool are_digests_kept; /* the store has them already, and the tally */
    LedgerCounts counts;
} Plan;

/* Inside a transaction of the caller. The set must outlive it. NULL on failure. */
Plan *plan_new(Store *store, const FindingSet *set, GError **error);
/* Does any decision change? */
bool plan_has_turns(const Plan *plan);
void plan_free(Plan *plan); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
