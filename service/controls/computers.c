/* computers.c: the register and the directory do not agree about a computer. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

static const char *computer_shown(const ControlContext *context, uint32_t computer)
{
    const Computers *computers = &context->snapshot->computers;
    TextRef name =
        computers->name[computer] != 0 ? computers->name[computer] : computers->hostname[computer];
    return snapshot_text(context->snapshot, name != 0 ? name : computers->dn[computer]);
}

static void evidence_computer(const ControlContext *context, json_t *evidence, uint32_t computer)
{
    const Computers *computers = &context->snapshot->computers;
    evidence_text(evidence, "computer", computer_shown(context, computer));
    evidence_text(evidence, "source", context->snapshot->sources[computers->source[computer]].name);
    evidence_state(evidence, "enabled", (State)computers->enabled[computer]);
    if (computers->expires_utc[computer] != TIME_UNKNOWN)
        evidence_time(evidence, "expires", computers->expires_utc[computer]);
    evidence_time(evidence, "last_logon", computers->last_logon_utc[computer]);
    evidence_days(evidence, "uncertainty_days", computers->last_logon_slack[computer]);
}

static uint64_t computer_facts(const ControlContext *context, uint32_t computer)
{
    const Computers *computers = &context->snapshot->computers;
    uint64_t facts =
        facts_mix(computers->enabled[computer], (uint64_t)computers->last_logon_slack[computer]);
    facts = facts_text(context, facts, computers->name[computer]);
    facts = facts_text(context, facts, computers->hostname[computer]);
    facts = facts_text(context, facts, computers->serial[computer]);
    facts = facts_mix(facts, (uint64_t)computers->expires_utc[computer]);
    return facts_mix(facts, (uint64_t)computers->last_logon_utc[computer]);
}

/* ---- computer-unregistered ---- */

static const Threshold unregistered_thresholds[] = {
    {"days", "A computer seen within this time, plus the uncertainty, is in use.", 7,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_unregistered(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Computers *computers = &context->snapshot->computers;
    for (uint32_t computer = 0; computer < computers->n; computer++) {
        if (context->links->computer_asset[computer] != NONE ||
            !computer_must_be_usable(context, computer) ||
            !computer_last_use_known(context, computer))
            continue;
        int64_t seen = computers->last_logon_utc[computer];
        if (seen == TIME_NEVER ||
            context->as_of_utc - seen > limit + computers->last_logon_slack[computer])
            continue;
        control_report(context, SUBJECT_COMPUTER, computer, NONE, NONE, 0, seen, 0,
                       computer_facts(context, computer));
    }
}

static void describe_unregistered(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    const Computers *computers = &context->snapshot->computers;
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "hostname", computers->hostname[finding->subject]);
    evidence_ref(context, evidence, "serial", computers->serial[finding->subject]);
    evidence_computer(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    const char *name = computer_shown(context, finding->subject);
    char *summary =
        sentence("The computer %s is in use (last seen on %s, %s) and not in the asset register.",
                 name, day, context->settings->timezone_name);
    finding_text_take(
        text, summary, evidence,
        sentence("Enter %s in the asset register with an owner, or disable its account.", name));
}

const Control control_computer_unregistered = {
    .id = "computer-unregistered",
    .title = "Computer in use is not in the asset register",
    .severity = SEVERITY_HIGH,
    .needs = NEED_ASSETS | NEED_DIRECTORY,
    .subject = SUBJECT_COMPUTER,
    .thresholds = unregistered_thresholds,
    .references = {.iso_2013 = "A.8.1.1", .iso_2022 = "5.9", .nist = "CM-8(3)"},
    .evaluate = evaluate_unregistered,
    .describe = describe_unregistered,
};

/* ---- asset-ghost ---- */

static const Threshold ghost_thresholds[] = {
    {"days", "A computer not seen for this time, plus the uncertainty, is a ghost.", 90,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

typedef enum Ghost { GHOST_ABSENT, GHOST_DISABLED, GHOST_NEVER_SEEN, GHOST_LAST_SEEN } Ghost;

static void report_ghost(ControlContext *context, uint32_t asset, Ghost why)
{
    const Assets *assets = &context->snapshot->assets;
    uint32_t computer = context->links->asset_computer[asset];
    uint64_t facts = facts_text(context, why, assets->hostname[asset]);
    facts = facts_text(context, facts, assets->serial[asset]);
    facts = facts_text(context, facts, assets->id[asset]);
    facts = facts_text(context, facts, assets->custodian[asset]);
    if (computer != NONE)
        facts = facts_mix(facts, computer_facts(context, computer));
    control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0,
                   why == GHOST_LAST_SEEN ? context->snapshot->computers.last_logon_utc[computer]
                                          : 0,
                   why, facts);
}

static void judge_ghost(ControlContext *context, uint32_t asset, int64_t limit)
{
    const Computers *computers = &context->snapshot->computers;
    uint32_t computer = context->links->asset_computer[asset];
    if (computer == NONE) {
        report_ghost(context, asset, GHOST_ABSENT);
        return;
    }
    State usable = (State)context->judgement->computer_usable[computer];
    int64_t seen = computers->last_logon_utc[computer];
    if (usable == STATE_NO)
        report_ghost(context, asset, GHOST_DISABLED);
    else if (seen == TIME_NEVER)
        report_ghost(context, asset, GHOST_NEVER_SEEN);
    else if (seen != TIME_UNKNOWN &&
             context->as_of_utc - seen > limit + computers->last_logon_slack[computer])
        report_ghost(context, asset, GHOST_LAST_SEEN);
    else if (seen == TIME_UNKNOWN)
        control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                 "it is not known when its computer was last seen");
    else if (usable == STATE_UNKNOWN)
        control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                 "it is not known whether its computer account is enabled");
}

static void evaluate_ghost(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Assets *assets = &context->snapshot->assets;
    if (context->snapshot->computers.n == 0) {
        control_unjudged(context, "no directory shows any computer");
        return;
    }
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->status[asset] != ASSET_STATUS_IN_USE ||
            g_ascii_strcasecmp(snapshot_text(context->snapshot, assets->kind[asset]), "computer") !=
                0)
            continue;
        if (assets->hostname[asset] == 0)
            control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                     "the register has no hostname of the computer");
        else
            judge_ghost(context, asset, limit);
    }
}

static char *ghost_summary(const ControlContext *context, const Finding *finding)
{
    const char *name = asset_shown(context, finding->subject);
    const char *host =
        snapshot_text(context->snapshot, context->snapshot->assets.hostname[finding->subject]);
    switch ((Ghost)finding->extra) {
    case GHOST_ABSENT:
        return sentence(
            "The register says that %s is in use, but no directory knows a computer %s.", name,
            host);
    case GHOST_DISABLED:
        return sentence(
            "The register says that %s is in use, but its computer account %s is disabled.", name,
            host);
    case GHOST_NEVER_SEEN:
        return sentence("The register says that %s is in use, but its computer %s was never seen.",
                        name, host);
    case GHOST_LAST_SEEN:
        break;
    }
    g_autofree char *day = day_shown(context, finding->detail);
    return sentence(
        "The register says that %s is in use, but its computer %s was last seen %e ago (%s).", name,
        host, finding->detail, day);
}

static void describe_ghost(const ControlContext *context, const Finding *finding, FindingText *text)
{
    const Assets *assets = &context->snapshot->assets;
    uint32_t asset = finding->subject, computer = context->links->asset_computer[asset];
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "hostname", assets->hostname[asset]);
    evidence_ref(context, evidence, "serial", assets->serial[asset]);
    evidence_ref(context, evidence, "custodian", assets->custodian[asset]);
    if (computer != NONE)
        evidence_computer(context, evidence, computer);
    finding_text_take(text, ghost_summary(context, finding), evidence,
                      sentence("Find the machine, or correct its status in the register."));
}

const Control control_asset_ghost = {
    .id = "asset-ghost",
    .title = "Computer in use by the register is not seen in the directory",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_ASSETS | NEED_ALL_DIRECTORIES,
    .subject = SUBJECT_ASSET,
    .thresholds = ghost_thresholds,
    .references = {.iso_2013 = "A.8.1.1", .iso_2022 = "5.9", .nist = "CM-8"},
    .evaluate = evaluate_ghost,
    .describe = describe_ghost,
};

/* ---- asset-retired-active ---- */

/* The hostname lives on in a machine that is in use. */
static bool has_successor(const ControlContext *context, uint32_t computer)
{
    uint32_t current = context->links->computer_asset[computer];
    return current != NONE && context->snapshot->assets.status[current] == ASSET_STATUS_IN_USE;
}

static void evaluate_retired_active(ControlContext *context)
{
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        uint32_t computer = context->links->asset_computer[asset];
        if ((assets->status[asset] != ASSET_STATUS_RETIRED &&
             assets->status[asset] != ASSET_STATUS_LOST) ||
            computer == NONE || has_successor(context, computer))
            continue;
        State usable = (State)context->judgement->computer_usable[computer];
        if (usable == STATE_UNKNOWN)
            control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                     "it is not known whether its computer account is enabled");
        if (usable != STATE_YES)
            continue;
        uint64_t facts =
            facts_text(context, computer_facts(context, computer), assets->status_text[asset]);
        facts = facts_text(context, facts, context->snapshot->computers.dn[computer]);
        facts = facts_text(context, facts, assets->hostname[asset]);
        facts = facts_text(context, facts, assets->serial[asset]);
        control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, 0, 0,
                       facts_text(context, facts, assets->id[asset]));
    }
}

static void describe_retired_active(const ControlContext *context, const Finding *finding,
                                    FindingText *text)
{
    const Assets *assets = &context->snapshot->assets;
    uint32_t asset = finding->subject, computer = context->links->asset_computer[asset];
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "status", assets->status_text[asset]);
    evidence_ref(context, evidence, "hostname", assets->hostname[asset]);
    evidence_ref(context, evidence, "serial", assets->serial[asset]);
    evidence_computer(context, evidence, computer);
    const char *name = computer_shown(context, computer);
    TextRef dn = context->snapshot->computers.dn[computer];
    char *summary =
        sentence("%s is %s by the register, but its computer account %s is still enabled.",
                 asset_shown(context, asset),
                 assets->status[asset] == ASSET_STATUS_LOST ? "lost" : "retired", name);
    finding_text_take(text, summary, evidence,
                      sentence("Disable the computer account %s.",
                               dn != 0 ? snapshot_text(context->snapshot, dn) : name));
}

const Control control_asset_retired_active = {
    .id = "asset-retired-active",
    .title = "Computer account of a retired or lost asset is still enabled",
    .severity = SEVERITY_HIGH,
    .needs = NEED_ASSETS | NEED_ALL_DIRECTORIES,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.1.1 A.11.2.7", .iso_2022 = "5.9 7.14", .soc2 = "CC6.5"},
    .evaluate = evaluate_retired_active,
    .describe = describe_retired_active,
};
