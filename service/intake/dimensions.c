/* What guards compare: numbers of a source, and the groups and branches that must not vanish. */
#include "intake/parts.h"

#include "intake/dimensions.h"
#include "model/dn.h"

#define WATCHED_FROM 10

/* ---- numbers ---- */

static void add_dimension(Sink *sink, const char *name, int64_t value)
{
    GuardDimension dimension = {.name = g_strdup(name), .value = value};
    g_array_append_val(sink->dimensions, dimension);
}

static void add_fill(Sink *sink, const char *name, const TextRef *column, uint32_t n)
{
    int64_t n_filled = 0;
    for (uint32_t row = 0; row < n; row++)
        n_filled += column[row] != 0;
    add_dimension(sink, name, n_filled);
}

static void add_day_fill(Sink *sink, const char *name, const int64_t *column, uint32_t n)
{
    int64_t n_filled = 0;
    for (uint32_t row = 0; row < n; row++)
        n_filled += column[row] != TIME_UNKNOWN && column[row] != TIME_NEVER;
    add_dimension(sink, name, n_filled);
}

static void measure_directory(Sink *sink)
{
    const Accounts *accounts = &sink->directory->accounts;
    const SourceCounts *counts = &sink->record.counts;
    add_dimension(sink, "accounts", counts->accounts);
    add_dimension(sink, "enabled-accounts", counts->enabled);
    add_dimension(sink, "groups", counts->groups);
    add_dimension(sink, "memberships", counts->memberships);
    if (sink->options.provides == PROVIDES_DIRECTORY)
        add_dimension(sink, "computers", counts->computers);
    add_fill(sink, "fill.employee_id", accounts->employee_id, accounts->n);
    add_fill(sink, "fill.mail", accounts->mail, accounts->n);
    add_fill(sink, "fill.upn", accounts->upn, accounts->n);
    add_fill(sink, "fill.owner", accounts->owner_text, accounts->n);
    add_day_fill(sink, "fill.last_logon", accounts->last_logon_utc, accounts->n);
    add_day_fill(sink, "fill.created", accounts->created_utc, accounts->n);
}

static void measure_people(Sink *sink)
{
    const People *people = &sink->table->people;
    add_dimension(sink, "people-active", sink->record.counts.people_active);
    add_fill(sink, "fill.email", people->email, people->n);
    add_fill(sink, "fill.username", people->username, people->n);
    add_fill(sink, "fill.manager_id", people->manager_id, people->n);
    add_fill(sink, "fill.department", people->department, people->n);
    add_fill(sink, "fill.title", people->title, people->n);
    add_fill(sink, "fill.kind", people->kind, people->n);
    add_fill(sink, "fill.status", people->status_text, people->n);
    add_day_fill(sink, "fill.start_date", people->start_utc, people->n);
    add_day_fill(sink, "fill.last_working_day", people->last_day_end_utc, people->n);
    add_day_fill(sink, "fill.end_date", people->end_day_end_utc, people->n);
}

static void measure_assets(Sink *sink)
{
    const Assets *assets = &sink->table->assets;
    add_dimension(sink, "assets", assets->n);
    add_fill(sink, "fill.kind", assets->kind, assets->n);
    add_fill(sink, "fill.status", assets->status_text, assets->n);
    add_fill(sink, "fill.owner", assets->owner, assets->n);
    add_fill(sink, "fill.custodian", assets->custodian, assets->n);
    add_fill(sink, "fill.serial", assets->serial, assets->n);
    add_fill(sink, "fill.hostname", assets->hostname, assets->n);
    add_fill(sink, "fill.classification", assets->classification, assets->n);
}

/* ---- groups ---- */

static uint64_t *count_members(const DirectoryBuilder *builder)
{
    uint64_t *counts = g_new0(uint64_t, (size_t)builder->groups.n + 1);
    for (uint32_t row = 0; row < builder->groups.n; row++)
        counts[row] = builder->group_extras.n_members[row];
    for (guint i = 0; i < builder->member_names->len; i++)
        counts[g_array_index(builder->member_names, TextEdge, i).group]++;
    for (guint i = 0; i < builder->member_sids->len; i++)
        counts[g_array_index(builder->member_sids, TextEdge, i).group]++;
    for (guint i = 0; i < builder->row_edges->len; i++)
        counts[g_array_index(builder->row_edges, RowEdge, i).group]++;
    return counts;
}

static void add_once(GPtrArray *names, GHashTable *seen, char *name)
{
    if (g_hash_table_add(seen, name))
        g_ptr_array_add(names, name);
    else
        g_free(name);
}

static void collect_groups(const Sink *sink, uint64_t minimum, GPtrArray *names, GHashTable *seen)
{
    const DirectoryBuilder *builder = sink->directory;
    g_autofree uint64_t *counts = count_members(builder);
    for (uint32_t row = 0; row < builder->groups.n; row++) {
        if (counts[row] >= minimum)
            add_once(
                names, seen,
                g_strconcat("group.", text_pool_get(sink->text, builder->groups.name[row]), NULL));
    }
}

/* ---- branches ---- */

/* What stands behind the first comma that separates; empty for the last RDN. */
static Text parent_of(Text dn)
{
    bool is_quoted = false;
    for (size_t i = 0; i < dn.length; i++) {
        if (dn.data[i] == '\\')
            i++;
        else if (dn.data[i] == '"')
            is_quoted = !is_quoted;
        else if (dn.data[i] == ',' && !is_quoted) {
            Text parent = {.data = dn.data + i + 1, .length = dn.length - i - 1};
            while (parent.length > 0 && parent.data[0] == ' ') {
                parent.data++;
                parent.length--;
            }
            return parent;
        }
    }
    return (Text){0};
}

/* Entries by container, ids of containers in the DN table. */
typedef struct Branches {
    DnTable *dns;
    GHashTable *direct; /* id + 1 → entries directly below */
    GHashTable *all;    /* id + 1 → entries below */
    Text last;          /* neighbours mostly share their container */
    uint32_t last_id;
} Branches;

static void count_up(GHashTable *counts, uint32_t id, gsize n)
{
    gpointer key = GUINT_TO_POINTER(id + 1);
    gsize before = GPOINTER_TO_SIZE(g_hash_table_lookup(counts, key));
    g_hash_table_insert(counts, key, GSIZE_TO_POINTER(before + n));
}

static void count_entries(Branches *branches, const TextPool *pool, const TextRef *dns, uint32_t n)
{
    gsize n_run = 0; /* not yet counted, all of last_id */
    for (uint32_t row = 0; row < n; row++) {
        Text parent = parent_of(text_of(text_pool_get(pool, dns[row])));
        if (parent.length == 0)
            continue;
        if (parent.length != branches->last.length ||
            memcmp(parent.data, branches->last.data, parent.length) != 0) {
            if (n_run > 0)
                count_up(branches->direct, branches->last_id, n_run);
            n_run = 0;
            uint32_t id = dn_table_intern(branches->dns, parent);
            if (id == NONE) {
                branches->last = (Text){0};
                continue;
            }
            branches->last = parent;
            branches->last_id = id;
        }
        n_run++;
    }
    if (n_run > 0)
        count_up(branches->direct, branches->last_id, n_run);
}

static void count_ancestors(Branches *branches, const TextPool *pool)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, branches->direct);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        uint32_t id = GPOINTER_TO_UINT(key) - 1;
        while (id != NONE) {
            count_up(branches->all, id, GPOINTER_TO_SIZE(value));
            id = dn_table_intern(branches->dns,
                                 parent_of(text_of(text_pool_get(pool, branches->dns->text[id]))));
        }
    }
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_branches(Sink *sink, uint64_t minimum, GPtrArray *names, GHashTable *seen)
{
    DirectoryBuilder *builder = sink->directory;
    Branches branches = {.dns = &builder->dns,
                         .direct = g_hash_table_new(NULL, NULL),
                         .all = g_hash_table_new(NULL, NULL),
                         .last_id = NONE};
    count_entries(&branches, sink->text, builder->accounts.dn, builder->accounts.n);
    count_entries(&branches, sink->text, builder->groups.dn, builder->groups.n);
    count_entries(&branches, sink->text, builder->computers.dn, builder->computers.n);
    count_ancestors(&branches, sink->text);

    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, branches.all);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (GPOINTER_TO_SIZE(value) < minimum)
            continue;
        GString *name = g_string_new("branch.");
        dn_normalise(
            text_of(text_pool_get(sink->text, builder->dns.text[GPOINTER_TO_UINT(key) - 1])), name);
        add_once(names, seen, g_string_free(name, FALSE));
    }
    g_hash_table_unref(branches.direct);
    g_hash_table_unref(branches.all);
}

GPtrArray *dimensions_populated(Sink *sink, uint64_t minimum)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    if (sink->directory == NULL)
        return names;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    collect_groups(sink, minimum, names, seen);
    collect_branches(sink, minimum, names, seen);
    g_ptr_array_sort(names, compare_names);
    return names;
}

void sink_find_watched(void *data)
{
    Sink *sink = data;
    sink->watched = dimensions_populated(sink, WATCHED_FROM);
}

void sink_measure(Sink *sink)
{
    sink->dimensions = g_array_new(FALSE, FALSE, sizeof(GuardDimension));
    if (sink->directory != NULL)
        measure_directory(sink);
    else if (sink->options.provides == PROVIDES_PEOPLE)
        measure_people(sink);
    else if (sink->options.provides == PROVIDES_ASSETS)
        measure_assets(sink);
    add_dimension(sink, "rejected", sink->record.counts.rejected);
    if (sink->watched == NULL)
        sink_find_watched(sink);
}
