#include "ledger/seen.h"

#include <rightful/record.h>

typedef struct MergedRun {
    int64_t id, as_of_utc;
    GHashTable *unjudged; /* scopes as text, read when first asked for */
} MergedRun;

struct Seen {
    Store *store;
    GArray *runs;      /* (element-type MergedRun) newest first */
    GHashTable *facts; /* (int64_t → RunFacts *) */
};

static void facts_free(gpointer data)
{
    RunFacts *facts = data;
    g_free(facts->profile);
    g_free(facts->config);
    json_decref(facts->thresholds);
    json_decref(facts->set_by);
    g_free(facts);
}

static void merged_run_clear(gpointer data)
{
    g_clear_pointer(&((MergedRun *)data)->unjudged, g_hash_table_unref);
}

Seen *seen_new(Store *store, GError **error)
{
    return seen_new_until(store, INT64_MAX, error);
}

Seen *seen_new_until(Store *store, int64_t last_run, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store,
                      "SELECT id, as_of FROM run WHERE status IN ('applied', 'partial') AND "
                      "id <= $1 ORDER BY id DESC",
                      error);
    if (!rows)
        return NULL;
    g_autoptr(Seen) seen = g_new0(Seen, 1);
    StoreStep step;

    statement_bind(rows, integer_value(last_run));
    seen->store = store;
    seen->runs = g_array_new(FALSE, FALSE, sizeof(MergedRun));
    g_array_set_clear_func(seen->runs, merged_run_clear);
    seen->facts = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, facts_free);
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        MergedRun run = {statement_integer(rows, 0), statement_integer(rows, 1), NULL};
        g_array_append_val(seen->runs, run);
    }
    return step == STORE_DONE ? g_steal_pointer(&seen) : NULL;
}

void seen_free(Seen *seen)
{
    if (!seen)
        return;
    g_array_unref(seen->runs);
    g_hash_table_unref(seen->facts);
    g_free(seen);
}

int64_t seen_newest(const Seen *seen)
{
    return seen->runs->len ? g_array_index(seen->runs, MergedRun, 0).id : 0;
}

int64_t seen_newest_as_of(const Seen *seen)
{
    return seen->runs->len ? g_array_index(seen->runs, MergedRun, 0).as_of_utc : TIME_UNKNOWN;
}

bool seen_as_of(Seen *seen, int64_t run, int64_t *ret_utc, GError **error)
{
    for (guint i = 0; i < seen->runs->len; i++) {
        const MergedRun *merged = &g_array_index(seen->runs, MergedRun, i);
        if (merged->id == run) {
            *ret_utc = merged->as_of_utc;
            return true;
        }
    }
    const RunFacts *facts = seen_run(seen, run, error);
    if (facts)
        *ret_utc = facts->as_of_utc;
    return facts != NULL;
}

static char *scope_text(const char *control, const char *source, int64_t exception)
{
    return g_strdup_printf("%s\x1f%s\x1f%" G_GINT64_FORMAT, control, source, exception);
}

static bool load_unjudged(Seen *seen, MergedRun *run, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        seen->store, "SELECT control, source, exception FROM unjudged WHERE run = $1", error);
    if (!rows)
        return false;
    g_autoptr(GHashTable) scopes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    StoreStep step;

    statement_bind(rows, integer_value(run->id));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        g_hash_table_add(scopes, scope_text(statement_text(rows, 0), statement_text(rows, 1),
                                            statement_integer(rows, 2)));
    if (step != STORE_DONE)
        return false;
    run->unjudged = g_steal_pointer(&scopes);
    return true;
}

static bool was_unjudged(const MergedRun *run, int64_t exception, const char *control,
                         const char *source)
{
    if (g_hash_table_size(run->unjudged) == 0)
        return false;
    g_autofree char *whole = scope_text(control, "", 0);
    g_autofree char *of_source = scope_text(control, source, 0);
    g_autofree char *alone = scope_text(control, source, exception);
    return g_hash_table_contains(run->unjudged, whole) ||
           g_hash_table_contains(run->unjudged, of_source) ||
           g_hash_table_contains(run->unjudged, alone);
}

bool seen_last(Seen *seen, int64_t exception, const char *control, const char *source,
               int64_t found_run, int64_t *ret_run, GError **error)
{
    *ret_run = found_run;
    for (guint i = 0; i < seen->runs->len; i++) {
        MergedRun *run = &g_array_index(seen->runs, MergedRun, i);
        if (run->id <= found_run)
            return true;
        if (!run->unjudged && !load_unjudged(seen, run, error))
            return false;
        if (!was_unjudged(run, exception, control, source)) {
            *ret_run = run->id;
            return true;
        }
    }
    return true;
}

static RunFacts *read_facts(Store *store, int64_t id, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT as_of, profile, config, thresholds, set_by FROM run WHERE id = $1", error);
    if (!row)
        return NULL;
    statement_bind(row, integer_value(id));
    if (statement_step(row, error) != STORE_ROW) {
        if (error && !*error)
            g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                        "the ledger has no run %" G_GINT64_FORMAT ", but an exception names it",
                        id);
        return NULL;
    }
    RunFacts *facts = g_new0(RunFacts, 1);
    facts->id = id;
    facts->as_of_utc = statement_integer(row, 0);
    facts->profile = g_strdup(statement_text(row, 1));
    facts->config = g_strdup(statement_text(row, 2));
    facts->thresholds = json_from_text(statement_text(row, 3), json_object());
    facts->set_by = json_from_text(statement_text(row, 4), json_object());
    return facts;
}

const RunFacts *seen_run(Seen *seen, int64_t id, GError **error)
{
    RunFacts *facts = g_hash_table_lookup(seen->facts, &id);
    if (!facts && (facts = read_facts(seen->store, id, error)))
        g_hash_table_insert(seen->facts, &facts->id, facts);
    return facts;
}
