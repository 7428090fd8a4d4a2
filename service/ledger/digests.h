/* digests.h: what all exceptions that are not resolved are, in a few kilobytes, so that a quiet
 * night need not read them.
 *
 * Exceptions fall into buckets by the first bits of their identity (a hash), some sixty in each. A
 * bucket is the SHA-256 of what a night compares: identity, facts and severity of each, in the
 * order of identities. The list is written out whole and in one order, so equal digests mean equal
 * lists: not to read a bucket is as sure as to compare it row by row. (Sums of hashes could be made
 * to cancel each other by whoever may choose many names.) Written by merges only, in the
 * transaction that changes the exceptions; nothing else changes what they are made of. With them
 * lies the tally, which counts as long as the audit has no later row about an exception. Cost: a
 * sort and a digest of 25 bytes an exception, on all processors; 32 kilobytes for sixty thousand.
 */
#pragma once

#include "base/digest.h"
#include "ledger/audit.h"
#include "ledger/tally.h"

extern size_t digests_bucket_size; /* exceptions of one, on average; other values are for tests */

typedef struct DigestRow {
    uint8_t identity[16];
    uint64_t facts;
    uint32_t severity;
} DigestRow;

typedef struct Digests {
    unsigned bits;
    uint8_t *sums; /* 1 << bits of DIGEST_SIZE; NULL = there are none */
} Digests;

void digests_clear(Digests *digests);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Digests, digests_clear)

unsigned digests_bits_for(size_t n);
/* Would other buckets fit n exceptions much better? */
bool digests_are_outgrown(const Digests *digests, size_t n);
static inline size_t digests_n(const Digests *digests)
{
    return (size_t)1 << digests->bits;
}
size_t digests_bucket(const Digests *digests, const uint8_t *identity);
const uint8_t *digests_of(const Digests *digests, size_t bucket);
/* The least and the greatest identity of a bucket. */
void digests_limits(const Digests *digests, size_t bucket, uint8_t ret_least[16],
                    uint8_t ret_greatest[16]);

/* Each identity once, in any order. */
void digests_make(Digests *digests, unsigned bits, const DigestRow *rows, size_t n);

/* sums NULL where nothing is kept. *ret_tally: of what is not resolved, kept or counted anew;
 * *ret_is_current: the kept one counts. */
bool digests_read(Digests *digests, Tally **ret_tally, bool *ret_is_current, Store *store,
                  GError **error);
/* Behind the last audit row about an exception. */
bool digests_write(const Digests *digests, const Tally *tally, const Audit *audit, Store *store,
                   GError **error);
