/* night.h: what a run does for reviews that were started: it proves what was carried out, and keeps
 * open items with people who may decide them. */
#pragma once

#include "ledger/review_tasks.h"
#include "run/pipeline.h"

/* After the merge, in a transaction of its own that may be repeated. Rights of sources that were
 * not whole are left as they are. */
bool review_night(Ledger *ledger, const Reconciliation *reconciliation, const LedgerRun *run,
                  ReviewNightCounts *ret_counts, GError **error);
