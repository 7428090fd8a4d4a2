#include "ledger/review/change.h"

#include "ledger/review/kin.h"
#include "ledger/reviews.h"

#include <string.h>

/* ---- reading ---- */

static void item_free(gpointer data)
{
    ReviewItemState *item = data;
    char *texts[] = {item->source,       item->account_key, item->account_name,
                     item->group_source, item->group_key,   item->group_name,
                     item->person_id,    item->reviewer,    item->outcome};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    json_decref(item->facts);
    json_decref(item->holders);
    g_free(item);
}

GPtrArray *review_items_new(void)
{
    return g_ptr_array_new_with_free_func(item_free);
}

ReviewItemState *review_item_read(Statement *row)
{
    ReviewItemState *item = g_new0(ReviewItemState, 1);

    item->place = statement_integer(row, 0);
    item->source = g_strdup(statement_text(row, 1));
    item->account_key = g_strdup(statement_text(row, 2));
    item->account_name = g_strdup(statement_text(row, 3));
    item->group_source = g_strdup(statement_text(row, 4));
    item->group_key = g_strdup(statement_text(row, 5));
    item->group_name = g_strdup(statement_text(row, 6));
    item->person_id = g_strdup(statement_text(row, 7));
    item->facts = json_from_text(statement_text(row, 8), json_object());
    item->is_single = statement_integer(row, 9) != 0;
    item->holders = json_from_text(statement_text(row, 10), json_array());
    item->reviewer = g_strdup(statement_text(row, 11));
    item->stage = (int)statement_integer(row, 12);
    item->version = statement_integer(row, 13);
    item->outcome = g_strdup(statement_text(row, 14));
    return item;
}

void review_state_clear(ReviewState *review)
{
    g_clear_pointer(&review->name, g_free);
    g_clear_pointer(&review->owner, g_free);
    g_clear_pointer(&review->scope, json_decref);
    g_clear_pointer(&review->closed_by, g_free);
}

bool review_state_read(Store *store, const char *text, ReviewState *ret_review, GError **error)
{
    int64_t id = ledger_review_id(text);
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT owner, scope, closed_by, closed_at FROM review WHERE id = $1", error);

    if (!row)
        return false;
    statement_bind(row, integer_value(id));
    StoreStep step = id > 0 ? statement_step(row, error) : STORE_DONE;
    if (step == STORE_FAILED)
        return false;
    if (step == STORE_DONE) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                    "there is no review '%.40s'; nothing was changed. 'rightful review list --all' "
                    "lists them.",
                    text);
        return false;
    }
    *ret_review = (ReviewState){.id = id,
                                .name = ledger_review_name(id),
                                .owner = g_strdup(statement_text(row, 0)),
                                .scope = json_from_text(statement_text(row, 1), json_object()),
                                .closed_by = g_strdup(statement_text(row, 2)),
                                .closed_utc = statement_integer(row, 3)};
    return true;
}

static bool find_item(ReviewChange *change, Statement *rows, int64_t place, GError **error)
{
    statement_bind(rows, integer_value(change->state.id), integer_value(place));
    StoreStep step = statement_step(rows, error);

    if (step == STORE_ROW)
        g_ptr_array_add(change->items, review_item_read(rows));
    else if (step == STORE_DONE)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                    "%s has no item %" G_GINT64_FORMAT ". Nothing was changed.", change->state.name,
                    place);
    statement_reset(rows);
    return step == STORE_ROW;
}

bool review_items_find(ReviewChange *change, const int64_t *places, size_t n, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(Statement) rows =
        store_prepare(change->store,
                      "SELECT " REVIEW_ITEM_COLUMNS " FROM review_item i WHERE i.review = $1 "
                      "AND i.place = $2",
                      error);
    for (size_t i = 0; rows && i < n; i++) {
        if (!g_hash_table_add(seen, (gpointer)(uintptr_t)&places[i]))
            return review_refuse(error, "item %" G_GINT64_FORMAT " is named twice.", places[i]);
        if (!find_item(change, rows, places[i], error))
            return false;
    }
    return rows != NULL;
}

char *review_first_signer(Store *store, int64_t review, int64_t place, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT by_whom FROM review_decision WHERE review = $1 AND place = $2 AND stage = 1",
        error);
    if (!row)
        return NULL;
    statement_bind(row, integer_value(review), integer_value(place));
    StoreStep step = statement_step(row, error);
    if (step == STORE_FAILED)
        return NULL;
    return g_strdup(step == STORE_ROW ? statement_text(row, 0) : "");
}

/* ---- refusing ---- */

static void G_GNUC_PRINTF(3, 0)
    refuse(GError **error, LedgerError code, const char *format, va_list arguments)
{
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    g_set_error(error, LEDGER_ERROR, (gint)code, "%s Nothing was changed.", sentence);
}

bool review_refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    refuse(error, LEDGER_ERROR_REFUSED, format, arguments);
    va_end(arguments);
    return false;
}

bool review_conflict(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    refuse(error, LEDGER_ERROR_CONFLICT, format, arguments);
    va_end(arguments);
    return false;
}

char *review_item_shown(const ReviewChange *change, const ReviewItemState *item)
{
    return g_strdup_printf("item %" G_GINT64_FORMAT " of %s (%s in %s)", item->place,
                           change->state.name, item->account_name, item->group_name);
}

/* ---- who changed it last ---- */

typedef struct LastChange {
    char *who, *did;
    int64_t at_utc;
} LastChange;

static void last_change_clear(LastChange *last)
{
    g_free(last->who);
    g_free(last->did);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LastChange, last_change_clear)

/* A signature is later than the draft it signs, whatever the second; a move drops the draft. */
static bool read_last_change(const ReviewChange *change, const ReviewItemState *item,
                             LastChange *ret_last, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        change->store,
        "SELECT s.by_whom, 'signed as ' || d.decision, s.at, 2 AS rank FROM review_decision d "
        "JOIN review_sign_off s ON s.id = d.sign_off WHERE d.review = $1 AND d.place = $2 "
        "UNION ALL SELECT by_whom, 'drafted as ' || decision, at, 1 FROM review_draft "
        "WHERE review = $1 AND place = $2 "
        "UNION ALL SELECT actor, 'handed on', at, 0 FROM review_move "
        "WHERE review = $1 AND place = $2 ORDER BY 3 DESC, 4 DESC",
        error);
    if (!row)
        return false;
    statement_bind(row, integer_value(change->state.id), integer_value(item->place));
    StoreStep step = statement_step(row, error);
    if (step == STORE_ROW)
        *ret_last = (LastChange){.who = g_strdup(statement_text(row, 0)),
                                 .did = g_strdup(statement_text(row, 1)),
                                 .at_utc = statement_integer(row, 2)};
    return step != STORE_FAILED;
}

static bool tell_conflict(const ReviewChange *change, const ReviewItemState *item, GError **error)
{
    g_autofree char *shown = review_item_shown(change, item);
    g_auto(LastChange) last = {0};

    if (!read_last_change(change, item, &last, error))
        return false;
    g_autofree char *at = last.who ? time_to_text(last.at_utc) : NULL;
    if (!last.who)
        return review_conflict(error, "%s was changed since you saw it: look at it again.", shown);
    return review_conflict(error, "%s was %s by %s at %s.", shown, last.did,
                           kin_shown(change->kin, last.who), at);
}

/* ---- may they? ---- */

bool review_is_no_holder(const ReviewChange *change, const ReviewItemState *item, GError **error)
{
    bool is_holder = false;

    if (!kin_is_holder(change->kin, item, change->person.id, &is_holder, error))
        return false;
    if (!is_holder)
        return true;
    g_autofree char *shown = review_item_shown(change, item);
    return review_refuse(error,
                         "%s is about an account that is, or may be, of %s (%s): nobody decides "
                         "about their own rights. It can be handed to the fallback.",
                         shown, change->person.name, change->person.id);
}

static bool is_reviewer(const ReviewChange *change, const ReviewItemState *item, GError **error)
{
    bool is_same = false;

    if (!kin_is_same(change->kin, item->reviewer, change->person.id, &is_same, error))
        return false;
    if (is_same)
        return true;
    g_autofree char *shown = review_item_shown(change, item);
    return review_refuse(error, "%s is for %s to decide, not for %s.", shown,
                         *item->reviewer ? kin_shown(change->kin, item->reviewer)
                                         : "whoever its owner names",
                         kin_shown(change->kin, change->person.id));
}

static bool did_not_sign_before(const ReviewChange *change, const ReviewItemState *item,
                                GError **error)
{
    bool is_same = false;

    if (item->stage < 2)
        return true;
    g_autofree char *signer =
        review_first_signer(change->store, change->state.id, item->place, error);
    if (!signer || !kin_is_same(change->kin, signer, change->person.id, &is_same, error))
        return false;
    g_autofree char *shown = is_same ? review_item_shown(change, item) : NULL;
    return !is_same || review_refuse(error,
                                     "%s was signed by %s in the first stage: somebody else "
                                     "decides in the second.",
                                     shown, kin_shown(change->kin, signer));
}

bool review_may_decide(const ReviewChange *change, const ReviewItemState *item, int64_t version,
                       GError **error)
{
    if (!review_is_no_holder(change, item, error))
        return false;
    if (item->outcome || (version > 0 && item->version != version))
        return tell_conflict(change, item, error);
    return is_reviewer(change, item, error) && did_not_sign_before(change, item, error);
}

/* ---- the transaction ---- */

bool review_audit(const ReviewChange *change, const char *action, json_t *detail, GError **error)
{
    json_object_set_new(detail, "as", json_string(change->actor->person));
    return change_audit(
        change->store,
        &(ChangeMade){change->actor->login, action, change->state.name, change->actor->at_utc},
        detail, error);
}

static bool begin_change(ReviewChange *change, GError **error)
{
    const RosterPerson *person;

    if (!review_state_read(change->store, change->review, &change->state, error))
        return false;
    change->kin = kin_new(change->store, error);
    person = change->kin ? kin_person(change->kin, change->actor->person, error) : NULL;
    if (!person)
        return false;
    change->person = *person;
    if (!person->id)
        return review_refuse(error, "'%s' is nobody of the last applied roster.",
                             change->actor->person);
    if (!kin_is_here(person))
        return review_refuse(error, "%s (%s) has left and decides no more.", person->name,
                             person->id);
    if (!change->state.closed_by)
        return true;
    g_autofree char *at = time_to_text(change->state.closed_utc);
    return review_conflict(error, "%s was closed by %s at %s.", change->state.name,
                           change->state.closed_by, at);
}

static void forget_change(ReviewChange *change)
{
    review_state_clear(&change->state);
    g_clear_pointer(&change->kin, kin_free);
    g_clear_pointer(&change->items, g_ptr_array_unref);
    g_clear_error(&change->refusal);
}

/* Of the transaction that changed nothing else. */
static bool audit_refusal(const ReviewChange *change, GError **error)
{
    const char *name = change->state.name ? change->state.name : change->review;
    bool is_conflict = change->refusal->code == LEDGER_ERROR_CONFLICT;

    return change_audit(change->store,
                        &(ChangeMade){change->actor->login, is_conflict ? "conflict" : "refused",
                                      name, change->actor->at_utc},
                        json_pack("{s:s s:s s:s}", "tried", change->action, "as",
                                  change->actor->person, "text", change->refusal->message),
                        error);
}

static bool do_change(void *data, GError **error)
{
    ReviewChange *change = data;
    g_autoptr(GError) refusal = NULL;

    forget_change(change);
    change->items = review_items_new();
    if (begin_change(change, &refusal) && change->check(change, &refusal))
        return change->apply(change, error);
    if (!g_error_matches(refusal, LEDGER_ERROR, LEDGER_ERROR_REFUSED) &&
        !g_error_matches(refusal, LEDGER_ERROR, LEDGER_ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return false;
    }
    change->refusal = g_steal_pointer(&refusal);
    return audit_refusal(change, error);
}

bool review_change_run(Ledger *ledger, ReviewChange *change, GError **error)
{
    change->store = ledger->store;
    bool is_done = store_transaction(ledger->store, STORE_WRITING, do_change, change, error);

    if (is_done && change->refusal) {
        g_propagate_error(error, g_steal_pointer(&change->refusal));
        is_done = false;
    }
    forget_change(change);
    return is_done;
}
