/* text_pool.h: the one place where texts of a snapshot live.
 *
 * Texts are appended to one growing reservation of address space and never move or change; a
 * TextRef is the offset of its first byte. Pools that several threads fill beside each other share
 * that space: each takes pieces of it, so what was read apart needs no joining. Limit: 4 GiB of
 * text (about ten million accounts) in all; beyond it text_pool_add() returns 0 and
 * text_pool_is_full() says so, which makes the pull incomplete instead of wrong. Cost: add is one
 * copy. A pool is not for two threads at once. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t TextRef; /* 0 = no text */
typedef struct TextPool TextPool;

TextPool *text_pool_new(void);
/* Another pool for the same space: refs of each can be read by the other, and stay good until the
 * last of them is freed. Which of them has the lower refs is left to chance. */
TextPool *text_pool_new_beside(const TextPool *other);
void text_pool_free(TextPool *pool); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextPool, text_pool_free)

/* Stores a copy with a NUL behind it. The empty text is 0. The caller has made it valid UTF-8
 * without NUL. */
TextRef text_pool_add(TextPool *pool, Text text);
/* Stores it once however often it is added: for values that repeat (departments, titles, zones). */
TextRef text_pool_intern(TextPool *pool, Text text);
const char *text_pool_get(const TextPool *pool,
                          TextRef ref); /* "" for 0; valid as long as the pool */
/* Is it this very text? ref is one of the pool's. */
bool text_pool_holds(const TextPool *pool, TextRef ref, Text text);
bool text_pool_is_full(const TextPool *pool);
/* Where the next text will stand: what is read from a ref of this pool must end before it. */
size_t text_pool_end(const TextPool *pool);
