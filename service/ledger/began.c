#include "ledger/began.h"

#include <string.h>

typedef struct Beginning {
    char *control, *source;
    int64_t run, as_of_utc; /* that reported it first, or again */
} Beginning;

static void beginning_clear(Beginning *beginning)
{
    g_free(beginning->control);
    g_free(beginning->source);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Beginning, beginning_clear)

static bool read_beginning(Store *store, int64_t exception, int64_t at_run, Beginning *beginning,
                           GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store,
                      "SELECT e.control, e.source, r.id, r.as_of FROM exception e JOIN run r "
                      "ON r.id = CASE WHEN $2 = 0 THEN COALESCE(e.reopened_run, e.opened_run) ELSE "
                      "(SELECT max(a.run) FROM audit a WHERE a.object = $3 AND "
                      "a.action IN ('opened', 'reopened') AND a.run <= $2) END WHERE e.id = $1",
                      error);
    g_autofree char *object = exception_name(exception);

    if (!row)
        return false;
    statement_bind(row, integer_value(exception), integer_value(at_run), text_value(object));
    if (statement_step(row, error) != STORE_ROW) {
        if (error && !*error)
            g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                        "the ledger has no run in which exception %" G_GINT64_FORMAT " began",
                        exception);
        return false;
    }
    beginning->control = g_strdup(statement_text(row, 0));
    beginning->source = g_strdup(statement_text(row, 1));
    beginning->run = statement_integer(row, 2);
    beginning->as_of_utc = statement_integer(row, 3);
    return true;
}

static bool was_judged(const char *results, const char *control)
{
    json_t *by_control = json_from_text(results, json_object());
    const char *result = json_string_value(json_object_get(by_control, control));
    bool is_judged = result && (strcmp(result, "pass") == 0 || strcmp(result, "exceptions") == 0);

    json_decref(by_control);
    return is_judged;
}

/* The newest earlier run that took the source whole and judged the control; ret_run 0 = none. */
static bool find_before(Store *store, const Beginning *beginning, int64_t *ret_run,
                        int64_t *ret_as_of_utc, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT r.id, r.as_of, r.results FROM run r WHERE r.status IN ('applied', 'partial') "
        "AND r.id < $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM run_source s WHERE s.run = r.id "
        "AND s.name = $2 AND s.status = 'complete')) ORDER BY r.id DESC",
        error);
    StoreStep step;

    if (!rows)
        return false;
    *ret_run = 0;
    statement_bind(rows, integer_value(beginning->run), text_value(beginning->source));
    while ((step = statement_step(rows, error)) == STORE_ROW && *ret_run == 0) {
        if (was_judged(statement_text(rows, 2), beginning->control)) {
            *ret_run = statement_integer(rows, 0);
            *ret_as_of_utc = statement_integer(rows, 1);
        }
    }
    return step != STORE_FAILED;
}

json_t *began_json(Store *store, int64_t exception, int64_t at_run, GError **error)
{
    g_auto(Beginning) beginning = {0};
    int64_t before = 0, before_utc = TIME_UNKNOWN;

    if (!read_beginning(store, exception, at_run, &beginning, error) ||
        !find_before(store, &beginning, &before, &before_utc, error))
        return NULL;
    json_t *began = json_object();
    json_object_set_new(
        began, "is",
        json_string(before > 0 ? "between two runs" : "not known: no earlier run judged it"));
    json_object_set_new(began, "not_reported_at", json_time(before_utc));
    json_object_set_new(began, "not_reported_by_run",
                        before > 0 ? json_integer(before) : json_null());
    json_object_set_new(began, "reported_at", json_time(beginning.as_of_utc));
    json_object_set_new(began, "reported_by_run", json_integer(beginning.run));
    return began;
}
