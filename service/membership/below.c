#include "membership/below.h"

uint32_t below_position(const Below *below, uint32_t group)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(below->position, GUINT_TO_POINTER(group))) - 1;
}

static void meet(Below *below, uint32_t group, uint32_t outer)
{
    g_array_append_val(below->groups, group);
    g_array_append_val(below->outer, outer);
    g_hash_table_insert(below->position, GUINT_TO_POINTER(group),
                        GUINT_TO_POINTER(below->groups->len));
}

void below_init(Below *below, const Graph *graph, uint32_t account, uint32_t group)
{
    *below = (Below){.graph = graph, .account = account};
    below->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    below->outer = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    below->position = g_hash_table_new(NULL, NULL);
    meet(below, group, NONE);
    for (uint32_t at = 0; at < below->groups->len; at++) {
        size_t n;
        const uint32_t *inner = graph_subgroups(graph, below_group(below, at), &n);
        for (size_t i = 0; i < n; i++)
            if (below_position(below, inner[i]) == NONE)
                meet(below, inner[i], at);
    }
}

void below_clear(Below *below)
{
    g_array_unref(below->groups);
    g_array_unref(below->outer);
    g_hash_table_unref(below->position);
}

bool below_lists_account(const Below *below, uint32_t position)
{
    EdgeVia via;
    return graph_find_edge(below->graph, below_group(below, position),
                           principal_of(PRINCIPAL_ACCOUNT, below->account), &via);
}

Hop hop_of(const Graph *graph, Principal member, uint32_t group)
{
    Hop hop = {.member = member, .group = group, .via = VIA_MEMBER};
    graph_find_edge(graph, group, member, &hop.via);
    return hop;
}
