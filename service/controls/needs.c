/* Is there what a control needs, read whole? If not, who says so. */
#include "controls/judgement.h"

typedef struct NeedRow {
    Need need;
    unsigned provides;
    bool may_be_absent;
    const char *missing;
} NeedRow;

static const NeedRow whole_needs[] = {
    {NEED_PEOPLE, PROVIDES_PEOPLE, false, "no people source is configured"},
    {NEED_PEOPLE_IF_ANY, PROVIDES_PEOPLE, true, NULL},
    {NEED_ASSETS, PROVIDES_ASSETS, false, "no assets source is configured"},
    {NEED_APPROVALS, PROVIDES_APPROVALS, true, NULL},
    {NEED_ALL_DIRECTORIES, PROVIDES_DIRECTORY, false, "no directory source is configured"},
    {NEED_ALL_ACCOUNTS, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS, false,
     "no directory source is configured"},
};

/* "corp: simple bind refused" */
static char *source_reason(const SourceRecord *source)
{
    const char *reason =
        source->reason != NULL ? source->reason : source_status_text(source->status);
    size_t length = strlen(source->name);
    if (strncmp(reason, source->name, length) == 0 && reason[length] == ':')
        return g_strdup(reason);
    return g_strdup_printf("%s: %s", source->name, reason);
}

/* Says of every source of a kind that is not complete why the control cannot be judged. */
static bool whole_need_is_met(ControlContext *context, const NeedRow *row)
{
    const Snapshot *snapshot = context->snapshot;
    if (!sources_configured(snapshot, row->provides)) {
        if (!row->may_be_absent)
            control_unjudged(context, row->missing);
        return row->may_be_absent;
    }
    bool is_met = true;
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        if ((source->provides & row->provides) == 0 || source->status == SOURCE_COMPLETE)
            continue;
        g_autofree char *reason = source_reason(source);
        control_unjudged(context, reason);
        is_met = false;
    }
    return is_met;
}

/* Directories are judged one by one: the subjects of an incomplete one are left alone. */
static bool some_directory_is_met(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    unsigned provides = PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS;
    bool has_complete = false;
    if (!sources_configured(snapshot, provides)) {
        control_unjudged(context, "no directory source is configured");
        return false;
    }
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & provides) != 0 &&
            snapshot->sources[i].status == SOURCE_COMPLETE)
            has_complete = true;
    }
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        if ((source->provides & provides) == 0 || source->status == SOURCE_COMPLETE)
            continue;
        g_autofree char *reason = source_reason(source);
        if (has_complete)
            control_unjudged_source(context, i, reason);
        else
            control_unjudged(context, reason);
    }
    return has_complete;
}

bool control_needs_are_met(ControlContext *context)
{
    bool are_met = true;
    unsigned needs = context->control->needs;
    for (size_t i = 0; i < G_N_ELEMENTS(whole_needs); i++) {
        if ((needs & whole_needs[i].need) != 0 && !whole_need_is_met(context, &whole_needs[i]))
            are_met = false;
    }
    if (!are_met)
        return false;
    if ((needs & (NEED_EARLIER_RUN | NEED_MEMORY)) != 0 && !context->has_earlier_run) {
        control_unjudged(context, "it needs an earlier run");
        return false;
    }
    if ((needs & NEED_MEMORY) != 0 && context->memory == NULL) {
        control_unjudged(context, "nothing is recorded of what earlier runs saw");
        return false;
    }
    if ((needs & NEED_REVIEWS) != 0 && context->reviewed == NULL) {
        control_unjudged(context, "there is no ledger that knows of reviews");
        return false;
    }
    return (needs & NEED_DIRECTORY) == 0 || some_directory_is_met(context);
}
