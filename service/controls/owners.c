/* owners.c: service accounts, shared accounts and groups that somebody must answer for. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

static const char *owner_shown(const ControlContext *context, const Owner *owner, TextRef text)
{
    switch (owner->kind) {
    case OWNER_PERSON:
        return person_shown(context, owner->id);
    case OWNER_ACCOUNT:
        return account_shown(context, owner->id);
    case OWNER_GROUP:
        return group_shown(context, owner->id);
    case OWNER_NONE:
    case OWNER_AMBIGUOUS:
    case OWNER_UNKNOWN:
        break;
    }
    return snapshot_text(context->snapshot, text);
}

/* ---- service-without-owner ---- */

static void evaluate_without_owner(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASSES_WITH_OWNER) ||
            !account_must_be_usable(context, account))
            continue;
        const Owner *owner = &context->links->account_owner[account];
        OwnerVerdict verdict = owner_judge(context, owner, accounts->owner_text[account], false);
        if (owner_is_untold(owner, &verdict)) {
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account, verdict.reason);
            continue;
        }
        if (owner->kind != OWNER_NONE)
            continue;
        uint64_t facts = facts_mix(context->classes[account], privileged_hash(context, account));
        facts = facts_text(context, facts, accounts->owner_text[account]);
        facts = facts_text(context, facts, accounts->description[account]);
        facts = facts_mix(facts, (uint64_t)accounts->enabled[account] << 8 |
                                     accounts->enabled_by[account]);
        facts = facts_mix(facts, (uint64_t)accounts->expires_utc[account]);
        control_report(context, SUBJECT_ACCOUNT, account, NONE, NONE, 0, 0, 0, facts);
    }
}

static void describe_without_owner(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint32_t account = finding->subject;
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "owner", accounts->owner_text[account]);
    evidence_ref(context, evidence, "description", accounts->description[account]);
    evidence_account(context, evidence, account);
    evidence_privileged(context, evidence, account);

    const char *name = account_shown(context, account),
               *kind = account_classes[context->classes[account]];
    TextRef owner = accounts->owner_text[account];
    char *summary = owner == 0
                        ? sentence("The %s account %s has no owner.", kind, name)
                        : sentence("The %s account %s has no owner: \"%s\" is nobody we know.",
                                   kind, name, snapshot_text(context->snapshot, owner));
    TextRef dn = accounts->dn[account];
    finding_text_take(text, summary, evidence,
                      sentence("Name an owner on %s, or disable it.",
                               dn != 0 ? snapshot_text(context->snapshot, dn) : name));
}

const Control control_service_without_owner = {
    .id = "service-without-owner",
    .title = "Service or shared account has no owner",
    .severity = SEVERITY_HIGH,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.1 A.8.1.2", .iso_2022 = "5.16 5.9", .pci = "7.2.5"},
    .evaluate = evaluate_without_owner,
    .describe = describe_without_owner,
};

/* ---- owner-left ---- */

static uint64_t owner_facts(const ControlContext *context, const Owner *owner, TextRef text,
                            OwnerState state)
{
    uint64_t facts = facts_mix(owner->kind, state);
    if (owner->kind == OWNER_ACCOUNT)
        facts = facts_text(context, facts, context->snapshot->accounts.name[owner->id]);
    if (owner_person(owner) != NONE)
        facts = facts_mix(facts,
                          (uint64_t)context->snapshot->people.gone_since_run[owner_person(owner)]);
    return facts_text(context, facts, text);
}

/* extra is the state: the sentence says why. */
static void judge_owner(ControlContext *context, SubjectType type, uint32_t subject,
                        const Owner *owner, TextRef text, uint64_t facts)
{
    if (owner->kind == OWNER_NONE && text == 0)
        return;
    OwnerVerdict verdict = owner_judge(context, owner, text, true);
    if (verdict.state == OWNER_STATE_UNKNOWN)
        control_unjudged_subject(context, type, subject, verdict.reason);
    if (verdict.state != OWNER_STATE_LEFT && verdict.state != OWNER_STATE_DISABLED)
        return;
    facts = facts_mix(facts, owner_facts(context, owner, text, verdict.state));
    control_report(context, type, subject, NONE, owner_person(owner), 0,
                   verdict.state == OWNER_STATE_LEFT ? verdict.since_utc : 0, verdict.state, facts);
}

static void evaluate_owner_left(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASSES_WITH_OWNER) ||
            !account_must_be_usable(context, account))
            continue;
        uint64_t facts = facts_mix(context->classes[account], privileged_hash(context, account));
        facts = facts_mix(facts, (uint64_t)accounts->enabled[account] << 8 |
                                     accounts->enabled_by[account]);
        facts = facts_mix(facts, (uint64_t)accounts->expires_utc[account]);
        judge_owner(context, SUBJECT_ACCOUNT, account, &context->links->account_owner[account],
                    accounts->owner_text[account], facts);
    }
    const Groups *groups = &context->snapshot->groups;
    for (uint32_t group = 0; group < groups->n; group++)
        judge_owner(context, SUBJECT_GROUP, group, &context->links->group_owner[group],
                    groups->owner_text[group], 0);
}

static void describe_owner_left(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    bool is_group = finding->subject_type == SUBJECT_GROUP;
    uint32_t subject = finding->subject;
    const Owner *owner =
        is_group ? &context->links->group_owner[subject] : &context->links->account_owner[subject];
    TextRef owner_text =
        is_group ? snapshot->groups.owner_text[subject] : snapshot->accounts.owner_text[subject];
    TextRef dn = is_group ? snapshot->groups.dn[subject] : snapshot->accounts.dn[subject];

    json_t *evidence = json_object();
    evidence_ref(context, evidence, "owner", owner_text);
    evidence_text(evidence, "owner_state",
                  finding->extra == OWNER_STATE_LEFT ? "left" : "account disabled or expired");
    if (owner->kind == OWNER_ACCOUNT)
        evidence_text(evidence, "owner_account", account_shown(context, owner->id));
    if (finding->person != NONE)
        evidence_person(context, evidence, finding->person);
    if (!is_group) {
        evidence_account(context, evidence, subject);
        evidence_privileged(context, evidence, subject);
    }

    const char *name = is_group ? group_shown(context, subject) : account_shown(context, subject);
    const char *kind = is_group                                    ? "group"
                       : context->classes[subject] == CLASS_SHARED ? "shared account"
                                                                   : "service account";
    const char *owner_name = owner_shown(context, owner, owner_text);
    g_autofree char *end =
        finding->extra == OWNER_STATE_LEFT ? person_end_shown(context, finding->person) : NULL;
    char *summary;
    if (end == NULL)
        summary = sentence("The owner of the %s %s is %s, whose account is disabled or expired.",
                           kind, name, owner_name);
    else if (finding->detail == TIME_UNKNOWN)
        summary = sentence("The owner of the %s %s is %s, but %s.", kind, name, owner_name, end);
    else
        summary = sentence("The owner of the %s %s is still %s, %e after %s.", kind, name,
                           owner_name, finding->detail, end);
    finding_text_take(
        text, summary, evidence,
        sentence("Name a new owner on %s.", dn != 0 ? snapshot_text(snapshot, dn) : name));
}

const Control control_owner_left = {
    .id = "owner-left",
    .title = "Owner of a service account, shared account or group has left",
    .severity = SEVERITY_HIGH,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.8.1.2", .iso_2022 = "5.9"},
    .evaluate = evaluate_owner_left,
    .describe = describe_owner_left,
};
