/* run_merge.c: what a run hands to the ledger. */

#include "run/run_state.h"

#include "controls/judgement.h"
#include "run/facts.h"
#include "ledger/history/past.h"

#include <string.h>

bool run_accepts_resolving(const Run *run)
{
    for (guint i = 0; i + 1 < run->accepts->len; i++) {
        if (strcmp(run->accepts->pdata[i], "ledger:resolved") == 0)
            return true;
    }
    return false;
}

static bool is_accepted(const Reconciliation *r, const char *source, const char *dimension)
{
    for (guint i = 0; i < r->held->len; i++) {
        const GuardTrip *trip = &g_array_index(r->held, GuardTrip, i);

        if (trip->is_accepted && strcmp(trip->source, source) == 0 &&
            strcmp(trip->dimension, dimension) == 0)
            return true;
    }
    return false;
}

/* What the next run's guards compare with: complete sources only. */
static LedgerSourceBaseline *next_baselines(const Run *run, size_t *ret_n)
{
    const Reconciliation *r = &run->reconciliation;
    LedgerSourceBaseline *baselines = g_new0(LedgerSourceBaseline, r->snapshot->n_sources + 1);
    size_t n = 0;

    for (uint32_t i = 0; i < r->snapshot->n_sources; i++) {
        const GArray *dimensions = intake_dimensions(r->intake, i);
        const GPtrArray *watched = intake_watched(r->intake, i);

        if (r->snapshot->sources[i].status != SOURCE_COMPLETE)
            continue;
        LedgerSourceBaseline *next = &baselines[n++];
        const char **names = g_new0(const char *, dimensions->len + 1);
        int64_t *values = g_new0(int64_t, dimensions->len + 1);
        bool *accepted = g_new0(bool, dimensions->len + 1);

        for (guint j = 0; j < dimensions->len; j++) {
            names[j] = g_array_index(dimensions, GuardDimension, j).name;
            values[j] = g_array_index(dimensions, GuardDimension, j).value;
            accepted[j] = is_accepted(r, r->snapshot->sources[i].name, names[j]);
        }
        next->name = r->snapshot->sources[i].name;
        next->good_as_of_utc = r->as_of_utc;
        next->n_dimensions = dimensions->len;
        next->dimensions = names;
        next->values = values;
        next->accepted = accepted;
        next->watched = g_new0(const char *, watched->len + 1);
        for (guint j = 0; j < watched->len; j++)
            next->watched[j] = watched->pdata[j];
    }
    *ret_n = n;
    return baselines;
}

static void free_baselines(LedgerSourceBaseline *baselines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_free(baselines[i].dimensions);
        g_free((void *)(uintptr_t)baselines[i].values);
        g_free((void *)(uintptr_t)baselines[i].accepted);
        g_free(baselines[i].watched);
    }
    g_free(baselines);
}

/* "source\x1fkey" of every governed group, for "first seen"; and of the assets that are to be
 * reviewed themselves, "source\x1fid": no source has both. */
static char **governed_keys(const Reconciliation *r)
{
    const Groups *groups = &r->snapshot->groups;
    const Assets *assets = &r->snapshot->assets;
    GPtrArray *keys = g_ptr_array_new();

    for (uint32_t g = 0; g < groups->n; g++) {
        if (bitset_has(&r->governed->any, g))
            g_ptr_array_add(keys, g_strdup_printf("%s\x1f%s",
                                                  r->snapshot->sources[groups->source[g]].name,
                                                  snapshot_text(r->snapshot, groups->key[g])));
    }
    for (uint32_t a = 0; a < assets->n; a++) {
        if (assets->review_every_days[a] >= 0)
            g_ptr_array_add(keys, g_strdup_printf("%s\x1f%s",
                                                  r->snapshot->sources[assets->source[a]].name,
                                                  snapshot_text(r->snapshot, assets->id[a])));
    }
    g_ptr_array_add(keys, NULL);
    return (char **)g_ptr_array_free(keys, FALSE);
}

int64_t run_resolve_limit(const Run *run)
{
    const SettingsGroup *guards = settings_group(run->settings->root, "guards");

    if (run_accepts_resolving(run))
        return INT64_MAX;
    return guard_resolve_limit(run->baseline->n_open, settings_int(guards, "resolve_percent"),
                               settings_int(guards, "resolve_minimum"));
}

static bool *who_has_left(const Reconciliation *r)
{
    bool *has_left = g_new0(bool, (size_t)r->snapshot->people.n + 1);

    for (uint32_t i = 0; i < r->snapshot->people.n; i++)
        has_left[i] = person_left_at(r->snapshot, i, r->as_of_utc) != TIME_NEVER;
    return has_left;
}

/* Only that there was a run, and why it was held. */
static bool record_held(Run *run, GError **error)
{
    LedgerApply apply = {.run = &run->record, .resolve_limit = INT64_MAX};

    return ledger_apply(run->ledger, &apply, &run->counts, error);
}

bool run_merge(Run *run, GError **error)
{
    if (run->is_clock_held)
        return record_held(run, error);
    int64_t due_seconds[N_SEVERITIES];
    size_t n_baselines = 0;
    g_auto(GStrv) governed = governed_keys(&run->reconciliation);
    LedgerSourceBaseline *baselines = next_baselines(run, &n_baselines);
    g_autoptr(GArray) link_states = hand_links_states(run->hand_links, &run->reconciliation);
    g_autofree bool *has_left = who_has_left(&run->reconciliation);

    due_limits(run->settings, due_seconds);
    LedgerApply apply = {
        .run = &run->record,
        .findings = run->reconciliation.findings,
        .baselines = baselines,
        .n_baselines = n_baselines,
        .before = run->baseline,
        .snapshot = run->reconciliation.snapshot,
        .governed_group_keys = (const char *const *)governed,
        .recall = run->reconciliation.recall,
        .resolve_limit = run_resolve_limit(run),
        .due_seconds = due_seconds,
        .person_has_left = has_left,
        .link_states = (const LedgerLinkState *)(const void *)link_states->data,
        .n_link_states = link_states->len,
    };
    bool is_applied = ledger_apply(run->ledger, &apply, &run->counts, error);

    free_baselines(baselines, n_baselines);
    return is_applied;
}

bool run_preview(Run *run, GError **error)
{
    int64_t limit = run_resolve_limit(run), n_open = run->baseline->n_open;

    if (!ledger_preview(run->ledger, run->reconciliation.findings, &run->counts, error))
        return false;
    int64_t n_vanished = run->counts.n_resolved - run->counts.n_passed;
    run->would_be_held = n_vanished > limit;
    if (run->would_be_held)
        json_array_append_new(run->record.held,
                              json_pack("{s:s s:s s:I s:I s:I s:s}", "source", "ledger",
                                        "dimension", "resolved", "before", (json_int_t)n_open,
                                        "after", (json_int_t)(n_open - n_vanished), "limit",
                                        (json_int_t)limit, "accept", "ledger:resolved"));
    return true;
}

bool run_retain(const Run *run, json_t **ret_forgotten, GError **error)
{
    const SettingsGroup *group = settings_group(run->settings->root, "retention");
    LedgerRetention retention = {.people_days = settings_int(group, "people_days"),
                                 .resolved_days = settings_int(group, "resolved_days"),
                                 .rejections_days = settings_int(group, "rejections_days"),
                                 .reviews_days = settings_int(group, "reviews_days"),
                                 .history_days = settings_int(group, "history_days"),
                                 .traffic_days = settings_int(group, "traffic_days")};
    bool is_merged =
        strcmp(run->record.status, "applied") == 0 || strcmp(run->record.status, "partial") == 0;

    *ret_forgotten = NULL;
    if (!is_merged || (retention.people_days == 0 && retention.resolved_days == 0 &&
                       retention.rejections_days == 0 && retention.reviews_days == 0 &&
                       retention.history_days == 0 && retention.traffic_days == 0))
        return true;
    /* It cannot be taken back, so a time that is still to come forgets nothing before it has. */
    return ledger_retain(run->ledger, &retention, run->record.id,
                         MIN(run->record.as_of_utc, run->started_utc), run->record.actor,
                         ret_forgotten, error);
}
