/* peers.h: what people of the same department and title hold.
 *
 * Peers are active people of the same department and the same title; case does not matter. A person
 * holds a group when any account of theirs that is not proven dead is in it, directly or through
 * other groups. Used by peer-outlier and mover-rights; private to controls. Cost: peers_new
 * O(people); peers_count O(members + edges below the group). */
#pragma once

#include "controls/judgement.h"

typedef struct Peers Peers;

/* The context must outlive the result. Cannot fail. */
Peers *peers_new(const ControlContext *context);
void peers_free(Peers *peers); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peers, peers_free)

/* Those of the run, made when first asked for. */
Peers *judgement_peers(const ControlContext *context);

/* How many departments with a title there are at all. */
uint32_t peers_n_places(const Peers *peers);
/* The department and title of a person; NONE: one of them is not known, or the person is not
 * active.
 */
uint32_t peers_place(const Peers *peers, uint32_t person);
/* How many others have the place of the person; it must have one. */
uint32_t peers_others(const Peers *peers, uint32_t person);
/* Counts who holds the group, unless it is the one that was counted last. */
void peers_count(Peers *peers, uint32_t group);
/* How many of those others hold the group counted last. */
uint32_t peers_holding(const Peers *peers, uint32_t person);

/* Is the share of holding among others at most so many percent? Of nobody nobody holds anything. */
static inline bool peers_hardly_hold(uint32_t others, uint32_t holding, int64_t percent)
{
    return (int64_t)holding * 100 <= percent * (int64_t)others;
}
