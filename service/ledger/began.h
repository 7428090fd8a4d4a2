/* began.h: between which two runs an exception began.
 *
 * What no directory recorded lies between the last run that judged the control and the source and
 * did not report it, and the run that did. That is an interval of the report: whether it is also
 * the time of the change depends on the control, and the words do not claim it. */
#pragma once

#include "ledger/ledger_private.h"

/* {"is", "not_reported_at", "not_reported_by_run", "reported_at", "reported_by_run"}: of its last
 * relapse where it came back, up to at_run (0 = now). New reference; NULL on failure. */
json_t *began_json(Store *store, int64_t exception, int64_t at_run, GError **error);
