/* retention_versions.c: versions that ended long ago.
 *
 * Of each source there is a horizon: the newest run up to the last kept day that read it whole.
 * What it looked like after that run, and after every later one, is told as before, by fewer
 * versions: those that had ended by then go. Only things that changed since the horizon before are
 * looked at. */
#include "ledger/history/retention.h"

#include "ledger/history/history_index.h"
#include "ledger/history/history_rows.h"

typedef struct Version {
    char *key;
    int64_t run;
    GBytes *body; /* NULL: gone */
} Version;

static Version *version_new(const char *key, int64_t run, Text body)
{
    Version *version = g_new0(Version, 1);

    version->key = g_strdup(key);
    version->run = run;
    version->body = body.data ? g_bytes_new(body.data, body.length) : NULL;
    return version;
}

static void version_free(gpointer data)
{
    Version *version = data;

    g_free(version->key);
    g_clear_pointer(&version->body, g_bytes_unref);
    g_free(version);
}

static Text version_body(const Version *version)
{
    gsize n = 0;
    const char *data = version->body ? g_bytes_get_data(version->body, &n) : NULL;

    return (Text){version->body && !data ? "" : data, n};
}

/* One kind of one source. */
typedef struct Pruning {
    Store *store;
    const char *source;
    HistoryKind kind;
    int64_t after_run, horizon;
    GPtrArray *doomed, *added; /* (element-type Version) */
} Pruning;

static bool is_list(const Pruning *pruning)
{
    return pruning->kind == HISTORY_MEMBERS || pruning->kind == HISTORY_RIGHTS;
}

/* ---- what goes ---- */

static bool note_key(const HistoryVersion *version, void *data, GError **error)
{
    (void)error;
    g_hash_table_add(data, g_strdup(version->key));
    return true;
}

static bool note_version(const HistoryVersion *version, void *data, GError **error)
{
    (void)error;
    g_ptr_array_add(data, version_new(version->key, version->run, version->body));
    return true;
}

/* Steals the first n versions. */
static void doom(const Pruning *pruning, GPtrArray *versions, guint n)
{
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(pruning->doomed, g_ptr_array_steal_index(versions, 0));
}

/* What is gone needs no version to say so. But of somebody who left the roster the name is asked
 * for as long as the roster remembers him: people_days. */
static void doom_things(const Pruning *pruning, GPtrArray *versions)
{
    const Version *newest = versions->pdata[versions->len - 1];
    guint n_kept = newest->body ? 1 : pruning->kind == HISTORY_PERSON ? 2 : 0;

    doom(pruning, versions, versions->len > n_kept ? versions->len - n_kept : 0);
}

static int compare_runs(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return first < second ? -1 : first > second;
}

/* Since when members are known, each run once, ascending. */
static GArray *runs_of_members(const GArray *members)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(int64_t));
    guint n = 0;

    for (guint i = 0; i < members->len; i++)
        g_array_append_val(runs, g_array_index(members, HistoryMember, i).since_run);
    g_array_sort(runs, compare_runs);
    for (guint i = 0; i < runs->len; i++) {
        int64_t run = g_array_index(runs, int64_t, i);
        if (n == 0 || g_array_index(runs, int64_t, n - 1) != run)
            g_array_index(runs, int64_t, n++) = run;
    }
    g_array_set_size(runs, n);
    return runs;
}

/* Since when somebody is a member must stay known: so a list is told by who is still in it, a
 * version for each run that brought some of them. */
static void tell_list_anew(const Pruning *pruning, const char *key, const GArray *members,
                           int64_t newest_run)
{
    g_autoptr(GArray) runs = runs_of_members(members);
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    Body body = {0};

    if (runs->len == 0)
        g_array_append_val(runs, newest_run); /* a group without members is there all the same */
    for (guint i = 0; i < runs->len; i++) {
        int64_t run = g_array_index(runs, int64_t, i);
        g_autoptr(GArray) after = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
        for (guint m = 0; m < members->len; m++) {
            HistoryMember member = g_array_index(members, HistoryMember, m);
            if (member.since_run <= run)
                g_array_append_val(after, member);
        }
        const HistoryMember *rows = (const HistoryMember *)(const void *)after->data;
        body_begin(&body);
        if (i == 0)
            member_list_whole(&body, rows, after->len);
        else
            member_list_change(&body, before, rows, after->len);
        Text text = {(const char *)body.data, body.size};
        g_ptr_array_add(pruning->added, version_new(key, run, text));
        g_array_unref(before);
        before = g_steal_pointer(&after);
    }
    body_clear(&body);
}

static bool doom_list(const Pruning *pruning, GPtrArray *versions, GError **error)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    const Version *newest = versions->pdata[versions->len - 1];

    if (newest->body && versions->len == 1)
        return true;
    for (guint i = 0; i < versions->len; i++) {
        const Version *version = versions->pdata[i];
        if (!member_list_add(members, version_body(version), version->run))
            return history_fail_broken(pruning->source, pruning->kind, version->run, error);
    }
    if (newest->body)
        tell_list_anew(pruning, newest->key, members, newest->run);
    doom(pruning, versions, versions->len);
    return true;
}

static bool doom_key(const Pruning *pruning, const char *key, GError **error)
{
    g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(version_free);

    if (!history_versions(pruning->store, pruning->source, pruning->kind, key, pruning->horizon,
                          note_version, versions, error))
        return false;
    if (versions->len == 0)
        return true;
    if (is_list(pruning))
        return doom_list(pruning, versions, error);
    doom_things(pruning, versions);
    return true;
}

static bool choose(const Pruning *pruning, GError **error)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer key;

    if (!history_scan(pruning->store, pruning->source, pruning->kind, pruning->after_run,
                      pruning->horizon, note_key, keys, error))
        return false;
    g_hash_table_iter_init(&iter, keys);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (!doom_key(pruning, key, error))
            return false;
    }
    return true;
}

/* ---- it goes ---- */

static char *name_of_version(const char *key, size_t n_key, int64_t run)
{
    return g_strdup_printf("%" G_GINT64_FORMAT "\x1f%.*s", run, (int)n_key, key);
}

static bool empty_pack(const Pruning *pruning, const PackPlace *place, GHashTable *doomed,
                       GError **error)
{
    g_auto(PackReader) reader = {0};
    Pack pack = {0};
    bool is_changed = false;

    if (!pack_place_open(pruning->store, place, &reader, error))
        return false;
    pack_begin(&pack);
    while (pack_next(&reader)) {
        g_autofree char *name = name_of_version(reader.key.data, reader.key.length, place->run);
        if (g_hash_table_contains(doomed, name))
            is_changed = true;
        else
            pack_add(&pack, reader.key, reader.body);
    }
    bool is_done = reader.is_broken
                       ? history_fail_broken(place->source, place->kind, place->run, error)
                       : !is_changed || pack_place_write(pruning->store, place, &pack, error);
    pack_clear(&pack);
    return is_done;
}

/* Packs of a run are read by their places without a gap, so one that is empty stays until all are.
 */
static bool drop_empty_packs(const Pruning *pruning, GError **error)
{
    static const char *const statements[] = {
        "DELETE FROM history_pack_index WHERE source = $1 AND kind = $2 AND run <= $3 AND NOT "
        "EXISTS (SELECT 1 FROM history_pack p WHERE p.source = history_pack_index.source AND "
        "p.kind = history_pack_index.kind AND p.run = history_pack_index.run AND p.n > 0)",
        "DELETE FROM history_pack WHERE source = $1 AND kind = $2 AND run <= $3 AND NOT EXISTS "
        "(SELECT 1 FROM history_pack p WHERE p.source = history_pack.source AND p.kind = "
        "history_pack.kind AND p.run = history_pack.run AND p.n > 0)"};

    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        g_autoptr(Statement) statement = store_prepare(pruning->store, statements[i], error);
        if (!statement)
            return false;
        statement_bind(statement, text_value(pruning->source),
                       text_value(history_kinds[pruning->kind]), integer_value(pruning->horizon));
        if (!statement_run(statement, error))
            return false;
    }
    return true;
}

static bool drop_doomed(const Pruning *pruning, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(PackPlace));

    g_array_set_clear_func(places, pack_place_clear);
    for (guint i = 0; i < pruning->doomed->len; i++) {
        const Version *version = pruning->doomed->pdata[i];
        g_hash_table_add(names, name_of_version(version->key, strlen(version->key), version->run));
        if (!history_row_delete(pruning->store, pruning->source, pruning->kind, version->key,
                                version->run, error) ||
            !pack_places_of_key(pruning->store, pruning->source, pruning->kind, version->key,
                                version->run, places, error))
            return false;
    }
    for (guint i = 0; i < places->len; i++) {
        if (!empty_pack(pruning, &g_array_index(places, PackPlace, i), names, error))
            return false;
    }
    return places->len == 0 || drop_empty_packs(pruning, error);
}

static bool add_added(const Pruning *pruning, GError **error)
{
    for (guint i = 0; i < pruning->added->len; i++) {
        const Version *version = pruning->added->pdata[i];
        if (!history_row_insert(pruning->store, pruning->source, pruning->kind, version->key,
                                version->run, version_body(version), error))
            return false;
    }
    return true;
}

/* Counts versions that are no more, those told anew not among them. */
static bool prune_kind(Pruning *pruning, int64_t *n_versions, GError **error)
{
    g_autoptr(GPtrArray) doomed = g_ptr_array_new_with_free_func(version_free);
    g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(version_free);

    pruning->doomed = doomed;
    pruning->added = added;
    if (!choose(pruning, error) || !drop_doomed(pruning, error) || !add_added(pruning, error))
        return false;
    *n_versions += (int64_t)doomed->len - (int64_t)added->len;
    return true;
}

/* ---- sources ---- */

typedef struct Horizon {
    char *source;
    int64_t since, run;
} Horizon;

static void horizon_clear(gpointer horizon)
{
    g_free(((Horizon *)horizon)->source);
}

static GArray *read_horizons(const Retaining *retaining, GError **error)
{
    g_autoptr(GArray) horizons = g_array_new(FALSE, FALSE, sizeof(Horizon));
    g_autoptr(Statement) rows = store_prepare(
        retaining->store,
        "SELECT h.source, h.since_run, max(r.id) FROM history_source h JOIN run_source s ON s.name "
        "= h.source JOIN run r ON r.id = s.run WHERE r.as_of <= $1 AND s.status = 'complete' AND "
        "r.status IN ('applied', 'partial') AND r.id > h.since_run GROUP BY h.source, h.since_run "
        "ORDER BY h.source",
        error);
    StoreStep step;

    if (!rows)
        return NULL;
    g_array_set_clear_func(horizons, horizon_clear);
    statement_bind(rows, integer_value(retaining->as_of_utc -
                                       retaining->retention->history_days * RETENTION_DAY));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        Horizon horizon = {g_strdup(statement_text(rows, 0)), statement_integer(rows, 1),
                           statement_integer(rows, 2)};
        g_array_append_val(horizons, horizon);
    }
    return step == STORE_DONE ? g_steal_pointer(&horizons) : NULL;
}

static bool prune_source(const Retaining *retaining, const Horizon *horizon, int64_t *n_versions,
                         GError **error)
{
    for (HistoryKind kind = HISTORY_ACCOUNT; kind < N_HISTORY_KINDS; kind++) {
        Pruning pruning = {.store = retaining->store,
                           .source = horizon->source,
                           .kind = kind,
                           .after_run = horizon->since,
                           .horizon = horizon->run};
        if (!prune_kind(&pruning, n_versions, error))
            return false;
    }
    return true;
}

/* since_as_of stays: what controls ask of the past is kept beside the versions, and reaches back as
 * far as before. */
static bool move_since(const Retaining *retaining, const GArray *horizons, int64_t n_versions,
                       GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        retaining->store, "UPDATE history_source SET since_run = $2 WHERE source = $1", error);
    json_t *since = json_object();

    for (guint i = 0; update && i < horizons->len; i++) {
        const Horizon *horizon = &g_array_index(horizons, Horizon, i);
        statement_bind(update, text_value(horizon->source), integer_value(horizon->run));
        json_object_set_new(since, horizon->source, json_integer((json_int_t)horizon->run));
        if (!statement_run(update, error)) {
            json_decref(since);
            return false;
        }
    }
    json_t *detail =
        json_pack("{s:I s:I s:o}", "history_days", (json_int_t)retaining->retention->history_days,
                  "versions", (json_int_t)n_versions, "since", since);
    if (update)
        return retaining_audit(retaining, "forgotten", "history", detail, error);
    json_decref(detail);
    return false;
}

bool retaining_forget_versions(Retaining *retaining, GError **error)
{
    g_autoptr(GArray) horizons = read_horizons(retaining, error);
    int64_t n_versions = 0;

    for (guint i = 0; horizons && i < horizons->len; i++) {
        if (!prune_source(retaining, &g_array_index(horizons, Horizon, i), &n_versions, error))
            return false;
    }
    retaining->n_history = n_versions;
    /* Where nothing ended, all that was known still is. */
    return horizons && (n_versions == 0 || move_since(retaining, horizons, n_versions, error));
}
