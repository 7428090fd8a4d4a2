/* From builders to the snapshot: the columns of the first source are taken as they are, others
 * appended. */
#include "intake/parts.h"

#include "base/tasks.h"

#include "model/lookup.h"

#include <malloc.h>

/* What joins a builder's table with the snapshot's. */
static uint32_t join(void *to, uint32_t n_to, void *from, uint32_t n_from, ColumnList list,
                     size_t table_size)
{
    if (n_from == 0)
        return n_to;
    if (n_to > 0) {
        columns_append(to, n_to, from, n_from, list);
        columns_free(from, list);
        return n_to + n_from;
    }
    columns_free(to, list);
    memcpy(to, from, table_size);
    memset(from, 0, table_size);
    return n_from;
}

/* Runs of texts (previous ids, access groups) of one more source. n_rows: of the snapshot before it
 * came. */
static void join_runs(uint32_t **first, TextRef **values, uint32_t n_rows,
                      const uint32_t *more_first, const GArray *more, uint32_t n_more)
{
    uint32_t n_values = n_rows > 0 ? (*first)[n_rows] : 0;
    *first = g_renew(uint32_t, *first, (size_t)n_rows + n_more + 1);
    *values = g_renew(TextRef, *values, (size_t)n_values + more->len + 1);
    (*first)[n_rows] = n_values;
    for (uint32_t row = 0; row < n_more; row++)
        (*first)[n_rows + row + 1] = n_values + more_first[row + 1];
    for (guint i = 0; i < more->len; i++)
        (*values)[n_values + i] = g_array_index(more, TextRef, i);
}

static void join_people(Snapshot *snapshot, TableBuilder *builder)
{
    People *to = &snapshot->people, *from = &builder->people;
    uint32_t n_to = to->n, n_from = from->n;
    if (n_from == 0)
        return;
    uint32_t *first = to->first_previous, *more_first = g_steal_pointer(&from->first_previous);
    TextRef *values = to->previous_ids;
    uint32_t n = join(to, n_to, from, n_from, person_columns, sizeof *to);
    join_runs(&first, &values, n_to, more_first, builder->previous_ids, n_from);
    to->first_previous = first;
    to->previous_ids = values;
    to->n = n;
    g_free(more_first);
}

static void join_assets(Snapshot *snapshot, TableBuilder *builder)
{
    Assets *to = &snapshot->assets, *from = &builder->assets;
    uint32_t n_to = to->n, n_from = from->n;
    if (n_from == 0)
        return;
    uint32_t *first = to->first_access_group,
             *more_first = g_steal_pointer(&from->first_access_group);
    TextRef *values = to->access_groups;
    uint32_t n = join(to, n_to, from, n_from, asset_columns, sizeof *to);
    join_runs(&first, &values, n_to, more_first, builder->access_groups, n_from);
    to->first_access_group = first;
    to->access_groups = values;
    to->n = n;
    g_free(more_first);
}

static void join_directory(Snapshot *snapshot, DirectoryBuilder *builder)
{
    uint32_t n = builder->accounts.n;
    snapshot->accounts.n = join(&snapshot->accounts, snapshot->accounts.n, &builder->accounts, n,
                                account_columns, sizeof snapshot->accounts);
    builder->accounts.n = n; /* the builder's own columns are still counted by these */
    n = builder->groups.n;
    snapshot->groups.n = join(&snapshot->groups, snapshot->groups.n, &builder->groups, n,
                              group_columns, sizeof snapshot->groups);
    builder->groups.n = n;
    n = builder->computers.n;
    snapshot->computers.n = join(&snapshot->computers, snapshot->computers.n, &builder->computers,
                                 n, computer_columns, sizeof snapshot->computers);
    builder->computers.n = n;
}

/* Rows come in the order of accounts, and sources one behind the other: sorted as they stand. */
static void join_sid_history(Snapshot *snapshot, const DirectoryBuilder *builder, uint32_t base)
{
    SidHistory *history = &snapshot->sid_history;
    uint32_t capacity = history->n, n = history->n + builder->former_sids->len;
    if (n == history->n)
        return;
    columns_reserve(history, sid_history_columns, &capacity, n);
    for (guint i = 0; i < builder->former_sids->len; i++) {
        FormerSid former = g_array_index(builder->former_sids, FormerSid, i);
        history->account[history->n] = base + former.account;
        history->sid[history->n++] = former.sid;
    }
    columns_trim(history, n, sid_history_columns);
}

static EdgeSource join_source(Snapshot *snapshot, Sink *sink)
{
    EdgeSource source = {.sink = sink,
                         .accounts_base = snapshot->accounts.n,
                         .groups_base = snapshot->groups.n,
                         .computers_base = snapshot->computers.n};
    if (sink->directory != NULL) {
        join_directory(snapshot, sink->directory);
        join_sid_history(snapshot, sink->directory, source.accounts_base);
    }
    if (sink->table != NULL) {
        join_people(snapshot, sink->table);
        join_assets(snapshot, sink->table);
        uint32_t n = sink->table->approvals.n;
        snapshot->approvals.n =
            join(&snapshot->approvals, snapshot->approvals.n, &sink->table->approvals, n,
                 approval_columns, sizeof snapshot->approvals);
    }
    return source;
}

/* Of the sources that provide one of these. */
static void give_records(Snapshot *snapshot, Intake *intake, unsigned kinds)
{
    for (uint32_t i = 0; i < intake->n; i++) {
        if ((intake->sinks[i]->options.provides & kinds) == 0)
            continue;
        source_record_clear(&snapshot->sources[i]);
        snapshot->sources[i] = intake->sinks[i]->record;
        memset(&intake->sinks[i]->record, 0, sizeof intake->sinks[i]->record);
    }
}

static void say_not_read(Snapshot *snapshot, const Intake *intake)
{
    snapshot->n_sources = intake->n;
    snapshot->sources = g_new0(SourceRecord, (size_t)intake->n + 1);
    for (uint32_t i = 0; i < intake->n; i++) {
        snapshot->sources[i] = sink_record(&intake->sinks[i]->options);
        snapshot->sources[i].status = SOURCE_INCOMPLETE;
        snapshot->sources[i].reason = g_strdup("not read yet");
    }
}

/* Columns that nothing came for have no rows, but runs need their end. */
static void complete_runs(Snapshot *snapshot)
{
    if (snapshot->people.first_previous == NULL)
        snapshot->people.first_previous = g_new0(uint32_t, 1);
    if (snapshot->assets.first_access_group == NULL)
        snapshot->assets.first_access_group = g_new0(uint32_t, 1);
}

typedef struct Joining {
    Snapshot *snapshot;
    Intake *intake;
    EdgeSource *directories;
    uint32_t n_directories;
} Joining;

static bool is_wanted(const Sink *sink, bool is_directory)
{
    return sink->record.status == SOURCE_COMPLETE && (sink->directory != NULL) == is_directory;
}

static void join_rosters(Snapshot *snapshot, const Intake *intake)
{
    for (uint32_t i = 0; i < intake->n; i++)
        if (is_roster(intake->sinks[i]) && is_wanted(intake->sinks[i], false))
            join_source(snapshot, intake->sinks[i]);
}

static void join_directories(Joining *joining)
{
    Intake *intake = joining->intake;
    joining->directories = g_new0(EdgeSource, (size_t)intake->n + 1);
    for (uint32_t i = 0; i < intake->n; i++)
        if (!is_roster(intake->sinks[i]) && is_wanted(intake->sinks[i], true))
            joining->directories[joining->n_directories++] =
                join_source(joining->snapshot, intake->sinks[i]);
}

static void build_edges(void *data)
{
    const Joining *joining = data;
    edges_build(joining->snapshot, joining->directories, joining->n_directories);
}

static void join_tables(void *data)
{
    const Joining *joining = data;
    const Intake *intake = joining->intake;
    for (uint32_t i = 0; i < intake->n; i++)
        if (!is_roster(intake->sinks[i]) && is_wanted(intake->sinks[i], false))
            join_source(joining->snapshot, intake->sinks[i]);
}

/* What is left of the builders would stand beside the snapshot until the run ends. */
static void drop_builders(Intake *intake)
{
    for (uint32_t i = 0; i < intake->n; i++) {
        Sink *sink = intake->sinks[i];
        g_clear_pointer(&sink->directory, directory_builder_free);
        g_clear_pointer(&sink->table, table_builder_free);
        g_clear_pointer(&sink->text, text_pool_free);
    }
}

Snapshot *intake_freeze_rosters(Intake *intake, const Baseline *baseline, int64_t this_run)
{
    Snapshot *snapshot = g_new0(Snapshot, 1);
    intake_wait_for(intake, PROVIDES_PEOPLE);
    /* All texts are in one space already; those of a source that is not used lie idle there. */
    snapshot->text = intake->n > 0 ? text_pool_new_beside(intake->sinks[0]->text) : text_pool_new();
    join_rosters(snapshot, intake);
    complete_runs(snapshot);
    say_not_read(snapshot, intake);
    give_records(snapshot, intake, PROVIDES_PEOPLE);
    roster_link_previous(snapshot);
    if (snapshot_has(snapshot, PROVIDES_PEOPLE) &&
        snapshot_is_complete(snapshot, PROVIDES_PEOPLE)) {
        roster_add_unread(snapshot, intake, baseline);
        roster_add_gone(snapshot, baseline, this_run);
    }
    snapshot_build_indexes(snapshot);
    return snapshot;
}

void intake_freeze_rest(Intake *intake, Snapshot *snapshot)
{
    Joining joining = {.snapshot = snapshot, .intake = intake};
    malloc_trim(0); /* what the pulling threads have freed: 3 MB at 100,000 accounts */
    join_directories(&joining);
    const Task tasks[] = {{build_edges, &joining}, {join_tables, &joining}};
    tasks_run(tasks, G_N_ELEMENTS(tasks));
    g_free(joining.directories);
    give_records(snapshot, intake, ~PROVIDES_PEOPLE);
    drop_builders(intake);
    snapshot_renew_indexes(snapshot);
}

Snapshot *intake_freeze(Intake *intake, const Settings *settings, const Baseline *baseline,
                        int64_t this_run)
{
    Snapshot *snapshot = intake_freeze_rosters(intake, baseline, this_run);
    intake_freeze_rest(intake, snapshot);
    return snapshot;
}

void intake_complete(Snapshot *snapshot)
{
    roster_link_previous(snapshot);
    snapshot_build_indexes(snapshot);
}
