/* judged.c: what the controls about reviews judge by. */
#include "ledger/review/change.h"

#include "ledger/review/superseded.h"
#include "ledger/review_json.h"
#include "ledger/review_tasks.h"
#include "ledger/reviews.h"

#include <string.h>

typedef struct Filling {
    Store *store;
    Reviewed *reviewed;
} Filling;

static int64_t time_or_unknown(Statement *row, int column)
{
    return review_is_null(row, column) ? TIME_UNKNOWN : statement_integer(row, column);
}

static char *text_at(Statement *row, int column)
{
    const char *text = statement_text(row, column);
    return g_strdup(text ? text : "");
}

static char *name_at(Statement *row, int id)
{
    const char *name = statement_text(row, id + 1);
    return name && *name ? g_strdup(name) : text_at(row, id);
}

typedef void (*RowAdd)(Filling *filling, Statement *row);

static bool fill(Filling *filling, const char *sql, RowAdd add, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(filling->store, sql, error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        add(filling, rows);
    return step == STORE_DONE;
}

/* ---- groups, tasks, what is late ---- */

static void add_group(Filling *filling, Statement *row)
{
    ReviewedGroup group = {.source = text_at(row, 0),
                           .key = text_at(row, 1),
                           .review = ledger_review_name(statement_integer(row, 3)),
                           .at_utc = statement_integer(row, 2)};
    g_array_append_val(filling->reviewed->groups, group);
}

static void add_task(Filling *filling, Statement *row)
{
    ReviewedTask task = {.review = ledger_review_name(statement_integer(row, 0)),
                         .item = statement_integer(row, 1),
                         .decision = text_at(row, 2),
                         .decided_utc = statement_integer(row, 3),
                         .due_from_utc = statement_integer(row, 4),
                         .verified_run = statement_integer(row, 5),
                         .verified_utc = time_or_unknown(row, 6),
                         .returned_utc = time_or_unknown(row, 7),
                         .source = text_at(row, 8),
                         .account_key = text_at(row, 9),
                         .group_source = text_at(row, 10),
                         .group_key = text_at(row, 11),
                         .decided_by_id = text_at(row, 12),
                         .decided_by = name_at(row, 12),
                         .reason = text_at(row, 14)};
    g_array_append_val(filling->reviewed->tasks, task);
}

static ReviewedReviewer *add_reviewer(Reviewed *reviewed, const char *review, const char *title,
                                      const char *id, const char *name)
{
    const char *who = *id ? name : "nobody";
    ReviewedReviewer one = {.key = g_strdup_printf("%s/%s", review, id),
                            .name = g_strdup_printf("%s: %s", title, who),
                            .review = g_strdup(review),
                            .title = g_strdup(title),
                            .reviewer_id = g_strdup(id),
                            .reviewer = g_strdup(who)};
    g_array_append_val(reviewed->reviewers, one);
    return &g_array_index(reviewed->reviewers, ReviewedReviewer, reviewed->reviewers->len - 1);
}

static void add_open(Filling *filling, Statement *row)
{
    g_autofree char *review = ledger_review_name(statement_integer(row, 0)),
                    *title = text_at(row, 1), *id = text_at(row, 3), *name = name_at(row, 3);
    ReviewedReviewer *one = add_reviewer(filling->reviewed, review, title, id, name);

    one->due_utc = statement_integer(row, 2);
    one->n_open = statement_integer(row, 5);
    one->n_items = statement_integer(row, 6);
}

/* ---- decisions ---- */

enum {
    DECIDED_REVIEW,
    DECIDED_TITLE,
    DECIDED_PLACE,
    DECIDED_BY,
    DECIDED_BY_NAME,
    DECIDED_DECISION,
    DECIDED_AT,
    DECIDED_SIGNED,
    DECIDED_SECONDS,
    DECIDED_SOURCE,
    DECIDED_ACCOUNT,
    DECIDED_ACCOUNT_NAME,
    DECIDED_GROUP_SOURCE,
    DECIDED_GROUP,
    DECIDED_GROUP_NAME,
    DECIDED_PERSON,
    DECIDED_HOLDERS,
    DECIDED_FACTS
};

static char **holders_at(Statement *row)
{
    json_t *list = json_from_text(statement_text(row, DECIDED_HOLDERS), json_array()), *holder;
    const char *person = statement_text(row, DECIDED_PERSON);
    g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
    size_t i;

    if (person && *person)
        g_strv_builder_add(ids, person);
    json_array_foreach(list, i, holder)
    {
        if (json_is_string(holder))
            g_strv_builder_add(ids, json_string_value(holder));
    }
    json_decref(list);
    return g_strv_builder_end(ids);
}

/* Most items showed none: they are not parsed. */
static char *approver_at(Statement *row)
{
    const char *text = statement_text(row, DECIDED_FACTS);

    if (!text || !strstr(text, "\"approval\":{"))
        return NULL;
    json_t *facts = json_from_text(text, json_object());
    char *approver =
        g_strdup(json_string_value(json_object_get(json_object_get(facts, "approval"), "by")));
    json_decref(facts);
    return approver;
}

static void add_decision(Filling *filling, Statement *row)
{
    ReviewedDecision decision = {
        .review = ledger_review_name(statement_integer(row, DECIDED_REVIEW)),
        .title = text_at(row, DECIDED_TITLE),
        .item = statement_integer(row, DECIDED_PLACE),
        .reviewer_id = text_at(row, DECIDED_BY),
        .reviewer = name_at(row, DECIDED_BY),
        .decision = text_at(row, DECIDED_DECISION),
        .decided_utc = statement_integer(row, DECIDED_AT),
        .signed_utc = statement_integer(row, DECIDED_SIGNED),
        .account_source = text_at(row, DECIDED_SOURCE),
        .account_key = text_at(row, DECIDED_ACCOUNT),
        .account_name = text_at(row, DECIDED_ACCOUNT_NAME),
        .group_source = text_at(row, DECIDED_GROUP_SOURCE),
        .group_key = text_at(row, DECIDED_GROUP),
        .group_name = text_at(row, DECIDED_GROUP_NAME),
        .seconds = review_is_null(row, DECIDED_SECONDS)
                       ? -1
                       : (int32_t)statement_integer(row, DECIDED_SECONDS),
        .holders = holders_at(row),
        .approver = approver_at(row),
    };
    g_array_append_val(filling->reviewed->decisions, decision);
}

/* By bytes, whatever the database's own order of text is. */
static int compare_decisions(const void *a, const void *b)
{
    const ReviewedDecision *one = a, *two = b;
    int order = strcmp(one->review, two->review);

    if (order == 0)
        order = strcmp(one->reviewer_id, two->reviewer_id);
    if (order == 0)
        order = one->item < two->item ? -1 : one->item > two->item;
    return order;
}

static int compare_reviewers(const void *a, const void *b)
{
    return strcmp(((const ReviewedReviewer *)a)->key, ((const ReviewedReviewer *)b)->key);
}

/* Who signed something gets its slice; who has nothing open any more is added. */
static void slice_decisions(Reviewed *reviewed)
{
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < reviewed->reviewers->len; i++)
        g_hash_table_insert(places,
                            g_strdup(g_array_index(reviewed->reviewers, ReviewedReviewer, i).key),
                            GUINT_TO_POINTER(i + 1));
    for (guint i = 0; i < reviewed->decisions->len; i++) {
        const ReviewedDecision *decision = &g_array_index(reviewed->decisions, ReviewedDecision, i);
        char *key = g_strdup_printf("%s/%s", decision->review, decision->reviewer_id);
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, key));
        ReviewedReviewer *one =
            place > 0 ? &g_array_index(reviewed->reviewers, ReviewedReviewer, place - 1)
                      : add_reviewer(reviewed, decision->review, decision->title,
                                     decision->reviewer_id, decision->reviewer);
        if (one->n_decisions++ == 0)
            one->first = i;
        if (place == 0)
            g_hash_table_insert(places, g_steal_pointer(&key),
                                GUINT_TO_POINTER(reviewed->reviewers->len));
        g_free(key);
    }
    g_array_sort(reviewed->reviewers, compare_reviewers);
}

/* ---- all of it ---- */

static bool fill_all(void *data, GError **error)
{
    Filling *filling = data;

    return fill(filling,
                "SELECT source, group_key, at, review FROM group_reviewed "
                "ORDER BY source, group_key",
                add_group, error) &&
           fill(filling,
                "SELECT t.review, t.place, t.decision, t.decided_at, t.due_from, t.verified_run, "
                "t.verified_at, t.returned_at, i.source, i.account_key, i.group_source, "
                "i.group_key, d.by_whom, b.name, d.reason FROM review_task t JOIN review_item i "
                "ON i.review = t.review AND i.place = t.place JOIN review_decision d "
                "ON d.review = i.review AND d.place = i.place AND d.stage = i.stage "
                "LEFT JOIN roster b ON b.id = d.by_whom WHERE NOT " REVIEW_SUPERSEDED(
                    "t.decided_at") " ORDER BY t.review, t.place",
                add_task, error) &&
           fill(filling,
                "SELECT r.id, r.title, r.due, i.reviewer, COALESCE(p.name, ''), "
                "count(CASE WHEN i.outcome IS NULL THEN 1 END), count(*) FROM review r "
                "JOIN review_item i ON i.review = r.id LEFT JOIN roster p ON p.id = i.reviewer "
                "WHERE r.closed_at IS NULL GROUP BY r.id, r.title, r.due, i.reviewer, p.name "
                "ORDER BY r.id, i.reviewer",
                add_open, error) &&
           fill(filling,
                "SELECT d.review, r.title, d.place, d.by_whom, p.name, d.decision, d.at, s.at, "
                "d.seconds, i.source, i.account_key, i.account_name, i.group_source, "
                "i.group_key, i.group_name, i.person_id, i.holders, i.facts "
                "FROM review_decision d JOIN review_sign_off s ON s.id = d.sign_off "
                "JOIN review_item i ON i.review = d.review AND i.place = d.place "
                "JOIN review r ON r.id = d.review LEFT JOIN roster p ON p.id = d.by_whom "
                "WHERE NOT " REVIEW_SUPERSEDED("s.at") "",
                add_decision, error);
}

Reviewed *ledger_reviewed(Ledger *ledger, GError **error)
{
    g_autoptr(Reviewed) reviewed = reviewed_new();
    Filling filling = {ledger->store, reviewed};

    if (!store_transaction(ledger->store, STORE_READING, fill_all, &filling, error))
        return NULL;
    g_array_sort(reviewed->decisions, compare_decisions);
    slice_decisions(reviewed);
    return g_steal_pointer(&reviewed);
}
