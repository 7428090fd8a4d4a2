#include "base/text_multimap.h"

#define IS_CHAIN (UINT32_C(1) << 31)
#define AHEAD 12

typedef struct Link {
    uint32_t id;
    uint32_t next; /* cursor */
} Link;

/* A cursor is an id, or IS_CHAIN and an index into links, or TEXT_INDEX_NONE. */
struct TextMultimap {
    TextIndex *heads;
    GArray *links; /* (element-type Link) */
};

TextMultimap *text_multimap_new(const TextPool *pool, size_t n_expected)
{
    TextMultimap *map = g_new0(TextMultimap, 1);
    map->heads = text_index_new(pool, n_expected);
    map->links = g_array_new(FALSE, FALSE, sizeof(Link));
    return map;
}

void text_multimap_free(TextMultimap *map)
{
    if (map == NULL)
        return;
    text_index_free(map->heads);
    g_array_unref(map->links);
    g_free(map);
}

static uint32_t new_link(TextMultimap *map, uint32_t id, uint32_t next)
{
    Link link = {.id = id, .next = next};
    g_array_append_val(map->links, link);
    return (map->links->len - 1) | IS_CHAIN;
}

void text_multimap_add(TextMultimap *map, TextRef key, uint32_t id)
{
    if (key == 0)
        return;
    uint32_t *head = text_index_add(map->heads, key, TEXT_INDEX_NONE);
    if (head == NULL)
        return;
    if (*head == TEXT_INDEX_NONE) {
        *head = id;
        return;
    }
    if ((*head & IS_CHAIN) == 0)
        *head = new_link(map, *head, TEXT_INDEX_NONE);
    *head = new_link(map, id, *head);
}

void text_multimap_add_column(TextMultimap *map, const TextRef *keys, size_t n, const uint32_t *ids)
{
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n && keys[i + AHEAD] != 0)
            text_index_prefetch(map->heads, keys[i + AHEAD]);
        text_multimap_add(map, keys[i], ids != NULL ? ids[i] : (uint32_t)i);
    }
}

uint32_t text_multimap_find(const TextMultimap *map, Text key)
{
    return text_index_find(map->heads, key);
}

void text_multimap_find_batch(const TextMultimap *map, const TextRef *keys, size_t n,
                              uint32_t *ret_cursors)
{
    text_index_find_batch(map->heads, keys, n, ret_cursors);
}

uint32_t text_multimap_next(const TextMultimap *map, uint32_t cursor)
{
    return (cursor & IS_CHAIN) != 0 ? g_array_index(map->links, Link, cursor & ~IS_CHAIN).next
                                    : TEXT_INDEX_NONE;
}

uint32_t text_multimap_id(const TextMultimap *map, uint32_t cursor)
{
    return (cursor & IS_CHAIN) != 0 ? g_array_index(map->links, Link, cursor & ~IS_CHAIN).id
                                    : cursor;
}
