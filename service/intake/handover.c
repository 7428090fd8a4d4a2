#include "intake/handover.h"

#include "intake/parts.h"

#define BLOCK_BYTES ((size_t)256 << 10)
/* Some milliseconds of work, which is how long the system lets another thread go on. */
#define N_BLOCKS 12

typedef struct Block {
    size_t used;
    _Alignas(16) char bytes[BLOCK_BYTES];
} Block;

/* In a block: an item, its lists, its texts, and the next item at a multiple of 16. */
typedef struct Item {
    size_t size;
    Place place;
    bool is_rejection; /* then `entry.description` says why, and nothing else of it is set */
    DirectoryEntry entry;
} Item;

struct Handover {
    Sink *sink;
    GThread *thread;
    GAsyncQueue *empty, *full; /* of Block; in full the handover itself marks the end */
    Block *block;              /* the one being filled; NULL = none */
};

/* ---- the builder's side ---- */

static const Item *item_at(const Block *block, size_t at)
{
    return (const Item *)(const void *)(block->bytes + at);
}

/* Each entry is looked up by its DN, and its manager too. Returns where the items end whose memory
 * has been fetched. */
static size_t fetch(const Handover *handover, const Block *block, size_t at)
{
    Text dns[DN_TABLE_FETCH];
    size_t n = 0;
    while (at < block->used && n + 2 <= DN_TABLE_FETCH) {
        const Item *item = item_at(block, at);
        if (!item->is_rejection)
            dns[n++] = item->entry.dn;
        if (!item->is_rejection && item->entry.manager.length > 0)
            dns[n++] = item->entry.manager;
        at += item->size;
    }
    dn_table_fetch(&handover->sink->directory->dns, dns, n);
    return at;
}

static void build_item(Sink *sink, const Item *item)
{
    if (item->is_rejection)
        sink_refuse(sink, &item->place, NULL, "%.*s", (int)item->entry.description.length,
                    item->entry.description.data);
    else
        directory_builder_add(sink, &item->entry, &item->place);
}

static gpointer build(gpointer data)
{
    Handover *handover = data;
    for (;;) {
        gpointer next = g_async_queue_pop(handover->full);
        if (next == handover)
            return NULL;
        Block *block = next;
        for (size_t at = 0, fetched = 0; at < block->used; at += item_at(block, at)->size) {
            if (at == fetched)
                fetched = fetch(handover, block, at);
            build_item(handover->sink, item_at(block, at));
        }
        g_async_queue_push_front(handover->empty, block); /* it is still in the cache */
    }
}

/* ---- the connector's side ---- */

Handover *handover_new(Sink *sink)
{
    if (g_get_num_processors() < 2)
        return NULL;
    Handover *handover = g_new0(Handover, 1);
    handover->sink = sink;
    handover->empty = g_async_queue_new_full(g_free);
    handover->full = g_async_queue_new();
    handover->thread = g_thread_try_new("build", build, handover, NULL);
    if (handover->thread == NULL) {
        handover_free(handover);
        return NULL;
    }
    for (size_t i = 0; i < N_BLOCKS; i++)
        g_async_queue_push(handover->empty, g_new(Block, 1));
    return handover;
}

/* Gives the block that is being filled to the builder. */
static void pass_on(Handover *handover)
{
    if (handover->block != NULL)
        g_async_queue_push(handover->full, handover->block);
    handover->block = NULL;
}

void handover_free(Handover *handover)
{
    if (handover == NULL)
        return;
    pass_on(handover);
    if (handover->thread != NULL) {
        g_async_queue_push(handover->full, handover);
        g_thread_join(handover->thread);
    }
    g_async_queue_unref(handover->empty);
    g_async_queue_unref(handover->full);
    g_free(handover);
}

/* Returns when the builder has nothing to do; all blocks are empty then. */
static void drain(Handover *handover)
{
    Block *blocks[N_BLOCKS];
    pass_on(handover);
    for (size_t i = 0; i < N_BLOCKS; i++)
        blocks[i] = g_async_queue_pop(handover->empty);
    for (size_t i = 0; i < N_BLOCKS; i++)
        g_async_queue_push(handover->empty, blocks[i]);
}

/* Room for an item; NULL when it is as long as a block. */
static Item *new_item(Handover *handover, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > BLOCK_BYTES)
        return NULL;
    if (handover->block != NULL && handover->block->used + size > BLOCK_BYTES)
        pass_on(handover);
    if (handover->block == NULL) {
        handover->block = g_async_queue_pop(handover->empty);
        handover->block->used = 0;
    }
    Item *item = (Item *)(void *)(handover->block->bytes + handover->block->used);
    item->size = size;
    handover->block->used += size;
    return item;
}

/* ---- copies ---- */

/* A text or list more in the entry? Then it is counted and copied here too. */
#if UINTPTR_MAX == UINT64_MAX
G_STATIC_ASSERT(sizeof(DirectoryEntry) == 432);
#endif

/* Every single text of an entry. */
#define EACH_TEXT(do_text)                                                                         \
    do_text(dn) do_text(key) do_text(name) do_text(cn) do_text(upn) do_text(mail)                  \
        do_text(display_name) do_text(employee_id) do_text(department) do_text(title)              \
            do_text(description) do_text(manager) do_text(owner) do_text(hostname) do_text(serial) \
                do_text(sid) do_text(primary_group_sid)
#define EACH_LIST(do_list)                                                                         \
    do_list(sid_history) do_list(members) do_list(member_names) do_list(member_sids)

static size_t size_of_list(const Text *texts, size_t n)
{
    size_t size = n * sizeof *texts;
    for (size_t i = 0; i < n; i++)
        size += texts[i].length;
    return size;
}

static size_t size_of(const DirectoryEntry *entry)
{
    size_t size = sizeof(Item);
#define ADD_TEXT(field) size += entry->field.length;
#define ADD_LIST(field) size += size_of_list(entry->field, entry->n_##field);
    EACH_TEXT(ADD_TEXT)
    EACH_LIST(ADD_LIST)
#undef ADD_TEXT
#undef ADD_LIST
    return size;
}

static void copy_text(Text *text, char **at)
{
    if (text->length == 0)
        return;
    memcpy(*at, text->data, text->length);
    text->data = *at;
    *at += text->length;
}

static const Text *copy_list(const Text *from, size_t n, Text **lists, char **at)
{
    Text *to = *lists;
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        copy_text(&to[i], at);
    }
    *lists += n;
    return to;
}

void handover_entry(Handover *handover, const DirectoryEntry *entry, const Place *place)
{
    Item *item = new_item(handover, size_of(entry));
    if (item == NULL) {
        drain(handover);
        directory_builder_add(handover->sink, entry, place);
        return;
    }
    item->place = *place;
    item->is_rejection = false;
    item->entry = *entry;
    DirectoryEntry *copy = &item->entry;
    Text *lists = (Text *)(void *)(item + 1);
    char *at = (char *)(lists + entry->n_sid_history + entry->n_members + entry->n_member_names +
                        entry->n_member_sids);
#define COPY_TEXT(field) copy_text(&copy->field, &at);
#define COPY_LIST(field) copy->field = copy_list(entry->field, entry->n_##field, &lists, &at);
    EACH_TEXT(COPY_TEXT)
    EACH_LIST(COPY_LIST)
#undef COPY_TEXT
#undef COPY_LIST
    item->place.dn = copy->dn; /* where an entry came from is its own DN */
}

void handover_rejection(Handover *handover, const Place *place, const char *what)
{
    Text reason = text_of(what);
    Item *item = new_item(handover, sizeof *item + place->dn.length + reason.length);
    if (item == NULL) {
        drain(handover);
        sink_refuse(handover->sink, place, NULL, "%s", what);
        return;
    }
    char *at = (char *)(item + 1);
    item->place = *place;
    item->is_rejection = true;
    item->entry.description = reason;
    copy_text(&item->place.dn, &at);
    copy_text(&item->entry.description, &at);
}
