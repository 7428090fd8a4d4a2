/* approved.c: what an approval must carry, and carries no longer. */
#include "controls/catalogue.h"
#include "controls/rights.h"

#include <string.h>

/* Both ask whether somebody approved, and the approval's subject may be a person. */
static bool approvals_are_configured(ControlContext *context)
{
    bool are = sources_configured(context->snapshot, PROVIDES_APPROVALS);
    if (!are)
        control_unjudged(context, REASON_NO_APPROVALS);
    return are;
}

/* ---- shared-unapproved ---- */

static void evaluate_shared(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    if (!approvals_are_configured(context))
        return;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASS_BIT(CLASS_SHARED)) ||
            !account_must_be_usable(context, account) ||
            approval_covers(context, NONE, account, NONE))
            continue;
        uint64_t facts = facts_mix(account_facts(context, account),
                                   approvals_hash(context, NONE, account, NONE));
        facts = facts_text(context, facts, accounts->description[account]);
        facts = facts_text(context, facts, accounts->owner_text[account]);
        control_report(context, SUBJECT_ACCOUNT, account, NONE, NONE, 0, 0, 0, facts);
    }
}

static void describe_shared(const ControlContext *context, const Finding *finding,
                            FindingText *text)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint32_t account = finding->subject;
    json_t *evidence = json_object();
    evidence_approvals(context, evidence, NONE, account, NONE);
    evidence_ref(context, evidence, "owner", accounts->owner_text[account]);
    evidence_ref(context, evidence, "description", accounts->description[account]);
    evidence_account(context, evidence, account);
    evidence_privileged(context, evidence, account);

    bool has_some = json_array_size(json_object_get(evidence, "approvals")) > 0;
    const char *name = account_shown(context, account);
    finding_text_take(
        text,
        has_some
            ? sentence("%s is used by several people, and none of its approvals is valid.", name)
            : sentence("%s is used by several people, and nobody approved that.", name),
        evidence,
        sentence("Have the shared account %s approved until a date, or give everybody who uses it "
                 "an account of their own.",
                 name));
}

const Control control_shared_unapproved = {
    .id = "shared-unapproved",
    .title = "Shared account without a valid approval",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY | NEED_APPROVALS | NEED_PEOPLE_IF_ANY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.4.2", .iso_2022 = "8.5", .pci = "8.2.2"},
    .evaluate = evaluate_shared,
    .describe = describe_shared,
};

/* ---- approval-expired ---- */

static bool has_ended(const ControlContext *context, uint32_t approval)
{
    int64_t until = context->snapshot->approvals.expires_utc[approval];
    return until != TIME_UNKNOWN && until <= context->as_of_utc;
}

/* Accounts that some ended approval names, itself or by its person. */
static Bitset accounts_of_ended(const ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    const GArray *rows = context->judgement->approvals;
    Bitset accounts = bitset_new(snapshot->accounts.n);
    g_auto(Bitset) people = bitset_new(snapshot->people.n);
    for (guint i = 0; i < rows->len; i++) {
        const ApprovalRow *row = &g_array_index(rows, ApprovalRow, i);
        if (!has_ended(context, row->approval))
            continue;
        uint32_t id = (uint32_t)row->key;
        if (approval_row_is_of_person(row))
            bitset_add(&people, id & ~APPROVAL_KEY_OF_PERSON);
        else
            bitset_add(&accounts, id);
    }
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        uint32_t person = person_speaking(snapshot, person_of(context, account));
        if (person != NONE && bitset_has(&people, person))
            bitset_add(&accounts, account);
    }
    return accounts;
}

typedef struct Search {
    const ControlContext *context;
    bool is_covered;
    uint32_t ended; /* the approval that carried it last; NONE */
} Search;

static bool look_at_approval(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Search *search = data;
    const Snapshot *snapshot = search->context->snapshot;
    const Approvals *approvals = &snapshot->approvals;
    search->is_covered = verdict == APPROVAL_VALID;
    if (verdict != APPROVAL_ENDED)
        return !search->is_covered;
    int64_t later = search->ended == NONE
                        ? 1
                        : approvals->expires_utc[approval] - approvals->expires_utc[search->ended];
    if (later > 0 ||
        (later == 0 && strcmp(snapshot_text(snapshot, approvals->id[approval]),
                              snapshot_text(snapshot, approvals->id[search->ended])) < 0))
        search->ended = approval;
    return true;
}

static void judge_ended(ControlContext *context, uint32_t account, uint32_t group,
                        GovernedKind kind, void *data)
{
    (void)data;
    if (!right_is_subject(context, account))
        return;
    uint32_t person = person_of(context, account), deciding = NONE;
    Search search = {.context = context, .ended = NONE};
    approvals_of(context, group, account, person, look_at_approval, &search);
    if (search.is_covered || search.ended == NONE)
        return;
    /* What the rule allows by itself was never carried by an approval. */
    const char *reason = NULL;
    g_autoptr(GArray) lines = governed_entitlements_of(context->governed, group);
    State allowed = right_is_allowed(context, lines, account, &deciding, &reason);
    if (allowed == STATE_YES || approval_covers(context, group, account, deciding))
        return;
    if (allowed == STATE_UNKNOWN) {
        control_unjudged_subject(context, SUBJECT_RIGHT, account, reason);
        return;
    }
    uint64_t facts = right_facts(context, account, group, governed_stops(context->governed, kind),
                                 effective_path_hash(context->effective, account));
    facts = facts_mix(facts, approvals_hash(context, group, account, person));
    control_report(context, SUBJECT_RIGHT, account, group, person, 0,
                   context->snapshot->approvals.expires_utc[search.ended], kind, facts);
}

static void evaluate_ended(ControlContext *context)
{
    unjudged_governed_names(context);
    if (!approvals_are_configured(context))
        return;
    g_auto(Bitset) accounts = accounts_of_ended(context);
    rights_visit(context, &accounts, judge_ended, NULL);
}

static void describe_ended(const ControlContext *context, const Finding *finding, FindingText *text)
{
    const Approvals *approvals = &context->snapshot->approvals;
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    Search search = {.context = context, .ended = NONE};
    approvals_of(context, finding->object, finding->subject, finding->person, look_at_approval,
                 &search);
    json_t *evidence = json_object();
    right_describe(context, finding,
                   governed_stops(context->governed, (GovernedKind)finding->extra), evidence, hops);
    evidence_approvals(context, evidence, finding->object, finding->subject, finding->person);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    const char *group = group_shown(context, finding->object);
    g_autofree char *day = day_shown(context, finding->detail - 1);
    sentence_append(summary, "%s is still in %s", account_shown(context, finding->subject), group);
    sentence_append_way(context, summary, hops);
    sentence_append(summary, ", %e after the approval %s ended (%s).", finding->detail,
                    snapshot_text(context->snapshot, approvals->id[search.ended]), day);
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " Or have the membership in %s approved again.", group);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_approval_expired = {
    .id = "approval-expired",
    .title = "The approval of a right has ended, and the right is still there",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY | NEED_APPROVALS | NEED_PEOPLE_IF_ANY,
    .subject = SUBJECT_RIGHT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .nist = "AC-2(2)"},
    .walks = true,
    .evaluate = evaluate_ended,
    .describe = describe_ended,
};
