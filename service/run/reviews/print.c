#include "run/reviews/print.h"

#include "base/visible.h"
#include "report/writer.h"
#include "run/list.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static const char *name_at(const json_t *object, const char *name)
{
    return text_at(json_object_get(object, name), "name");
}

static json_int_t number_at(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void print_visible(const char *before, const char *text, const char *after)
{
    g_autofree char *visible = visible_text(text);

    printf("%s%s%s", before, visible, after);
}

/* ---- a campaign ---- */

static void print_numbers(const json_t *review)
{
    json_int_t n = number_at(review, "items");

    printf("%" JSON_INTEGER_FORMAT " item%s: %" JSON_INTEGER_FORMAT
           " decided, %" JSON_INTEGER_FORMAT " open",
           n, n == 1 ? "" : "s", number_at(review, "decided"), number_at(review, "open"));
    if (number_at(review, "drafted") > 0)
        printf(" (%" JSON_INTEGER_FORMAT " drafted)", number_at(review, "drafted"));
    if (number_at(review, "not_reviewed") > 0)
        printf(", %" JSON_INTEGER_FORMAT " not reviewed", number_at(review, "not_reviewed"));
    fputc('\n', stdout);
}

static void print_head(const Invocation *invocation, const json_t *review)
{
    g_autofree char *title = visible_text(text_at(review, "title"));
    g_autofree char *heading =
        g_strdup_printf("%s %s: %s", text_at(review, "id"), text_at(review, "name"), title);
    json_int_t run = number_at(review, "run");

    print_heading(stdout, invocation->has_colour, heading);
    printf("  %s", text_at(review, "status"));
    printf(", due %s\n", text_at(review, "due"));
    print_visible("  started by ", text_at(review, "started_by"), "");
    if (run > 0)
        printf(" in run %" JSON_INTEGER_FORMAT, run);
    printf(", as of %s\n", text_at(review, "as_of"));
    if (json_is_string(json_object_get(review, "closed"))) {
        printf("  closed %s", text_at(review, "closed"));
        print_visible(" by ", text_at(review, "closed_by"), "\n");
    }
    if (json_is_string(json_object_get(review, "forgotten")))
        printf("  its items were dropped on %s, as `retention` says\n",
               text_at(review, "forgotten"));
    if (json_is_object(json_object_get(review, "owner")))
        print_visible("  owner ", name_at(review, "owner"), "\n");
    fputs("  ", stdout);
    print_numbers(review);
    printf("  population %s\n", text_at(review, "population"));
}

static void print_reviewers(const json_t *review)
{
    size_t i;
    json_t *reviewer;

    puts("  reviewers");
    json_array_foreach(json_object_get(review, "reviewers"), i, reviewer)
    {
        bool is_nobody = *text_at(reviewer, "id") == '\0';

        print_visible("    ", is_nobody ? "nobody" : text_at(reviewer, "name"), "");
        if (!is_nobody)
            print_visible(" (", text_at(reviewer, "id"), ")");
        fputs(": ", stdout);
        print_numbers(reviewer);
    }
}

static const Column item_columns[] = {{.path = "item", .header = "NO", .is_right = true},
                                      {.path = "state", .header = "STATE"},
                                      {.path = "account.name", .header = "ACCOUNT"},
                                      {.path = "person.name", .header = "PERSON"},
                                      {.path = "group.name", .header = "RIGHT"},
                                      {.path = "risk", .header = "RISK"},
                                      {.path = "change", .header = "SINCE LAST"},
                                      {.path = "reviewer.name", .header = "REVIEWER"},
                                      {.path = "advice.decision", .header = "ADVICE"},
                                      {.path = "advice.reason", .header = "WHY", .may_wrap = true},
                                      {.path = "decision.decision", .header = "DECIDED"},
                                      {.path = "decision.reason"},
                                      {.path = "account.source"},
                                      {.path = "account.key"},
                                      {.path = "group.source"},
                                      {.path = "group.key"},
                                      {.path = "person.id"},
                                      {.path = "reviewer.id"},
                                      {.path = "means"},
                                      {.path = "direct"},
                                      {.path = "since.at"},
                                      {.path = "last_used.at"},
                                      {.path = "decision.by.id"},
                                      {.path = "decision.at"},
                                      {0}};

ExitCode review_print(const Invocation *invocation, json_t *review)
{
    if (invocation->format == FORMAT_JSON)
        return print_json(invocation,
                          json_pack("{s:i s:o}", "schema_version", 1, "review", review));
    if (invocation->format == FORMAT_TABLE) {
        print_head(invocation, review);
        print_reviewers(review);
        fputc('\n', stdout);
    }
    ExitCode code =
        list_rows(invocation, "review", item_columns, json_object_get(review, "rights"));

    json_decref(review);
    return code;
}

ExitCode review_print_started(const Invocation *invocation, json_t *review)
{
    if (invocation->format != FORMAT_TABLE)
        return review_print(invocation, review);
    print_head(invocation, review);
    print_reviewers(review);
    printf("rightful review show %s lists the items.\n", text_at(review, "id"));
    json_decref(review);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- an item ---- */

static void print_fact(const char *label, const char *text)
{
    if (*text != '\0') {
        g_autofree char *visible = visible_text(text);
        printf("  %-14s %s\n", label, visible);
    }
}

static char *joined(const json_t *list)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t i;
    json_t *part;

    json_array_foreach(list, i, part)
    {
        const char *name = json_string_value(part);
        g_string_append_printf(text, "%s%s", i > 0 ? " → " : "", name != NULL ? name : "?");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* "2026-03-01T08:00:00Z, of the account". */
static void print_instant(const char *label, const json_t *instant)
{
    const char *at = text_at(instant, "at"), *note = text_at(instant, "note");
    g_autofree char *text = g_strdup_printf("%s%s%s", at, *at != '\0' ? ", " : "", note);

    print_fact(label, text);
}

static void print_approval(const json_t *approval)
{
    if (!json_is_object(approval)) {
        print_fact("approval", "none that is valid");
        return;
    }
    g_autofree char *text = g_strdup_printf(
        "%s by %s%s%s", text_at(approval, "reference"), text_at(approval, "by"),
        *text_at(approval, "expires") != '\0' ? " until " : "", text_at(approval, "expires"));
    print_fact("approval", text);
}

static void print_said(const char *label, const json_t *said)
{
    if (json_is_object(said)) {
        g_autofree char *text = g_strdup_printf(
            "%s by %s on %s%s%s%s", text_at(said, "decision"), name_at(said, "by"),
            text_at(said, "at"), *text_at(said, "until") != '\0' ? ", until " : "",
            text_at(said, "until"), *text_at(said, "reason") != '\0' ? "" : ", without a reason");
        print_fact(label, text);
        print_fact("", text_at(said, "reason"));
    }
}

static void print_peers(const json_t *peers)
{
    if (json_is_object(peers)) {
        g_autofree char *text =
            g_strdup_printf("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
                            " others of the same department and title hold it",
                            number_at(peers, "holding"), number_at(peers, "of"));
        print_fact("peers", text);
    }
}

static void print_advice(const json_t *advice)
{
    if (json_is_object(advice)) {
        g_autofree char *text =
            g_strdup_printf("%s: %s", text_at(advice, "decision"), text_at(advice, "reason"));
        print_fact("advice", text);
    }
}

static void print_moves(const json_t *item)
{
    size_t i;
    json_t *move;

    json_array_foreach(json_object_get(item, "moves"), i, move)
    {
        g_autofree char *text =
            g_strdup_printf("%s %s, from %s to %s%s%s", text_at(move, "at"), text_at(move, "why"),
                            name_at(move, "from"), name_at(move, "to"),
                            *text_at(move, "note") != '\0' ? ": " : "", text_at(move, "note"));
        print_fact("moved", text);
    }
}

static void print_item(const Invocation *invocation, const json_t *item)
{
    g_autofree char *account = visible_text(name_at(item, "account"));
    g_autofree char *group = visible_text(name_at(item, "group"));
    g_autofree char *heading =
        g_strdup_printf("%s item %" JSON_INTEGER_FORMAT ": %s → %s", text_at(item, "review"),
                        number_at(item, "item"), account, group);
    g_autofree char *way = joined(json_object_get(item, "path"));
    const json_t *cut = json_object_get(item, "cut");

    print_heading(stdout, invocation->has_colour, heading);
    print_fact("state", text_at(item, "state"));
    print_fact("person", name_at(item, "person"));
    print_fact("department", text_at(item, "department"));
    print_fact("title", text_at(item, "title"));
    print_fact("manager", name_at(item, "manager"));
    print_fact("means", text_at(item, "means"));
    print_fact("risk", text_at(item, "risk"));
    print_fact("held through", json_is_true(json_object_get(item, "direct")) ? "directly" : way);
    print_instant("since", json_object_get(item, "since"));
    print_instant("last used", json_object_get(item, "last_used"));
    print_approval(json_object_get(item, "approval"));
    print_peers(json_object_get(item, "peers"));
    print_fact("conflict", text_at(item, "conflict"));
    print_fact("since last", text_at(item, "change"));
    print_said("last time", json_object_get(item, "previous"));
    print_advice(json_object_get(item, "advice"));
    print_fact("reviewer", name_at(item, "reviewer"));
    print_fact("chosen as", text_at(item, "chosen"));
    print_said("draft", json_object_get(item, "draft"));
    print_said("earlier stage", json_object_get(item, "earlier_stage"));
    print_said("decision", json_object_get(item, "decision"));
    print_moves(item);
    print_fact("to take away", text_at(cut, "member_dn"));
    print_fact("  from", text_at(cut, "group_dn"));
}

ExitCode review_print_item(const Invocation *invocation, json_t *item)
{
    if (invocation->format == FORMAT_TABLE) {
        print_item(invocation, item);
        json_decref(item);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    return invocation->format == FORMAT_JSON
               ? print_json(invocation,
                            json_pack("{s:i s:o}", "schema_version", 1, "review_item", item))
               : show_things(invocation, "review_item", json_pack("[o]", item));
}
