/* diff.c: what became of exceptions between two runs. */
#include "ledger/history/past.h"

#include "controls/finding.h"
#include "ledger/life.h"

typedef struct Diff {
    Ledger *ledger;
    RunMark marks[2]; /* from, to */
    GArray *ids;      /* (element-type int64_t) of exceptions with anything written in between */
    GPtrArray *rows;  /* (element-type json_t) */
} Diff;

/* Nothing else can have changed. */
static bool read_ids(Diff *diff, GError **error)
{
    bool is_forward = diff->marks[0].run <= diff->marks[1].run;
    const RunMark *first = &diff->marks[is_forward ? 0 : 1];
    const RunMark *last = &diff->marks[is_forward ? 1 : 0];
    g_autoptr(Statement) rows =
        store_prepare(diff->ledger->store,
                      "SELECT DISTINCT object FROM audit WHERE object LIKE 'EX-%' AND id > $1 AND "
                      "(run IS NULL OR run <> $2) AND (id < $3 OR run = $4)",
                      error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(first->first_row), integer_value(first->run),
                   integer_value(last->first_row), integer_value(last->run));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = exception_id(statement_text(rows, 0));
        g_array_append_val(diff->ids, id);
    }
    return step == STORE_DONE;
}

static gint compare_ids(gconstpointer a, gconstpointer b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* What a change of status is called; NULL = it is none. */
static const char *change_name(const LifeAt *before, const LifeAt *after)
{
    bool was_resolved = before->is_there && before->status == STATUS_RESOLVED;
    bool is_resolved = after->is_there && after->status == STATUS_RESOLVED;

    if (before->is_there != after->is_there) {
        if (!after->is_there)
            return "not yet opened";
        return is_resolved ? "opened and resolved" : "opened";
    }
    if (!before->is_there || before->status == after->status)
        return NULL;
    return was_resolved ? "reopened" : is_resolved ? "resolved" : "changed";
}

static json_t *status_json(const LifeAt *life)
{
    return life->is_there ? json_string(ledger_statuses[life->status]) : json_null();
}

typedef struct Change {
    const char *name, *field;
    json_t *before, *after; /* taken */
    int64_t run;            /* 0 = a person */
} Change;

/* text: id, source, subject_name, object_name, control, summary, severity, as-of of the sentence.
 */
static void add_row(Diff *diff, Statement *text, const Change *change, const char *words)
{
    g_autofree char *key = exception_name(statement_integer(text, 0));
    g_autofree char *summary =
        finding_summary_at(words ? words : statement_text(text, 5), statement_integer(text, 7));

    g_ptr_array_add(diff->rows,
                    json_pack("{s:o s:s s:s s:s? s:s? s:s s:s? s:s s:o s:o s:s? s:s}", "run",
                              change->run > 0 ? json_integer(change->run) : json_null(), "change",
                              change->name, "kind", "exception", "source", statement_text(text, 1),
                              "name", statement_text(text, 2), "key", key, "object",
                              statement_text(text, 3), "field", change->field, "before",
                              change->before, "after", change->after, "control",
                              statement_text(text, 4), "summary", summary));
}

static json_t *severity_json(Statement *text, const LifeAt *life)
{
    return json_string(
        severities[life->severity >= 0 ? life->severity : (int)statement_integer(text, 6)]);
}

static void add_changes(Diff *diff, Statement *text, const LifeAt *lives)
{
    const LifeAt *before = &lives[0], *after = &lives[1];
    const LifeAt *later = diff->marks[0].run <= diff->marks[1].run ? after : before;
    const char *name = change_name(before, after);
    const char *words = after->is_there ? after->words : before->words;

    if (name)
        add_row(
            diff, text,
            &(Change){name, "status", status_json(before), status_json(after), later->changed_run},
            words);
    if (!before->is_there || !after->is_there || before->status == STATUS_RESOLVED ||
        after->status == STATUS_RESOLVED)
        return;
    json_t *was = severity_json(text, before), *is = severity_json(text, after);
    if (!json_equal(was, is))
        add_row(diff, text,
                &(Change){"changed", "severity", json_incref(was), json_incref(is),
                          later->severity_run},
                words);
    json_decref(was);
    json_decref(is);
}

static bool read_rows(Diff *diff, GError **error)
{
    g_autoptr(Statement) life = life_prepare(diff->ledger->store, error);
    g_autoptr(Statement) text =
        life ? store_prepare(
                   diff->ledger->store,
                   "SELECT e.id, e.source, e.subject_name, t.object_name, e.control, t.summary, "
                   "e.severity, r.as_of FROM exception e JOIN exception_text t ON t.exception = "
                   "e.id JOIN run r ON r.id = e.found_run WHERE e.id = $1",
                   error)
             : NULL;

    if (!text)
        return false;
    for (guint i = 0; i < diff->ids->len; i++) {
        int64_t id = g_array_index(diff->ids, int64_t, i);
        LifeAt lives[2];
        bool is_read = life_read(life, id, diff->marks, 2, lives, error);
        statement_bind(text, integer_value(id));
        StoreStep step = is_read ? statement_step(text, error) : STORE_FAILED;
        if (step == STORE_ROW)
            add_changes(diff, text, lives);
        statement_reset(text);
        life_at_clear(&lives[0]);
        life_at_clear(&lives[1]);
        if (step == STORE_FAILED)
            return false;
    }
    return true;
}

static bool read_diff(void *data, GError **error)
{
    Diff *diff = data;

    if (!read_ids(diff, error))
        return false;
    g_array_sort(diff->ids, compare_ids);
    return read_rows(diff, error);
}

bool ledger_diff_exceptions(Ledger *ledger, int64_t from, int64_t to, LedgerVisit visit, void *data,
                            GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    Diff diff = {.ledger = ledger, .ids = ids, .rows = rows};

    if (!run_mark_read(ledger->store, from, &diff.marks[0], error) ||
        !run_mark_read(ledger->store, to, &diff.marks[1], error) ||
        !store_transaction(ledger->store, STORE_READING, read_diff, &diff, error))
        return false;
    for (guint i = 0; i < rows->len && visit(rows->pdata[i], data); i++)
        ;
    return true;
}
