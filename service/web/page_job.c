/* page_job.c: what the worker was asked to do, shown until it is done. */

#include "web/pages.h"
#include "web/view.h"

#include "ledger/jobs.h"

#include <string.h>

#define TELL_MS 1000

static const struct {
    const char *kind, *title, *running, *done;
} kinds[] = {
    {"leaver-check", "Leaver check", "The directory is being asked. This takes seconds.",
     "The check is done."},
    {"run", "Run", "The sources are being read. This can take minutes; you may leave this page.",
     "The run is done."},
    {"review-start", "Start of a review",
     "The sources are being read and the rights frozen. You may leave this page.",
     "The review has started."},
    {"review-remind", "Reminders", "The people who have something open are being looked up.",
     "Nobody gets more than one message a day."},
};

static size_t kind_of(const json_t *job)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(view_text(job, "kind"), kinds[i].kind) == 0)
            return i;
    }
    return 0;
}

/* The job stands in the ledger whether the worker hears of it now or looks by itself. */
bool page_ask_job(Request *request, Reply *reply, const char *kind, json_t *argument,
                  GError **error)
{
    int64_t id;
    JobAsked asked = {.kind = kind,
                      .argument = argument,
                      .actor = request->who.login,
                      .at_utc = request->now_utc};
    bool worked = ledger_job_add(request->ledger, &asked, &id, error);

    json_decref(argument);
    if (!worked)
        return false;
    json_decref(
        worker_ask(request->site->worker, json_pack("{s:s}", "tell", "work"), TELL_MS, NULL));
    reply_redirect(reply, NULL, "/jobs/%" G_GINT64_FORMAT, id);
    return true;
}

bool page_run_now(Request *request, Reply *reply, GError **error)
{
    return page_ask_job(request, reply, "run", json_object(), error);
}

/* ---- the page ---- */

static void set_next(json_t *model, const char *href, const char *text)
{
    json_object_set_new(model, "next", json_pack("{s:s s:s}", "href", href, "text", text));
}

static void link_result(json_t *model, const json_t *job, size_t kind)
{
    const json_t *result = json_object_get(job, "result");
    const char *case_id = view_text(result, "case"), *review = view_text(result, "review");
    g_autofree char *href = NULL;

    if (kind == 0 && case_id) {
        href = view_path("/leavers", case_id);
        set_next(model, href, "Show the case");
    } else if (kind == 1 && view_number(result, "run") > 0) {
        href = g_strdup_printf("/runs/%" G_GINT64_FORMAT, view_number(result, "run"));
        set_next(model, href, "Show the run");
    } else if (kind == 2 && review) {
        href = view_path("/reviews", review);
        set_next(model, href, "Show the review");
    } else if (kind == 3) {
        href = view_path("/reviews", view_text(json_object_get(job, "argument"), "review"));
        g_autofree char *campaign = g_strconcat(href, "/campaign", NULL);
        set_next(model, campaign, "Back to the campaign");
    }
}

/* Who is reminded, and who is not and why. */
static void show_reminded(json_t *model, const json_t *job)
{
    json_t *rows = json_object_get(json_object_get(job, "result"), "reminded");

    view_set_flag(model, "has_reminded", json_array_size(rows) > 0);
    if (rows)
        json_object_set(model, "reminded", rows);
}

/* The actor sees it, and who sees everything technical. */
static json_t *find(Request *request, GError **error)
{
    gint64 id;
    g_autoptr(GError) own = NULL;
    bool is_id = g_ascii_string_to_signed(request->parameters[0], 10, 1, G_MAXINT64, &id, NULL);
    json_t *job = is_id ? ledger_job(request->ledger, id, &own) : NULL;

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return NULL;
    }
    if (job && !request->sees_all && g_strcmp0(view_text(job, "actor"), request->who.login) != 0)
        g_clear_pointer(&job, json_decref);
    if (!job)
        web_not_found(request, error);
    return job;
}

bool page_job(Request *request, Reply *reply, GError **error)
{
    json_t *job = find(request, error);

    if (!job)
        return false;
    size_t kind = kind_of(job);
    bool is_running = !view_text(job, "finished");
    const char *case_id = view_text(json_object_get(job, "result"), "case");
    if (!is_running && kind == 0 && case_id && !request->wants_json) { /* what one waits for */
        g_autofree char *path = view_path("/leavers", case_id);
        json_decref(job);
        reply_redirect(reply, NULL, "%s", path);
        return true;
    }
    const char *failure = view_text(json_object_get(job, "result"), "error");
    json_t *model = json_pack("{s:s s:b}", "title", kinds[kind].title, "is_running", is_running);

    view_set_text(model, "words",
                  is_running ? ""
                  : failure  ? "It did not work."
                             : kinds[kind].done);
    view_set_text(model, "wait_words", kinds[kind].running);
    view_set_text(model, "failure", failure);
    view_take_text(model, "self_href", view_path("/jobs", request->parameters[0]));
    if (!is_running && !failure)
        link_result(model, job, kind);
    show_reminded(model, job);
    if (is_running)
        reply_header(reply, "Refresh", "3");
    json_object_set_new(model, "job", job);
    reply_page(reply, "job", kinds[kind].title, model);
    return true;
}
