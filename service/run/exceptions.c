/* exceptions.c: the ledger's list, and one exception of it. */

#include "run/list.h"
#include "run/run_commands.h"

#include "controls/control.h"
#include "run/decide.h"
#include "run/ledger_access.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

/* Every field of interface.md section 4 is a CSV column; those with a header make the table:
 * the sentence names subject and object. */
static const Column exception_columns[] = {
    {.path = "id", .header = "ID"},
    {.path = "severity", .header = "SEVERITY", .colour = colour_of_severity},
    {.path = "control", .header = "CONTROL"},
    {.path = "status"},
    {.path = "subject.type"},
    {.path = "subject.source"},
    {.path = "subject.key"},
    {.path = "subject.name"},
    {.path = "subject.dn"},
    {.path = "object.type"},
    {.path = "object.source"},
    {.path = "object.key"},
    {.path = "object.name"},
    {.path = "object.dn"},
    {.path = "person.id"},
    {.path = "person.name"},
    {.path = "summary", .header = "WHAT IS WRONG", .may_wrap = true},
    {.path = "evidence"},
    {.path = "action"},
    {.path = "references.iso27001_2022"},
    {.path = "references.iso27001_2013"},
    {.path = "references.nist_800_53"},
    {.path = "references.pci_dss_4"},
    {.path = "references.soc2"},
    {.path = "references.other"},
    {.path = "rule.profile"},
    {.path = "rule.thresholds"},
    {.path = "rule.set_by"},
    {.path = "rule.config"},
    {.path = "first_seen"},
    {.path = "last_seen"},
    {.path = "due"},
    {.path = "owner"},
    {.path = "waiver.kind"},
    {.path = "waiver.reason"},
    {.path = "waiver.author"},
    {.path = "waiver.approver"},
    {.path = "waiver.approver_name"},
    {.path = "waiver.requester"},
    {.path = "waiver.requester_name"},
    {.path = "waiver.until"},
    {.path = "waiver.decided"},
    {.path = "waiver.state"},
    {.path = "run"},
    {.path = "opened_run"},
    {.path = "resolved"},
    {0}};

static bool is_one_of(const char *text, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (g_ascii_strcasecmp(text, *names) == 0)
            return true;
    }
    return false;
}

/* A filter that can match nothing is a typing error, not an empty list. */
static ExitCode check_filter(const Invocation *invocation, const LedgerFilter *filter)
{
    static const char *const statuses[] = {"open",           "assigned", "resolved", "accepted",
                                           "false-positive", "all",      NULL};

    if (filter->status != NULL && !is_one_of(filter->status, statuses))
        return usage_error(
            invocation,
            "--status %s: no such status; allowed: open, assigned, resolved, accepted, "
            "false-positive, all",
            filter->status);
    if (filter->severity != NULL && !is_one_of(filter->severity, severities))
        return usage_error(invocation,
                           "--severity %s: no such severity; allowed: low, medium, high, critical",
                           filter->severity);
    if (filter->control != NULL && control_find(filter->control) == NULL) {
        g_autoptr(GPtrArray) ids = g_ptr_array_new();

        for (const Control *const *control = control_table; *control != NULL; control++)
            g_ptr_array_add(ids, (void *)(uintptr_t)(*control)->id);
        g_ptr_array_add(ids, NULL);
        const char *nearest = settings_nearest(filter->control, (const char *const *)ids->pdata);

        return usage_error(invocation,
                           "--control %s: no such control%s%s%s (rightful controls lists them)",
                           filter->control, nearest != NULL ? "; did you mean " : "",
                           nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    }
    return EXIT_DONE;
}

static bool write_row(json_t *row, void *data)
{
    writer_row(data, row);
    return !ferror(stdout);
}

static json_t *run_of_list(json_t *run)
{
    if (run == NULL)
        return json_null();
    return json_pack("{s:O s:O s:O s:O}", "id", json_object_get(run, "id"), "as_of",
                     json_object_get(run, "as_of"), "status", json_object_get(run, "status"),
                     "sources", json_object_get(run, "sources"));
}

static ExitCode list_exceptions(const Invocation *invocation, Ledger *ledger,
                                const LedgerFilter *filter)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Writer) writer = writer_new(invocation->format, "exceptions", exception_columns,
                                          stdout, invocation->has_colour);
    json_t *run = ledger != NULL ? ledger_last_run(ledger, &error) : NULL;
    bool is_done = error == NULL;

    writer_envelope(writer, "run", run_of_list(run));
    json_decref(run);
    if (is_done && ledger != NULL)
        is_done = ledger_exceptions(ledger, filter, write_row, writer, &error);
    if (!is_done)
        return ledger_failed(error);
    return list_end(writer);
}

ExitCode command_exceptions(Invocation *invocation)
{
    g_autoptr(Ledger) ledger = NULL;
    LedgerFilter filter = {.status = invocation_value(invocation, "status"),
                           .control = invocation_value(invocation, "control"),
                           .severity = invocation_value(invocation, "severity"),
                           .person = invocation_value(invocation, "person"),
                           .account = invocation_value(invocation, "account"),
                           .only_new = invocation_has(invocation, "new")};
    ExitCode code = check_filter(invocation, &filter);

    if (code == EXIT_DONE)
        code = open_store(invocation, LEDGER_READ, &ledger);
    if (code != EXIT_DONE)
        return code;
    if (ledger == NULL)
        say(invocation, "There was no run yet: rightful run");
    return list_exceptions(invocation, ledger, &filter);
}

/* ---- one exception ---- */

static ExitCode not_found(const char *id)
{
    say_error("there is no exception %s; rightful exceptions --status all lists them", id);
    return EXIT_FAILED;
}

static ExitCode show(Invocation *invocation, Ledger *ledger)
{
    json_t *list = json_array();

    for (int i = 1; i < invocation->n_arguments; i++) {
        g_autoptr(GError) error = NULL;
        json_t *exception =
            ledger != NULL ? ledger_exception(ledger, invocation->arguments[i], &error) : NULL;

        if (exception == NULL) {
            json_decref(list);
            return error != NULL ? ledger_failed(error) : not_found(invocation->arguments[i]);
        }
        json_array_append_new(list, exception);
    }
    return show_things(invocation, "exception", list);
}

/* The text of a comment or the person of an assignment: --text, --to, or the words after the id. */
static char *words_after_id(const Invocation *invocation, const char *option)
{
    const char *value = invocation_value(invocation, option);

    if (value != NULL)
        return g_strdup(value);
    return g_strjoinv(" ", invocation->arguments + 2);
}

static ExitCode comment(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = words_after_id(invocation, "text");

    if (*g_strstrip(text) == '\0')
        return usage_error(invocation,
                           "exception comment needs a text: exception comment %s 'TEXT'",
                           invocation->arguments[1]);
    if (!g_utf8_validate(text, -1, NULL))
        return usage_error(invocation, "the comment is not valid UTF-8; nothing was written");
    return ledger_comment(ledger, invocation->arguments[1], actor_name(), text, clock_utc(), &error)
               ? EXIT_DONE
               : ledger_failed(error);
}

static ExitCode assign(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *owner = words_after_id(invocation, "to");

    if (*g_strstrip(owner) == '\0')
        return usage_error(invocation,
                           "exception assign needs a person: exception assign %s PERSON",
                           invocation->arguments[1]);
    return ledger_assign(ledger, invocation->arguments[1], actor_name(), owner, clock_utc(), &error)
               ? EXIT_DONE
               : ledger_failed(error);
}

typedef struct Action {
    const char *name;
    LedgerAccess access;
    ExitCode (*run)(Invocation *invocation, Ledger *ledger);
} Action;

static const Action actions[] = {{"show", LEDGER_READ, show},
                                 {"comment", LEDGER_WRITE, comment},
                                 {"assign", LEDGER_WRITE, assign},
                                 {"accept", LEDGER_WRITE, exception_accept},
                                 {"false-positive", LEDGER_WRITE, exception_false_positive},
                                 {"reopen", LEDGER_WRITE, exception_reopen}};

static ExitCode unknown_action(const Invocation *invocation)
{
    const char *names[G_N_ELEMENTS(actions) + 1] = {NULL};
    g_autofree char *all = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        names[i] = actions[i].name;
    all = g_strjoinv(", ", (char **)(uintptr_t)names);
    const char *nearest = settings_nearest(invocation->arguments[0], names);

    return usage_error(invocation, "exception %s: allowed: %s%s%s%s", invocation->arguments[0], all,
                       nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "?" : "");
}

ExitCode command_exception(Invocation *invocation)
{
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (g_ascii_strcasecmp(actions[i].name, invocation->arguments[0]) == 0) {
            g_autoptr(Ledger) ledger = NULL;
            ExitCode code = open_store(invocation, actions[i].access, &ledger);

            return code == EXIT_DONE ? actions[i].run(invocation, ledger) : code;
        }
    }
    return unknown_action(invocation);
}
