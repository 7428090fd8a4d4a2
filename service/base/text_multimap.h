/* text_multimap.h: from a text to several ids, without case and without white space at the ends.
 *
 * A text_index with a chain of ids behind each key: 8 bytes an id besides the index. Ids of one key
 * come in the reverse order of their adding. The pool must outlive the map. */
#pragma once

#include "base/text_index.h"

typedef struct TextMultimap TextMultimap;

TextMultimap *text_multimap_new(const TextPool *pool, size_t n_expected);
TextMultimap *text_multimap_new_with(const TextPool *pool, size_t n_expected, TextKey key_of);
void text_multimap_free(TextMultimap *map); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextMultimap, text_multimap_free)

/* Texts that are empty when trimmed are no keys: nothing is stored. */
void text_multimap_add(TextMultimap *map, TextRef key, uint32_t id);
/* The same for row i of a column, ids[i] each (NULL: i itself). */
void text_multimap_add_column(TextMultimap *map, const TextRef *keys, size_t n,
                              const uint32_t *ids);
/* A cursor at the key's first id, TEXT_INDEX_NONE when there is none:
 *   for (uint32_t c = text_multimap_find(map, key); c != TEXT_INDEX_NONE; c =
 * text_multimap_next(map, c)) use(text_multimap_id(map, c)); */
uint32_t text_multimap_find(const TextMultimap *map, Text key);
void text_multimap_find_batch(const TextMultimap *map, const TextRef *keys, size_t n,
                              uint32_t *ret_cursors);
uint32_t text_multimap_next(const TextMultimap *map, uint32_t cursor);
uint32_t text_multimap_id(const TextMultimap *map, uint32_t cursor);
