/* page_review_pass.c: an item that somebody else should decide. */

#include "web/pages.h"
#include "web/review_decide.h"

static const char *const whys[] = {"not-mine", "dont-know", "delegated", NULL};
static const char *const inputs[] = {"to", "note", NULL};

/* item: the asker's; taken. */
static json_t *model_of(Request *request, json_t *item, const char *why)
{
    g_autofree char *rest =
        g_strdup_printf("/items/%" G_GINT64_FORMAT "/pass", view_number(item, "item"));
    json_t *head = review_mine(request, NULL), *model = json_object();

    review_decorate_line(item);
    json_object_set(model, "who", json_object_get(item, "who"));
    json_object_set(model, "what", json_object_get(item, "what"));
    view_take_text(model, "self_href", review_path(head, rest));
    view_take_text(model, "review_href", review_path(head, ""));
    view_set_flag(model, "is_not_mine", why == whys[0]);
    view_set_flag(model, "is_dont_know", why == whys[1]);
    view_set_flag(model, "is_delegated", why == whys[2]);
    view_input(model, request->fields, inputs);
    json_object_set_new(model, "review", head);
    json_decref(item);
    return model;
}

/* The item of the path. */
static json_t *find_item(Request *request, int64_t *ret_number, GError **error)
{
    gint64 number;

    if (!g_ascii_string_to_signed(request->parameters[1], 10, 1, G_MAXINT32, &number, NULL)) {
        web_not_found(request, error);
        return NULL;
    }
    *ret_number = number;
    return review_my_item(request, number, error);
}

bool page_review_pass(Request *request, Reply *reply, GError **error)
{
    int64_t number;
    json_t *item = find_item(request, &number, error);

    if (!item)
        return false;
    reply_page(reply, "review_pass", "Who should answer?", model_of(request, item, NULL));
    return true;
}

/* false without an error: the model says what is wrong. */
static bool move(Request *request, json_t *model, int64_t number, const char *why, GError **error)
{
    g_autofree char *receiver = NULL;
    g_autoptr(GError) own = NULL;
    const char *note = NULL;
    ReviewActor actor = review_actor(request);

    if (!why) {
        view_wrong(model, "to", "Choose one of the three.");
        return false;
    }
    if (why == whys[2] && !review_receiver(request, model, &receiver, error))
        return false;
    if (why == whys[2] && !receiver)
        return false;
    if (!fields_text(request->fields, "note", 1000, why == whys[2], &note, NULL)) {
        view_wrong(model, "note", "Tell them why they should decide.");
        return false;
    }
    if (ledger_review_move(request->ledger, &actor, request->parameters[0], &number, 1, why,
                           receiver, note ? note : "", &own))
        return true;
    if (review_is_refusal(own))
        view_wrong(model, why == whys[2] ? "to" : "note", own->message);
    else
        g_propagate_error(error, g_steal_pointer(&own));
    return false;
}

bool page_review_do_pass(Request *request, Reply *reply, GError **error)
{
    int64_t number;
    const char *why;
    g_autoptr(GError) own = NULL;
    json_t *item = find_item(request, &number, error), *model;

    if (!item)
        return false;
    if (!fields_choice(request->fields, "why", whys, &why, error)) {
        json_decref(item);
        return false;
    }
    model = model_of(request, item, why);
    if (move(request, model, number, why, &own)) {
        g_autofree char *path = view_path("/reviews", request->parameters[0]);
        json_decref(model);
        reply_redirect(reply, "handed-on", "%s", path);
        return true;
    }
    if (own) {
        json_decref(model);
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    reply_page(reply, "review_pass", "There is a problem", model);
    reply->status = 422;
    return true;
}
