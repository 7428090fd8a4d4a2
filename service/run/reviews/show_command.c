/* show_command.c: `review list` and `review show`, from the ledger alone. */
#include "ledger/reviews.h"
#include "run/ledger_access.h"
#include "run/list.h"
#include "run/reviews/print.h"
#include "run/reviews/review_command.h"
#include "run/run_commands.h"

#include <string.h>

static const char *colour_of_review(const char *status)
{
    return strcmp(status, "overdue") == 0 ? "\x1b[31m" : NULL;
}

static const Column review_columns[] = {
    {.path = "id", .header = "ID"},
    {.path = "status", .header = "STATUS", .colour = colour_of_review},
    {.path = "name", .header = "NAME"},
    {.path = "title", .header = "ABOUT", .may_wrap = true},
    {.path = "items", .header = "ITEMS", .is_right = true},
    {.path = "decided", .header = "DECIDED", .is_right = true},
    {.path = "open", .header = "OPEN", .is_right = true},
    {.path = "due", .header = "DUE"},
    {.path = "owner.name", .header = "OWNER"},
    {.path = "started"},
    {.path = "started_by"},
    {.path = "as_of"},
    {.path = "run"},
    {.path = "closed"},
    {.path = "closed_by"},
    {.path = "drafted"},
    {.path = "not_reviewed"},
    {.path = "population"},
    {0}};

static bool write_review(json_t *row, void *writer)
{
    writer_row(writer, row);
    return true;
}

ExitCode review_verb_list(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ReviewFilter filter = {.with_closed = invocation_has(invocation, "all"),
                           .reviewer = invocation_value(invocation, "reviewer")};

    if (invocation_settings(invocation) == NULL)
        return EXIT_CONFIGURATION;
    if (!review_now(invocation, &filter.now_utc))
        return EXIT_USAGE;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    if (code != EXIT_DONE)
        return code;
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "review", review_columns, stdout, invocation->has_colour);
    if (ledger != NULL && !ledger_reviews(ledger, &filter, write_review, writer, &error))
        return ledger_failed(error);
    return list_end(writer);
}

static bool collect(json_t *row, void *list)
{
    json_array_append(list, row);
    return true;
}

static json_t *read_review(Ledger *ledger, const Invocation *invocation, int64_t now_utc,
                           GError **error)
{
    const char *id = invocation->arguments[1];
    ReviewItemFilter filter = {.reviewer = invocation_value(invocation, "reviewer")};
    json_t *review = ledger_review(ledger, id, now_utc, error), *items = json_array();
    json_t *history = review != NULL ? ledger_review_history(ledger, id, error) : NULL;

    if (history == NULL || !ledger_review_items(ledger, id, &filter, collect, items, error)) {
        json_decref(history);
        json_decref(items);
        json_decref(review);
        return NULL;
    }
    json_object_set_new(review, "history", history);
    json_object_set_new(review, "rights", items);
    return review;
}

static ExitCode show_item(const Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    const char *id = invocation->arguments[1], *number = invocation->arguments[2];
    json_t *item = ledger_review_item(ledger, id, run_number(number), &error);

    if (error != NULL)
        return ledger_failed(error);
    if (item == NULL) {
        say_error("%s has no item %s; rightful review show %s lists them", id, number, id);
        return EXIT_FAILED;
    }
    return review_print_item(invocation, item);
}

ExitCode review_verb_show(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    const char *id = invocation->arguments[1];
    int64_t now_utc;

    if (invocation_settings(invocation) == NULL)
        return EXIT_CONFIGURATION;
    if (!review_now(invocation, &now_utc))
        return EXIT_USAGE;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    if (code != EXIT_DONE)
        return code;
    if (ledger != NULL && invocation_has(invocation, "telemetry"))
        return review_show_telemetry(invocation, ledger);
    json_t *review = ledger != NULL ? read_review(ledger, invocation, now_utc, &error) : NULL;
    if (error != NULL)
        return ledger_failed(error);
    if (review == NULL) {
        say_error("there is no review %s; rightful review list --all shows them", id);
        return EXIT_FAILED;
    }
    if (invocation->n_arguments == 3) {
        json_decref(review);
        return show_item(invocation, ledger);
    }
    return review_print(invocation, review);
}
