#include "intake/dn_table.h"

#include "base/hash.h"
#include "intake/door.h"
#include "model/dn.h"

#define BATCH 32
#define FIRST_SLOTS 1024

static DnSlots slots_new(size_t n_slots)
{
    return (DnSlots){.slots = g_new0(DnSlot, n_slots), .mask = n_slots - 1};
}

/* At most two thirds full: linear probing stays at one cache line nearly always. */
static void slots_insert(DnSlots *table, DnSlot slot, size_t hash_low)
{
    size_t at = hash_low & table->mask;
    while (table->slots[at].id != 0)
        at = (at + 1) & table->mask;
    table->slots[at] = slot;
    table->n++;
}

/* The tag is the whole low half of the hash, so slots can be moved without their text. */
static void slots_add(DnSlots *table, uint32_t tag, uint32_t id, TextRef text)
{
    if ((table->n + 1) * 3 > (table->mask + 1) * 2) {
        DnSlots grown = slots_new((table->mask + 1) * 2);
        for (size_t i = 0; i <= table->mask; i++)
            if (table->slots[i].id != 0)
                slots_insert(&grown, table->slots[i], table->slots[i].tag);
        g_free(table->slots);
        *table = grown;
    }
    slots_insert(table, (DnSlot){.tag = tag, .id = id + 1, .text = text}, tag);
}

void dn_table_init(DnTable *table, TextPool *pool)
{
    *table = (DnTable){.pool = pool,
                       .as_read = slots_new(FIRST_SLOTS),
                       .compared = slots_new(FIRST_SLOTS),
                       .scratch = g_string_new(NULL),
                       .normalised = g_string_new(NULL)};
}

void dn_table_clear(DnTable *table)
{
    g_clear_pointer(&table->as_read.slots, g_free);
    g_clear_pointer(&table->compared.slots, g_free);
    g_clear_pointer(&table->text, g_free);
    g_clear_pointer(&table->entry, g_free);
    if (table->scratch != NULL)
        g_string_free(table->scratch, TRUE);
    if (table->normalised != NULL)
        g_string_free(table->normalised, TRUE);
    table->scratch = table->normalised = NULL;
}

/* ---- by the bytes as they stand ---- */

static inline bool is_text_at(const DnTable *table, TextRef ref, Text text, size_t pool_size)
{
    const char *stored = text_pool_get(table->pool, ref);
    return ref + text.length < pool_size && memcmp(stored, text.data, text.length) == 0 &&
           stored[text.length] == '\0';
}

static uint32_t find_as_read(const DnTable *table, Text dn, uint32_t tag, size_t pool_size)
{
    for (size_t at = tag & table->as_read.mask;; at = (at + 1) & table->as_read.mask) {
        const DnSlot *slot = &table->as_read.slots[at];
        if (slot->id == 0)
            return NONE;
        if (slot->tag == tag && is_text_at(table, slot->text, dn, pool_size))
            return slot->id - 1;
    }
}

/* ---- by the compared spelling ---- */

static uint32_t find_compared(const DnTable *table, Text spelling, uint32_t tag)
{
    for (size_t at = tag & table->compared.mask;; at = (at + 1) & table->compared.mask) {
        const DnSlot *slot = &table->compared.slots[at];
        if (slot->id == 0)
            return NONE;
        if (slot->tag == tag &&
            text_equals_ascii_folded(text_of(text_pool_get(table->pool, slot->text)), spelling))
            return slot->id - 1;
    }
}

/* A plain DN is compared without case and stands for itself; of others the normalised spelling is.
 */
static Text compared_spelling(DnTable *table, Text clean, bool *ret_is_plain)
{
    *ret_is_plain = dn_is_plain(clean);
    if (*ret_is_plain)
        return clean;
    g_string_truncate(table->normalised, 0);
    dn_normalise(clean, table->normalised);
    return (Text){.data = table->normalised->str, .length = table->normalised->len};
}

static uint32_t add_id(DnTable *table, TextRef text)
{
    if (table->n == table->capacity) {
        table->capacity = MAX(FIRST_SLOTS, table->capacity * 2);
        table->text = g_renew(TextRef, table->text, table->capacity);
        table->entry = g_renew(Principal, table->entry, table->capacity);
    }
    table->text[table->n] = text;
    table->entry[table->n] = NONE;
    return table->n++;
}

/* A spelling that was not read before. */
static uint32_t intern_spelling(DnTable *table, Text dn, uint32_t tag)
{
    Text clean = door_clean(dn, table->scratch);
    bool is_plain;
    Text spelling = compared_spelling(table, clean, &is_plain);
    uint32_t compared_tag = (uint32_t)hash_ascii_folded(spelling);
    uint32_t id = find_compared(table, spelling, compared_tag);
    TextRef text = text_pool_add(table->pool, clean);
    if (text_pool_is_full(table->pool))
        return NONE;
    if (id == NONE) {
        id = add_id(table, text);
        slots_add(&table->compared, compared_tag, id,
                  is_plain ? text : text_pool_add(table->pool, spelling));
    }
    if (clean.data == dn.data)
        slots_add(&table->as_read, tag, id, text);
    return id;
}

uint32_t dn_table_intern(DnTable *table, Text dn)
{
    if (dn.length == 0)
        return NONE;
    uint32_t tag = (uint32_t)hash_exact(dn.data, dn.length);
    uint32_t id = find_as_read(table, dn, tag, text_pool_size(table->pool));
    return id != NONE ? id : intern_spelling(table, dn, tag);
}

static void prefetch_texts(const DnTable *table, const uint32_t *tags, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const DnSlot *slot = &table->as_read.slots[tags[i] & table->as_read.mask];
        if (slot->tag == tags[i]) {
            __builtin_prefetch(text_pool_get(table->pool, slot->text));
            __builtin_prefetch(text_pool_get(table->pool, slot->text) + 64);
        }
    }
}

void dn_table_intern_all(DnTable *table, const Text *dns, size_t n, uint32_t *ret_ids)
{
    uint32_t tags[BATCH];
    for (size_t begin = 0; begin < n; begin += BATCH) {
        size_t count = MIN(n - begin, BATCH);
        for (size_t i = 0; i < count; i++) {
            Text dn = dns[begin + i];
            tags[i] = (uint32_t)hash_exact(dn.data, dn.length);
            __builtin_prefetch(&table->as_read.slots[tags[i] & table->as_read.mask]);
        }
        prefetch_texts(table, tags, count);
        size_t pool_size = text_pool_size(table->pool);
        for (size_t i = 0; i < count; i++) {
            Text dn = dns[begin + i];
            uint32_t id = dn.length > 0 ? find_as_read(table, dn, tags[i], pool_size) : NONE;
            if (id == NONE && dn.length > 0) {
                id = intern_spelling(table, dn, tags[i]);
                pool_size = text_pool_size(table->pool);
            }
            ret_ids[begin + i] = id;
        }
    }
}

uint32_t dn_table_find(DnTable *table, Text dn)
{
    if (dn.length == 0)
        return NONE;
    bool is_plain;
    Text spelling = compared_spelling(table, door_clean(dn, table->scratch), &is_plain);
    return find_compared(table, spelling, (uint32_t)hash_ascii_folded(spelling));
}
