#include "ledger/history/now.h"

#include "base/sorting.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BITS 20

size_t history_chunk = 2048;

unsigned now_bits_for(size_t n)
{
    unsigned bits = 0;

    while (bits < MOST_BITS && n >> bits > history_chunk)
        bits++;
    return bits;
}

static inline uint64_t mixed(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ UINT64_C(0xa0761d6478bd642f)) * (b ^ UINT64_C(0xe7037ed1a0b428db));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void now_sum_add(NowSum *sum, const Fingerprint *print)
{
    sum->content += mixed(print->ref, print->hash);
    sum->link += mixed(print->link, print->ref);
}

/* Only accounts have links. */
static size_t width_of(HistoryKind kind)
{
    return kind == HISTORY_ACCOUNT ? 3 : 2;
}

static void bind_name(const Now *now, Statement *statement)
{
    statement_bind(statement, text_value(now->source), text_value(history_kinds[now->kind]));
}

bool now_open(Now *now, Store *store, const char *source, HistoryKind kind, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT bits, body FROM history_sum WHERE source = $1 AND kind = $2", error);
    size_t size = 0;

    *now = (Now){.store = store, .source = source, .kind = kind};
    if (!row)
        return false;
    bind_name(now, row);
    StoreStep step = statement_step(row, error);
    if (step == STORE_ROW) {
        now->is_known = true;
        now->bits = (unsigned)CLAMP(statement_integer(row, 0), 0, MOST_BITS);
    }
    size_t n = (size_t)1 << now->bits;
    now->sums = g_new0(NowSum, n);
    const void *body = step == STORE_ROW ? statement_blob(row, 1, &size) : NULL;
    if (size == n * sizeof *now->sums)
        memcpy(now->sums, body, size);
    for (size_t i = 0; i < n; i++)
        now->sums[i] = (NowSum){le64toh(now->sums[i].content), le64toh(now->sums[i].link)};
    return step != STORE_FAILED;
}

void now_close(Now *now)
{
    g_clear_pointer(&now->sums, g_free);
    g_clear_pointer(&now->bulk, bulk_free);
}

bool now_read(Now *now, size_t chunk, GArray *prints, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        now->store, "SELECT body FROM history_now WHERE source = $1 AND kind = $2 AND place = $3",
        error);
    size_t size = 0, width = width_of(now->kind);

    if (!row)
        return false;
    statement_bind(row, text_value(now->source), text_value(history_kinds[now->kind]),
                   integer_value((int64_t)chunk));
    StoreStep step = statement_step(row, error);
    const uint8_t *at = step == STORE_ROW ? statement_blob(row, 0, &size) : NULL;
    for (size_t i = 0; i < size / (width * 8); i++, at += width * 8) {
        uint64_t words[3] = {0};
        memcpy(words, at, width * 8);
        Fingerprint print = {le64toh(words[0]), le64toh(words[1]), le64toh(words[2]), NONE};
        g_array_append_val(prints, print);
    }
    return step != STORE_FAILED;
}

static uint8_t *packed(const Now *now, const Fingerprint *prints, size_t n)
{
    size_t width = width_of(now->kind);
    uint8_t *data = g_malloc(n * width * 8 + 1), *at = data;

    for (size_t i = 0; i < n; i++, at += width * 8) {
        uint64_t words[3] = {htole64(prints[i].ref), htole64(prints[i].hash),
                             htole64(prints[i].link)};
        memcpy(at, words, width * 8);
    }
    return data;
}

static void sum_chunk(Now *now, size_t chunk, const Fingerprint *prints, size_t n)
{
    now->sums[chunk] = (NowSum){0};
    for (size_t i = 0; i < n; i++)
        now_sum_add(&now->sums[chunk], &prints[i]);
}

bool now_write(Now *now, size_t chunk, const Fingerprint *prints, size_t n, GError **error)
{
    g_autoptr(Statement) upsert =
        store_prepare(now->store,
                      "INSERT INTO history_now (source, kind, place, body) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (source, kind, place) "
                      "DO UPDATE SET body = excluded.body",
                      error);
    g_autofree uint8_t *data = packed(now, prints, n);

    if (!upsert)
        return false;
    sum_chunk(now, chunk, prints, n);
    statement_bind(upsert, text_value(now->source), text_value(history_kinds[now->kind]),
                   integer_value((int64_t)chunk), blob_value(data, n * width_of(now->kind) * 8));
    return statement_run(upsert, error);
}

bool now_finish(Now *now, GError **error)
{
    size_t n = (size_t)1 << now->bits;
    g_autofree NowSum *sums = g_new(NowSum, n);
    g_autoptr(Statement) upsert = store_prepare(
        now->store,
        "INSERT INTO history_sum (source, kind, bits, body) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (source, kind) DO UPDATE SET bits = excluded.bits, body = excluded.body",
        error);

    if (!upsert)
        return false;
    for (size_t i = 0; i < n; i++)
        sums[i] = (NowSum){htole64(now->sums[i].content), htole64(now->sums[i].link)};
    statement_bind(upsert, text_value(now->source), text_value(history_kinds[now->kind]),
                   integer_value(now->bits), blob_value(sums, n * sizeof *sums));
    return statement_run(upsert, error);
}

/* ---- sorting ---- */

static int compare_prints(const void *a, const void *b)
{
    uint64_t left = ((const Fingerprint *)a)->ref;
    uint64_t right = ((const Fingerprint *)b)->ref;

    return (left > right) - (left < right);
}

#define INDEX_BITS 24

/* Refs are as good as random: their upper 40 bits, with the place below them, sort nearly all. */
void fingerprints_sort(Fingerprint *prints, size_t n)
{
    if (n < 2)
        return;
    if (n >> INDEX_BITS != 0) {
        qsort(prints, n, sizeof *prints, compare_prints);
        return;
    }
    g_autofree uint64_t *order = g_new(uint64_t, 2 * n + 1);
    g_autofree Fingerprint *sorted = g_new(Fingerprint, n + 1);
    for (size_t i = 0; i < n; i++)
        order[i] = (prints[i].ref >> INDEX_BITS << INDEX_BITS) | i;
    sort_numbers(order, order + n, n);
    for (size_t i = 0; i < n; i++) {
        Fingerprint print = prints[order[i] & ((UINT64_C(1) << INDEX_BITS) - 1)];
        size_t at = i;
        for (; at > 0 && sorted[at - 1].ref > print.ref; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = print;
    }
    if (n > 0)
        memcpy(prints, sorted, n * sizeof *prints);
}

/* ---- everything anew ---- */

static bool remove_all(const Now *now, GError **error)
{
    g_autoptr(Statement) statement =
        store_prepare(now->store, "DELETE FROM history_now WHERE source = $1 AND kind = $2", error);
    if (!statement)
        return false;
    bind_name(now, statement);
    return statement_run(statement, error);
}

bool now_replace_begin(Now *now, size_t n, GError **error)
{
    if (now->is_known && !remove_all(now, error))
        return false;
    now->bits = now_bits_for(n);
    g_free(now->sums);
    now->sums = g_new0(NowSum, (size_t)1 << now->bits);
    now->bulk = bulk_new(now->store, "history_now", "source, kind, place, body", error);
    return now->bulk != NULL;
}

bool now_replace_chunk(Now *now, size_t chunk, const Fingerprint *prints, size_t n, GError **error)
{
    g_autofree uint8_t *data = packed(now, prints, n);

    sum_chunk(now, chunk, prints, n);
    return bulk_add(now->bulk, error, text_value(now->source), text_value(history_kinds[now->kind]),
                    integer_value((int64_t)chunk), blob_value(data, n * width_of(now->kind) * 8));
}

bool now_replace_end(Now *now, GError **error)
{
    return bulk_end(now->bulk, error) && now_finish(now, error);
}

bool now_is_outgrown(size_t n)
{
    return n > 8 * history_chunk;
}

bool now_replace_all(Now *now, const Fingerprint *prints, size_t n, GError **error)
{
    size_t begin = 0;

    if (!now_replace_begin(now, n, error))
        return false;
    for (size_t chunk = 0; chunk < (size_t)1 << now->bits; chunk++) {
        size_t end = begin;
        while (end < n && now_chunk(now, prints[end].ref) == chunk)
            end++;
        if (!now_replace_chunk(now, chunk, &prints[begin], end - begin, error))
            return false;
        begin = end;
    }
    return now_replace_end(now, error);
}

bool now_regrow(Now *now, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Fingerprint));

    for (size_t chunk = 0; chunk < (size_t)1 << now->bits; chunk++) {
        if (!now_read(now, chunk, all, error))
            return false;
    }
    return now_replace_all(now, (const Fingerprint *)(const void *)all->data, all->len, error);
}
