/* turns.h: writes what a plan says about decisions: waivers that are over, rules of the
 * configuration that accept what was found, and those that do so no longer. */
#pragma once

#include "ledger/merge.h"

/* Inside the run's transaction, after the exceptions are written. A night without turns writes
 * nothing. */
bool turns_write(Store *store, const Plan *plan, const MergeRun *merge, GError **error);
