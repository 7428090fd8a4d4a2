/* page_review_bulk.c: following the advice for many rights at once: the set is shown before
 * anything is decided, and what must be decided singly is not in it. */

#include "web/pages.h"
#include "web/review_decide.h"

#include "base/times.h"

bool review_is_for_bulk(const json_t *item)
{
    const char *decision = view_text(json_object_get(item, "advice"), "decision");

    return g_strcmp0(view_text(item, "state"), "undecided") == 0 &&
           !json_is_true(json_object_get(item, "single")) &&
           (g_strcmp0(decision, "keep") == 0 || g_strcmp0(decision, "remove") == 0);
}

/* The set: undecided items with an advice. *ret_left: undecided ones that are not in it. */
static json_t *set_of(Request *request, size_t *ret_left, GError **error)
{
    json_t *items = review_my_items(request, "undecided", 0, 0, error), *set, *item;
    size_t i;

    if (!items)
        return NULL;
    set = json_array();
    json_array_foreach(items, i, item)
    {
        if (review_is_for_bulk(item))
            json_array_append(set, item);
    }
    *ret_left = json_array_size(items) - json_array_size(set);
    json_decref(items);
    return set;
}

/* selected: item numbers as text; NULL = all. */
static bool is_selected(GPtrArray *selected, int64_t number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);

    return !selected || g_ptr_array_find_with_equal_func(selected, text, g_str_equal, NULL);
}

static json_t *model_of(Request *request, GPtrArray *selected, GError **error)
{
    size_t left = 0, i, n;
    json_t *head = review_mine(request, error), *item;
    json_t *set = head ? set_of(request, &left, error) : NULL;

    if (!set) {
        json_decref(head);
        return NULL;
    }
    n = json_array_size(set);
    json_array_foreach(set, i, item)
    {
        json_t *advice = json_object_get(item, "advice");
        review_decorate_line(item);
        view_set_text(item, "word", review_word(view_text(advice, "decision")));
        view_set_text(item, "advice_words", view_text(advice, "reason"));
        view_set_flag(item, "is_selected", is_selected(selected, view_number(item, "item")));
    }
    json_t *model = json_pack("{s:o s:I}", "items", set, "n", (json_int_t)n);
    view_take_text(model, "title_words", g_strdup_printf("Follow the advice for %zu rights?", n));
    view_set_text(model, "words",
                  "Look at the list and take out what you want to decide yourself. Nothing is "
                  "final before you sign off.");
    if (left > 0)
        view_take_text(model, "left_words",
                       g_strdup_printf("%zu %s not in it, because privileged, conflicting and "
                                       "unusual rights, and those without advice, are decided one "
                                       "by one.",
                                       left, left == 1 ? "right is" : "rights are"));
    view_take_text(model, "review_href", review_path(head, ""));
    view_take_text(model, "bulk_href", review_path(head, "/bulk"));
    json_object_set_new(model, "review", head);
    return model;
}

bool page_review_bulk(Request *request, Reply *reply, GError **error)
{
    json_t *model = model_of(request, NULL, error);

    if (!model)
        return false;
    reply_page(reply, "review_bulk", "Follow the advice", model);
    return true;
}

static bool again(Request *request, Reply *reply, GPtrArray *selected, const char *sentence,
                  GError **error)
{
    static const char *const inputs[] = {"reason", NULL};
    json_t *model = model_of(request, selected, error);

    if (!model)
        return false;
    view_input(model, request->fields, inputs);
    view_wrong(model, "reason", sentence);
    reply_page(reply, "review_bulk", "There is a problem", model);
    reply->status = 422;
    return true;
}

/* One draft an item, by its advice; (element-type ReviewDraft). NULL when an item is not theirs.
 * items holds what the drafts point into. */
static GArray *drafts_of(Request *request, GPtrArray *selected, const char *reason, json_t *items,
                         GError **error)
{
    g_autoptr(GArray) drafts = g_array_new(FALSE, TRUE, sizeof(ReviewDraft));

    for (guint i = 0; i < selected->len; i++) {
        gint64 number = 0;
        json_t *item =
            g_ascii_string_to_signed(selected->pdata[i], 10, 1, G_MAXINT32, &number, NULL)
                ? review_my_item(request, number, error)
                : NULL;
        if (!item) {
            if (number == 0)
                web_bad_request(error, "item: not the number of an item");
            return NULL;
        }
        json_array_append_new(items, item);
        const char *advice = view_text(json_object_get(item, "advice"), "decision");
        ReviewDraft draft = {.review = request->parameters[0],
                             .item = number,
                             .version = view_number(item, "version"),
                             .decision = advice ? advice : "",
                             .until = DAY_NONE,
                             .reason = reason,
                             .is_bulk = true,
                             .seconds = -1};
        g_array_append_val(drafts, draft);
    }
    return g_steal_pointer(&drafts);
}

bool page_review_do_bulk(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GPtrArray) selected = fields_all(request->fields, "item");
    g_autoptr(GArray) drafts = NULL;
    g_autoptr(GError) own = NULL;
    g_autofree char *path = view_path("/reviews", request->parameters[0]);
    ReviewActor actor = review_actor(request);
    const char *reason = NULL;
    json_t *items;
    bool worked;

    if (selected->len == 0)
        return again(request, reply, selected, "Nothing is selected.", error);
    if (!fields_text(request->fields, "reason", 1000, true, &reason, NULL))
        return again(request, reply, selected, "Give the reason that holds for all of them.",
                     error);
    items = json_array();
    drafts = drafts_of(request, selected, reason, items, error);
    worked = drafts && ledger_review_draft(request->ledger, &actor,
                                           (ReviewDraft *)(void *)drafts->data, drafts->len, &own);
    json_decref(items);
    if (worked)
        reply_redirect(reply, "saved", "%s", path);
    else if (review_is_refusal(own))
        return again(request, reply, selected, own->message, error);
    else if (own)
        g_propagate_error(error, g_steal_pointer(&own));
    return worked;
}
