/* found.h: what the run found about the accounts of a population, by account.
 *
 * Findings as they were judged just now, and numbers of the ledger's open exceptions. Cost: one
 * pass over the findings and over what is open. */
#pragma once

#include "ledger/ledger.h"
#include "run/pipeline.h"

typedef struct Found Found;

/* ledger may be NULL. NULL on failure. */
Found *found_new(const Reconciliation *reconciliation, const Bitset *accounts, Ledger *ledger,
                 GError **error);
void found_free(Found *found); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Found, found_free)

/* The rule of segregation that the person breaks with this right among others; NULL. */
const char *found_conflict(const Found *found, uint32_t account, uint32_t group);
/* Hardly anybody of the same department and title holds it. */
bool found_outlier(const Found *found, uint32_t account, uint32_t group);
/* The strongest sentence against the right, of the controls that say that it should not be; newly
 * allocated, NULL when there is none. */
char *found_against(const Found *found, uint32_t account, uint32_t group);
/* ["EX-000042"]: open exceptions about the right, or about the account. */
json_t *found_exceptions(const Found *found, uint32_t account, uint32_t group);
