/* item.h: everything that a reviewer is told of one right. docs/reviews.md lists the members. */
#pragma once

#include "model/times.h"
#include "run/reviews/chooser.h"
#include "run/reviews/found.h"
#include "run/reviews/population.h"

#include <jansson.h>

typedef struct ItemMaking {
    const Reconciliation *r;
    const Campaign *campaign;
    const Found *found;
    Chooser *chooser;
    const Times *times;  /* when memberships were granted, as far as asked; may be NULL */
    GHashTable *earlier; /* "source\x1fkey\x1fsource\x1fkey" → json_t * item of the last campaign;
                            NULL = there was none */
} ItemMaking;

typedef struct MadeItem {
    json_t *facts;
    const char **holders; /* free the array */
    const char *person_id, *reviewer;
    bool is_single;
} MadeItem;

MadeItem item_make(const ItemMaking *making, const PopulationRow *row);
void made_item_clear(MadeItem *item);
/* The key of ItemMaking.earlier; newly allocated. */
char *item_key(const char *source, const char *account_key, const char *group_source,
               const char *group_key);
