/* assets.c: assets that nobody answers for, or that somebody who left still holds. */
#include "controls/asset_evidence.h"
#include "controls/catalogue.h"

/* ---- asset-without-owner ---- */

static void evaluate_without_owner(ControlContext *context)
{
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->owner[asset] == 0 && !asset_is_over(assets, asset))
            control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, 0, 0,
                           asset_facts(context, asset));
    }
}

static void describe_without_owner(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    json_t *evidence = json_object();
    evidence_asset(context, evidence, finding->subject);
    g_autofree char *name = asset_named(context, finding->subject);
    finding_text_take(text, sentence("The asset %s has no owner.", name), evidence,
                      sentence("Enter in the register who answers for it."));
}

const Control control_asset_without_owner = {
    .id = "asset-without-owner",
    .title = "Asset has no owner",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_ASSETS,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.1.2", .iso_2022 = "5.9", .nist = "CM-8(4)"},
    .evaluate = evaluate_without_owner,
    .describe = describe_without_owner,
};

/* ---- asset-owner-left ---- */

static bool is_gone(OwnerState state)
{
    return state == OWNER_STATE_LEFT || state == OWNER_STATE_DISABLED ||
           state == OWNER_STATE_NOBODY;
}

/* extra: states of owner and custodian, a byte each. */
static void judge_holders(ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    const Links *links = context->links;
    const Owner *holders[] = {&links->asset_owner[asset], &links->asset_custodian[asset]};
    OwnerVerdict owner = owner_judge(context, holders[0], assets->owner[asset], false);
    OwnerVerdict custodian = owner_judge(context, holders[1], assets->custodian[asset], false);
    if (!is_gone(owner.state) && !is_gone(custodian.state)) {
        const char *reason = owner.state == OWNER_STATE_UNKNOWN ? owner.reason : custodian.reason;
        if (owner.state == OWNER_STATE_UNKNOWN || custodian.state == OWNER_STATE_UNKNOWN)
            control_unjudged_subject(context, SUBJECT_ASSET, asset, reason);
        return;
    }
    bool is_owner = is_gone(owner.state);
    uint32_t person = owner_person(holders[is_owner ? 0 : 1]);
    const OwnerVerdict *first = is_owner ? &owner : &custodian;
    uint32_t extra = (uint32_t)owner.state | (uint32_t)custodian.state << 8;
    uint64_t facts = facts_mix(asset_facts(context, asset), extra);
    if (person != NONE)
        facts = facts_mix(facts, (uint64_t)context->snapshot->people.gone_since_run[person]);
    control_report(context, SUBJECT_ASSET, asset, NONE, person, 0,
                   first->state == OWNER_STATE_LEFT ? first->since_utc : 0, extra, facts);
}

static void evaluate_owner_left(ControlContext *context)
{
    for (uint32_t asset = 0; asset < context->snapshot->assets.n; asset++) {
        if (!asset_is_over(&context->snapshot->assets, asset))
            judge_holders(context, asset);
    }
}

static void describe_owner_left(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    static const char *const states[] = {[OWNER_STATE_EMPTY] = "empty",
                                         [OWNER_STATE_NOBODY] = "nobody we know",
                                         [OWNER_STATE_HERE] = "here",
                                         [OWNER_STATE_LEFT] = "left",
                                         [OWNER_STATE_DISABLED] = "account disabled or expired",
                                         [OWNER_STATE_UNKNOWN] = "not known"};
    const Assets *assets = &context->snapshot->assets;
    OwnerState owner = (OwnerState)(finding->extra & 0xff),
               custodian = (OwnerState)(finding->extra >> 8);
    bool is_owner = is_gone(owner);
    OwnerState state = is_owner ? owner : custodian;
    json_t *evidence = json_object();
    evidence_asset(context, evidence, finding->subject);
    evidence_text(evidence, "owner_state", states[owner]);
    evidence_text(evidence, "custodian_state", states[custodian]);
    if (finding->person != NONE)
        evidence_person(context, evidence, finding->person);

    const char *role = is_owner ? "owner" : "custodian";
    const char *who =
        snapshot_text(context->snapshot, is_owner ? assets->owner[finding->subject]
                                                  : assets->custodian[finding->subject]);
    g_autofree char *name = asset_named(context, finding->subject);
    g_autofree char *end =
        state == OWNER_STATE_LEFT ? person_end_shown(context, finding->person) : NULL;
    char *summary;
    if (state == OWNER_STATE_NOBODY)
        summary =
            sentence("The %s of the asset %s is \"%s\", who is nobody we know.", role, name, who);
    else if (state == OWNER_STATE_DISABLED)
        summary = sentence("The %s of the asset %s is %s, whose account is disabled or expired.",
                           role, name, who);
    else if (finding->detail == TIME_UNKNOWN)
        summary = sentence("The %s of the asset %s is still %s, but %s.", role, name, who, end);
    else
        summary = sentence("The %s of the asset %s is still %s, %e after %s.", role, name, who,
                           finding->detail, end);
    finding_text_take(text, summary, evidence, sentence("Enter the new %s in the register.", role));
}

const Control control_asset_owner_left = {
    .id = "asset-owner-left",
    .title = "Owner or custodian of an asset has left, or is nobody we know",
    .severity = SEVERITY_HIGH,
    .needs = NEED_ASSETS | NEED_PEOPLE,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.1.2", .iso_2022 = "5.9"},
    .evaluate = evaluate_owner_left,
    .describe = describe_owner_left,
};

/* ---- asset-not-returned ---- */

static const Threshold not_returned_thresholds[] = {
    {"days", "Time between the end of the last working day and the return.", 1, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"high_days", "After this time the severity rises by one step.", 7, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static bool can_be_returned(const ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    if (asset_is_intangible(context->snapshot, asset))
        return false;
    return assets->status[asset] == ASSET_STATUS_IN_USE ||
           assets->status[asset] == ASSET_STATUS_LOAN ||
           assets->status[asset] == ASSET_STATUS_REPAIR;
}

static void evaluate_not_returned(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    int64_t high_limit = control_limit(context->settings, context->control, "high_days");
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        const Owner *custodian = &context->links->asset_custodian[asset];
        if (assets->custodian[asset] == 0 || !can_be_returned(context, asset))
            continue;
        if (custodian->kind == OWNER_AMBIGUOUS) {
            control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                     "the custodian's name fits several people");
            continue;
        }
        if (custodian->kind == OWNER_UNKNOWN ||
            (custodian->kind == OWNER_NONE &&
             sources_incomplete(context->snapshot, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS))) {
            control_unjudged_subject(
                context, SUBJECT_ASSET, asset,
                "the custodian was not found, and not every source is complete");
            continue;
        }
        uint32_t person = owner_person(custodian);
        if (person_is_unread(context->snapshot, person))
            control_unjudged_subject(context, SUBJECT_ASSET, asset, REASON_PERSON_UNREAD);
        if (!person_has_left(context, person))
            continue;
        int64_t left = context->judgement->left_utc[person];
        if (!time_is_over(context, left, limit))
            continue;
        uint64_t facts =
            facts_mix(asset_facts(context, asset), (uint64_t)assets->assigned_utc[asset]);
        facts = facts_mix(facts, (uint64_t)assets->due_back_utc[asset]);
        facts = facts_text(context, facts, assets->serial[asset]);
        facts = facts_mix(facts, (uint64_t)context->snapshot->people.gone_since_run[person]);
        control_report(context, SUBJECT_ASSET, asset, NONE, person,
                       time_is_over(context, left, high_limit) ? 1 : 0, left, 0, facts);
    }
}

static void describe_not_returned(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    const Assets *assets = &context->snapshot->assets;
    json_t *evidence = json_object();
    evidence_asset(context, evidence, finding->subject);
    evidence_ref(context, evidence, "serial", assets->serial[finding->subject]);
    evidence_time(evidence, "assigned_at", assets->assigned_utc[finding->subject]);
    evidence_time(evidence, "due_back", assets->due_back_utc[finding->subject]);
    evidence_person(context, evidence, finding->person);
    g_autofree char *name = asset_named(context, finding->subject);
    g_autofree char *end = person_end_shown(context, finding->person);
    char *summary =
        finding->detail != TIME_UNKNOWN
            ? sentence("The asset %s is still assigned %e after %s.", name, finding->detail, end)
            : sentence("The asset %s is still assigned although %s.", name, end);
    finding_text_take(text, summary, evidence,
                      sentence("Get it back from %s, then enter the return in the register.",
                               person_shown(context, finding->person)));
}

const Control control_asset_not_returned = {
    .id = "asset-not-returned",
    .title = "Asset was not returned by somebody who has left",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_ASSETS | NEED_PEOPLE,
    .subject = SUBJECT_ASSET,
    .thresholds = not_returned_thresholds,
    .references = {.iso_2013 = "A.8.1.4", .iso_2022 = "5.11", .nist = "PS-4"},
    .evaluate = evaluate_not_returned,
    .describe = describe_not_returned,
};
