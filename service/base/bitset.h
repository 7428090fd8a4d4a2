/* bitset.h: one bit per id, of a fixed size. All bits clear at first. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Bitset {
    uint64_t *words;
    uint32_t n_bits;
} Bitset;

static inline Bitset bitset_new(uint32_t n_bits)
{
    return (Bitset){.words = g_new0(uint64_t, ((size_t)n_bits + 63) / 64 + 1), .n_bits = n_bits};
}
static inline void bitset_clear(Bitset *set) /* releases; fine to call twice */
{
    g_clear_pointer(&set->words, g_free);
    set->n_bits = 0;
}
static inline void bitset_add(Bitset *set, uint32_t bit)
{
    set->words[bit >> 6] |= UINT64_C(1) << (bit & 63);
}
static inline bool bitset_has(const Bitset *set, uint32_t bit)
{
    return (set->words[bit >> 6] >> (bit & 63) & 1) != 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bitset, bitset_clear)
