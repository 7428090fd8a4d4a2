#include "ledger/history/history.h"

#include "ledger/history/history_index.h"
#include "ledger/history/pack.h"

#include <string.h>
#include <xxhash.h>

const char *const history_kinds[] = {"account", "group",    "computer", "foreign", "person",
                                     "asset",   "approval", "members",  "rights",  NULL};

/* Stored: the function must stay this one. XXH3 is fixed since xxHash 0.8. */
uint64_t history_ref(const char *source, HistoryKind kind, const char *key)
{
    return history_ref_seeded(history_ref_seed(source, kind), key);
}

uint64_t history_ref_seed(const char *source, HistoryKind kind)
{
    return XXH3_64bits_withSeed(source, strlen(source), kind);
}

uint64_t history_ref_seeded(uint64_t seed, const char *key)
{
    return XXH3_64bits_withSeed(key, strlen(key), seed);
}

bool history_fail_broken(const char *source, HistoryKind kind, int64_t run, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "the history of source '%s' (%s, run %" G_GINT64_FORMAT
                ") is damaged. Nothing was changed. Restore the ledger from a backup.",
                source, history_kinds[kind], run);
    return false;
}

/* ---- packs ---- */

typedef struct Where {
    Store *store;
    const char *source;
    HistoryKind kind;
} Where;

typedef struct Packs {
    Where where;
    const char *key; /* entries of this key only; NULL = all */
    HistoryVisit visit;
    void *data;
    bool is_stopped;
} Packs;

static bool visit_entry(Packs *packs, const PackReader *reader, int64_t run, GString *key,
                        GError **error)
{
    g_string_truncate(key, 0);
    g_string_append_len(key, reader->key.data, (gssize)reader->key.length);
    HistoryVersion version = {.key = key->str, .run = run, .body = reader->body};
    GError *failure = NULL;

    if (packs->visit(&version, packs->data, &failure))
        return true;
    packs->is_stopped = true;
    if (failure == NULL)
        return true;
    g_propagate_error(error, failure);
    return false;
}

static bool visit_pack(Packs *packs, Statement *row, int64_t run, GError **error)
{
    g_auto(PackReader) reader = {0};
    g_autoptr(GString) key = g_string_new(NULL);
    size_t n, n_key = packs->key ? strlen(packs->key) : 0;
    const void *data = statement_blob(row, 1, &n);

    if (!pack_open(&reader, data, n, statement_integer(row, 0)))
        return history_fail_broken(packs->where.source, packs->where.kind, run, error);
    while (!packs->is_stopped && pack_next(&reader)) {
        bool is_wanted = packs->key == NULL || (reader.key.length == n_key &&
                                                memcmp(reader.key.data, packs->key, n_key) == 0);
        if (is_wanted && !visit_entry(packs, &reader, run, key, error))
            return false;
    }
    return !reader.is_broken ||
           history_fail_broken(packs->where.source, packs->where.kind, run, error);
}

/* Rows of one answer: a driver may hold all of it in memory. */
#define PORTION 64

/* Those of the run from place to last; how many there were. */
static bool visit_portion(Packs *packs, int64_t run, int64_t place, int64_t last, int *ret_n,
                          GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(packs->where.store,
                      "SELECT size, body FROM history_pack WHERE source = $1 AND kind = $2 AND "
                      "run = $3 AND place >= $4 AND place <= $5 ORDER BY place",
                      error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return false;
    statement_bind(rows, text_value(packs->where.source),
                   text_value(history_kinds[packs->where.kind]), integer_value(run),
                   integer_value(place), integer_value(last));
    *ret_n = 0;
    while (!packs->is_stopped && (step = statement_step(rows, error)) == STORE_ROW) {
        *ret_n += 1;
        if (!visit_pack(packs, rows, run, error))
            return false;
    }
    return packs->is_stopped || step != STORE_FAILED;
}

static bool visit_packs(Packs *packs, int64_t run, GError **error)
{
    int n = PORTION;

    for (int64_t place = 0; n == PORTION && !packs->is_stopped; place += PORTION) {
        if (!visit_portion(packs, run, place, place + PORTION - 1, &n, error))
            return false;
    }
    return true;
}

/* Runs in (after, until] that wrote packs, ascending. NULL on failure. */
static GArray *packed_runs(const Where *where, int64_t after_run, int64_t until_run, GError **error)
{
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(Statement) rows =
        store_prepare(where->store,
                      "SELECT run FROM history_pack WHERE source = $1 AND kind = $2 AND run > $3 "
                      "AND run <= $4 AND place = 0 ORDER BY run",
                      error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return NULL;
    statement_bind(rows, text_value(where->source), text_value(history_kinds[where->kind]),
                   integer_value(after_run), integer_value(until_run));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t run = statement_integer(rows, 0);
        g_array_append_val(runs, run);
    }
    return step == STORE_DONE ? g_steal_pointer(&runs) : NULL;
}

/* ---- where a key is ---- */

bool history_find_places(Store *store, const char *source, HistoryKind kind, int64_t run,
                         uint64_t ref, GArray *places, GError **error)
{
    uint32_t upper = (uint32_t)(ref >> 32);
    g_autoptr(Statement) row = store_prepare(
        store,
        "SELECT body FROM history_pack_index WHERE source = $1 AND kind = $2 AND run = $3 AND "
        "first <= $4 ORDER BY first DESC LIMIT 1",
        error);

    if (!row)
        return false;
    statement_bind(row, text_value(source), text_value(history_kinds[kind]), integer_value(run),
                   integer_value(upper));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    size_t size;
    const uint8_t *data = statement_blob(row, 0, &size);
    for (size_t i = 0; i < size / sizeof(IndexPair); i++) {
        IndexPair pair = index_pair_at(data, i);
        if (pair.upper == upper)
            g_array_append_val(places, pair.place);
    }
    return true;
}

static bool visit_key_in_run(Packs *packs, int64_t run, GError **error)
{
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint64_t ref = history_ref(packs->where.source, packs->where.kind, packs->key);

    if (!history_find_places(packs->where.store, packs->where.source, packs->where.kind, run, ref,
                             places, error))
        return false;
    for (guint i = 0; i < places->len && !packs->is_stopped; i++) {
        uint32_t place = g_array_index(places, uint32_t, i);
        int n;
        bool is_repeated = i > 0 && place == g_array_index(places, uint32_t, i - 1);
        if (!is_repeated && !visit_portion(packs, run, place, place, &n, error))
            return false;
    }
    return true;
}

/* ---- rows and packs as one ---- */

typedef struct Merging {
    Packs packs;
    GArray *runs; /* that wrote packs */
    guint at;
} Merging;

/* Visits what stands in packs of runs before this one. */
static bool visit_packed_until(Merging *merging, int64_t before_run, GError **error)
{
    for (; merging->at < merging->runs->len && !merging->packs.is_stopped; merging->at++) {
        int64_t run = g_array_index(merging->runs, int64_t, merging->at);
        if (run >= before_run)
            return true;
        if (!(merging->packs.key ? visit_key_in_run(&merging->packs, run, error)
                                 : visit_packs(&merging->packs, run, error)))
            return false;
    }
    return true;
}

HistoryVersion history_version_of(Statement *row)
{
    size_t size = 0;
    const char *body = statement_blob(row, 2, &size);
    bool is_gone = row->store->driver->is_null(row, 2);

    return (HistoryVersion){.key = statement_text(row, 0),
                            .run = statement_integer(row, 1),
                            .body = {is_gone ? NULL
                                     : body  ? body
                                             : "",
                                     size}};
}

/* rows: key, run, body, by run. */
static bool visit_rows(Merging *merging, Statement *rows, GError **error)
{
    StoreStep step = STORE_FAILED;
    Packs *packs = &merging->packs;

    while (!packs->is_stopped && (step = statement_step(rows, error)) == STORE_ROW) {
        HistoryVersion version = history_version_of(rows);
        if (!visit_packed_until(merging, version.run, error))
            return false;
        GError *failure = NULL;
        if (!packs->is_stopped && !packs->visit(&version, packs->data, &failure)) {
            packs->is_stopped = true;
            if (failure) {
                g_propagate_error(error, failure);
                return false;
            }
        }
    }
    return (packs->is_stopped || step != STORE_FAILED) &&
           visit_packed_until(merging, INT64_MAX, error);
}

bool history_scan(Store *store, const char *source, HistoryKind kind, int64_t after_run,
                  int64_t until_run, HistoryVisit visit, void *data, GError **error)
{
    Where where = {store, source, kind};
    g_autoptr(GArray) runs = packed_runs(&where, after_run, until_run, error);
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT key, run, body FROM history WHERE source = $1 AND kind = $2 AND run > $3 AND "
        "run <= $4 ORDER BY run",
        error);

    if (!runs || !rows)
        return false;
    statement_bind(rows, text_value(source), text_value(history_kinds[kind]),
                   integer_value(after_run), integer_value(until_run));
    Merging merging = {.packs = {where, NULL, visit, data, false}, .runs = runs};
    return visit_rows(&merging, rows, error);
}

bool history_versions(Store *store, const char *source, HistoryKind kind, const char *key,
                      int64_t until_run, HistoryVisit visit, void *data, GError **error)
{
    Where where = {store, source, kind};
    g_autoptr(GArray) runs = packed_runs(&where, 0, until_run, error);
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT key, run, body FROM history WHERE source = $1 AND kind = $2 AND ref = $3 AND "
        "key = $4 AND run <= $5 ORDER BY run",
        error);

    if (!runs || !rows)
        return false;
    statement_bind(rows, text_value(source), text_value(history_kinds[kind]),
                   integer_value((int64_t)history_ref(source, kind, key)), text_value(key),
                   integer_value(until_run));
    Merging merging = {.packs = {where, key, visit, data, false}, .runs = runs};
    return visit_rows(&merging, rows, error);
}

/* ---- as of a run ---- */

typedef struct Walk {
    GHashTable *newest; /* key → run of its newest version, as pointer to int64 */
    HistoryVisit visit;
    void *data;
} Walk;

static bool note_version(const HistoryVersion *version, void *data, GError **error)
{
    GHashTable *newest = data;
    gpointer known = g_hash_table_lookup(newest, version->key);

    (void)error;
    if (known) {
        *(int64_t *)known = version->run;
    } else {
        int64_t *run = g_new(int64_t, 1);
        *run = version->run;
        g_hash_table_insert(newest, g_strdup(version->key), run);
    }
    return true;
}

static bool visit_newest(const HistoryVersion *version, void *data, GError **error)
{
    const Walk *walk = data;
    const int64_t *newest = g_hash_table_lookup(walk->newest, version->key);

    return (newest && *newest != version->run) || !version->body.data ||
           walk->visit(version, walk->data, error);
}

/* The run of the first packs, when nothing is older: what it wrote, mostly nearly everything, needs
 * no note. 0 otherwise. false on failure. */
static bool first_run_of_all(const Where *where, const GArray *packed, int64_t *ret_run,
                             GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        where->store, "SELECT min(run) FROM history WHERE source = $1 AND kind = $2", error);

    *ret_run = packed->len > 0 ? g_array_index(packed, int64_t, 0) : 0;
    if (!row)
        return false;
    statement_bind(row, text_value(where->source), text_value(history_kinds[where->kind]));
    if (statement_step(row, error) != STORE_ROW)
        return false;
    int64_t oldest = statement_integer(row, 0);
    if (oldest > 0 && oldest <= *ret_run)
        *ret_run = 0;
    return true;
}

bool history_walk(Store *store, const char *source, HistoryKind kind, int64_t run,
                  HistoryVisit visit, void *data, GError **error)
{
    g_autoptr(GHashTable) newest = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Walk walk = {newest, visit, data};
    Where where = {store, source, kind};
    g_autoptr(GArray) runs = packed_runs(&where, 0, run, error);

    int64_t first;

    if (!runs || !first_run_of_all(&where, runs, &first, error))
        return false;
    return history_scan(store, source, kind, first, run, note_version, newest, error) &&
           history_scan(store, source, kind, 0, run, visit_newest, &walk, error);
}

static bool keep_version(const HistoryVersion *version, void *data, GError **error)
{
    void **found = data;

    (void)error;
    g_clear_pointer((GByteArray **)&found[0], g_byte_array_unref);
    *(int64_t *)found[1] = version->run;
    if (version->body.data) {
        found[0] = g_byte_array_sized_new((guint)version->body.length + 1);
        g_byte_array_append(found[0], (const guint8 *)version->body.data,
                            (guint)version->body.length);
    }
    return true;
}

bool history_get(Store *store, const char *source, HistoryKind kind, const char *key, int64_t run,
                 GByteArray **ret_body, int64_t *ret_run, GError **error)
{
    int64_t found_run = 0;
    void *found[] = {NULL, &found_run};

    if (!history_versions(store, source, kind, key, run, keep_version, found, error)) {
        g_clear_pointer((GByteArray **)&found[0], g_byte_array_unref);
        return false;
    }
    *ret_body = found[0];
    if (ret_run)
        *ret_run = found_run;
    return true;
}

/* ---- lists ---- */

typedef struct Listing {
    const Where where;
    GArray *members;
} Listing;

static bool add_version(const HistoryVersion *version, void *data, GError **error)
{
    const Listing *listing = data;

    return member_list_add(listing->members, version->body, version->run) ||
           history_fail_broken(listing->where.source, listing->where.kind, version->run, error);
}

GArray *history_members(Store *store, const char *source, HistoryKind kind, const char *group_key,
                        int64_t run, GError **error)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    Listing listing = {{store, source, kind}, members};

    if (!history_versions(store, source, kind, group_key, run, add_version, &listing, error))
        return NULL;
    return g_steal_pointer(&members);
}

typedef struct Lists {
    const Where where;
    GHashTable *of_group; /* key → GArray of HistoryMember */
} Lists;

static bool add_to_list(const HistoryVersion *version, void *data, GError **error)
{
    const Lists *lists = data;
    GArray *members = g_hash_table_lookup(lists->of_group, version->key);

    if (!version->body.data) {
        g_hash_table_remove(lists->of_group, version->key);
        return true;
    }
    if (!members) {
        members = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
        g_hash_table_insert(lists->of_group, g_strdup(version->key), members);
    }
    return member_list_add(members, version->body, version->run) ||
           history_fail_broken(lists->where.source, lists->where.kind, version->run, error);
}

static void array_unref(gpointer array)
{
    g_array_unref(array);
}

bool history_walk_members(Store *store, const char *source, HistoryKind kind, int64_t run,
                          HistoryMembersVisit visit, void *data, GError **error)
{
    g_autoptr(GHashTable) of_group =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_unref);
    Lists lists = {{store, source, kind}, of_group};
    GHashTableIter iter;
    gpointer key, members;

    if (!history_scan(store, source, kind, 0, run, add_to_list, &lists, error))
        return false;
    g_hash_table_iter_init(&iter, of_group);
    while (g_hash_table_iter_next(&iter, &key, &members)) {
        GError *failure = NULL;
        if (!visit(key, members, data, &failure)) {
            if (failure)
                g_propagate_error(error, failure);
            return failure == NULL;
        }
    }
    return true;
}
