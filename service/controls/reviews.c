/* reviews.c: rights that nobody has looked at for too long. */
#include "base/times.h"
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"

#include <string.h>

#define SECONDS_OF_DAY 86400

static const Threshold review_thresholds[] = {
    {"privileged_days", "Time between reviews of a privileged group.", 90, 180, 90, 30, 180, 90},
    {"days", "Time between reviews of any other governed group.", 180, 180, 365, 180, 365, 180},
    {"low_days", "Time between reviews of an entitlement of low risk.", 365, 180, 365, 180, 365,
     180},
    {.name = NULL},
};

/* What the register says of a group, over all assets that name it. */
typedef struct Register {
    int64_t last_review_utc; /* the latest; TIME_UNKNOWN = never */
    int32_t every_days;      /* the shortest; -1 = none says */
    uint32_t asset;          /* that said so, or names the group at all */
} Register;

typedef struct Limits {
    int64_t privileged, others, low;
} Limits;

/* The last campaign in which all rights into the group were decided; NULL: there was none. */
static const ReviewedGroup *campaign_of(const ControlContext *context, uint32_t group)
{
    const Snapshot *snapshot = context->snapshot;
    const Groups *groups = &snapshot->groups;
    TextRef key = groups->key[group] != 0 ? groups->key[group] : groups->dn[group];
    return context->reviewed != NULL
               ? reviewed_group(context->reviewed, snapshot->sources[groups->source[group]].name,
                                snapshot_text(snapshot, key))
               : NULL;
}

static bool is_over_and_gone(const Assets *assets, uint32_t asset)
{
    return assets->status[asset] == ASSET_STATUS_RETIRED ||
           assets->status[asset] == ASSET_STATUS_LOST;
}

static GArray *groups_of_asset(const Snapshot *snapshot, uint32_t asset)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    const Assets *assets = &snapshot->assets;
    for (uint32_t i = assets->first_access_group[asset]; i < assets->first_access_group[asset + 1];
         i++)
        snapshot_find_groups(snapshot, snapshot_text(snapshot, assets->access_groups[i]), groups);
    return groups;
}

static void enter(Register *row, const Assets *assets, uint32_t asset)
{
    int64_t reviewed = assets->last_review_utc[asset];
    int32_t every = assets->review_every_days[asset];
    if (row->asset == NONE)
        row->asset = asset;
    if (reviewed != TIME_UNKNOWN &&
        (row->last_review_utc == TIME_UNKNOWN || reviewed > row->last_review_utc))
        row->last_review_utc = reviewed;
    if (every >= 0 && (row->every_days < 0 || every < row->every_days)) {
        row->every_days = every;
        row->asset = asset;
    }
}

/* The shortest of the ways the group is governed. */
static int64_t cadence_of(const ControlContext *context, const Limits *limits, uint32_t group)
{
    const Governed *governed = context->governed;
    int64_t cadence = INT64_MAX;
    if (bitset_has(&governed->privileged, group))
        cadence = MIN(cadence, limits->privileged);
    if (bitset_has(&governed->access, group) || bitset_has(&governed->segregation, group))
        cadence = MIN(cadence, limits->others);
    g_autoptr(GArray) lines = governed_entitlements_of(governed, group);
    for (guint i = 0; i < lines->len; i++) {
        const Entitlement *line = &governed->entitlements[g_array_index(lines, uint32_t, i)];
        bool is_low = g_strcmp0(line->risk, "low") == 0;
        cadence = MIN(cadence, is_low ? limits->low : limits->others);
    }
    return cadence;
}

static int64_t first_seen(const ControlContext *context, uint32_t source, TextRef key)
{
    const Snapshot *snapshot = context->snapshot;
    if (context->group_first_seen == NULL)
        return TIME_UNKNOWN;
    g_autofree char *id =
        g_strdup_printf("%s\x1f%s", snapshot->sources[source].name, snapshot_text(snapshot, key));
    const gint64 *seen = g_hash_table_lookup(context->group_first_seen, id);
    return seen != NULL ? *seen : TIME_UNKNOWN;
}

int64_t governed_first_seen(const ControlContext *context, uint32_t group)
{
    const Groups *groups = &context->snapshot->groups;
    return first_seen(context, groups->source[group],
                      groups->key[group] != 0 ? groups->key[group] : groups->dn[group]);
}

/* detail: when the time began to run. extra: days of the cadence, times two, plus one when there
 * never was a review. */
static void judge_group(ControlContext *context, const Limits *limits, const Register *row,
                        uint32_t group)
{
    int64_t cadence = row->every_days >= 0 ? (int64_t)row->every_days * SECONDS_OF_DAY
                                           : cadence_of(context, limits, group);
    const ReviewedGroup *campaign = campaign_of(context, group);
    int64_t last = row->last_review_utc;
    if (campaign != NULL && (last == TIME_UNKNOWN || campaign->at_utc > last))
        last = campaign->at_utc;
    bool is_never = last == TIME_UNKNOWN;
    int64_t since = is_never ? governed_first_seen(context, group) : last;
    if (since == TIME_UNKNOWN || !time_is_over(context, since, cadence))
        return;
    uint32_t extra = (uint32_t)(cadence / SECONDS_OF_DAY) << 1 | (is_never ? 1 : 0);
    uint64_t facts = extra;
    if (row->asset != NONE)
        facts = facts_text(context, facts, context->snapshot->assets.id[row->asset]);
    facts = facts_mix(facts, bitset_has(&context->governed->privileged, group));
    if (campaign != NULL)
        facts = facts_mix(facts, g_str_hash(campaign->review));
    control_report(context, SUBJECT_GROUP, group, NONE, NONE, 0, since, extra, facts);
}

/* An asset without a known group counts only if the register gives it a cadence. */
static void judge_asset(ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    if (assets->review_every_days[asset] < 0)
        return;
    bool names_some = assets->first_access_group[asset] < assets->first_access_group[asset + 1];
    if (names_some &&
        sources_incomplete(context->snapshot, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS)) {
        control_unjudged_subject(
            context, SUBJECT_ASSET, asset,
            "no access group of the asset was found, and not every directory is complete");
        return;
    }
    int64_t cadence = (int64_t)assets->review_every_days[asset] * SECONDS_OF_DAY;
    bool is_never = assets->last_review_utc[asset] == TIME_UNKNOWN;
    int64_t since = is_never ? first_seen(context, assets->source[asset], assets->id[asset])
                             : assets->last_review_utc[asset];
    if (since == TIME_UNKNOWN || !time_is_over(context, since, cadence))
        return;
    uint32_t extra = (uint32_t)assets->review_every_days[asset] << 1 | (is_never ? 1 : 0);
    control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, since, extra, extra);
}

static Register *read_register(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    Register *rows = g_new(Register, (size_t)snapshot->groups.n + 1);
    for (uint32_t group = 0; group < snapshot->groups.n; group++)
        rows[group] = (Register){TIME_UNKNOWN, -1, NONE};
    for (uint32_t asset = 0; asset < snapshot->assets.n; asset++) {
        if (is_over_and_gone(&snapshot->assets, asset))
            continue;
        g_autoptr(GArray) groups = groups_of_asset(snapshot, asset);
        for (guint i = 0; i < groups->len; i++)
            enter(&rows[g_array_index(groups, uint32_t, i)], &snapshot->assets, asset);
        if (groups->len == 0)
            judge_asset(context, asset);
    }
    return rows;
}

static void evaluate_review_overdue(ControlContext *context)
{
    unjudged_privileged_names(context);
    unjudged_entitlement_names(context);
    unjudged_segregation_names(context);
    Limits limits = {.privileged =
                         control_limit(context->settings, context->control, "privileged_days"),
                     .others = control_limit(context->settings, context->control, "days"),
                     .low = control_limit(context->settings, context->control, "low_days")};
    g_autofree Register *rows = read_register(context);
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (bitset_has(&context->governed->any, group))
            judge_group(context, &limits, &rows[group], group);
    }
}

static void describe_governed_as(const ControlContext *context, uint32_t group, json_t *evidence)
{
    static const char *const names[N_GOVERNED_KINDS] = {"privileged", "entitlement", "asset",
                                                        "segregation"};
    json_t *ways = json_array();
    for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
        if (bitset_has(governed_kind(context->governed, (GovernedKind)kind), group))
            json_array_append_new(ways, json_string(names[kind]));
    }
    json_object_set_new(evidence, "governed_as", ways);
}

static void describe_review_overdue(const ControlContext *context, const Finding *finding,
                                    FindingText *text)
{
    bool is_asset = finding->subject_type == SUBJECT_ASSET, is_never = (finding->extra & 1) != 0;
    int64_t days = finding->extra >> 1;
    const char *name =
        is_asset ? asset_shown(context, finding->subject) : group_shown(context, finding->subject);
    json_t *evidence = json_object();
    evidence_time(evidence, "last_review", is_never ? TIME_UNKNOWN : finding->detail);
    if (is_never)
        evidence_time(evidence, "first_seen", finding->detail);
    json_object_set_new(evidence, "every_days", json_integer(days));
    const ReviewedGroup *campaign = is_asset ? NULL : campaign_of(context, finding->subject);
    bool is_by_campaign = campaign != NULL && campaign->at_utc == finding->detail;
    if (is_by_campaign)
        evidence_text(evidence, "review", campaign->review);
    if (!is_asset)
        describe_governed_as(context, finding->subject, evidence);

    /* A date of the register ends at 24:00: one second earlier is still that day. */
    g_autofree char *day =
        day_shown(context, finding->detail - (is_never || is_by_campaign ? 0 : 1));
    char *summary =
        is_never
            ? sentence("%s %s was never reviewed in the %e since it is known (%s); "
                       "every %d days is the rule.",
                       is_asset ? "The asset" : "Who is in the group", name, finding->detail, day,
                       days)
            : sentence("The last review of the %s %s was %e ago (%s); every %d days is the rule.",
                       is_asset ? "asset" : "group", name, finding->detail, day, days);
    char *action = sentence(
        "Have the members of %s reviewed by whoever answers for it, and record the date.", name);
    finding_text_take(text, summary, evidence, action);
}

const Control control_review_overdue = {
    .id = "review-overdue",
    .title = "Governed right was not reviewed in time",
    .severity = SEVERITY_HIGH,
    .needs = NEED_ASSETS | NEED_DIRECTORY,
    .subject = SUBJECT_GROUP,
    .thresholds = review_thresholds,
    .references = {.iso_2013 = "A.9.2.5",
                   .iso_2022 = "5.18",
                   .nist = "AC-2 AC-6(7)",
                   .pci = "7.2.4"},
    .evaluate = evaluate_review_overdue,
    .describe = describe_review_overdue,
};
