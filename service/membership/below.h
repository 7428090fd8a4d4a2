/* below.h: the part of the graph that lies below one group, for questions about one account.
 *
 * Its groups stand in the order of their distance, small however big the graph is; they are found
 * by a hash table from group to position, so nothing is paid for the rest. Private to membership.
 * Cost: O(groups + memberships between groups, below the group). */
#pragma once

#include "membership/path.h"

typedef struct Below {
    const Graph *graph;
    uint32_t account; /* NONE where nobody asks about one */
    GArray *groups;   /* (element-type guint32), [0] = the group itself */
    GArray *outer; /* (element-type guint32) position that each was first met from, NONE for [0] */
    GHashTable *position; /* group → position + 1 */
} Below;

void below_init(Below *below, const Graph *graph, uint32_t account, uint32_t group);
void below_clear(Below *below);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Below, below_clear)

uint32_t below_position(const Below *below, uint32_t group); /* NONE: not below it */
static inline uint32_t below_group(const Below *below, uint32_t position)
{
    return g_array_index(below->groups, uint32_t, position);
}
/* Does the group at this position list the account? */
bool below_lists_account(const Below *below, uint32_t position);

/* A membership that is there, with how it was granted. */
Hop hop_of(const Graph *graph, Principal member, uint32_t group);
