/* reviews_read.c: campaigns as JSON. */
#include "ledger/review_json.h"
#include "ledger/reviews.h"

#include <string.h>

/* Of the items that count ($1 = '' : all; else those of that reviewer). */
#define IS_COUNTED " i.review = r.id AND ($1 = '' OR i.reviewer = $1)"
#define COUNT(condition) "(SELECT count(*) FROM review_item i WHERE" IS_COUNTED condition ")"
#define N_DECIDED COUNT(" AND i.outcome IS NOT NULL AND i.outcome <> 'not-reviewed'")
#define N_NOT_REVIEWED COUNT(" AND i.outcome = 'not-reviewed'")
#define N_DRAFTED                                                                                  \
    "(SELECT count(*) FROM review_item i JOIN review_draft d ON d.review = i.review"               \
    " AND d.place = i.place WHERE" IS_COUNTED " AND i.outcome IS NULL)"
#define HEAD_COLUMNS                                                                               \
    "r.id, r.name, r.title, r.owner, COALESCE(o.name, ''), r.started_at, r.started_by, r.as_of,"   \
    " r.run, r.due, r.closed_at, r.closed_by, r.population, r.scope, r.proof,"                     \
    " (SELECT count(*) FROM review_item i WHERE i.review = r.id), " COUNT(                         \
        "") ", " N_DECIDED ", " N_NOT_REVIEWED ", " N_DRAFTED ", r.forgotten_at, r.forgotten"      \
            " FROM review r LEFT JOIN roster o ON o.id = r.owner"
enum {
    HEAD_ID,
    HEAD_NAME,
    HEAD_TITLE,
    HEAD_OWNER,
    HEAD_OWNER_NAME,
    HEAD_STARTED,
    HEAD_STARTED_BY,
    HEAD_AS_OF,
    HEAD_RUN,
    HEAD_DUE,
    HEAD_CLOSED,
    HEAD_CLOSED_BY,
    HEAD_POPULATION,
    HEAD_SCOPE,
    HEAD_PROOF,
    HEAD_ALL,
    HEAD_ITEMS,
    HEAD_DECIDED,
    HEAD_NOT_REVIEWED,
    HEAD_DRAFTED,
    HEAD_FORGOTTEN,
    HEAD_LEFT
};

json_t *review_time(Statement *row, int column)
{
    return review_is_null(row, column) ? json_null() : json_time(statement_integer(row, column));
}

json_t *review_day(Statement *row, int column)
{
    g_autofree char *text =
        review_is_null(row, column) ? NULL : day_to_text((int32_t)statement_integer(row, column));
    return text ? json_string(text) : json_null();
}

json_t *review_person(Statement *row, int column)
{
    const char *id = statement_text(row, column), *name = statement_text(row, column + 1);

    if (!id || *id == '\0')
        return json_null();
    return json_pack("{s:s s:s}", "id", id, "name", name && *name ? name : id);
}

static const char *status_of(Statement *row, int64_t now_utc)
{
    if (!review_is_null(row, HEAD_CLOSED))
        return "closed";
    return statement_integer(row, HEAD_DUE) < now_utc ? "overdue" : "open";
}

static void set_number(json_t *body, const char *name, int64_t number)
{
    json_object_set_new(body, name, json_integer(number));
}

static void add_numbers(json_t *body, Statement *row, bool is_of_one)
{
    int64_t n = statement_integer(row, HEAD_ITEMS),
            n_decided = statement_integer(row, HEAD_DECIDED);
    int64_t n_not = statement_integer(row, HEAD_NOT_REVIEWED);

    set_number(body, "items", n);
    set_number(body, "decided", n_decided);
    set_number(body, "not_reviewed", n_not);
    set_number(body, "open", n - n_decided - n_not);
    set_number(body, "drafted", statement_integer(row, HEAD_DRAFTED));
    if (is_of_one)
        set_number(body, "all_items", statement_integer(row, HEAD_ALL));
}

static json_t *head_json(Statement *row, int64_t now_utc, bool is_of_one)
{
    g_autofree char *id = ledger_review_name(statement_integer(row, HEAD_ID));
    int64_t run = statement_integer(row, HEAD_RUN);
    json_t *body = json_pack(
        "{s:s s:s s:s s:s s:o s:o s:s s:o s:o s:o s:o s:s?}", "id", id, "name",
        statement_text(row, HEAD_NAME), "title", statement_text(row, HEAD_TITLE), "status",
        status_of(row, now_utc), "owner", review_person(row, HEAD_OWNER), "started",
        review_time(row, HEAD_STARTED), "started_by", statement_text(row, HEAD_STARTED_BY), "as_of",
        review_time(row, HEAD_AS_OF), "run", run > 0 ? json_integer(run) : json_null(), "due",
        review_time(row, HEAD_DUE), "closed", review_time(row, HEAD_CLOSED), "closed_by",
        statement_text(row, HEAD_CLOSED_BY));

    add_numbers(body, row, is_of_one);
    json_object_set_new(body, "forgotten", review_time(row, HEAD_FORGOTTEN));
    if (!review_is_null(row, HEAD_LEFT)) { /* the items are gone, their numbers are kept */
        json_t *left = json_from_text(statement_text(row, HEAD_LEFT), json_object());
        json_object_update(body, left);
        json_decref(left);
        set_number(body, "open", 0);
    }
    json_object_set_new(body, "population", json_string(statement_text(row, HEAD_POPULATION)));
    json_object_set_new(body, "scope",
                        json_from_text(statement_text(row, HEAD_SCOPE), json_object()));
    return body;
}

bool ledger_reviews(Ledger *ledger, const ReviewFilter *filter, LedgerVisit visit, void *data,
                    GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store,
        "SELECT " HEAD_COLUMNS " WHERE ($2 = 1 OR r.closed_at IS NULL) AND ($1 = '' OR EXISTS"
        " (SELECT 1 FROM review_item i WHERE i.review = r.id AND i.reviewer = $1))"
        " ORDER BY CASE WHEN r.closed_at IS NULL THEN 0 ELSE 1 END,"
        " CASE WHEN r.closed_at IS NULL THEN r.due ELSE -r.closed_at END, r.id",
        error);
    if (!rows)
        return false;
    StoreStep step = STORE_DONE;
    bool goes_on = true;

    statement_bind(rows, text_value(filter->reviewer ? filter->reviewer : ""),
                   integer_value(filter->with_closed));
    while (goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        json_t *body = head_json(rows, filter->now_utc, filter->reviewer != NULL);
        goes_on = visit(body, data);
        json_decref(body);
    }
    return !goes_on || step == STORE_DONE;
}

/* ---- one ---- */

static json_t *reviewer_json(Statement *row)
{
    const char *id = statement_text(row, 0), *name = statement_text(row, 1);
    json_t *body = json_pack("{s:s s:s}", "id", id, "name", name && *name ? name : id);
    int64_t n = statement_integer(row, 2), n_decided = statement_integer(row, 3);
    int64_t n_not = statement_integer(row, 4);

    set_number(body, "items", n);
    set_number(body, "decided", n_decided);
    set_number(body, "not_reviewed", n_not);
    set_number(body, "open", n - n_decided - n_not);
    set_number(body, "drafted", statement_integer(row, 5));
    return body;
}

/* A JSON list of the rows; takes the statement, which may be NULL. */
static json_t *list_of(Statement *statement, json_t *(*row_json)(Statement *row), GError **error)
{
    g_autoptr(Statement) rows = statement;
    if (!rows)
        return NULL;
    json_t *list = json_array();
    StoreStep step;

    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(list, row_json(rows));
    if (step == STORE_DONE)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *reviewers_of(Store *store, int64_t id, GError **error)
{
    Statement *rows = store_prepare(
        store,
        "SELECT i.reviewer, p.name, count(*),"
        " sum(CASE WHEN i.outcome IS NOT NULL AND i.outcome <> 'not-reviewed' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN i.outcome = 'not-reviewed' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN i.outcome IS NULL AND d.place IS NOT NULL THEN 1 ELSE 0 END)"
        " FROM review_item i LEFT JOIN review_draft d ON d.review = i.review AND d.place = i.place"
        " LEFT JOIN roster p ON p.id = i.reviewer WHERE i.review = $1"
        " GROUP BY i.reviewer, p.name ORDER BY COALESCE(p.name, ''), i.reviewer",
        error);
    if (rows)
        statement_bind(rows, integer_value(id));
    return list_of(rows, reviewer_json, error);
}

static bool add_rest(Ledger *ledger, Statement *row, json_t *body, GError **error)
{
    int64_t id = statement_integer(row, HEAD_ID);

    json_object_set_new(body, "proof",
                        json_from_text(statement_text(row, HEAD_PROOF), json_array()));
    statement_reset(row);
    json_t *reviewers = reviewers_of(ledger->store, id, error);

    if (reviewers)
        json_object_set_new(body, "reviewers", reviewers);
    return reviewers != NULL;
}

json_t *ledger_review(Ledger *ledger, const char *id, int64_t now_utc, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store, "SELECT " HEAD_COLUMNS " WHERE $1 = '' AND r.id = $2", error);
    if (!row)
        return NULL;
    statement_bind(row, text_value(""), integer_value(ledger_review_id(id)));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    json_t *body = head_json(row, now_utc, false);
    if (add_rest(ledger, row, body, error))
        return body;
    json_decref(body);
    return NULL;
}

/* ---- what happened to it ---- */

#define CHANGE_COLUMNS "SELECT at, actor, action, run, detail FROM audit WHERE object = $1"
/* As the index audit_review has them: a store uses it for a question that says the same. */
#define REVIEW_OF_ITEMS "'drafted', 'draft changed', 'draft taken back', 'holders grew'"
#define IS_OF_WHOLE_REVIEW " AND object LIKE 'RV-%' AND action NOT IN (" REVIEW_OF_ITEMS ")"

/* "00124, 00125": whom a reminder went to. */
static char *people_in(const json_t *detail)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t i;
    json_t *id;

    json_array_foreach(json_object_get(detail, "people"), i, id)
    {
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", json_string_value(id));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static json_t *change_json(Statement *row)
{
    json_t *detail = json_from_text(statement_text(row, 4), json_object());
    const char *said = json_string_value(json_object_get(detail, "text"));
    const char *reason = json_string_value(json_object_get(detail, "reason"));
    const char *sentence = json_string_value(json_object_get(detail, "sentence"));
    g_autofree char *people = people_in(detail);
    const char *text = said ? said : reason ? reason : sentence ? sentence : people;
    int64_t run = statement_integer(row, 3);
    json_t *body = json_pack("{s:o s:s s:s s:s s:o}", "at", review_time(row, 0), "actor",
                             statement_text(row, 1), "change", statement_text(row, 2), "text", text,
                             "run", run > 0 ? json_integer(run) : json_null());

    json_decref(detail);
    return body;
}

json_t *ledger_review_history(Ledger *ledger, const char *id, GError **error)
{
    g_autofree char *name = ledger_review_name(ledger_review_id(id));
    Statement *rows = store_prepare(ledger->store, CHANGE_COLUMNS " ORDER BY id", error);

    if (rows)
        statement_bind(rows, text_value(name));
    return list_of(rows, change_json, error);
}

json_t *ledger_review_changes(Ledger *ledger, const char *id, int64_t n, GError **error)
{
    g_autofree char *name = ledger_review_name(ledger_review_id(id));
    Statement *rows = store_prepare(
        ledger->store, CHANGE_COLUMNS IS_OF_WHOLE_REVIEW " ORDER BY id DESC LIMIT $2", error);

    if (rows)
        statement_bind(rows, text_value(name), integer_value(n));
    return list_of(rows, change_json, error);
}
