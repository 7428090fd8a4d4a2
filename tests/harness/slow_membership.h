/* slow_membership.h: the twin of membership: recursive, quadratic, obviously right. */
#pragma once

#include "model/snapshot.h"

/* Is the account in the group, where groups with a bit in stops (NULL = none) are not entered?
 * edges_left (NULL = all) says which memberships count, by index into groups.members. */
bool slow_is_member(const Snapshot *snapshot, uint32_t account, uint32_t group, const bool *stops,
                    const bool *edges_left);
/* Memberships on the shortest way, 0 when there is none. */
size_t slow_distance(const Snapshot *snapshot, uint32_t account, uint32_t group);
/* Every way of the account into the group that enters no group twice: "003 g-outer/g-mid/g-inner",
 * its length and the keys from the group downwards, sorted. (element-type utf8) */
GPtrArray *slow_ways(const Snapshot *snapshot, uint32_t account, uint32_t group);
