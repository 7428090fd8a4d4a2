/* baseline.c: what earlier merged runs have seen, read back for the guards and the freeze of the
 * next. */
#include "ledger/ledger_private.h"
#include "ledger/roster.h"
#include "ledger/seen.h"

#include <rightful/record.h>

#define SEVEN_DAYS (7 * INT64_C(86400))

static bool read_dimensions(Store *store, BaselineSource *source, int64_t as_of_utc, GError **error)
{
    /* The last good run counts in full however old it is; the maximum is of those within the week,
     * since the last change that was let through. */
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT d.name, d.value, (SELECT max(w.value) FROM dimension w JOIN run r ON r.id = w.run "
        "WHERE w.source = d.source AND w.name = d.name AND r.as_of >= $3 AND r.as_of <= $4 "
        "AND w.run >= COALESCE((SELECT max(a.run) FROM dimension a WHERE a.source = d.source AND "
        "a.name = d.name AND a.accepted = 1), 0)) "
        "FROM dimension d WHERE d.run = $1 AND d.source = $2 ORDER BY d.name",
        error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(source->last_good_run), text_value(source->name),
                   integer_value(as_of_utc - SEVEN_DAYS), integer_value(as_of_utc));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        bool is_none = store->driver->is_null(rows, 2);
        BaselineDimension dimension = {g_strdup(statement_text(rows, 0)),
                                       statement_integer(rows, 1),
                                       is_none ? -1 : statement_integer(rows, 2)};
        g_array_append_val(source->dimensions, dimension);
    }
    return step == STORE_DONE;
}

static bool read_watched(Store *store, BaselineSource *source, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT name FROM watched WHERE source = $1 ORDER BY name", error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, text_value(source->name));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        g_ptr_array_add(source->watched, g_strdup(statement_text(rows, 0)));
    return step == STORE_DONE;
}

static bool read_sources(Store *store, Baseline *baseline, int64_t as_of_utc, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT source, run, as_of FROM source_good ORDER BY source", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        BaselineSource *source = g_new0(BaselineSource, 1);
        source->name = g_strdup(statement_text(rows, 0));
        source->last_good_run = statement_integer(rows, 1);
        source->last_good_as_of_utc = statement_integer(rows, 2);
        source->dimensions = g_array_new(FALSE, FALSE, sizeof(BaselineDimension));
        source->watched = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(baseline->sources, source);
    }
    for (guint i = 0; step == STORE_DONE && i < baseline->sources->len; i++) {
        BaselineSource *source = baseline->sources->pdata[i];
        if (!read_dimensions(store, source, as_of_utc, error) ||
            !read_watched(store, source, error))
            return false;
    }
    return step == STORE_DONE;
}

static bool read_roster(Store *store, Baseline *baseline, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store,
                      "SELECT id, name, email, username, gone_since, successor, has_left "
                      "FROM roster ORDER BY id",
                      error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        const RosterRow row = {.name = statement_text(rows, 1),
                               .email = statement_text(rows, 2),
                               .username = statement_text(rows, 3),
                               .gone_since = statement_integer(rows, 4),
                               .successor = statement_text(rows, 5),
                               .has_left = statement_integer(rows, 6)};
        const BaselinePerson person = {g_strdup(statement_text(rows, 0)),
                                       g_strdup(row.name),
                                       g_strdup(row.email),
                                       g_strdup(row.username),
                                       row.gone_since,
                                       roster_mark(&row)};
        g_array_append_val(baseline->roster, person);
    }
    return step == STORE_DONE;
}

static bool read_groups(Store *store, Baseline *baseline, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT source, group_key, first_seen FROM governed_seen", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        gint64 *first_seen = g_new(gint64, 1);
        *first_seen = statement_integer(rows, 2);
        g_hash_table_insert(
            baseline->group_first_seen,
            g_strconcat(statement_text(rows, 0), "\x1f", statement_text(rows, 1), NULL),
            first_seen);
    }
    return step == STORE_DONE;
}

static bool read_clock(Store *store, Baseline *baseline, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT started, boot, up_seconds FROM run WHERE id = $1", error);
    StoreStep step;

    if (!row)
        return false;
    statement_bind(row, integer_value(baseline->last_run));
    while ((step = statement_step(row, error)) == STORE_ROW) {
        baseline->last_started_utc = statement_integer(row, 0);
        g_free(baseline->last_boot);
        baseline->last_boot = g_strdup(statement_text(row, 1));
        baseline->last_up_seconds = statement_integer(row, 2);
    }
    return step == STORE_DONE;
}

static Baseline *baseline_new(void)
{
    Baseline *baseline = g_new0(Baseline, 1);
    baseline->last_as_of_utc = baseline->last_started_utc = TIME_UNKNOWN;
    baseline->sources = g_ptr_array_new();
    baseline->roster = g_array_new(FALSE, FALSE, sizeof(BaselinePerson));
    baseline->group_first_seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return baseline;
}

typedef struct Reading {
    Store *store;
    Baseline *baseline;
    int64_t as_of_utc;
} Reading;

static bool read_people(void *data, GError **error)
{
    const Reading *reading = data;
    g_autoptr(Seen) seen = seen_new(reading->store, error);

    if (!seen)
        return false;
    reading->baseline->last_run = seen_newest(seen);
    reading->baseline->last_as_of_utc = seen_newest_as_of(seen);
    return read_roster(reading->store, reading->baseline, error);
}

static bool read_baseline(void *data, GError **error)
{
    const Reading *reading = data;
    Store *store = reading->store;
    Baseline *baseline = reading->baseline;

    return read_people(data, error) &&
           store_query_integer(store, "SELECT count(*) FROM exception WHERE resolved_run IS NULL",
                               &baseline->n_open, error) &&
           read_clock(store, baseline, error) &&
           read_sources(store, baseline, reading->as_of_utc, error) &&
           read_groups(store, baseline, error);
}

static Baseline *read_by(Ledger *ledger, StoreWork work, int64_t as_of_utc, GError **error)
{
    g_autoptr(Baseline) baseline = baseline_new();
    Reading reading = {ledger->store, baseline, as_of_utc};

    if (!store_transaction(ledger->store, STORE_READING, work, &reading, error))
        return NULL;
    return g_steal_pointer(&baseline);
}

Baseline *ledger_baseline(Ledger *ledger, int64_t as_of_utc, GError **error)
{
    return read_by(ledger, read_baseline, as_of_utc, error);
}

Baseline *ledger_baseline_people(Ledger *ledger, GError **error)
{
    return read_by(ledger, read_people, TIME_UNKNOWN, error);
}
