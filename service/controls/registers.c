/* registers.c: what an asset register leaves open: classification, audits, loans, access groups. */
#include "controls/asset_evidence.h"
#include "controls/catalogue.h"
#include "base/times.h"
#include "model/lookup.h"

/* ---- asset-unclassified ---- */

static void evaluate_unclassified(ControlContext *context)
{
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->classification[asset] == 0 && !asset_is_over(assets, asset) &&
            asset_is_intangible(context->snapshot, asset) &&
            column_known(context, assets->source[asset], ASSET_CLASSIFICATION))
            control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, 0, 0,
                           asset_facts(context, asset));
    }
}

static void describe_unclassified(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    json_t *evidence = json_object();
    evidence_asset(context, evidence, finding->subject);
    evidence_text(evidence, "classification", NULL);
    g_autofree char *name = asset_named(context, finding->subject);
    TextRef kind = context->snapshot->assets.kind[finding->subject];
    finding_text_take(
        text,
        sentence("The %s %s has no classification.", snapshot_text(context->snapshot, kind), name),
        evidence,
        sentence("Have its owner say how confidential it is, and enter that in the "
                 "register."));
}

const Control control_asset_unclassified = {
    .id = "asset-unclassified",
    .title = "Application, information or service has no classification",
    .severity = SEVERITY_LOW,
    .needs = NEED_ASSETS,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.2.1", .iso_2022 = "5.12"},
    .evaluate = evaluate_unclassified,
    .describe = describe_unclassified,
};

/* ---- asset-audit-overdue ---- */

static const Threshold audit_thresholds[] = {
    {"days", "Time between the end of the day of the next audit and the exception.", 0,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_audit_overdue(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    GTimeZone *zone = context->settings->timezone;
    PackedDay today = day_packed(day_of_time(context->as_of_utc, zone));
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        PackedDay due = assets->next_audit[asset];
        if (due >= today || asset_is_over(assets, asset))
            continue;
        if (due == 0) { /* none is planned, where the register plans any */
            column_known(context, assets->source[asset], ASSET_NEXT_AUDIT);
            continue;
        }
        int64_t end = day_ends_utc(day_unpacked(due), zone);
        if (time_is_over(context, end, limit))
            control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, end, 0,
                           facts_mix(asset_facts(context, asset), assets->last_audit[asset]));
    }
}

static void describe_audit_overdue(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    const Assets *assets = &context->snapshot->assets;
    int32_t due = day_unpacked(assets->next_audit[finding->subject]);
    json_t *evidence = json_object();
    evidence_day(evidence, "next_audit", due);
    evidence_day(evidence, "last_audit", day_unpacked(assets->last_audit[finding->subject]));
    evidence_asset(context, evidence, finding->subject);
    g_autofree char *name = asset_named(context, finding->subject);
    g_autofree char *day = day_to_text(due);
    char *summary = sentence("The audit of the asset %s was due %e ago (%s, %s).", name,
                             finding->detail, day, context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Audit it, then enter the day of the audit and of the next one in "
                               "the register."));
}

const Control control_asset_audit_overdue = {
    .id = "asset-audit-overdue",
    .title = "Audit of an asset is overdue",
    .severity = SEVERITY_LOW,
    .needs = NEED_ASSETS,
    .subject = SUBJECT_ASSET,
    .thresholds = audit_thresholds,
    .references = {.iso_2013 = "A.8.1.1 A.8.1.4", .iso_2022 = "5.9 5.11"},
    .evaluate = evaluate_audit_overdue,
    .describe = describe_audit_overdue,
};

/* ---- asset-loan-overdue ---- */

static const Threshold loan_thresholds[] = {
    {"days", "Time between the end of the day it was due back and the exception.", 7,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_loan_overdue(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Assets *assets = &context->snapshot->assets;
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->status[asset] != ASSET_STATUS_LOAN)
            continue;
        int64_t due = assets->due_back_utc[asset];
        if (due == TIME_UNKNOWN)
            control_unjudged_subject(context, SUBJECT_ASSET, asset,
                                     "it is on loan, and the register does not say until when "
                                     "(due_back)");
        else if (time_is_over(context, due, limit))
            control_report(
                context, SUBJECT_ASSET, asset, NONE, NONE, 0, due, 0,
                facts_mix(asset_facts(context, asset), (uint64_t)assets->assigned_utc[asset]));
    }
}

static void describe_loan_overdue(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    const Assets *assets = &context->snapshot->assets;
    TextRef custodian = assets->custodian[finding->subject];
    int32_t day = day_of_time(finding->detail - 1, context->settings->timezone);
    json_t *evidence = json_object();
    evidence_day(evidence, "due_back", day);
    evidence_time(evidence, "assigned_at", assets->assigned_utc[finding->subject]);
    evidence_asset(context, evidence, finding->subject);
    g_autofree char *name = asset_named(context, finding->subject);
    g_autofree char *shown = day_to_text(day);
    char *summary =
        sentence("The asset %s, on loan%s%s, was due back %e ago (%s, %s).", name,
                 custodian != 0 ? " to " : "", snapshot_text(context->snapshot, custodian),
                 finding->detail, shown, context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Get it back, or agree on a new day, and enter that in the "
                               "register."));
}

const Control control_asset_loan_overdue = {
    .id = "asset-loan-overdue",
    .title = "Asset on loan was not given back in time",
    .severity = SEVERITY_LOW,
    .needs = NEED_ASSETS,
    .subject = SUBJECT_ASSET,
    .thresholds = loan_thresholds,
    .references = {.iso_2013 = "A.8.1.1 A.8.1.4", .iso_2022 = "5.9 5.11"},
    .evaluate = evaluate_loan_overdue,
    .describe = describe_loan_overdue,
};

/* ---- asset-access-unknown ---- */

/* Access groups of the asset that are no group we know. (element-type TextRef), owned by the
 * caller. */
static GArray *unknown_access(const Snapshot *snapshot, uint32_t asset)
{
    const Assets *assets = &snapshot->assets;
    GArray *unknown = g_array_new(FALSE, FALSE, sizeof(TextRef));
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = assets->first_access_group[asset]; i < assets->first_access_group[asset + 1];
         i++) {
        if (snapshot_find_groups(snapshot, snapshot_text(snapshot, assets->access_groups[i]),
                                 found) == 0)
            g_array_append_val(unknown, assets->access_groups[i]);
    }
    return unknown;
}

static void evaluate_access_unknown(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    for (uint32_t asset = 0; asset < snapshot->assets.n; asset++) {
        if (!bitset_has(&context->governed->unknown_access, asset))
            continue;
        g_autoptr(GArray) unknown = unknown_access(snapshot, asset);
        uint64_t facts = asset_facts(context, asset);
        for (guint i = 0; i < unknown->len; i++)
            facts = facts_text(context, facts, g_array_index(unknown, TextRef, i));
        control_report(context, SUBJECT_ASSET, asset, NONE, NONE, 0, 0, 0, facts);
    }
}

static void describe_access_unknown(const ControlContext *context, const Finding *finding,
                                    FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    g_autoptr(GArray) unknown = unknown_access(snapshot, finding->subject);
    g_autofree char *name = asset_named(context, finding->subject);
    json_t *evidence = json_object(), *names = json_array();
    GString *summary = g_string_new(NULL);
    sentence_append(summary, "Who has access to the asset %s is not known: no group is called ",
                    name);
    for (guint i = 0; i < unknown->len; i++) {
        const char *group = snapshot_text(snapshot, g_array_index(unknown, TextRef, i));
        json_array_append_new(names, json_string(group));
        sentence_append(summary, "%s\"%s\"",
                        i == 0                  ? ""
                        : i + 1 == unknown->len ? " or "
                                                : ", ",
                        group);
    }
    g_string_append_c(summary, '.');
    json_object_set_new(evidence, "unknown_groups", names);
    evidence_asset(context, evidence, finding->subject);
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Correct the access groups of %s in the register.", name));
}

const Control control_asset_access_unknown = {
    .id = "asset-access-unknown",
    .title = "Access group of an asset is no group we know",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_ASSETS | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.1.1", .iso_2022 = "5.9"},
    .evaluate = evaluate_access_unknown,
    .describe = describe_access_unknown,
};
