/* effective.h: who is in a group, directly or through other groups.
 *
 * Members are walked on demand with an epoch mark per account and per group, and never stored for
 * all groups: walking costs about 4 ns per member, storing costs memory. Cost: effective_new
 * O(accounts + groups), effective_members O(members + edges below the group). Not for two threads
 * at once: one Effective each. */
#pragma once

#include "base/bitset.h"
#include "membership/graph.h"
#include "membership/path.h"

typedef struct Effective Effective;

/* The graph must outlive the result. Cannot fail. */
Effective *effective_new(const Graph *graph);
void effective_free(Effective *effective); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effective, effective_free)

/* Accounts in group, each once, in ascending order only if sorted afterwards. Valid until the next
 * call or effective_free(). */
const uint32_t *effective_members(Effective *effective, uint32_t group, size_t *ret_n);
/* The same, but what is reachable only through a group of `stops` (a bit per group) is left out:
 * those groups are not entered (group itself is). For "reported for the governed group nearest to
 * the account". */
const uint32_t *effective_members_nearest(Effective *effective, uint32_t group, const Bitset *stops,
                                          size_t *ret_n);
/* Groups and foreigners met in the last walk, the group itself not included; valid as long as the
 * members. */
const uint32_t *effective_groups_seen(const Effective *effective, size_t *ret_n);
const uint32_t *effective_foreigners_seen(const Effective *effective, size_t *ret_n);
/* How the member (an account, whose Principal is its id; a group or a foreigner) is in the group of
 * the last walk: the shortest way, first hop first, appended to ret_hops (element-type Hop); among
 * equally short ones the one with the smallest group keys, compared from the group downwards. false
 * when the walk did not meet the member. Cost: O(hops × log members). */
bool effective_path(const Effective *effective, Principal member, GArray *ret_hops);
/* Hash of what effective_path() would show (source and key of each group, how it was granted): the
 * same tomorrow. 0 when the walk did not meet the member. Cost: O(log members) mostly. */
uint64_t effective_path_hash(Effective *effective, Principal member);

/* For the test of the marks: as if so many groups had been visited before. */
void effective_skip_epochs(Effective *effective, uint32_t n);

/* Is account in group's own member list (any EdgeVia but VIA_PRIMARY_GROUP and VIA_FOREIGN)? */
bool membership_is_listed(const Snapshot *snapshot, uint32_t group, uint32_t account);
