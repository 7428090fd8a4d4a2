#include "controls/evidence.h"
#include "controls/parties.h"

#include "base/tasks.h"

#include <string.h>
#include <xxhash.h>

/* ---- reporting ---- */

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text != NULL ? XXH3_64bits_withSeed(text, strlen(text), hash + 1) : hash * 31 + 1;
}

static uint64_t all_facts(const ControlContext *context, const Party *subject, const Party *object,
                          uint32_t person, int64_t detail, uint64_t facts)
{
    const Party *parties[] = {subject, object};
    uint64_t hash = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(parties); i++) {
        hash = mix_text(hash, parties[i]->name);
        hash = mix_text(hash, parties[i]->dn);
    }
    if (person != NONE) {
        const People *people = &context->snapshot->people;
        hash = mix_text(hash, snapshot_text(context->snapshot, people->id[person]));
        hash = mix_text(hash, snapshot_text(context->snapshot, people->name[person]));
    }
    const uint64_t numbers[] = {(uint64_t)detail, facts, context->judgement->limits_hash};
    return XXH3_64bits_withSeed(numbers, sizeof numbers, hash);
}

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
    SubjectType object_type = object_type_of(context->control, object);
    Party of_subject = party_of(context, type, subject);
    Party of_object =
        object_type != SUBJECT_NONE ? party_of(context, object_type, object) : (Party){.key = NULL};
    bool is_account = type == SUBJECT_ACCOUNT ||
                      (type == SUBJECT_RIGHT && principal_kind(subject) == PRINCIPAL_ACCOUNT);
    if (is_account && context->links->person[subject] != person) /* shown by nothing but holders */
        facts = facts_mix(facts, context->links->person[subject] + UINT64_C(1));
    Finding finding = {.facts = all_facts(context, &of_subject, &of_object, person, detail, facts),
                       .control = context->control_index,
                       .severity = (uint8_t)risen(context, type, subject, step),
                       .subject_type = (uint8_t)type,
                       .subject = subject,
                       .object = object,
                       .person = person,
                       .detail = detail,
                       .extra = extra};
    finding_identity(context->control->id, type, of_subject.source, of_subject.key, object_type,
                     of_object.source, of_object.key, finding.identity);
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
    SubjectType type = type_named(exception->subject_type);
    Party subject = party_of_exception(exception);
    Party object = {.key = exception->name, .name = exception->control};
    facts = facts_mix(facts, exception->person_id != NULL ? g_str_hash(exception->person_id) : 0);
    Finding finding = {.facts = all_facts(context, &subject, &object, NONE, detail, facts),
                       .control = context->control_index,
                       .severity = (uint8_t)risen_as(context, exception),
                       .subject_type = (uint8_t)type,
                       .subject = (uint32_t)(exception - first),
                       .object = NONE,
                       .person = NONE,
                       .detail = detail,
                       .extra = !is_overdue};
    finding_identity(context->control->id, type, subject.source, subject.key, SUBJECT_EXCEPTION,
                     NULL, object.key, finding.identity);
    g_array_append_val(context->out->findings, finding);
}

static uint32_t reason_index(ControlContext *context, const char *reason)
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

/* ---- what may be among the rejected records ---- */

static void add_keys(GHashTable *keys, const ControlContext *context, SubjectType type, uint32_t n,
                     const uint8_t *sources, uint32_t source)
{
    for (uint32_t id = 0; id < n; id++) {
        if (sources[id] == source)
            g_hash_table_add(keys, (gpointer)(uintptr_t)party_of(context, type, id).key);
    }
}

static bool is_present(const FindingSet *set, uint32_t source, const char *key)
{
    Judgement *judgement = set->context;
    const Snapshot *s = judgement->context->snapshot;
    if (judgement->present == NULL)
        judgement->present = g_new0(GHashTable *, (size_t)s->n_sources + 1);
    GHashTable **keys = &judgement->present[source];
    if (*keys == NULL) {
        *keys = g_hash_table_new(g_str_hash, g_str_equal);
        add_keys(*keys, judgement->context, SUBJECT_ACCOUNT, s->accounts.n, s->accounts.source,
                 source);
        add_keys(*keys, judgement->context, SUBJECT_GROUP, s->groups.n, s->groups.source, source);
        add_keys(*keys, judgement->context, SUBJECT_COMPUTER, s->computers.n, s->computers.source,
                 source);
        add_keys(*keys, judgement->context, SUBJECT_ASSET, s->assets.n, s->assets.source, source);
        for (uint32_t id = 0; id < s->foreigners.n; id++) {
            if (s->foreigners.source[id] == source)
                g_hash_table_add(*keys,
                                 (gpointer)(uintptr_t)party_of(judgement->context, SUBJECT_RIGHT,
                                                               principal_of(PRINCIPAL_FOREIGN, id))
                                     .key);
        }
    }
    return g_hash_table_contains(*keys, key);
}

/* ---- all controls ---- */

static void describe_finding(const FindingSet *set, const Finding *finding, FindingText *ret_text);

static FindingSet *set_new(ControlContext *context)
{
    FindingSet *set = g_new0(FindingSet, 1);
    set->findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    set->unjudged = g_array_new(FALSE, FALSE, sizeof(Unjudged));
    set->reasons = g_ptr_array_new_with_free_func(g_free);
    set->controls = g_ptr_array_new();
    set->sources = g_ptr_array_new();
    set->is_judged = g_new0(bool, n_controls + 1);
    set->is_momentary = g_new0(bool, n_controls + 1);
    set->has_rejected = g_new0(bool, context->snapshot->n_sources + 1);
    set->is_present = is_present;
    set->describe = describe_finding;
    set->as_of_utc = context->as_of_utc;
    for (size_t i = 0; i < n_controls; i++) {
        g_ptr_array_add(set->controls, (gpointer)(uintptr_t)control_table[i]->id);
        set->is_momentary[i] = control_table[i]->is_momentary;
    }
    for (uint32_t i = 0; i < context->snapshot->n_sources; i++) {
        g_ptr_array_add(set->sources, context->snapshot->sources[i].name);
        set->has_rejected[i] = context->snapshot->sources[i].counts.rejected > 0;
    }
    return set;
}

static void begin_control(ControlContext *context, uint16_t index)
{
    Judgement *judgement = context->judgement;
    context->control = control_table[index];
    context->control_index = index;
    judgement->severity = control_severity(context->settings, context->control);
    g_autofree char *limits = control_thresholds_json(context->settings, context->control);
    judgement->limits_hash = XXH3_64bits(limits, strlen(limits));
    memset(judgement->said, 0, sizeof judgement->said);
    g_hash_table_remove_all(judgement->said_control);
    g_hash_table_remove_all(judgement->said_subject);
}

/* Which accounts are its subjects depends on their class. */
static bool rests_on_classes(const Control *control)
{
    return control->subject == SUBJECT_ACCOUNT || control->subject == SUBJECT_RIGHT;
}

/* Controls that walk memberships share one walker and its answers, so they are judged one after the
 * other; those that do not walk, and those with a walker of their own, are judged beside them. What
 * each finds is put together in the order of the catalogue. */
typedef enum LaneKind { LANE_WALKS, LANE_APART, LANE_STANDS, N_LANES } LaneKind;

typedef struct Lane {
    LaneKind kind;
    ControlContext context;
    Judgement judgement;
    Effective *own;      /* LANE_APART */
    FindingSet found;    /* findings, unjudged and reasons only; the rest is the run's */
    guint *end_findings; /* per control: how many there were when it was done */
    guint *end_unjudged;
} Lane;

static LaneKind lane_of(const Control *control)
{
    if (!control->walks)
        return LANE_STANDS;
    return control->walks_apart ? LANE_APART : LANE_WALKS;
}

static void lane_init(Lane *lane, const ControlContext *context, LaneKind kind)
{
    *lane = (Lane){.kind = kind,
                   .context = *context,
                   .judgement = *context->judgement,
                   .found = *context->out,
                   .end_findings = g_new0(guint, n_controls + 1),
                   .end_unjudged = g_new0(guint, n_controls + 1)};
    lane->found.findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    lane->found.unjudged = g_array_new(FALSE, FALSE, sizeof(Unjudged));
    lane->found.reasons = g_ptr_array_new_with_free_func(g_free);
    lane->context.judgement = &lane->judgement;
    lane->context.out = &lane->found;
    lane->judgement.context = &lane->context;
    judgement_begin(&lane->judgement);
    if (kind != LANE_WALKS) { /* nobody's mistake stays unseen */
        lane->own = kind == LANE_APART ? effective_new(context->graph) : NULL;
        lane->context.effective = lane->own;
        lane->judgement.allowed = NULL;
    }
}

static void lane_clear(Lane *lane)
{
    judgement_end(&lane->judgement);
    effective_free(lane->own);
    g_array_unref(lane->found.findings);
    g_array_unref(lane->found.unjudged);
    g_ptr_array_unref(lane->found.reasons);
    g_free(lane->end_findings);
    g_free(lane->end_unjudged);
}

static void evaluate_control(ControlContext *context, uint16_t index)
{
    begin_control(context, index);
    if (!control_needs_are_met(context))
        return;
    context->out->is_judged[index] = true;
    if (rests_on_classes(context->control))
        unjudged_class_names(context);
    context->control->evaluate(context);
}

static void evaluate_lane(void *data)
{
    Lane *lane = data;
    for (uint16_t i = 0; i < n_controls; i++) {
        if (lane_of(control_table[i]) == lane->kind &&
            (control_table[i]->needs & NEED_LEDGER) == 0 &&
            control_is_enabled(lane->context.settings, control_table[i]))
            evaluate_control(&lane->context, i);
        lane->end_findings[i] = lane->found.findings->len;
        lane->end_unjudged[i] = lane->found.unjudged->len;
    }
}

/* What one control has found. */
static void take_over(ControlContext *context, const Lane *lane, uint16_t index)
{
    guint begin = index > 0 ? lane->end_findings[index - 1] : 0, end = lane->end_findings[index];
    if (end > begin)
        g_array_append_vals(context->out->findings,
                            &g_array_index(lane->found.findings, Finding, begin), end - begin);
    begin = index > 0 ? lane->end_unjudged[index - 1] : 0;
    for (guint i = begin; i < lane->end_unjudged[index]; i++) {
        Unjudged unjudged = g_array_index(lane->found.unjudged, Unjudged, i);
        unjudged.reason = reason_index(context, lane->found.reasons->pdata[unjudged.reason]);
        g_array_append_val(context->out->unjudged, unjudged);
    }
}

FindingSet *controls_evaluate(ControlContext *context)
{
    Lane lanes[N_LANES];
    Task tasks[N_LANES];
    context->out = set_new(context);
    context->judgement = judgement_new(context);
    context->out->context = context->judgement;
    for (int i = 0; i < N_LANES; i++) {
        lane_init(&lanes[i], context, (LaneKind)i);
        tasks[i] = (Task){evaluate_lane, &lanes[i]};
    }
    tasks_run(tasks, N_LANES);
    for (uint16_t i = 0; i < n_controls; i++)
        take_over(context, &lanes[lane_of(control_table[i])], i);
    for (int i = 0; i < N_LANES; i++)
        lane_clear(&lanes[i]);
    return context->out;
}

void controls_evaluate_ledger(ControlContext *context, const Standing *standing,
                              const char *why_not)
{
    context->standing = standing;
    for (uint16_t i = 0; i < n_controls; i++) {
        if ((control_table[i]->needs & NEED_LEDGER) == 0 ||
            !control_is_enabled(context->settings, control_table[i]))
            continue;
        begin_control(context, i);
        if (!control_needs_are_met(context))
            continue;
        if (standing == NULL) {
            control_unjudged(context, why_not);
            continue;
        }
        context->out->is_judged[i] = true;
        control_table[i]->evaluate(context);
    }
}

void finding_set_free(FindingSet *set)
{
    if (set == NULL)
        return;
    if (set->describe == describe_finding)
        judgement_free(set->context);
    g_array_unref(set->findings);
    g_array_unref(set->unjudged);
    g_ptr_array_unref(set->reasons);
    g_ptr_array_unref(set->controls);
    g_ptr_array_unref(set->sources);
    g_free(set->is_judged);
    g_free(set->is_momentary);
    g_free(set->has_rejected);
    g_free(set->accepted_by);
    g_free(set);
}

static FindingParty described(SubjectType type, const Party *party)
{
    return (FindingParty){.type = type == SUBJECT_NONE ? NULL : subject_types[type],
                          .source = g_strdup(party->source),
                          .key = g_strdup(party->key),
                          .name = g_strdup(party->name),
                          .dn = g_strdup(party->dn)};
}

/* Whom the subject account belongs to, or may belong to: who decides about the exception must be
 * somebody else. NULL when it is the person of the finding, or nobody. */
static char *holders_of(const ControlContext *context, const Finding *finding)
{
    const StandingException *exception = finding_exception(context, finding);
    if (exception != NULL)
        return g_strdup(exception->holders);
    uint32_t account = finding_account(context, finding);
    if (account == NONE)
        return NULL;
    const Links *links = context->links;
    const GArray *several = g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(account));
    const uint32_t *ids =
        several != NULL ? (const uint32_t *)(const void *)several->data : &links->person[account];
    json_t *list = json_array();
    for (guint i = 0; i < (several != NULL ? several->len : 1); i++) {
        if (ids[i] != NONE && ids[i] != finding->person)
            json_array_append_new(list,
                                  json_string(snapshot_text(context->snapshot,
                                                            context->snapshot->people.id[ids[i]])));
    }
    char *dumped = json_array_size(list) > 0 ? json_dumps(list, JSON_COMPACT) : NULL;
    char *text = g_strdup(dumped);
    free(dumped);
    json_decref(list);
    return text;
}

static void describe_person(const ControlContext *context, const Finding *finding,
                            FindingText *ret_text)
{
    const People *people = &context->snapshot->people;
    const StandingException *exception = finding_exception(context, finding);
    if (exception != NULL) {
        ret_text->person_id = g_strdup(exception->person_id);
        ret_text->person_name = g_strdup(exception->person_name);
    } else if (finding->person != NONE) {
        ret_text->person_id =
            g_strdup(snapshot_text(context->snapshot, people->id[finding->person]));
        ret_text->person_name =
            g_strdup(snapshot_text(context->snapshot, people->name[finding->person]));
    }
    ret_text->holders = holders_of(context, finding);
}

static void describe_finding(const FindingSet *set, const Finding *finding, FindingText *ret_text)
{
    Judgement *judgement = set->context;
    ControlContext context =
        *judgement->context; /* the control is the finding's, not the last one judged */
    context.control = control_table[finding->control];
    context.control_index = finding->control;

    memset(ret_text, 0, sizeof *ret_text);
    SubjectType object_type = SUBJECT_NONE;
    Party subject = finding_subject(&context, finding);
    Party object = finding_object(&context, finding, &object_type);
    ret_text->control = context.control->id;
    ret_text->severity = (Severity)finding->severity;
    ret_text->subject = described((SubjectType)finding->subject_type, &subject);
    ret_text->object = described(object_type, &object);
    describe_person(&context, finding, ret_text);
    context.control->describe(&context, finding, ret_text);
}
