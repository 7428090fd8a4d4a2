/* start.h: campaigns come to be: a population, frozen with everything a reviewer is told.
 *
 * From what a run has read, or from a reading of their own; only where every source that they rest
 * on is whole and fresh. Each is one transaction. */
#pragma once

#include "ledger/ledger.h"
#include "review/campaign.h"
#include "run/pipeline.h"

#include <jansson.h>

typedef struct ReviewStarting {
    Ledger *ledger;                       /* open for writing */
    const Reconciliation *reconciliation; /* judged */
    const char *actor;
    int64_t run; /* 0 = by hand */
} ReviewStarting;

typedef enum ReviewStarted {
    REVIEW_STARTED,
    REVIEW_REFUSED, /* a source is not whole: *ret_why says which */
    REVIEW_EMPTY,   /* nothing to decide: *ret_why says so */
    REVIEW_FAILED   /* error is set */
} ReviewStarted;

/* *ret_review as from ledger_review(); *ret_why a sentence, newly allocated, NULL where it is not
 * needed; said: sentences on what was left out are appended (element-type utf8). */
ReviewStarted review_start(const ReviewStarting *starting, const Campaign *campaign,
                           json_t **ret_review, char **ret_why, GPtrArray *said, GError **error);

/* All that are due. {"started": [ids], "waiting": [ {"name", "since", "reason", "new"} ]}; new:
 * false = an earlier run said the same. Sentences are appended to said. NULL on failure: those that
 * were started before it are. */
json_t *review_start_due(const ReviewStarting *starting, GPtrArray *said, GError **error);
