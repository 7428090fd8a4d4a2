#include "controls/reporting.h"

#include "controls/parties.h"

#include "base/tasks.h"

#include <string.h>
#include <xxhash.h>

/* ---- what a finding is ---- */

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text != NULL ? XXH3_64bits_withSeed(text, strlen(text), hash + 1) : hash * 31 + 1;
}

/* Texts that a finding is called by; NULL where there is none. */
typedef struct Called {
    Party subject, object;
    SubjectType object_type;
    const char *person_id, *person_name; /* of a finding with a person only */
} Called;

static Called called(const ControlContext *context, const Finding *finding)
{
    Called result = {.subject = finding_subject(context, finding)};
    result.object = finding_object(context, finding, &result.object_type);
    if (finding->person != NONE) {
        const People *people = &context->snapshot->people;
        result.person_id = snapshot_text(context->snapshot, people->id[finding->person]);
        result.person_name = snapshot_text(context->snapshot, people->name[finding->person]);
    }
    return result;
}

/* finding->facts is that of the control, and becomes that of everything that the text shows. */
static void identify(const ControlContext *context, const Called *by, Finding *finding)
{
    const uint64_t numbers[] = {(uint64_t)finding->detail, finding->facts,
                                context->judgement->limits_of[finding->control]};
    uint64_t hash = mix_text(mix_text(0, by->subject.name), by->subject.dn);
    hash = mix_text(mix_text(hash, by->object.name), by->object.dn);
    if (finding->person != NONE)
        hash = mix_text(mix_text(hash, by->person_id), by->person_name);
    finding->facts = XXH3_64bits_withSeed(numbers, sizeof numbers, hash);
    finding_identity(control_table[finding->control]->id, (SubjectType)finding->subject_type,
                     by->subject.source, by->subject.key, by->object_type, by->object.source,
                     by->object.key, finding->identity);
}

/* A DN or a key is often longer than a cache line. To ask for what is not mapped is slow. */
static void fetch(const Called *by)
{
    const char *texts[] = {by->subject.key, by->subject.name, by->subject.dn, by->object.key,
                           by->object.name, by->object.dn,    by->person_id,  by->person_name};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i] == NULL)
            continue;
        __builtin_prefetch(texts[i]);
        __builtin_prefetch(texts[i] + 63);
    }
}

#define BATCH 16

static void identify_range(void *data, size_t begin, size_t end)
{
    const ControlContext *context = data;
    Finding *findings = (Finding *)(void *)context->out->findings->data;
    Called by[BATCH];
    for (; begin < end; begin += BATCH) {
        size_t n = MIN(end - begin, BATCH);
        for (size_t i = 0; i < n; i++) {
            by[i] = called(context, &findings[begin + i]);
            fetch(&by[i]);
        }
        for (size_t i = 0; i < n; i++)
            identify(context, &by[i], &findings[begin + i]);
    }
}

void findings_identify(const ControlContext *context)
{
    tasks_run_ranges(identify_range, (void *)(uintptr_t)context, context->out->findings->len);
}

/* ---- for evaluate functions ---- */

static Severity risen(const ControlContext *context, SubjectType type, uint32_t subject, int step)
{
    int severity = (int)context->judgement->severity + step;
    bool is_account = type == SUBJECT_ACCOUNT ||
                      (type == SUBJECT_RIGHT && principal_kind(subject) == PRINCIPAL_ACCOUNT);
    if (is_account && !context->control->is_privilege_itself &&
        account_is_privileged(context, subject))
        severity++;
    return (Severity)CLAMP(severity, SEVERITY_LOW, SEVERITY_CRITICAL);
}

void control_report(ControlContext *context, SubjectType type, uint32_t subject, uint32_t object,
                    uint32_t person, int step, int64_t detail, uint32_t extra, uint64_t facts)
{
    bool is_account = type == SUBJECT_ACCOUNT ||
                      (type == SUBJECT_RIGHT && principal_kind(subject) == PRINCIPAL_ACCOUNT);
    if (is_account && context->links->person[subject] != person) /* shown by nothing but holders */
        facts = facts_mix(facts, context->links->person[subject] + UINT64_C(1));
    Finding finding = {.facts = facts,
                       .control = context->control_index,
                       .severity = (uint8_t)risen(context, type, subject, step),
                       .subject_type = (uint8_t)type,
                       .subject = subject,
                       .object = object,
                       .person = person,
                       .detail = detail,
                       .extra = extra};
    g_array_append_val(context->out->findings, finding);
}

static SubjectType type_named(const char *name)
{
    int type = 0;
    while (type < SUBJECT_NONE && strcmp(subject_types[type], name) != 0)
        type++;
    return (SubjectType)type;
}

/* As privileged as what the exception is about, which was found tonight. */
static Severity risen_as(const ControlContext *context, const StandingException *exception)
{
    const Finding *found = &g_array_index(context->out->findings, Finding, exception->finding);
    return risen(context, (SubjectType)found->subject_type, found->subject, 0);
}

void control_report_exception(ControlContext *context, const StandingException *exception,
                              int64_t detail, uint64_t facts)
{
    const GArray *overdue = context->standing->overdue, *lapsed = context->standing->lapsed;
    const StandingException *first = (const StandingException *)(const void *)overdue->data;
    bool is_overdue = exception >= first && exception < first + overdue->len;
    if (!is_overdue)
        first = (const StandingException *)(const void *)lapsed->data;
    facts = facts_mix(facts, exception->person_id != NULL ? g_str_hash(exception->person_id) : 0);
    Finding finding = {.facts = facts,
                       .control = context->control_index,
                       .severity = (uint8_t)risen_as(context, exception),
                       .subject_type = (uint8_t)type_named(exception->subject_type),
                       .subject = (uint32_t)(exception - first),
                       .object = NONE,
                       .person = NONE,
                       .detail = detail,
                       .extra = !is_overdue};
    Called by = called(context, &finding);
    identify(context, &by, &finding);
    g_array_append_val(context->out->findings, finding);
}

uint32_t reason_index(ControlContext *context, const char *reason)
{
    GHashTable *known = context->judgement->reasons;
    gpointer index = g_hash_table_lookup(known, reason);
    if (index != NULL)
        return GPOINTER_TO_UINT(index) - 1;
    char *copy = g_strdup(reason);
    g_ptr_array_add(context->out->reasons, copy);
    g_hash_table_insert(known, copy, GUINT_TO_POINTER(context->out->reasons->len));
    return context->out->reasons->len - 1;
}

void control_unjudged(ControlContext *context, const char *reason)
{
    Unjudged unjudged = {.control = context->control_index,
                         .scope = UNJUDGED_CONTROL,
                         .source = NONE,
                         .reason = reason_index(context, reason)};
    if (g_hash_table_add(context->judgement->said_control,
                         context->out->reasons->pdata[unjudged.reason]))
        g_array_append_val(context->out->unjudged, unjudged);
}

void control_unjudged_source(ControlContext *context, uint32_t source, const char *reason)
{
    Unjudged unjudged = {.control = context->control_index,
                         .scope = UNJUDGED_SOURCE,
                         .source = source,
                         .reason = reason_index(context, reason)};
    g_array_append_val(context->out->unjudged, unjudged);
}

void control_unjudged_subject(ControlContext *context, SubjectType type, uint32_t subject,
                              const char *reason)
{
    uintptr_t said = (uintptr_t)type << 32 | subject;
    if (!g_hash_table_add(context->judgement->said_subject, GSIZE_TO_POINTER(said)))
        return;
    Party party = party_of(context, type, subject);
    Unjudged unjudged = {.control = context->control_index,
                         .scope = UNJUDGED_SUBJECT,
                         .source = NONE,
                         .reason = reason_index(context, reason)};
    finding_identity(context->control->id, type, party.source, party.key, SUBJECT_NONE, NULL, NULL,
                     unjudged.identity);
    g_array_append_val(context->out->unjudged, unjudged);
}

void control_unjudged_exception(ControlContext *context, const StandingException *exception,
                                const char *reason)
{
    Unjudged unjudged = {.control = context->control_index,
                         .scope = UNJUDGED_SUBJECT,
                         .source = NONE,
                         .reason = reason_index(context, reason)};
    finding_identity(context->control->id, SUBJECT_EXCEPTION, NULL, exception->name, SUBJECT_NONE,
                     NULL, NULL, unjudged.identity);
    g_array_append_val(context->out->unjudged, unjudged);
}
