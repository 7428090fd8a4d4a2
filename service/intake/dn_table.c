#include "intake/dn_table.h"

#include "base/hash.h"
#include "base/probed.h"
#include "intake/door.h"
#include "model/dn.h"

#define BATCH 32
#define FIRST_SLOTS ((size_t)1 << 14)
#define FAST_GROWTH_UNTIL ((size_t)1 << 20)
#define FIRST_IDS 1024

void dn_table_init(DnTable *table, TextPool *pool)
{
    *table = (DnTable){.pool = pool,
                       .slots = probed_new(DnSlot, FIRST_SLOTS),
                       .mask = FIRST_SLOTS - 1,
                       .scratch = g_string_new(NULL),
                       .normalised = g_string_new(NULL)};
}

void dn_table_clear(DnTable *table)
{
    g_clear_pointer(&table->slots, g_free);
    g_clear_pointer(&table->text, g_free);
    g_clear_pointer(&table->entry, g_free);
    if (table->scratch != NULL)
        g_string_free(table->scratch, TRUE);
    if (table->normalised != NULL)
        g_string_free(table->normalised, TRUE);
    table->scratch = table->normalised = NULL;
}

void dn_table_forget_spellings(DnTable *table)
{
    g_clear_pointer(&table->slots, g_free);
    table->slots = g_new0(DnSlot, 1);
    table->mask = 0;
}

/* ---- slots ---- */

/* The tag is the whole low half of the hash, so slots can be moved without their text. */
static void insert_slot(DnSlot *slots, size_t mask, DnSlot slot)
{
    size_t at = slot.tag & mask;
    while (slots[at].id != 0)
        at = (at + 1) & mask;
    slots[at] = slot;
}

static void grow_slots(DnTable *table)
{
    size_t n_slots = table->mask + 1;
    size_t n_grown = n_slots * (n_slots < FAST_GROWTH_UNTIL ? 4 : 2);
    DnSlot *grown = probed_new(DnSlot, n_grown);
    for (size_t i = 0; i < n_slots; i++)
        if (table->slots[i].id != 0)
            insert_slot(grown, n_grown - 1, table->slots[i]);
    g_free(table->slots);
    table->slots = grown;
    table->mask = n_grown - 1;
}

/* At most two thirds full: linear probing stays in one cache line nearly always. */
static void add_slot(DnTable *table, uint32_t tag, uint32_t id, TextRef text)
{
    if ((table->n_slots_used + 1) * 3 > (table->mask + 1) * 2)
        grow_slots(table);
    insert_slot(table->slots, table->mask, (DnSlot){.tag = tag, .id = id + 1, .text = text});
    table->n_slots_used++;
}

static inline bool is_spelling_at(const DnTable *table, TextRef ref, Text text, size_t pool_end)
{
    const char *stored = text_pool_get(table->pool, ref);
    if (ref + text.length >= pool_end || stored[text.length] != '\0')
        return false;
    return memcmp(stored, text.data, text.length) == 0 ||
           text_equals_ascii_folded((Text){.data = stored, .length = text.length}, text);
}

static uint32_t find_spelling(const DnTable *table, Text spelling, uint32_t tag, size_t pool_end)
{
    for (size_t at = tag & table->mask;; at = (at + 1) & table->mask) {
        const DnSlot *slot = &table->slots[at];
        if (slot->id == 0)
            return NONE;
        if (slot->tag == tag && is_spelling_at(table, slot->text, spelling, pool_end))
            return slot->id - 1;
    }
}

static inline uint32_t tag_of(Text spelling)
{
    return (uint32_t)hash_ascii_folded(spelling);
}

static uint32_t find(const DnTable *table, Text spelling)
{
    return find_spelling(table, spelling, tag_of(spelling), text_pool_end(table->pool));
}

/* ---- ids ---- */

static uint32_t add_id(DnTable *table, TextRef text)
{
    if (table->n == table->capacity) {
        table->capacity = MAX(FIRST_IDS, table->capacity * 2);
        table->text = g_renew(TextRef, table->text, table->capacity);
        table->entry = g_renew(Principal, table->entry, table->capacity);
    }
    table->text[table->n] = text;
    table->entry[table->n] = NONE;
    return table->n++;
}

static Text normalised_spelling(DnTable *table, Text dn)
{
    g_string_truncate(table->normalised, 0);
    dn_normalise(dn, table->normalised);
    return (Text){.data = table->normalised->str, .length = table->normalised->len};
}

/* The second slot makes the same spelling known the next time. */
static uint32_t intern_odd_spelling(DnTable *table, Text clean, uint32_t tag, TextRef text)
{
    Text spelling = normalised_spelling(table, clean);
    uint32_t normalised_tag = tag_of(spelling);
    uint32_t id = find_spelling(table, spelling, normalised_tag, text_pool_end(table->pool));
    if (id == NONE) {
        id = add_id(table, text);
        add_slot(table, normalised_tag, id, text_pool_add(table->pool, spelling));
    }
    add_slot(table, tag, id, text);
    return id;
}

/* A spelling that was not found. */
static uint32_t intern_new(DnTable *table, Text dn, uint32_t tag)
{
    Text clean = door_clean(dn, table->scratch);
    if (clean.data != dn.data) {
        tag = tag_of(clean);
        uint32_t id = find_spelling(table, clean, tag, text_pool_end(table->pool));
        if (id != NONE)
            return id;
    }
    TextRef text = text_pool_add(table->pool, clean);
    if (text_pool_is_full(table->pool))
        return NONE;
    if (!dn_is_plain(clean))
        return intern_odd_spelling(table, clean, tag, text);
    uint32_t id = add_id(table, text);
    add_slot(table, tag, id, text);
    return id;
}

uint32_t dn_table_intern(DnTable *table, Text dn)
{
    if (dn.length == 0)
        return NONE;
    uint32_t tag = tag_of(dn);
    uint32_t id = find_spelling(table, dn, tag, text_pool_end(table->pool));
    return id != NONE ? id : intern_new(table, dn, tag);
}

/* The slot that has the tag, wherever probing finds it, and its text fetched ahead; or the free
 * slot where the search ends. */
static const DnSlot *fetch_ahead(const DnTable *table, uint32_t tag)
{
    size_t at = tag & table->mask;
    while (table->slots[at].id != 0 && table->slots[at].tag != tag)
        at = (at + 1) & table->mask;
    const char *text = text_pool_get(table->pool, table->slots[at].text);
    __builtin_prefetch(text);
    __builtin_prefetch(text + 64);
    return &table->slots[at];
}

void dn_table_fetch(const DnTable *table, const Text *dns, size_t n)
{
    uint32_t tags[DN_TABLE_FETCH];
    n = MIN(n, DN_TABLE_FETCH);
    for (size_t i = 0; i < n; i++) {
        tags[i] = tag_of(dns[i]);
        __builtin_prefetch(&table->slots[tags[i] & table->mask]);
    }
    for (size_t i = 0; i < n; i++)
        fetch_ahead(table, tags[i]);
}

static void intern_batch(DnTable *table, const Text *dns, size_t n, uint32_t *ret_ids)
{
    uint32_t tags[BATCH];
    const DnSlot *slots[BATCH];
    for (size_t i = 0; i < n; i++) {
        tags[i] = tag_of(dns[i]);
        __builtin_prefetch(&table->slots[tags[i] & table->mask]);
    }
    for (size_t i = 0; i < n; i++)
        slots[i] = fetch_ahead(table, tags[i]);
    const DnSlot *fetched_from = table->slots;
    size_t pool_end = text_pool_end(table->pool);
    for (size_t i = 0; i < n; i++) {
        bool is_known = fetched_from == table->slots && slots[i]->id != 0 &&
                        is_spelling_at(table, slots[i]->text, dns[i], pool_end);
        if (is_known) {
            ret_ids[i] = slots[i]->id - 1;
            continue;
        }
        ret_ids[i] = dn_table_intern(table, dns[i]);
        pool_end = text_pool_end(table->pool);
    }
}

void dn_table_intern_all(DnTable *table, const Text *dns, size_t n, uint32_t *ret_ids)
{
    for (size_t begin = 0; begin < n; begin += BATCH)
        intern_batch(table, dns + begin, MIN(n - begin, BATCH), ret_ids + begin);
}

uint32_t dn_table_find(DnTable *table, Text dn)
{
    if (dn.length == 0)
        return NONE;
    Text clean = door_clean(dn, table->scratch);
    uint32_t id = find(table, clean);
    return id != NONE || dn_is_plain(clean) ? id : find(table, normalised_spelling(table, clean));
}
