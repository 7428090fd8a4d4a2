/* page_campaign.c: a campaign as its owner and auditors see it: how far everybody is, how it was
 * answered, what it rests on; reminding, reassigning, closing. */

#include "web/pages.h"
#include "web/review_decide.h"

#define ITEMS_PER_PAGE 100
#define MOST_CHANGES 50 /* shown */

static bool may_manage(const Request *request)
{
    return (request->who.roles & ROLE_REVIEWS) && !request->is_read_only;
}

static bool has_mail(const Request *request)
{
    const Settings *settings = request->site->options->settings;

    return settings_text(settings_group(settings->root, "notify"), "smtp_url") != NULL;
}

/* ---- the model ---- */

static void link_reviewers(const json_t *review, bool is_open)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(review, "reviewers"), i, row)
    {
        const char *id = view_text(row, "id");
        g_autofree char *escaped = g_uri_escape_string(id ? id : "", NULL, FALSE);
        g_autofree char *rest = g_strdup_printf("/reassign?from=%s", escaped);
        if (is_open && view_number(row, "open") > 0)
            view_take_text(row, "reassign_href", review_path(review, rest));
    }
}

static bool add_items(Request *request, json_t *model, GError **error)
{
    json_t *items = json_array(), *item, *pager;
    gint64 from = 0;
    size_t i;
    ReviewItemFilter filter = {.limit = ITEMS_PER_PAGE + 1};

    json_object_set_new(model, "items", items);
    if (!fields_number(request->fields, "from", 0, G_MAXINT32, &from, error))
        return false;
    filter.first = from;
    if (!ledger_review_items(request->ledger, request->parameters[0], &filter, view_collect, items,
                             error))
        return false;
    if (json_array_size(items) > ITEMS_PER_PAGE) {
        g_autofree char *next = g_strdup_printf(
            "%" G_GINT64_FORMAT, view_number(json_array_get(items, ITEMS_PER_PAGE), "item"));
        json_array_remove(items, ITEMS_PER_PAGE);
        pager = json_pack("{s:s}", "words", "There are more items.");
        view_take_text(pager, "next_href", fields_query_with(request->fields, "from", next));
        json_object_set_new(model, "pager", pager);
    }
    json_array_foreach(items, i, item) review_decorate_line(item);
    return true;
}

/* Facts about all reviewers together; about each when the owner asks for that. */
static void set_facts(json_t *row)
{
    g_autofree char *seconds = view_words(json_object_get(row, "median_seconds"));

    view_set_text(row, "name", view_text(json_object_get(row, "reviewer"), "name"));
    view_set_text(row, "seconds", seconds ? seconds : "–");
}

static bool add_telemetry(Request *request, json_t *model, GError **error)
{
    bool by_reviewer = g_strcmp0(fields_get(request->fields, "by"), "reviewer") == 0;
    json_t *facts, *rows, *row;
    size_t i;

    if (!(request->who.roles & (ROLE_REVIEWS | ROLE_AUDITOR)))
        return true;
    facts = ledger_review_telemetry(request->ledger, request->parameters[0], by_reviewer, error);
    if (!facts)
        return false;
    rows = json_object_get(facts, "by_reviewer");
    json_array_foreach(rows, i, row) set_facts(row);
    if (!by_reviewer) {
        set_facts(facts);
        view_set_text(facts, "name", "All together");
        json_object_set_new(model, "telemetry", json_pack("[O]", facts));
    } else if (rows) {
        json_object_set(model, "telemetry", rows);
    }
    view_set_flag(model, "has_telemetry", view_number(facts, "decisions") > 0);
    view_set_flag(model, "is_together", !by_reviewer);
    json_decref(facts);
    return true;
}

static bool add_changes(Request *request, json_t *model, GError **error)
{
    json_t *changes =
        ledger_review_changes(request->ledger, request->parameters[0], MOST_CHANGES, error);

    if (changes)
        json_object_set_new(model, "changes", changes);
    return changes != NULL;
}

static void add_head(const Request *request, json_t *model, const json_t *review)
{
    bool is_open = !review_is_closed(review);
    int64_t run = view_number(review, "run");

    link_reviewers(review, is_open);
    view_set_flag(model, "may_manage", may_manage(request));
    view_set_flag(model, "is_open", is_open);
    view_set_flag(model, "has_mail", has_mail(request));
    view_set_text(model, "class", view_state_class(view_text(review, "status")));
    view_take_text(model, "self_href", review_path(review, ""));
    view_take_text(model, "open_words",
                   view_count(view_number(review, "open"), "right stays unreviewed",
                              "rights stay unreviewed"));
    if (run > 0 && web_is_technical(request))
        view_take_text(model, "run_href", g_strdup_printf("/runs/%" G_GINT64_FORMAT, run));
    json_object_set(model, "sources", json_object_get(review, "proof"));
}

static json_t *model_of(Request *request, GError **error)
{
    json_t *review = review_any(request, error), *model;

    if (!review)
        return NULL;
    model = json_object();
    add_head(request, model, review);
    json_object_set_new(model, "review", review);
    if (add_changes(request, model, error) && add_items(request, model, error) &&
        add_telemetry(request, model, error))
        return model;
    json_decref(model);
    return NULL;
}

bool page_campaign(Request *request, Reply *reply, GError **error)
{
    json_t *model = model_of(request, error);

    if (!model)
        return false;
    reply_page(reply, "campaign", view_text(json_object_get(model, "review"), "title"), model);
    return true;
}

/* ---- reminding ---- */

static bool again(Request *request, Reply *reply, const char *field, const char *sentence,
                  GError **error)
{
    static const char *const inputs[] = {"reason", NULL};
    json_t *model = model_of(request, error);

    if (!model)
        return false;
    view_input(model, request->fields, inputs);
    view_wrong(model, field, sentence);
    reply_page(reply, "campaign", "There is a problem", model);
    reply->status = 422;
    return true;
}

bool page_campaign_remind(Request *request, Reply *reply, GError **error)
{
    json_t *review = review_any(request, error);

    if (!review)
        return false;
    g_autofree char *id = g_strdup(view_text(review, "id"));
    const char *problem =
        review_is_closed(review) ? "The campaign is closed: nobody is reminded any more."
        : !has_mail(request)     ? "No mail server is configured, so nobody can be reminded."
                                 : NULL;

    json_decref(review);
    if (problem)
        return again(request, reply, "remind", problem, error);
    return page_ask_job(request, reply, "review-remind", json_pack("{s:s}", "review", id), error);
}

/* ---- closing ---- */

bool page_campaign_close(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    g_autofree char *path = view_path("/reviews", request->parameters[0]);
    const char *reason = NULL;

    if (!fields_text(request->fields, "reason", 1000, false, &reason, error))
        return false;
    if (g_strcmp0(fields_get(request->fields, "sure"), "yes") != 0)
        return again(request, reply, "sure", "Tick the box if you mean to close it.", error);
    if (!ledger_review_close(request->ledger, request->who.login, request->now_utc,
                             request->parameters[0], reason, &own)) {
        if (review_is_refusal(own))
            return again(request, reply, "sure", own->message, error);
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    reply_redirect(reply, "review-closed", "%s/campaign", path);
    return true;
}

/* ---- reassigning ---- */

/* The reviewer in the field "from", with their open items. NULL with not found. */
static json_t *reviewer_of(Request *request, const json_t *review, GError **error)
{
    const char *from = fields_get(request->fields, "from");
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(review, "reviewers"), i, row)
    {
        const char *id = view_text(row, "id");
        if (g_strcmp0(id ? id : "", from ? from : "") == 0 && view_number(row, "open") > 0)
            return row;
    }
    web_not_found(request, error);
    return NULL;
}

static json_t *reassign_model(Request *request, json_t **ret_from, GError **error)
{
    static const char *const inputs[] = {"to", "note", NULL};
    json_t *review = review_any(request, error);
    json_t *from = review ? reviewer_of(request, review, error) : NULL;

    if (!from) {
        json_decref(review);
        return NULL;
    }
    const char *id = view_text(from, "id");
    json_t *model = json_pack("{s:O s:s}", "from", from, "from_id", id ? id : "");
    view_input(model, request->fields, inputs);
    view_take_text(model, "words",
                   view_count(view_number(from, "open"),
                              "open right goes to somebody else; drafts of it are dropped.",
                              "open rights go to somebody else; drafts of them are dropped."));
    view_take_text(model, "campaign_href", review_path(review, "/campaign"));
    view_take_text(model, "self_href", review_path(review, "/reassign"));
    json_object_set_new(model, "review", review);
    *ret_from = from;
    return model;
}

bool page_campaign_reassign(Request *request, Reply *reply, GError **error)
{
    json_t *from, *model = reassign_model(request, &from, error);

    if (!model)
        return false;
    reply_page(reply, "review_reassign", "Reassign", model);
    return true;
}

static bool collect_number(json_t *item, void *data)
{
    int64_t number = view_number(item, "item");

    g_array_append_val((GArray *)data, number);
    return true;
}

static bool reassign(Request *request, json_t *model, const json_t *from, GError **error)
{
    g_autofree char *receiver = NULL;
    g_autoptr(GError) own = NULL;
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
    ReviewActor actor = review_actor(request);
    const char *note = NULL, *id = view_text(from, "id");
    ReviewItemFilter filter = {.reviewer = id ? id : "", .state = "open"};

    if (!fields_text(request->fields, "note", 1000, true, &note, NULL))
        view_wrong(model, "note", "Tell them why they should decide.");
    if (!review_receiver(request, model, &receiver, error) || !receiver || !note)
        return false;
    if (!ledger_review_items(request->ledger, request->parameters[0], &filter, collect_number,
                             numbers, error))
        return false;
    if (ledger_review_move(request->ledger, &actor, request->parameters[0],
                           (const int64_t *)(void *)numbers->data, numbers->len, "reassigned",
                           receiver, note, &own))
        return true;
    if (review_is_refusal(own))
        view_wrong(model, "to", own->message);
    else
        g_propagate_error(error, g_steal_pointer(&own));
    return false;
}

bool page_campaign_do_reassign(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    json_t *from, *model = reassign_model(request, &from, error);

    if (!model)
        return false;
    if (reassign(request, model, from, &own)) {
        g_autofree char *path = view_path("/reviews", request->parameters[0]);
        json_decref(model);
        reply_redirect(reply, "reassigned", "%s/campaign", path);
        return true;
    }
    if (own) {
        json_decref(model);
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    reply_page(reply, "review_reassign", "There is a problem", model);
    reply->status = 422;
    return true;
}
