/* jobs.h: what the web asks the worker to do: a row for each, taken in their order, kept with its
 * result. A job that was begun and not finished is taken up again: everything that a job does may
 * be done twice. */
#pragma once

#include "ledger/ledger.h"

typedef struct JobAsked {
    const char *kind;       /* "run", "leaver-check", "review-start", "review-remind" */
    const json_t *argument; /* an object */
    const char *actor;      /* login name of who asks */
    int64_t at_utc;         /* clock */
} JobAsked;

/* With its audit row. */
bool ledger_job_add(Ledger *ledger, const JobAsked *asked, int64_t *ret_id, GError **error);
/* The oldest that is not finished, from now on begun: as ledger_job() gives it. *ret_job NULL: no
 * job waits. */
bool ledger_job_take(Ledger *ledger, int64_t at_utc, json_t **ret_job, GError **error);
/* Is there one that is not finished? */
bool ledger_job_waits(Ledger *ledger, bool *ret_waits, GError **error);
/* result: an object, kept as it is. With its audit row. */
bool ledger_job_finish(Ledger *ledger, int64_t id, const json_t *result, int64_t at_utc,
                       GError **error);
/* {"job": 12, "kind", "argument": {…}, "actor", "asked", "started", "finished", "status": "waiting"
 * | "working" | "done" | "failed", "result": {…} or null}; failed: its result has an "error". NULL
 * and no error when there is none. */
json_t *ledger_job(Ledger *ledger, int64_t id, GError **error);
