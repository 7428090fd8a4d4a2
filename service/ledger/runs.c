/* runs.c: past runs as JSON. */
#include "ledger/kept.h"
#include "ledger/ledger_private.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "id, status, as_of, started, finished, actor, version, config, profile, counts, held, "        \
    "accepted, not_evaluable, "                                                                    \
    "reason, thresholds, suppressions, set_by"

/* Everything of a source that is proof, and too long for a list. */
static const char *const proofs[] = {"rejections", "exclusions", "notes"};

static void set(json_t *json, const char *name, json_t *value)
{
    json_object_set_new(json, name, value);
}

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *run_row(Statement *row)
{
    json_t *run = json_object();

    set(run, "id", json_integer(statement_integer(row, 0)));
    set(run, "status", json_string(statement_text(row, 1)));
    set(run, "as_of", json_time(statement_integer(row, 2)));
    set(run, "started", json_time(statement_integer(row, 3)));
    set(run, "finished", json_time(statement_integer(row, 4)));
    set(run, "actor", text_or_null(statement_text(row, 5)));
    set(run, "version", text_or_null(statement_text(row, 6)));
    set(run, "config", text_or_null(statement_text(row, 7)));
    set(run, "profile", text_or_null(statement_text(row, 8)));
    set(run, "counts", json_from_text(statement_text(row, 9), json_object()));
    set(run, "sources", json_array());
    set(run, "held", json_from_text(statement_text(row, 10), json_array()));
    set(run, "accepted", json_from_text(statement_text(row, 11), json_array()));
    set(run, "not_evaluable", json_from_text(statement_text(row, 12), json_array()));
    set(run, "suppressions", json_from_text(statement_text(row, 15), json_array()));
    set(run, "reason", text_or_null(statement_text(row, 13)));
    return run;
}

static bool add_sources(Statement *rows, json_t *run, bool is_whole, GError **error)
{
    json_t *sources = json_object_get(run, "sources");
    StoreStep step;

    statement_bind(rows, integer_value(json_integer_value(json_object_get(run, "id"))));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        json_t *source = json_from_text(statement_text(rows, 0), json_object());
        for (size_t i = 0; !is_whole && i < G_N_ELEMENTS(proofs); i++)
            json_object_del(source, proofs[i]);
        json_array_append_new(sources, source);
    }
    statement_reset(rows);
    return step == STORE_DONE;
}

static Statement *prepare_sources(Ledger *ledger, GError **error)
{
    return store_prepare(ledger->store, "SELECT body FROM run_source WHERE run = $1 ORDER BY place",
                         error);
}

/* All runs are read before the first is shown: a reader that stops to think must not keep the next
 * run from writing. */
static bool collect_runs(Ledger *ledger, int64_t limit, GPtrArray *runs, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store, "SELECT " COLUMNS " FROM run ORDER BY id DESC LIMIT $1", error);
    g_autoptr(Statement) sources = prepare_sources(ledger, error);
    StoreStep step;

    if (!rows || !sources)
        return false;
    statement_bind(rows, integer_value(limit > 0 ? limit : INT64_MAX));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        g_ptr_array_add(runs, run_row(rows));
    for (guint i = 0; step == STORE_DONE && i < runs->len; i++) {
        if (!add_sources(sources, runs->pdata[i], false, error))
            return false;
    }
    return step == STORE_DONE;
}

bool ledger_runs(Ledger *ledger, int64_t limit, LedgerVisit visit, void *data, GError **error)
{
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

    if (!collect_runs(ledger, limit, runs, error))
        return false;
    for (guint i = 0; i < runs->len; i++) {
        if (!visit(runs->pdata[i], data))
            return true;
    }
    return true;
}

/* ---- lines of a list ---- */

/* The members of text that are named. */
static json_t *some_of(const char *text, const char *const *names)
{
    json_t *whole = json_from_text(text, json_object()), *some = json_object(), *value;

    for (; *names; names++) {
        if ((value = json_object_get(whole, *names)))
            json_object_set(some, *names, value);
    }
    json_decref(whole);
    return some;
}

static json_t *line_of(Statement *row)
{
    static const char *const counts[] = {"new", "resolved", "open", "by_severity", NULL};

    return json_pack("{s:I s:s s:o s:o s:o s:[]}", "id", (json_int_t)statement_integer(row, 0),
                     "status", statement_text(row, 1), "as_of",
                     json_time(statement_integer(row, 2)), "counts",
                     some_of(statement_text(row, 3), counts), "reason",
                     text_or_null(statement_text(row, 4)), "sources");
}

static bool add_source_lines(Statement *rows, json_t *line, GError **error)
{
    StoreStep step;

    statement_bind(rows, integer_value(json_integer_value(json_object_get(line, "id"))));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(json_object_get(line, "sources"),
                              json_pack("{s:s s:s}", "name", statement_text(rows, 0), "status",
                                        statement_text(rows, 1)));
    statement_reset(rows);
    return step == STORE_DONE;
}

static bool read_lines(Ledger *ledger, int64_t first, int64_t limit, json_t *lines, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT id, status, as_of, counts, reason FROM run ORDER BY id DESC LIMIT $1 "
                      "OFFSET $2",
                      error);
    g_autoptr(Statement) sources = store_prepare(
        ledger->store, "SELECT name, status FROM run_source WHERE run = $1 ORDER BY place", error);
    StoreStep step;
    json_t *line;
    size_t i;

    if (!rows || !sources)
        return false;
    statement_bind(rows, integer_value(limit), integer_value(first));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(lines, line_of(rows));
    json_array_foreach(lines, i, line)
    {
        if (!add_source_lines(sources, line, error))
            return false;
    }
    return step == STORE_DONE;
}

json_t *ledger_run_lines(Ledger *ledger, int64_t first, int64_t limit, GError **error)
{
    g_autofree char *question =
        g_strdup_printf("runs %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, first, limit);

    if (!kept_refresh(ledger->kept, ledger->store, error))
        return NULL;
    json_t *lines = kept_find(ledger->kept, question);
    if (lines)
        return lines;
    lines = json_array();
    if (read_lines(ledger, first, limit, lines, error)) {
        kept_add(ledger->kept, question, lines);
        return lines;
    }
    json_decref(lines);
    return NULL;
}

/* ---- one ---- */

static json_t *read_run(Ledger *ledger, const char *sql, int64_t id, GError **error)
{
    g_autoptr(Statement) row = store_prepare(ledger->store, sql, error);
    g_autoptr(Statement) sources = prepare_sources(ledger, error);

    if (!row || !sources)
        return NULL;
    statement_bind(row, integer_value(id));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    json_t *run = run_row(row);
    set(run, "thresholds", json_from_text(statement_text(row, 14), json_object()));
    set(run, "set_by", json_from_text(statement_text(row, 16), json_object()));
    statement_reset(row);
    if (add_sources(sources, run, true, error))
        return run;
    json_decref(run);
    return NULL;
}

json_t *ledger_run(Ledger *ledger, int64_t id, GError **error)
{
    return read_run(ledger, "SELECT " COLUMNS " FROM run WHERE id = $1", id, error);
}

json_t *ledger_last_run(Ledger *ledger, GError **error)
{
    return read_run(ledger,
                    "SELECT " COLUMNS
                    " FROM run WHERE status IN ('applied', 'partial') AND id > $1 "
                    "ORDER BY id DESC LIMIT 1",
                    0, error);
}

json_t *ledger_newest_run(Ledger *ledger, GError **error)
{
    return read_run(ledger, "SELECT " COLUMNS " FROM run WHERE id > $1 ORDER BY id DESC LIMIT 1", 0,
                    error);
}
