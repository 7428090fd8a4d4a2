#include "base/text_multimap.h"

typedef struct Link {
    uint32_t id;
    uint32_t next; /* TEXT_INDEX_NONE = last */
} Link;

struct TextMultimap {
    TextIndex *heads;
    GArray *links; /* (element-type Link) */
};

TextMultimap *text_multimap_new(const TextPool *pool, size_t n_expected)
{
    TextMultimap *map = g_new0(TextMultimap, 1);
    map->heads = text_index_new(pool, n_expected);
    map->links = g_array_sized_new(FALSE, FALSE, sizeof(Link), (guint)n_expected);
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

void text_multimap_add(TextMultimap *map, TextRef key, uint32_t id)
{
    uint32_t *head = text_index_add(map->heads, key, TEXT_INDEX_NONE);
    if (head == NULL)
        return;
    Link link = {.id = id, .next = *head};
    *head = map->links->len;
    g_array_append_val(map->links, link);
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
    return g_array_index(map->links, Link, cursor).next;
}

uint32_t text_multimap_id(const TextMultimap *map, uint32_t cursor)
{
    return g_array_index(map->links, Link, cursor).id;
}
