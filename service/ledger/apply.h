/* apply.h: the pieces of a run's transaction beside the merge. All run inside it. */
#pragma once

#include "ledger/merge.h"

typedef struct RunRecord {
    const LedgerRun *run; /* with its id */
    const LedgerCounts *counts;
    const Tally *tally;         /* after the run */
    const FindingSet *findings; /* NULL when nothing was merged */
} RunRecord;

bool run_next_id(Store *store, int64_t *ret_id, GError **error);
/* The run's row, its sources, and its audit rows. */
bool run_write(Store *store, Audit *audit, const RunRecord *record, GError **error);
/* What the run made of the manual links: writes what changed. */
bool link_states_write(Store *store, Audit *audit, const LedgerApply *apply, const LedgerRun *run,
                       GError **error);
/* What the guards of the next run compare with: only what changed is written, and the numbers of
 * each source. */
bool baseline_write(Store *store, const LedgerApply *apply, const LedgerRun *run, GError **error);
