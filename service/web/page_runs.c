/* page_runs.c: past runs, and one with the proofs of its sources. */

#include "web/pages.h"
#include "web/view.h"

#include "ledger/jobs.h"

#include <string.h>

#define RUNS_PER_PAGE 50

static void decorate(json_t *run)
{
    g_autofree char *id =
        g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(run, "id")));

    view_link(run, "/runs", id);
    view_set_text(run, "class", view_state_class(view_text(run, "status")));
}

/* "5 whole", "corp incomplete" */
static char *sources_words(const json_t *run)
{
    g_autoptr(GString) words = g_string_new(NULL);
    int64_t whole = 0;
    size_t i;
    json_t *source;

    json_array_foreach(json_object_get(run, "sources"), i, source)
    {
        const char *status = view_text(source, "status");
        if (g_strcmp0(status, "complete") == 0)
            whole++;
        else
            g_string_append_printf(words, ", %s %s", view_text(source, "name"), status);
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " whole%s", whole, words->str);
}

/* A page of the list, and one more if there is one. Programs get all that is kept of a run; the
 * ledger reads such a list from its beginning. */
typedef struct Slice {
    json_t *rows;
    int64_t first, n;
} Slice;

static bool slice_row(json_t *row, void *data)
{
    Slice *slice = data;

    if (slice->n++ >= slice->first)
        json_array_append(slice->rows, row);
    return true;
}

static json_t *read_rows(const Request *request, int64_t first, GError **error)
{
    Slice slice = {.first = first};
    int64_t n = RUNS_PER_PAGE + 1;

    if (!request->wants_json)
        return ledger_run_lines(request->ledger, first, n, error);
    slice.rows = json_array();
    if (!ledger_runs(request->ledger, first + n, slice_row, &slice, error))
        g_clear_pointer(&slice.rows, json_decref);
    return slice.rows;
}

bool page_runs(Request *request, Reply *reply, GError **error)
{
    gint64 page = 1;
    size_t i;
    json_t *rows, *run;

    if (!fields_number(request->fields, "page", 1, 10000, &page, error))
        return false;
    page = MAX(page, 1);
    rows = read_rows(request, (page - 1) * RUNS_PER_PAGE, error);
    if (!rows)
        return false;
    bool has_more = json_array_size(rows) > RUNS_PER_PAGE;
    if (has_more)
        json_array_remove(rows, RUNS_PER_PAGE);
    json_array_foreach(rows, i, run)
    {
        decorate(run);
        view_take_text(run, "sources_words", sources_words(run));
    }
    json_t *model = json_pack("{s:o}", "runs", rows);
    view_set_flag(model, "has_runs", json_array_size(rows) > 0);
    view_set_flag(model, "may_run", (request->who.roles & ROLE_ADMIN) && !request->is_read_only);
    view_pager(model, request->fields,
               &(ViewPage){.page = page,
                           .size = RUNS_PER_PAGE,
                           .n_shown = (int64_t)json_array_size(rows),
                           .total = -1,
                           .has_more = has_more});
    reply_page(reply, "runs", "Runs", model);
    return true;
}

/* ---- one ---- */

static void describe_source(json_t *source)
{
    json_t *lines = json_array(), *value, *counts = json_object_get(source, "counts");
    const char *name;

    json_object_foreach(counts, name, value)
    {
        g_autofree char *label = view_label(name);
        if (json_integer_value(value) > 0 && !strstr("pulled kept rejected excluded", name))
            view_fact_value(lines, label, value);
    }
    json_object_foreach(json_object_get(source, "exclusions"), name, value)
    {
        g_autofree char *label = g_strdup_printf("Excluded by rule %s", name);
        view_fact_value(lines, label, value);
    }
    json_object_set_new(source, "count_lines", lines);
    view_set_flag(source, "has_notes", json_array_size(json_object_get(source, "notes")) > 0);
    view_set_text(source, "class", view_state_class(view_text(source, "status")));
}

bool page_run(Request *request, Reply *reply, GError **error)
{
    gint64 id = 0;
    g_autoptr(GError) own = NULL;
    size_t i;
    json_t *source;
    bool is_number = g_ascii_string_to_signed(request->parameters[0], 10, 1, G_MAXINT64, &id, NULL);
    json_t *run = is_number ? ledger_run(request->ledger, id, &own) : NULL;

    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (!run)
        return web_not_found(request, error);
    json_t *sources = json_object_get(run, "sources");
    json_array_foreach(sources, i, source) describe_source(source);

    json_t *model = json_pack("{s:s}", "class", view_state_class(view_text(run, "status")));
    json_object_set(model, "sources", sources);
    view_set_flag(model, "has_held", json_array_size(json_object_get(run, "held")) > 0);
    view_set_flag(model, "has_unjudged",
                  json_array_size(json_object_get(run, "not_evaluable")) > 0);
    json_object_set_new(model, "run", run);
    g_autofree char *title = g_strdup_printf("Run %" G_GINT64_FORMAT, id);
    reply_page(reply, "run", title, model);
    return true;
}
