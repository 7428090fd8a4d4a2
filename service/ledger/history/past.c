/* past.c: a snapshot of a past night, made of its history. */
#include "ledger/began.h"
#include "ledger/history/past_private.h"

/* ---- sources ---- */

static Provides provides_named(const char *name)
{
    static const Provides all[] = {PROVIDES_DIRECTORY, PROVIDES_PEOPLE, PROVIDES_ASSETS,
                                   PROVIDES_APPROVALS, PROVIDES_ACCOUNTS};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_strcmp0(name, provides_name(all[i])) == 0)
            return all[i];
    }
    return PROVIDES_DIRECTORY;
}

/* The newest merged run until this one that read the source whole; 0 when there is none of which a
 * history is kept. */
static bool read_good_run(Rebuild *rebuild, Statement *good, const char *name, PastSource *source,
                          GError **error)
{
    statement_bind(good, text_value(name), integer_value(rebuild->past->run));
    StoreStep step = statement_step(good, error);
    *source = (PastSource){.as_of_utc = TIME_UNKNOWN};
    if (step == STORE_ROW)
        *source = (PastSource){statement_integer(good, 0), statement_integer(good, 1)};
    statement_reset(good);
    return step != STORE_FAILED;
}

static void add_source(Rebuild *rebuild, const char *name, json_t *body, const PastSource *good)
{
    Snapshot *snapshot = rebuild->snapshot;
    uint32_t i = snapshot->n_sources++;

    snapshot->sources = g_renew(SourceRecord, snapshot->sources, snapshot->n_sources);
    rebuild->past->sources = g_renew(PastSource, rebuild->past->sources, snapshot->n_sources);
    rebuild->past->sources[i] = *good;
    snapshot->sources[i] = (SourceRecord){
        .name = g_strdup(name),
        .kind = g_strdup(json_string_value(json_object_get(body, "kind"))),
        .provides = provides_named(json_string_value(json_object_get(body, "provides"))),
        .status = good->run > 0 ? SOURCE_COMPLETE : SOURCE_INCOMPLETE,
        .reason = good->run > 0 ? NULL
                                : g_strdup("no run up to then whose history is kept read it whole"),
        .newest_utc = TIME_UNKNOWN};
}

static bool read_sources(Rebuild *rebuild, GError **error)
{
    Store *store = rebuild->store;
    g_autoptr(Statement) good = store_prepare(
        store,
        "SELECT r.id, r.as_of FROM run r JOIN run_source s ON s.run = r.id "
        "JOIN history_source h ON h.source = s.name WHERE s.name = $1 AND s.status = 'complete' "
        "AND r.status IN ('applied', 'partial') AND r.id <= $2 AND r.id >= h.since_run "
        "ORDER BY r.id DESC LIMIT 1",
        error);
    g_autoptr(Statement) rows =
        good ? store_prepare(
                   store, "SELECT name, body FROM run_source WHERE run = $1 ORDER BY place", error)
             : NULL;
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(rebuild->past->run));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        json_t *body = json_from_text(statement_text(rows, 1), json_object());
        g_autofree char *name = g_strdup(statement_text(rows, 0));
        PastSource source;
        bool is_read = read_good_run(rebuild, good, name, &source, error);
        if (is_read)
            add_source(rebuild, name, body, &source);
        json_decref(body);
        if (!is_read)
            return false;
    }
    return step == STORE_DONE;
}

/* ---- all of it ---- */

bool past_is_damaged(const char *source, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "the history of source '%s' is damaged. Restore the ledger from a backup.", source);
    return false;
}

bool past_each_source(Rebuild *rebuild, HistoryKind kind, SourceReader read, GError **error)
{
    for (uint32_t i = 0; i < rebuild->snapshot->n_sources; i++) {
        rebuild->source = (uint8_t)i;
        if (rebuild->snapshot->sources[i].status == SOURCE_COMPLETE && !read(rebuild, kind, error))
            return false;
    }
    return true;
}

static bool read_as_of(Rebuild *rebuild, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(rebuild->store, "SELECT as_of FROM run WHERE id = $1", error);

    if (!row)
        return false;
    statement_bind(row, integer_value(rebuild->past->run));
    StoreStep step = statement_step(row, error);
    rebuild->past->as_of_utc = step == STORE_ROW ? statement_integer(row, 0) : TIME_UNKNOWN;
    return step != STORE_FAILED;
}

/* Runs from before there was a history have none. */
static bool check_history(const Rebuild *rebuild, GError **error)
{
    int64_t first;

    for (uint32_t i = 0; i < rebuild->snapshot->n_sources; i++) {
        if (rebuild->snapshot->sources[i].status == SOURCE_COMPLETE)
            return true;
    }
    if (!store_query_integer(rebuild->store, "SELECT min(since_run) FROM history_source", &first,
                             error))
        return false;
    g_autofree char *since =
        first > 0 ? g_strdup_printf("; it begins with run %" G_GINT64_FORMAT, first) : NULL;
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                "the ledger has no history of run %" G_GINT64_FORMAT "%s", rebuild->past->run,
                since ? since : "");
    return false;
}

static bool read_past(void *data, GError **error)
{
    Rebuild *rebuild = data;

    if (!read_as_of(rebuild, error) || !read_sources(rebuild, error) ||
        !check_history(rebuild, error))
        return false;
    for (HistoryKind kind = HISTORY_ACCOUNT; kind <= HISTORY_APPROVAL; kind++) {
        if (!past_read_table(rebuild, kind, error))
            return false;
    }
    return past_read_members(rebuild, error);
}

LedgerPast *ledger_past(Ledger *ledger, int64_t run, GError **error)
{
    g_autoptr(LedgerPast) past = g_new0(LedgerPast, 1);
    Rebuild rebuild = {.store = ledger->store, .past = past};

    past->run = run;
    rebuild.snapshot = past->snapshot = g_new0(Snapshot, 1);
    past->snapshot->text = text_pool_new();
    rebuild.entries = g_array_new(FALSE, FALSE, sizeof(PastEntry));
    rebuild.edges = g_array_new(FALSE, FALSE, sizeof(PastEdge));
    rebuild.texts = g_string_new(NULL);
    rebuild.refs = past_refs_new();
    bool is_read = store_transaction(ledger->store, STORE_READING, read_past, &rebuild, error);
    g_array_unref(rebuild.entries);
    g_array_unref(rebuild.edges);
    g_string_free(rebuild.texts, TRUE);
    past_refs_free(rebuild.refs);
    return is_read ? g_steal_pointer(&past) : NULL;
}

void ledger_past_free(LedgerPast *past)
{
    if (!past)
        return;
    snapshot_free(past->snapshot);
    g_free(past->sources);
    g_free(past->links.person);
    g_free(past->links.rule);
    g_free(past->links.linked);
    g_free(past->links.account_class);
    g_free(past->account_run);
    g_free(past);
}

bool ledger_run_at(Ledger *ledger, int64_t utc, int64_t *ret_run, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT id FROM run WHERE status IN ('applied', 'partial') AND as_of <= $1 "
                      "ORDER BY id DESC LIMIT 1",
                      error);

    if (!row)
        return false;
    statement_bind(row, integer_value(utc));
    StoreStep step = statement_step(row, error);
    *ret_run = step == STORE_ROW ? statement_integer(row, 0) : 0;
    return step != STORE_FAILED;
}

json_t *ledger_began_at(Ledger *ledger, const char *id, int64_t run, GError **error)
{
    return began_json(ledger->store, exception_id(id), run, error);
}
