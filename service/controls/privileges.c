/* privileges.c: rights that nobody approved, that nobody sees, or that nobody may have. */
#include "controls/allowed.h"
#include "controls/catalogue.h"
#include "controls/rights.h"

#define REASON_NO_RULE "no approvals source is configured, and no entitlement names the group"

/* ---- privileged-unapproved ---- */

static void judge_privileged(ControlContext *context, const PrivilegedRight *right,
                             const GArray *lines, bool has_approvals)
{
    const char *reason = NULL;
    uint32_t person = NONE;
    if (approval_covers(context, right->group, right->account, person_of(context, right->account)))
        return;
    State allowed = right_is_allowed(context, lines, right->account, &person, &reason);
    if (allowed == STATE_YES)
        return;
    if (!has_approvals && lines->len == 0)
        reason = REASON_NO_RULE;
    else if (allowed == STATE_NO)
        reason = right_people_could_tell(context) ? NULL : REASON_PERSON;
    if (reason != NULL) {
        control_unjudged_subject(context, SUBJECT_RIGHT, right->account, reason);
        return;
    }
    person = person_of(context, right->account);
    uint64_t facts = right_facts(context, right->account, right->group,
                                 &context->governed->privileged, right->path);
    facts = facts_mix(facts, approvals_hash(context, right->group, right->account, person));
    control_report(context, SUBJECT_RIGHT, right->account, right->group, person, 0, 0, 0, facts);
}

static bool any_privileged_entitlement(const ControlContext *context)
{
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (bitset_has(&context->governed->privileged, group) &&
            bitset_has(&context->governed->entitlement, group))
            return true;
    }
    return false;
}

static void evaluate_unapproved(ControlContext *context)
{
    unjudged_privileged_names(context);
    bool has_approvals = sources_configured(context->snapshot, PROVIDES_APPROVALS);
    if (!has_approvals && !any_privileged_entitlement(context)) {
        control_unjudged(context, REASON_NO_RULE);
        return;
    }
    const GArray *rights = context->judgement->privileged;
    g_autoptr(GArray) lines = NULL;
    uint32_t group = NONE;
    for (guint i = 0; i < rights->len; i++) {
        const PrivilegedRight *right = &g_array_index(rights, PrivilegedRight, i);
        if (right->group != group) {
            group = right->group;
            g_clear_pointer(&lines, g_array_unref);
            lines = governed_entitlements_of(context->governed, group);
        }
        if (right_is_subject(context, right->account))
            judge_privileged(context, right, lines, has_approvals);
    }
}

static void describe_unapproved(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    right_describe(context, finding, governed_stops(context->governed, GOVERNED_PRIVILEGED),
                   evidence, hops);
    evidence_approvals(context, evidence, finding->object, finding->subject, finding->person);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    sentence_append(summary, "%s is in %s", account_shown(context, finding->subject),
                    group_shown(context, finding->object));
    sentence_append_way(context, summary, hops);
    bool has_some = json_array_size(json_object_get(evidence, "approvals")) > 0;
    g_string_append(summary, has_some ? ", and none of its approvals is valid."
                                      : ", and nobody approved it.");
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " Or have the membership in %s approved.",
                    group_shown(context, finding->object));
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_privileged_unapproved = {
    .id = "privileged-unapproved",
    .title = "Member of a privileged group without a valid approval",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY | NEED_APPROVALS,
    .subject = SUBJECT_RIGHT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .nist = "AC-6(5)", .pci = "7.2.3"},
    .walks = true,
    .evaluate = evaluate_unapproved,
    .describe = describe_unapproved,
};

/* ---- privileged-nested ---- */

/* Here each group is judged by its own member list, whatever other privileged group stands between:
 * who looks at the list of Administrators does not see who is in Domain Admins. */
static void judge_nested_in(ControlContext *context, uint32_t group)
{
    size_t n = 0;
    const uint32_t *members =
        effective_members_nearest(context->effective, group, &context->governed->crowds, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t account = members[i];
        if (!right_is_subject(context, account) ||
            membership_is_listed(context->snapshot, group, account))
            continue;
        uint64_t path = effective_path_hash(context->effective, account);
        control_report(context, SUBJECT_RIGHT, account, group, person_of(context, account), 0, 0, 0,
                       right_facts(context, account, group, NULL, path));
    }
}

static void evaluate_nested(ControlContext *context)
{
    unjudged_privileged_names(context);
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (bitset_has(&context->governed->privileged, group))
            judge_nested_in(context, group);
    }
}

static void describe_nested(const ControlContext *context, const Finding *finding,
                            FindingText *text)
{
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    right_describe(context, finding, &context->governed->crowds, evidence, hops);
    const Hop *first = hops->len > 0 ? &g_array_index(hops, Hop, 0) : NULL;
    evidence_text(evidence, "granted_by", first != NULL ? edge_via_text(first->via) : NULL);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    const char *group = group_shown(context, finding->object);
    sentence_append(summary, "%s is in %s", account_shown(context, finding->subject), group);
    sentence_append_way(context, summary, hops);
    if (hops->len == 1)
        sentence_append(summary, " by its %s",
                        first->via == VIA_PRIMARY_GROUP ? "primary group"
                                                        : "account in another source");
    sentence_append(summary, ": the member list of %s does not show it.", group);
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " If the right is meant, make it a direct membership of %s.", group);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_privileged_nested = {
    .id = "privileged-nested",
    .title = "Privileged only through nesting, a primary group or a foreign principal",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_RIGHT,
    .references = {.iso_2013 = "A.9.2.3 A.9.4.1", .iso_2022 = "8.2 8.3", .nist = "AC-6"},
    .walks = true,
    .evaluate = evaluate_nested,
    .describe = describe_nested,
};

/* ---- excess-privilege ---- */

static void judge_excess(ControlContext *context, uint32_t account, uint32_t group,
                         const GArray *lines)
{
    const char *reason = NULL;
    uint32_t person = NONE;
    State allowed = right_is_allowed(context, lines, account, &person, &reason);
    if (allowed == STATE_YES || approval_covers(context, group, account, person))
        return;
    if (reason != NULL) {
        control_unjudged_subject(context, SUBJECT_RIGHT, account, reason);
        return;
    }
    uint64_t facts = right_facts(context, account, group, &context->governed->entitlement,
                                 effective_path_hash(context->effective, account));
    facts = facts_mix(facts, approvals_hash(context, group, account, person));
    if (person != NONE) {
        facts = facts_text(context, facts, context->snapshot->people.department[person]);
        facts = facts_text(context, facts, context->snapshot->people.title[person]);
    }
    for (guint i = 0; i < lines->len; i++) {
        const Entitlement *entitlement =
            &context->governed->entitlements[g_array_index(lines, uint32_t, i)];
        facts = facts_mix(facts, g_str_hash(entitlement->means != NULL ? entitlement->means : ""));
        facts = facts_mix(facts, g_str_hash(entitlement->risk != NULL ? entitlement->risk : ""));
    }
    control_report(context, SUBJECT_RIGHT, account, group, person, 0, 0, 0, facts);
}

static void evaluate_excess(ControlContext *context)
{
    unjudged_entitlement_names(context);
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (!bitset_has(&context->governed->entitlement, group))
            continue;
        g_autoptr(GArray) lines = governed_entitlements_of(context->governed, group);
        size_t n = 0;
        const uint32_t *members = effective_members_nearest(
            context->effective, group, governed_stops(context->governed, GOVERNED_ENTITLEMENT), &n);
        for (size_t i = 0; i < n; i++) {
            if (right_is_subject(context, members[i]))
                judge_excess(context, members[i], group, lines);
        }
    }
}

static void describe_excess(const ControlContext *context, const Finding *finding,
                            FindingText *text)
{
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    g_autoptr(GArray) lines = governed_entitlements_of(context->governed, finding->object);
    const Entitlement *entitlement =
        &context->governed->entitlements[g_array_index(lines, uint32_t, 0)];
    bool needs_approval =
        allowed_needs_approval(context->judgement->allowed, g_array_index(lines, uint32_t, 0));
    const People *people = &context->snapshot->people;

    json_t *evidence = json_object();
    evidence_text(evidence, "means", entitlement->means);
    evidence_text(evidence, "risk", entitlement->risk);
    evidence_text(evidence, "approval", needs_approval ? "required" : "none");
    right_describe(context, finding, governed_stops(context->governed, GOVERNED_ENTITLEMENT),
                   evidence, hops);
    if (finding->person != NONE) {
        evidence_ref(context, evidence, "department", people->department[finding->person]);
        evidence_ref(context, evidence, "title", people->title[finding->person]);
    }
    evidence_approvals(context, evidence, finding->object, finding->subject, finding->person);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    const char *group = group_shown(context, finding->object);
    sentence_append(summary, "%s is in %s", account_shown(context, finding->subject), group);
    sentence_append_way(context, summary, hops);
    if (entitlement->means != NULL && *entitlement->means != '\0')
        sentence_append(summary, " (%s)", entitlement->means);
    if (finding->person == NONE)
        g_string_append(summary, ", and belongs to nobody who is allowed to hold it.");
    else if (needs_approval)
        g_string_append(summary,
                        json_array_size(json_object_get(evidence, "approvals")) > 0
                            ? ", which needs an approval, and none of its approvals is valid."
                            : ", which needs an approval that nobody gave.");
    else
        sentence_append(summary, ", but neither the rule nor an approval allows it to %s.",
                        person_shown(context, finding->person));
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " Or have the membership in %s approved.", group);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_excess_privilege = {
    .id = "excess-privilege",
    .title = "Right is held by somebody who is not allowed to",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .needs = NEED_PEOPLE | NEED_DIRECTORY | NEED_APPROVALS,
    .subject = SUBJECT_RIGHT,
    .references = {.iso_2013 = "A.9.1.1 A.9.4.1",
                   .iso_2022 = "5.15 8.3",
                   .nist = "AC-6",
                   .soc2 = "CC6.3"},
    .walks = true,
    .evaluate = evaluate_excess,
    .describe = describe_excess,
};
