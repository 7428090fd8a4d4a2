/* dn_table.h: every DN of one directory, once, as a 32-bit id.
 *
 * Members are by far the commonest input (ten per account), so an id is found by the spelling as it
 * stands, ASCII letters in any case: that decides for plain DNs, and two DNs equal in this sense
 * are equal in every sense. A spelling that is not found and not plain is normalised and looked up
 * again. Ids are looked up in batches whose memory is fetched beforehand. Cost: 30 to 50 ns a known
 * spelling, 0.3 us a new one; about 30 bytes an id beside its text. Not for two threads at once. */
#pragma once

#include "model/snapshot.h"

typedef struct DnSlot {
    uint32_t tag;
    uint32_t id; /* + 1; 0 = free */
    TextRef text;
} DnSlot;

typedef struct DnTable {
    TextPool *pool; /* borrowed */
    DnSlot *slots;  /* of spellings: several may have one id */
    size_t mask, n_slots_used;
    uint32_t n, capacity;
    TextRef *text; /* by id: its first spelling */
    Principal *
        entry; /* by id: what the directory has there, NONE = nothing seen; the builder's to fill */
    GString *scratch, *normalised;
} DnTable;

void dn_table_init(DnTable *table, TextPool *pool);
void dn_table_clear(DnTable *table);
/* Ids stay, nothing can be found any more: half the table's memory. */
void dn_table_forget_spellings(DnTable *table);

/* NONE for an empty text, and when the pool is full. */
uint32_t dn_table_intern(DnTable *table, Text dn);
void dn_table_intern_all(DnTable *table, const Text *dns, size_t n, uint32_t *ret_ids);
/* Fetches what dn_table_intern() is about to read for these DNs: the first DN_TABLE_FETCH of them.
 */
#define DN_TABLE_FETCH 32
void dn_table_fetch(const DnTable *table, const Text *dns, size_t n);
/* NONE when it was never interned, in whatever spelling. Changes only the scratch texts. */
uint32_t dn_table_find(DnTable *table, Text dn);
