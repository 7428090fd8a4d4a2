/* hand_links.h: whose an account is where somebody said so, from the ledger to the correlation and
 * back. */
#pragma once

#include "ledger/ledger.h"
#include "run/pipeline.h"

#include <jansson.h>

typedef struct HandLinks {
    json_t *list;     /* as ledger_links() gives it */
    GArray *links;    /* (element-type ManualLink) in the same order */
    GPtrArray *texts; /* (element-type utf8) that they point to */
} HandLinks;

/* Of the ledger; NULL on failure. */
HandLinks *hand_links_read(Ledger *ledger, GError **error);
void hand_links_free(HandLinks *links); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HandLinks, hand_links_free)

/* links may be NULL. They must outlive the reconciliation's links. */
void hand_links_use(const HandLinks *links, Reconciliation *reconciliation);
/* What the reconciliation made of each of them: "in use", "the person has left" … NULL for one that
 * cannot be told, since its source or the roster was not read whole. (element-type LedgerLinkState)
 */
GArray *hand_links_states(const HandLinks *links, const Reconciliation *reconciliation);
/* Sentences about those that somebody should take back. (element-type utf8) */
GPtrArray *hand_links_warnings(const HandLinks *links, const Reconciliation *reconciliation);
