/* history_write.h: the versions of one night, what is there now, and what controls are told. Inside
 * the run's transaction. */
#pragma once

#include "ledger/history/recall.h"

bool history_write(Store *store, const LedgerRecall *recall, const LedgerRun *run, GError **error);
