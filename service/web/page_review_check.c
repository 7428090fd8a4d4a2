/* page_review_check.c: the answers checked, signed, and done. */

#include "web/pages.h"
#include "web/review_decide.h"
#include "web/review_view.h"

#include "ledger/review_decisions.h"

#include <string.h>

static const char *const check_groups[][2] = {{"remove", "Remove"},
                                              {"reduce", "Reduce"},
                                              {"keep-until", "Keep until a date"},
                                              {"keep", "Keep"}};

static json_t *groups_of(const json_t *head, const json_t *drafts)
{
    json_t *groups = json_array(), *item;
    size_t i;

    for (size_t g = 0; g < G_N_ELEMENTS(check_groups); g++) {
        json_t *items = json_array();
        json_array_foreach((json_t *)(uintptr_t)drafts, i, item)
        {
            const json_t *draft = json_object_get(item, "draft");
            if (g_strcmp0(view_text(draft, "decision"), check_groups[g][0]) != 0)
                continue;
            view_set_text(item, "reason", view_text(draft, "reason"));
            view_set_text(item, "until", view_text(draft, "until"));
            g_autofree char *anchor =
                g_strdup_printf("#item-%" G_GINT64_FORMAT, view_number(item, "item"));
            view_take_text(item, "change_href", review_path(head, anchor));
            json_array_append(items, item);
        }
        g_autofree char *title =
            g_strdup_printf("%s (%zu)", check_groups[g][1], json_array_size(items));
        if (json_array_size(items) > 0)
            json_array_append_new(groups, json_pack("{s:s s:O}", "title", title, "items", items));
        json_decref(items);
    }
    return groups;
}

static void add_open(json_t *model, const json_t *head, size_t n_drafts)
{
    int64_t open = view_number(head, "open") - (int64_t)n_drafts;

    if (open <= 0)
        return;
    g_autofree char *href = review_path(head, "?view=undecided");
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " %s still undecided.", open,
                                            open == 1 ? "right is" : "rights are");
    json_object_set_new(model, "open", json_pack("{s:s s:s}", "href", href, "text", text));
}

#define SENTENCE "I have looked at each of these rights and decided to the best of my knowledge."

/* The model of the check page; *ret_n: drafts that would be signed. */
static json_t *check_model(Request *request, size_t *ret_n, GError **error)
{
    json_t *head = review_mine(request, error), *item;
    json_t *drafts = head ? review_my_items(request, "drafted", 0, 0, error) : NULL;
    size_t i, n = json_array_size(drafts);

    if (!drafts) {
        json_decref(head);
        return NULL;
    }
    json_array_foreach(drafts, i, item) review_decorate_line(item);
    json_t *model = json_pack("{s:o s:I s:I s:{s:s}}", "groups", groups_of(head, drafts), "n",
                              (json_int_t)n, "seen", (json_int_t)n, "input", "sentence", SENTENCE);
    add_open(model, head, n);
    view_take_text(model, "words",
                   n > 0 ? g_strdup_printf("%zu answers, not yet signed.", n)
                         : g_strdup("There is no answer to sign."));
    view_set_flag(model, "may_sign", n > 0 && !request->is_read_only && !review_is_closed(head));
    view_take_text(model, "review_href", review_path(head, ""));
    view_take_text(model, "sign_href", review_path(head, "/sign"));
    json_object_set_new(model, "review", head);
    json_decref(drafts);
    *ret_n = n;
    return model;
}

bool page_review_check(Request *request, Reply *reply, GError **error)
{
    size_t n;
    json_t *model = check_model(request, &n, error);

    if (!model)
        return false;
    reply_page(reply, "review_check", "Check your answers", model);
    return true;
}

static bool check_again(Reply *reply, json_t *model, const Request *request, const char *sentence)
{
    static const char *const inputs[] = {"sentence", NULL};

    view_input(model, request->fields, inputs);
    view_wrong(model, "sentence", sentence);
    reply_page(reply, "review_check", "There is a problem", model);
    reply->status = 422;
    return true;
}

bool page_review_sign(Request *request, Reply *reply, GError **error)
{
    size_t n;
    gint64 seen = 0;
    int64_t signed_now = 0;
    const char *sentence = NULL;
    g_autoptr(GError) own = NULL;
    ReviewActor actor = review_actor(request);
    json_t *model = check_model(request, &n, error);

    if (!model)
        return false;
    if (!fields_number(request->fields, "seen", 0, G_MAXINT32, &seen, error)) {
        json_decref(model);
        return false;
    }
    if (!fields_text(request->fields, "sentence", 1000, true, &sentence, NULL))
        return check_again(reply, model, request, "Write what you state.");
    if (seen != (int64_t)n)
        return check_again(reply, model, request,
                           "Your answers changed since you saw this page. Look at them once more, "
                           "then sign.");
    if (!ledger_review_sign(request->ledger, &actor, request->parameters[0], sentence, &signed_now,
                            &own)) {
        if (review_is_refusal(own))
            return check_again(reply, model, request, own->message);
        json_decref(model);
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    g_autofree char *path = review_path(json_object_get(model, "review"), "/signed");
    json_decref(model);
    reply_redirect(reply, NULL, "%s?n=%" G_GINT64_FORMAT, path, signed_now);
    return true;
}

/* ---- done ---- */

bool page_review_signed(Request *request, Reply *reply, GError **error)
{
    gint64 n = 0;
    json_t *head, *model, *next = json_array();

    if (!fields_number(request->fields, "n", 0, G_MAXINT32, &n, error) ||
        !(head = review_mine(request, error))) {
        json_decref(next);
        return false;
    }
    int64_t open = view_number(head, "open");
    json_array_append_new(next, json_string("What is to be removed is a task of the administrators "
                                            "now, with the exact membership to cut."));
    json_array_append_new(next, json_string("Every night checks whether it is gone, and keeps the "
                                            "proof. You need not do anything."));
    model = json_pack("{s:I s:o}", "n", (json_int_t)MAX(n, 0), "next", next);
    view_take_text(model, "words",
                   open > 0 ? g_strdup_printf("%" G_GINT64_FORMAT
                                              " of this review are still open; they are due as "
                                              "before.",
                                              open)
                            : g_strdup("You are done with this review."));
    view_take_text(model, "next_href",
                   open > 0 ? review_path(head, "?view=undecided") : g_strdup("/reviews"));
    view_set_text(model, "next_text", open > 0 ? "Go on with the rest" : "My reviews");
    json_object_set_new(model, "review", head);
    reply_page(reply, "review_signed", "Signed off", model);
    return true;
}
