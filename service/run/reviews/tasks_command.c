/* tasks_command.c: `review tasks`, what is to be carried out, for whoever does it; and `review show
 * --telemetry`. */
#include "base/visible.h"
#include "ledger/review_decisions.h"
#include "ledger/review_tasks.h"
#include "review/removal.h"
#include "run/ledger_access.h"
#include "run/list.h"
#include "run/reviews/review_command.h"
#include "run/run_commands.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

static const Column task_columns[] = {{.path = "review"},
                                      {.path = "item"},
                                      {.path = "state"},
                                      {.path = "decision"},
                                      {.path = "account.name"},
                                      {.path = "account.source"},
                                      {.path = "account.key"},
                                      {.path = "dn"},
                                      {.path = "group.name"},
                                      {.path = "group_dn"},
                                      {.path = "person.id"},
                                      {.path = "person.name"},
                                      {.path = "decided"},
                                      {.path = "decided_by.id"},
                                      {.path = "decided_by.name"},
                                      {.path = "reason"},
                                      {.path = "due_from"},
                                      {.path = "verified.run"},
                                      {.path = "verified.as_of"},
                                      {.path = "returned.run"},
                                      {.path = "returned.as_of"},
                                      {.path = "how"},
                                      {.path = "ldif"},
                                      {0}};

static bool collect(json_t *task, void *list)
{
    review_removal_explain(task);
    json_array_append(list, task);
    return true;
}

static char *shown(const json_t *task, const char *name, const char *member)
{
    const json_t *value = json_object_get(task, name);
    const char *text = json_string_value(member != NULL ? json_object_get(value, member) : value);

    return visible_text(text != NULL ? text : "?");
}

static bool is_to_do(const json_t *task)
{
    const char *state = json_string_value(json_object_get(task, "state"));

    return strcmp(state, "open") == 0 || strcmp(state, "returned") == 0;
}

static void print_state(const json_t *task)
{
    const char *state = json_string_value(json_object_get(task, "state"));
    const json_t *verified = json_object_get(task, "verified"),
                 *returned = json_object_get(task, "returned");
    g_autofree char *since = shown(task, "due_from", NULL);
    g_autofree char *proven = shown(task, "verified", "as_of");
    g_autofree char *back = shown(task, "returned", "as_of");

    bool is_later = strcmp(state, "later") == 0;

    printf("  %s", state);
    if (is_later || is_to_do(task))
        printf("%s %s", is_later ? ", due from" : " since", since);
    if (json_is_object(verified))
        printf("; proven removed by run %" JSON_INTEGER_FORMAT " (%s)",
               json_integer_value(json_object_get(verified, "run")), proven);
    if (json_is_object(returned))
        printf("; there again in run %" JSON_INTEGER_FORMAT " (%s)",
               json_integer_value(json_object_get(returned, "run")), back);
    fputc('\n', stdout);
}

/* The records as they are: they are made of ASCII. */
static void print_ldif(const json_t *task, const char *indent)
{
    const char *ldif = json_string_value(json_object_get(task, "ldif"));
    g_auto(GStrv) lines = g_strsplit(ldif != NULL ? ldif : "", "\n", -1);

    for (size_t i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
        printf("%s%s\n", *lines[i] != '\0' ? indent : "", lines[i]);
}

static void print_task(const Invocation *invocation, const json_t *task)
{
    g_autofree char *account = shown(task, "account", "name");
    g_autofree char *group = shown(task, "group", "name");
    g_autofree char *by = shown(task, "decided_by", "name");
    g_autofree char *decided = shown(task, "decided", NULL);
    g_autofree char *reason = shown(task, "reason", NULL);
    g_autofree char *how = shown(task, "how", NULL);
    g_autofree char *heading =
        g_strdup_printf("%s item %" JSON_INTEGER_FORMAT ": %s in %s: %s",
                        json_string_value(json_object_get(task, "review")),
                        json_integer_value(json_object_get(task, "item")), account, group,
                        json_string_value(json_object_get(task, "decision")));

    print_heading(stdout, invocation->has_colour, heading);
    print_state(task);
    printf("  decided by %s, %s%s%s\n", by, decided, *reason != '\0' ? ": " : "", reason);
    if (is_to_do(task)) {
        printf("  %s\n", how);
        print_ldif(task, "    ");
    }
}

static ExitCode print_tasks(Invocation *invocation, json_t *tasks)
{
    size_t i;
    json_t *task;

    if (json_array_size(tasks) == 0)
        say(invocation, "Nothing is left to carry out.");
    json_array_foreach(tasks, i, task)
    {
        if (!invocation_has(invocation, "ldif"))
            print_task(invocation, task);
        else if (is_to_do(task))
            print_ldif(task, "");
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

ExitCode review_verb_tasks(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    const char *review = invocation->n_arguments > 1 ? invocation->arguments[1] : NULL;
    int64_t now_utc;

    if (invocation_settings(invocation) == NULL)
        return EXIT_CONFIGURATION;
    if (!review_now(invocation, &now_utc))
        return EXIT_USAGE;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *tasks = json_array();

    if (ledger != NULL && !ledger_review_tasks(ledger, review, !invocation_has(invocation, "all"),
                                               now_utc, collect, tasks, &error)) {
        json_decref(tasks);
        return ledger_failed(error);
    }
    code = invocation->format == FORMAT_TABLE
               ? print_tasks(invocation, tasks)
               : list_rows(invocation, "review", task_columns, tasks);
    json_decref(tasks);
    return code;
}

/* ---- telemetry ---- */

static void print_habits(const char *who, const json_t *facts)
{
    const json_t *median = json_object_get(facts, "median_seconds");
    g_autofree char *name = visible_text(who);

    json_int_t n = json_integer_value(json_object_get(facts, "decisions"));

    printf("  %s: %" JSON_INTEGER_FORMAT " decision%s", name, n, n == 1 ? "" : "s");
    if (json_is_real(median))
        printf(", %.1f seconds each (median of %" JSON_INTEGER_FORMAT ")", json_real_value(median),
               json_integer_value(json_object_get(facts, "timed")));
    printf(", %" JSON_INTEGER_FORMAT " %% kept, %" JSON_INTEGER_FORMAT
           " %% together with others, %" JSON_INTEGER_FORMAT " drafts changed\n",
           json_integer_value(json_object_get(facts, "keep_percent")),
           json_integer_value(json_object_get(facts, "bulk_percent")),
           json_integer_value(json_object_get(facts, "drafts_changed")));
}

static ExitCode print_telemetry(const Invocation *invocation, json_t *facts)
{
    size_t i;
    json_t *one;

    if (invocation->format != FORMAT_TABLE)
        return print_json(invocation,
                          json_pack("{s:i s:o}", "schema_version", 1, "telemetry", facts));
    printf("%s\n", json_string_value(json_object_get(facts, "review")));
    print_habits("all reviewers", facts);
    json_array_foreach(json_object_get(facts, "by_reviewer"), i, one)
    {
        print_habits(json_string_value(json_object_get(json_object_get(one, "reviewer"), "name")),
                     one);
    }
    json_decref(facts);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

ExitCode review_show_telemetry(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    const char *id = invocation->arguments[1];
    json_t *facts = ledger_review_telemetry(ledger, id, invocation_has(invocation, "each"), &error);

    if (error != NULL)
        return ledger_failed(error);
    if (facts == NULL) {
        say_error("there is no review %s; rightful review list --all shows them", id);
        return EXIT_FAILED;
    }
    return print_telemetry(invocation, facts);
}
