#include "ledger/history/history_fetch.h"

#include "ledger/history/history_index.h"
#include "ledger/history/pack.h"

#include <stdlib.h>

/* A ref that may be in a pack. */
typedef struct Candidate {
    uint32_t place;
    uint32_t index; /* of refs */
} Candidate;

typedef struct Fetch {
    Store *store;
    const char *source;
    HistoryKind kind;
    const uint64_t *refs;
    size_t n;
    int64_t until_run;
    HistoryFound found;
    void *data;
    GArray *runs;     /* (element-type int64) that wrote packs, newest first */
    int64_t *row_run; /* per ref: of its newest row, 0 = none; -1: found already */
} Fetch;

static bool read_runs(Fetch *fetch, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(fetch->store,
                      "SELECT run FROM history_pack WHERE source = $1 AND kind = $2 AND "
                      "run <= $3 AND place = 0 ORDER BY run DESC",
                      error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, text_value(fetch->source), text_value(history_kinds[fetch->kind]),
                   integer_value(fetch->until_run));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t run = statement_integer(rows, 0);
        g_array_append_val(fetch->runs, run);
    }
    return step == STORE_DONE;
}

/* ---- rows ---- */

/* Visits rows that no pack can be newer than. is_last: all that are left. */
static bool visit_rows(Fetch *fetch, bool is_last, GError **error)
{
    int64_t newest_pack = fetch->runs->len > 0 ? g_array_index(fetch->runs, int64_t, 0) : 0;
    g_autoptr(Statement) row = store_prepare(
        fetch->store,
        "SELECT key, run, body FROM history WHERE source = $1 AND kind = $2 AND ref = $3 AND "
        "run <= $4 ORDER BY run DESC LIMIT 1",
        error);

    for (size_t i = 0; row && i < fetch->n; i++) {
        if (is_last && fetch->row_run[i] <= 0)
            continue;
        statement_bind(row, text_value(fetch->source), text_value(history_kinds[fetch->kind]),
                       integer_value((int64_t)fetch->refs[i]), integer_value(fetch->until_run));
        StoreStep step = statement_step(row, error);
        if (step == STORE_FAILED)
            return false;
        if (step == STORE_DONE)
            continue;
        HistoryVersion version = history_version_of(row);
        bool is_newest = is_last || version.run > newest_pack;
        fetch->row_run[i] = is_newest ? -1 : version.run;
        if (is_newest && !fetch->found(i, &version, fetch->data, error))
            return false;
        statement_reset(row);
    }
    return row != NULL;
}

/* ---- packs ---- */

/* A chunk of the index, kept while refs fall into it. */
typedef struct IndexChunk {
    GByteArray *data;
    uint32_t last; /* upper half of its last pair */
    bool is_open;
} IndexChunk;

static bool open_chunk(Fetch *fetch, int64_t run, uint32_t upper, IndexChunk *chunk, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        fetch->store,
        "SELECT body FROM history_pack_index WHERE source = $1 AND kind = $2 AND run = $3 AND "
        "first <= $4 ORDER BY first DESC LIMIT 1",
        error);
    size_t size = 0;

    if (!row)
        return false;
    statement_bind(row, text_value(fetch->source), text_value(history_kinds[fetch->kind]),
                   integer_value(run), integer_value(upper));
    StoreStep step = statement_step(row, error);
    const uint8_t *data = step == STORE_ROW ? statement_blob(row, 0, &size) : NULL;
    g_byte_array_set_size(chunk->data, 0);
    if (size >= sizeof(IndexPair)) {
        g_byte_array_append(chunk->data, data, (guint)size);
        chunk->last = index_pair_at(data, size / sizeof(IndexPair) - 1).upper;
    }
    chunk->is_open = size >= sizeof(IndexPair);
    return step != STORE_FAILED;
}

static void find_in_chunk(const IndexChunk *chunk, uint32_t upper, uint32_t index,
                          GArray *candidates)
{
    size_t low = 0, n = chunk->data->len / sizeof(IndexPair), high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index_pair_at(chunk->data->data, middle).upper < upper)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n && index_pair_at(chunk->data->data, low).upper == upper; low++) {
        Candidate candidate = {index_pair_at(chunk->data->data, low).place, index};
        g_array_append_val(candidates, candidate);
    }
}

/* Where refs that are still to be found may be in packs of the run. */
static bool find_candidates(Fetch *fetch, int64_t run, GArray *candidates, GError **error)
{
    IndexChunk chunk = {.data = g_byte_array_new()};
    bool is_read = true;

    for (size_t i = 0; is_read && i < fetch->n; i++) {
        uint32_t upper = (uint32_t)(fetch->refs[i] >> 32);
        if (fetch->row_run[i] < 0 || fetch->row_run[i] > run)
            continue;
        if (!chunk.is_open || upper > chunk.last)
            is_read = open_chunk(fetch, run, upper, &chunk, error);
        if (is_read && chunk.is_open)
            find_in_chunk(&chunk, upper, (uint32_t)i, candidates);
    }
    g_byte_array_unref(chunk.data);
    return is_read;
}

static int compare_candidates(const void *a, const void *b)
{
    const Candidate *left = a;
    const Candidate *right = b;

    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

/* candidates: of one place, by ref. */
static const Candidate *candidate_of(const Fetch *fetch, const Candidate *candidates, size_t n,
                                     uint64_t ref)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fetch->refs[candidates[middle].index] < ref)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && fetch->refs[candidates[low].index] == ref ? &candidates[low] : NULL;
}

static bool visit_entries(Fetch *fetch, int64_t run, PackReader *reader,
                          const Candidate *candidates, size_t n, GError **error)
{
    uint64_t seed = history_ref_seed(fetch->source, fetch->kind);
    g_autoptr(GString) key = g_string_new(NULL);

    while (pack_next(reader)) {
        g_string_truncate(key, 0);
        g_string_append_len(key, reader->key.data, (gssize)reader->key.length);
        const Candidate *candidate =
            candidate_of(fetch, candidates, n, history_ref_seeded(seed, key->str));
        if (candidate == NULL || fetch->row_run[candidate->index] < 0)
            continue;
        HistoryVersion version = {.key = key->str, .run = run, .body = reader->body};
        fetch->row_run[candidate->index] = -1;
        if (!fetch->found(candidate->index, &version, fetch->data, error))
            return false;
    }
    return true;
}

static bool visit_place(Fetch *fetch, int64_t run, const Candidate *candidates, size_t n,
                        GError **error)
{
    g_auto(PackReader) reader = {0};
    size_t size = 0;
    g_autoptr(Statement) row =
        store_prepare(fetch->store,
                      "SELECT size, body FROM history_pack WHERE source = $1 AND kind = $2 AND "
                      "run = $3 AND place = $4",
                      error);

    if (!row)
        return false;
    statement_bind(row, text_value(fetch->source), text_value(history_kinds[fetch->kind]),
                   integer_value(run), integer_value(candidates[0].place));
    StoreStep step = statement_step(row, error);
    const void *data = step == STORE_ROW ? statement_blob(row, 1, &size) : NULL;
    if (step == STORE_ROW && !pack_open(&reader, data, size, statement_integer(row, 0)))
        return history_fail_broken(fetch->source, fetch->kind, run, error);
    return step == STORE_DONE ||
           (step == STORE_ROW && visit_entries(fetch, run, &reader, candidates, n, error));
}

static bool visit_run(Fetch *fetch, int64_t run, GError **error)
{
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    const Candidate *rows;

    if (!find_candidates(fetch, run, candidates, error))
        return false;
    g_array_sort(candidates, compare_candidates);
    rows = (const Candidate *)(const void *)candidates->data;
    for (size_t begin = 0, end; begin < candidates->len; begin = end) {
        for (end = begin; end < candidates->len && rows[end].place == rows[begin].place;)
            end++;
        if (!visit_place(fetch, run, &rows[begin], end - begin, error))
            return false;
    }
    return true;
}

bool history_fetch(Store *store, const char *source, HistoryKind kind, const uint64_t *refs,
                   size_t n, int64_t until_run, HistoryFound found, void *data, GError **error)
{
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autofree int64_t *row_run = g_new0(int64_t, n + 1);
    Fetch fetch = {store, source, kind, refs, n, until_run, found, data, runs, row_run};

    if (n == 0)
        return true;
    if (!read_runs(&fetch, error) || !visit_rows(&fetch, false, error))
        return false;
    for (guint i = 0; i < runs->len; i++) {
        if (!visit_run(&fetch, g_array_index(runs, int64_t, i), error))
            return false;
    }
    return visit_rows(&fetch, true, error);
}
