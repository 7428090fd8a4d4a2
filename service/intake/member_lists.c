#include "intake/member_lists.h"

#include "base/sorting.h"
#include "base/tasks.h"

/* Extras by group: first[g] .. first[g + 1] are those of group g of the snapshot, in `edges`. */
typedef struct ExtraRows {
    uint64_t *first, *edges;
} ExtraRows;

static ExtraRows sort_extras(const GArray *extras, uint32_t n_groups)
{
    ExtraRows rows = {.first = g_new0(uint64_t, (size_t)n_groups + 2),
                      .edges = g_new(uint64_t, (size_t)extras->len + 1)};
    for (guint i = 0; i < extras->len; i++)
        rows.first[g_array_index(extras, ExtraMember, i).group + 2]++;
    for (uint32_t group = 0; group < n_groups; group++)
        rows.first[group + 2] += rows.first[group + 1];
    for (guint i = 0; i < extras->len; i++) {
        ExtraMember extra = g_array_index(extras, ExtraMember, i);
        rows.edges[rows.first[extra.group + 1]++] = extra.edge;
    }
    return rows;
}

/* Neighbours of a source that are sorted in one piece. */
typedef struct GroupRange {
    Groups *groups; /* of the snapshot */
    const EdgeSource *source;
    const Bitset *via_foreign;
    const ExtraRows *extras;
    const uint64_t *room; /* per group of the source: where there is room for all that may come */
    uint32_t begin, end;
} GroupRange;

static uint64_t most_of(const GroupRange *range, uint32_t row)
{
    return range->room[row + 1] - range->room[row];
}

static size_t collect_listed(const GroupRange *range, uint32_t row, uint64_t *packed)
{
    const DirectoryBuilder *builder = range->source->sink->directory;
    const uint32_t *ids = builder->member_ids + builder->group_extras.first_member[row];
    const Principal *entry = builder->dns.entry;
    uint32_t n = builder->group_extras.n_members[row];
    size_t n_packed = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = ids[i];
        if (id == NONE)
            continue;
        bool is_foreign = range->via_foreign->n_bits > 0 && bitset_has(range->via_foreign, id);
        packed[n_packed++] = edge_pack(entry[id], is_foreign ? VIA_FOREIGN : VIA_MEMBER);
    }
    return n_packed;
}

/* Everybody once. Returns how many those are. */
static uint32_t write_group(Groups *groups, uint64_t at, const uint64_t *packed, size_t n)
{
    uint32_t n_written = 0;
    Principal last = NONE;
    for (size_t i = 0; i < n; i++) {
        Principal member = (Principal)(packed[i] >> 8);
        if (member == last)
            continue;
        last = member;
        groups->members[at + n_written] = member;
        if ((packed[i] & 0xff) != VIA_MEMBER) /* nearly all are: a zero that takes no memory */
            groups->members_via[at + n_written] = (uint8_t)(packed[i] & 0xff);
        n_written++;
    }
    return n_written;
}

/* Until gaps are closed, first_member says behind each group how many it has. */
static void write_range(void *data)
{
    const GroupRange *range = data;
    Groups *groups = range->groups;
    uint64_t longest = 0;
    for (uint32_t row = range->begin; row < range->end; row++)
        longest = MAX(longest, most_of(range, row));
    g_autofree uint64_t *packed = g_new(uint64_t, longest + 1);
    g_autofree uint64_t *spare = g_new(uint64_t, longest + 1);
    for (uint32_t row = range->begin; row < range->end; row++) {
        uint32_t group = range->source->groups_base + row;
        size_t n = collect_listed(range, row, packed);
        for (uint64_t i = range->extras->first[group]; i < range->extras->first[group + 1]; i++)
            packed[n++] = range->extras->edges[i];
        sort_numbers(packed, spare, n);
        groups->first_member[group + 1] = write_group(groups, range->room[row], packed, n);
    }
}

/* Who is in a group in two ways leaves a gap behind it. Returns where the last group ends. */
static uint64_t close_gaps(const GroupRange *all)
{
    Groups *groups = all->groups;
    uint64_t to = all->room[all->begin];
    for (uint32_t row = all->begin; row < all->end; row++) {
        uint32_t *end = &groups->first_member[all->source->groups_base + row + 1];
        uint64_t from = all->room[row], n = *end;
        if (from != to)
            memmove(groups->members + to, groups->members + from, n * sizeof *groups->members);
        for (uint64_t i = 0; from != to && i < n; i++)
            if (groups->members_via[to + i] != groups->members_via[from + i])
                groups->members_via[to + i] = groups->members_via[from + i];
        to += n;
        *end = (uint32_t)to;
    }
    return to;
}

/* Room for all that may come from the source, behind n_members that are there. */
static uint64_t *reserve_room(Groups *groups, uint64_t n_members, const EdgeSource *source,
                              const ExtraRows *extras)
{
    const DirectoryBuilder *builder = source->sink->directory;
    uint32_t n = builder->groups.n;
    uint64_t *room = g_new(uint64_t, (size_t)n + 1);
    room[0] = n_members;
    for (uint32_t row = 0; row < n; row++) {
        uint32_t group = source->groups_base + row;
        room[row + 1] = room[row] + builder->group_extras.n_members[row] +
                        (extras->first[group + 1] - extras->first[group]);
    }
    groups->members = g_renew(Principal, groups->members, room[n] + 1);
    groups->members_via = g_renew(uint8_t, groups->members_via, room[n] + 1);
    columns_clear_room((char *)groups->members_via + n_members, room[n] + 1 - n_members);
    return room;
}

/* Pieces of about as many memberships each: a few groups have most of them. */
#define N_RANGES 8

static void write_ranges(const GroupRange *all)
{
    GroupRange ranges[N_RANGES];
    Task tasks[N_RANGES];
    size_t n = 0;
    uint64_t step = (all->room[all->end] - all->room[all->begin]) / N_RANGES + 1;
    for (uint32_t row = all->begin; row < all->end; n++) {
        uint64_t begin = all->room[row];
        ranges[n] = *all;
        ranges[n].begin = row;
        while (row < all->end && (all->room[row] - begin < step || n == N_RANGES - 1))
            row++;
        ranges[n].end = row;
        tasks[n] = (Task){write_range, &ranges[n]};
    }
    tasks_run(tasks, n);
}

uint64_t member_lists_write(Snapshot *snapshot, uint64_t n_members, const EdgeSource *source,
                            const Bitset *via_foreign, const GArray *extras)
{
    ExtraRows rows = sort_extras(extras, snapshot->groups.n);
    g_autofree uint64_t *room = reserve_room(&snapshot->groups, n_members, source, &rows);
    const GroupRange all = {.groups = &snapshot->groups,
                            .source = source,
                            .via_foreign = via_foreign,
                            .extras = &rows,
                            .room = room,
                            .end = source->sink->directory->groups.n};
    write_ranges(&all);
    g_free(rows.first);
    g_free(rows.edges);
    return close_gaps(&all);
}
