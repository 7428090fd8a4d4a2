/* page_tasks.c: what reviews decided and an administrator has to carry out, with the exact
 * membership to cut; nobody ticks it off: a later run sees it gone. */

#include "web/pages.h"
#include "web/review_view.h"

#include "ledger/review_tasks.h"
#include "review/removal.h"

static const struct {
    const char *state, *words, *class;
} states[] = {{"open", "to do", "high"},
              {"later", "later", "off"},
              {"returned", "came back", "bad"},
              {"verified", "seen gone", "good"},
              {"superseded", "decided anew", "off"}};

static void set_state(json_t *task)
{
    const char *state = view_text(task, "state");

    view_set_text(task, "class", "off");
    view_set_text(task, "state_words", state);
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_strcmp0(state, states[i].state) == 0) {
            view_set_text(task, "class", states[i].class);
            view_set_text(task, "state_words", states[i].words);
        }
    }
}

static void decorate(json_t *task)
{
    const char *account = view_text(json_object_get(task, "account"), "name");
    const char *group = view_text(json_object_get(task, "group"), "name");
    const char *person = view_text(json_object_get(task, "person"), "name");
    const char *by = view_text(json_object_get(task, "decided_by"), "name");

    set_state(task);
    review_removal_explain(task); /* "how" and "ldif" */
    const char *ldif = view_text(task, "ldif");
    if (ldif) /* on a page the empty line that ends a record is only a gap */
        view_take_text(task, "ldif", g_strchomp(g_strdup(ldif)));
    view_take_text(task, "title",
                   person ? g_strdup_printf("%s (%s): %s", person, account, group)
                          : g_strdup_printf("%s: %s", account, group));
    view_take_text(task, "anchor",
                   g_strdup_printf("%s-%" G_GINT64_FORMAT, view_text(task, "review"),
                                   view_number(task, "item")));
    view_set_text(task, "word", review_word(view_text(task, "decision")));
    view_set_text(task, "by", by);
    view_link(task, "/reviews", view_text(task, "review"));
}

bool page_tasks(Request *request, Reply *reply, GError **error)
{
    static const char *const shows[] = {"open", "all", NULL};
    const char *show;
    json_t *tasks, *task, *model;
    size_t i;

    if (!fields_choice(request->fields, "show", shows, &show, error))
        return false;
    bool only_open = show != shows[1];
    tasks = json_array();
    if (!ledger_review_tasks(request->ledger, NULL, only_open, request->now_utc, view_collect,
                             tasks, error)) {
        json_decref(tasks);
        return false;
    }
    json_array_foreach(tasks, i, task) decorate(task);
    model = json_pack("{s:s s:s}", "other_href", only_open ? "/tasks?show=all" : "/tasks",
                      "other_text", only_open ? "Also what is done" : "Only what is to do");
    view_take_text(model, "words",
                   json_array_size(tasks) == 0
                       ? g_strdup("Nothing is waiting to be carried out.")
                       : g_strdup_printf("%zu %s from reviews. Nobody ticks them off: the run that "
                                         "sees a right gone keeps that as the proof.",
                                         json_array_size(tasks),
                                         json_array_size(tasks) == 1 ? "decision" : "decisions"));
    json_object_set_new(model, "tasks", tasks);
    reply_page(reply, "tasks", "To carry out", model);
    return true;
}
