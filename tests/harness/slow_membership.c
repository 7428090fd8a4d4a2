#include "harness/slow_membership.h"

static bool is_entered(const Groups *groups, uint32_t outer, uint32_t inner)
{
    bool inner_is_distribution = (groups->flags[inner] & ENTRY_IS_DISTRIBUTION) != 0;
    bool outer_is_distribution = (groups->flags[outer] & ENTRY_IS_DISTRIBUTION) != 0;
    return !inner_is_distribution || outer_is_distribution;
}

static bool look_into(const Snapshot *snapshot, uint32_t account, uint32_t group, const bool *stops,
                      const bool *edges_left, bool *been_there)
{
    const Groups *groups = &snapshot->groups;
    if (been_there[group])
        return false;
    been_there[group] = true;
    for (uint32_t i = groups->first_member[group]; i < groups->first_member[group + 1]; i++) {
        if (edges_left != NULL && !edges_left[i])
            continue;
        if (groups->members[i] == principal_of(PRINCIPAL_ACCOUNT, account))
            return true;
        uint32_t inner = principal_id(groups->members[i]);
        if (principal_kind(groups->members[i]) != PRINCIPAL_GROUP ||
            (stops != NULL && stops[inner]))
            continue;
        if (is_entered(groups, group, inner) &&
            look_into(snapshot, account, inner, stops, edges_left, been_there))
            return true;
    }
    return false;
}

bool slow_is_member(const Snapshot *snapshot, uint32_t account, uint32_t group, const bool *stops,
                    const bool *edges_left)
{
    g_autofree bool *been_there = g_new0(bool, snapshot->groups.n);
    return look_into(snapshot, account, group, stops, edges_left, been_there);
}

static bool is_within(const Snapshot *snapshot, uint32_t account, uint32_t group, size_t n_hops)
{
    const Groups *groups = &snapshot->groups;
    for (uint32_t i = groups->first_member[group];
         n_hops > 0 && i < groups->first_member[group + 1]; i++) {
        if (groups->members[i] == principal_of(PRINCIPAL_ACCOUNT, account))
            return true;
        uint32_t inner = principal_id(groups->members[i]);
        if (principal_kind(groups->members[i]) == PRINCIPAL_GROUP &&
            is_entered(groups, group, inner) && is_within(snapshot, account, inner, n_hops - 1))
            return true;
    }
    return false;
}

size_t slow_distance(const Snapshot *snapshot, uint32_t account, uint32_t group)
{
    if (!slow_is_member(snapshot, account, group, NULL, NULL))
        return 0;
    size_t n_hops = 1;
    while (!is_within(snapshot, account, group, n_hops))
        n_hops++;
    return n_hops;
}

/* way: keys of the groups that were entered, ended by '/'. */
static void go_down(const Snapshot *snapshot, uint32_t account, uint32_t group, const char *way,
                    uint32_t depth, GPtrArray *ways)
{
    const Groups *groups = &snapshot->groups;
    g_autofree char *name = g_strdup_printf("/%s/", snapshot_text(snapshot, groups->key[group]));
    if (strstr(way, name) != NULL)
        return;
    g_autofree char *here = g_strconcat(way, name + 1, NULL);
    for (uint32_t i = groups->first_member[group]; i < groups->first_member[group + 1]; i++) {
        uint32_t inner = principal_id(groups->members[i]);
        if (groups->members[i] == principal_of(PRINCIPAL_ACCOUNT, account))
            g_ptr_array_add(ways, g_strdup_printf("%03u %s", depth, here));
        if (principal_kind(groups->members[i]) == PRINCIPAL_GROUP &&
            is_entered(groups, group, inner))
            go_down(snapshot, account, inner, here, depth + 1, ways);
    }
}

static int compare_ways(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *slow_ways(const Snapshot *snapshot, uint32_t account, uint32_t group)
{
    GPtrArray *ways = g_ptr_array_new_with_free_func(g_free);
    go_down(snapshot, account, group, "/", 1, ways);
    g_ptr_array_sort(ways, compare_ways);
    return ways;
}
