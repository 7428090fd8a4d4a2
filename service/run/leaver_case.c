/* leaver_case.c: leaver cases: when things are due, into the ledger, and checked again by runs. */

#include "run/leaver.h"

#include "base/times.h"
#include "controls/judgement.h"
#include "ledger/cases.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/leaver_case.h"

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

    if (asked->last_day != DAY_NONE)
        return day_ends_utc(asked->last_day, r->settings->timezone);
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
        .owner_utc = end,
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
        if (snapshot->sources[i].status != SOURCE_COMPLETE)
            g_ptr_array_add(names, snapshot->sources[i].name);
    }
    g_ptr_array_add(names, NULL);
    return names;
}

static json_t *proof_sources(const Snapshot *snapshot)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        json_t *source = fact_source(&snapshot->sources[i]);
        json_array_append_new(list, case_proof_source(source));
        json_decref(source);
    }
    return list;
}

/* Whose something is, is told by rosters and by the directories of their accounts: as long as one
 * of them was not read, what is not his any more may be his all the same. */
static GPtrArray *untold_kinds(const Snapshot *snapshot, const json_t *leaver)
{
    static const char *const owned[] = {"asset",  "owned-asset", "owned-account", "owned-group",
                                        "report", "sponsored",   "approval"};
    bool is_told =
        snapshot_is_complete(snapshot, PROVIDES_PEOPLE | PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS);
    GPtrArray *kinds = g_ptr_array_new();

    for (size_t i = 0; !is_told && i < G_N_ELEMENTS(owned); i++)
        g_ptr_array_add(kinds, (gpointer)(uintptr_t)owned[i]);
    if (!json_is_array(json_object_get(leaver, "reviews")))
        g_ptr_array_add(kinds, (gpointer)(uintptr_t) "review");
    g_ptr_array_add(kinds, NULL);
    return kinds;
}

bool leaver_case_record(Ledger *ledger, const Look *look, uint32_t person, const LeaverAsked *asked,
                        const json_t *leaver, const LeaverRecord *record, json_t **ret_case,
                        GError **error)
{
    const Reconciliation *r = &look->reconciliation;
    g_autoptr(GPtrArray) unread = unread_sources(r->snapshot);
    g_autoptr(GPtrArray) untold = untold_kinds(r->snapshot, leaver);
    g_autoptr(GArray) lines = case_lines(leaver, r->settings->timezone);
    json_t *sources = record->run == 0 ? proof_sources(r->snapshot) : NULL;
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
        .unread_kinds = (const char *const *)(const void *)untold->pdata,
        .sources = sources,
        .lines = (const CaseLine *)(const void *)lines->data,
        .n_lines = lines->len,
    };

    bool is_done = ledger_case_check(ledger, &check, ret_case, error);
    json_decref(sources);
    return is_done;
}

/* Somebody of whom nothing says that he leaves gets no case by being looked at. */
static bool is_leaving(const Look *look, uint32_t person, const LeaverAsked *asked)
{
    const People *people = &look->reconciliation.snapshot->people;

    return asked->is_urgent || last_day_of(people, person, asked) != DAY_NONE ||
           person_left_at(look->reconciliation.snapshot, person, look->reconciliation.as_of_utc) !=
               TIME_NEVER;
}

ExitCode leaver_case_check(Look *look, uint32_t person, const LeaverAsked *asked, const char *actor,
                           json_t *leaver)
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
    if (code != EXIT_DONE)
        return code;
    LeaverRecord record = {.actor = actor, .may_open = is_leaving(look, person, asked)};
    if (!leaver_case_record(ledger, look, person, asked, leaver, &record, &found, &error))
        return ledger_failed(error);
    if (found != NULL)
        json_object_set_new(leaver, "case", found);
    else
        say(look->invocation,
            "no case is opened: nothing says that %s leaves; --last-day DATE opens one",
            snapshot_text(look->reconciliation.snapshot,
                          look->reconciliation.snapshot->people.name[person]));
    return EXIT_DONE;
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

    if (day != NULL)
        day_parse(text_of(day), NULL, &asked.last_day);
    return asked;
}

static uint32_t person_in_case(const Look *look, const json_t *found)
{
    return snapshot_find_person(look->reconciliation.snapshot,
                                text_of_key(json_object_get(found, "person"), "id"));
}

/* A person in no roster that could be read is left for a run that reads more. */
static bool check_again(Ledger *ledger, const Look *look, const json_t *found, const Owned *owned,
                        const LeaverRecord *record, LeaverChecked *counts, GError **error)
{
    LeaverAsked asked = asked_before(found);
    LeaverQuestion question = {.person = person_in_case(look, found),
                               .has_keys = true,
                               .asked = &asked,
                               .owned = owned,
                               .ledger = ledger};
    json_t *now = NULL;
    json_t *leaver = leaver_facts(look, &question);
    bool is_done =
        leaver_case_record(ledger, look, question.person, &asked, leaver, record, &now, error);

    counts->n_checked++;
    counts->n_clear += now != NULL && strcmp(text_of_key(now, "status"), "clear") == 0;
    json_decref(leaver);
    json_decref(now);
    return is_done;
}

static OwnedIndex *owned_by_leavers(const Look *look, const json_t *cases)
{
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    size_t i;
    json_t *found;

    json_array_foreach((json_t *)(uintptr_t)cases, i, found)
    {
        uint32_t person = person_in_case(look, found);
        g_array_append_val(people, person);
    }
    return owned_index_new(look, (const uint32_t *)(const void *)people->data, people->len);
}

bool leaver_cases_check(Ledger *ledger, const Look *look, int64_t run, const char *actor,
                        LeaverChecked *ret_counts, GError **error)
{
    json_t *cases = json_array();
    LeaverRecord record = {.actor = actor, .run = run};
    bool is_done = ledger_cases(ledger, false, collect, cases, error);
    g_autoptr(OwnedIndex) index = owned_by_leavers(look, cases);
    size_t i;
    json_t *found;

    *ret_counts = (LeaverChecked){0};
    json_array_foreach(cases, i, found)
    {
        const Owned *owned = owned_of(index, person_in_case(look, found));
        is_done = is_done && (owned == NULL ||
                              check_again(ledger, look, found, owned, &record, ret_counts, error));
    }
    json_decref(cases);
    return is_done;
}
