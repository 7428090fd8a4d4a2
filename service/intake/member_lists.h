/* member_lists.h: the members of each group as compressed rows, sorted, everybody once.
 *
 * Members of one group stand together from the pull on, so each group is sorted by itself, in
 * cache, and groups side by side. Cost: about 15 ns a membership, shared by the processors; peak 9
 * bytes a membership beside what the pull holds. */
#pragma once

#include "intake/parts.h"

#include "base/bitset.h"

/* Sorted by principal, then by how: of two ways to be a member the one in the group's own list
 * stays. */
static inline uint64_t edge_pack(Principal member, EdgeVia via)
{
    return (uint64_t)member << 8 | (uint64_t)via;
}

/* A membership that is not in the group's own list of DNs. */
typedef struct ExtraMember {
    uint32_t group; /* row in the snapshot */
    uint64_t edge;  /* of edge_pack() */
} ExtraMember;

/* Puts the members of the source's groups behind n_members that the snapshot has already: those
 * whose DNs the groups list, each of which stands for a principal in the source's table of DNs,
 * and extras (element-type ExtraMember). via_foreign: ids of DNs that are members by their SID; may
 * be empty. Returns how many members there are then; room for more is left behind them. */
uint64_t member_lists_write(Snapshot *snapshot, uint64_t n_members, const EdgeSource *source,
                            const Bitset *via_foreign, const GArray *extras);
