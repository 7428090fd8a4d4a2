#include "membership/graph.h"

/* The accounts of a member list are its beginning and the foreigners its end: lists are sorted by
 * Principal, whose kind is in the highest bits, and the Principal of an account is its id. */
struct Graph {
    const Snapshot *snapshot;
    uint32_t *accounts_end; /* per group, into members */
    uint32_t *foreigners_begin;
    uint32_t *first_subgroup; /* n + 1; subgroups[first_subgroup[g] .. first_subgroup[g + 1]) */
    uint32_t *subgroups;
    uint32_t *component;                             /* per group */
    uint32_t *first_of_component, *component_groups; /* compressed rows again */
    uint32_t n_components;
};

/* First index in [begin, end) whose member is not below the limit. */
static uint32_t lower_bound(const Principal *members, uint32_t begin, uint32_t end, Principal limit)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (members[middle] < limit)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* ---- subgroups ---- */

static bool is_walked(const Groups *groups, uint32_t outer, uint32_t inner)
{
    if (inner == outer)
        return false;
    return (groups->flags[inner] & ENTRY_IS_DISTRIBUTION) == 0 ||
           (groups->flags[outer] & ENTRY_IS_DISTRIBUTION) != 0;
}

static const char *key_of(const Snapshot *snapshot, uint32_t group)
{
    TextRef key = snapshot->groups.key[group];
    return snapshot_text(snapshot, key != 0 ? key : snapshot->groups.dn[group]);
}

static int compare_keys(const void *a, const void *b, void *data)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int by_key = strcmp(key_of(data, x), key_of(data, y));
    return by_key != 0 ? by_key : (x > y) - (x < y);
}

static void collect_subgroups(Graph *graph)
{
    const Groups *groups = &graph->snapshot->groups;
    GArray *subgroups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t g = 0; g < groups->n; g++) {
        uint32_t begin = groups->first_member[g], end = groups->first_member[g + 1];
        graph->accounts_end[g] =
            lower_bound(groups->members, begin, end, principal_of(PRINCIPAL_GROUP, 0));
        graph->foreigners_begin[g] = lower_bound(groups->members, graph->accounts_end[g], end,
                                                 principal_of(PRINCIPAL_FOREIGN, 0));
        graph->first_subgroup[g] = subgroups->len;
        for (uint32_t i = graph->accounts_end[g];
             i < end && principal_kind(groups->members[i]) == PRINCIPAL_GROUP; i++) {
            uint32_t inner = principal_id(groups->members[i]);
            if (is_walked(groups, g, inner))
                g_array_append_val(subgroups, inner);
        }
        uint32_t n = subgroups->len - graph->first_subgroup[g];
        if (n > 1)
            g_qsort_with_data(&g_array_index(subgroups, uint32_t, graph->first_subgroup[g]),
                              (gint)n, sizeof(uint32_t), compare_keys,
                              (gpointer)(uintptr_t)graph->snapshot);
    }
    graph->first_subgroup[groups->n] = subgroups->len;
    graph->subgroups = (uint32_t *)(void *)g_array_free(subgroups, FALSE);
}

/* ---- components ---- */

/* Tarjan's algorithm with its own stack: chains of ten thousand groups are data, not a stack
 * overflow. */
typedef struct Tarjan {
    Graph *graph;
    uint32_t *order, *low;  /* 0 = not visited */
    uint32_t *stack, *path; /* groups without a component yet; groups being visited */
    uint32_t *next_edge;    /* per group: where its visit goes on */
    uint32_t n_stack, n_path, n_visited, n_placed;
} Tarjan;

static void enter(Tarjan *t, uint32_t group)
{
    t->order[group] = t->low[group] = ++t->n_visited;
    t->next_edge[group] = t->graph->first_subgroup[group];
    t->stack[t->n_stack++] = group;
    t->path[t->n_path++] = group;
}

static void close_component(Tarjan *t, uint32_t root)
{
    Graph *graph = t->graph;
    uint32_t group;
    do {
        group = t->stack[--t->n_stack];
        graph->component[group] = graph->n_components;
        graph->component_groups[t->n_placed++] = group;
    } while (group != root);
    graph->first_of_component[++graph->n_components] = t->n_placed;
}

static void visit_from(Tarjan *t, uint32_t root)
{
    Graph *graph = t->graph;
    enter(t, root);
    while (t->n_path > 0) {
        uint32_t group = t->path[t->n_path - 1];
        if (t->next_edge[group] < graph->first_subgroup[group + 1]) {
            uint32_t inner = graph->subgroups[t->next_edge[group]++];
            if (t->order[inner] == 0)
                enter(t, inner);
            else if (graph->component[inner] == NONE)
                t->low[group] = MIN(t->low[group], t->order[inner]);
            continue;
        }
        t->n_path--;
        if (t->low[group] == t->order[group])
            close_component(t, group);
        if (t->n_path > 0) {
            uint32_t outer = t->path[t->n_path - 1];
            t->low[outer] = MIN(t->low[outer], t->low[group]);
        }
    }
}

static void fold_components(Graph *graph, uint32_t n)
{
    Tarjan t = {.graph = graph,
                .order = g_new0(uint32_t, n + 1),
                .low = g_new0(uint32_t, n + 1),
                .stack = g_new(uint32_t, n + 1),
                .path = g_new(uint32_t, n + 1),
                .next_edge = g_new(uint32_t, n + 1)};
    memset(graph->component, 0xff, n * sizeof *graph->component);
    for (uint32_t g = 0; g < n; g++)
        if (t.order[g] == 0)
            visit_from(&t, g);
    g_free(t.order);
    g_free(t.low);
    g_free(t.stack);
    g_free(t.path);
    g_free(t.next_edge);
}

/* ---- the graph ---- */

Graph *graph_new(const Snapshot *snapshot)
{
    uint32_t n = snapshot->groups.n;
    Graph *graph = g_new0(Graph, 1);
    graph->snapshot = snapshot;
    graph->accounts_end = g_new0(uint32_t, n + 1);
    graph->foreigners_begin = g_new0(uint32_t, n + 1);
    graph->first_subgroup = g_new0(uint32_t, n + 1);
    graph->component = g_new(uint32_t, n + 1);
    graph->first_of_component = g_new0(uint32_t, n + 1);
    graph->component_groups = g_new(uint32_t, n + 1);
    collect_subgroups(graph);
    fold_components(graph, n);
    return graph;
}

void graph_free(Graph *graph)
{
    if (graph == NULL)
        return;
    g_free(graph->accounts_end);
    g_free(graph->foreigners_begin);
    g_free(graph->first_subgroup);
    g_free(graph->subgroups);
    g_free(graph->component);
    g_free(graph->first_of_component);
    g_free(graph->component_groups);
    g_free(graph);
}

const Snapshot *graph_snapshot(const Graph *graph)
{
    return graph->snapshot;
}

uint32_t graph_n_components(const Graph *graph)
{
    return graph->n_components;
}

uint32_t graph_component(const Graph *graph, uint32_t group)
{
    return graph->component[group];
}

const uint32_t *graph_component_groups(const Graph *graph, uint32_t component, size_t *ret_n)
{
    *ret_n = graph->first_of_component[component + 1] - graph->first_of_component[component];
    return graph->component_groups + graph->first_of_component[component];
}

const uint32_t *graph_accounts(const Graph *graph, uint32_t group, size_t *ret_n)
{
    uint32_t begin = graph->snapshot->groups.first_member[group];
    *ret_n = graph->accounts_end[group] - begin;
    return graph->snapshot->groups.members + begin;
}

const uint32_t *graph_subgroups(const Graph *graph, uint32_t group, size_t *ret_n)
{
    *ret_n = graph->first_subgroup[group + 1] - graph->first_subgroup[group];
    return graph->subgroups + graph->first_subgroup[group];
}

const Principal *graph_foreigners(const Graph *graph, uint32_t group, size_t *ret_n)
{
    *ret_n = graph->snapshot->groups.first_member[group + 1] - graph->foreigners_begin[group];
    return graph->snapshot->groups.members + graph->foreigners_begin[group];
}

bool graph_find_edge(const Graph *graph, uint32_t group, Principal member, EdgeVia *ret_via)
{
    const Groups *groups = &graph->snapshot->groups;
    uint32_t end = groups->first_member[group + 1];
    uint32_t at = lower_bound(groups->members, groups->first_member[group], end, member);
    if (at == end || groups->members[at] != member)
        return false;
    *ret_via = (EdgeVia)groups->members_via[at];
    return true;
}
