/* recall.h: the run meets the history: what there is now, as plain arrays, for the ledger to
 * compare with what was. */
#pragma once

#include "correlate/links.h"
#include "ledger/ledger.h"

typedef struct Reconciliation Reconciliation;

/* What LedgerPresent borrows. */
typedef struct Present {
    LedgerPresent present;
    char *rule_texts[LINK_RULE_MANUAL + 1]; /* NULL = no such rule */
    uint32_t *governed;
    size_t *first_holder;
    uint32_t *holders;
} Present;

void present_free(Present *present); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Present, present_free)

/* A stage of judging, behind govern: fills reconciliation->recall, or recall_error. Without a
 * ledger nothing is remembered. */
void recall_for_judging(Reconciliation *reconciliation);
