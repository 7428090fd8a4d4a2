#include "intake/duplicates.h"

#include "base/hash.h"
#include "base/probed.h"

#define BATCH 32

typedef struct Slot {
    uint32_t tag;
    uint32_t row; /* + 1; 0 = free */
} Slot;

static void add_row(Slot *slots, size_t mask, const TextPool *pool, const TextRef *keys,
                    uint32_t row, uint32_t tag, DuplicatesVisit visit, void *data)
{
    const char *key = text_pool_get(pool, keys[row]);
    size_t at = tag & mask;
    for (; slots[at].row != 0; at = (at + 1) & mask) {
        uint32_t first = slots[at].row - 1;
        if (slots[at].tag == tag && strcmp(text_pool_get(pool, keys[first]), key) == 0) {
            visit(first, row, data);
            return;
        }
    }
    slots[at] = (Slot){.tag = tag, .row = row + 1};
}

void duplicates_find(const TextPool *pool, const TextRef *keys, uint32_t n, DuplicatesVisit visit,
                     void *data)
{
    size_t n_slots = 16;
    while (n_slots < (size_t)n + n / 2)
        n_slots *= 2;
    g_autofree Slot *slots = probed_new(Slot, n_slots);
    uint32_t tags[BATCH];
    for (uint32_t begin = 0; begin < n; begin += BATCH) {
        uint32_t count = MIN(n - begin, BATCH);
        for (uint32_t i = 0; i < count; i++) {
            const char *key = text_pool_get(pool, keys[begin + i]);
            tags[i] = (uint32_t)hash_exact(key, strlen(key));
            __builtin_prefetch(&slots[tags[i] & (n_slots - 1)]);
        }
        for (uint32_t i = 0; i < count; i++)
            if (keys[begin + i] != 0)
                add_row(slots, n_slots - 1, pool, keys, begin + i, tags[i], visit, data);
    }
}
