#include "base/text_pool.h"
#include "base/hash.h"
#include "base/probed.h"

#include <sys/mman.h>

#define MAXIMUM_BYTES (UINT64_C(1) << 32)
#define MINIMUM_BYTES (UINT64_C(1) << 20)
#define COMMIT_BYTES (UINT64_C(16) << 20)

struct TextPool {
    char *bytes;        /* reserved once, so texts never move; offset 0 is the empty text */
    uint64_t reserved;  /* address space */
    uint64_t committed; /* of it, made writable so far */
    uint64_t used;
    bool is_full;
    /* Interned texts: open addressing, 0 = free. */
    TextRef *slots;
    uint32_t *hashes;
    size_t n_slots, n_interned;
};

/* Address space costs nothing until it is touched, except where a limit (RLIMIT_AS) says otherwise:
 * then the pool is smaller and is full earlier. PROT_NONE is not charged where overcommit is off.
 */
static void reserve(TextPool *pool)
{
    void *bytes = MAP_FAILED;
    uint64_t size = MAXIMUM_BYTES;
    for (; size >= MINIMUM_BYTES && bytes == MAP_FAILED; size /= 2) {
        bytes = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        pool->reserved = size;
    }
    if (bytes == MAP_FAILED)
        g_error("no address space for texts");
    pool->bytes = bytes;
}

/* Makes sure that n more bytes can be written; false and full for ever when they cannot. */
static bool make_room(TextPool *pool, uint64_t n)
{
    uint64_t needed = pool->used + n;
    if (needed <= pool->committed)
        return true;
    if (pool->is_full || needed > pool->reserved) {
        pool->is_full = true;
        return false;
    }
    uint64_t wanted = MAX(needed, pool->committed + MAX(COMMIT_BYTES, pool->committed / 4));
    wanted = MIN((wanted + COMMIT_BYTES - 1) / COMMIT_BYTES * COMMIT_BYTES, pool->reserved);
    if (mprotect(pool->bytes, wanted, PROT_READ | PROT_WRITE) != 0) {
        pool->is_full = true;
        return false;
    }
    pool->committed = wanted;
    return true;
}

TextPool *text_pool_new(void)
{
    TextPool *pool = g_new0(TextPool, 1);
    reserve(pool);
    if (!make_room(pool, 1))
        g_error("no memory for texts");
    pool->used = 1;
    return pool;
}

void text_pool_free(TextPool *pool)
{
    if (pool == NULL)
        return;
    munmap(pool->bytes, pool->reserved);
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

size_t text_pool_size(const TextPool *pool)
{
    return pool->used;
}

uint32_t text_pool_append(TextPool *pool, const TextPool *other)
{
    uint64_t n = other->used - 1; /* without other's empty text */
    if (other->is_full)
        pool->is_full = true;
    if (!make_room(pool, n))
        return 0;
    uint32_t shift = (uint32_t)(pool->used - 1);
    memcpy(pool->bytes + pool->used, other->bytes + 1, n);
    pool->used += n;
    return shift;
}
