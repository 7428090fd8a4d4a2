/* page_dashboard.c: the state of everything on one page: how fresh each source is, what is open and
 * how that goes, what is due, and the three things to do next. */

#include "web/figures.h"
#include "web/pages.h"
#include "web/review_view.h"

#include "ledger/cases.h"
#include "ledger/listing.h"

#include <string.h>

#define TODO_MOST 3
#define DUE_MOST 5
#define TREND_OF_RUNS 40 /* some of which were not applied */

/* ---- runs and sources ---- */

static json_t *sources_of(const json_t *run)
{
    json_t *sources = json_array(), *source;
    size_t i;

    json_array_foreach(json_object_get(run, "sources"), i, source)
    {
        view_set_text(source, "class", view_state_class(view_text(source, "status")));
        json_array_append(sources, source);
    }
    return sources;
}

/* A run that was not applied whole is said on top. */
static void add_trouble(json_t *model, const json_t *newest)
{
    static const struct {
        const char *status, *class, *text;
    } troubles[] = {
        {"held", "late",
         "The last run was held: too much would have changed. Nothing was merged; its page says "
         "what lets it through."},
        {"failed", "bad", "The last run failed. What stands here is of the run before it."},
        {"partial", "late",
         "A source was not whole in the last run: what rests on it was left as it was."}};
    const char *status = view_text(newest, "status");

    for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
        if (g_strcmp0(status, troubles[i].status) == 0)
            json_object_set_new(
                model, "trouble",
                json_pack("{s:s s:s}", "class", troubles[i].class, "text", troubles[i].text));
    }
}

static bool add_runs(Request *request, json_t *model, GError **error)
{
    json_t *newest_run = json_array(), *lines, *newest, *trend;

    if (!ledger_runs(request->ledger, 1, view_collect, newest_run, error) ||
        !(lines = ledger_run_lines(request->ledger, 0, TREND_OF_RUNS, error))) {
        json_decref(newest_run);
        return false;
    }
    newest = json_array_get(newest_run, 0);
    if (newest) {
        g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, view_number(newest, "id"));
        json_object_set(model, "run", newest);
        if (web_is_technical(request))
            view_take_text(model, "run_href", view_path("/runs", id));
        json_object_set_new(model, "sources", sources_of(newest));
        add_trouble(model, newest);
    }
    trend = web_is_technical(request) ? figure_trend(lines) : NULL;
    if (trend)
        json_object_set_new(model, "trend", trend);
    json_decref(lines);
    json_decref(newest_run);
    return true;
}

/* ---- what is open ---- */

static bool add_counts(Request *request, json_t *model, GError **error)
{
    json_t *summary, *rows;

    if (!web_is_technical(request))
        return true;
    summary = ledger_summary(request->ledger, error);
    if (!summary)
        return false;
    rows = json_array();
    for (size_t i = N_SEVERITIES; i-- > 0;) { /* critical first */
        json_t *by = json_object_get(summary, "by_severity");
        g_autofree char *href = g_strdup_printf("/exceptions?severity=%s", severities[i]);
        json_array_append_new(rows,
                              json_pack("{s:s s:I s:s}", "name", severities[i], "n",
                                        (json_int_t)view_number(by, severities[i]), "href", href));
    }
    int64_t open = view_number(summary, "open"); /* assigned too */
    int64_t critical = view_number(json_object_get(summary, "by_severity"), "critical");
    g_autofree char *count = view_count(open, "exception is open", "exceptions are open");
    view_take_text(model, "open_words",
                   g_strdup_printf("%s, %" G_GINT64_FORMAT " of them critical.", count, critical));
    view_take_text(model, "counts_words",
                   g_strdup_printf("%" G_GINT64_FORMAT " accepted, %" G_GINT64_FORMAT
                                   " assigned, %" G_GINT64_FORMAT " false positives.",
                                   view_number(summary, "accepted"),
                                   view_number(summary, "assigned"),
                                   view_number(summary, "false_positive")));
    json_object_set_new(model, "severities", rows);
    view_set_flag(model, "severities_allowed", true);
    json_decref(summary);
    return true;
}

/* ---- what is due ---- */

static void cut_to(json_t *list, size_t most)
{
    while (json_array_size(list) > most)
        json_array_remove(list, json_array_size(list) - 1);
}

static bool add_reviews(Request *request, json_t *model, GError **error)
{
    bool sees_all = web_is_technical(request) || (request->who.roles & ROLE_REVIEWS);
    json_t *heads = json_array(), *head;
    ReviewFilter filter = {.reviewer = sees_all ? NULL : request->who.person,
                           .now_utc = request->now_utc};
    size_t i;

    json_object_set_new(model, "reviews", heads);
    if (!sees_all && !request->who.person)
        return true;
    if (!ledger_reviews(request->ledger, &filter, view_collect, heads, error))
        return false;
    review_set_headings(request, heads);
    cut_to(heads, DUE_MOST);
    json_array_foreach(heads, i, head)
    {
        view_take_text(head, "href", review_path(head, sees_all ? "/campaign" : ""));
        view_set_flag(head, "is_late", g_strcmp0(view_text(head, "status"), "overdue") == 0);
    }
    return true;
}

static bool add_cases(Request *request, json_t *model, GError **error)
{
    json_t *cases = json_array(), *row;
    size_t i;

    view_set_flag(model, "cases_allowed",
                  web_is_technical(request) || (request->who.roles & ROLE_HR));
    json_object_set_new(model, "cases", cases);
    if (!json_is_true(json_object_get(model, "cases_allowed")))
        return true;
    if (!ledger_cases(request->ledger, false, view_collect, cases, error))
        return false;
    cut_to(cases, DUE_MOST);
    json_array_foreach(cases, i, row)
    {
        view_link(row, "/leavers", view_text(row, "id"));
        view_late(row, request->now_utc);
    }
    return true;
}

/* ---- next ---- */

static void add_todo(json_t *todo, const char *href, const char *text, char *note)
{
    if (json_array_size(todo) < TODO_MOST)
        json_array_append_new(
            todo, json_pack("{s:s s:s s:s?}", "href", href, "text", text, "note", note));
    g_free(note);
}

/* The person's own items first: nobody else can do them. */
static bool todo_own_reviews(Request *request, json_t *todo, GError **error)
{
    json_t *heads, *head;
    ReviewFilter filter = {.reviewer = request->who.person, .now_utc = request->now_utc};
    size_t i;

    if (!request->who.person)
        return true;
    heads = json_array();
    if (!ledger_reviews(request->ledger, &filter, view_collect, heads, error)) {
        json_decref(heads);
        return false;
    }
    review_set_headings(request, heads);
    json_array_foreach(heads, i, head)
    {
        g_autofree char *href = review_path(head, "");
        g_autofree char *wait = view_count(view_number(head, "open"), "right waits", "rights wait");
        g_autofree char *text =
            g_strdup_printf("%s: %s for your answer", view_text(head, "heading"), wait);
        if (view_number(head, "open") > 0)
            add_todo(
                todo, href, text,
                g_strdup(g_strcmp0(view_text(head, "status"), "overdue") == 0 ? "overdue" : NULL));
    }
    json_decref(heads);
    return true;
}

static void todo_cases(const Request *request, const json_t *model, json_t *todo)
{
    size_t i;
    json_t *row;

    if (!(request->who.roles & (ROLE_ADMIN | ROLE_HR)))
        return;
    json_array_foreach(json_object_get(model, "cases"), i, row)
    {
        g_autofree char *text =
            g_strdup_printf("Leaver case of %s", view_text(json_object_get(row, "person"), "name"));
        bool is_late = json_is_true(json_object_get(row, "is_late"));
        add_todo(todo, view_text(row, "href"), text,
                 g_strdup_printf("%" G_GINT64_FORMAT " open%s", view_number(row, "open"),
                                 is_late ? ", late" : ""));
    }
}

static bool stop_when_full(json_t *row, void *data)
{
    json_t *todo = data;
    g_autofree char *href = view_path("/exceptions", view_text(row, "id"));

    add_todo(todo, href, view_text(row, "summary"),
             g_strdup_printf("%s · %s", view_text(row, "severity"), view_text(row, "control")));
    return json_array_size(todo) < TODO_MOST;
}

static bool add_todos(Request *request, json_t *model, GError **error)
{
    json_t *todo = json_array();
    LedgerListing listing = {.limit = TODO_MOST, .only_lines = true};
    int64_t total;
    bool worked = todo_own_reviews(request, todo, error);

    json_object_set_new(model, "todo", todo);
    if (worked)
        todo_cases(request, model, todo);
    if (worked && (request->who.roles & ROLE_ADMIN) && json_array_size(todo) < TODO_MOST)
        worked = ledger_listing(request->ledger, &listing, stop_when_full, todo, &total, error);
    return worked;
}

bool page_dashboard(Request *request, Reply *reply, GError **error)
{
    json_t *model = json_object();

    if (!add_runs(request, model, error) || !add_counts(request, model, error) ||
        !add_reviews(request, model, error) || !add_cases(request, model, error) ||
        !add_todos(request, model, error)) {
        json_decref(model);
        return false;
    }
    reply_page(reply, "dashboard", "Overview", model);
    return true;
}
