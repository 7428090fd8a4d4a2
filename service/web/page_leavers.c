/* page_leavers.c: finding who leaves, checking, and the cases. */

#include "web/pages.h"
#include "web/view.h"

#include "base/times.h"
#include "ledger/cases.h"

#include <string.h>

#define ASK_MS 5000

static bool may_check(const Request *request)
{
    return (request->who.roles & ROLE_HR) && !request->is_read_only;
}

/* ---- the list, and who is found ---- */

static bool add_found(Request *request, json_t *model, GError **error)
{
    const char *find = NULL;
    json_t *answer, *people, *person;
    size_t i;

    if (!fields_text(request->fields, "find", 200, false, &find, error))
        return false;
    view_set_text(model, "find", find);
    if (!find)
        return true;
    answer = worker_ask(request->site->worker,
                        json_pack("{s:s s:s}", "ask", "find-people", "text", find), ASK_MS, error);
    if (!answer)
        return false;
    people = json_object_get(answer, "people");
    json_array_foreach(people, i, person) view_link(
        person, may_check(request) ? "/leavers/check" : "/people", view_text(person, "id"));
    view_set_flag(model, "is_search", true);
    view_take_text(model, "found_words",
                   json_array_size(people) == 0
                       ? g_strdup("Nobody fits")
                       : view_count((int64_t)json_array_size(people), "person fits",
                                    "people fit: choose whom you mean"));
    json_object_set(model, "people", people);
    json_object_set(model, "more", json_object_get(answer, "more"));
    json_decref(answer);
    return true;
}

static const char *class_of_case(const json_t *row)
{
    return g_strcmp0(view_text(row, "status"), "clear") == 0 ? "good" : "high";
}

static bool add_cases(Request *request, json_t *model, bool with_clear, GError **error)
{
    json_t *cases = json_array(), *row;
    size_t i;

    json_object_set_new(model, "cases", cases);
    if (!ledger_cases(request->ledger, with_clear, view_collect, cases, error))
        return false;
    json_array_foreach(cases, i, row)
    {
        view_link(row, "/leavers", view_text(row, "id"));
        view_late(row, request->now_utc);
        view_set_text(row, "class", class_of_case(row));
        view_take_text(row, "state",
                       view_number(row, "open") > 0
                           ? g_strdup_printf("%" G_GINT64_FORMAT " open", view_number(row, "open"))
                           : g_strdup(view_text(row, "status")));
    }
    view_set_flag(model, "has_cases", json_array_size(cases) > 0);
    return true;
}

bool page_leavers(Request *request, Reply *reply, GError **error)
{
    static const char *const shows[] = {"open", "all", NULL};
    const char *show;
    json_t *model;

    if (!fields_choice(request->fields, "show", shows, &show, error))
        return false;
    bool with_clear = show == shows[1];
    model = json_pack("{s:s s:s}", "other_href", with_clear ? "/leavers" : "/leavers?show=all",
                      "other_text", with_clear ? "Open cases only" : "Also cases that are clear");
    if (!add_found(request, model, error) || !add_cases(request, model, with_clear, error)) {
        json_decref(model);
        return false;
    }
    reply_page(reply, "leavers", "Leavers", model);
    return true;
}

/* ---- the check ---- */

static char *line_of(const json_t *person)
{
    const char *title = view_text(person, "title"), *department = view_text(person, "department");

    return g_strdup_printf("%s%s%s%s%s", view_text(person, "id"), title ? " · " : "",
                           title ? title : "", department ? " · " : "",
                           department ? department : "");
}

static void add_case_of(Request *request, json_t *model, const char *id)
{
    json_t *found = ledger_case(request->ledger, id, NULL);

    if (!found)
        return;
    view_link(found, "/leavers", view_text(found, "id"));
    view_take_text(
        found, "words",
        view_number(found, "open") > 0
            ? g_strdup_printf("%" G_GINT64_FORMAT " lines open", view_number(found, "open"))
            : g_strdup("all clear"));
    json_object_set_new(model, "case", found);
}

static json_t *check_model(Request *request, const char *id, GError **error)
{
    json_t *answer = worker_ask(request->site->worker,
                                json_pack("{s:s s:s}", "ask", "person", "id", id), ASK_MS, error);
    json_t *person = json_object_get(answer, "found"), *model;

    if (!answer)
        return NULL;
    if (!json_is_object(person)) {
        json_decref(answer);
        web_not_found(request, error);
        return NULL;
    }
    const char *day = view_text(person, "last_working_day");
    model = json_pack("{s:O s:{s:s?}}", "person", person, "input", "last_day", day);
    view_take_text(model, "line", line_of(person));
    view_set_text(model, "day_hint",
                  day ? "As HR recorded it. A day that is ahead shows what will need a new owner."
                      : "Not recorded by HR. Leave it empty if you do not know it; everything is "
                        "due from now then.");
    add_case_of(request, model, view_text(person, "id"));
    json_decref(answer);
    return model;
}

bool page_leaver_check(Request *request, Reply *reply, GError **error)
{
    json_t *model = check_model(request, request->parameters[0], error);

    if (!model)
        return false;
    reply_page(reply, "leaver_check", "Leaver check", model);
    return true;
}

static bool check_again(Request *request, Reply *reply, const char *person, const char *sentence,
                        GError **error)
{
    static const char *const inputs[] = {"last_day", "urgent", NULL};
    json_t *model = check_model(request, person, error);

    if (!model)
        return false;
    view_input(model, request->fields, inputs);
    view_wrong(model, "last_day", sentence);
    reply_page(reply, "leaver_check", "There is a problem", model);
    reply->status = 422;
    return true;
}

bool page_leaver_do_check(Request *request, Reply *reply, GError **error)
{
    const char *person = NULL, *day = NULL;
    bool is_urgent = g_strcmp0(fields_get(request->fields, "urgent"), "yes") == 0;
    int32_t parsed;

    if (!fields_text(request->fields, "person", 200, true, &person, error) ||
        !fields_text(request->fields, "last_day", 20, false, &day, error))
        return false;
    if (day && !day_parse(text_of(day), NULL, &parsed))
        return check_again(request, reply, person, "Write the day as a date, like 2026-12-31.",
                           error);
    return page_ask_job(
        request, reply, "leaver-check",
        json_pack("{s:s s:s? s:b}", "person", person, "last_day", day, "urgent", is_urgent), error);
}

/* ---- one case ---- */

static const struct {
    const char *kind, *title;
} groups[] = {{"account", "Accounts"},
              {"right", "Rights"},
              {"asset", "Assets held"},
              {"owned-asset", "Assets owned"},
              {"owned-account", "Service accounts owned"},
              {"owned-group", "Groups owned"},
              {"report", "Direct reports"},
              {"sponsored", "Sponsored people"},
              {"review", "Reviews to answer"},
              {"approval", "Approvals given"},
              {NULL, "Also"}};

static void decorate_line(json_t *line, int64_t now_utc)
{
    bool is_open = g_strcmp0(view_text(line, "status"), "open") == 0;

    view_set_flag(line, "is_open", is_open);
    view_set_flag(line, "is_late", is_open && view_is_late(json_object_get(line, "due"), now_utc));
    view_set_text(line, "class", is_open ? "high" : "good");
}

/* Index of the group of a line; the last is for kinds that have no words here. */
static size_t group_of(const json_t *line)
{
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(groups) && g_strcmp0(view_text(line, "kind"), groups[i].kind) != 0)
        i++;
    return i;
}

static json_t *groups_of(const json_t *found, int64_t now_utc)
{
    json_t *list = json_array(), *line, *lines = json_object_get(found, "lines");
    size_t i;

    for (size_t g = 0; g < G_N_ELEMENTS(groups); g++) {
        json_t *own = json_array();
        json_array_foreach(lines, i, line)
        {
            if (group_of(line) != g)
                continue;
            decorate_line(line, now_utc);
            json_array_append(own, line);
        }
        if (json_array_size(own) > 0)
            json_array_append_new(list,
                                  json_pack("{s:s s:O}", "title", groups[g].title, "lines", own));
        json_decref(own);
    }
    return list;
}

static void add_verdict(json_t *model, const json_t *found)
{
    int64_t open = view_number(found, "open"), total = view_number(found, "lines_total");
    bool is_sure = json_is_true(json_object_get(found, "sure"));

    view_set_text(model, "class", open > 0 ? "late" : is_sure ? "good" : "late");
    view_take_text(model, "verdict",
                   open > 0
                       ? g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " still open.",
                                         open, total)
                   : is_sure ? g_strdup("Everything is closed.")
                             : g_strdup("Nothing open was found, but not everything could be "
                                        "read."));
    view_set_text(model, "verdict_note",
                  open > 0 || !is_sure
                      ? "Every run checks again until all of it is closed."
                      : "What was open, and when it was found closed, stands below.");
}

/* The words of the audit log, as a reader says them. */
static void say_changes(const json_t *found)
{
    static const char *const words[][2] = {{"line open", "open"},
                                           {"line open again", "open again"},
                                           {"line clear", "found closed"},
                                           {"clear", "everything is closed"},
                                           {"open again", "the case is open again"}};
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(found, "history"), i, row)
    {
        for (size_t w = 0; w < G_N_ELEMENTS(words); w++) {
            if (g_strcmp0(view_text(row, "change"), words[w][0]) == 0) {
                view_set_text(row, "words", words[w][1]);
                break;
            }
        }
    }
}

bool page_leaver_case(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    bool is_id = g_str_has_prefix(request->parameters[0], "LC-");
    json_t *found = is_id ? ledger_case_proof(request->ledger, request->parameters[0], &own) : NULL;

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (!found)
        return web_not_found(request, error);
    const char *person = view_text(json_object_get(found, "person"), "id");
    json_t *model = json_pack("{s:o}", "groups", groups_of(found, request->now_utc));
    add_verdict(model, found);
    say_changes(found);
    view_set_flag(model, "has_checks", json_array_size(json_object_get(found, "checks")) > 0);
    view_set_flag(model, "may_check", may_check(request));
    view_take_text(model, "check_href", view_path("/leavers/check", person));
    json_object_set_new(model, "case", found);
    reply_page(reply, "leaver_case", view_text(json_object_get(found, "person"), "name"), model);
    return true;
}
