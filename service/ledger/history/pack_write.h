/* pack_write.h: very many versions of one source and kind, written as packs.
 *
 * Bodies are made and compressed on all processors while what is done is written. Memory: some
 * megabytes for packs under way, and 32 bytes a version. */
#pragma once

#include "ledger/history/recall.h"

/* From so many versions on, packs: rows would cost more than all else that the night writes. Other
 * values than 1024 are for tests. */
extern size_t history_pack_least;

typedef struct PackWrite {
    /* in */
    Store *store;
    const Things *things; /* with things_hash_principals() done where kind is a list */
    HistoryKind kind;
    uint8_t source;
    int64_t run;
    const uint32_t *rows; /* of the snapshot */
    size_t n;
    const char *const *gone; /* keys; NULL-terminated, or NULL */
    /* out, owned; per row of rows, then of gone */
    uint64_t *refs;           /* 0: has no version */
    uint64_t *hashes, *links; /* links of accounts only */
    uint32_t *places;
    /* private */
    Bulk *bulk;
    uint32_t n_places;
} PackWrite;

bool pack_write(PackWrite *write, GError **error);
void pack_write_clear(PackWrite *write);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PackWrite, pack_write_clear)

/* Writes the index of what pack_write() wrote, and, when now is not NULL, its fingerprints as all
 * that there is. */
bool pack_write_index(PackWrite *write, Now *now, GError **error);
