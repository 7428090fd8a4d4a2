/* run_messages.c: what a run says on stderr besides its result. */

#include "run/run_state.h"

#include <string.h>

/* Names that fit no group. While a directory is missing they may be its: that it is, was said. */
static void say_names(const Governed *governed)
{
    const GPtrArray *const lists[] = {governed->unresolved, governed->unresolved_rows};

    for (size_t i = 0; !governed->is_partial && i < G_N_ELEMENTS(lists); i++) {
        for (guint j = 0; j < lists[i]->len; j++)
            say_error("warning: %s", (const char *)lists[i]->pdata[j]);
    }
}

/* Rules of `suppressions` that need somebody. */
static void say_suppressions(const Run *run)
{
    const Reconciliation *r = &run->reconciliation;

    if (r->suppressions == NULL)
        return;
    g_autoptr(GPtrArray) warnings = suppressions_warnings(&r->context, r->suppressions);

    for (guint i = 0; i < warnings->len; i++)
        say_error("warning: %s", (const char *)warnings->pdata[i]);
}

/* Manual links whose account or person is not there any more. */
static void say_links(const Run *run)
{
    g_autoptr(GPtrArray) warnings = hand_links_warnings(run->hand_links, &run->reconciliation);

    for (guint i = 0; i < warnings->len; i++)
        say_error("warning: %s", (const char *)warnings->pdata[i]);
}

void run_say_messages(const Run *run)
{
    const GPtrArray *messages = intake_messages(run->reconciliation.intake);
    const Governed *governed = run->reconciliation.governed;
    const Snapshot *snapshot = run->reconciliation.snapshot;

    /* The table says so itself. */
    if ((run->baseline == NULL || run->baseline->last_run == 0) &&
        run->invocation->format != FORMAT_TABLE)
        say(run->invocation,
            "First run: there was nothing to compare with, so no guard could hold it.");
    for (guint i = 0; i < messages->len; i++)
        say_error("%s", (const char *)messages->pdata[i]);
    /* What was held is said with its numbers by say_held(). */
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];

        if (source->status == SOURCE_INCOMPLETE || source->status == SOURCE_STALE)
            say_error("%s: %s: %s", source->name, source_status_text(source->status),
                      source->reason != NULL ? source->reason : "no reason was given");
    }
    const GPtrArray *unanswered = run->reconciliation.times_messages;
    for (guint i = 0; unanswered != NULL && i < unanswered->len; i++)
        say_error("%s", (const char *)unanswered->pdata[i]);
    say_names(governed);
    say_suppressions(run);
    say_links(run);
    for (guint i = 0; i + 1 < run->accepts->len; i++) {
        if (!run->reconciliation.accepts_used[i] &&
            strcmp(run->accepts->pdata[i], "ledger:resolved") != 0)
            say(run->invocation, "--accept %s: nothing of that name was held.",
                (char *)run->accepts->pdata[i]);
    }
}

/* A word as a shell takes it; plain ones without quotes, since they are read by people. */
static char *shell_word(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@,+-";

    return *word != '\0' && word[strspn(word, plain)] == '\0' ? g_strdup(word)
                                                              : g_shell_quote(word);
}

void run_say_held(const Run *run)
{
    const char *config = invocation_value(run->invocation, "config");
    const char *as_of = invocation_value(run->invocation, "as-of");
    g_autoptr(GString) command = g_string_new("rightful");
    json_t *trip;
    size_t i;

    if (json_array_size(run->record.held) == 0)
        return;
    if (config != NULL) {
        g_autofree char *quoted = shell_word(config);

        g_string_append_printf(command, " --config %s", quoted);
    }
    g_string_append_printf(command, " run%s%s", as_of != NULL ? " --as-of " : "",
                           as_of != NULL ? as_of : "");
    for (guint j = 0; j + 1 < run->accepts->len; j++) {
        g_autofree char *quoted = shell_word(run->accepts->pdata[j]);

        g_string_append_printf(command, " --accept %s", quoted);
    }
    json_array_foreach(run->record.held, i, trip)
    {
        const char *accept = json_string_value(json_object_get(trip, "accept"));
        g_autofree char *quoted = shell_word(accept);

        g_string_append_printf(command, " --accept %s", quoted);
        if (strcmp(json_string_value(json_object_get(trip, "source")), "clock") == 0) {
            say_error("held: %s; nothing was opened, resolved or let lapse. Set the clock right, "
                      "and run again",
                      run->clock_reason);
            continue;
        }
        say_error("held: %s: %s went from %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
                  ", which is more than the %" JSON_INTEGER_FORMAT " that one run may change",
                  json_string_value(json_object_get(trip, "source")),
                  json_string_value(json_object_get(trip, "dimension")),
                  json_integer_value(json_object_get(trip, "before")),
                  json_integer_value(json_object_get(trip, "after")),
                  json_integer_value(json_object_get(trip, "limit")));
    }
    say_error("what rests on it was left as it was. If the change is real:\n  %s --reason 'WHY'",
              command->str);
}
