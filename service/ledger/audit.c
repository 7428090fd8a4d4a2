#include "ledger/audit.h"

#include "base/times.h"

#include <string.h>

struct Audit {
    Bulk *rows;
    int64_t last_id;
};

Audit *audit_new(Store *store, GError **error)
{
    int64_t last_id;

    if (!store_query_integer(store, "SELECT max(id) FROM audit", &last_id, error))
        return NULL;
    Bulk *rows = bulk_new(store, "audit", "id, at, actor, action, object, run, detail", error);
    if (!rows)
        return NULL;
    Audit *audit = g_new0(Audit, 1);
    audit->rows = rows;
    audit->last_id = last_id;
    return audit;
}

void audit_free(Audit *audit)
{
    if (!audit)
        return;
    bulk_free(audit->rows);
    g_free(audit);
}

int64_t audit_last_id(const Audit *audit)
{
    return audit->last_id;
}

bool audit_write(Audit *audit, const AuditRow *row, GError **error)
{
    return bulk_add(audit->rows, error, integer_value(++audit->last_id), integer_value(row->at_utc),
                    text_value(row->actor), text_value(row->action), text_value(row->object),
                    id_value(row->run), text_value(row->detail));
}

static const char *detail_text(json_t *detail, const char *name)
{
    return json_string_value(json_object_get(detail, name));
}

static char *accepted_text(json_t *detail)
{
    const char *place = detail_text(detail, "place");

    if (place)
        return g_strdup_printf("Accepted until %s by the rule at %s of %s: %s",
                               detail_text(detail, "until"), place, detail_text(detail, "author"),
                               detail_text(detail, "reason"));
    return g_strdup_printf("Accepted until %s by %s, asked by %s: %s", detail_text(detail, "until"),
                           detail_text(detail, "approver"), detail_text(detail, "requester"),
                           detail_text(detail, "reason"));
}

static char *lapsed_text(json_t *detail)
{
    const char *until = detail_text(detail, "until");

    return until ? g_strdup_printf("It was accepted until %s; open again.", until)
                 : g_strdup("The rule of the configuration that accepted it does not fit it any "
                            "more; open again.");
}

/* The sentence that a reader of the history sees. */
static char *change_text(const char *action, json_t *detail, int64_t run)
{
    if (g_str_equal(action, "opened"))
        return g_strdup_printf("Found by run %" G_GINT64_FORMAT ".", run);
    if (g_str_equal(action, "reopened"))
        return g_strdup_printf("Found again by run %" G_GINT64_FORMAT " after it was resolved.",
                               run);
    if (g_str_equal(action, "resolved"))
        return g_strdup_printf("Run %" G_GINT64_FORMAT " judged it and did not find it any more.",
                               run);
    if (g_str_equal(action, "severity"))
        return g_strdup_printf("Severity changed from %s to %s.", detail_text(detail, "from"),
                               detail_text(detail, "to"));
    if (g_str_equal(action, "updated"))
        return g_strdup_printf("Details changed; before: %s", detail_text(detail, "was"));
    if (g_str_equal(action, "assigned"))
        return g_strdup_printf("Assigned to %s.", detail_text(detail, "owner"));
    if (g_str_equal(action, "accepted"))
        return accepted_text(detail);
    if (g_str_equal(action, "lapsed"))
        return lapsed_text(detail);
    if (g_str_equal(action, "false-positive"))
        return g_strdup_printf("The rule is wrong about it: %s", detail_text(detail, "reason"));
    if (g_str_equal(action, "reopened by hand"))
        return g_strdup_printf("It was %s; open again: %s", detail_text(detail, "state"),
                               detail_text(detail, "reason"));
    const char *text = detail_text(detail, "text");
    return g_strdup(text ? text : "");
}

static json_t *history_row(Statement *rows)
{
    const char *raw = statement_text(rows, 4);
    json_t *detail = raw ? json_loads(raw, JSON_DECODE_ANY, NULL) : NULL;
    int64_t run = statement_integer(rows, 3);
    g_autofree char *at = time_to_text(statement_integer(rows, 0));
    g_autofree char *text = change_text(statement_text(rows, 2), detail, run);

    json_decref(detail);
    return json_pack("{s:s? s:s s:s s:s s:o}", "at", at, "actor", statement_text(rows, 1), "change",
                     statement_text(rows, 2), "text", text, "run",
                     run ? json_integer(run) : json_null());
}

json_t *audit_history(Store *store, const char *object, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(store,
                                              "SELECT at, actor, action, run, detail FROM "
                                              "exception_history WHERE exception = $1 ORDER BY id",
                                              error);
    if (!rows)
        return NULL;
    json_t *history = json_array();
    StoreStep step;

    statement_bind(rows, text_value(object));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(history, history_row(rows));
    if (step == STORE_DONE)
        return history;
    json_decref(history);
    return NULL;
}
