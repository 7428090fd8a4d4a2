/* close.c: the end of a review. What nobody decided is not reviewed, never approved. */
#include "ledger/review/change.h"

#include "base/times.h"

typedef struct Closing {
    Store *store;
    const char *review, *login, *reason;
    int64_t at_utc;
} Closing;

static bool set_outcomes(Store *store, int64_t review, int64_t *ret_n_open, GError **error)
{
    g_autoptr(Statement) count = store_prepare(
        store, "SELECT count(*) FROM review_item WHERE review = $1 AND outcome IS NULL", error);
    g_autoptr(Statement) update =
        count ? store_prepare(store,
                              "UPDATE review_item SET outcome = 'not-reviewed', version = version "
                              "+ 1 WHERE review = $1 AND outcome IS NULL",
                              error)
              : NULL;
    if (!update)
        return false;
    statement_bind(count, integer_value(review));
    if (statement_step(count, error) != STORE_ROW)
        return false;
    *ret_n_open = statement_integer(count, 0);
    statement_reset(count);
    statement_bind(update, integer_value(review));
    return statement_run(update, error);
}

/* Groups all of whose rights were in the review, and decided. */
static bool note_groups(Store *store, const ReviewState *review, int64_t at_utc, GError **error)
{
    if (!json_is_true(json_object_get(review->scope, "whole_groups")))
        return true;
    g_autoptr(Statement) note = store_prepare(
        store,
        "INSERT INTO group_reviewed (source, group_key, at, review) "
        "SELECT group_source, group_key, CAST($2 AS BIGINT), review FROM review_item "
        "WHERE review = $1 GROUP BY group_source, group_key, review "
        "HAVING count(CASE WHEN outcome IS NULL OR outcome = 'not-reviewed' THEN 1 END) = 0 "
        "ON CONFLICT (source, group_key) DO UPDATE SET at = excluded.at, review = excluded.review "
        "WHERE excluded.at >= group_reviewed.at",
        error);
    if (!note)
        return false;
    statement_bind(note, integer_value(review->id), integer_value(at_utc));
    return statement_run(note, error);
}

bool review_close_now(Store *store, const ReviewState *review, const char *login, int64_t at_utc,
                      int64_t *ret_n_open, GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        store, "UPDATE review SET closed_at = $2, closed_by = $3 WHERE id = $1", error);

    if (!update)
        return false;
    statement_bind(update, integer_value(review->id), integer_value(at_utc), text_value(login));
    return set_outcomes(store, review->id, ret_n_open, error) && statement_run(update, error) &&
           note_groups(store, review, at_utc, error);
}

static bool do_close(void *data, GError **error)
{
    const Closing *closing = data;
    g_auto(ReviewState) review = {0};
    int64_t n_open = 0;

    if (!review_state_read(closing->store, closing->review, &review, error))
        return false;
    if (review.closed_by) {
        g_autofree char *at = time_to_text(review.closed_utc);
        return review_conflict(error, "%s was closed by %s at %s.", review.name, review.closed_by,
                               at);
    }
    return review_close_now(closing->store, &review, closing->login, closing->at_utc, &n_open,
                            error) &&
           change_audit(closing->store,
                        &(ChangeMade){closing->login, "closed", review.name, closing->at_utc},
                        json_pack("{s:I s:s*}", "not_reviewed", (json_int_t)n_open, "reason",
                                  closing->reason),
                        error);
}

bool ledger_review_close(Ledger *ledger, const char *login, int64_t at_utc, const char *review,
                         const char *reason, GError **error)
{
    Closing closing = {ledger->store, review, login, reason, at_utc};

    return store_transaction(ledger->store, STORE_WRITING, do_close, &closing, error);
}
