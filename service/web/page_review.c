/* page_review.c: one review as its reviewer sees it. */

#include "web/pages.h"
#include "web/review_decide.h"
#include "web/review_view.h"

#include "review/campaign.h"

#include <string.h>

/* ---- the items, by person or in one list ---- */

static int by_person(gconstpointer a, gconstpointer b)
{
    const json_t *const *left = a, *const *right = b;
    int order = g_utf8_collate(view_text(*left, "who"), view_text(*right, "who"));

    if (order == 0)
        order = g_strcmp0(view_text(json_object_get(*left, "person"), "id"),
                          view_text(json_object_get(*right, "person"), "id"));
    return order != 0 ? order : (int)(view_number(*left, "item") - view_number(*right, "item"));
}

static bool is_same_holder(const json_t *a, const json_t *b)
{
    return g_strcmp0(view_text(a, "who"), view_text(b, "who")) == 0 &&
           g_strcmp0(view_text(json_object_get(a, "person"), "id"),
                     view_text(json_object_get(b, "person"), "id")) == 0;
}

static char *line_of_holder(const json_t *item)
{
    const json_t *person = json_object_get(item, "person");
    const json_t *manager = json_object_get(item, "manager");
    const char *parts[] = {view_text(item, "title"), view_text(item, "department")};
    g_autoptr(GString) line = g_string_new(NULL);

    if (!json_is_object(person))
        return g_strdup_printf("%s account without a person", view_text(item, "class"));
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i])
            g_string_append_printf(line, "%s%s", line->len > 0 ? ", " : "", parts[i]);
    }
    g_string_append_printf(line, "%s%s", line->len > 0 ? " · " : "", view_text(person, "id"));
    if (json_is_object(manager))
        g_string_append_printf(line, " · manager %s", view_text(manager, "name"));
    return g_string_free(g_steal_pointer(&line), FALSE);
}

static json_t *group_of(const json_t *item)
{
    json_t *group = json_pack("{s:o}", "items", json_array());

    view_set_text(group, "name", view_text(item, "who"));
    view_take_text(group, "line", line_of_holder(item));
    return group;
}

/* items: decorated. [ {name, line, items} ]; without groups one holder may come several times. */
static json_t *people_of(const json_t *items, bool is_grouped)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    json_t *people = json_array(), *item, *group = NULL;
    const json_t *before = NULL;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)items, i, item) g_ptr_array_add(order, item);
    if (is_grouped)
        g_ptr_array_sort(order, by_person);
    for (i = 0; i < order->len; i++) {
        item = order->pdata[i];
        if (!before || !is_same_holder(before, item)) {
            group = group_of(item);
            json_array_append_new(people, group);
        }
        json_array_append(json_object_get(group, "items"), item);
        before = item;
    }
    return people;
}

/* ---- views and pages ---- */

static const char *const view_names[] = {"person", "flat", "undecided", NULL};

static json_t *views_of(const json_t *head, const char *view)
{
    static const char *const titles[] = {"By person", "One list", "Undecided"};
    json_t *views = json_array();
    int64_t open = view_number(head, "open") - view_number(head, "drafted");

    for (size_t i = 0; view_names[i]; i++) {
        g_autofree char *text = i == 2 ? g_strdup_printf("Undecided (%" G_GINT64_FORMAT ")", open)
                                       : g_strdup(titles[i]);
        g_autofree char *href = g_strdup_printf("?view=%s", view_names[i]);
        json_array_append_new(views, json_pack("{s:s s:s s:b}", "href", href, "text", text,
                                               "is_current", g_str_equal(view, view_names[i])));
    }
    return views;
}

static void add_bulk(json_t *model, const json_t *head, const json_t *items)
{
    size_t i, n = 0;
    json_t *item;

    json_array_foreach((json_t *)(uintptr_t)items, i, item) n += review_is_for_bulk(item);
    if (n < 2)
        return;
    g_autofree char *href = review_path(head, "/bulk");
    g_autofree char *text = g_strdup_printf("Follow the advice for %zu ordinary rights…", n);
    json_object_set_new(model, "bulk", json_pack("{s:s s:s}", "href", href, "text", text));
}

/* At each person with several ordinary rights. */
static void add_keep_all(const json_t *people, const json_t *head)
{
    size_t i, j;
    json_t *holder, *item;

    json_array_foreach((json_t *)(uintptr_t)people, i, holder)
    {
        json_t *items = json_object_get(holder, "items");
        const char *id = view_text(json_object_get(json_array_get(items, 0), "person"), "id");
        size_t n = 0;

        json_array_foreach(items, j, item) n += id && review_is_for_keep(item, id);
        if (n < 2)
            continue;
        g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);
        g_autofree char *rest = g_strconcat("/bulk?person=", escaped, NULL);
        view_take_text(holder, "keep_href", review_path(head, rest));
    }
}

/* Items are numbered through the campaign, so a page begins with a number. */
static void add_pager(json_t *model, const Request *request, json_t *items)
{
    size_t n = json_array_size(items);
    json_t *pager;

    if (n <= REVIEW_ITEMS_PER_PAGE)
        return;
    g_autofree char *next = g_strdup_printf(
        "%" G_GINT64_FORMAT, view_number(json_array_get(items, REVIEW_ITEMS_PER_PAGE), "item"));
    pager = json_pack("{s:s}", "words", "There are more.");
    view_take_text(pager, "next_href", fields_query_with(request->fields, "from", next));
    json_object_set_new(model, "pager", pager);
    while (json_array_size(items) > REVIEW_ITEMS_PER_PAGE)
        json_array_remove(items, json_array_size(items) - 1);
}

static void add_words(json_t *model, const Request *request, const json_t *head, const char *view)
{
    Campaign campaign;

    if (campaign_find(request->site->options->settings, view_text(head, "name"), &campaign))
        view_set_text(model, "instructions", campaign.instructions);
    view_set_flag(model, "is_late", g_strcmp0(view_text(head, "status"), "overdue") == 0);
    view_set_flag(model, "is_closed", review_is_closed(head));
    view_take_text(model, "closed_words",
                   g_strdup("This review is closed. What was signed stands below; it cannot be "
                            "changed any more."));
    view_set_text(model, "empty_words",
                  g_str_equal(view, "undecided")
                      ? "Nothing undecided is left. Check your answers and sign off."
                      : "No item of this review is yours any more.");
}

/* head is taken. */
json_t *review_model(Request *request, json_t *head, const char *view, GError **error)
{
    gint64 from = 0;
    bool may_decide = !review_is_closed(head) && !request->is_read_only;
    json_t *items = NULL, *item, *model;
    size_t i;

    if (fields_number(request->fields, "from", 0, G_MAXINT32, &from, error))
        items = review_my_items(request, g_str_equal(view, "undecided") ? "undecided" : NULL, from,
                                REVIEW_ITEMS_PER_PAGE + 1, error);
    if (!items) {
        json_decref(head);
        return NULL;
    }
    model = json_object();
    add_pager(model, request, items);
    json_array_foreach(items, i, item) review_decorate(item, may_decide);
    json_object_set_new(model, "people", people_of(items, !g_str_equal(view, "flat")));
    if (may_decide) {
        add_bulk(model, head, items);
        add_keep_all(json_object_get(model, "people"), head);
    }
    json_object_set_new(model, "views", views_of(head, view));
    json_object_set_new(model, "progress", review_progress(head));
    view_set_text(model, "view", view);
    view_set_text(model, "csrf", request->session.csrf); /* for the page's own script */
    view_set_flag(model, "may_decide", may_decide && view_number(head, "open") > 0);
    view_take_text(model, "self_href", review_path(head, ""));
    add_words(model, request, head, view);
    json_decref(items);
    json_object_set_new(model, "review", head);
    return model;
}

char *review_title(const json_t *model)
{
    const json_t *progress = json_object_get(model, "progress");

    return g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " – %s",
                           view_number(progress, "decided"), view_number(progress, "items"),
                           view_text(json_object_get(model, "review"), "heading"));
}

bool review_view_of(const Request *request, const char **ret_view, GError **error)
{
    if (!fields_choice(request->fields, "view", view_names, ret_view, error))
        return false;
    if (!*ret_view)
        *ret_view = view_names[0];
    return true;
}

static bool show_campaign(Request *request, Reply *reply, GError **error)
{
    json_t *review = review_any(request, error);

    if (!review)
        return false;
    g_autofree char *path = review_path(review, "/campaign");
    json_decref(review);
    reply_redirect(reply, NULL, "%s", path);
    return true;
}

bool page_review(Request *request, Reply *reply, GError **error)
{
    const char *view;
    json_t *head, *model;

    if (!review_view_of(request, &view, error))
        return false;
    head = request->sees_all ? review_mine(request, NULL) : review_mine(request, error);
    if (!head && request->sees_all) /* who has items sees them; who has none, the campaign */
        return show_campaign(request, reply, error);
    model = head ? review_model(request, head, view, error) : NULL;
    if (!model)
        return false;
    g_autofree char *title = review_title(model);
    reply_page(reply, "review", title, model);
    return true;
}
