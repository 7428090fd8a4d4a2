#include "ledger/listing.h"

#include "ledger/chosen.h"
#include "ledger/exception_json.h"
#include "ledger/kept.h"

/* ---- what is wanted, as SQL ---- */

#define MAX_VALUES 12
#define FAR 1000 /* rows before a page that are walked over at every look */

/* Literal SQL of this file, and values for its $n: text from outside is never part of it. */
typedef struct Query {
    GString *where;
    StoreValue values[MAX_VALUES];
    int n_values;
} Query;

static void query_clear(Query *query)
{
    g_string_free(query->where, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Query, query_clear)

static int add_value(Query *query, StoreValue value)
{
    query->values[query->n_values] = value;
    return ++query->n_values;
}

/* literal: with one %d for the number of the value. */
static void add_condition(Query *query, const char *before, StoreValue value, const char *after)
{
    g_string_append_printf(query->where, " AND %s$%d%s", before, add_value(query, value), after);
}

static int severity_of(const char *text)
{
    int severity = N_SEVERITIES - 1;
    while (severity >= 0 && g_ascii_strcasecmp(text, severities[severity]) != 0)
        severity--;
    return severity;
}

static void want_status(Query *query, const char *status)
{
    if (!status)
        g_string_append(query->where,
                        "e.resolved_run IS NULL AND (e.status = 'open' OR e.status = 'assigned')");
    else if (g_ascii_strcasecmp(status, "all") == 0)
        g_string_append(query->where, "1 = 1");
    else if (g_ascii_strcasecmp(status, "resolved") == 0)
        g_string_append(query->where, "e.status = 'resolved'");
    else
        g_string_append_printf(query->where, "e.resolved_run IS NULL AND e.status = $%d",
                               add_value(query, text_value(status)));
}

static void want_new(Query *query, int64_t run)
{
    int n = add_value(query, integer_value(run));

    g_string_append_printf(query->where,
                           " AND (e.opened_run = $%d OR e.reopened_run = $%d OR EXISTS (SELECT 1 "
                           "FROM waiver w WHERE w.exception = e.id AND w.lapsed_run = $%d))",
                           n, n, n);
}

/* An exception that is about nobody has '' for a person: nobody's is not everybody's. */
static void want_only_of(Query *query, const char *person)
{
    if (*person == '\0') {
        g_string_append(query->where, " AND 1 = 0");
        return;
    }
    int n = add_value(query, text_value(person));

    g_string_append_printf(query->where,
                           " AND (e.owner = $%d OR EXISTS (SELECT 1 FROM exception_text t WHERE "
                           "t.exception = e.id AND t.person_id = $%d))",
                           n, n);
}

static void build(Query *query, const LedgerListing *listing, int64_t newest_run)
{
    query->where = g_string_new(NULL);
    want_status(query, listing->status);
    if (listing->control)
        add_condition(query, "e.control = ", text_value(listing->control), "");
    if (listing->severity)
        add_condition(query, "e.severity = ", integer_value(severity_of(listing->severity)), "");
    if (listing->source)
        add_condition(query, "e.source = ", text_value(listing->source), "");
    if (listing->owner)
        add_condition(query, "e.owner = ", text_value(listing->owner), "");
    if (listing->only_new)
        want_new(query, newest_run);
    if (listing->only_of)
        want_only_of(query, listing->only_of);
    if (listing->person)
        add_condition(query,
                      "EXISTS (SELECT 1 FROM exception_text t WHERE t.exception = e.id AND "
                      "t.person_id = ",
                      text_value(listing->person), ")");
}

/* ---- the page ---- */

typedef struct Paging {
    Ledger *ledger;
    const LedgerListing *listing;
    Seen *seen;
    GArray *ids;     /* (element-type int64_t) */
    GPtrArray *rows; /* (element-type json_t) */
    int64_t total;
} Paging;

static const char *const orders[] = {
    [LISTING_BY_SEVERITY] = "e.severity DESC, e.control, e.subject_name, e.id",
    [LISTING_BY_DUE] = "e.due, e.id",
    [LISTING_BY_AGE] = "e.opened_run, e.id",
};

/* What is asked, and its values, for what is kept. */
static char *question_of(const Query *query, const char *what)
{
    GString *question = g_string_new(query->where->str);

    g_string_append_printf(question, "\x1f%s", what);
    for (int i = 0; i < query->n_values; i++) {
        const StoreValue *value = &query->values[i];
        if (value->type == VALUE_INTEGER)
            g_string_append_printf(question, "\x1f%" G_GINT64_FORMAT, value->integer);
        else
            g_string_append_printf(question, "\x1f%s", (const char *)value->data);
    }
    return g_string_free(question, FALSE);
}

static Statement *ask(Paging *paging, const char *sql, const Query *query, GError **error)
{
    Statement *rows = store_prepare(paging->ledger->store, sql, error);

    if (rows)
        statement_bind_values(rows, query->values, (size_t)query->n_values);
    return rows;
}

/* ---- a page near the beginning: out of an index ---- */

static bool count_all(Paging *paging, const Query *query, GError **error)
{
    Kept *kept = paging->ledger->kept;
    g_autofree char *question = question_of(query, "count");
    json_t *known = kept_find(kept, question);

    if (!known) {
        g_autofree char *sql =
            g_strdup_printf("SELECT count(*) FROM exception e WHERE %s", query->where->str);
        g_autoptr(Statement) row = ask(paging, sql, query, error);
        if (!row || statement_step(row, error) != STORE_ROW)
            return false;
        known = json_integer(statement_integer(row, 0));
        kept_add(kept, question, known);
    }
    paging->total = json_integer_value(known);
    json_decref(known);
    return true;
}

static bool read_near(Paging *paging, Query *query, GError **error)
{
    if (!count_all(paging, query, error))
        return false;
    int limit = add_value(query, integer_value(paging->listing->limit));
    int first = add_value(query, integer_value(paging->listing->first));
    g_autofree char *sql =
        g_strdup_printf("SELECT e.id FROM exception e WHERE %s ORDER BY %s LIMIT $%d OFFSET $%d",
                        query->where->str, orders[paging->listing->order], limit, first);
    g_autoptr(Statement) rows = ask(paging, sql, query, error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(paging->ids, id);
    }
    return step == STORE_DONE;
}

/* ---- a page far behind, or a text to look for: out of the whole list ---- */

static const Ranked *whole_list(Paging *paging, const Query *query, GError **error)
{
    Kept *kept = paging->ledger->kept;
    const char *order = orders[paging->listing->order];
    g_autofree char *question = question_of(query, order);
    const Ranked *known = kept_list(kept, question);

    if (known)
        return known;
    g_autofree char *sql =
        g_strdup_printf("SELECT e.id, e.subject_name FROM exception e WHERE %s ORDER BY %s",
                        query->where->str, order);
    g_autoptr(Statement) rows = ask(paging, sql, query, error);
    Ranked *list = rows ? ranked_read(rows, error) : NULL;
    return list ? kept_add_list(kept, question, list) : NULL;
}

static bool read_far(Paging *paging, const Query *query, GError **error)
{
    const LedgerListing *listing = paging->listing;
    const Ranked *list = whole_list(paging, query, error);

    if (!list)
        return false;
    paging->total = ranked_find(list, listing->text, listing->first, listing->limit, paging->ids);
    return true;
}

/* ---- rows ---- */

static bool make_row(Statement *row, void *data, json_t **ret_json, GError **error)
{
    const Paging *paging = data;

    *ret_json = paging->listing->only_lines
                    ? exception_line_json(paging->seen, row, error)
                    : exception_json(paging->ledger, paging->seen, row, error);
    return *ret_json != NULL;
}

static bool read_rows(Paging *paging, GError **error)
{
    return chosen_read(paging->ledger->store, &g_array_index(paging->ids, int64_t, 0),
                       paging->ids->len, make_row, paging, paging->rows, error);
}

/* One transaction: a page never mixes two runs. */
static bool read_page(void *data, GError **error)
{
    Paging *paging = data;
    g_auto(Query) query = {0};

    paging->seen = seen_new(paging->ledger->store, error);
    if (!paging->seen)
        return false;
    build(&query, paging->listing, seen_newest(paging->seen));
    bool is_far = paging->listing->text || paging->listing->first >= FAR;
    return kept_refresh(paging->ledger->kept, paging->ledger->store, error) &&
           (is_far ? read_far(paging, &query, error) : read_near(paging, &query, error)) &&
           read_rows(paging, error);
}

bool ledger_listing(Ledger *ledger, const LedgerListing *listing, LedgerVisit visit, void *data,
                    int64_t *ret_total, GError **error)
{
    Paging paging = {.ledger = ledger, .listing = listing};

    paging.ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    paging.rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    bool is_done = store_transaction(ledger->store, STORE_READING, read_page, &paging, error);
    for (guint i = 0; is_done && i < paging.rows->len && visit(paging.rows->pdata[i], data); i++)
        continue;
    if (is_done)
        *ret_total = paging.total;
    seen_free(paging.seen);
    g_array_unref(paging.ids);
    g_ptr_array_unref(paging.rows);
    return is_done;
}

bool ledger_exception_is_of(Ledger *ledger, const char *id, const char *person, bool *ret_is,
                            GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT 1 FROM exception e JOIN exception_text t ON t.exception = e.id WHERE "
                      "e.id = $1 AND (e.owner = $2 OR t.person_id = $2)",
                      error);
    if (!row)
        return false;
    statement_bind(row, integer_value(exception_id(id)), text_value(person));
    StoreStep step = statement_step(row, error);
    *ret_is = step == STORE_ROW && *person != '\0';
    return step != STORE_FAILED;
}

bool ledger_latest_run(Ledger *ledger, int64_t *ret_run, int64_t *ret_as_of_utc, GError **error)
{
    g_autoptr(Statement) row = store_prepare(ledger->store,
                                             "SELECT id, as_of FROM run WHERE status IN "
                                             "('applied', 'partial') ORDER BY id DESC LIMIT 1",
                                             error);
    StoreStep step = row ? statement_step(row, error) : STORE_FAILED;

    if (step == STORE_FAILED)
        return false;
    *ret_run = step == STORE_ROW ? statement_integer(row, 0) : 0;
    *ret_as_of_utc = step == STORE_ROW ? statement_integer(row, 1) : 0;
    return true;
}
