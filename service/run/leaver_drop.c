/* leaver_drop.c: `leaver --drop FOLDER`: what files ask for that HR's system leaves in a folder. */

#include "base/times.h"
#include "ledger/cases.h"
#include "run/drop_folder.h"
#include "run/leaver_file.h"
#include "run/ledger_access.h"

#include <string.h>

static const Column drop_columns[] = {{.path = "file", .header = "FILE"},
                                      {.path = "result", .header = "RESULT"},
                                      {.path = "people", .header = "PEOPLE", .is_right = true},
                                      {.path = "owner", .header = "FROM"},
                                      {.path = "why", .header = "WHY", .may_wrap = true},
                                      {.path = "digest"},
                                      {0}};

typedef struct Dropped {
    Invocation *invocation;
    const DropFolder *folder;
    DropFile file;
    DropEnd end;
    GString *text; /* for whoever dropped it: what became of whom */
    char *why;     /* owned; of what is not done */
    guint n_people;
} Dropped;

static void dropped_clear(Dropped *dropped)
{
    drop_file_clear(&dropped->file);
    if (dropped->text != NULL)
        g_string_free(dropped->text, TRUE);
    g_free(dropped->why);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dropped, dropped_clear)

/* ---- what is asked for ---- */

static void end_with(Dropped *dropped, DropEnd end, char *why)
{
    dropped->end = end;
    g_free(dropped->why);
    dropped->why = why;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "?";
}

/* "00133: LC-000001, open: 3 of 4 lines, next due …". No name, and not what is open: the text lies
 * where another system reads it. */
static void describe(Dropped *dropped, const json_t *leaver)
{
    const json_t *found = json_object_get(leaver, "case");
    const char *id = text_at(json_object_get(leaver, "person"), "id");

    if (!json_is_object(found)) {
        g_string_append_printf(dropped->text,
                               "%s: no case: nothing says that this person leaves; give last_day\n",
                               id);
        end_with(dropped, DROP_REFUSED,
                 g_strdup_printf("%s: nothing says that this person leaves", id));
    } else if (strcmp(text_at(found, "status"), "clear") == 0) {
        g_string_append_printf(dropped->text, "%s: %s, clear\n", id, text_at(found, "id"));
    } else {
        g_string_append_printf(
            dropped->text,
            "%s: %s, open: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " lines\n", id,
            text_at(found, "id"), json_integer_value(json_object_get(found, "open")),
            json_integer_value(json_object_get(found, "lines_total")));
    }
}

/* Nobody was checked. A source that is away for a while is no fault of the file. */
static void describe_nobody(Dropped *dropped, LeaverAnswer *answer, ExitCode code)
{
    size_t i;
    json_t *person;

    if (answer->why == NULL || code == EXIT_INCOMPLETE) {
        end_with(dropped, DROP_WAITING,
                 answer->why != NULL
                     ? g_steal_pointer(&answer->why)
                     : g_strdup("the sources or the ledger could not be read; it is tried again"));
        return;
    }
    end_with(dropped, DROP_REFUSED, g_steal_pointer(&answer->why));
    json_array_foreach(json_object_get(json_array_get(answer->ambiguous, 0), "people"), i, person)
    {
        g_string_append_printf(dropped->text, "  %s, department %s\n", text_at(person, "id"),
                               text_at(person, "department"));
    }
}

static void check_people(Dropped *dropped, const GArray *wanted)
{
    g_autofree char *actor = g_strdup_printf("file of %s", dropped->file.owner);
    g_auto(LeaverAnswer) answer = {0};
    ExitCode code = leaver_check(dropped->invocation, wanted, actor, &answer);
    size_t i;
    json_t *leaver;

    dropped->n_people = wanted->len;
    if (answer.list == NULL) {
        describe_nobody(dropped, &answer, code);
        return;
    }
    json_array_foreach(answer.list, i, leaver)
    {
        describe(dropped, leaver);
    }
    if (code == EXIT_INCOMPLETE)
        g_string_append(dropped->text, "Not every source could be read whole; every run checks the "
                                       "cases again until they are clear.\n");
    else if (code != EXIT_DONE)
        end_with(dropped, DROP_WAITING, g_strdup("the ledger could not be written"));
}

/* A ledger comes with the first run; without one no case would be kept. */
static bool has_ledger(Dropped *dropped)
{
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(dropped->invocation, LEDGER_READ, &ledger);

    if (code == EXIT_DONE && ledger == NULL)
        end_with(dropped, DROP_WAITING,
                 g_strdup("there is no ledger before the first run, so no case could be kept"));
    else if (code != EXIT_DONE)
        end_with(dropped, DROP_WAITING, g_strdup("the ledger could not be opened"));
    return ledger != NULL;
}

static void take(Dropped *dropped)
{
    g_autoptr(GArray) wanted = leaver_wanted_new();
    g_autoptr(GError) error = NULL;
    LeaverAsked nothing = {.last_day = DAY_NONE};

    if (!leaver_file_parse(dropped->file.content, dropped->file.length, &nothing, wanted, &error))
        end_with(dropped, DROP_REFUSED, g_strdup_printf("%s; nobody was checked", error->message));
    else if (wanted->len == 0)
        end_with(dropped, DROP_REFUSED, g_strdup("it names nobody"));
    else if (has_ledger(dropped))
        check_people(dropped, wanted);
}

/* ---- what became of it ---- */

static bool note(const Dropped *dropped, GError **error)
{
    g_autoptr(Ledger) ledger = NULL;
    CaseFile file = {.name = dropped->file.shown,
                     .owner = dropped->file.owner,
                     .digest = dropped->file.digest,
                     .result = drop_ends[dropped->end],
                     .why = dropped->why != NULL ? dropped->why : "",
                     .size = (int64_t)dropped->file.length,
                     .n_people = dropped->n_people,
                     .actor = actor_name(),
                     .at_utc = clock_utc()};

    /* What still waits was noted when it began to; what waits for the ledger is when it is taken.
     */
    return (dropped->end == DROP_WAITING && dropped->file.is_waiting) ||
           open_store(dropped->invocation, LEDGER_WRITE, &ledger) != EXIT_DONE ||
           ledger_case_file(ledger, &file, error);
}

static char *page_of(const Dropped *dropped)
{
    g_autofree char *now = time_to_text(clock_utc());

    return g_strdup_printf("%s: %s, %s\n%s%s%s%s\n%s\n", dropped->file.shown,
                           drop_ends[dropped->end], now, dropped->why != NULL ? dropped->why : "",
                           dropped->why != NULL ? "\n" : "", dropped->text->str,
                           dropped->file.digest != NULL ? dropped->file.digest : "not read",
                           dropped->end == DROP_WAITING ? "It is tried again by itself."
                           : dropped->end == DROP_REFUSED
                               ? "Correct it and drop it again; what was checked is no harm twice."
                               : "");
}

static ExitCode settle(const Dropped *dropped, Writer *writer)
{
    static const ExitCode codes[] = {EXIT_DONE, EXIT_FAILED, EXIT_INCOMPLETE};
    g_autoptr(GError) error = NULL;
    g_autofree char *page = page_of(dropped);

    if (!note(dropped, &error) ||
        !drop_folder_settle(dropped->folder, &dropped->file, dropped->end, page, &error)) {
        say_error("%s: %s; it stays where it is", dropped->file.shown, error->message);
        return EXIT_FAILED;
    }
    json_t *row =
        json_pack("{s:s s:s s:i s:s s:s? s:s?}", "file", dropped->file.shown, "result",
                  drop_ends[dropped->end], "people", (int)dropped->n_people, "owner",
                  dropped->file.owner, "why", dropped->why, "digest", dropped->file.digest);
    writer_row(writer, row);
    json_decref(row);
    return codes[dropped->end];
}

static ExitCode take_next(Invocation *invocation, const DropFolder *folder, const GPtrArray *list,
                          guint nth, Writer *writer)
{
    g_auto(Dropped)
        dropped = {.invocation = invocation, .folder = folder, .text = g_string_new(NULL)};
    char *why = NULL;

    if (!drop_folder_read(folder, list, nth, &dropped.file, &why)) {
        g_free(why);
        return EXIT_DONE;
    }
    if (why != NULL)
        end_with(&dropped, DROP_REFUSED, why);
    else
        take(&dropped);
    return settle(&dropped, writer);
}

static ExitCode worse(ExitCode a, ExitCode b)
{
    return a == EXIT_DONE || (a == EXIT_INCOMPLETE && b == EXIT_FAILED) ? b : a;
}

ExitCode leaver_drop(Invocation *invocation, const char *path)
{
    g_autoptr(GError) error = NULL;
    ExitCode code = EXIT_DONE;

    if (invocation_settings(invocation) == NULL)
        return EXIT_CONFIGURATION;
    g_autoptr(DropFolder) folder = drop_folder_open(path, &error);
    g_autoptr(GPtrArray) list = folder != NULL ? drop_folder_list(folder, &error) : NULL;
    if (list == NULL) {
        say_error("--drop: %s", error->message);
        return EXIT_FAILED;
    }
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "drop", drop_columns, stdout, invocation->has_colour);
    for (guint i = 0; i < list->len && !g_cancellable_is_cancelled(invocation->cancel); i++)
        code = worse(code, take_next(invocation, folder, list, i, writer));
    if (!writer_end(writer, &error)) {
        say_error("%s", error->message);
        return EXIT_FAILED;
    }
    return g_cancellable_is_cancelled(invocation->cancel) ? EXIT_INTERRUPTED : code;
}
