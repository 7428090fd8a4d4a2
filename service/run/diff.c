/* diff.c: what changed between two runs: exceptions, and what they are about. */

#include "run/run_commands.h"

#include "correlate/classes.h"
#include "ledger/history/past.h"
#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/summary.h"

#include <string.h>

static const Column diff_columns[] = {{.path = "run", .header = "RUN", .is_right = true},
                                      {.path = "kind", .header = "KIND"},
                                      {.path = "change", .header = "CHANGE"},
                                      {.path = "source", .header = "SOURCE"},
                                      {.path = "name", .header = "NAME"},
                                      {.path = "key"},
                                      {.path = "object", .header = "GROUP"},
                                      {.path = "control", .header = "CONTROL"},
                                      {.path = "field", .header = "FIELD"},
                                      {.path = "before", .header = "BEFORE"},
                                      {.path = "after", .header = "AFTER", .may_wrap = true},
                                      {.path = "summary"},
                                      {0}};

/* In the order of the list. */
static const char *const kinds[] = {"exception", "account",  "person", "group", "membership",
                                    "right",     "computer", "asset",  NULL};

/* Values of --kind or --source; an empty list is everything. */
static bool is_wanted(const char *const *wanted, const char *value)
{
    return wanted[0] == NULL || (value != NULL && g_strv_contains(wanted, value));
}

typedef struct Listing {
    Writer *writer;
    const char *const *wanted_sources;
    size_t n_rows;
} Listing;

/* The ledger keeps numbers of what only others have words for. */
static void put_words(json_t *row, const char *member)
{
    const char *field = json_string_value(json_object_get(row, "field"));
    json_t *value = json_object_get(row, member);
    json_int_t number = json_integer_value(value);

    if (field == NULL || !json_is_integer(value))
        return;
    if (strcmp(field, "class") == 0 && number > 0 && number <= N_CLASSES)
        json_object_set_new(row, member, json_string(account_classes[number - 1]));
    else if (strcmp(field, "flags") == 0)
        json_object_set_new(row, member, fact_flags((uint32_t)number));
}

static bool write_row(json_t *row, void *data)
{
    Listing *listing = data;

    put_words(row, "before");
    put_words(row, "after");
    if (json_is_array(json_object_get(row, "before")) &&
        json_equal(json_object_get(row, "before"), json_object_get(row, "after"))) {
        return true; /* a flag that nobody is shown */
    }
    if (is_wanted(listing->wanted_sources, json_string_value(json_object_get(row, "source")))) {
        writer_row(listing->writer, row);
        listing->n_rows++;
    }
    return !ferror(stdout);
}

static ExitCode check_kinds(const Invocation *invocation, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        if (!g_strv_contains(kinds, *wanted)) {
            const char *nearest = settings_nearest(*wanted, kinds);
            g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)kinds);

            return usage_error(invocation, "--kind %s: no such kind%s%s%s; allowed: %s", *wanted,
                               nearest != NULL ? "; did you mean " : "",
                               nearest != NULL ? nearest : "", nearest != NULL ? "?" : "", all);
        }
    }
    return EXIT_DONE;
}

/* {id, as_of, status} of the run; NULL after a message. */
static json_t *head_of_run(Ledger *ledger, int64_t id)
{
    g_autoptr(GError) error = NULL;
    json_t *run = ledger != NULL ? ledger_run(ledger, id, &error) : NULL;

    if (run == NULL) {
        say_error("there is no run %" G_GINT64_FORMAT "; rightful runs lists them", id);
        return NULL;
    }
    json_t *head =
        json_pack("{s:O s:O s:O}", "id", json_object_get(run, "id"), "as_of",
                  json_object_get(run, "as_of"), "status", json_object_get(run, "status"));

    json_decref(run);
    return head;
}

static bool list_things(Ledger *ledger, const int64_t *runs, Listing *listing,
                        const char *const *wanted, GError **error)
{
    g_autoptr(GPtrArray) not_compared = g_ptr_array_new_with_free_func(g_free);
    bool is_done = ledger_diff_things(ledger, runs[0], runs[1], wanted, not_compared, write_row,
                                      listing, error);

    for (guint i = 0; i < not_compared->len; i++)
        say_error("%s", (const char *)not_compared->pdata[i]);
    return is_done;
}

static ExitCode list_changes(const Invocation *invocation, Ledger *ledger, const int64_t *runs)
{
    g_autoptr(GError) error = NULL;
    const char *const *wanted = invocation_values(invocation, "kind");
    json_t *from = head_of_run(ledger, runs[0]);
    json_t *to = from != NULL ? head_of_run(ledger, runs[1]) : NULL;

    if (to == NULL) {
        json_decref(from);
        return EXIT_FAILED;
    }
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "diff", diff_columns, stdout, invocation->has_colour);
    Listing listing = {.writer = writer, .wanted_sources = invocation_values(invocation, "source")};

    writer_envelope(writer, "from", from);
    writer_envelope(writer, "to", to);
    if (is_wanted(wanted, "exception") &&
        !ledger_diff_exceptions(ledger, runs[0], runs[1], write_row, &listing, &error))
        return ledger_failed(error);
    if (!list_things(ledger, runs, &listing, wanted, &error))
        return ledger_failed(error);
    if (!writer_end(writer, &error)) {
        say_error("%s", error->message);
        return EXIT_FAILED;
    }
    if (listing.n_rows == 0)
        say(invocation, "Nothing that was asked for changed between these runs.");
    return EXIT_DONE;
}

ExitCode command_diff(Invocation *invocation)
{
    g_autoptr(Ledger) ledger = NULL;
    int64_t runs[2];
    ExitCode code = check_kinds(invocation, invocation_values(invocation, "kind"));

    for (int i = 0; i < 2 && code == EXIT_DONE; i++) {
        runs[i] = run_number(invocation->arguments[i]);
        if (runs[i] < 0)
            code = usage_error(invocation,
                               "diff %s: a run is named by its number, as rightful runs lists it",
                               invocation->arguments[i]);
    }
    if (code == EXIT_DONE)
        code = open_store(invocation, LEDGER_READ, &ledger);
    return code != EXIT_DONE ? code : list_changes(invocation, ledger, runs);
}
