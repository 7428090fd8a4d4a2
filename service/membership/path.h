/* path.h: why an account is in a group, and what to cut.
 *
 * Answers for one account and one group; used by `explain`, by evidence of single exceptions, never
 * in loops over all accounts. Cost: O(groups + memberships between groups) per call. */
#pragma once

#include "membership/graph.h"

/* One membership: member (an account or a group) is in group. */
typedef struct Hop {
    Principal member;
    uint32_t group;
    EdgeVia via;
} Hop;

/* The shortest way from account to group, first hop first: account in g1, g1 in g2, … Among equally
 * short ones the one with the smallest group keys, so that the answer is the same tomorrow. NULL
 * when there is none. */
GArray *path_shortest(const Graph *graph, uint32_t account,
                      uint32_t group); /* (element-type Hop) */

/* The smallest set of memberships without which account is not in group any more (a minimum cut;
 * max-flow with unit edges). Among equally small ones, the one nearest to the account, because it
 * takes the right from the fewest others. Empty when account is not in group. */
GArray *path_cut(const Graph *graph, uint32_t account, uint32_t group); /* (element-type Hop) */

/* Every group the account is effectively in, direct ones first, then by distance and key. */
GArray *path_groups_of(const Graph *graph, uint32_t account); /* (element-type guint32) */
