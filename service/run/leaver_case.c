/* leaver_case.c: leaver cases: when things are due, into the ledger, and shown. */

#include "run/leaver.h"

#include "base/times.h"
#include "controls/judgement.h"
#include "ledger/cases.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/leaver_case.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

/* ---- due ---- */

static int32_t last_day_of(const People *people, uint32_t person, const LeaverAsked *asked)
{
    int32_t day =
        people->last_day[person] != DAY_NONE ? people->last_day[person] : people->end_day[person];

    return asked->last_day != DAY_NONE ? asked->last_day : day;
}

/* What HR says goes before the roster; whoever left at an unknown instant is due now. */
static int64_t end_of_work(const Look *look, uint32_t person, const LeaverAsked *asked)
{
    const Reconciliation *r = &look->reconciliation;
    const People *people = &r->snapshot->people;
    int64_t end = people->last_day_end_utc[person] != TIME_UNKNOWN
                      ? people->last_day_end_utc[person]
                      : people->end_day_end_utc[person];

    if (asked->last_day != DAY_NONE) {
        return day_ends_utc(asked->last_day, r->settings->timezone);
    }
    return end != TIME_UNKNOWN ? end : r->as_of_utc;
}

static int64_t limit_of(const Look *look, const LeaverAsked *asked, const char *control,
                        const char *threshold)
{
    return asked->is_urgent
               ? 0
               : control_limit(look->reconciliation.settings, control_find(control), threshold);
}

LeaverDue leaver_due(const Look *look, uint32_t person, const LeaverAsked *asked)
{
    int64_t end = end_of_work(look, person, asked);

    return (LeaverDue){
        .account_utc = end + limit_of(look, asked, "leaver-active", "hours"),
        .right_utc = end + limit_of(look, asked, "leaver-rights", "days"),
        .privileged_right_utc = end + limit_of(look, asked, "leaver-rights", "privileged_hours"),
        .asset_utc = end + limit_of(look, asked, "asset-not-returned", "days"),
    };
}

/* ---- into the ledger ---- */

static const char *text_of_key(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static CaseLine case_line(const json_t *line, GTimeZone *zone)
{
    const json_t *object = json_object_get(line, "object");
    CaseLine result = {
        .kind = text_of_key(line, "kind"),
        .source = text_of_key(line, "source"),
        .key = text_of_key(line, "key"),
        .object_source = text_of_key(object, "source"),
        .object_key = text_of_key(object, "key"),
        .name = text_of_key(line, "name"),
        .text = text_of_key(line, "text"),
        .is_open = strcmp(text_of_key(line, "status"), "open") == 0,
    };

    time_parse(text_of(text_of_key(line, "due")), zone, &result.due_utc);
    return result;
}

static GArray *case_lines(const json_t *leaver, GTimeZone *zone)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(CaseLine));
    size_t i;
    json_t *line;

    json_array_foreach(json_object_get(leaver, "lines"), i, line)
    {
        CaseLine next = case_line(line, zone);
        g_array_append_val(lines, next);
    }
    return lines;
}

/* Names of the sources that a check could not read. */
static GPtrArray *unread_sources(const Snapshot *snapshot)
{
    GPtrArray *names = g_ptr_array_new();

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (snapshot->sources[i].status != SOURCE_COMPLETE) {
            g_ptr_array_add(names, snapshot->sources[i].name);
        }
    }
    g_ptr_array_add(names, NULL);
    return names;
}

bool leaver_case_record(Ledger *ledger, const Look *look, uint32_t person, const LeaverAsked *asked,
                        const json_t *leaver, const LeaverRecord *record, json_t **ret_case,
                        GError **error)
{
    const Reconciliation *r = &look->reconciliation;
    g_autoptr(GPtrArray) unread = unread_sources(r->snapshot);
    g_autoptr(GArray) lines = case_lines(leaver, r->settings->timezone);
    CaseCheck check = {
        .person = snapshot_text(r->snapshot, r->snapshot->people.id[person]),
        .name = snapshot_text(r->snapshot, r->snapshot->people.name[person]),
        .last_day = last_day_of(&r->snapshot->people, person, asked),
        .at_utc = r->as_of_utc,
        .actor = record->actor,
        .run = record->run,
        .is_urgent = asked->is_urgent,
        .may_open = record->may_open,
        .is_sure = json_array_size(json_object_get(leaver, "unsure")) == 0,
        .unread_sources = (const char *const *)(const void *)unread->pdata,
        .lines = (const CaseLine *)(const void *)lines->data,
        .n_lines = lines->len,
    };

    return ledger_case_check(ledger, &check, ret_case, error);
}

/* Somebody of whom nothing says that he leaves gets no case by being looked at. */
static bool is_leaving(const Look *look, uint32_t person, const LeaverAsked *asked)
{
    const People *people = &look->reconciliation.snapshot->people;

    return asked->is_urgent || last_day_of(people, person, asked) != DAY_NONE ||
           person_left_at(look->reconciliation.snapshot, person, look->reconciliation.as_of_utc) !=
               TIME_NEVER;
}

ExitCode leaver_case_check(Look *look, uint32_t person, const LeaverAsked *asked, json_t *leaver)
{
    g_autoptr(Ledger) ledger = NULL;
    g_autoptr(GError) error = NULL;
    json_t *found = NULL;

    json_object_set_new(leaver, "case", json_null());
    if (look->ledger == NULL) {
        say(look->invocation, "no case is kept: there is no ledger before the first run");
        return EXIT_DONE;
    }
    ExitCode code = open_store(look->invocation, LEDGER_WRITE, &ledger);
    if (code != EXIT_DONE) {
        return code;
    }
    LeaverRecord record = {.actor = invocation_actor(look->invocation),
                           .may_open = is_leaving(look, person, asked)};
    if (!leaver_case_record(ledger, look, person, asked, leaver, &record, &found, &error)) {
        return ledger_failed(error);
    }
    if (found != NULL) {
        json_object_set_new(leaver, "case", found);
    } else {
        say(look->invocation,
            "no case is opened: nothing says that %s leaves; --last-day DATE opens one",
            snapshot_text(look->reconciliation.snapshot,
                          look->reconciliation.snapshot->people.name[person]));
    }
    return EXIT_DONE;
}

/* ---- shown ---- */

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

    if (code != EXIT_DONE) {
        return code;
    }
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "leaver", case_columns, stdout, invocation->has_colour);
    if (ledger != NULL &&
        !ledger_cases(ledger, invocation_has(invocation, "all"), write_case, writer, &error)) {
        return ledger_failed(error);
    }
    if (!writer_end(writer, &error)) {
        say_error("%s", error->message);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
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
    if (is_open) {
        printf("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " lines open, next due %s\n",
               json_integer_value(json_object_get(found, "open")),
               json_integer_value(json_object_get(found, "lines_total")), shown(found, "due"));
    } else {
        printf("clear since %s\n", shown(found, "cleared"));
    }
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
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE) {
        return code;
    }
    json_t *found = ledger != NULL ? ledger_case(ledger, id, &error) : NULL;
    if (error != NULL) {
        return ledger_failed(error);
    }
    if (found == NULL) {
        say_error("there is no leaver case %s; rightful leaver list --all shows them", id);
        return EXIT_FAILED;
    }
    if (invocation->format == FORMAT_TABLE) {
        print_case(invocation, found);
        json_decref(found);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    return invocation->format == FORMAT_JSON
               ? print_json(invocation,
                            json_pack("{s:i s:o}", "schema_version", 1, "leaver_case", found))
               : show_things(invocation, "leaver", json_pack("[o]", found));
}

/* ---- every run ---- */

static bool collect(json_t *row, void *rows)
{
    json_array_append(rows, row);
    return true;
}

/* As HR said it when the case was opened. */
static LeaverAsked asked_before(const json_t *found)
{
    LeaverAsked asked = {.last_day = DAY_NONE,
                         .is_urgent = json_is_true(json_object_get(found, "urgent"))};
    const char *day = json_string_value(json_object_get(found, "last_day"));

    if (day != NULL) {
        day_parse(text_of(day), NULL, &asked.last_day);
    }
    return asked;
}

/* A person in no roster that could be read is left for a run that reads more. */
static bool check_again(Ledger *ledger, const Look *look, const json_t *found,
                        const LeaverRecord *record, LeaverChecked *counts, GError **error)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const char *id = text_of_key(json_object_get(found, "person"), "id");
    uint32_t person = snapshot_find_person(snapshot, id);
    LeaverAsked asked = asked_before(found);
    json_t *now = NULL;

    if (person == NONE) {
        return true;
    }
    json_t *leaver = leaver_facts(look, person, true, &asked);
    bool is_done = leaver_case_record(ledger, look, person, &asked, leaver, record, &now, error);
    counts->n_checked++;
    counts->n_clear += now != NULL && strcmp(shown(now, "status"), "clear") == 0;
    json_decref(leaver);
    json_decref(now);
    return is_done;
}

bool leaver_cases_check(Ledger *ledger, const Look *look, int64_t run, const char *actor,
                        LeaverChecked *ret_counts, GError **error)
{
    json_t *cases = json_array();
    LeaverRecord record = {.actor = actor, .run = run};
    bool is_done = ledger_cases(ledger, false, collect, cases, error);
    size_t i;
    json_t *found;

    *ret_counts = (LeaverChecked){0};
    json_array_foreach(cases, i, found)
    {
        is_done = is_done && check_again(ledger, look, found, &record, ret_counts, error);
    }
    json_decref(cases);
    return is_done;
}
