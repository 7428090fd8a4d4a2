/* cases_read.c: leaver cases as JSON. */
#include "ledger/cases.h"
#include "ledger/ledger_private.h"

#include <string.h>

#define CASE_COLUMNS                                                                               \
    "c.id, c.person, c.name, c.last_day, c.is_urgent, c.opened_at, c.opened_by, c.checked_at,"     \
    " c.checked_run, c.is_sure, c.cleared_at, c.cleared_run,"                                      \
    " (SELECT count(*) FROM leaver_line l WHERE l.leaver_case = c.id AND l.cleared_at IS NULL),"   \
    " (SELECT count(*) FROM leaver_line l WHERE l.leaver_case = c.id),"                            \
    " (SELECT min(l.due) FROM leaver_line l WHERE l.leaver_case = c.id AND l.cleared_at IS NULL)"  \
    " FROM leaver_case c"

/* Those without an open line come last: where nulls stand is no matter of SQL. */
#define CASE_ORDER                                                                                 \
    " ORDER BY CASE WHEN c.cleared_at IS NULL THEN 0 ELSE 1 END, COALESCE((SELECT min(l.due)"      \
    " FROM leaver_line l WHERE l.leaver_case = c.id AND l.cleared_at IS NULL),"                    \
    " 9223372036854775807), c.id"

static bool is_null(Statement *row, int column)
{
    return row->store->driver->is_null(row, column);
}

static json_t *time_at(Statement *row, int column)
{
    return is_null(row, column) ? json_null() : json_time(statement_integer(row, column));
}

static json_t *run_at(Statement *row, int column)
{
    int64_t run = statement_integer(row, column);
    return run > 0 ? json_integer(run) : json_null();
}

static json_t *day_at(Statement *row, int column)
{
    g_autofree char *text =
        is_null(row, column) ? NULL : day_to_text((int32_t)statement_integer(row, column));
    return text ? json_string(text) : json_null();
}

static json_t *case_json(Statement *row)
{
    g_autofree char *id = g_strdup_printf("LC-%06" G_GINT64_FORMAT, statement_integer(row, 0));
    json_t *body =
        json_pack("{s:s s:{s:s s:s} s:s s:o s:b s:o s:s s:o s:o s:b}", "id", id, "person", "id",
                  statement_text(row, 1), "name", statement_text(row, 2), "status",
                  is_null(row, 10) ? "open" : "clear", "last_day", day_at(row, 3), "urgent",
                  statement_integer(row, 4) != 0, "opened", time_at(row, 5), "opened_by",
                  statement_text(row, 6), "checked", time_at(row, 7), "checked_run", run_at(row, 8),
                  "sure", statement_integer(row, 9) != 0);
    json_object_set_new(body, "due", time_at(row, 14));
    json_object_set_new(body, "open", json_integer(statement_integer(row, 12)));
    json_object_set_new(body, "lines_total", json_integer(statement_integer(row, 13)));
    json_object_set_new(body, "cleared", time_at(row, 10));
    json_object_set_new(body, "cleared_run", run_at(row, 11));
    return body;
}

static json_t *line_json(Statement *row)
{
    bool is_right = strcmp(statement_text(row, 4), "") != 0;
    json_t *object = is_right ? json_pack("{s:s s:s}", "source", statement_text(row, 3), "key",
                                          statement_text(row, 4))
                              : json_null();

    return json_pack("{s:s s:s s:s s:o s:s s:s s:s s:o s:o s:o s:o}", "kind",
                     statement_text(row, 0), "source", statement_text(row, 1), "key",
                     statement_text(row, 2), "object", object, "name", statement_text(row, 5),
                     "text", statement_text(row, 6), "status", is_null(row, 9) ? "open" : "clear",
                     "due", time_at(row, 7), "opened", time_at(row, 8), "cleared", time_at(row, 9),
                     "cleared_run", run_at(row, 10));
}

/* Open ones first, the earliest due before the others. */
static json_t *read_lines(Store *store, int64_t id, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT kind, source, key, object_source, object_key, name, text, due, opened_at,"
        " cleared_at, cleared_run FROM leaver_line WHERE leaver_case = $1"
        " ORDER BY CASE WHEN cleared_at IS NULL THEN 0 ELSE 1 END, due, kind, source, key,"
        " object_source, object_key",
        error);
    if (!rows)
        return NULL;
    json_t *lines = json_array();
    StoreStep step;

    statement_bind(rows, integer_value(id));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(lines, line_json(rows));
    if (step == STORE_DONE)
        return lines;
    json_decref(lines);
    return NULL;
}

/* [ {at, actor, change, text, run} ] from the audit rows, oldest first. A run speaks as of its
 * as-of time. */
static json_t *read_history(Store *store, const char *name, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT COALESCE(r.as_of, a.at), a.actor, a.action, a.run, a.detail FROM audit a"
        " LEFT JOIN run r ON r.id = a.run WHERE a.object = $1 ORDER BY a.id",
        error);
    if (!rows)
        return NULL;
    json_t *history = json_array();
    StoreStep step;

    statement_bind(rows, text_value(name));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        json_t *detail = json_from_text(statement_text(rows, 4), json_object());
        const char *text = json_string_value(json_object_get(detail, "text"));
        json_array_append_new(history,
                              json_pack("{s:o s:s s:s s:s s:o}", "at", time_at(rows, 0), "actor",
                                        statement_text(rows, 1), "change", statement_text(rows, 2),
                                        "text", text ? text : "", "run", run_at(rows, 3)));
        json_decref(detail);
    }
    if (step == STORE_DONE)
        return history;
    json_decref(history);
    return NULL;
}

/* 0 when text is no "LC-000001". */
static int64_t case_id(const char *text)
{
    guint64 id = 0;
    bool is_id = g_ascii_strncasecmp(text, "LC-", 3) == 0 &&
                 g_ascii_string_to_unsigned(text + 3, 10, 1, G_MAXINT64, &id, NULL);
    return is_id ? (int64_t)id : 0;
}

json_t *ledger_case(Ledger *ledger, const char *id_or_person, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        ledger->store, "SELECT " CASE_COLUMNS " WHERE c.id = $1 OR c.person = $2", error);
    if (!row)
        return NULL;
    int64_t id = case_id(id_or_person);

    statement_bind(row, integer_value(id), text_value(id > 0 ? NULL : id_or_person));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    json_t *body = case_json(row);
    id = statement_integer(row, 0);
    statement_reset(row);
    json_t *lines = read_lines(ledger->store, id, error);
    json_t *history =
        lines ? read_history(ledger->store, json_string_value(json_object_get(body, "id")), error)
              : NULL;
    if (!history) {
        json_decref(lines);
        json_decref(body);
        return NULL;
    }
    json_object_set_new(body, "lines", lines);
    json_object_set_new(body, "history", history);
    return body;
}

bool ledger_cases(Ledger *ledger, bool with_clear, LedgerVisit visit, void *data, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      with_clear ? "SELECT " CASE_COLUMNS CASE_ORDER
                                 : "SELECT " CASE_COLUMNS " WHERE c.cleared_at IS NULL" CASE_ORDER,
                      error);
    if (!rows)
        return false;
    StoreStep step;
    bool goes_on = true;

    while (goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        json_t *body = case_json(rows);
        goes_on = visit(body, data);
        json_decref(body);
    }
    return !goes_on || step == STORE_DONE;
}
