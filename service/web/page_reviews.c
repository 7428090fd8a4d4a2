/* page_reviews.c: my reviews, and for who sees them all campaigns; starting one. */

#include "web/pages.h"
#include "web/review_view.h"

#include "ledger/jobs.h"
#include "review/campaign.h"

static void decorate_mine(json_t *head)
{
    json_t *progress = review_progress(head);
    int64_t done = view_number(progress, "decided"), items = view_number(progress, "items");

    json_object_set_new(head, "done_items", json_integer(done));
    view_take_text(head, "href", review_path(head, ""));
    view_set_flag(head, "is_late", g_strcmp0(view_text(head, "status"), "overdue") == 0);
    view_set_text(head, "verb",
                  done == 0      ? "Begin"
                  : done < items ? "Go on"
                                 : "Check your answers and sign off");
    if (done == items && done > 0)
        view_take_text(head, "href", review_path(head, "/check"));
    view_take_text(head, "words",
                   g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " decided",
                                   view_number(head, "decided"), items));
    json_decref(progress);
}

/* Open ones, and below those in which nothing is left for this person. */
static bool add_mine(Request *request, json_t *model, GError **error)
{
    json_t *all = json_array(), *mine = json_array(), *closed = json_array(), *head;
    ReviewFilter filter = {
        .with_closed = true, .reviewer = request->who.person, .now_utc = request->now_utc};
    bool worked =
        !request->who.person || ledger_reviews(request->ledger, &filter, view_collect, all, error);
    size_t i;

    review_set_headings(request, all);
    json_array_foreach(all, i, head)
    {
        bool is_done = review_is_closed(head) || view_number(head, "open") == 0;
        decorate_mine(head);
        if (is_done)
            view_take_text(head, "href", review_path(head, ""));
        json_array_append(is_done ? closed : mine, head);
    }
    view_set_text(model, "words",
                  json_array_size(mine) > 0
                      ? "A few answers in plain words; each can be changed until you sign off."
                      : "Nothing waits for you.");
    view_set_flag(model, "has_closed", json_array_size(closed) > 0);
    json_object_set_new(model, "mine", mine);
    json_object_set_new(model, "closed", closed);
    json_decref(all);
    return worked;
}

static bool add_campaigns(Request *request, json_t *model, GError **error)
{
    json_t *campaigns = json_array(), *head;
    ReviewFilter filter = {.with_closed = true, .now_utc = request->now_utc};
    size_t i;

    json_object_set_new(model, "campaigns", campaigns);
    if (!ledger_reviews(request->ledger, &filter, view_collect, campaigns, error))
        return false;
    json_array_foreach(campaigns, i, head)
    {
        view_take_text(head, "href", review_path(head, "/campaign"));
        view_set_text(head, "class",
                      review_is_closed(head)                                 ? "good"
                      : g_strcmp0(view_text(head, "status"), "overdue") == 0 ? "late"
                                                                             : "off");
    }
    view_set_flag(model, "has_campaigns", json_array_size(campaigns) > 0);
    return true;
}

static json_t *names_of(const Settings *settings)
{
    json_t *names = json_array();

    for (size_t i = 0; i < campaigns_count(settings); i++)
        json_array_append_new(names, json_string(campaign_at(settings, i).name));
    return names;
}

static bool build(Request *request, json_t *model, GError **error)
{
    bool may_manage = (request->who.roles & ROLE_REVIEWS) && !request->is_read_only;
    json_t *names = names_of(request->site->options->settings);

    view_set_flag(model, "startable", may_manage && json_array_size(names) > 0);
    json_object_set_new(model, "names", names);
    view_set_flag(model, "may_see_campaigns", request->sees_all);
    return add_mine(request, model, error) &&
           (!request->sees_all || add_campaigns(request, model, error));
}

bool page_reviews(Request *request, Reply *reply, GError **error)
{
    json_t *model = json_object();

    if (!build(request, model, error)) {
        json_decref(model);
        return false;
    }
    reply_page(reply, "reviews", "Reviews", model);
    return true;
}

bool page_review_start(Request *request, Reply *reply, GError **error)
{
    const char *name = NULL;
    Campaign campaign;

    if (!fields_text(request->fields, "name", 200, true, &name, error))
        return false;
    if (!campaign_find(request->site->options->settings, name, &campaign))
        return web_bad_request(error, "name: the configuration has no review of that name");
    return page_ask_job(request, reply, "review-start", json_pack("{s:s}", "name", name), error);
}
