/* past_members.c: who was in which group. */
#include "ledger/history/past_private.h"

static bool add_members(const char *group_key, const GArray *members, void *data, GError **error)
{
    Rebuild *rebuild = data;
    Principal group =
        past_refs_find(rebuild->refs, history_ref(source_name(rebuild), HISTORY_GROUP, group_key));

    (void)error;
    for (guint i = 0; group != NONE && i < members->len; i++) {
        const HistoryMember *member = &g_array_index(members, HistoryMember, i);
        PastEdge edge = {principal_id(group), past_refs_find(rebuild->refs, member->ref),
                         member->via};
        if (edge.member != NONE)
            g_array_append_val(rebuild->edges, edge);
        else
            rebuild->past->n_unexplained++;
    }
    return true;
}

static bool read_members(Rebuild *rebuild, HistoryKind kind, GError **error)
{
    return history_walk_members(rebuild->store, source_name(rebuild), kind, rebuild->past->run,
                                add_members, rebuild, error);
}

static gint compare_edges(gconstpointer a, gconstpointer b)
{
    const PastEdge *first = a, *second = b;

    if (first->group != second->group)
        return first->group < second->group ? -1 : 1;
    if (first->member != second->member)
        return first->member < second->member ? -1 : 1;
    return (int)first->via - (int)second->via;
}

/* Each member once, by the smallest way it was granted: as a freeze writes them. */
static void fill_members(Groups *groups, const GArray *edges)
{
    uint32_t n = 0;

    groups->first_member = g_new0(uint32_t, (size_t)groups->n + 1);
    groups->members = g_new0(Principal, (size_t)edges->len + 1);
    groups->members_via = g_new0(uint8_t, (size_t)edges->len + 1);
    for (guint i = 0; i < edges->len; i++) {
        const PastEdge *edge = &g_array_index(edges, PastEdge, i);
        bool is_repeated =
            i > 0 && edge[-1].group == edge->group && edge[-1].member == edge->member;
        if (is_repeated)
            continue;
        groups->first_member[edge->group + 1]++;
        groups->members[n] = edge->member;
        groups->members_via[n++] = edge->via;
    }
    for (uint32_t group = 0; group < groups->n; group++)
        groups->first_member[group + 1] += groups->first_member[group];
}

bool past_read_members(Rebuild *rebuild, GError **error)
{
    if (!past_each_source(rebuild, HISTORY_MEMBERS, read_members, error))
        return false;
    g_array_sort(rebuild->edges, compare_edges);
    fill_members(&rebuild->snapshot->groups, rebuild->edges);
    return true;
}
