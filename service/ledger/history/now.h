/* now.h: fingerprints of what is there, as the ledger keeps them.
 *
 * All of one source and kind, in chunks by the first bits of their ref, each chunk ascending; and
 * of every chunk two sums (content, links), so that a quiet night reads sixteen bytes for some two
 * thousand things. In the tables history_sum and history_now. */
#pragma once

#include "ledger/history/things.h"

extern size_t history_chunk; /* things of one, on average; other values are for tests */

typedef struct NowSum {
    uint64_t content, link;
} NowSum;

typedef struct Now {
    Store *store;
    const char *source;
    HistoryKind kind;
    bool is_known; /* false: nothing is kept of this kind and source yet */
    unsigned bits;
    NowSum *sums; /* 1 << bits */
    Bulk *bulk;   /* of now_replace_begin() */
} Now;

static inline size_t now_chunk(const Now *now, uint64_t ref)
{
    return now->bits == 0 ? 0 : (size_t)(ref >> (64 - now->bits));
}
void now_sum_add(NowSum *sum, const Fingerprint *print);
/* How many bits for n things. */
unsigned now_bits_for(size_t n);

/* Reads the sums; they are all zero where nothing is kept. */
bool now_open(Now *now, Store *store, const char *source, HistoryKind kind, GError **error);
void now_close(Now *now);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Now, now_close)

/* Fingerprints of one chunk, ascending, appended. */
bool now_read(Now *now, size_t chunk, GArray *prints, GError **error);
/* Replaces a chunk and its sums in memory; prints ascending. */
bool now_write(Now *now, size_t chunk, const Fingerprint *prints, size_t n, GError **error);
/* Writes the sums. */
bool now_finish(Now *now, GError **error);
/* Everything anew, in chunks that fit n: all chunks ascending, then the end. */
bool now_replace_begin(Now *now, size_t n, GError **error);
bool now_replace_chunk(Now *now, size_t chunk, const Fingerprint *prints, size_t n, GError **error);
bool now_replace_end(Now *now, GError **error);
bool now_replace_all(Now *now, const Fingerprint *prints, size_t n, GError **error);
/* Is a chunk of so many things far too large? */
bool now_is_outgrown(size_t n);
/* Makes chunks fit what is there. */
bool now_regrow(Now *now, GError **error);

/* By ref. */
void fingerprints_sort(Fingerprint *prints, size_t n);
