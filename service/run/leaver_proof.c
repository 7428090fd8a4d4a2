/* leaver_proof.c: the proof of a leaver case, as a page of plain text for paper. */

#include "base/visible.h"
#include "run/leaver_case.h"

#include <string.h>

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "not known";
}

static void print_fact(const char *what, const char *value)
{
    g_autofree char *visible = visible_text(value);

    printf("%-22s%s\n", what, visible);
}

/* "run 17", or "a check by hand". Newly allocated. */
static char *by_whom(const json_t *object, const char *key)
{
    json_int_t run = json_integer_value(json_object_get(object, key));

    return run > 0 ? g_strdup_printf("run %" JSON_INTEGER_FORMAT, run)
                   : g_strdup("a check by hand");
}

/* ---- the head ---- */

static void print_state(const json_t *proof)
{
    g_autofree char *by = by_whom(proof, "cleared_run");
    json_int_t n_open = json_integer_value(json_object_get(proof, "open"));
    json_int_t n_all = json_integer_value(json_object_get(proof, "lines_total"));

    if (strcmp(text_at(proof, "status"), "clear") == 0)
        printf("%-22sCLOSED. All %" JSON_INTEGER_FORMAT " lines are closed; found at %s by %s\n",
               "State", n_all, text_at(proof, "cleared"), by);
    else if (n_open > 0)
        printf("%-22sOPEN. %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
               " lines are open: this is no proof that all is closed\n",
               "State", n_open, n_all);
    else
        printf("%-22sNOT PROVEN. No line is open, but the last check could not read everything\n",
               "State");
}

static void print_head(const json_t *proof)
{
    const json_t *person = json_object_get(proof, "person");

    printf("Leaver case %s\n\n", text_at(proof, "id"));
    print_fact("Name", text_at(person, "name"));
    print_fact("Number", text_at(person, "id"));
    print_fact("Last working day", text_at(proof, "last_day"));
    printf("%-22s%s by ", "Case opened", text_at(proof, "opened"));
    g_autofree char *actor = visible_text(text_at(proof, "opened_by"));
    printf("%s\n", actor);
    print_fact("Last checked", text_at(proof, "checked"));
    print_state(proof);
}

/* ---- lines ---- */

static void print_line(const json_t *line)
{
    bool is_open = strcmp(text_at(line, "status"), "open") == 0;
    g_autofree char *text = visible_text(text_at(line, "text"));
    g_autofree char *by = by_whom(line, "cleared_run");
    const char *opened = text_at(line, "opened"), *cleared = text_at(line, "cleared");

    printf("  [%c] %s\n", is_open ? ' ' : 'x', text);
    if (is_open)
        printf("      open since %s; due %s\n", opened, text_at(line, "due"));
    else if (strcmp(opened, cleared) == 0)
        printf("      closed when it was first looked at: %s, %s\n", cleared, by);
    else
        printf("      open since %s; due %s; found closed %s by %s\n", opened, text_at(line, "due"),
               cleared, by);
}

static void print_lines(const json_t *proof)
{
    size_t i;
    json_t *line;

    puts("\n1. What had to be closed");
    json_array_foreach(json_object_get(proof, "lines"), i, line)
    {
        print_line(line);
    }
    if (json_array_size(json_object_get(proof, "lines")) == 0)
        puts("  nothing: no account, no right, no asset, nothing to hand over");
}

/* ---- what proves it ---- */

static void print_source(const json_t *source)
{
    g_autofree char *name = visible_text(text_at(source, "name"));

    printf("      %s (%s, %s): %s, %" JSON_INTEGER_FORMAT " records, read until %s\n", name,
           text_at(source, "kind"), text_at(source, "provides"), text_at(source, "status"),
           json_integer_value(json_object_get(source, "pulled")), text_at(source, "finished"));
    printf("        %s\n", text_at(source, "digest"));
}

static void print_check(const json_t *check)
{
    const char *by_name = json_string_value(json_object_get(check, "actor"));
    g_autofree char *actor = visible_text(by_name != NULL ? by_name : "");
    g_autofree char *by = by_whom(check, "run");
    const json_t *sources = json_object_get(check, "sources");
    size_t i;
    json_t *item;

    printf("  %s, as of %s%s%s\n", by, text_at(check, "at"), *actor != '\0' ? ", by " : "", actor);
    json_array_foreach(json_object_get(check, "found"), i, item)
    {
        g_autofree char *text = visible_text(json_string_value(item));
        printf("    - %s\n", text);
    }
    if (json_is_true(json_object_get(check, "clear")))
        puts("    - nothing was open any more, and nothing was left unread");
    puts(json_is_array(sources) ? "    read:"
                                : "    what it read is not kept in the ledger any more");
    json_array_foreach((json_t *)(uintptr_t)sources, i, item)
    {
        print_source(item);
    }
}

static void print_checks(const json_t *proof)
{
    size_t i;
    json_t *check;

    puts("\n2. Who found it closed, and from what");
    json_array_foreach(json_object_get(proof, "checks"), i, check)
    {
        print_check(check);
    }
    if (json_array_size(json_object_get(proof, "checks")) == 0)
        puts("  nothing was found closed yet");
}

static void print_history(const json_t *proof)
{
    size_t i;
    json_t *row;

    puts("\n3. History");
    json_array_foreach(json_object_get(proof, "history"), i, row)
    {
        g_autofree char *actor = visible_text(text_at(row, "actor"));
        g_autofree char *text = visible_text(text_at(row, "text"));
        printf("  %s  %s: %s%s%s\n", text_at(row, "at"), actor, text_at(row, "change"),
               *text != '\0' ? ": " : "", text);
    }
}

void leaver_print_proof(const Invocation *invocation, const json_t *proof)
{
    print_head(proof);
    print_lines(proof);
    print_checks(proof);
    print_history(proof);
    puts("\nTimes are UTC. Digests are SHA-256 of what the source answered; a later check of the "
         "same\nfile or export must give the same one.");
    puts("\nDate ____________________    Signature ________________________________________");
}
