/* exceptions.c: lists and counts of exceptions.
 *
 * A list first reads the ids in their order, 8 bytes each, then the rows in portions, each in a
 * short transaction: a hundred thousand need no memory to speak of, and a reader that stands in a
 * pager over night does not keep the nightly run from writing. If a run is applied meanwhile, the
 * list ends with a sentence rather than mixing two runs. */
#include "ledger/audit.h"
#include "ledger/began.h"
#include "ledger/chosen.h"
#include "ledger/exception_json.h"
#include "ledger/kept.h"
#include "ledger/life.h"
#include "ledger/tally.h"

#include <string.h>

#define PORTION 500

typedef struct Listing {
    Ledger *ledger;
    const LedgerFilter *filter;
    char *person, *account; /* folded, NULL = any */
    Seen *seen;
    RunMark mark;    /* of at_run */
    Statement *life; /* of the transaction */
    int64_t newest_run;
    GArray *ids; /* (element-type int64_t) */
    guint position;
    GPtrArray *rows; /* (element-type json_t) of one portion */
} Listing;

static char *folded(const char *text)
{
    if (!text)
        return NULL;
    g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_DEFAULT);
    return g_utf8_casefold(normal ? normal : text, -1);
}

static bool is_one_of(const char *wanted, Statement *row, const int *columns, size_t n_columns)
{
    for (size_t i = 0; i < n_columns; i++) {
        g_autofree char *text = folded(statement_text(row, columns[i]));
        if (text && g_str_equal(text, wanted))
            return true;
    }
    return false;
}

static bool is_person(const char *wanted, Statement *row)
{
    static const int person[] = {COLUMN_PERSON_ID, COLUMN_PERSON_NAME};
    static const int subject[] = {COLUMN_SUBJECT_KEY, COLUMN_SUBJECT_NAME};
    bool is_subject = g_strcmp0(statement_text(row, COLUMN_SUBJECT_TYPE), "person") == 0;

    return is_one_of(wanted, row, person, G_N_ELEMENTS(person)) ||
           (is_subject && is_one_of(wanted, row, subject, G_N_ELEMENTS(subject)));
}

static bool is_account(const char *wanted, Statement *row)
{
    static const int subject[] = {COLUMN_SUBJECT_KEY, COLUMN_SUBJECT_NAME, COLUMN_SUBJECT_DN};
    const char *type = statement_text(row, COLUMN_SUBJECT_TYPE);
    bool is_of_account = g_strcmp0(type, "account") == 0 || g_strcmp0(type, "right") == 0;

    return is_of_account && is_one_of(wanted, row, subject, G_N_ELEMENTS(subject));
}

static int severity_of(const char *text)
{
    for (int severity = 0; severity < N_SEVERITIES; severity++) {
        if (g_ascii_strcasecmp(text, severities[severity]) == 0)
            return severity;
    }
    return -1;
}

/* Values that a filter does not name match everything. */
static bool read_ids(Listing *listing, GError **error)
{
    const LedgerFilter *filter = listing->filter;
    g_autofree char *status = filter->status ? g_ascii_strdown(filter->status, -1) : NULL;
    g_autofree char *control = filter->control ? g_ascii_strdown(filter->control, -1) : NULL;
    bool is_all = g_strcmp0(status, "all") == 0 || filter->at_run > 0;
    g_autoptr(Statement) rows = store_prepare(
        listing->ledger->store,
        "SELECT id FROM exception WHERE ($1 = 1 OR status = $2 OR status = $3) "
        "AND ($4 = '' OR control = $4) AND ($5 = -2 OR severity = $5) "
        "AND ($6 = 0 OR opened_run = $6 OR reopened_run = $6 OR EXISTS (SELECT 1 FROM "
        "waiver w WHERE w.exception = exception.id AND w.lapsed_run = $6)) "
        "ORDER BY severity DESC, control, subject_name, id",
        error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(is_all), text_value(status ? status : "open"),
                   text_value(status ? status : "assigned"), text_value(control ? control : ""),
                   integer_value(filter->severity ? severity_of(filter->severity) : -2),
                   integer_value(filter->only_new ? listing->newest_run : 0));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(listing->ids, id);
    }
    return step == STORE_DONE;
}

static bool begin_listing(void *data, GError **error)
{
    Listing *listing = data;

    int64_t at_run = listing->filter->at_run;

    listing->seen = seen_new_until(listing->ledger->store, at_run > 0 ? at_run : INT64_MAX, error);
    if (!listing->seen)
        return false;
    listing->newest_run = seen_newest(listing->seen);
    return (at_run == 0 || run_mark_read(listing->ledger->store, at_run, &listing->mark, error)) &&
           read_ids(listing, error);
}

static bool is_wanted(const Listing *listing, Statement *row)
{
    return (!listing->person || is_person(listing->person, row)) &&
           (!listing->account || is_account(listing->account, row));
}

static bool check_run(Listing *listing, GError **error)
{
    int64_t newest;

    if (!store_query_integer(listing->ledger->store,
                             "SELECT max(id) FROM run WHERE status IN ('applied', 'partial')",
                             &newest, error))
        return false;
    if (newest == listing->newest_run)
        return true;
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "run %" G_GINT64_FORMAT
                " was applied while this list was written; the list is not complete. List again.",
                newest);
    return false;
}

/* The exception of now with the status, severity and sentence of then. *ret_json NULL: it was not
 * open then. */
static bool past_json(const Listing *listing, Statement *row, Statement *life, json_t **ret_json,
                      GError **error)
{
    LifeAt then;
    int64_t last_seen, id = statement_integer(row, COLUMN_ID);

    *ret_json = NULL;
    if (!life_read(life, id, &listing->mark, 1, &then, error))
        return false;
    bool is_open = then.is_there && (then.status == STATUS_OPEN || then.status == STATUS_ASSIGNED);
    json_t *json = is_open ? exception_json(listing->ledger, listing->seen, row, error) : NULL;
    const RunFacts *run = NULL;
    if (json && seen_last(listing->seen, id, statement_text(row, COLUMN_CONTROL),
                          statement_text(row, COLUMN_SOURCE),
                          statement_integer(row, COLUMN_OPENED_RUN), &last_seen, error))
        run = seen_run(listing->seen, last_seen, error);
    if (run) {
        g_autofree char *summary = finding_summary_at(
            then.words ? then.words : statement_text(row, COLUMN_SUMMARY), run->as_of_utc);
        json_object_set_new(json, "status", json_string(ledger_statuses[then.status]));
        json_object_set_new(json, "summary", json_string(summary));
        if (then.severity >= 0)
            json_object_set_new(json, "severity", json_string(severities[then.severity]));
        *ret_json = json_incref(json);
    }
    json_decref(json);
    life_at_clear(&then);
    return !is_open || run;
}

static const char *text_in(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static gint compare_severity(gconstpointer a, gconstpointer b)
{
    const json_t *first = *(json_t *const *)a, *second = *(json_t *const *)b;
    int order = severity_of(text_in(second, "severity")) - severity_of(text_in(first, "severity"));

    if (order == 0)
        order = strcmp(text_in(first, "control"), text_in(second, "control"));
    if (order == 0)
        order = g_strcmp0(text_in(json_object_get(first, "subject"), "name"),
                          text_in(json_object_get(second, "subject"), "name"));
    return order;
}

static bool make_row(Statement *row, void *data, json_t **ret_json, GError **error)
{
    Listing *listing = data;

    *ret_json = NULL;
    if (!is_wanted(listing, row))
        return true;
    if (listing->mark.run > 0)
        return past_json(listing, row, listing->life, ret_json, error);
    *ret_json = exception_json(listing->ledger, listing->seen, row, error);
    return *ret_json != NULL;
}

static bool read_portion(void *data, GError **error)
{
    Listing *listing = data;
    bool is_past = listing->mark.run > 0;
    guint n_left = listing->ids->len - listing->position;
    guint n = is_past ? n_left : MIN(PORTION, n_left);
    const int64_t *ids = &g_array_index(listing->ids, int64_t, listing->position);
    g_autoptr(Statement) life = life_prepare(listing->ledger->store, error);

    listing->life = life;
    if (!life || (!is_past && !check_run(listing, error)) ||
        !chosen_read(listing->ledger->store, ids, n, make_row, listing, listing->rows, error))
        return false;
    listing->position += n;
    if (is_past) /* read by the severities of now */
        g_ptr_array_sort(listing->rows, compare_severity);
    return true;
}

static bool show_portions(Listing *listing, LedgerVisit visit, void *data, GError **error)
{
    while (listing->position < listing->ids->len) {
        g_ptr_array_set_size(listing->rows, 0);
        if (!store_transaction(listing->ledger->store, STORE_READING, read_portion, listing, error))
            return false;
        for (guint i = 0; i < listing->rows->len; i++) {
            if (!visit(listing->rows->pdata[i], data))
                return true;
        }
    }
    return true;
}

bool ledger_exceptions(Ledger *ledger, const LedgerFilter *filter, LedgerVisit visit, void *data,
                       GError **error)
{
    static const LedgerFilter everything_open = {0};
    Listing listing = {.ledger = ledger, .filter = filter ? filter : &everything_open};

    listing.person = folded(listing.filter->person);
    listing.account = folded(listing.filter->account);
    listing.ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    listing.rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    bool is_done =
        store_transaction(ledger->store, STORE_READING, begin_listing, &listing, error) &&
        show_portions(&listing, visit, data, error);
    g_free(listing.person);
    g_free(listing.account);
    g_array_unref(listing.ids);
    g_ptr_array_unref(listing.rows);
    seen_free(listing.seen);
    return is_done;
}

json_t *ledger_exception(Ledger *ledger, const char *id, GError **error)
{
    g_autoptr(Seen) seen = seen_new(ledger->store, error);
    g_autoptr(Statement) row = store_prepare(
        ledger->store, "SELECT " EXCEPTION_COLUMNS " FROM " EXCEPTION_TABLES "WHERE e.id = $1",
        seen ? error : NULL);
    g_autofree char *name = exception_name(exception_id(id));

    if (!seen || !row)
        return NULL;
    statement_bind(row, integer_value(exception_id(id)));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    json_t *json = exception_json(ledger, seen, row, error);
    json_t *began = json ? began_json(ledger->store, exception_id(id), 0, error) : NULL;
    json_t *history = began ? audit_history(ledger->store, name, error) : NULL;
    if (history) {
        json_object_set_new(json, "began", began);
        json_object_set_new(json, "history", history);
        return json;
    }
    json_decref(began);
    json_decref(json);
    return NULL;
}

/* After a merge the run knows; counting them again would cost a tenth of a quiet night. */
static Tally *tally_of_now(Ledger *ledger, GError **error)
{
    if (ledger->tally && ledger->tally_of == ledger->store->n_writes)
        return g_steal_pointer(&ledger->tally);
    return tally_read(ledger->store, error);
}

static json_t *count_summary(Ledger *ledger, GError **error)
{
    int64_t n_all, n_by_rule;
    g_autoptr(Tally) tally = tally_of_now(ledger, error);

    /* Ids are given without gaps, so the greatest is their number. */
    if (!tally ||
        !store_query_integer(ledger->store, "SELECT max(id) FROM exception", &n_all, error) ||
        !waivers_count_by_rule(ledger->store, &n_by_rule, error))
        return NULL;
    return json_pack("{s:I s:I s:I s:I s:I s:I s:o s:o}", "open", (json_int_t)tally_open(tally),
                     "assigned", (json_int_t)tally->by_status[STATUS_ASSIGNED], "accepted",
                     (json_int_t)tally->by_status[STATUS_ACCEPTED], "accepted_by_rule",
                     (json_int_t)n_by_rule, "false_positive",
                     (json_int_t)tally->by_status[STATUS_FALSE_POSITIVE], "resolved",
                     (json_int_t)(n_all - tally_unresolved(tally)), "by_severity",
                     tally_severities(tally), "by_control", tally_controls(tally));
}

/* What read says, unless the ledger is still as it was when it was asked last. */
static json_t *answer(Ledger *ledger, const char *question,
                      json_t *(*read)(Ledger *ledger, GError **error), GError **error)
{
    if (!kept_refresh(ledger->kept, ledger->store, error))
        return NULL;
    json_t *kept = kept_find(ledger->kept, question);
    if (kept)
        return kept;
    json_t *now = read(ledger, error);
    if (now)
        kept_add(ledger->kept, question, now);
    return now;
}

json_t *ledger_summary(Ledger *ledger, GError **error)
{
    return answer(ledger, "summary", count_summary, error);
}

/* Why (some of) the control could not be judged, from the run's list; null when all of it was. */
static json_t *reasons_of(json_t *not_evaluable, const char *control)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t i;
    json_t *row;

    json_array_foreach(not_evaluable, i, row)
    {
        const char *of = json_string_value(json_object_get(row, "control"));
        const char *reason = json_string_value(json_object_get(row, "reason"));
        json_t *subjects = json_object_get(row, "subjects");

        if (g_strcmp0(of, control) != 0 || !reason)
            continue;
        g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", reason);
        if (json_is_integer(subjects))
            g_string_append_printf(text, " (%" JSON_INTEGER_FORMAT " of its subjects)",
                                   json_integer_value(subjects));
    }
    return text->len > 0 ? json_string(text->str) : json_null();
}

static json_t *read_control_results(Ledger *ledger, GError **error)
{
    g_autoptr(Tally) tally = tally_read(ledger->store, error);
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT results, not_evaluable FROM run "
                      "WHERE status IN ('applied', 'partial') ORDER BY id DESC LIMIT 1",
                      tally ? error : NULL);
    json_t *results = json_object();
    const char *control;
    json_t *result, *row_json;
    size_t i;

    StoreStep step = tally && row ? statement_step(row, error) : STORE_FAILED;
    if (step == STORE_FAILED) {
        json_decref(results);
        return NULL;
    }
    bool is_there = step == STORE_ROW;
    json_t *stored =
        is_there ? json_from_text(statement_text(row, 0), json_object()) : json_object();
    json_t *not_evaluable =
        is_there ? json_from_text(statement_text(row, 1), json_array()) : json_array();

    /* A control that needs a source which nobody configured was not judged at all. */
    json_array_foreach(not_evaluable, i, row_json)
    {
        control = json_string_value(json_object_get(row_json, "control"));
        if (control && !json_object_get(stored, control))
            json_object_set_new(stored, control, json_string("not-evaluable"));
    }
    json_object_foreach(stored, control, result)
    {
        const int64_t *n_open = g_hash_table_lookup(tally->by_control, control);
        json_object_set_new(results, control,
                            json_pack("{s:O s:I s:o}", "result", result, "open",
                                      (json_int_t)(n_open ? *n_open : 0), "reason",
                                      reasons_of(not_evaluable, control)));
    }
    json_decref(stored);
    json_decref(not_evaluable);
    return results;
}

json_t *ledger_control_results(Ledger *ledger, GError **error)
{
    return answer(ledger, "control results", read_control_results, error);
}
