/* night.c: what a run makes of reviews: tasks are proven, open items follow who is here and whose
 * the accounts are. */
#include "ledger/review/kin.h"

#include "ledger/audit.h"
#include "ledger/review_tasks.h"
#include "ledger/reviews.h"

#include <string.h>

typedef struct Watching {
    Store *store;
    const ReviewNight *night;
    Audit *audit;
    char *run; /* "run 17" */
    Kin *kin;
    GHashTable *holders; /* "source\x1fkey" → ReviewHolders */
    ReviewNightCounts counts;
} Watching;

static bool write_audit(const Watching *watching, int64_t review, const char *action,
                        json_t *detail, GError **error)
{
    g_autofree char *object = ledger_review_name(review), *text = json_to_text(detail, NULL);

    json_decref(detail);
    return audit_write(watching->audit,
                       &(AuditRow){.at_utc = watching->night->at_utc,
                                   .actor = watching->night->actor,
                                   .action = action,
                                   .object = object,
                                   .run = watching->night->run,
                                   .detail = text},
                       error);
}

/* ---- tasks ---- */

typedef struct TaskState {
    bool is_there /* the task */, is_verified, is_returned;
} TaskState;

static bool read_task(const Watching *watching, const ReviewSight *sight, TaskState *ret_task,
                      GError **error)
{
    g_autoptr(Statement) row = store_prepare(watching->store,
                                             "SELECT COALESCE(verified_run, 0), "
                                             "COALESCE(returned_run, 0) FROM review_task "
                                             "WHERE review = $1 AND place = $2",
                                             error);
    if (!row)
        return false;
    statement_bind(row, integer_value(sight->review), integer_value(sight->item));
    StoreStep step = statement_step(row, error);
    *ret_task = (TaskState){step == STORE_ROW, step == STORE_ROW && statement_integer(row, 0) > 0,
                            step == STORE_ROW && statement_integer(row, 1) > 0};
    return step != STORE_FAILED;
}

static bool set_task(Watching *watching, const ReviewSight *sight, GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        watching->store,
        sight->is_there ? "UPDATE review_task SET returned_run = $3, returned_at = $4 "
                          "WHERE review = $1 AND place = $2"
                        : "UPDATE review_task SET verified_run = $3, verified_at = $4, "
                          "returned_run = NULL, returned_at = NULL WHERE review = $1 AND place = "
                          "$2",
        error);
    if (!update)
        return false;
    statement_bind(update, integer_value(sight->review), integer_value(sight->item),
                   integer_value(watching->night->run), integer_value(watching->night->as_of_utc));
    *(sight->is_there ? &watching->counts.n_returned : &watching->counts.n_verified) += 1;
    return statement_run(update, error) &&
           write_audit(watching, sight->review,
                       sight->is_there ? "is there again" : "verified removed",
                       json_pack("{s:I}", "item", (json_int_t)sight->item), error);
}

static bool judge_tasks(Watching *watching, GError **error)
{
    for (size_t i = 0; i < watching->night->n_sights; i++) {
        const ReviewSight *sight = &watching->night->sights[i];
        TaskState task;
        if (!read_task(watching, sight, &task, error))
            return false;
        bool is_gone = task.is_verified && !task.is_returned;
        bool is_news = task.is_there && (sight->is_there ? is_gone : !is_gone);
        if (is_news && !set_task(watching, sight, error))
            return false;
    }
    return true;
}

/* ---- open items ---- */

static char *account_id(const char *source, const char *key)
{
    return g_strdup_printf("%s\x1f%s", source, key);
}

static bool has_id(const json_t *list, const char *id)
{
    size_t i;
    json_t *value;

    json_array_foreach(list, i, value)
    {
        if (g_strcmp0(json_string_value(value), id) == 0)
            return true;
    }
    return false;
}

/* Holders grow and never shrink: who could have decided about themselves then is no reviewer now.
 */
static bool add_holders(const Watching *watching, int64_t review, ReviewItemState *item,
                        GError **error)
{
    g_autofree char *account = account_id(item->source, item->account_key);
    const ReviewHolders *found = g_hash_table_lookup(watching->holders, account);
    size_t n = json_array_size(item->holders);

    for (const char *const *id = found ? found->holders : NULL; id && *id; id++) {
        if (!has_id(item->holders, *id))
            json_array_append_new(item->holders, json_string(*id));
    }
    if (json_array_size(item->holders) == n)
        return true;
    g_autofree char *text = json_to_text(item->holders, "[]");
    g_autoptr(Statement) update = store_prepare(
        watching->store, "UPDATE review_item SET holders = $3 WHERE review = $1 AND place = $2",
        error);
    if (!update)
        return false;
    statement_bind(update, integer_value(review), integer_value(item->place), text_value(text));
    return statement_run(update, error) &&
           write_audit(
               watching, review, "holders grew",
               json_pack("{s:I s:O}", "item", (json_int_t)item->place, "holders", item->holders),
               error);
}

/* NULL: the reviewer stays. */
static bool why_not_theirs(const Watching *watching, const ReviewItemState *item,
                           const char **ret_why, GError **error)
{
    bool is_holder = false;

    *ret_why = NULL;
    if (*item->reviewer == '\0') {
        *ret_why = "nobody";
        return true;
    }
    const RosterPerson *person = kin_person(watching->kin, item->reviewer, error);
    if (!person || !kin_is_holder(watching->kin, item, item->reviewer, &is_holder, error))
        return false;
    if (is_holder)
        *ret_why = "own";
    else if (!kin_is_here(person))
        *ret_why = "left";
    return true;
}

static bool follow(Watching *watching, const ReviewState *review, ReviewItemState *item,
                   GError **error)
{
    const char *why = NULL;

    if (!add_holders(watching, review->id, item, error) ||
        !why_not_theirs(watching, item, &why, error))
        return false;
    if (!why)
        return true;
    g_autofree char *receiver =
        review_fallback(watching->store, watching->kin, review, item, error);
    if (!receiver || strcmp(receiver, item->reviewer) == 0)
        return receiver != NULL;
    ReviewStep step = {.review = review->id,
                       .at_utc = watching->night->at_utc,
                       .actor = watching->run,
                       .why = why,
                       .receiver = receiver,
                       .note = "",
                       .stage = item->stage};
    watching->counts.n_moved++;
    return review_step_write(watching->store, item, &step, error) &&
           write_audit(watching, review->id, why,
                       json_pack("{s:I s:s s:s}", "item", (json_int_t)item->place, "from",
                                 item->reviewer, "to", receiver),
                       error);
}

/* What the reviewer was shown is not needed here, and is most of the row. */
static GPtrArray *open_items(const Watching *watching, int64_t review, GError **error)
{
    g_autoptr(GPtrArray) items = review_items_new();
    g_autoptr(Statement) rows = store_prepare(
        watching->store,
        "SELECT " REVIEW_ITEM_COLUMNS_WITH("'{}'") " FROM review_item i "
                                                   "WHERE i.review = $1 AND i.outcome IS NULL "
                                                   "ORDER BY i.place",
        error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return NULL;
    statement_bind(rows, integer_value(review));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        g_ptr_array_add(items, review_item_read(rows));
    return step == STORE_DONE ? g_steal_pointer(&items) : NULL;
}

static GArray *open_reviews(Store *store, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT id FROM review WHERE closed_at IS NULL ORDER BY id", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(ids, id);
    }
    return step == STORE_DONE ? g_steal_pointer(&ids) : NULL;
}

static bool follow_review(Watching *watching, int64_t id, GError **error)
{
    g_autofree char *name = ledger_review_name(id);
    g_auto(ReviewState) review = {0};
    g_autoptr(GPtrArray) items = NULL;

    if (!review_state_read(watching->store, name, &review, error))
        return false;
    items = open_items(watching, id, error);
    for (guint i = 0; items && i < items->len; i++) {
        if (!follow(watching, &review, items->pdata[i], error))
            return false;
    }
    return items != NULL;
}

/* ---- the transaction ---- */

static bool watch_reviews(Watching *watching, GError **error)
{
    g_autoptr(GArray) reviews = open_reviews(watching->store, error);

    for (guint i = 0; reviews && i < reviews->len; i++) {
        if (!follow_review(watching, g_array_index(reviews, int64_t, i), error))
            return false;
    }
    return reviews != NULL && judge_tasks(watching, error);
}

static bool watch(void *data, GError **error)
{
    Watching *watching = data;
    g_autoptr(Kin) kin = kin_new(watching->store, error);
    g_autoptr(Audit) audit = kin ? audit_new(watching->store, error) : NULL;

    watching->counts = (ReviewNightCounts){0};
    watching->kin = kin;
    watching->audit = audit;
    return audit && watch_reviews(watching, error);
}

bool ledger_review_night(Ledger *ledger, const ReviewNight *night, ReviewNightCounts *ret_counts,
                         GError **error)
{
    g_autoptr(GHashTable) holders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *run = g_strdup_printf("run %" G_GINT64_FORMAT, night->run);
    Watching watching = {.store = ledger->store, .night = night, .run = run, .holders = holders};

    for (size_t i = 0; i < night->n_holders; i++)
        g_hash_table_insert(holders,
                            account_id(night->holders[i].source, night->holders[i].account_key),
                            (gpointer)(uintptr_t)&night->holders[i]);
    if (!store_transaction(ledger->store, STORE_WRITING, watch, &watching, error)) {
        g_prefix_error(error, "the reviews are as they were: ");
        return false;
    }
    *ret_counts = watching.counts;
    return true;
}

bool ledger_review_open_accounts(Ledger *ledger, ReviewAccountVisit visit, void *data,
                                 GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT DISTINCT i.source, i.account_key FROM review_item i JOIN review r "
                      "ON r.id = i.review WHERE r.closed_at IS NULL AND i.outcome IS NULL",
                      error);
    StoreStep step = STORE_FAILED;
    bool goes_on = true;

    while (rows && goes_on && (step = statement_step(rows, error)) == STORE_ROW)
        goes_on = visit(statement_text(rows, 0), statement_text(rows, 1), data);
    return rows && (!goes_on || step == STORE_DONE);
}
