/* merge.h: writes what a plan says: exceptions, their words, their audit rows, what was left alone.
 */
#pragma once

#include "ledger/audit.h"
#include "ledger/plan.h"
#include "ledger/seen.h"

typedef struct MergeRun {
    const LedgerRun *run; /* its row is written */
    const int64_t *due_seconds;
    Audit *audit;
    Seen *seen; /* of before this run */
} MergeRun;

/* Inside the run's transaction. Findings are described in the order of their set, each at most
 * once. */
bool merge_write(Store *store, const Plan *plan, const MergeRun *merge, GError **error);
