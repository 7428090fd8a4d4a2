/* effective.h: who is in a group, directly or through other groups.
 *
 * Members are walked on demand with an epoch mark per account and per group, and never stored for all groups: walking
 * costs about 4 ns per member, storing costs memory. Cost: effective_new O(accounts + groups), effective_members
 * O(members + edges below the group). Not for two threads at once: one Effective each. */
#pragma once

#include "base/bitset.h"
#include "membership/graph.h"

typedef struct Effective Effective;

/* The graph must outlive the result. Cannot fail. */
Effective *effective_new(const Graph *graph);
void effective_free(Effective *effective); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effective, effective_free)

/* Accounts in group, each once, in ascending order only if sorted afterwards. Valid until the next call or
 * effective_free(). */
const uint32_t *effective_members(Effective *effective, uint32_t group, size_t *ret_n);
/* The same, but what is reachable only through a group of `stops` (a bit per group) is left out: those groups
 * are not entered (group itself is). For "reported for the governed group nearest to the account". */
const uint32_t *effective_members_nearest(Effective *effective, uint32_t group, const Bitset *stops, size_t *ret_n);
/* Groups and foreigners met in the last walk, the group itself not included; valid as long as the members. */
const uint32_t *effective_groups_seen(const Effective *effective, size_t *ret_n);
const uint32_t *effective_foreigners_seen(const Effective *effective, size_t *ret_n);
/* Is account in group's own member list (any EdgeVia but VIA_PRIMARY_GROUP and VIA_FOREIGN)? */
bool membership_is_listed(const Snapshot *snapshot, uint32_t group, uint32_t account);
