#include "run/summary.h"

#include "run/facts.h"
#include "run/terminal.h"

#include <string.h>

static const Column source_columns[] = {
    {.path = "name", .header = "SOURCE"},
    {.path = "provides", .header = "PROVIDES"},
    {.path = "status", .header = "STATUS", .colour = colour_of_status},
    {.path = "counts.pulled", .header = "READ", .is_right = true},
    {.path = "counts.kept", .header = "KEPT", .is_right = true},
    {.path = "counts.excluded", .header = "LEFT OUT", .is_right = true},
    {.path = "counts.rejected", .header = "REJECTED", .is_right = true},
    {.path = "reason", .header = "REASON", .may_wrap = true},
    {0}};

static const Column unjudged_columns[] = {
    {.path = "control", .header = "NOT EVALUABLE"},
    {.path = "subjects", .header = "SUBJECTS", .is_right = true},
    {.path = "reason", .header = "REASON", .may_wrap = true},
    {0}};

static const Column suppression_columns[] = {
    {.path = "control", .header = "ACCEPTED BY RULE"},
    {.path = "exceptions", .header = "EXCEPTIONS", .is_right = true},
    {.path = "until", .header = "UNTIL"},
    {.path = "state", .header = "RULE"},
    {.path = "author", .header = "AUTHOR"},
    {.path = "reason", .header = "REASON", .may_wrap = true},
    {0}};

static void print_rows(const Invocation *invocation, const Column *columns, json_t *rows)
{
    g_autoptr(Writer) writer =
        writer_new(FORMAT_TABLE, "rows", columns, stdout, invocation->has_colour);
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        writer_row(writer, row);
    }
    writer_end(writer, NULL); /* a closed stdout is noticed by the caller's flush */
    if (json_array_size(rows) > 0)
        fputc('\n', stdout);
}

void print_sources(const Invocation *invocation, json_t *sources)
{
    print_rows(invocation, source_columns, sources);
}

void print_not_evaluable(const Invocation *invocation, json_t *list)
{
    size_t i;
    json_t *row;
    json_t *shown = json_array();

    json_array_foreach(list, i, row)
    {
        json_t *copy = json_copy(row);

        if (json_is_null(json_object_get(copy, "subjects")))
            json_object_set_new(copy, "subjects", json_string("all"));
        json_array_append_new(shown, copy);
    }
    print_rows(invocation, unjudged_columns, shown);
    json_decref(shown);
}

void print_suppressions(const Invocation *invocation, json_t *list)
{
    if (json_array_size(list) > 0)
        print_rows(invocation, suppression_columns, list);
}

static json_int_t count_of(const json_t *counts, const char *name)
{
    return json_integer_value(json_object_get(counts, name));
}

void print_severities(json_t *counts)
{
    const json_t *by_severity = json_object_get(counts, "by_severity");
    const char *separator = ": ";

    printf("%" JSON_INTEGER_FORMAT " open", count_of(counts, "open"));
    for (int i = N_SEVERITIES - 1; i >= 0; i--) {
        json_int_t n = count_of(by_severity, severities[i]);

        if (n > 0) {
            printf("%s%" JSON_INTEGER_FORMAT " %s", separator, n, severities[i]);
            separator = ", ";
        }
    }
}

/* What is found and not open: accepted, false positives, and waivers that ended. */
void print_decided(const json_t *counts)
{
    json_int_t n_accepted = count_of(counts, "accepted"),
               n_false = count_of(counts, "false_positive");

    if (n_accepted > 0) {
        printf("%" JSON_INTEGER_FORMAT " accepted", n_accepted);
        if (count_of(counts, "accepted_by_rule") > 0)
            printf(" (%" JSON_INTEGER_FORMAT " by rule)", count_of(counts, "accepted_by_rule"));
    }
    if (n_false > 0)
        printf("%s%" JSON_INTEGER_FORMAT " false positive%s", n_accepted > 0 ? " · " : "", n_false,
               n_false == 1 ? "" : "s");
    if (n_accepted > 0 || n_false > 0)
        fputc('\n', stdout);
    if (count_of(counts, "lapsed") > 0)
        printf("%" JSON_INTEGER_FORMAT " open again: no longer accepted\n",
               count_of(counts, "lapsed"));
}

static void print_reviews(const json_t *result)
{
    static const struct {
        const char *name, *text;
    } counts[] = {
        {"verified", "proven removed as a review decided"},
        {"returned", "removed by a review and there again; rightful review tasks shows them"},
        {"moved", "handed to another reviewer, because theirs may not decide any more"},
    };
    size_t i;
    json_t *id;

    for (i = 0; i < G_N_ELEMENTS(counts); i++) {
        json_int_t n = count_of(json_object_get(result, "review_tasks"), counts[i].name);
        if (n > 0)
            printf("%" JSON_INTEGER_FORMAT " %s %s.\n", n,
                   i < 2 ? (n == 1 ? "right was" : "rights were")
                         : (n == 1 ? "item was" : "items were"),
                   counts[i].text);
    }
    json_array_foreach(json_object_get(json_object_get(result, "reviews"), "started"), i, id)
    {
        printf("Review %s was started; rightful review show %s lists its items.\n",
               json_string_value(id), json_string_value(id));
    }
}

static void print_run_text(const Invocation *invocation, json_t *result, bool is_first)
{
    json_t *run = json_object_get(result, "run"), *counts = json_object_get(result, "counts");
    const json_t *id = json_object_get(run, "id");
    const char *status = json_string_value(json_object_get(run, "status"));
    const char *colour = invocation->has_colour ? colour_of_status(status) : NULL;

    fputs(strcmp(status, "dry") == 0 ? "Dry run" : "Run ", stdout);
    if (json_is_integer(id))
        printf("%" JSON_INTEGER_FORMAT " %s%s%s", json_integer_value(id),
               colour != NULL ? colour : "", status, colour != NULL ? "\x1b[0m" : "");
    printf(" · as of %s · %s\n\n", json_string_value(json_object_get(run, "as_of")),
           json_string_value(json_object_get(run, "profile")));
    print_sources(invocation, json_object_get(run, "sources"));
    print_not_evaluable(invocation, json_object_get(result, "not_evaluable"));
    print_suppressions(invocation, json_object_get(run, "suppressions"));
    print_severities(counts);
    printf(" · %" JSON_INTEGER_FORMAT " new", count_of(counts, "new"));
    if (count_of(counts, "reopened") > 0)
        printf(" (%" JSON_INTEGER_FORMAT " reopened)", count_of(counts, "reopened"));
    printf(" · %" JSON_INTEGER_FORMAT " resolved\n", count_of(counts, "resolved"));
    print_decided(counts);
    print_reviews(result);
    json_t *forgotten = json_object_get(result, "forgotten");

    if (count_of(forgotten, "people") + count_of(forgotten, "exceptions") +
            count_of(forgotten, "runs") + count_of(forgotten, "reviews") >
        0)
        printf("Forgotten: names of %" JSON_INTEGER_FORMAT
               " people, details of %" JSON_INTEGER_FORMAT
               " exceptions and of refused records in %" JSON_INTEGER_FORMAT
               " pulls, items of %" JSON_INTEGER_FORMAT " reviews\n",
               count_of(forgotten, "people"), count_of(forgotten, "exceptions"),
               count_of(forgotten, "runs"), count_of(forgotten, "reviews"));
    if (strcmp(status, "dry") == 0)
        puts("Nothing was written.");
    else if (is_first)
        puts("First run: there was nothing to compare with, so no guard could hold it.");
}

ExitCode print_json(const Invocation *invocation, json_t *root)
{
    json_dumpf(root, stdout, invocation->format == FORMAT_NDJSON ? JSON_COMPACT : JSON_INDENT(1));
    fputc('\n', stdout);
    json_decref(root);
    if (fflush(stdout) != 0) {
        say_error("the result could not be written to the standard output");
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

void summary_print_run(const Invocation *invocation, json_t *result, bool is_first)
{
    if (invocation->format == FORMAT_TABLE)
        print_run_text(invocation, result, is_first);
    else
        print_json(invocation, json_incref(result));
}

/* ---- exceptions of a dry run ---- */

static int compare_names(json_t *a, json_t *b)
{
    const char *name_a = json_string_value(json_object_get(json_object_get(a, "subject"), "name"));
    const char *name_b = json_string_value(json_object_get(json_object_get(b, "subject"), "name"));

    return g_strcmp0(name_a, name_b);
}

static int severity_of(json_t *exception)
{
    const char *text = json_string_value(json_object_get(exception, "severity"));

    for (int i = 0; severities[i] != NULL; i++) {
        if (strcmp(severities[i], text) == 0)
            return i;
    }
    return -1;
}

static int compare_exceptions(const void *left, const void *right)
{
    json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
    int by_severity = severity_of(b) - severity_of(a);
    int by_control = strcmp(json_string_value(json_object_get(a, "control")),
                            json_string_value(json_object_get(b, "control")));

    return by_severity != 0 ? by_severity : by_control != 0 ? by_control : compare_names(a, b);
}

json_t *dry_exceptions(const Reconciliation *reconciliation)
{
    const GArray *findings = reconciliation->findings->findings;
    g_autofree json_t **sorted = g_new0(json_t *, findings->len + 1);
    json_t *list = json_array();

    for (guint i = 0; i < findings->len; i++)
        sorted[i] = fact_finding(reconciliation, &g_array_index(findings, Finding, i));
    qsort(sorted, findings->len, sizeof *sorted, compare_exceptions);
    for (guint i = 0; i < findings->len; i++)
        json_array_append_new(list, sorted[i]);
    return list;
}
