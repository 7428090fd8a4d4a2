#include "base/text_multimap.h"
#include "base/hash.h"

#define IS_CHAIN (UINT32_C(1) << 31)

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
    return text_multimap_new_with(pool, n_expected, text_trimmed);
}

TextMultimap *text_multimap_new_with(const TextPool *pool, size_t n_expected, TextKey key_of)
{
    TextMultimap *map = g_new0(TextMultimap, 1);
    map->heads = text_index_new_with(pool, n_expected, key_of);
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

static void chain(TextMultimap *map, uint32_t *head, uint32_t id)
{
    if (*head == TEXT_INDEX_NONE) {
        *head = id;
        return;
    }
    if ((*head & IS_CHAIN) == 0)
        *head = new_link(map, *head, TEXT_INDEX_NONE);
    *head = new_link(map, id, *head);
}

void text_multimap_add(TextMultimap *map, TextRef key, uint32_t id)
{
    uint32_t *head = key != 0 ? text_index_add(map->heads, key, TEXT_INDEX_NONE) : NULL;
    if (head != NULL)
        chain(map, head, id);
}

typedef struct ColumnIds {
    TextMultimap *map;
    const uint32_t *ids; /* NULL: the row itself */
} ColumnIds;

static void add_row(size_t row, uint32_t *head, void *data)
{
    const ColumnIds *column = data;
    chain(column->map, head, column->ids != NULL ? column->ids[row] : (uint32_t)row);
}

void text_multimap_add_column(TextMultimap *map, const TextRef *keys, size_t n, const uint32_t *ids)
{
    ColumnIds column = {.map = map, .ids = ids};
    text_index_add_batch(map->heads, keys, n, add_row, &column);
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
