/* retention_reviews.c: campaigns that were closed long ago. Names in them are never replaced: their
 * digest would say that somebody had edited them. They stay whole, and then go whole. */
#include "ledger/history/retention.h"
#include "ledger/review/superseded.h"
#include "ledger/reviews.h"

/* Nothing may still need its items: a task that is not proven, an open exception about its
 * reviewers, or an older decision about one of its rights, which would count again. */
#define IS_NEEDED                                                                                  \
    "EXISTS (SELECT 1 FROM review_task t JOIN review_item i ON i.review = t.review AND "           \
    "i.place = t.place WHERE t.review = r.id AND (t.verified_run IS NULL OR t.returned_run IS "    \
    "NOT "                                                                                         \
    "NULL) AND NOT " REVIEW_SUPERSEDED(                                                            \
        "t.decided_at") ") OR EXISTS "                                                             \
                        "(SELECT 1 FROM exception e JOIN exception_text x ON x.exception = e.id "  \
                        "WHERE "                                                                   \
                        "e.resolved_run IS NULL AND x.subject_type = 'review' AND x.subject_key "  \
                        "LIKE $2 || '/%') OR "                                                     \
                        "EXISTS (SELECT 1 FROM review_item i JOIN review_item o ON o.source = "    \
                        "i.source AND "                                                            \
                        "o.account_key = i.account_key AND o.group_source = i.group_source AND "   \
                        "o.group_key = i.group_key AND o.review < i.review WHERE i.review = r.id)"

static GArray *closed_long_ago(const Retaining *retaining, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(Statement) rows =
        store_prepare(retaining->store,
                      "SELECT id FROM review WHERE closed_at <= $1 AND forgotten_at IS NULL ORDER "
                      "BY id",
                      error);
    StoreStep step;

    if (!rows)
        return NULL;
    statement_bind(rows, integer_value(retaining->as_of_utc -
                                       retaining->retention->reviews_days * RETENTION_DAY));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(ids, id);
    }
    return step == STORE_DONE ? g_steal_pointer(&ids) : NULL;
}

/* {"items", "decided", "not_reviewed"} and nothing else of its items; NULL and no error: something
 * still needs them. */
static json_t *what_is_left(const Retaining *retaining, int64_t id, const char *name,
                            GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(retaining->store,
                      "SELECT count(*), COALESCE(sum(CASE WHEN i.outcome <> 'not-reviewed' THEN 1 "
                      "ELSE 0 END), 0) FROM review r JOIN review_item i ON i.review = r.id WHERE "
                      "r.id = $1 AND NOT (" IS_NEEDED ")",
                      error);

    if (!row)
        return NULL;
    statement_bind(row, integer_value(id), text_value(name));
    if (statement_step(row, error) != STORE_ROW || statement_integer(row, 0) == 0)
        return NULL;
    int64_t n = statement_integer(row, 0), n_decided = statement_integer(row, 1);
    return json_pack("{s:I s:I s:I}", "items", (json_int_t)n, "decided", (json_int_t)n_decided,
                     "not_reviewed", (json_int_t)(n - n_decided));
}

/* First the head: only then do the tables that take no change let its rows go. The words of the
 * scope may name somebody. */
static bool keep_head(const Retaining *retaining, int64_t id, const json_t *left, GError **error)
{
    g_autofree char *text = json_to_text(left, "{}");
    g_autoptr(Statement) update =
        store_prepare(retaining->store,
                      "UPDATE review SET forgotten_at = $2, forgotten = $3, title = name, scope = "
                      "'{}' WHERE id = $1",
                      error);

    if (!update)
        return false;
    statement_bind(update, integer_value(id), integer_value(retaining->as_of_utc),
                   text_value(text));
    return statement_run(update, error);
}

static bool drop_items(const Retaining *retaining, int64_t id, GError **error)
{
    static const char *const deletions[] = {"DELETE FROM review_task WHERE review = $1",
                                            "DELETE FROM review_draft WHERE review = $1",
                                            "DELETE FROM review_decision WHERE review = $1",
                                            "DELETE FROM review_sign_off WHERE review = $1",
                                            "DELETE FROM review_move WHERE review = $1",
                                            "DELETE FROM review_item WHERE review = $1"};

    for (size_t i = 0; i < G_N_ELEMENTS(deletions); i++) {
        g_autoptr(Statement) deletion = store_prepare(retaining->store, deletions[i], error);
        if (!deletion)
            return false;
        statement_bind(deletion, integer_value(id));
        if (!statement_run(deletion, error))
            return false;
    }
    return true;
}

static bool forget_review(Retaining *retaining, int64_t id, GError **error)
{
    g_autofree char *name = ledger_review_name(id);
    g_autoptr(GError) own = NULL;
    json_t *left = what_is_left(retaining, id, name, &own);

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (!left)
        return true;
    if (!keep_head(retaining, id, left, error) || !drop_items(retaining, id, error)) {
        json_decref(left);
        return false;
    }
    json_object_set_new(left, "reviews_days",
                        json_integer((json_int_t)retaining->retention->reviews_days));
    retaining->n_reviews++;
    return retaining_audit(retaining, "forgotten", name, left, error);
}

bool retaining_forget_reviews(Retaining *retaining, GError **error)
{
    g_autoptr(GArray) ids = closed_long_ago(retaining, error);

    for (guint i = 0; ids && i < ids->len; i++) {
        if (!forget_review(retaining, g_array_index(ids, int64_t, i), error))
            return false;
    }
    return ids != NULL;
}
