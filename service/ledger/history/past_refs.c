#include "ledger/history/past_refs.h"

typedef struct Slot {
    uint64_t ref;
    Principal principal; /* NONE = free */
} Slot;

struct PastRefs {
    Slot *slots;
    size_t n, room; /* room: a power of two */
};

static Slot *slot_of(const PastRefs *refs, uint64_t ref)
{
    size_t i = ref & (refs->room - 1); /* refs are hashes already */

    while (refs->slots[i].principal != NONE && refs->slots[i].ref != ref)
        i = (i + 1) & (refs->room - 1);
    return &refs->slots[i];
}

static void make_room(PastRefs *refs, size_t room)
{
    Slot *old = refs->slots;
    size_t n = refs->room;

    refs->slots = g_new(Slot, room);
    refs->room = room;
    for (size_t i = 0; i < room; i++)
        refs->slots[i].principal = NONE;
    for (size_t i = 0; i < n; i++) {
        if (old[i].principal != NONE)
            *slot_of(refs, old[i].ref) = old[i];
    }
    g_free(old);
}

PastRefs *past_refs_new(void)
{
    PastRefs *refs = g_new0(PastRefs, 1);

    make_room(refs, 1024);
    return refs;
}

void past_refs_free(PastRefs *refs)
{
    if (!refs)
        return;
    g_free(refs->slots);
    g_free(refs);
}

void past_refs_add(PastRefs *refs, uint64_t ref, Principal principal)
{
    if ((refs->n + 1) * 4 > refs->room * 3)
        make_room(refs, refs->room * 2);
    Slot *slot = slot_of(refs, ref);
    refs->n += slot->principal == NONE;
    *slot = (Slot){ref, principal};
}

Principal past_refs_find(const PastRefs *refs, uint64_t ref)
{
    return slot_of(refs, ref)->principal;
}
