/* page_controls.c: the catalogue of controls with what the last run said. */

#include "web/pages.h"
#include "web/view.h"

#include <string.h>

static const struct {
    const char *result, *words;
} words_of_result[] = {
    {"pass", "pass"}, {"exceptions", "exceptions"}, {"not-evaluable", "could not be judged"}};

static void decorate(json_t *control)
{
    json_t *last = json_object_get(control, "last_run");
    const char *result = view_text(last, "result");
    int64_t open = view_number(last, "open");
    g_autofree char *iso =
        view_words(json_object_get(json_object_get(control, "references"), "iso27001_2022"));

    view_set_text(control, "iso", iso);
    view_set_text(control, "class",
                  strcmp(result ? result : "", "exceptions") == 0 ? "high"
                                                                  : view_state_class(result));
    view_set_text(control, "result", "not judged yet");
    for (size_t i = 0; i < G_N_ELEMENTS(words_of_result); i++) {
        if (g_strcmp0(result, words_of_result[i].result) == 0)
            view_set_text(control, "result", words_of_result[i].words);
    }
    if (!json_is_true(json_object_get(control, "enabled")))
        view_set_text(control, "result", "switched off");
    if (open > 0) {
        view_take_text(control, "result", view_count(open, "exception", "exceptions"));
        view_take_text(control, "exceptions_href",
                       g_strdup_printf("/exceptions?control=%s", view_text(control, "id")));
    }
}

bool page_controls(Request *request, Reply *reply, GError **error)
{
    const WebOptions *options = request->site->options;
    json_t *controls = options->catalogue(options->settings, request->ledger, error), *control;
    size_t i, n_judged = 0;

    if (!controls)
        return false;
    json_array_foreach(controls, i, control)
    {
        decorate(control);
        n_judged += view_text(json_object_get(control, "last_run"), "result") != NULL;
    }
    json_t *model = json_pack("{s:o}", "controls", controls);
    view_take_text(model, "words",
                   g_strdup_printf("%zu controls; the last run judged %zu of them. Each names its "
                                   "limits and the rule it belongs to.",
                                   json_array_size(controls), n_judged));
    reply_page(reply, "controls", "Controls", model);
    return true;
}
