#include "base/text_index.h"
#include "base/hash.h"
#include "base/probed.h"

#define BATCH 32

typedef struct Slot {
    uint32_t hash;
    TextRef key; /* 0 = free */
    uint32_t value;
} Slot;

struct TextIndex {
    const TextPool *pool;
    TextKey key_of;
    Slot *slots;
    size_t n_slots; /* any number: a power of two would be a third empty on average */
    size_t n_keys;
};

/* Where a hash belongs: its share of the slots. */
static inline size_t slot_of(const TextIndex *index, uint32_t hash)
{
    return (size_t)((uint64_t)hash * index->n_slots >> 32);
}

static inline size_t slot_after(const TextIndex *index, size_t at)
{
    return at + 1 < index->n_slots ? at + 1 : 0;
}

TextIndex *text_index_new(const TextPool *pool, size_t n_expected)
{
    return text_index_new_with(pool, n_expected, text_trimmed);
}

TextIndex *text_index_new_with(const TextPool *pool, size_t n_expected, TextKey key_of)
{
    TextIndex *index = g_new0(TextIndex, 1);
    index->pool = pool;
    index->key_of = key_of;
    index->n_slots = MAX(n_expected + n_expected / 4, 16);
    index->slots = probed_new(Slot, index->n_slots);
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
    return index->key_of(text_of(text_pool_get(index->pool, key)));
}

static inline bool is_key_at(const TextIndex *index, TextRef ref, Text key)
{
    const char *stored = text_pool_get(index->pool, ref);
    bool is_same = strncmp(stored, key.data, key.length) == 0 && stored[key.length] == '\0';
    return is_same || text_equals_folded(key_text(index, ref), key);
}

/* The slot of the key, or the free slot where it belongs. */
static Slot *find_slot(const TextIndex *index, Text key, uint32_t hash)
{
    for (size_t at = slot_of(index, hash);; at = slot_after(index, at)) {
        Slot *slot = &index->slots[at];
        if (slot->key == 0 || (slot->hash == hash && is_key_at(index, slot->key, key)))
            return slot;
    }
}

static void grow(TextIndex *index)
{
    g_autofree Slot *old = g_steal_pointer(&index->slots);
    size_t n_old = index->n_slots;
    index->n_slots = n_old * 2;
    index->slots = probed_new(Slot, index->n_slots);
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].key == 0)
            continue;
        size_t at = slot_of(index, old[i].hash);
        while (index->slots[at].key != 0)
            at = slot_after(index, at);
        index->slots[at] = old[i];
    }
}

static uint32_t *add_hashed(TextIndex *index, TextRef key, Text text, uint32_t hash, uint32_t value)
{
    if ((index->n_keys + 1) * 8 > index->n_slots * 7)
        grow(index);
    Slot *slot = find_slot(index, text, hash);
    if (slot->key == 0) {
        *slot = (Slot){.hash = hash, .key = key, .value = value};
        index->n_keys++;
    }
    return &slot->value;
}

uint32_t *text_index_add(TextIndex *index, TextRef key, uint32_t value)
{
    Text text = key_text(index, key);
    return text.length > 0 ? add_hashed(index, key, text, (uint32_t)hash_folded(text), value)
                           : NULL;
}

/* Texts and hashes of a batch of keys, what the slots hold fetched ahead: texts are touched here
 * for the first time in a run, and each would be waited for. */
static size_t read_keys(const TextIndex *index, const TextRef *keys, size_t n, Text *ret_texts,
                        uint32_t *ret_hashes)
{
    size_t count = MIN(n, BATCH);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(text_pool_get(index->pool, keys[i]));
    for (size_t i = 0; i < count; i++) {
        ret_texts[i] = key_text(index, keys[i]);
        ret_hashes[i] = ret_texts[i].length > 0 ? (uint32_t)hash_folded(ret_texts[i]) : 0;
        __builtin_prefetch(&index->slots[slot_of(index, ret_hashes[i])]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = slot_of(index, ret_hashes[i]);
        while (index->slots[at].key != 0 && index->slots[at].hash != ret_hashes[i])
            at = slot_after(index, at);
        if (index->slots[at].key != 0)
            __builtin_prefetch(text_pool_get(index->pool, index->slots[at].key));
    }
    return count;
}

void text_index_add_batch(TextIndex *index, const TextRef *keys, size_t n, TextIndexVisit visit,
                          void *data)
{
    Text texts[BATCH];
    uint32_t hashes[BATCH];
    for (size_t begin = 0; begin < n; begin += BATCH) {
        size_t count = read_keys(index, keys + begin, n - begin, texts, hashes);
        for (size_t i = 0; i < count; i++)
            if (texts[i].length > 0)
                visit(begin + i,
                      add_hashed(index, keys[begin + i], texts[i], hashes[i], TEXT_INDEX_NONE),
                      data);
    }
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
    Text text = index->key_of(key);
    return text.length > 0 ? find_hashed(index, text, (uint32_t)hash_folded(text))
                           : TEXT_INDEX_NONE;
}

void text_index_find_batch(const TextIndex *index, const TextRef *keys, size_t n,
                           uint32_t *ret_values)
{
    Text texts[BATCH];
    uint32_t hashes[BATCH];
    for (size_t begin = 0; begin < n; begin += BATCH) {
        size_t count = read_keys(index, keys + begin, n - begin, texts, hashes);
        for (size_t i = 0; i < count; i++)
            ret_values[begin + i] = find_hashed(index, texts[i], hashes[i]);
    }
}

size_t text_index_size(const TextIndex *index)
{
    return index->n_keys;
}
