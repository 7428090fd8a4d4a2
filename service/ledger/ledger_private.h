/* ledger_private.h: what the files of the ledger share beside the store. */
#pragma once

#include "ledger/store.h"

#include "base/times.h"

#include <jansson.h>

struct Ledger {
    Store *store;
    char *url;
    char *reason; /* of a run that the resolve guard held; LedgerRun.reason points to it */
    json_t *(*references)(const char *control);
    struct Tally *tally; /* after the last merge; NULL when it was handed out */
    uint64_t tally_of;   /* Store.n_writes then: it is good while nothing was written since */
    struct Kept *kept;   /* what was counted and still holds */
};

typedef enum Status {
    STATUS_OPEN,
    STATUS_ASSIGNED,
    STATUS_ACCEPTED,
    STATUS_FALSE_POSITIVE,
    STATUS_RESOLVED,
    N_STATUSES
} Status;
extern const char *const ledger_statuses[]; /* "open", …, NULL */
Status ledger_status(const char *text);     /* STATUS_OPEN for what is none */

/* "EX-000042"; newly allocated. */
char *exception_name(int64_t id);
/* 0 when text is neither "EX-000042" nor "42". */
int64_t exception_id(const char *text);

/* Times as text, null for what is no time. */
json_t *json_time(int64_t utc);
/* New reference to text as JSON, or to what stands for it when it is NULL or broken. */
json_t *json_from_text(const char *text, json_t *otherwise);
/* Compact JSON text, or otherwise when json is NULL; newly allocated. */
char *json_to_text(const json_t *json, const char *otherwise);
