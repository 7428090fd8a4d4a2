/* text_pool.h: the one place where texts of a snapshot live.
 *
 * Texts are appended to one growing reservation of address space and never move or change; a
 * TextRef is the offset of its first byte. Limit: 4 GiB of text (about ten million accounts);
 * beyond it text_pool_add() returns 0 and text_pool_is_full() says so, which makes the pull
 * incomplete instead of wrong. Cost: add is one copy. Not for two threads at once. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t TextRef; /* 0 = no text */
typedef struct TextPool TextPool;

TextPool *text_pool_new(void);
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
size_t text_pool_size(const TextPool *pool); /* bytes in use */
/* Appends all of other to pool; refs of other become ref + the returned shift (0 stays 0). */
uint32_t text_pool_append(TextPool *pool, const TextPool *other);
