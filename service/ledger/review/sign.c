/* sign.c: one sentence over all drafts of a reviewer; from then on they are decisions. */
#include "ledger/review/change.h"

#include "base/times.h"
#include "ledger/review/kin.h"

#include <string.h>

#define LONGEST_SENTENCE 4000 /* bytes */

/* Draft and item belong together by place. */
typedef struct Draft {
    char *decision, *reason;
    int32_t until; /* DAY_NONE = none */
} Draft;

typedef struct Signing {
    ReviewChange change;
    const char *sentence;
    GArray *drafts;         /* (element-type Draft) of change.items */
    GHashTable *n_at_stage; /* stage → drafts of it */
    int64_t n_signed;
} Signing;

static void draft_clear(gpointer data)
{
    Draft *draft = data;
    g_free(draft->decision);
    g_free(draft->reason);
}

/* ---- what there is to sign ---- */

#define DRAFT_DECISION N_REVIEW_ITEM_COLUMNS
#define DRAFT_UNTIL (N_REVIEW_ITEM_COLUMNS + 1)
#define DRAFT_REASON (N_REVIEW_ITEM_COLUMNS + 2)

/* The reviewer may have been entered under an id that is a previous one by now. */
static bool read_drafts(Signing *signing, GError **error)
{
    ReviewChange *change = &signing->change;
    g_autoptr(Statement) rows = store_prepare(
        change->store,
        "SELECT " REVIEW_ITEM_COLUMNS ", d.decision, d.until, d.reason FROM review_draft d "
        "JOIN review_item i ON i.review = d.review AND i.place = d.place WHERE d.review = $1 "
        "AND i.outcome IS NULL AND (i.reviewer = $2 OR i.reviewer IN "
        "(SELECT id FROM roster WHERE successor = $2)) ORDER BY i.place",
        error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(change->state.id), text_value(change->person.id));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        bool has_day = !rows->store->driver->is_null(rows, DRAFT_UNTIL);
        Draft draft = {.decision = g_strdup(statement_text(rows, DRAFT_DECISION)),
                       .reason = g_strdup(statement_text(rows, DRAFT_REASON)),
                       .until = has_day ? (int32_t)statement_integer(rows, DRAFT_UNTIL) : DAY_NONE};
        g_ptr_array_add(change->items, review_item_read(rows));
        g_array_append_val(signing->drafts, draft);
    }
    return step == STORE_DONE;
}

static bool check_draft(const Signing *signing, guint i, GError **error)
{
    const ReviewChange *change = &signing->change;
    const ReviewItemState *item = change->items->pdata[i];
    const Draft *draft = &g_array_index(signing->drafts, Draft, i);

    if (!review_may_decide(change, item, 0, error))
        return false;
    if (draft->until == DAY_NONE ||
        draft->until > day_of_time(change->actor->at_utc, change->actor->zone))
        return true;
    g_autofree char *shown = review_item_shown(change, item), *day = day_to_text(draft->until);
    return review_refuse(error, "%s is kept until %s, which is over: choose another day.", shown,
                         day);
}

static bool check_signing(ReviewChange *change, GError **error)
{
    Signing *signing = (Signing *)change;

    g_array_set_size(signing->drafts, 0);
    g_hash_table_remove_all(signing->n_at_stage);
    signing->n_signed = 0;
    if (change_is_blank(signing->sentence))
        return review_refuse(error, "decisions are signed with a sentence, and it is empty.");
    if (strlen(signing->sentence) > LONGEST_SENTENCE)
        return review_refuse(error, "the sentence is longer than %d bytes.", LONGEST_SENTENCE);
    if (!read_drafts(signing, error))
        return false;
    if (signing->drafts->len == 0)
        return review_refuse(error, "%s has decided about nothing in %s that is not signed.",
                             kin_shown(change->kin, change->person.id), change->state.name);
    for (guint i = 0; i < signing->drafts->len; i++) {
        const ReviewItemState *item = change->items->pdata[i];
        gpointer stage = GINT_TO_POINTER(item->stage);
        gsize n = GPOINTER_TO_SIZE(g_hash_table_lookup(signing->n_at_stage, stage));
        g_hash_table_insert(signing->n_at_stage, stage, GSIZE_TO_POINTER(n + 1));
        if (!check_draft(signing, i, error))
            return false;
    }
    return true;
}

/* ---- signing ---- */

static bool write_sign_off(Signing *signing, int stage, int64_t n, int64_t *ret_id, GError **error)
{
    const ReviewChange *change = &signing->change;
    g_autoptr(Statement) insert = store_prepare(
        change->store,
        "INSERT INTO review_sign_off (id, review, stage, by_whom, at, sentence, n_items) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        error);

    if (!insert ||
        !store_query_integer(change->store, "SELECT COALESCE(max(id), 0) + 1 FROM review_sign_off",
                             ret_id, error))
        return false;
    statement_bind(insert, integer_value(*ret_id), integer_value(change->state.id),
                   integer_value(stage), text_value(change->person.id),
                   integer_value(change->actor->at_utc), text_value(signing->sentence),
                   integer_value(n));
    return statement_run(insert, error) &&
           review_audit(change, "signed",
                        json_pack("{s:I s:i s:s}", "items", (json_int_t)n, "stage", stage,
                                  "sentence", signing->sentence),
                        error);
}

/* Drafts become decisions as they are, in one statement. */
static bool write_decision(const Signing *signing, const ReviewItemState *item, int64_t sign_off,
                           GError **error)
{
    Store *store = signing->change.store;
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO review_decision (review, place, stage, sign_off, decision, until, reason, "
        "by_whom, at, is_bulk, seconds) SELECT review, place, $3, $4, decision, until, reason, "
        "by_whom, at, is_bulk, seconds FROM review_draft WHERE review = $1 AND place = $2",
        error);
    g_autoptr(Statement) gone =
        insert ? store_prepare(store, "DELETE FROM review_draft WHERE review = $1 AND place = $2",
                               error)
               : NULL;
    if (!gone)
        return false;
    statement_bind(insert, integer_value(signing->change.state.id), integer_value(item->place),
                   integer_value(item->stage), integer_value(sign_off));
    statement_bind(gone, integer_value(signing->change.state.id), integer_value(item->place));
    return statement_run(insert, error) && statement_run(gone, error);
}

/* ---- what becomes of the item ---- */

static bool has_second_stage(const ReviewState *review)
{
    const json_t *stage = json_object_get(review->scope, "second_stage");

    return stage && !json_is_null(stage) && !json_is_false(stage);
}

/* The second reviewer that was chosen at the start, or else the fallback; "" = nobody. */
static char *second_reviewer(const ReviewChange *change, const ReviewItemState *item,
                             GError **error)
{
    const char *chosen = json_string_value(json_object_get(item->facts, "second"));
    bool is_fit = false;

    if (chosen && *chosen &&
        !review_is_fit(change->store, change->kin, &change->state, item, chosen, &is_fit, error))
        return NULL;
    return is_fit ? g_strdup(chosen)
                  : review_fallback(change->store, change->kin, &change->state, item, error);
}

static bool hand_to_second_stage(const ReviewChange *change, const ReviewItemState *item,
                                 GError **error)
{
    g_autofree char *receiver = second_reviewer(change, item, error);

    return receiver && review_step_write(change->store, item,
                                         &(ReviewStep){.review = change->state.id,
                                                       .at_utc = change->actor->at_utc,
                                                       .actor = change->person.id,
                                                       .why = "second-stage",
                                                       .receiver = receiver,
                                                       .note = "",
                                                       .stage = 2},
                                         error);
}

static bool write_task(const ReviewChange *change, const ReviewItemState *item, const Draft *draft,
                       GError **error)
{
    bool is_until = draft->until != DAY_NONE;
    g_autoptr(Statement) insert =
        store_prepare(change->store,
                      "INSERT INTO review_task (review, place, decision, decided_at, due_from) "
                      "VALUES ($1, $2, $3, $4, $5)",
                      error);

    if (!insert)
        return false;
    statement_bind(insert, integer_value(change->state.id), integer_value(item->place),
                   text_value(draft->decision), integer_value(change->actor->at_utc),
                   integer_value(is_until ? day_ends_utc(draft->until, change->actor->zone)
                                          : change->actor->at_utc));
    return statement_run(insert, error);
}

static bool settle(const ReviewChange *change, const ReviewItemState *item, const Draft *draft,
                   GError **error)
{
    if (item->stage == 1 && has_second_stage(&change->state))
        return hand_to_second_stage(change, item, error);
    g_autoptr(Statement) update = store_prepare(
        change->store,
        "UPDATE review_item SET outcome = $3, version = version + 1 WHERE review = $1 "
        "AND place = $2",
        error);
    if (!update)
        return false;
    statement_bind(update, integer_value(change->state.id), integer_value(item->place),
                   text_value(draft->decision));
    return statement_run(update, error) &&
           (strcmp(draft->decision, "keep") == 0 || write_task(change, item, draft, error));
}

static bool sign_stage(Signing *signing, int stage, GError **error)
{
    const ReviewChange *change = &signing->change;
    int64_t id = 0, n = (int64_t)GPOINTER_TO_SIZE(
                        g_hash_table_lookup(signing->n_at_stage, GINT_TO_POINTER(stage)));

    if (n == 0)
        return true;
    if (!write_sign_off(signing, stage, n, &id, error))
        return false;
    for (guint i = 0; i < signing->drafts->len; i++) {
        const ReviewItemState *item = change->items->pdata[i];
        if (item->stage == stage &&
            (!write_decision(signing, item, id, error) ||
             !settle(change, item, &g_array_index(signing->drafts, Draft, i), error)))
            return false;
    }
    signing->n_signed += n;
    return true;
}

/* The last decision closes the review. */
static bool close_when_decided(const ReviewChange *change, GError **error)
{
    g_autoptr(Statement) count = store_prepare(
        change->store, "SELECT count(*) FROM review_item WHERE review = $1 AND outcome IS NULL",
        error);
    int64_t n_open = 0;

    if (!count)
        return false;
    statement_bind(count, integer_value(change->state.id));
    if (statement_step(count, error) != STORE_ROW)
        return false;
    n_open = statement_integer(count, 0);
    statement_reset(count);
    if (n_open > 0)
        return true;
    return review_close_now(change->store, &change->state, change->actor->login,
                            change->actor->at_utc, &n_open, error) &&
           review_audit(change, "closed",
                        json_pack("{s:s s:i}", "text", "every item is decided", "not_reviewed", 0),
                        error);
}

static bool apply_signing(ReviewChange *change, GError **error)
{
    Signing *signing = (Signing *)change;

    return sign_stage(signing, 1, error) && sign_stage(signing, 2, error) &&
           close_when_decided(change, error);
}

bool ledger_review_sign(Ledger *ledger, const ReviewActor *actor, const char *review,
                        const char *sentence, int64_t *ret_n, GError **error)
{
    g_autoptr(GArray) drafts = g_array_new(FALSE, FALSE, sizeof(Draft));
    g_autoptr(GHashTable) n_at_stage = g_hash_table_new(NULL, NULL);
    Signing signing = {.change = {.actor = actor,
                                  .review = review,
                                  .action = "sign",
                                  .check = check_signing,
                                  .apply = apply_signing},
                       .sentence = sentence,
                       .drafts = drafts,
                       .n_at_stage = n_at_stage};

    g_array_set_clear_func(drafts, draft_clear);
    if (!review_change_run(ledger, &signing.change, error))
        return false;
    *ret_n = signing.n_signed;
    return true;
}
