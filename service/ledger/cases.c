#include "ledger/cases.h"

#include "ledger/audit.h"
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct Checking {
    Ledger *ledger;
    const CaseCheck *check;
    Audit *audit;
    int64_t id; /* of the case; 0 = there is none */
    bool was_clear;
    json_t *found; /* owned; what the caller gets */
} Checking;

static char *case_name(int64_t id)
{
    return g_strdup_printf("LC-%06" G_GINT64_FORMAT, id);
}

static bool is_among(const char *const *texts, const char *text)
{
    return texts && g_strv_contains(texts, text);
}

/* What a run read is told by its record; what a check by hand read, by the audit row. */
static json_t *with_sources(const CaseCheck *check, const char *action, json_t *detail)
{
    static const char *const proofs[] = {"opened", "line clear", "clear", NULL};
    bool is_proof = is_among(proofs, action);

    if (!is_proof || check->run > 0 || !check->sources)
        return detail;
    detail = detail ? detail : json_object();
    json_object_set(detail, "sources", check->sources);
    return detail;
}

/* Takes detail. */
static bool write_audit(const Checking *checking, const char *action, json_t *detail,
                        GError **error)
{
    detail = with_sources(checking->check, action, detail);
    g_autofree char *object = case_name(checking->id);
    g_autofree char *text = json_to_text(detail, NULL);

    json_decref(detail);
    return audit_write(checking->audit,
                       &(AuditRow){.at_utc = checking->check->at_utc,
                                   .actor = checking->check->actor,
                                   .action = action,
                                   .object = object,
                                   .run = checking->check->run,
                                   .detail = text},
                       error);
}

/* ---- the case ---- */

static bool find_case(Checking *checking, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(checking->ledger->store,
                      "SELECT id, CASE WHEN cleared_at IS NULL THEN 0 ELSE 1 END FROM leaver_case"
                      " WHERE person = $1",
                      error);
    if (!row)
        return false;
    statement_bind(row, text_value(checking->check->person));
    StoreStep step = statement_step(row, error);
    if (step == STORE_ROW) {
        checking->id = statement_integer(row, 0);
        checking->was_clear = statement_integer(row, 1) != 0;
    }
    return step != STORE_FAILED;
}

static StoreValue day_value(int32_t day)
{
    return day == DAY_NONE ? (StoreValue){.type = VALUE_NULL} : integer_value(day);
}

static bool open_case(Checking *checking, GError **error)
{
    const CaseCheck *check = checking->check;
    Store *store = checking->ledger->store;
    if (!store_query_integer(store, "SELECT COALESCE(max(id), 0) + 1 FROM leaver_case",
                             &checking->id, error))
        return false;
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO leaver_case (id, person, name, last_day, is_urgent, opened_at, opened_by,"
        " checked_at, checked_run, is_sure) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        error);
    if (!insert)
        return false;
    statement_bind(insert, integer_value(checking->id), text_value(check->person),
                   text_value(check->name), day_value(check->last_day),
                   integer_value(check->is_urgent), integer_value(check->at_utc),
                   text_value(check->actor), integer_value(check->at_utc),
                   integer_value(check->run), integer_value(check->is_sure));
    return statement_run(insert, error) &&
           write_audit(checking, "opened", json_pack("{s:s}", "person", check->person), error);
}

/* What is known of the person now; a case that was urgent stays it. */
static bool note_check(const Checking *checking, GError **error)
{
    const CaseCheck *check = checking->check;
    g_autoptr(Statement) update =
        store_prepare(checking->ledger->store,
                      "UPDATE leaver_case SET name = $2, last_day = COALESCE($3, last_day),"
                      " is_urgent = CASE WHEN $4 = 1 THEN 1 ELSE is_urgent END, checked_at = $5,"
                      " checked_run = $6, is_sure = $7 WHERE id = $1",
                      error);
    if (!update)
        return false;
    statement_bind(update, integer_value(checking->id), text_value(check->name),
                   day_value(check->last_day), integer_value(check->is_urgent),
                   integer_value(check->at_utc), integer_value(check->run),
                   integer_value(check->is_sure));
    return statement_run(update, error);
}

/* ---- lines ---- */

/* What is stored of a line, until the check is through with it. */
typedef struct StoredLine {
    char *kind, *source, *key, *object_source, *object_key, *text;
    bool is_open, is_met;
} StoredLine;

static void stored_line_clear(void *data)
{
    StoredLine *line = data;
    g_free(line->kind);
    g_free(line->source);
    g_free(line->key);
    g_free(line->object_source);
    g_free(line->object_key);
    g_free(line->text);
}

static GArray *read_lines(const Checking *checking, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(checking->ledger->store,
                      "SELECT kind, source, key, object_source, object_key, text,"
                      " CASE WHEN cleared_at IS NULL THEN 1 ELSE 0 END FROM leaver_line"
                      " WHERE leaver_case = $1"
                      " ORDER BY kind, source, key, object_source, object_key",
                      error);
    if (!rows)
        return NULL;
    g_autoptr(GArray) lines = g_array_new(FALSE, TRUE, sizeof(StoredLine));
    StoreStep step;

    g_array_set_clear_func(lines, stored_line_clear);
    statement_bind(rows, integer_value(checking->id));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        StoredLine line = {.kind = g_strdup(statement_text(rows, 0)),
                           .source = g_strdup(statement_text(rows, 1)),
                           .key = g_strdup(statement_text(rows, 2)),
                           .object_source = g_strdup(statement_text(rows, 3)),
                           .object_key = g_strdup(statement_text(rows, 4)),
                           .text = g_strdup(statement_text(rows, 5)),
                           .is_open = statement_integer(rows, 6) != 0};
        g_array_append_val(lines, line);
    }
    return step == STORE_DONE ? g_steal_pointer(&lines) : NULL;
}

/* A leaver has tens of lines: no index is needed. */
static StoredLine *find_line(const GArray *lines, const CaseLine *line)
{
    for (guint i = 0; i < lines->len; i++) {
        StoredLine *stored = &g_array_index(lines, StoredLine, i);
        if (strcmp(stored->kind, line->kind) == 0 && strcmp(stored->source, line->source) == 0 &&
            strcmp(stored->key, line->key) == 0 &&
            strcmp(stored->object_source, line->object_source) == 0 &&
            strcmp(stored->object_key, line->object_key) == 0)
            return stored;
    }
    return NULL;
}

/* Writes the line as it is now. A line that stays open keeps when it was opened and is due; one
 * that is opened again begins anew. */
static bool write_line(const Checking *checking, const CaseLine *line, const StoredLine *stored,
                       GError **error)
{
    const CaseCheck *check = checking->check;
    bool begins = line->is_open && !(stored && stored->is_open);
    bool ends = !line->is_open && (!stored || stored->is_open);
    g_autoptr(Statement) write = store_prepare(
        checking->ledger->store,
        "INSERT INTO leaver_line (leaver_case, kind, source, key, object_source, object_key, name,"
        " text, due, opened_at, cleared_at, cleared_run)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " ON CONFLICT (leaver_case, kind, source, key, object_source, object_key) DO UPDATE SET"
        " name = excluded.name, text = excluded.text,"
        " due = CASE WHEN $13 = 1 OR excluded.due < leaver_line.due THEN excluded.due"
        " ELSE leaver_line.due END,"
        " opened_at = CASE WHEN $13 = 1 THEN excluded.opened_at ELSE leaver_line.opened_at END,"
        " cleared_at = CASE WHEN $13 = 1 THEN NULL WHEN $14 = 1 THEN excluded.cleared_at"
        " ELSE leaver_line.cleared_at END,"
        " cleared_run = CASE WHEN $13 = 1 THEN NULL WHEN $14 = 1 THEN excluded.cleared_run"
        " ELSE leaver_line.cleared_run END",
        error);
    if (!write)
        return false;
    statement_bind(write, integer_value(checking->id), text_value(line->kind),
                   text_value(line->source), text_value(line->key), text_value(line->object_source),
                   text_value(line->object_key), text_value(line->name), text_value(line->text),
                   integer_value(line->due_utc), integer_value(check->at_utc),
                   ends ? integer_value(check->at_utc) : (StoreValue){.type = VALUE_NULL},
                   ends ? integer_value(check->run) : (StoreValue){.type = VALUE_NULL},
                   integer_value(begins), integer_value(ends));
    if (!statement_run(write, error))
        return false;
    if (!begins && !(ends && stored))
        return true;
    return write_audit(checking, begins ? (stored ? "line open again" : "line open") : "line clear",
                       json_pack("{s:s}", "text", line->text), error);
}

static bool is_unread(const CaseCheck *check, const StoredLine *line)
{
    return is_among(check->unread_sources, line->source) ||
           is_among(check->unread_sources, line->object_source) ||
           is_among(check->unread_kinds, line->kind);
}

/* What was open and is not there any more, in a source that was read. */
static bool clear_lines(const Checking *checking, const GArray *lines, GError **error)
{
    const CaseCheck *check = checking->check;
    for (guint i = 0; i < lines->len; i++) {
        const StoredLine *stored = &g_array_index(lines, StoredLine, i);
        if (stored->is_met || !stored->is_open || is_unread(check, stored))
            continue;
        g_autoptr(Statement) update = store_prepare(
            checking->ledger->store,
            "UPDATE leaver_line SET cleared_at = $7, cleared_run = $8, text = 'no longer: ' || text"
            " WHERE leaver_case = $1"
            " AND kind = $2 AND source = $3 AND key = $4 AND object_source = $5"
            " AND object_key = $6",
            error);
        if (!update)
            return false;
        statement_bind(update, integer_value(checking->id), text_value(stored->kind),
                       text_value(stored->source), text_value(stored->key),
                       text_value(stored->object_source), text_value(stored->object_key),
                       integer_value(check->at_utc), integer_value(check->run));
        g_autofree char *text = g_strconcat("no longer: ", stored->text, NULL);
        if (!statement_run(update, error) ||
            !write_audit(checking, "line clear", json_pack("{s:s}", "text", text), error))
            return false;
    }
    return true;
}

static bool check_lines(const Checking *checking, GError **error)
{
    g_autoptr(GArray) lines = read_lines(checking, error);
    if (!lines)
        return false;
    for (size_t i = 0; i < checking->check->n_lines; i++) {
        const CaseLine *line = &checking->check->lines[i];
        StoredLine *stored = find_line(lines, line);
        if (stored)
            stored->is_met = true;
        if (!write_line(checking, line, stored, error))
            return false;
    }
    return clear_lines(checking, lines, error);
}

/* ---- open or clear ---- */

static bool settle(const Checking *checking, GError **error)
{
    const CaseCheck *check = checking->check;
    Store *store = checking->ledger->store;
    g_autoptr(Statement) count = store_prepare(
        store, "SELECT count(*) FROM leaver_line WHERE leaver_case = $1 AND cleared_at IS NULL",
        error);
    if (!count)
        return false;
    statement_bind(count, integer_value(checking->id));
    if (statement_step(count, error) != STORE_ROW)
        return false;
    int64_t n_open = statement_integer(count, 0);
    bool is_clear = n_open == 0 && (check->is_sure || checking->was_clear);
    if (is_clear == checking->was_clear)
        return true;
    g_autoptr(Statement) update = store_prepare(
        store, "UPDATE leaver_case SET cleared_at = $2, cleared_run = $3 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(checking->id),
                   is_clear ? integer_value(check->at_utc) : (StoreValue){.type = VALUE_NULL},
                   is_clear ? integer_value(check->run) : (StoreValue){.type = VALUE_NULL});
    return statement_run(update, error) &&
           write_audit(checking, is_clear ? "clear" : "open again", NULL, error);
}

static bool check_case(void *data, GError **error)
{
    Checking *checking = data;
    Ledger *ledger = checking->ledger;
    checking->id = 0;
    checking->was_clear = false;
    g_clear_pointer(&checking->found, json_decref);
    g_autoptr(Audit) audit = audit_new(ledger->store, error);
    if (!audit || !find_case(checking, error))
        return false;
    if (checking->id == 0 && !checking->check->may_open)
        return true;
    checking->audit = audit;
    if (!(checking->id == 0 ? open_case(checking, error) : note_check(checking, error)) ||
        !check_lines(checking, error) || !settle(checking, error))
        return false;
    checking->found = ledger_case(ledger, checking->check->person, error);
    return checking->found != NULL;
}

bool ledger_case_check(Ledger *ledger, const CaseCheck *check, json_t **ret_case, GError **error)
{
    Checking checking = {.ledger = ledger, .check = check};

    *ret_case = NULL;
    if (!store_transaction(ledger->store, STORE_WRITING, check_case, &checking, error)) {
        json_decref(checking.found);
        g_prefix_error(error, "the leaver case was not changed: ");
        return false;
    }
    *ret_case = checking.found;
    return true;
}
