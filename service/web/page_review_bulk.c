/* page_review_bulk.c: one answer for many rights: following the advice, or keeping all of one
 * person. The set is shown before anything is decided, and what must be decided singly is not in
 * it. */

#include "web/pages.h"
#include "web/review_decide.h"

#include "base/times.h"

#include <string.h>

static bool is_ordinary(const json_t *item)
{
    return g_strcmp0(view_text(item, "state"), "undecided") == 0 &&
           !json_is_true(json_object_get(item, "single"));
}

static const char *advice_of(const json_t *item)
{
    return view_text(json_object_get(item, "advice"), "decision");
}

bool review_is_for_bulk(const json_t *item)
{
    return is_ordinary(item) &&
           (g_strcmp0(advice_of(item), "keep") == 0 || g_strcmp0(advice_of(item), "remove") == 0);
}

bool review_is_for_keep(const json_t *item, const char *person)
{
    return is_ordinary(item) && g_strcmp0(advice_of(item), "remove") != 0 &&
           g_strcmp0(view_text(json_object_get(item, "person"), "id"), person) == 0;
}

/* ---- the set ---- */

typedef struct Bulk {
    const char *person; /* whose rights are kept; NULL: the advice is followed */
    json_t *head, *set;
    size_t n_left; /* undecided ones (of that person) that are not in it */
} Bulk;

static void bulk_clear(Bulk *bulk)
{
    json_decref(bulk->head);
    json_decref(bulk->set);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bulk, bulk_clear)

static bool is_of(const Bulk *bulk, const json_t *item)
{
    const char *id = view_text(json_object_get(item, "person"), "id");

    return !bulk->person || g_strcmp0(id, bulk->person) == 0;
}

static bool bulk_read(Request *request, Bulk *bulk, GError **error)
{
    json_t *items, *item;
    size_t i;

    bulk->person = fields_get(request->fields, "person");
    if (bulk->person && *bulk->person == '\0')
        bulk->person = NULL;
    if (!(bulk->head = review_mine(request, error)) ||
        !(items = review_my_items(request, "undecided", 0, 0, error)))
        return false;
    bulk->set = json_array();
    json_array_foreach(items, i, item)
    {
        if (bulk->person ? review_is_for_keep(item, bulk->person) : review_is_for_bulk(item))
            json_array_append(bulk->set, item);
        else
            bulk->n_left += is_of(bulk, item);
    }
    json_decref(items);
    return true;
}

static const json_t *find(const Bulk *bulk, int64_t number)
{
    size_t i;
    json_t *item;

    json_array_foreach(bulk->set, i, item)
    {
        if (view_number(item, "item") == number)
            return item;
    }
    return NULL;
}

static const char *decision_of(const Bulk *bulk, const json_t *item)
{
    return bulk->person ? "keep" : advice_of(item);
}

/* ---- the page ---- */

/* selected: item numbers as text; NULL = all. */
static bool is_selected(GPtrArray *selected, int64_t number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);

    return !selected || g_ptr_array_find_with_equal_func(selected, text, g_str_equal, NULL);
}

static void set_words(json_t *model, const Bulk *bulk)
{
    size_t n = json_array_size(bulk->set), n_left = bulk->n_left;
    const char *name = view_text(json_array_get(bulk->set, 0), "who");
    const char *lonely =
        bulk->person ? "and those we advise to remove" : "and those without advice";
    const char *be = n_left == 1 ? "right is" : "rights are";

    view_take_text(model, "title_words",
                   n == 0         ? g_strdup("There is nothing to answer at once")
                   : bulk->person ? g_strdup_printf("Keep %zu rights of %s?", n, name)
                                  : g_strdup_printf("Follow the advice for %zu rights?", n));
    view_set_text(model, "words",
                  n == 0 ? "What is undecided here is decided one by one."
                         : "Look at the list and take out what you want to decide yourself. "
                           "Nothing is final before you sign off.");
    if (n_left > 0)
        view_take_text(model, "left_words",
                       g_strdup_printf("%zu %s not in it, because privileged, conflicting and "
                                       "unusual rights, %s, are decided one by one.",
                                       n_left, be, lonely));
}

static json_t *model_of(const Bulk *bulk, GPtrArray *selected)
{
    size_t i, n = json_array_size(bulk->set), n_selected = 0;
    json_t *item;

    json_array_foreach(bulk->set, i, item)
    {
        bool is_in = is_selected(selected, view_number(item, "item"));
        const char *why = view_text(json_object_get(item, "advice"), "reason");
        review_decorate_line(item);
        view_set_text(item, "word", review_word(decision_of(bulk, item)));
        view_set_text(item, "advice_words", why ? why : "We have no advice about this one.");
        view_set_flag(item, "is_selected", is_in);
        n_selected += is_in;
    }
    json_t *model = json_pack("{s:O s:I s:I s:s s:b}", "items", bulk->set, "n", (json_int_t)n,
                              "n_selected", (json_int_t)n_selected, "person",
                              bulk->person ? bulk->person : "", "has_items", n > 0);
    set_words(model, bulk);
    view_take_text(model, "review_href", review_path(bulk->head, ""));
    view_take_text(model, "bulk_href", review_path(bulk->head, "/bulk"));
    json_object_set(model, "review", bulk->head);
    return model;
}

bool page_review_bulk(Request *request, Reply *reply, GError **error)
{
    g_auto(Bulk) bulk = {0};

    if (!bulk_read(request, &bulk, error))
        return false;
    reply_page(reply, "review_bulk", "Several at once", model_of(&bulk, NULL));
    return true;
}

/* ---- the answers ---- */

static bool again(Request *request, Reply *reply, const Bulk *bulk, GPtrArray *selected,
                  const char *sentence)
{
    static const char *const inputs[] = {"reason", NULL};
    json_t *model = model_of(bulk, selected);

    view_input(model, request->fields, inputs);
    view_wrong(model, "reason", sentence);
    reply_page(reply, "review_bulk", "There is a problem", model);
    reply->status = 422;
    return true;
}

/* An item that is not in the set (any more): decided in the meantime, decided singly, or not
 * theirs, which is told from nothing at all to nobody. */
static bool refuse_item(Request *request, int64_t number, GError **error)
{
    json_t *item = review_my_item(request, number, NULL);
    bool is_mine = item != NULL;

    json_decref(item);
    if (is_mine)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "item %" G_GINT64_FORMAT " is not in this set any more: it was decided in the "
                    "meantime, or is decided one by one. Nothing was changed.",
                    number);
    else
        g_set_error(error, WEB_ERROR, WEB_ERROR_NOT_FOUND,
                    "There is no item %" G_GINT64_FORMAT " here, or it is not yours to decide. "
                    "Nothing was changed.",
                    number);
    return false;
}

static bool add_draft(Request *request, const Bulk *bulk, const char *text, GArray *drafts,
                      GError **error)
{
    gint64 number = 0;

    if (!g_ascii_string_to_signed(text, 10, 1, G_MAXINT32, &number, NULL))
        return web_bad_request(error, "item: not the number of an item");
    const json_t *item = find(bulk, number);

    if (!item)
        return refuse_item(request, number, error);
    ReviewDraft draft = {.review = request->parameters[0],
                         .item = number,
                         .version = view_number(item, "version"),
                         .decision = decision_of(bulk, item),
                         .until = DAY_NONE,
                         .is_bulk = true,
                         .seconds = -1};
    g_array_append_val(drafts, draft);
    return true;
}

/* All of them, or none. */
static bool draft_all(Request *request, const Bulk *bulk, GPtrArray *selected, const char *reason,
                      GError **error)
{
    g_autoptr(GArray) drafts = g_array_new(FALSE, TRUE, sizeof(ReviewDraft));
    ReviewActor actor = review_actor(request);

    for (guint i = 0; i < selected->len; i++) {
        if (!add_draft(request, bulk, selected->pdata[i], drafts, error))
            return false;
        g_array_index(drafts, ReviewDraft, i).reason = reason;
    }
    return ledger_review_draft(request->ledger, &actor, (ReviewDraft *)(void *)drafts->data,
                               drafts->len, error);
}

bool page_review_do_bulk(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GPtrArray) selected = fields_all(request->fields, "item");
    g_autoptr(GError) own = NULL;
    g_auto(Bulk) bulk = {0};
    const char *reason = NULL;

    if (!bulk_read(request, &bulk, error))
        return false;
    if (selected->len == 0)
        return again(request, reply, &bulk, selected, "Nothing is selected.");
    if (!fields_text(request->fields, "reason", 1000, true, &reason, NULL))
        return again(request, reply, &bulk, selected,
                     "Give the reason that holds for all of them.");
    if (draft_all(request, &bulk, selected, reason, &own)) {
        g_autofree char *path = review_path(bulk.head, "");
        reply_redirect(reply, "saved", "%s", path);
        return true;
    }
    if (review_is_refusal(own))
        return again(request, reply, &bulk, selected, own->message);
    g_propagate_error(error, g_steal_pointer(&own));
    return false;
}
