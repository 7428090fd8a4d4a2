/* past_refs.h: who is meant by the hash that the history knows a member by.
 *
 * An open table: a look-up is one or two cache lines. Cost: 16 bytes for three quarters of a member
 * and more. */
#pragma once

#include "model/snapshot.h"

typedef struct PastRefs PastRefs;

PastRefs *past_refs_new(void);
void past_refs_free(PastRefs *refs); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PastRefs, past_refs_free)
void past_refs_add(PastRefs *refs, uint64_t ref, Principal principal);
Principal past_refs_find(const PastRefs *refs, uint64_t ref); /* NONE */
