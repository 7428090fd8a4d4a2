/* identifiers.c: names and addresses that were somebody else's a while ago. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"

#include <string.h>

static const Threshold reused_thresholds[] = {
    {"days", "Time for which nobody else should get the name or address of an account.", 365,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static const char *const identifier_names[] = {
    [IDENTIFIER_NAME] = "name", [IDENTIFIER_MAIL] = "mail", [IDENTIFIER_UPN] = "upn"};

static TextRef identifier_of(const Accounts *accounts, uint32_t account, IdentifierKind kind)
{
    const TextRef *const columns[] = {[IDENTIFIER_NAME] = accounts->name,
                                      [IDENTIFIER_MAIL] = accounts->mail,
                                      [IDENTIFIER_UPN] = accounts->upn};
    return columns[kind][account];
}

/* Did the identifier belong to somebody else, and not too long ago? Names are those of one source,
 * addresses are the same everywhere. */
static bool was_anothers(const ControlContext *context, uint32_t account, uint32_t person,
                         const FormerIdentifier *former, int64_t limit)
{
    const Snapshot *snapshot = context->snapshot;
    const char *source = snapshot->sources[snapshot->accounts.source[account]].name;
    if (former->kind != IDENTIFIER_MAIL && strcmp(former->source, source) != 0)
        return false;
    if (former->last_seen_utc < context->as_of_utc - limit)
        return false;
    uint32_t before = person_speaking(snapshot, snapshot_find_person(snapshot, former->person_id));
    return before == NONE || before != person;
}

/* Called for each former owner of one of the account's identifiers. */
typedef void (*FormerVisit)(const ControlContext *context, const FormerIdentifier *former,
                            void *data);

static void each_former_of_kind(const ControlContext *context, uint32_t account, uint32_t person,
                                IdentifierKind kind, FormerVisit visit, void *data)
{
    TextRef text = identifier_of(&context->snapshot->accounts, account, kind);
    int64_t limit = control_limit(context->settings, context->control, "days");
    size_t n = 0;
    g_autofree char *folded = g_utf8_casefold(snapshot_text(context->snapshot, text), -1);
    const FormerIdentifier *former = memory_former(context->memory, kind, folded, &n);
    for (size_t i = 0; text != 0 && i < n; i++) {
        if (was_anothers(context, account, person, &former[i], limit))
            visit(context, &former[i], data);
    }
}

static void each_former(const ControlContext *context, uint32_t account, uint32_t person,
                        FormerVisit visit, void *data)
{
    for (int kind = IDENTIFIER_NAME; kind <= IDENTIFIER_UPN; kind++)
        each_former_of_kind(context, account, person, (IdentifierKind)kind, visit, data);
}

/* ---- which accounts are worth a look ---- */

/* The same for texts that differ in the case of ASCII letters only. */
static guint rough_hash(const char *text)
{
    guint hash = 5381;
    for (; *text != '\0'; text++)
        hash = hash * 33 + (guint)g_ascii_tolower(*text);
    return hash;
}

/* Of what was somebody's: an account none of whose texts is among them costs no folding. */
static GHashTable *rough_hashes(const Memory *memory)
{
    GHashTable *hashes = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < memory->former->len; i++)
        g_hash_table_add(hashes, GUINT_TO_POINTER(rough_hash(
                                     g_array_index(memory->former, FormerIdentifier, i).value)));
    return hashes;
}

static bool is_worth_a_look(const Snapshot *snapshot, GHashTable *hashes, uint32_t account)
{
    for (int kind = IDENTIFIER_NAME; kind <= IDENTIFIER_UPN; kind++) {
        TextRef ref = identifier_of(&snapshot->accounts, account, (IdentifierKind)kind);
        const char *text = snapshot_text(snapshot, ref);
        if (ref != 0 && (!g_str_is_ascii(text) ||
                         g_hash_table_contains(hashes, GUINT_TO_POINTER(rough_hash(text)))))
            return true;
    }
    return false;
}

/* ---- identifier-reused ---- */

typedef struct Reuse {
    uint64_t facts;
    const FormerIdentifier *newest;
} Reuse;

static void add_reuse(const ControlContext *context, const FormerIdentifier *former, void *data)
{
    Reuse *reuse = data;
    (void)context;
    uint64_t facts = facts_mix(former->kind, (uint64_t)former->last_seen_utc);
    facts = facts_mix(facts, g_str_hash(former->person_id) ^ g_str_hash(former->account_key));
    reuse->facts += facts_mix(facts, g_str_hash(former->person_name));
    if (reuse->newest == NULL || former->last_seen_utc > reuse->newest->last_seen_utc)
        reuse->newest = former;
}

static void judge_reuse(ControlContext *context, uint32_t account)
{
    Reuse reuse = {0, NULL};
    uint32_t person = person_speaking(context->snapshot, person_of(context, account));
    each_former(context, account, person, add_reuse, &reuse);
    if (reuse.newest == NULL)
        return;
    if (person != NONE)
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0,
                       reuse.newest->last_seen_utc, 0,
                       facts_mix(reuse.facts, account_facts(context, account)));
    else if (context->links->person_link[account] == PERSON_LINK_AMBIGUOUS)
        control_unjudged_subject(context, SUBJECT_ACCOUNT, account,
                                 "several people match the account");
}

/* Whose names were never recorded cannot have been reused, as far as anybody knows. */
static void unjudged_new_sources(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & (PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS)) == 0 ||
            snapshot->sources[i].status != SOURCE_COMPLETE ||
            context->memory->source_known_utc[i] != TIME_UNKNOWN)
            continue;
        g_autofree char *reason = g_strdup_printf(
            "%s: nothing is recorded of what earlier runs saw", snapshot->sources[i].name);
        control_unjudged_source(context, i, reason);
    }
}

static void evaluate_reused(ControlContext *context)
{
    unjudged_new_sources(context);
    if (context->memory->former->len == 0)
        return;
    g_autoptr(GHashTable) hashes = rough_hashes(context->memory);
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (account_is_of(context, account, CLASSES_OF_PEOPLE) &&
            is_worth_a_look(context->snapshot, hashes, account))
            judge_reuse(context, account);
    }
}

typedef struct Telling {
    json_t *list;
    const FormerIdentifier *newest;
} Telling;

static void tell_former(const ControlContext *context, const FormerIdentifier *former, void *data)
{
    Telling *telling = data;
    json_t *row = json_object();
    (void)context;
    evidence_text(row, "identifier", identifier_names[former->kind]);
    evidence_text(row, "value", former->value);
    evidence_text(row, "source", former->source);
    evidence_text(row, "account_key", former->account_key);
    evidence_text(row, "person_id", former->person_id);
    evidence_text(row, "person_name", former->person_name);
    evidence_time(row, "last_seen", former->last_seen_utc);
    json_array_append_new(telling->list, row);
    if (telling->newest == NULL || former->last_seen_utc > telling->newest->last_seen_utc)
        telling->newest = former;
}

static void describe_reused(const ControlContext *context, const Finding *finding,
                            FindingText *text)
{
    json_t *evidence = json_object();
    Telling telling = {json_array(), NULL};
    uint32_t person = person_speaking(context->snapshot, finding->person);
    each_former(context, finding->subject, person, tell_former, &telling);
    json_object_set_new(evidence, "former", telling.list);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);

    const FormerIdentifier *former = telling.newest;
    TextRef now =
        identifier_of(&context->snapshot->accounts, finding->subject, (IdentifierKind)former->kind);
    const char *value = snapshot_text(context->snapshot, now);
    const char *whose = *former->person_name != '\0' ? former->person_name : former->person_id;
    g_autofree char *day = day_shown(context, former->last_seen_utc);
    char *summary =
        sentence("The %s %s, which belongs to %s now, was that of %s until %s (%s).",
                 identifier_names[former->kind], value, person_shown(context, finding->person),
                 whose, day, context->settings->timezone_name);
    char *action = sentence("Give the account another %s, or make sure that nothing still grants "
                            "%s what was meant for %s, then decide on this exception.",
                            identifier_names[former->kind], value, whose);
    finding_text_take(text, summary, evidence, action);
}

const Control control_identifier_reused = {
    .id = "identifier-reused",
    .title = "Name or address of a former person's account belongs to another person",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_DIRECTORY | NEED_MEMORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = reused_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16", .nist = "IA-4"},
    .evaluate = evaluate_reused,
    .describe = describe_reused,
};
