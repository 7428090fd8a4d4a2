/* ways.h: every way in which an account is in a group, and who falls out when a membership is cut.
 *
 * There may be more ways than anybody can read (a ladder of n steps has 2^n), so they come shortest
 * first, are listed up to a limit, and are counted up to a million steps of the search; after that
 * the number is a lower bound, and says so. Cost: O(groups below + memberships between them), and
 * those steps. */
#pragma once

#include "membership/effective.h"

typedef struct Ways {
    GPtrArray *listed; /* (element-type GArray of Hop) first hop first; the first `limit` ways */
    uint64_t n;        /* how many there are */
    bool is_exact;     /* false: there are at least so many */
} Ways;

/* Ways that enter no group twice. Shortest first; equally short ones in the order of the keys of
 * their groups, from the group downwards: the first is path_shortest(). */
Ways *ways_find(const Graph *graph, uint32_t account, uint32_t group, size_t limit);
void ways_free(Ways *ways); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ways, ways_free)

/* Without the membership of inner in outer: accounts that are in group no more, ascending, appended
 * to ret_lost (element-type guint32), and how many members of inner are still in it by another way.
 * false, and nothing: the membership leads nobody into group. Uses the walker. */
bool ways_cut(Effective *effective, const Graph *graph, uint32_t inner, uint32_t outer,
              uint32_t group, GArray *ret_lost, uint32_t *ret_n_kept);
