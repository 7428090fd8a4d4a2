#include "base/text_index.h"
#include "base/hash.h"

#define BATCH 32

typedef struct Slot {
    uint32_t hash;
    TextRef key; /* 0 = free */
    uint32_t value;
} Slot;

struct TextIndex {
    const TextPool *pool;
    Slot *slots;
    size_t mask; /* number of slots - 1 */
    size_t n_keys;
};

static size_t slots_for(size_t n_keys)
{
    size_t n_slots = 16;
    while (n_slots < n_keys + n_keys / 2)
        n_slots *= 2;
    return n_slots;
}

TextIndex *text_index_new(const TextPool *pool, size_t n_expected)
{
    TextIndex *index = g_new0(TextIndex, 1);
    index->pool = pool;
    index->mask = slots_for(n_expected) - 1;
    index->slots = g_new0(Slot, index->mask + 1);
    return index;
}

void text_index_free(TextIndex *index)
{
    if (index == NULL)
        return;
    g_free(index->slots);
    g_free(index);
}

static Text key_text(const TextIndex *index, TextRef key)
{
    return text_trimmed(text_of(text_pool_get(index->pool, key)));
}

/* The slot of the key, or the free slot where it belongs. */
static Slot *find_slot(const TextIndex *index, Text key, uint32_t hash)
{
    for (size_t at = hash & index->mask;; at = (at + 1) & index->mask) {
        Slot *slot = &index->slots[at];
        if (slot->key == 0 ||
            (slot->hash == hash && text_equals_folded(key_text(index, slot->key), key)))
            return slot;
    }
}

static void grow(TextIndex *index)
{
    size_t mask = index->mask * 2 + 1;
    Slot *slots = g_new0(Slot, mask + 1);
    for (size_t i = 0; i <= index->mask; i++) {
        if (index->slots[i].key == 0)
            continue;
        size_t at = index->slots[i].hash & mask;
        while (slots[at].key != 0)
            at = (at + 1) & mask;
        slots[at] = index->slots[i];
    }
    g_free(index->slots);
    index->slots = slots;
    index->mask = mask;
}

uint32_t *text_index_add(TextIndex *index, TextRef key, uint32_t value)
{
    Text text = key_text(index, key);
    if (text.length == 0)
        return NULL;
    if ((index->n_keys + 1) * 4 > (index->mask + 1) * 3)
        grow(index);

    uint32_t hash = (uint32_t)hash_folded(text);
    Slot *slot = find_slot(index, text, hash);
    if (slot->key == 0) {
        *slot = (Slot){.hash = hash, .key = key, .value = value};
        index->n_keys++;
    }
    return &slot->value;
}

void text_index_prefetch(const TextIndex *index, TextRef key)
{
    __builtin_prefetch(&index->slots[hash_folded(key_text(index, key)) & index->mask], 1);
}

static uint32_t find_hashed(const TextIndex *index, Text key, uint32_t hash)
{
    if (key.length == 0)
        return TEXT_INDEX_NONE;
    const Slot *slot = find_slot(index, key, hash);
    return slot->key != 0 ? slot->value : TEXT_INDEX_NONE;
}

uint32_t text_index_find(const TextIndex *index, Text key)
{
    Text text = text_trimmed(key);
    return text.length > 0 ? find_hashed(index, text, (uint32_t)hash_folded(text))
                           : TEXT_INDEX_NONE;
}

void text_index_find_batch(const TextIndex *index, const TextRef *keys, size_t n,
                           uint32_t *ret_values)
{
    Text texts[BATCH];
    uint32_t hashes[BATCH];
    for (size_t begin = 0; begin < n; begin += BATCH) {
        size_t count = MIN(n - begin, BATCH);
        for (size_t i = 0; i < count; i++) {
            texts[i] = key_text(index, keys[begin + i]);
            hashes[i] = texts[i].length > 0 ? (uint32_t)hash_folded(texts[i]) : 0;
            __builtin_prefetch(&index->slots[hashes[i] & index->mask]);
        }
        for (size_t i = 0; i < count; i++) {
            const Slot *slot = &index->slots[hashes[i] & index->mask];
            if (slot->key != 0 && slot->hash == hashes[i])
                __builtin_prefetch(text_pool_get(index->pool, slot->key));
        }
        for (size_t i = 0; i < count; i++)
            ret_values[begin + i] = find_hashed(index, texts[i], hashes[i]);
    }
}

size_t text_index_size(const TextIndex *index)
{
    return index->n_keys;
}
