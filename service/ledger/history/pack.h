/* pack.h: hundreds of versions of one run, source and kind in one row.
 *
 * A first night brings millions of versions; a row each would cost more than everything else that
 * night does. A pack holds them one behind the other, each as length and bytes of the key, then
 * length + 1 and bytes of the body (0 = gone), the whole compressed (LZ4). Some sixty
 * kilobytes each: what one look at one thing has to expand. */
#pragma once

#include "ledger/history/body.h"

#define PACK_SIZE 60000 /* bytes before compressing; one body may be longer than that */

typedef struct Pack {
    Body bytes; /* as it grows; only data, size and room are used */
    uint32_t n;
} Pack;

void pack_clear(Pack *pack); /* releases */
void pack_begin(Pack *pack);
/* body.data NULL: gone. */
void pack_add(Pack *pack, Text key, Text body);
static inline bool pack_is_full(const Pack *pack)
{
    return pack->bytes.size >= PACK_SIZE;
}

/* The entries compressed, newly allocated. */
uint8_t *pack_seal(const Pack *pack, size_t *ret_size);

typedef struct PackReader {
    uint8_t *data; /* owned */
    const uint8_t *at, *end;
    bool is_broken;
    Text key, body; /* of the entry; body.data NULL: gone */
} PackReader;

/* The compressed bytes and the size when expanded, as the row has them. False when they are broken.
 */
bool pack_open(PackReader *reader, const void *data, size_t n, int64_t size);
void pack_close(PackReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PackReader, pack_close)
/* The next entry; false at the end. */
bool pack_next(PackReader *reader);
