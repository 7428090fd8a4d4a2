#include "run/look.h"

#include "base/times.h"
#include "run/facts.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

/* Of the sources that provide one of these. */
static void say_incomplete(Look *look, unsigned kinds)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];

        if (source->status != SOURCE_COMPLETE && (source->provides & kinds) != 0) {
            look->is_whole = false;
            say_error("%s: %s: %s; the answer is without it", source->name,
                      source_status_text(source->status), source->reason);
        }
    }
}

/* What is judged is compared with the last run, and time goes only forward. */
static ExitCode before_last_run(const Look *look)
{
    g_autofree char *as_of = time_to_text(look->reconciliation.as_of_utc);
    g_autofree char *last = time_to_text(look->baseline->last_as_of_utc);

    return usage_error(look->invocation,
                       "%s lies before run %" G_GINT64_FORMAT
                       ", which judged by %s; the ledger only goes forward. Nothing was read or "
                       "changed",
                       as_of, look->baseline->last_run, last);
}

/* Who is in no roster any more is known by the ledger's memory of the last one. */
static ExitCode read_baseline(Look *look, bool is_judging)
{
    g_autoptr(GError) error = NULL;

    if (look->ledger == NULL)
        return EXIT_DONE;
    look->baseline = is_judging
                         ? ledger_baseline(look->ledger, look->reconciliation.as_of_utc, &error)
                         : ledger_baseline_people(look->ledger, &error);
    look->hand_links = look->baseline != NULL ? hand_links_read(look->ledger, &error) : NULL;
    if (look->hand_links == NULL ||
        !ledger_next_run(look->ledger, &look->reconciliation.this_run, &error))
        return ledger_failed(error);
    look->reconciliation.baseline = look->baseline;
    if (look->reconciliation.as_of_utc < look->baseline->last_as_of_utc && is_judging)
        return before_last_run(look);
    look->reconciliation.ledger = is_judging ? look->ledger : NULL;
    hand_links_use(look->hand_links, &look->reconciliation);
    return EXIT_DONE;
}

/* What reading the sources needs; the invocation is set. */
static ExitCode prepare(Look *look, unsigned wanted)
{
    const Invocation *invocation = look->invocation;

    if (!invocation_has_secrets(invocation))
        return EXIT_CONFIGURATION;
    look->is_whole = true;
    look->progress = progress_new(invocation->is_quiet);
    look->reconciliation.settings = invocation->settings;
    look->reconciliation.wanted = wanted;
    look->reconciliation.progress = progress_report;
    look->reconciliation.progress_data = look->progress;
    look->reconciliation.cancel = invocation->cancel;
    return invocation_as_of(invocation, clock_utc(), &look->reconciliation.as_of_utc) ? EXIT_DONE
                                                                                      : EXIT_USAGE;
}

static ExitCode open_prepared(Invocation *invocation, unsigned wanted, bool is_judging, Look *look)
{
    *look = (Look){.invocation = invocation};
    ExitCode code = open_store(invocation, LEDGER_READ, &look->ledger);

    if (code == EXIT_DONE)
        code = prepare(look, wanted);
    return code == EXIT_DONE ? read_baseline(look, is_judging) : code;
}

/* The stages have come to their end, or not. */
static ExitCode end_reading(Look *look, bool is_read)
{
    progress_hide(look->progress);
    if (!is_read)
        return EXIT_INTERRUPTED;
    say_incomplete(look, look->reconciliation.wanted);
    return EXIT_DONE;
}

ExitCode look_open_some(Invocation *invocation, unsigned wanted, Look *look)
{
    ExitCode code = open_prepared(invocation, wanted, false, look);

    return code == EXIT_DONE ? end_reading(look, reconciliation_look(&look->reconciliation)) : code;
}

ExitCode look_open_rosters(Invocation *invocation, Look *look)
{
    *look = (Look){.invocation = invocation};
    ExitCode code = open_store(invocation, LEDGER_READ, &look->ledger);

    if (code == EXIT_DONE)
        code = prepare(look, PROVIDES_PEOPLE);
    if (code == EXIT_DONE) {
        reconciliation_begin(&look->reconciliation); /* the ledger is read meanwhile */
        code = read_baseline(look, false);
    }
    if (code == EXIT_DONE)
        code = end_reading(look, reconciliation_look_rosters(&look->reconciliation));
    return code;
}

ExitCode look_add_scope(Look *look, const Scope *scope)
{
    look->reconciliation.wanted = PROVIDES_EVERYTHING & ~(unsigned)PROVIDES_PEOPLE;
    progress_show(look->progress);
    return end_reading(look, reconciliation_look_scope(&look->reconciliation, scope));
}

ExitCode look_open_judged(Invocation *invocation, Look *look)
{
    ExitCode code = open_prepared(invocation, PROVIDES_EVERYTHING, true, look);

    if (code == EXIT_DONE)
        code = end_reading(look, reconciliation_judge(&look->reconciliation));
    return code == EXIT_DONE && look->reconciliation.recall_error != NULL
               ? ledger_failed(look->reconciliation.recall_error)
               : code;
}

/* ---- the past ---- */

static bool has_run(Ledger *ledger)
{
    json_t *newest = ledger != NULL ? ledger_last_run(ledger, NULL) : NULL;
    bool has = newest != NULL;

    json_decref(newest);
    return has;
}

/* Nothing is kept of any past: what there is now is all that can be shown. */
static ExitCode open_without_past(Invocation *invocation, Look *look)
{
    say(invocation,
        "there was no run yet, so nothing is known of the past: these are the sources as they are "
        "now, judged by %s",
        invocation_value(invocation, "as-of"));
    return look_open_some(invocation, PROVIDES_EVERYTHING, look);
}

/* Which sources the run of that day did not read whole, and what else is not as it should be. */
static void say_past(const Look *look)
{
    const LedgerPast *past = look->past;
    const Snapshot *snapshot = look->reconciliation.snapshot;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        g_autofree char *as_of = time_to_text(past->sources[i].as_of_utc);

        if (snapshot->sources[i].status == SOURCE_COMPLETE && past->sources[i].run != past->run)
            say(look->invocation,
                "%s: run %" G_GINT64_FORMAT " did not read it whole; shown as of run "
                "%" G_GINT64_FORMAT ", %s",
                snapshot->sources[i].name, past->run, past->sources[i].run, as_of);
    }
    if (past->n_unexplained > 0)
        say_error("%" G_GINT64_FORMAT
                  " memberships are of things that no source had at that time; the answer is "
                  "without them",
                  past->n_unexplained);
}

ExitCode look_open_run(Look *look, int64_t run)
{
    g_autoptr(GError) error = NULL;
    Reconciliation *r = &look->reconciliation;

    look->past = ledger_past(look->ledger, run, &error);
    if (look->past == NULL)
        return ledger_failed(error);
    r->settings = look->invocation->settings;
    r->wanted = PROVIDES_EVERYTHING;
    r->cancel = look->invocation->cancel;
    r->as_of_utc = look->past->as_of_utc;
    r->past = look->past;
    if (!reconciliation_look(r))
        return EXIT_INTERRUPTED;
    /* Whatever such a directory records, the history does not keep it. */
    for (uint32_t i = 0; i < r->snapshot->n_sources; i++) {
        bool may_record = g_strcmp0(r->snapshot->sources[i].kind, "ldap") == 0;
        r->snapshot->sources[i].recorded_times = may_record ? UINT_MAX : 0;
    }
    look->is_whole = true;
    say_incomplete(look, PROVIDES_EVERYTHING);
    say_past(look);
    return EXIT_DONE;
}

static ExitCode open_past(Look *look, int64_t utc)
{
    g_autoptr(GError) error = NULL;
    int64_t run = 0;

    if (!ledger_run_at(look->ledger, utc, &run, &error))
        return ledger_failed(error);
    if (run == 0) {
        say_error("--as-of %s: no run was applied up to then; rightful runs lists them",
                  invocation_value(look->invocation, "as-of"));
        return EXIT_FAILED;
    }
    return look_open_run(look, run);
}

ExitCode look_open(Invocation *invocation, Look *look)
{
    int64_t utc;

    if (invocation_settings(invocation) == NULL)
        return EXIT_CONFIGURATION;
    if (!invocation_past(invocation, &utc))
        return EXIT_USAGE;
    if (utc == TIME_UNKNOWN)
        return look_open_some(invocation, PROVIDES_EVERYTHING, look);
    *look = (Look){.invocation = invocation};
    ExitCode code = open_store(invocation, LEDGER_READ, &look->ledger);

    if (code == EXIT_DONE && !has_run(look->ledger)) {
        look_clear(look);
        return open_without_past(invocation, look);
    }
    return code == EXIT_DONE ? open_past(look, utc) : code;
}

void look_clear(Look *look)
{
    reconciliation_clear(&look->reconciliation); /* ends what is still being read, and reports */
    g_clear_pointer(&look->progress, progress_free);
    g_clear_pointer(&look->past, ledger_past_free);
    g_clear_pointer(&look->baseline, baseline_free);
    g_clear_pointer(&look->hand_links, hand_links_free);
    g_clear_pointer(&look->ledger, ledger_close);
}

ExitCode look_result(const Look *look)
{
    return look->is_whole ? EXIT_DONE : EXIT_INCOMPLETE;
}

ExitCode look_not_found(const Look *look, const char *what, const char *text)
{
    say_error("there is no %s \"%s\"%s", what, text,
              look->is_whole ? "" : " in the sources that could be read");
    return look->is_whole ? EXIT_FAILED : EXIT_INCOMPLETE;
}

/* ---- answers ---- */

void look_print_heading(const Look *look)
{
    if (look->past != NULL) {
        g_autofree char *as_of = time_to_text(look->past->as_of_utc);

        printf("As of run %" G_GINT64_FORMAT ", %s\n\n", look->past->run, as_of);
    }
}

static json_t *past_envelope(const Look *look)
{
    const LedgerPast *past = look->past;
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *sources = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        json_array_append_new(
            sources,
            json_pack("{s:s s:o s:o}", "name", snapshot->sources[i].name, "run",
                      past->sources[i].run > 0 ? json_integer(past->sources[i].run) : json_null(),
                      "as_of", fact_time(past->sources[i].as_of_utc)));
    return json_pack("{s:i s:o s:I s:o}", "schema_version", 1, "as_of", fact_time(past->as_of_utc),
                     "run", (json_int_t)past->run, "sources", sources);
}

ExitCode look_show(const Look *look, const char *name, json_t *things)
{
    const Invocation *invocation = look->invocation;

    if (look->past != NULL && invocation->format == FORMAT_JSON) {
        json_t *answer = past_envelope(look);

        json_object_set_new(answer, name, things);
        return print_json(invocation, answer);
    }
    if (invocation->format == FORMAT_TABLE)
        look_print_heading(look);
    return show_things(invocation, name, things);
}

typedef struct Sorting {
    json_t *row;
    const char *const *members;
} Sorting;

static int compare_rows(const void *a, const void *b)
{
    const Sorting *first = a, *second = b;
    int order = 0;

    for (const char *const *member = first->members; order == 0 && *member != NULL; member++)
        order = g_strcmp0(json_string_value(json_object_get(first->row, *member)),
                          json_string_value(json_object_get(second->row, *member)));
    return order;
}

void look_sort(json_t *list, const char *const *members)
{
    size_t n = json_array_size(list), i;
    g_autofree Sorting *rows = g_new(Sorting, n + 1);
    json_t *row;

    json_array_foreach(list, i, row)
    {
        rows[i] = (Sorting){json_incref(row), members};
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    for (i = 0; i < n; i++)
        json_array_set_new(list, i, rows[i].row);
}

json_t *look_text(const Look *look, TextRef ref)
{
    return fact_text(snapshot_text(look->reconciliation.snapshot, ref));
}

json_t *look_person(const Look *look, uint32_t person)
{
    const People *people = &look->reconciliation.snapshot->people;

    if (person == NONE)
        return json_null();
    return json_pack("{s:o s:o}", "id", look_text(look, people->id[person]), "name",
                     look_text(look, people->name[person]));
}

json_t *look_owner(const Look *look, const Owner *owner, TextRef text)
{
    static const char *const kinds[] = {"none",  "person",    "account",
                                        "group", "ambiguous", "unknown"};

    if (text == 0)
        return json_null();
    return json_pack("{s:o s:s s:o}", "text", look_text(look, text), "is", kinds[owner->kind],
                     "person", look_person(look, owner_person(owner)));
}

json_t *look_kinds(const Look *look, uint32_t group)
{
    const Governed *governed = look->reconciliation.governed;
    json_t *kinds = json_array();
    const struct {
        const Bitset *set;
        const char *name;
    } table[] = {{&governed->privileged, "privileged"},
                 {&governed->entitlement, "entitlement"},
                 {&governed->access, "access to an asset"},
                 {&governed->segregation, "segregation rule"}};

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (bitset_has(table[i].set, group))
            json_array_append_new(kinds, json_string(table[i].name));
    }
    return kinds;
}

/* ---- exceptions of a subject ---- */

typedef struct Collect {
    json_t *list;
    const char *subject_type, *key;
} Collect;

static bool party_is(json_t *party, const char *type, const char *key)
{
    return g_strcmp0(json_string_value(json_object_get(party, "type")), type) == 0 &&
           g_strcmp0(json_string_value(json_object_get(party, "key")), key) == 0;
}

static bool collect(json_t *row, void *data)
{
    Collect *into = data;

    if (into->key == NULL ||
        party_is(json_object_get(row, "subject"), into->subject_type, into->key) ||
        party_is(json_object_get(row, "object"), into->subject_type, into->key))
        json_array_append_new(into->list,
                              json_pack("{s:O s:O s:O s:O}", "id", json_object_get(row, "id"),
                                        "severity", json_object_get(row, "severity"), "control",
                                        json_object_get(row, "control"), "summary",
                                        json_object_get(row, "summary")));
    return true;
}

static json_t *exceptions(const Look *look, const LedgerFilter *filter, Collect *into)
{
    g_autoptr(GError) error = NULL;

    into->list = json_array();
    if (look->ledger != NULL && !ledger_exceptions(look->ledger, filter, collect, into, &error))
        say_error("%s", error->message);
    return into->list;
}

json_t *look_exceptions(const Look *look, const char *person, const char *account)
{
    LedgerFilter filter = {
        .person = person, .account = account, .at_run = look->past != NULL ? look->past->run : 0};
    Collect into = {0};

    return exceptions(look, &filter, &into);
}

json_t *look_exceptions_of(const Look *look, const char *subject_type, const char *key)
{
    LedgerFilter filter = {.at_run = look->past != NULL ? look->past->run : 0};
    Collect into = {.subject_type = subject_type, .key = key};

    return exceptions(look, &filter, &into);
}
