#include "run/look.h"

#include "run/facts.h"
#include "run/terminal.h"

#include <string.h>

static void say_incomplete(Look *look)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;

    look->is_whole = true;
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];

        if (source->status != SOURCE_COMPLETE &&
            (source->provides & look->reconciliation.wanted) != 0) {
            look->is_whole = false;
            say_error("%s: %s: %s; the answer is without it", source->name,
                      source_status_text(source->status), source->reason);
        }
    }
}

/* Who is in no roster any more is known by the ledger's memory of the last one. */
static ExitCode read_baseline(Look *look)
{
    g_autoptr(GError) error = NULL;

    if (look->ledger == NULL) {
        return EXIT_DONE;
    }
    look->baseline = ledger_baseline(look->ledger, look->reconciliation.as_of_utc, &error);
    look->hand_links = look->baseline != NULL ? hand_links_read(look->ledger, &error) : NULL;
    if (look->hand_links == NULL ||
        !ledger_next_run(look->ledger, &look->reconciliation.this_run, &error)) {
        return ledger_failed(error);
    }
    look->reconciliation.baseline = look->baseline;
    hand_links_use(look->hand_links, &look->reconciliation);
    return EXIT_DONE;
}

ExitCode look_open_some(Invocation *invocation, unsigned wanted, const Scope *scope, Look *look)
{
    *look = (Look){.invocation = invocation};
    ExitCode code = open_store(invocation, LEDGER_READ, &look->ledger);

    if (code != EXIT_DONE) {
        return code;
    }
    g_autoptr(Progress) progress = progress_new(invocation->is_quiet);

    look->reconciliation.settings = invocation->settings;
    look->reconciliation.wanted = wanted;
    look->reconciliation.scope = scope;
    look->reconciliation.progress = progress_report;
    look->reconciliation.progress_data = progress;
    look->reconciliation.cancel = invocation->cancel;
    if (!invocation_as_of(invocation, clock_utc(), &look->reconciliation.as_of_utc)) {
        return EXIT_USAGE;
    }
    code = read_baseline(look);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!reconciliation_look(&look->reconciliation)) {
        return EXIT_INTERRUPTED;
    }
    g_clear_pointer(&progress, progress_free);
    say_incomplete(look);
    return EXIT_DONE;
}

ExitCode look_open(Invocation *invocation, Look *look)
{
    return look_open_some(invocation, PROVIDES_EVERYTHING, NULL, look);
}

void look_clear(Look *look)
{
    reconciliation_clear(&look->reconciliation);
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

json_t *look_text(const Look *look, TextRef ref)
{
    return fact_text(snapshot_text(look->reconciliation.snapshot, ref));
}

json_t *look_person(const Look *look, uint32_t person)
{
    const People *people = &look->reconciliation.snapshot->people;

    if (person == NONE) {
        return json_null();
    }
    return json_pack("{s:o s:o}", "id", look_text(look, people->id[person]), "name",
                     look_text(look, people->name[person]));
}

json_t *look_owner(const Look *look, const Owner *owner, TextRef text)
{
    static const char *const kinds[] = {"none",  "person",    "account",
                                        "group", "ambiguous", "unknown"};

    if (text == 0) {
        return json_null();
    }
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
        if (bitset_has(table[i].set, group)) {
            json_array_append_new(kinds, json_string(table[i].name));
        }
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
        party_is(json_object_get(row, "object"), into->subject_type, into->key)) {
        json_array_append_new(into->list,
                              json_pack("{s:O s:O s:O s:O}", "id", json_object_get(row, "id"),
                                        "severity", json_object_get(row, "severity"), "control",
                                        json_object_get(row, "control"), "summary",
                                        json_object_get(row, "summary")));
    }
    return true;
}

static json_t *exceptions(const Look *look, const LedgerFilter *filter, Collect *into)
{
    g_autoptr(GError) error = NULL;

    into->list = json_array();
    if (look->ledger != NULL && !ledger_exceptions(look->ledger, filter, collect, into, &error)) {
        say_error("%s", error->message);
    }
    return into->list;
}

json_t *look_exceptions(const Look *look, const char *person, const char *account)
{
    LedgerFilter filter = {.person = person, .account = account};
    Collect into = {0};

    return exceptions(look, &filter, &into);
}

json_t *look_exceptions_of(const Look *look, const char *subject_type, const char *key)
{
    LedgerFilter filter = {0};
    Collect into = {.subject_type = subject_type, .key = key};

    return exceptions(look, &filter, &into);
}
