/* text_index.h: from a text to a number, without case and without white space at the ends; for
 * joins.
 *
 * Keys are texts of one pool, which must outlive the index: 12 bytes a slot, five slots for
 * four keys. A key keeps the value of its first add; who needs several values a key chains them
 * behind it (a `next` column). Cost: O(1) each; the batch hides memory latency (about three times
 * faster on tables beyond the cache). Not for two threads while adding; any number of readers. */
#pragma once

#include "base/text_pool.h"

#define TEXT_INDEX_NONE UINT32_MAX

typedef struct TextIndex TextIndex;

/* n_expected: about how many keys come; it grows beyond. */
TextIndex *text_index_new(const TextPool *pool, size_t n_expected);
/* The part of a text that is its key (a label of a host name), for keys and for what is looked for;
 * it must give the same for what it gave. Without it: the text without white space at the ends. */
typedef Text (*TextKey)(Text text);
TextIndex *text_index_new_with(const TextPool *pool, size_t n_expected, TextKey key_of);
void text_index_free(TextIndex *index); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextIndex, text_index_free)

/* Where the value of the key is kept; a new key starts with value. Texts that are empty when
 * trimmed are no keys: NULL. Valid until the next add. */
uint32_t *text_index_add(TextIndex *index, TextRef key, uint32_t value);
/* Adds a column; visit gets where the value of row i is kept, a new one starts as TEXT_INDEX_NONE.
 */
typedef void (*TextIndexVisit)(size_t i, uint32_t *value, void *data);
void text_index_add_batch(TextIndex *index, const TextRef *keys, size_t n, TextIndexVisit visit,
                          void *data);
/* TEXT_INDEX_NONE when there is no such key. */
uint32_t text_index_find(const TextIndex *index, Text key);
void text_index_find_batch(const TextIndex *index, const TextRef *keys, size_t n,
                           uint32_t *ret_values);
size_t text_index_size(const TextIndex *index); /* keys */
