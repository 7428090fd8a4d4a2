/* duplicates.h: rows that share an id which must be unique. Cost: about 50 ns a row, 8 bytes a row
 * while it runs. */
#pragma once

#include "model/snapshot.h"

/* row has the same text as first, which came earlier and is the first one of them. */
typedef void (*DuplicatesVisit)(uint32_t first, uint32_t row, void *data);

/* Exact comparison; rows without a key (0) are passed over. */
void duplicates_find(const TextPool *pool, const TextRef *keys, uint32_t n, DuplicatesVisit visit,
                     void *data);
