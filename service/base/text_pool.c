#include "base/text_pool.h"
#include "base/hash.h"
#include "base/probed.h"

#include <sys/mman.h>

#define MAXIMUM_BYTES (UINT64_C(1) << 32)
#define MINIMUM_BYTES (UINT64_C(1) << 20)
#define PIECE_BYTES (UINT64_C(4) << 20)
#define READY_BYTES (UINT64_C(128) << 10)

/* Address space that pools share: reserved once, so texts never move; offset 0 is the empty text.
 * It is handed out from its beginning, piece by piece. */
typedef struct TextSpace {
    GMutex lock;
    guint n_pools;
    char *bytes;
    uint64_t reserved;
    uint64_t handed_out; /* and writable */
} TextSpace;

struct TextPool {
    TextSpace *space;
    char *bytes;    /* of the space */
    uint64_t used;  /* where the next text will stand */
    uint64_t ready; /* up to here memory is there */
    uint64_t end;   /* of the piece it stands in */
    bool is_full;
    /* Interned texts: open addressing, 0 = free. */
    TextRef *slots;
    uint32_t *hashes;
    size_t n_slots, n_interned;
};

/* Address space costs nothing until it is touched, except where a limit (RLIMIT_AS) says otherwise:
 * then there is less of it and it is full earlier. PROT_NONE is not charged where overcommit is
 * off.
 */
static TextSpace *space_new(void)
{
    TextSpace *space = g_new0(TextSpace, 1);
    void *bytes = MAP_FAILED;
    uint64_t size = MAXIMUM_BYTES;
    for (; size >= MINIMUM_BYTES && bytes == MAP_FAILED; size /= 2) {
        bytes = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        space->reserved = size;
    }
    if (bytes == MAP_FAILED)
        g_error("no address space for texts");
    space->bytes = bytes;
    g_mutex_init(&space->lock);
    return space;
}

static void space_unref(TextSpace *space)
{
    g_mutex_lock(&space->lock);
    bool is_last = --space->n_pools == 0;
    g_mutex_unlock(&space->lock);
    if (!is_last)
        return;
    munmap(space->bytes, space->reserved);
    g_mutex_clear(&space->lock);
    g_free(space);
}

/* A piece of at least n bytes, from *ret_begin; false when there is none. */
static bool take_piece(TextSpace *space, uint64_t n, uint64_t *ret_begin, uint64_t *ret_end)
{
    g_mutex_lock(&space->lock);
    uint64_t begin = space->handed_out, left = space->reserved - begin;
    uint64_t piece = MIN((n + PIECE_BYTES - 1) / PIECE_BYTES * PIECE_BYTES, left);
    bool is_taken = n <= left && mprotect(space->bytes + begin, piece, PROT_READ | PROT_WRITE) == 0;
    if (is_taken) {
        *ret_begin = begin;
        *ret_end = space->handed_out = begin + piece;
    }
    g_mutex_unlock(&space->lock);
    return is_taken;
}

/* Many pages at once, ahead of the texts that will fill them. */
static bool make_ready(TextPool *pool, uint64_t n)
{
    uint64_t ready = MIN(MAX(pool->used + n, pool->ready + READY_BYTES), pool->end);
    probed_populate(pool->bytes + pool->ready, ready - pool->ready);
    pool->ready = ready;
    return true;
}

/* Makes sure that n more bytes can be written; false and full for ever when they cannot. */
static inline bool make_room(TextPool *pool, uint64_t n)
{
    uint64_t begin, end = pool->end;
    if (n <= pool->ready - pool->used)
        return true;
    if (n <= end - pool->used)
        return make_ready(pool, n);
    if (pool->is_full || !take_piece(pool->space, n, &begin, &pool->end)) {
        pool->is_full = true;
        return false;
    }
    if (begin != end) /* somebody else's piece lies between */
        pool->used = pool->ready = begin;
    return make_ready(pool, n);
}

static TextPool *pool_in(TextSpace *space)
{
    TextPool *pool = g_new0(TextPool, 1);
    pool->space = space;
    pool->bytes = space->bytes;
    space->n_pools++;
    return pool;
}

TextPool *text_pool_new(void)
{
    TextPool *pool = pool_in(space_new());
    if (!make_room(pool, 1))
        g_error("no memory for texts");
    pool->used = 1;
    return pool;
}

TextPool *text_pool_new_beside(const TextPool *other)
{
    g_mutex_lock(&other->space->lock);
    TextPool *pool = pool_in(other->space);
    pool->used = pool->ready = pool->end = other->space->handed_out;
    g_mutex_unlock(&other->space->lock);
    return pool;
}

void text_pool_free(TextPool *pool)
{
    if (pool == NULL)
        return;
    space_unref(pool->space);
    g_free(pool->slots);
    g_free(pool->hashes);
    g_free(pool);
}

TextRef text_pool_add(TextPool *pool, Text text)
{
    if (text.length == 0 || !make_room(pool, text.length + 1))
        return 0;
    TextRef ref = (TextRef)pool->used;
    memcpy(pool->bytes + ref, text.data, text.length);
    pool->bytes[ref + text.length] = '\0';
    pool->used += text.length + 1;
    return ref;
}

bool text_pool_holds(const TextPool *pool, TextRef ref, Text text)
{
    return ref + text.length < pool->used &&
           memcmp(pool->bytes + ref, text.data, text.length) == 0 &&
           pool->bytes[ref + text.length] == '\0';
}

static void grow_slots(TextPool *pool)
{
    size_t n_slots = pool->n_slots == 0 ? 1024 : pool->n_slots * 2;
    TextRef *slots = probed_new(TextRef, n_slots);
    uint32_t *hashes = g_new(uint32_t, n_slots);
    for (size_t i = 0; i < pool->n_slots; i++) {
        if (pool->slots[i] == 0)
            continue;
        size_t at = pool->hashes[i] & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = pool->slots[i];
        hashes[at] = pool->hashes[i];
    }
    g_free(pool->slots);
    g_free(pool->hashes);
    pool->slots = slots;
    pool->hashes = hashes;
    pool->n_slots = n_slots;
}

TextRef text_pool_intern(TextPool *pool, Text text)
{
    if (text.length == 0)
        return 0;
    if (pool->n_interned * 2 >= pool->n_slots)
        grow_slots(pool);

    uint32_t hash = (uint32_t)hash_exact(text.data, text.length);
    size_t at = hash & (pool->n_slots - 1);
    while (pool->slots[at] != 0) {
        if (pool->hashes[at] == hash && text_pool_holds(pool, pool->slots[at], text))
            return pool->slots[at];
        at = (at + 1) & (pool->n_slots - 1);
    }
    TextRef ref = text_pool_add(pool, text);
    if (ref != 0) {
        pool->slots[at] = ref;
        pool->hashes[at] = hash;
        pool->n_interned++;
    }
    return ref;
}

const char *text_pool_get(const TextPool *pool, TextRef ref)
{
    return pool->bytes + ref;
}

bool text_pool_is_full(const TextPool *pool)
{
    return pool->is_full;
}

size_t text_pool_end(const TextPool *pool)
{
    return pool->used;
}
