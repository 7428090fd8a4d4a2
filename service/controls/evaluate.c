#include "controls/evidence.h"
#include "controls/parties.h"
#include "controls/reporting.h"

#include "base/tasks.h"

#include <string.h>
#include <xxhash.h>

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
    judgement->limits_of[index] = XXH3_64bits(limits, strlen(limits));
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
 * each finds is put together in the order of the catalogue. The longest lane begins first
 * (tasks.h). */
typedef enum LaneKind { LANE_STANDS, LANE_APART, LANE_WALKS, N_LANES } LaneKind;

typedef struct Lane {
    LaneKind kind;
    ControlContext context;
    Judgement judgement;
    Effective *own;   /* LANE_APART */
    FindingSet found; /* findings, unjudged (of the control under evaluation) and reasons; the rest
                         is the run's */
    GArray **findings, **unjudged; /* per control of the lane that was evaluated; else NULL */
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
                   .findings = g_new0(GArray *, n_controls + 1),
                   .unjudged = g_new0(GArray *, n_controls + 1)};
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

/* After take_over() of each control. */
static void lane_clear(Lane *lane)
{
    g_ptr_array_unref(lane->found.reasons);
    g_free(lane->findings);
    g_free(lane->unjudged);
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
        if (lane_of(control_table[i]) != lane->kind ||
            (control_table[i]->needs & NEED_LEDGER) != 0 ||
            !control_is_enabled(lane->context.settings, control_table[i]))
            continue;
        lane->findings[i] = lane->found.findings = g_array_new(FALSE, FALSE, sizeof(Finding));
        lane->unjudged[i] = lane->found.unjudged = g_array_new(FALSE, FALSE, sizeof(Unjudged));
        evaluate_control(&lane->context, i);
    }
    judgement_end(&lane->judgement);
    effective_free(lane->own);
}

/* What one control has found. It goes as it is taken over, so that findings are there once. */
static void take_over(ControlContext *context, const Lane *lane, uint16_t index)
{
    g_autoptr(GArray) findings = lane->findings[index];
    g_autoptr(GArray) unjudged = lane->unjudged[index];
    if (findings == NULL)
        return;
    g_array_append_vals(context->out->findings, findings->data, findings->len);
    for (guint i = 0; i < unjudged->len; i++) {
        Unjudged one = g_array_index(unjudged, Unjudged, i);
        one.reason = reason_index(context, lane->found.reasons->pdata[one.reason]);
        g_array_append_val(context->out->unjudged, one);
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
    findings_identify(context);
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
    char *text = json_array_size(list) > 0 ? evidence_dump(list) : NULL;
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
