/* review_items.c: items of campaigns as JSON. */
#include "ledger/review_json.h"
#include "ledger/reviews.h"

#include <string.h>

/* A draft or decision: eight columns, the first of which says whether there is one. */
#define SAID(t, name)                                                                              \
    t ".decision, " t ".until, " t ".reason, " t ".by_whom, " name ".name, " t ".at, " t ".is_"    \
      "bulk"
#define SIGNED(t, name, sign) SAID(t, name) ", " t ".stage, " sign ".at, " sign ".sentence"
enum {
    SAID_DECISION,
    SAID_UNTIL,
    SAID_REASON,
    SAID_BY,
    SAID_BY_NAME,
    SAID_AT,
    SAID_BULK,
    N_SAID,
    SIGNED_STAGE = N_SAID,
    SIGNED_AT,
    SIGNED_SENTENCE,
    N_SIGNED
};
#define ITEM_COLUMNS                                                                               \
    "i.review, i.place, i.source, i.account_key, i.account_name, i.group_source, i.group_key,"     \
    " i.group_name, i.person_id, p.name, i.facts, i.is_single, i.reviewer, v.name, i.stage,"       \
    " i.version, i.outcome, " SAID("d", "dp") ", " SIGNED("n", "np", "ns") ", " SIGNED("e", "ep",  \
                                                                                       "es")
#define ITEM_TABLES                                                                                \
    " FROM review_item i"                                                                          \
    " LEFT JOIN roster p ON p.id = i.person_id LEFT JOIN roster v ON v.id = i.reviewer"            \
    " LEFT JOIN review_draft d ON d.review = i.review AND d.place = i.place"                       \
    " LEFT JOIN roster dp ON dp.id = d.by_whom"                                                    \
    " LEFT JOIN review_decision n ON n.review = i.review AND n.place = i.place"                    \
    " AND n.stage = i.stage"                                                                       \
    " LEFT JOIN roster np ON np.id = n.by_whom LEFT JOIN review_sign_off ns ON ns.id = n.sign_off" \
    " LEFT JOIN review_decision e ON e.review = i.review AND e.place = i.place"                    \
    " AND e.stage = i.stage - 1"                                                                   \
    " LEFT JOIN roster ep ON ep.id = e.by_whom LEFT JOIN review_sign_off es ON es.id = e.sign_off"
enum {
    ITEM_REVIEW,
    ITEM_PLACE,
    ITEM_SOURCE,
    ITEM_ACCOUNT,
    ITEM_ACCOUNT_NAME,
    ITEM_GROUP_SOURCE,
    ITEM_GROUP,
    ITEM_GROUP_NAME,
    ITEM_PERSON,
    ITEM_PERSON_NAME,
    ITEM_FACTS,
    ITEM_SINGLE,
    ITEM_REVIEWER,
    ITEM_REVIEWER_NAME,
    ITEM_STAGE,
    ITEM_VERSION,
    ITEM_OUTCOME,
    ITEM_DRAFT,
    ITEM_DECISION = ITEM_DRAFT + N_SAID,
    ITEM_EARLIER = ITEM_DECISION + N_SIGNED
};

static json_t *said_json(Statement *row, int first)
{
    if (review_is_null(row, first + SAID_DECISION))
        return json_null();
    return json_pack(
        "{s:s s:o s:s s:o s:o s:b}", "decision", statement_text(row, first + SAID_DECISION),
        "until", review_day(row, first + SAID_UNTIL), "reason",
        statement_text(row, first + SAID_REASON), "by", review_person(row, first + SAID_BY), "at",
        review_time(row, first + SAID_AT), "bulk", statement_integer(row, first + SAID_BULK) != 0);
}

static json_t *signed_json(Statement *row, int first)
{
    json_t *body = said_json(row, first);

    if (json_is_null(body))
        return body;
    json_object_set_new(body, "stage", json_integer(statement_integer(row, first + SIGNED_STAGE)));
    json_object_set_new(body, "signed", review_time(row, first + SIGNED_AT));
    json_object_set_new(body, "sentence",
                        json_string(statement_text(row, first + SIGNED_SENTENCE)));
    return body;
}

static const char *state_of(Statement *row)
{
    if (!review_is_null(row, ITEM_OUTCOME))
        return strcmp(statement_text(row, ITEM_OUTCOME), "not-reviewed") == 0 ? "not-reviewed"
                                                                              : "signed";
    return review_is_null(row, ITEM_DRAFT) ? "undecided" : "drafted";
}

static json_t *thing_at(Statement *row, int column)
{
    return json_pack("{s:s s:s s:s}", "source", statement_text(row, column), "key",
                     statement_text(row, column + 1), "name", statement_text(row, column + 2));
}

static json_t *item_json(Statement *row)
{
    g_autofree char *review = ledger_review_name(statement_integer(row, ITEM_REVIEW));
    json_t *body =
        json_pack("{s:s s:I s:o s:o s:o s:o s:I s:I s:b s:s s:o s:o s:o}", "review", review, "item",
                  (json_int_t)statement_integer(row, ITEM_PLACE), "account",
                  thing_at(row, ITEM_SOURCE), "group", thing_at(row, ITEM_GROUP_SOURCE), "person",
                  review_person(row, ITEM_PERSON), "reviewer", review_person(row, ITEM_REVIEWER),
                  "stage", (json_int_t)statement_integer(row, ITEM_STAGE), "version",
                  (json_int_t)statement_integer(row, ITEM_VERSION), "single",
                  statement_integer(row, ITEM_SINGLE) != 0, "state", state_of(row), "draft",
                  said_json(row, ITEM_DRAFT), "decision", signed_json(row, ITEM_DECISION),
                  "earlier_stage", signed_json(row, ITEM_EARLIER));
    json_t *facts = json_from_text(statement_text(row, ITEM_FACTS), json_object());

    json_object_update_missing(body, facts);
    json_decref(facts);
    return body;
}

/* ---- several ---- */

#define OUTCOME_FITS                                                                               \
    " AND ($3 = '' OR ($3 = 'signed' AND i.outcome <> 'not-reviewed')"                             \
    " OR ($3 = 'not-reviewed' AND i.outcome = 'not-reviewed')"                                     \
    " OR ($3 = 'open' AND i.outcome IS NULL)"                                                      \
    " OR ($3 = 'drafted' AND i.outcome IS NULL AND d.place IS NOT NULL)"                           \
    " OR ($3 = 'undecided' AND i.outcome IS NULL AND d.place IS NULL))"

bool ledger_review_items(Ledger *ledger, const char *review, const ReviewItemFilter *filter,
                         LedgerVisit visit, void *data, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store,
        "SELECT " ITEM_COLUMNS ITEM_TABLES " WHERE i.review = $1 AND i.place >= $2" OUTCOME_FITS
        " AND ($4 = 0 OR i.reviewer = $5) ORDER BY i.place LIMIT $6",
        error);
    if (!rows)
        return false;
    StoreStep step = STORE_DONE;
    bool goes_on = true;

    statement_bind(rows, integer_value(ledger_review_id(review)), integer_value(filter->first),
                   text_value(filter->state ? filter->state : ""),
                   integer_value(filter->reviewer != NULL),
                   text_value(filter->reviewer ? filter->reviewer : ""),
                   integer_value(filter->limit > 0 ? filter->limit : INT64_MAX));
    while (goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        json_t *body = item_json(rows);
        goes_on = visit(body, data);
        json_decref(body);
    }
    return !goes_on || step == STORE_DONE;
}

/* ---- one ---- */

static json_t *move_json(Statement *row)
{
    return json_pack("{s:o s:s s:s s:o s:o s:s}", "at", review_time(row, 0), "actor",
                     statement_text(row, 1), "why", statement_text(row, 2), "from",
                     review_person(row, 3), "to", review_person(row, 5), "note",
                     statement_text(row, 7));
}

static json_t *moves_of(Store *store, int64_t review, int64_t place, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT m.at, m.actor, m.why, m.sender, s.name, m.receiver, r.name, m.note"
        " FROM review_move m LEFT JOIN roster s ON s.id = m.sender"
        " LEFT JOIN roster r ON r.id = m.receiver WHERE m.review = $1 AND m.place = $2"
        " ORDER BY m.id",
        error);
    if (!rows)
        return NULL;
    json_t *moves = json_array();
    StoreStep step;

    statement_bind(rows, integer_value(review), integer_value(place));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(moves, move_json(rows));
    if (step == STORE_DONE)
        return moves;
    json_decref(moves);
    return NULL;
}

json_t *ledger_review_item(Ledger *ledger, const char *review, int64_t item, GError **error)
{
    int64_t id = ledger_review_id(review);
    g_autoptr(Statement) row = store_prepare(
        ledger->store, "SELECT " ITEM_COLUMNS ITEM_TABLES " WHERE i.review = $1 AND i.place = $2",
        error);
    if (!row)
        return NULL;
    statement_bind(row, integer_value(id), integer_value(item));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    json_t *body = item_json(row);
    statement_reset(row);
    json_t *moves = moves_of(ledger->store, id, item, error);
    if (!moves) {
        json_decref(body);
        return NULL;
    }
    json_object_set_new(body, "moves", moves);
    return body;
}
