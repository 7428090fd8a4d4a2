/* population.h: which rights a campaign is about.
 *
 * Rights into governed groups, each for the group nearest to the account (rulings); of one owner's
 * groups also those that nobody else governs. Every account but computers: a right of a disabled
 * account is a right. Cost: one walk of every group in question. */
#pragma once

#include "review/campaign.h"
#include "run/pipeline.h"

typedef struct PopulationRow {
    uint32_t account, group;
    GArray *hops; /* (element-type Hop) the shortest way, first hop first */
} PopulationRow;

typedef struct Population {
    GArray *rows;    /* (element-type PopulationRow) by person or account, then group */
    GPtrArray *said; /* (element-type utf8) sentences on what was left out */
} Population;

/* Of a reconciliation that was judged. NULL when what the campaign speaks of is not there. */
Population *population_new(const Reconciliation *reconciliation, const Campaign *campaign,
                           GError **error);
void population_free(Population *population); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Population, population_free)

/* The one person whom a text of the configuration means, as the row that speaks for them; NONE. */
uint32_t population_person(const Reconciliation *reconciliation, const char *text);
/* Whom the roster gives as the person's manager, as the row that speaks for them; NONE. */
uint32_t population_manager(const Reconciliation *reconciliation, uint32_t person);
/* Groups that an asset gives access to. (element-type guint32) */
GArray *population_access_groups(const Snapshot *snapshot, uint32_t asset);
