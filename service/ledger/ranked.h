/* ranked.h: the number and the name of every exception that fits a filter, in the order of a list.
 *
 * The first page of a list comes out of an index of the database; a page far behind it costs all
 * that stands before, and a part of a name all rows there are. So such a list is read once, and
 * kept (kept.h) until the ledger changes: then a page is a piece of it, and a search one pass over
 * the names, which lie folded one behind the other. Cost: 12 bytes and the name a row; searching
 * 50,000 names 0.1 ms. */
#pragma once

#include "ledger/store.h"

typedef struct Ranked Ranked;

/* Steps through rows of (id, name) to their end. NULL on failure. */
Ranked *ranked_read(Statement *rows, GError **error);
void ranked_free(Ranked *ranked); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ranked, ranked_free)
int64_t ranked_size(const Ranked *ranked);

/* Appends the ids (int64_t) number first to first + limit - 1 of those whose name has the text in
 * it, whatever its case; NULL: of all. Returns how many there are in all. */
int64_t ranked_find(const Ranked *ranked, const char *text, int64_t first, int64_t limit,
                    GArray *ids);
