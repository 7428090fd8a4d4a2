/* past.h: the ledger as it was, and what changed between two runs.
 *
 * Like ledger.h for whoever reads: no SQL is seen here. What exceptions were is told by the audit
 * rows. */
#pragma once

#include "ledger/ledger.h"

/* The newest merged run that judged by an instant not after utc; *ret_run 0 = there is none. */
bool ledger_run_at(Ledger *ledger, int64_t utc, int64_t *ret_run, int64_t *ret_as_of_utc,
                   GError **error);

/* What became of exceptions between the state after one run and that after another, each as
 * {"run", "change", "kind": "exception", "source", "name", "key", "object", "field", "before",
 * "after", "control", "summary"}, by id, status before severity. from may be the later run: then
 * changes are told backwards. What was undone in between is no change.
 * LEDGER_ERROR_NOT_FOUND when there is no such run. */
bool ledger_diff_exceptions(Ledger *ledger, int64_t from, int64_t to, LedgerVisit visit, void *data,
                            GError **error);
