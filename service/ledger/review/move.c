/* move.c: the way of an item from reviewer to reviewer. */
#include "ledger/review/change.h"

#include "ledger/review/kin.h"

#include <string.h>

#define LONGEST_NOTE 4000 /* bytes */

/* ---- one step ---- */

static bool write_move(Store *store, const ReviewItemState *item, const ReviewStep *step,
                       GError **error)
{
    int64_t id = 0;
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO review_move (id, review, place, at, actor, why, sender, receiver, note) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        error);

    if (!insert ||
        !store_query_integer(store, "SELECT COALESCE(max(id), 0) + 1 FROM review_move", &id, error))
        return false;
    statement_bind(insert, integer_value(id), integer_value(step->review),
                   integer_value(item->place), integer_value(step->at_utc), text_value(step->actor),
                   text_value(step->why), text_value(item->reviewer), text_value(step->receiver),
                   text_value(step->note));
    return statement_run(insert, error);
}

bool review_step_write(Store *store, const ReviewItemState *item, const ReviewStep *step,
                       GError **error)
{
    g_autoptr(Statement) update =
        store_prepare(store,
                      "UPDATE review_item SET reviewer = $3, stage = $4, version = version + 1 "
                      "WHERE review = $1 AND place = $2",
                      error);
    g_autoptr(Statement) gone =
        update ? store_prepare(store, "DELETE FROM review_draft WHERE review = $1 AND place = $2",
                               error)
               : NULL;
    if (!gone)
        return false;
    statement_bind(update, integer_value(step->review), integer_value(item->place),
                   text_value(step->receiver), integer_value(step->stage));
    statement_bind(gone, integer_value(step->review), integer_value(item->place));
    return write_move(store, item, step, error) && statement_run(update, error) &&
           statement_run(gone, error);
}

/* ---- who may get it ---- */

bool review_is_fit(Store *store, Kin *kin, const ReviewState *review, const ReviewItemState *item,
                   const char *person, bool *ret_is, GError **error)
{
    const RosterPerson *known = kin_person(kin, person, error);
    bool is_holder = false, did_sign = false;

    if (!known || !kin_is_holder(kin, item, person, &is_holder, error))
        return false;
    g_autofree char *signer = review_first_signer(store, review->id, item->place, error);
    if (!signer || !kin_is_same(kin, signer, person, &did_sign, error))
        return false;
    *ret_is = kin_is_here(known) && !is_holder && !did_sign;
    return true;
}

/* Whoever said that it is not theirs, or that they do not know, does not get it back by itself. */
static bool has_sent_it_away(Store *store, Kin *kin, const ReviewState *review,
                             const ReviewItemState *item, const char *person, bool *ret_has,
                             GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(store,
                      "SELECT sender FROM review_move WHERE review = $1 AND place = $2 "
                      "AND why IN ('not-mine', 'dont-know')",
                      error);
    StoreStep step = STORE_DONE;

    *ret_has = false;
    if (!rows)
        return false;
    statement_bind(rows, integer_value(review->id), integer_value(item->place));
    while (!*ret_has && (step = statement_step(rows, error)) == STORE_ROW) {
        g_autofree char *sender = g_strdup(statement_text(rows, 0));
        if (!kin_is_same(kin, sender, person, ret_has, error))
            return false;
    }
    return step != STORE_FAILED;
}

char *review_fallback(Store *store, Kin *kin, const ReviewState *review,
                      const ReviewItemState *item, GError **error)
{
    const char *fallback = json_string_value(json_object_get(review->scope, "fallback"));
    const char *chain[] = {fallback ? fallback : "", review->owner};

    for (size_t i = 0; i < G_N_ELEMENTS(chain); i++) {
        bool is_fit = false, is_same = false, has_sent = false;
        if (*chain[i] == '\0')
            continue;
        if (!review_is_fit(store, kin, review, item, chain[i], &is_fit, error) ||
            !kin_is_same(kin, chain[i], item->reviewer, &is_same, error) ||
            !has_sent_it_away(store, kin, review, item, chain[i], &has_sent, error))
            return NULL;
        const RosterPerson *person = kin_person(kin, chain[i], error);
        if (is_fit && !is_same && !has_sent)
            return g_strdup(person->id);
    }
    return g_strdup("");
}

/* ---- moving ---- */

typedef struct Moving {
    ReviewChange change;
    const int64_t *places;
    size_t n;
    const char *why, *receiver /* NULL: the fallback */, *note;
    GPtrArray *receivers; /* (element-type utf8) per item */
} Moving;

static bool is_why(const Moving *moving, const char *why)
{
    return strcmp(moving->why, why) == 0;
}

static bool check_form(const Moving *moving, GError **error)
{
    static const char *const known[] = {"delegated", "not-mine", "dont-know", "reassigned", NULL};
    bool is_chosen = is_why(moving, "delegated") || is_why(moving, "reassigned");

    if (!g_strv_contains(known, moving->why))
        return review_refuse(error, "'%.40s' is no way to hand an item on.", moving->why);
    if (is_chosen && (!moving->receiver || change_is_blank(moving->receiver)))
        return review_refuse(error, "nobody is named who is to decide.");
    if (is_chosen && change_is_blank(moving->note))
        return review_refuse(error, "whoever gets the items is told why: a note is needed.");
    if (is_why(moving, "dont-know") && moving->receiver)
        return review_refuse(error, "what you do not know goes to the fallback; delegate it if "
                                    "you know who does.");
    if (moving->note && strlen(moving->note) > LONGEST_NOTE)
        return review_refuse(error, "the note is longer than %d bytes.", LONGEST_NOTE);
    return moving->n > 0 || review_refuse(error, "no item is named.");
}

/* The owner of the campaign hands over what is another's; everybody else what is theirs. Who may be
 * a holder chooses nobody. */
static bool may_move(const Moving *moving, const ReviewItemState *item, GError **error)
{
    const ReviewChange *change = &moving->change;
    bool is_owner = change->actor->has_role;

    if (!is_why(moving, "reassigned")) {
        bool is_falling = moving->receiver == NULL && !item->outcome;
        bool is_theirs = false;
        if (!kin_is_same(change->kin, item->reviewer, change->person.id, &is_theirs, error))
            return false;
        return (is_falling && is_theirs) || review_may_decide(change, item, 0, error);
    }
    if (!is_owner &&
        !kin_is_same(change->kin, change->state.owner, change->person.id, &is_owner, error))
        return false;
    if (!is_owner)
        return review_refuse(error, "items of %s are reassigned by the owner of the campaign.",
                             change->state.name);
    if (!review_is_no_holder(change, item, error))
        return false;
    g_autofree char *shown = review_item_shown(change, item);
    return !item->outcome || review_conflict(error, "%s is decided (%s).", shown, item->outcome);
}

static bool refuse_receiver(const Moving *moving, const ReviewItemState *item,
                            const RosterPerson *person, GError **error)
{
    const ReviewChange *change = &moving->change;
    g_autofree char *shown = review_item_shown(change, item);
    bool is_holder = false;

    if (!kin_is_here(person))
        return review_refuse(error, "%s (%s) has left and decides no more.", person->name,
                             person->id);
    if (!kin_is_holder(change->kin, item, person->id, &is_holder, error))
        return false;
    if (is_holder)
        return review_refuse(error,
                             "%s is about an account that is, or may be, of %s (%s): nobody "
                             "decides about their own rights.",
                             shown, person->name, person->id);
    return review_refuse(error,
                         "%s was signed by %s (%s) in the first stage: somebody else "
                         "decides in the second.",
                         shown, person->name, person->id);
}

/* NULL = refused. */
static char *chosen_receiver(const Moving *moving, const ReviewItemState *item, GError **error)
{
    const ReviewChange *change = &moving->change;
    g_auto(RosterPerson) person = {0};
    bool is_fit = false, is_same = false;

    if (!roster_find(change->store, moving->receiver, &person, error))
        return NULL;
    if (!person.id) {
        review_refuse(error, "'%.80s' is nobody of the last applied roster.", moving->receiver);
        return NULL;
    }
    if (!review_is_fit(change->store, change->kin, &change->state, item, person.id, &is_fit,
                       error) ||
        !kin_is_same(change->kin, person.id, item->reviewer, &is_same, error))
        return NULL;
    if (!is_fit) {
        refuse_receiver(moving, item, &person, error);
        return NULL;
    }
    g_autofree char *shown = review_item_shown(change, item);
    if (is_same) {
        review_refuse(error, "%s is for %s (%s) to decide already.", shown, person.name, person.id);
        return NULL;
    }
    return g_steal_pointer(&person.id);
}

/* An item that is not the reviewer's own stays with them rather than with nobody. */
static char *fallback_receiver(const Moving *moving, const ReviewItemState *item, GError **error)
{
    const ReviewChange *change = &moving->change;
    g_autofree char *receiver =
        review_fallback(change->store, change->kin, &change->state, item, error);
    bool is_holder = false;

    if (!receiver || *receiver ||
        !kin_is_holder(change->kin, item, change->person.id, &is_holder, error) || is_holder)
        return g_steal_pointer(&receiver);
    g_autofree char *shown = review_item_shown(change, item);
    review_refuse(error,
                  "%s can fall back to nobody else: delegate it to somebody who knows, or ask the "
                  "owner of the campaign.",
                  shown);
    return NULL;
}

static bool check_moving(ReviewChange *change, GError **error)
{
    Moving *moving = (Moving *)change;

    g_ptr_array_set_size(moving->receivers, 0);
    if (!check_form(moving, error) || !review_items_find(change, moving->places, moving->n, error))
        return false;
    for (size_t i = 0; i < moving->n; i++) {
        const ReviewItemState *item = change->items->pdata[i];
        char *receiver = NULL;
        if (!may_move(moving, item, error))
            return false;
        receiver = moving->receiver ? chosen_receiver(moving, item, error)
                                    : fallback_receiver(moving, item, error);
        if (!receiver)
            return false;
        g_ptr_array_add(moving->receivers, receiver);
    }
    return true;
}

static bool apply_moving(ReviewChange *change, GError **error)
{
    const Moving *moving = (const Moving *)change;

    for (size_t i = 0; i < moving->n; i++) {
        const ReviewItemState *item = change->items->pdata[i];
        const char *receiver = moving->receivers->pdata[i];
        ReviewStep step = {.review = change->state.id,
                           .at_utc = change->actor->at_utc,
                           .actor = change->person.id,
                           .why = moving->why,
                           .receiver = receiver,
                           .note = moving->note ? moving->note : "",
                           .stage = item->stage};
        if (!review_step_write(change->store, item, &step, error) ||
            !review_audit(change, moving->why,
                          json_pack("{s:I s:s s:s s:s}", "item", (json_int_t)item->place, "from",
                                    item->reviewer, "to", receiver, "note", step.note),
                          error))
            return false;
    }
    return true;
}

bool ledger_review_move(Ledger *ledger, const ReviewActor *actor, const char *review,
                        const int64_t *items, size_t n_items, const char *why, const char *receiver,
                        const char *note, GError **error)
{
    g_autoptr(GPtrArray) receivers = g_ptr_array_new_with_free_func(g_free);
    Moving moving = {.change = {.actor = actor,
                                .review = review,
                                .action = why,
                                .check = check_moving,
                                .apply = apply_moving},
                     .places = items,
                     .n = n_items,
                     .why = why,
                     .receiver = receiver,
                     .note = note,
                     .receivers = receivers};

    return review_change_run(ledger, &moving.change, error);
}
