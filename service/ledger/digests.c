#include "ledger/digests.h"

#include "base/digest.h"
#include "base/tasks.h"
#include "ledger/ledger_private.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

size_t digests_bucket_size = 64;

#define MOST_BITS 16

void digests_clear(Digests *digests)
{
    g_clear_pointer(&digests->sums, g_free);
}

unsigned digests_bits_for(size_t n)
{
    unsigned bits = 0;

    while (bits < MOST_BITS && n >> bits > digests_bucket_size)
        bits++;
    return bits;
}

bool digests_are_outgrown(const Digests *digests, size_t n)
{
    unsigned wanted = digests_bits_for(n);

    return wanted > digests->bits + 2 || wanted + 2 < digests->bits;
}

static uint32_t first_bits(const uint8_t *identity)
{
    uint32_t first;

    memcpy(&first, identity, sizeof first);
    return be32toh(first);
}

size_t digests_bucket(const Digests *digests, const uint8_t *identity)
{
    return digests->bits == 0 ? 0 : first_bits(identity) >> (32 - digests->bits);
}

const uint8_t *digests_of(const Digests *digests, size_t bucket)
{
    return &digests->sums[bucket * DIGEST_SIZE];
}

void digests_limits(const Digests *digests, size_t bucket, uint8_t ret_least[16],
                    uint8_t ret_greatest[16])
{
    uint32_t rest = digests->bits == 0 ? UINT32_MAX : UINT32_MAX >> digests->bits;
    uint32_t least = digests->bits == 0 ? 0 : (uint32_t)bucket << (32 - digests->bits);
    uint32_t first = htobe32(least), last = htobe32(least | rest);

    memset(ret_least, 0, 16);
    memset(ret_greatest, 0xff, 16);
    memcpy(ret_least, &first, sizeof first);
    memcpy(ret_greatest, &last, sizeof last);
}

/* ---- making them ---- */

/* As a row is digested: identity, facts (little-endian), severity. */
#define PACKED_SIZE 25

typedef struct Making {
    Digests *digests;
    uint8_t *packed; /* by bucket */
    size_t *first;   /* row of each bucket in packed; one more at the end */
} Making;

static void pack(uint8_t *at, const DigestRow *row)
{
    uint64_t facts = htole64(row->facts);

    memcpy(at, row->identity, 16);
    memcpy(at + 16, &facts, sizeof facts);
    at[24] = (uint8_t)row->severity;
}

static int compare_packed(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void digest_buckets(void *data, size_t begin, size_t end)
{
    const Making *making = data;

    for (size_t bucket = begin; bucket < end; bucket++) {
        uint8_t *rows = &making->packed[making->first[bucket] * PACKED_SIZE];
        size_t n = making->first[bucket + 1] - making->first[bucket];
        qsort(rows, n, PACKED_SIZE, compare_packed);
        digest_bytes(rows, n * PACKED_SIZE, &making->digests->sums[bucket * DIGEST_SIZE]);
    }
}

void digests_make(Digests *digests, unsigned bits, const DigestRow *rows, size_t n)
{
    digests->bits = bits;
    size_t n_buckets = digests_n(digests);
    g_autofree size_t *first = g_new0(size_t, n_buckets + 2);
    g_autofree uint8_t *packed = g_malloc(n * PACKED_SIZE + 1);

    for (size_t i = 0; i < n; i++)
        first[digests_bucket(digests, rows[i].identity) + 2]++;
    for (size_t i = 0; i < n_buckets; i++)
        first[i + 2] += first[i + 1];
    for (size_t i = 0; i < n; i++) {
        size_t at = first[digests_bucket(digests, rows[i].identity) + 1]++;
        pack(&packed[at * PACKED_SIZE], &rows[i]);
    }
    digests_clear(digests);
    digests->sums = g_new(uint8_t, n_buckets * DIGEST_SIZE);
    tasks_run_ranges(digest_buckets, &(Making){digests, packed, first}, n_buckets);
}

/* ---- keeping them ---- */

/* Decisions change the status of an exception, and each leaves its audit row. */
static bool is_tally_current(Store *store, int64_t audit, bool *ret_is_current, GError **error)
{
    g_autoptr(Statement) later = store_prepare(
        store, "SELECT count(*) FROM audit WHERE id > $1 AND object LIKE 'EX-%'", error);

    if (!later)
        return false;
    statement_bind(later, integer_value(audit));
    if (statement_step(later, error) != STORE_ROW)
        return false;
    *ret_is_current = statement_integer(later, 0) == 0;
    return true;
}

static bool read_kept(Digests *digests, Tally **ret_tally, int64_t *ret_audit, Store *store,
                      GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT bits, body, tally, audit FROM exception_digest", error);
    StoreStep step = row ? statement_step(row, error) : STORE_FAILED;
    size_t size = 0;

    if (step != STORE_ROW)
        return step == STORE_DONE;
    int64_t bits = statement_integer(row, 0);
    const void *body = statement_blob(row, 1, &size);
    if (bits < 0 || bits > MOST_BITS || size != (size_t)DIGEST_SIZE << bits)
        return true; /* as if there were none */
    digests->bits = (unsigned)bits;
    digests->sums = g_memdup2(body, size);
    *ret_tally = tally_from_text(statement_text(row, 2));
    *ret_audit = statement_integer(row, 3);
    return true;
}

bool digests_read(Digests *digests, Tally **ret_tally, bool *ret_is_current, Store *store,
                  GError **error)
{
    g_autoptr(Tally) tally = NULL;
    int64_t audit = 0;

    *ret_is_current = false;
    if (!read_kept(digests, &tally, &audit, store, error) ||
        (tally && !is_tally_current(store, audit, ret_is_current, error)))
        return false;
    *ret_tally = *ret_is_current ? g_steal_pointer(&tally) : tally_read(store, error);
    return *ret_tally != NULL;
}

bool digests_write(const Digests *digests, const Tally *tally, const Audit *audit, Store *store,
                   GError **error)
{
    g_autofree char *text = tally_to_text(tally);
    g_autoptr(Statement) upsert = store_prepare(
        store,
        "INSERT INTO exception_digest (id, bits, body, tally, audit) VALUES (1, $1, $2, $3, $4) "
        "ON CONFLICT (id) DO UPDATE SET bits = excluded.bits, body = excluded.body, "
        "tally = excluded.tally, audit = excluded.audit",
        error);

    if (!upsert)
        return false;
    statement_bind(upsert, integer_value(digests->bits),
                   blob_value(digests->sums, digests_n(digests) * DIGEST_SIZE), text_value(text),
                   integer_value(audit_last_id(audit)));
    return statement_run(upsert, error);
}
