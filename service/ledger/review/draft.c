/* draft.c: what a reviewer means to say, until it is signed. */
#include "ledger/review/change.h"

#include "base/times.h"

#include <string.h>

#define MOST_DAYS_KEPT 400
#define LONGEST_REASON 4000 /* bytes */

typedef struct Drafting {
    ReviewChange change;
    const ReviewDraft *drafts;
    size_t n;
    GArray *differs; /* (element-type bool) per draft: is it another one than is there? */
    GArray *is_new;  /* (element-type bool) there is none yet */
} Drafting;

/* ---- what a decision needs ---- */

static bool is_decision(const char *text)
{
    static const char *const decisions[] = {"keep", "remove", "reduce", "keep-until", NULL};
    return g_strv_contains(decisions, text);
}

/* What the advice says is to keep, or to take away. */
static bool is_against_advice(const ReviewItemState *item, const char *decision)
{
    const char *advice =
        json_string_value(json_object_get(json_object_get(item->facts, "advice"), "decision"));
    bool is_keeping = g_str_has_prefix(decision, "keep");

    return advice && is_keeping != g_str_has_prefix(advice, "keep");
}

/* NULL: none is needed. */
static const char *why_reason(const ReviewItemState *item, const ReviewDraft *draft)
{
    const char *risk = json_string_value(json_object_get(item->facts, "risk"));

    if (draft->is_bulk)
        return "decided together with others";
    if (risk && strcmp(risk, "privileged") == 0)
        return "privileged";
    if (is_against_advice(item, draft->decision))
        return "decided against the advice";
    if (strcmp(draft->decision, "keep-until") == 0)
        return "kept until a day";
    return strcmp(draft->decision, "reduce") == 0 ? "reduced (say to what)" : NULL;
}

static bool is_day_good(const ReviewChange *change, const ReviewDraft *draft, const char *shown,
                        GError **error)
{
    int32_t today = day_of_time(change->actor->at_utc, change->actor->zone);
    bool is_until = strcmp(draft->decision, "keep-until") == 0;

    if (!is_until)
        return draft->until == DAY_NONE ||
               review_refuse(error, "%s: a day goes with keep-until only.", shown);
    if (draft->until == DAY_NONE)
        return review_refuse(error, "%s: keep-until needs a day.", shown);
    if (draft->until > today && draft->until <= today + MOST_DAYS_KEPT)
        return true;
    g_autofree char *first = day_to_text(today + 1), *last = day_to_text(today + MOST_DAYS_KEPT);
    return review_refuse(error, "%s: it can be kept until a day from %s to %s.", shown, first,
                         last);
}

static bool is_draft_good(const ReviewChange *change, const ReviewItemState *item,
                          const ReviewDraft *draft, GError **error)
{
    g_autofree char *shown = review_item_shown(change, item);
    const char *why = NULL;

    if (!is_decision(draft->decision))
        return review_refuse(error,
                             "%s: '%.40s' is no decision; there are keep, remove, reduce and "
                             "keep-until.",
                             shown, draft->decision);
    if (strlen(draft->reason) > LONGEST_REASON)
        return review_refuse(error, "%s: the reason is longer than %d bytes.", shown,
                             LONGEST_REASON);
    why = why_reason(item, draft);
    if (why && change_is_blank(draft->reason))
        return review_refuse(error, "%s needs a reason: it is %s.", shown, why);
    return is_day_good(change, draft, shown, error);
}

/* All that must be decided one by one, named at once. */
static bool is_bulk_good(const Drafting *drafting, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (size_t i = 0; i < drafting->n; i++) {
        const ReviewItemState *item = drafting->change.items->pdata[i];
        if (drafting->drafts[i].is_bulk && item->is_single)
            g_string_append_printf(names, "%s%" G_GINT64_FORMAT " (%s in %s)",
                                   names->len > 0 ? ", " : "", item->place, item->account_name,
                                   item->group_name);
    }
    return names->len == 0 ||
           review_refuse(error,
                         "these items of %s are privileged, conflicting or outliers and are "
                         "decided one by one: %s.",
                         drafting->change.state.name, names->str);
}

/* ---- what is there ---- */

static bool is_text(const char *text, const char *other)
{
    return g_strcmp0(text ? text : "", other ? other : "") == 0;
}

/* A request that is repeated finds its own draft, and nothing done since. */
static bool compare(Drafting *drafting, Statement *rows, size_t i, GError **error)
{
    const ReviewDraft *draft = &drafting->drafts[i];
    const ReviewItemState *item = drafting->change.items->pdata[i];
    bool differs = true, is_new = true;

    statement_bind(rows, integer_value(drafting->change.state.id), integer_value(item->place));
    StoreStep step = statement_step(rows, error);
    if (step == STORE_ROW) {
        is_new = false;
        differs = strcmp(statement_text(rows, 0), draft->decision) != 0 ||
                  !is_text(statement_text(rows, 2), draft->reason) ||
                  (rows->store->driver->is_null(rows, 1) ? DAY_NONE : statement_integer(rows, 1)) !=
                      draft->until ||
                  (draft->version > 0 && item->version > draft->version + 1) || item->outcome;
    }
    statement_reset(rows);
    g_array_append_val(drafting->differs, differs);
    g_array_append_val(drafting->is_new, is_new);
    return step != STORE_FAILED;
}

static bool check_each(Drafting *drafting, Statement *rows, GError **error)
{
    ReviewChange *change = &drafting->change;

    for (size_t i = 0; i < drafting->n; i++) {
        const ReviewItemState *item = change->items->pdata[i];
        if (!compare(drafting, rows, i, error))
            return false;
        int64_t version =
            g_array_index(drafting->differs, bool, i) ? drafting->drafts[i].version : 0;
        if (!review_may_decide(change, item, version, error) ||
            !is_draft_good(change, item, &drafting->drafts[i], error))
            return false;
    }
    return true;
}

static bool check_drafts(ReviewChange *change, GError **error)
{
    Drafting *drafting = (Drafting *)change;
    g_autofree int64_t *places = g_new(int64_t, drafting->n + 1);

    g_array_set_size(drafting->differs, 0);
    g_array_set_size(drafting->is_new, 0);
    for (size_t i = 0; i < drafting->n; i++)
        places[i] = drafting->drafts[i].item;
    g_autoptr(Statement) rows = store_prepare(change->store,
                                              "SELECT decision, until, reason FROM review_draft "
                                              "WHERE review = $1 AND place = $2",
                                              error);
    return rows && review_items_find(change, places, drafting->n, error) &&
           is_bulk_good(drafting, error) && check_each(drafting, rows, error);
}

/* ---- writing ---- */

static StoreValue value_or_null(bool is_known, int64_t value)
{
    return is_known ? integer_value(value) : (StoreValue){.type = VALUE_NULL};
}

static bool write_draft(const ReviewChange *change, Statement *insert, Statement *touch,
                        const ReviewDraft *draft, GError **error)
{
    statement_bind(insert, integer_value(change->state.id), integer_value(draft->item),
                   text_value(draft->decision),
                   value_or_null(draft->until != DAY_NONE, draft->until), text_value(draft->reason),
                   text_value(change->person.id), integer_value(change->actor->at_utc),
                   integer_value(draft->is_bulk),
                   value_or_null(draft->seconds >= 0, draft->seconds));
    statement_bind(touch, integer_value(change->state.id), integer_value(draft->item));
    return statement_run(insert, error) && statement_run(touch, error);
}

static bool audit_draft(const Drafting *drafting, size_t i, GError **error)
{
    const ReviewDraft *draft = &drafting->drafts[i];
    bool is_new = g_array_index(drafting->is_new, bool, i);
    g_autofree char *until = day_to_text(draft->until);

    return review_audit(&drafting->change, is_new ? "drafted" : "draft changed",
                        json_pack("{s:I s:s s:s? s:s s:b}", "item", (json_int_t)draft->item,
                                  "decision", draft->decision, "until", until, "reason",
                                  draft->reason, "bulk", draft->is_bulk),
                        error);
}

static bool apply_drafts(ReviewChange *change, GError **error)
{
    Drafting *drafting = (Drafting *)change;
    g_autoptr(Statement) insert = store_prepare(
        change->store,
        "INSERT INTO review_draft (review, place, decision, until, reason, by_whom, at, is_bulk, "
        "seconds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (review, place) DO "
        "UPDATE SET decision = excluded.decision, until = excluded.until, reason = "
        "excluded.reason, by_whom = excluded.by_whom, at = excluded.at, is_bulk = "
        "excluded.is_bulk, seconds = excluded.seconds",
        error);
    g_autoptr(Statement) touch =
        insert ? store_prepare(change->store,
                               "UPDATE review_item SET version = version + 1 WHERE review = $1 "
                               "AND place = $2",
                               error)
               : NULL;
    for (size_t i = 0; touch && i < drafting->n; i++) {
        if (g_array_index(drafting->differs, bool, i) &&
            (!write_draft(change, insert, touch, &drafting->drafts[i], error) ||
             !audit_draft(drafting, i, error)))
            return false;
    }
    return touch != NULL;
}

bool ledger_review_draft(Ledger *ledger, const ReviewActor *actor, const ReviewDraft *drafts,
                         size_t n_drafts, GError **error)
{
    g_autoptr(GArray) differs = g_array_new(FALSE, FALSE, sizeof(bool));
    g_autoptr(GArray) is_new = g_array_new(FALSE, FALSE, sizeof(bool));
    Drafting drafting = {.change = {.actor = actor,
                                    .review = n_drafts > 0 ? drafts[0].review : "",
                                    .action = "draft",
                                    .check = check_drafts,
                                    .apply = apply_drafts},
                         .drafts = drafts,
                         .n = n_drafts,
                         .differs = differs,
                         .is_new = is_new};

    for (size_t i = 1; i < n_drafts; i++) {
        if (strcmp(drafts[i].review, drafts[0].review) != 0)
            return review_refuse(error, "the items belong to several reviews.");
    }
    return n_drafts == 0 || review_change_run(ledger, &drafting.change, error);
}

/* ---- taking back ---- */

typedef struct Undrafting {
    ReviewChange change;
    int64_t item, version;
} Undrafting;

static bool check_undraft(ReviewChange *change, GError **error)
{
    const Undrafting *undrafting = (const Undrafting *)change;

    return review_items_find(change, &undrafting->item, 1, error) &&
           review_may_decide(change, change->items->pdata[0], undrafting->version, error);
}

static bool apply_undraft(ReviewChange *change, GError **error)
{
    const Undrafting *undrafting = (const Undrafting *)change;
    g_autoptr(Statement) gone =
        store_prepare(change->store,
                      "DELETE FROM review_draft WHERE review = $1 AND place = $2 "
                      "RETURNING decision",
                      error);
    g_autoptr(Statement) touch =
        gone ? store_prepare(change->store,
                             "UPDATE review_item SET version = version + 1 WHERE review = $1 "
                             "AND place = $2",
                             error)
             : NULL;
    if (!touch)
        return false;
    statement_bind(gone, integer_value(change->state.id), integer_value(undrafting->item));
    StoreStep step = statement_step(gone, error);
    if (step != STORE_ROW)
        return step == STORE_DONE; /* there is none: nothing to take back */
    g_autofree char *decision = g_strdup(statement_text(gone, 0));
    while (step == STORE_ROW)
        step = statement_step(gone, error);
    statement_bind(touch, integer_value(change->state.id), integer_value(undrafting->item));
    return step == STORE_DONE && statement_run(touch, error) &&
           review_audit(
               change, "draft taken back",
               json_pack("{s:I s:s}", "item", (json_int_t)undrafting->item, "decision", decision),
               error);
}

bool ledger_review_undraft(Ledger *ledger, const ReviewActor *actor, const char *review,
                           int64_t item, int64_t version, GError **error)
{
    Undrafting undrafting = {.change = {.actor = actor,
                                        .review = review,
                                        .action = "take back",
                                        .check = check_undraft,
                                        .apply = apply_undraft},
                             .item = item,
                             .version = version};

    return review_change_run(ledger, &undrafting.change, error);
}
