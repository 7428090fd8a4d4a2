/* tasks.c: what is to be carried out, as JSON. */
#include "ledger/review/change.h"

#include "ledger/review/superseded.h"
#include "ledger/review_json.h"
#include "ledger/review_tasks.h"
#include "ledger/reviews.h"

#include <string.h>

enum {
    TASK_REVIEW,
    TASK_PLACE,
    TASK_DECISION,
    TASK_DECIDED,
    TASK_DUE_FROM,
    TASK_VERIFIED_RUN,
    TASK_VERIFIED,
    TASK_RETURNED_RUN,
    TASK_RETURNED,
    TASK_SOURCE,
    TASK_ACCOUNT,
    TASK_ACCOUNT_NAME,
    TASK_GROUP_SOURCE,
    TASK_GROUP,
    TASK_GROUP_NAME,
    TASK_FACTS,
    TASK_PERSON,
    TASK_PERSON_NAME,
    TASK_BY,
    TASK_BY_NAME,
    TASK_REASON,
    TASK_SUPERSEDED
};
#define TASKS                                                                                      \
    "SELECT t.review, t.place, t.decision, t.decided_at, t.due_from, t.verified_run, "             \
    "t.verified_at, t.returned_run, t.returned_at, i.source, i.account_key, i.account_name, "      \
    "i.group_source, i.group_key, i.group_name, i.facts, i.person_id, p.name, d.by_whom, b.name, " \
    "d.reason, CASE WHEN " REVIEW_SUPERSEDED(                                                      \
        "t.decided_at") " THEN 1 ELSE 0 END "                                                      \
                        "FROM review_task t JOIN review_item i ON i.review = t.review AND "        \
                        "i.place = t.place "                                                       \
                        "JOIN review_decision d ON d.review = i.review AND d.place = i.place AND " \
                        "d.stage = i.stage "                                                       \
                        "LEFT JOIN roster p ON p.id = i.person_id LEFT JOIN roster b ON b.id = "   \
                        "d.by_whom "                                                               \
                        "WHERE ($1 = 0 OR t.review = $1) ORDER BY t.review, t.place"

static const char *state_of(Statement *row, int64_t now_utc)
{
    bool is_verified = !review_is_null(row, TASK_VERIFIED_RUN),
         is_returned = !review_is_null(row, TASK_RETURNED_RUN);

    if (is_verified && !is_returned)
        return "verified";
    if (statement_integer(row, TASK_SUPERSEDED) != 0)
        return "superseded";
    if (is_returned)
        return "returned";
    return statement_integer(row, TASK_DUE_FROM) > now_utc ? "later" : "open";
}

static json_t *proof_at(Statement *row, int run, int at)
{
    if (review_is_null(row, run))
        return json_null();
    return json_pack("{s:I s:o}", "run", (json_int_t)statement_integer(row, run), "as_of",
                     review_time(row, at));
}

static json_t *thing_at(Statement *row, int source)
{
    return json_pack("{s:s s:s s:s}", "source", statement_text(row, source), "key",
                     statement_text(row, source + 1), "name", statement_text(row, source + 2));
}

static void add_fact(json_t *body, const char *name, const json_t *facts, const char *fact)
{
    json_t *value = json_object_get(facts, fact);

    json_object_set_new(body, name, value ? json_incref(value) : json_null());
}

static json_t *task_json(Statement *row, const char *state)
{
    g_autofree char *review = ledger_review_name(statement_integer(row, TASK_REVIEW));
    json_t *facts = json_from_text(statement_text(row, TASK_FACTS), json_object());
    json_t *body =
        json_pack("{s:s s:I s:s s:s s:o s:o s:o s:o}", "review", review, "item",
                  (json_int_t)statement_integer(row, TASK_PLACE), "decision",
                  statement_text(row, TASK_DECISION), "state", state, "account",
                  thing_at(row, TASK_SOURCE), "group", thing_at(row, TASK_GROUP_SOURCE), "person",
                  review_person(row, TASK_PERSON), "decided_by", review_person(row, TASK_BY));

    json_object_set_new(body, "reason", json_string(statement_text(row, TASK_REASON)));
    json_object_set_new(body, "decided", review_time(row, TASK_DECIDED));
    json_object_set_new(body, "due_from", review_time(row, TASK_DUE_FROM));
    json_object_set_new(body, "verified", proof_at(row, TASK_VERIFIED_RUN, TASK_VERIFIED));
    json_object_set_new(body, "returned", proof_at(row, TASK_RETURNED_RUN, TASK_RETURNED));
    add_fact(body, "dn", facts, "account_dn");
    add_fact(body, "group_dn", facts, "group_dn");
    add_fact(body, "path", facts, "path");
    add_fact(body, "direct", facts, "direct");
    add_fact(body, "cuts", facts, "cuts");
    json_decref(facts);
    return body;
}

bool ledger_review_tasks(Ledger *ledger, const char *review, bool only_open, int64_t now_utc,
                         LedgerVisit visit, void *data, GError **error)
{
    g_auto(ReviewState) asked = {0};
    StoreStep step = STORE_DONE;
    bool goes_on = true;

    if (review && !review_state_read(ledger->store, review, &asked, error))
        return false;
    g_autoptr(Statement) rows = store_prepare(ledger->store, TASKS, error);
    if (!rows)
        return false;
    statement_bind(rows, integer_value(asked.id));
    while (goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        const char *state = state_of(rows, now_utc);
        if (only_open && strcmp(state, "open") != 0 && strcmp(state, "returned") != 0)
            continue;
        json_t *body = task_json(rows, state);
        goes_on = visit(body, data);
        json_decref(body);
    }
    return !goes_on || step == STORE_DONE;
}
