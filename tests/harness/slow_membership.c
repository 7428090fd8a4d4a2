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
