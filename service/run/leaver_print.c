/* leaver_print.c: a leaver as text. */

#include "run/leaver.h"

#include "base/visible.h"
#include "run/leaver_case.h"
#include "run/terminal.h"
#include "run/when.h"

#include <string.h>

/* Visible text of a member; NULL when it is no text. Newly allocated. */
static char *text_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? visible_text(json_string_value(value)) : NULL;
}

static void append_part(GString *line, const char *separator, const char *text)
{
    if (text != NULL)
        g_string_append_printf(line, "%s%s", line->len > 0 ? separator : "", text);
}

/* "Lukas Weber (00133), IT, Senior Systems Administrator, manager Ingrid Solberg (00103)" */
static char *person_line(const json_t *person)
{
    GString *line = g_string_new(NULL);
    const json_t *manager = json_object_get(person, "manager");
    g_autofree char *name = text_at(person, "name");
    g_autofree char *id = text_at(person, "id");
    g_autofree char *department = text_at(person, "department");
    g_autofree char *title = text_at(person, "title");
    g_autofree char *manager_name = text_at(manager, "name");
    g_autofree char *manager_id = text_at(manager, "id");

    g_string_append_printf(line, "%s (%s)", name != NULL ? name : "?", id != NULL ? id : "?");
    append_part(line, ", ", department);
    append_part(line, ", ", title);
    if (manager_id != NULL)
        g_string_append_printf(line, ", manager %s (%s)", manager_name != NULL ? manager_name : "?",
                               manager_id);
    return g_string_free(line, FALSE);
}

void leaver_print_choice(const char *text, const json_t *people)
{
    g_autofree char *asked = visible_text(text);
    size_t i;
    json_t *person;

    say_error("\"%s\" fits several people; ask by id:", asked);
    json_array_foreach((json_t *)(uintptr_t)people, i, person)
    {
        g_autofree char *line = person_line(person);
        fprintf(stderr, "  %s\n", line);
    }
}

/* ---- one leaver ---- */

#define MOST_SENTENCES 20

static bool has_sentence(const json_t *sentences, const char *text)
{
    size_t i;
    json_t *sentence;

    json_array_foreach((json_t *)(uintptr_t)sentences, i, sentence)
    {
        if (strcmp(json_string_value(sentence), text) == 0)
            return true;
    }
    return false;
}

/* What has to be closed, of all that is open: what somebody else has to take over stands apart. */
static json_t *to_close(const json_t *leaver)
{
    const json_t *handover = json_object_get(leaver, "handover");
    json_t *list = json_array(), *sentence;
    size_t i;

    json_array_foreach(json_object_get(leaver, "open"), i, sentence)
    {
        if (!has_sentence(handover, json_string_value(sentence)))
            json_array_append(list, sentence);
    }
    return list;
}

static void print_sentences(const char *heading, const json_t *sentences)
{
    size_t i;
    json_t *sentence;

    if (json_array_size(sentences) == 0)
        return;
    printf("  %s\n", heading);
    json_array_foreach((json_t *)(uintptr_t)sentences, i, sentence)
    {
        g_autofree char *text = visible_text(json_string_value(sentence));
        if (i == MOST_SENTENCES) {
            printf("    … and %zu more; --json has them all\n", json_array_size(sentences) - i);
            return;
        }
        printf("    - %s\n", text);
    }
}

static void print_employment(const json_t *person)
{
    g_autofree char *last_day = text_at(person, "last_working_day");
    g_autofree char *end = text_at(person, "end_date");
    const char *day = last_day != NULL ? last_day : end;

    if (json_is_true(json_object_get(person, "has_left")))
        printf("  has left; last working day %s\n", day != NULL ? day : "not known");
    else if (day != NULL)
        printf("  has not left yet; last working day %s\n", day);
    else
        puts("  has not left, and no last working day is known");
}

static void print_path(const json_t *group)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GString) kinds = g_string_new(NULL);
    g_autofree char *name = text_at(group, "name");
    size_t i;
    json_t *item;

    json_array_foreach(json_object_get(group, "path"), i, item)
    {
        g_autofree char *text = json_is_string(item) ? visible_text(json_string_value(item)) : NULL;
        append_part(path, " → ", text != NULL ? text : "?");
    }
    json_array_foreach(json_object_get(group, "governed"), i, item)
    {
        append_part(kinds, ", ", json_string_value(item));
    }
    printf("      in %s (%s): %s\n", name != NULL ? name : "?", kinds->str, path->str);
}

/* The recorded use may be older than the last one by the slack. */
static char *last_use(const json_t *account)
{
    g_autofree char *last = text_at(account, "last_logon");
    json_int_t slack = json_integer_value(json_object_get(account, "last_logon_slack_days"));

    if (last == NULL)
        return g_strdup("last use not recorded");
    if (strcmp(last, "never") == 0)
        return g_strdup("never used");
    return slack > 0 ? g_strdup_printf("last used %s, or up to %" JSON_INTEGER_FORMAT " days later",
                                       last, slack)
                     : g_strdup_printf("last used %s", last);
}

static void print_account(const Invocation *invocation, const json_t *account)
{
    const json_t *open = json_object_get(account, "open");
    g_autofree char *name = text_at(account, "name");
    g_autofree char *source = text_at(account, "source");
    g_autofree char *expires = text_at(account, "expires");
    g_autofree char *use = last_use(account);
    const char *verdict = json_is_true(open) ? "OPEN" : json_is_false(open) ? "closed" : "UNSURE";
    const char *colour = invocation->has_colour && !json_is_false(open) ? "\x1b[31m" : "";
    size_t i;
    json_t *group;

    g_autofree char *since = when_disabled_text(account);
    printf("    %s%-7s%s %s  %s%s, %s account of %s; %s", colour, verdict,
           *colour != '\0' ? "\x1b[0m" : "", name != NULL ? name : "?",
           json_string_value(json_object_get(account, "state")), since,
           json_string_value(json_object_get(account, "class")), source != NULL ? source : "?",
           use);
    printf("%s%s\n", expires != NULL ? "; expires " : "", expires != NULL ? expires : "");
    json_array_foreach(json_object_get(account, "groups"), i, group)
    {
        print_path(group);
    }
}

static void print_accounts(const Invocation *invocation, const char *heading,
                           const json_t *accounts)
{
    size_t i;
    json_t *account;

    if (json_array_size(accounts) == 0)
        return;
    printf("  %s\n", heading);
    json_array_foreach((json_t *)(uintptr_t)accounts, i, account)
    {
        print_account(invocation, account);
    }
}

static void print_assets(const json_t *assets)
{
    size_t i;
    json_t *asset;

    if (json_array_size(assets) == 0)
        return;
    puts("  assets still assigned");
    json_array_foreach((json_t *)(uintptr_t)assets, i, asset)
    {
        g_autoptr(GString) line = g_string_new(NULL);
        g_autofree char *id = text_at(asset, "id");
        g_autofree char *name = text_at(asset, "name");
        g_autofree char *kind = text_at(asset, "kind");
        g_autofree char *status = text_at(asset, "status");
        append_part(line, ", ", id);
        append_part(line, ", ", name);
        append_part(line, ", ", kind);
        append_part(line, ", ", status);
        printf("    %s; %s\n", line->str, json_string_value(json_object_get(asset, "as")));
    }
}

static void print_files(const json_t *files)
{
    size_t i;
    json_t *file;

    json_array_foreach((json_t *)(uintptr_t)files, i, file)
    {
        g_autofree char *source = text_at(file, "source");
        g_autofree char *newest = text_at(file, "newest");
        printf("  %s is a file, as of %s: what changed since is not seen\n", source,
               newest != NULL ? newest : "an unknown time");
    }
}

static void print_verdict(const Invocation *invocation, const json_t *leaver)
{
    const json_t *closed = json_object_get(leaver, "closed");
    const char *text = json_is_true(closed)    ? "CLOSED: nothing of this person is open"
                       : json_is_false(closed) ? "NOT CLOSED"
                                               : "NOT SURE: the answer may lack something";
    const char *colour = json_is_true(closed) ? "\x1b[32m" : "\x1b[1;31m";

    printf("  %s%s%s\n", invocation->has_colour ? colour : "", text,
           invocation->has_colour ? "\x1b[0m" : "");
}

void leaver_print(const Invocation *invocation, const json_t *leaver)
{
    const json_t *person = json_object_get(leaver, "person");
    const json_t *accounts = json_object_get(leaver, "accounts");
    g_autofree char *line = person_line(person);

    print_heading(stdout, invocation->has_colour, line);
    print_employment(person);
    print_verdict(invocation, leaver);
    if (json_is_object(json_object_get(leaver, "case")))
        leaver_print_case(invocation, json_object_get(leaver, "case"));
    json_t *closing = to_close(leaver);
    print_sentences("still open", closing);
    json_decref(closing);
    print_sentences(json_is_true(json_object_get(person, "has_left")) ? "needs somebody else"
                                                                      : "will need somebody else",
                    json_object_get(leaver, "handover"));
    print_sentences("cannot be told", json_object_get(leaver, "unsure"));
    if (json_array_size(accounts) == 0)
        puts("  no account is linked to this person");
    print_accounts(invocation, "accounts", accounts);
    print_accounts(invocation, "accounts that could be of several people",
                   json_object_get(leaver, "ambiguous_accounts"));
    print_assets(json_object_get(leaver, "assets"));
    print_files(json_object_get(leaver, "files"));
}
