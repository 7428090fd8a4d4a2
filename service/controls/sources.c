/* sources.c: what was pulled is not whole, not fresh, or not clean. These need nothing and are
 * always judged. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

#include <string.h>

static const SourceRecord *source_at(const ControlContext *context, uint32_t source)
{
    return &context->snapshot->sources[source];
}

static uint64_t reason_facts(const SourceRecord *source)
{
    return facts_mix((uint64_t)source->status,
                     source->reason != NULL ? g_str_hash(source->reason) : 0);
}

static int64_t last_good(const ControlContext *context, uint32_t source)
{
    return context->source_last_good_utc != NULL ? context->source_last_good_utc[source]
                                                 : TIME_UNKNOWN;
}

static void evidence_source(const ControlContext *context, json_t *evidence, uint32_t source)
{
    const SourceRecord *record = source_at(context, source);
    evidence_text(evidence, "kind", record->kind);
    evidence_text(evidence, "status", source_status_text(record->status));
    evidence_text(evidence, "reason", record->reason);
    evidence_time(evidence, "last_good", last_good(context, source));
}

/* ---- source-incomplete ---- */

static void evaluate_incomplete(ControlContext *context)
{
    for (uint32_t i = 0; i < context->snapshot->n_sources; i++) {
        const SourceRecord *source = source_at(context, i);
        if (source->status == SOURCE_INCOMPLETE || source->status == SOURCE_HELD)
            control_report(context, SUBJECT_SOURCE, i, NONE, NONE, 0, last_good(context, i), 0,
                           reason_facts(source));
    }
}

static void describe_incomplete(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    const SourceRecord *source = source_at(context, finding->subject);
    json_t *evidence = json_object();
    evidence_source(context, evidence, finding->subject);
    const char *reason = source->reason != NULL ? source->reason : "no reason was given";
    bool is_held = source->status == SOURCE_HELD;
    char *summary =
        is_held ? sentence("The source %s was held: %s", source->name, reason)
                : sentence("The source %s could not be read whole: %s", source->name, reason);
    char *action = is_held
                       ? sentence("Find out whether the change is real; if it is, let it through "
                                  "with --accept and a reason.")
                       : sentence("Repair it and run again: nothing that rests on %s was judged.",
                                  source->name);
    finding_text_take(text, summary, evidence, action);
}

const Control control_source_incomplete = {
    .id = "source-incomplete",
    .title = "Source was not read whole, or a guard holds it",
    .severity = SEVERITY_HIGH,
    .subject = SUBJECT_SOURCE,
    .references = {.iso_2013 = "A.12.4.1 A.18.2.2", .iso_2022 = "8.15 5.36", .other = "IPE"},
    .evaluate = evaluate_incomplete,
    .describe = describe_incomplete,
};

/* ---- source-stale ---- */

/* From `freshness`, in seconds: the strictest of what the source provides. */
static int64_t freshness_limit(const ControlContext *context, unsigned provides)
{
    static const struct {
        unsigned provides;
        const char *name;
        int64_t unit;
    } limits[] = {{PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS, "directory_hours", 3600},
                  {PROVIDES_PEOPLE, "people_days", 86400},
                  {PROVIDES_ASSETS, "assets_days", 86400},
                  {PROVIDES_APPROVALS, "approvals_days", 86400}};
    const SettingsGroup *freshness = settings_group(context->settings->root, "freshness");
    int64_t strictest = INT64_MAX;
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if ((provides & limits[i].provides) != 0)
            strictest = MIN(strictest, settings_int(freshness, limits[i].name) * limits[i].unit);
    }
    return strictest;
}

static void evaluate_stale(ControlContext *context)
{
    for (uint32_t i = 0; i < context->snapshot->n_sources; i++) {
        const SourceRecord *source = source_at(context, i);
        int64_t limit = freshness_limit(context, source->provides);
        int64_t good = last_good(context, i);
        bool is_unread = source->status == SOURCE_INCOMPLETE || source->status == SOURCE_HELD;
        bool was_long_ago = is_unread && good != TIME_UNKNOWN && context->as_of_utc - good > limit;
        if (source->status != SOURCE_STALE && !was_long_ago)
            continue;
        int64_t newest = source->status == SOURCE_STALE ? source->newest_utc : good;
        control_report(context, SUBJECT_SOURCE, i, NONE, NONE, 0, newest,
                       source->status == SOURCE_STALE,
                       facts_mix(reason_facts(source), (uint64_t)limit));
    }
}

static void describe_stale(const ControlContext *context, const Finding *finding, FindingText *text)
{
    const SourceRecord *source = source_at(context, finding->subject);
    json_t *evidence = json_object();
    evidence_source(context, evidence, finding->subject);
    if (finding->extra != 0)
        evidence_time(evidence, "newest_record", finding->detail);
    json_object_set_new(evidence, "limit_hours",
                        json_integer(freshness_limit(context, source->provides) / 3600));
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary;
    if (finding->detail == TIME_UNKNOWN)
        summary = sentence("The source %s is too old: %s", source->name, source->reason);
    else if (finding->extra != 0)
        summary = sentence("The newest record of the source %s is %e old (%s).", source->name,
                           finding->detail, day);
    else
        summary = sentence("The source %s was last read whole %e ago (%s).", source->name,
                           finding->detail, day);
    finding_text_take(
        text, summary, evidence,
        sentence("Find out why %s gives nothing newer: nothing that rests on it was judged.",
                 source->name));
}

const Control control_source_stale = {
    .id = "source-stale",
    .title = "Source is older than allowed",
    .severity = SEVERITY_HIGH,
    .subject = SUBJECT_SOURCE,
    .references = {.iso_2013 = "A.18.2.2", .iso_2022 = "5.36", .other = "IPE"},
    .evaluate = evaluate_stale,
    .describe = describe_stale,
};

/* ---- source-rows-rejected ---- */

static const Threshold rejected_thresholds[] = {
    {"rows", "Rejected records from which it is an exception.", 1, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_rejected(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "rows");
    for (uint32_t i = 0; i < context->snapshot->n_sources; i++) {
        const SourceRecord *source = source_at(context, i);
        if (source->counts.rejected < limit) {
            /* A pull that broke off has not seen all its rows. */
            if (source->status == SOURCE_INCOMPLETE)
                control_unjudged_source(context, i,
                                        source->reason != NULL ? source->reason : "not read whole");
            continue;
        }
        uint64_t facts = (uint64_t)source->counts.rejected;
        for (guint r = 0; source->rejections != NULL && r < source->rejections->len; r++)
            facts = facts_mix(facts, g_str_hash(source->rejections->pdata[r]));
        control_report(context, SUBJECT_SOURCE, i, NONE, NONE, 0, source->counts.rejected, 0,
                       facts);
    }
}

static void describe_rejected(const ControlContext *context, const Finding *finding,
                              FindingText *text)
{
    const SourceRecord *source = source_at(context, finding->subject);
    json_t *evidence = json_object(), *reasons = json_array();
    json_object_set_new(evidence, "pulled", json_integer(source->counts.pulled));
    json_object_set_new(evidence, "rejected", json_integer(source->counts.rejected));
    for (guint r = 0; source->rejections != NULL && r < source->rejections->len; r++)
        json_array_append_new(reasons, json_string(source->rejections->pdata[r]));
    json_object_set_new(evidence, "reasons", reasons);
    char *summary =
        finding->detail == 1
            ? sentence("One record of the source %s was refused.", source->name)
            : sentence("%d records of the source %s were refused.", finding->detail, source->name);
    finding_text_take(text, summary, evidence,
                      sentence("Correct them in %s: until then nobody judges what they say. The "
                               "evidence names each with its place.",
                               source->name));
}

const Control control_source_rows_rejected = {
    .id = "source-rows-rejected",
    .title = "Records of a source were refused",
    .severity = SEVERITY_MEDIUM,
    .subject = SUBJECT_SOURCE,
    .thresholds = rejected_thresholds,
    .references = {.iso_2013 = "A.18.2.2", .iso_2022 = "5.36", .other = "IPE"},
    .evaluate = evaluate_rejected,
    .describe = describe_rejected,
};
