/* leaver_show.c: leaver cases as text and JSON: `leaver list`, `leaver show`. */

#include "ledger/cases.h"
#include "run/leaver_case.h"
#include "run/list.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

static const Column case_columns[] = {
    {.path = "id", .header = "CASE"},
    {.path = "person.id", .header = "PERSON"},
    {.path = "person.name", .header = "NAME"},
    {.path = "status", .header = "STATUS", .colour = colour_of_status},
    {.path = "last_day", .header = "LAST DAY"},
    {.path = "urgent"},
    {.path = "open", .header = "OPEN", .is_right = true},
    {.path = "lines_total", .header = "OF", .is_right = true},
    {.path = "due", .header = "NEXT DUE"},
    {.path = "sure"},
    {.path = "opened"},
    {.path = "opened_by"},
    {.path = "checked", .header = "CHECKED"},
    {.path = "checked_run"},
    {.path = "cleared"},
    {.path = "cleared_run"},
    {0}};

static bool write_case(json_t *row, void *writer)
{
    writer_row(writer, row);
    return true;
}

ExitCode leaver_list(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "leaver", case_columns, stdout, invocation->has_colour);
    if (ledger != NULL &&
        !ledger_cases(ledger, invocation_has(invocation, "all"), write_case, writer, &error))
        return ledger_failed(error);
    return list_end(writer);
}

static const char *shown(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "not known";
}

static void print_line(const Invocation *invocation, const json_t *line)
{
    bool is_open = strcmp(shown(line, "status"), "open") == 0;
    const char *colour = invocation->has_colour && is_open ? "\x1b[31m" : "";

    printf("    %s%-7s%s %s; %s %s\n", colour, is_open ? "OPEN" : "clear",
           *colour != '\0' ? "\x1b[0m" : "", shown(line, "text"), is_open ? "due" : "since",
           shown(line, is_open ? "due" : "cleared"));
}

void leaver_print_case(const Invocation *invocation, const json_t *found)
{
    bool is_open = strcmp(shown(found, "status"), "open") == 0;

    printf("  case %s, opened %s by %s: ", shown(found, "id"), shown(found, "opened"),
           shown(found, "opened_by"));
    if (is_open)
        printf("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " lines open, next due %s\n",
               json_integer_value(json_object_get(found, "open")),
               json_integer_value(json_object_get(found, "lines_total")), shown(found, "due"));
    else
        printf("clear since %s\n", shown(found, "cleared"));
}

static void print_case(const Invocation *invocation, const json_t *found)
{
    const json_t *person = json_object_get(found, "person");
    g_autofree char *heading =
        g_strdup_printf("%s (%s)", shown(person, "name"), shown(person, "id"));
    size_t i;
    json_t *row;

    print_heading(stdout, invocation->has_colour, heading);
    printf("  last working day %s%s\n", shown(found, "last_day"),
           json_is_true(json_object_get(found, "urgent")) ? "; urgent" : "");
    leaver_print_case(invocation, found);
    printf("  checked %s%s\n", shown(found, "checked"),
           json_is_true(json_object_get(found, "sure"))
               ? ""
               : ", but not everything could be read: what is clear was proven, more may be open");
    puts("  lines");
    json_array_foreach(json_object_get(found, "lines"), i, row)
    {
        print_line(invocation, row);
    }
    puts("  history");
    json_array_foreach(json_object_get(found, "history"), i, row)
    {
        printf("    %s  %s: %s%s%s\n", shown(row, "at"), shown(row, "actor"), shown(row, "change"),
               *shown(row, "text") != '\0' ? ": " : "", shown(row, "text"));
    }
}

ExitCode leaver_show(Invocation *invocation, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    bool is_proof = invocation_has(invocation, "proof");
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *found = ledger == NULL ? NULL
                    : is_proof     ? ledger_case_proof(ledger, id, &error)
                                   : ledger_case(ledger, id, &error);
    if (error != NULL)
        return ledger_failed(error);
    if (found == NULL) {
        say_error("there is no leaver case %s; rightful leaver list --all shows them", id);
        return EXIT_FAILED;
    }
    if (invocation->format == FORMAT_TABLE) {
        if (is_proof)
            leaver_print_proof(invocation, found);
        else
            print_case(invocation, found);
        json_decref(found);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    return invocation->format == FORMAT_JSON
               ? print_json(invocation, json_pack("{s:i s:o}", "schema_version", 1,
                                                  is_proof ? "leaver_proof" : "leaver_case", found))
               : show_things(invocation, "leaver", json_pack("[o]", found));
}
