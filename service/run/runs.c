/* runs.c: past runs with their proofs; the store's schema. */

#include "run/list.h"
#include "run/run_commands.h"

#include "run/ledger_access.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <stdlib.h>
#include <string.h>

static const Column run_columns[] = {
    {.path = "id", .header = "RUN", .is_right = true},
    {.path = "status", .header = "STATUS", .colour = colour_of_status},
    {.path = "as_of", .header = "AS OF"},
    {.path = "started"},
    {.path = "finished", .header = "FINISHED"},
    {.path = "actor", .header = "BY"},
    {.path = "version"},
    {.path = "config"},
    {.path = "profile"},
    {.path = "counts.new", .header = "NEW", .is_right = true},
    {.path = "counts.reopened"},
    {.path = "counts.resolved", .header = "RESOLVED", .is_right = true},
    {.path = "counts.open", .header = "OPEN", .is_right = true},
    {.path = "counts.accepted"},
    {.path = "counts.false_positive"},
    {.path = "counts.accepted_by_rule"},
    {.path = "counts.lapsed"},
    {.path = "suppressions"},
    {.path = "counts.by_severity"},
    {.path = "counts.by_control"},
    {.path = "reason"},
    {.path = "held"},
    {.path = "accepted"},
    {.path = "not_evaluable"},
    {.path = "sources"},
    {0}};

static bool write_row(json_t *row, void *data)
{
    writer_row(data, row);
    return !ferror(stdout);
}

int64_t run_number(const char *text)
{
    char *end = NULL;
    int64_t number = g_ascii_strtoll(text, &end, 10);

    return *text != '\0' && *end == '\0' && number > 0 ? number : -1;
}

ExitCode command_runs(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    const char *limit_text = invocation_value(invocation, "limit");
    int64_t limit = limit_text != NULL ? run_number(limit_text) : 20;

    if (limit < 0)
        return usage_error(invocation, "--limit %s: not a whole number above 0", limit_text);
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "runs", run_columns, stdout, invocation->has_colour);

    if (ledger != NULL && !ledger_runs(ledger, limit, write_row, writer, &error))
        return ledger_failed(error);
    return list_end(writer);
}

static void print_run(const Invocation *invocation, json_t *run)
{
    static const char *const parts[] = {"sources", "not_evaluable", "thresholds", "set_by"};
    json_t *head = json_copy(run);

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        json_object_del(head, parts[i]);
    json_t *list = json_array();

    json_array_append_new(list, head);
    show_things(invocation, "run", list);
    fputc('\n', stdout);
    print_sources(invocation, json_object_get(run, "sources"));
    print_not_evaluable(invocation, json_object_get(run, "not_evaluable"));
    print_suppressions(invocation, json_object_get(run, "suppressions"));
}

/* What was refused and what each pull proved, below the table of the sources. */
static void print_proofs(const Invocation *invocation, json_t *sources)
{
    size_t i, j;
    json_t *source, *line;

    json_array_foreach(sources, i, source)
    {
        print_heading(stdout, invocation->has_colour,
                      json_string_value(json_object_get(source, "name")));
        if (json_is_string(json_object_get(source, "digest")))
            printf("  %s\n", json_string_value(json_object_get(source, "digest")));
        json_array_foreach(json_object_get(source, "notes"), j, line)
        {
            printf("  %s\n", json_string_value(line));
        }
        json_array_foreach(json_object_get(source, "rejections"), j, line)
        {
            printf("  rejected: %s\n", json_string_value(line));
        }
    }
}

ExitCode command_run_show(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    int64_t id = run_number(invocation->arguments[0]);

    if (id < 0)
        return usage_error(invocation,
                           "run-show %s: a run is named by its number, as rightful runs lists it",
                           invocation->arguments[0]);
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *run = ledger != NULL ? ledger_run(ledger, id, &error) : NULL;

    if (error != NULL)
        return ledger_failed(error);
    if (run == NULL) {
        say_error("there is no run %s; rightful runs lists them", invocation->arguments[0]);
        return EXIT_FAILED;
    }
    if (invocation->format == FORMAT_TABLE) {
        print_run(invocation, run);
        print_proofs(invocation, json_object_get(run, "sources"));
        json_decref(run);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    if (invocation->format == FORMAT_CSV) {
        json_t *list = json_array();

        json_array_append_new(list, run);
        return show_things(invocation, "run-show", list);
    }
    return print_json(
        invocation, json_pack("{s:i s:o s:[O]}", "schema_version", 1, "run", run, "run-show", run));
}
