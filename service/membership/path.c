#include "membership/path.h"

#include "base/bitset.h"
#include "membership/below.h"

/* ---- shortest ---- */

GArray *path_shortest(const Graph *graph, uint32_t account, uint32_t group)
{
    Below below;
    below_init(&below, graph, account, group);
    /* Groups come by distance, and of one distance in the order of their keys from the group
     * downwards: the first that lists the account is the answer. */
    uint32_t at = 0;
    while (at < below.groups->len && !below_lists_account(&below, at))
        at++;
    GArray *hops = NULL;
    if (at < below.groups->len) {
        hops = g_array_new(FALSE, FALSE, sizeof(Hop));
        Principal member = principal_of(PRINCIPAL_ACCOUNT, account);
        for (; at != NONE; at = g_array_index(below.outer, uint32_t, at)) {
            Hop hop = hop_of(graph, member, below_group(&below, at));
            g_array_append_val(hops, hop);
            member = principal_of(PRINCIPAL_GROUP, hop.group);
        }
    }
    below_clear(&below);
    return hops;
}

/* ---- smallest cut ---- */

/* A membership as an edge of a flow network: from the member (position, or the account's node) to
 * the group. */
typedef struct FlowEdge {
    uint32_t from, to;
    bool is_used; /* carries the one unit that it can */
} FlowEdge;

typedef struct Network {
    uint32_t n_nodes, source;   /* nodes are positions; the account is the last; the sink is 0 */
    GArray *edges;              /* (element-type FlowEdge) */
    uint32_t *first, *incident; /* edges at each node, either end; compressed rows */
    uint32_t *came_by;          /* edge by which a node was reached, NONE = not reached */
} Network;

static void add_edge(Network *network, uint32_t from, uint32_t to)
{
    FlowEdge edge = {.from = from, .to = to};
    g_array_append_val(network->edges, edge);
}

static FlowEdge *edge_at(const Network *network, uint32_t index)
{
    return &g_array_index(network->edges, FlowEdge, index);
}

static void list_incident_edges(Network *network)
{
    uint32_t n = network->n_nodes;
    network->first = g_new0(uint32_t, n + 2);
    network->incident = g_new(uint32_t, 2 * network->edges->len + 1);
    for (uint32_t i = 0; i < network->edges->len; i++) {
        network->first[edge_at(network, i)->from + 2]++;
        network->first[edge_at(network, i)->to + 2]++;
    }
    for (uint32_t i = 1; i <= n; i++)
        network->first[i + 1] += network->first[i];
    for (uint32_t i = 0; i < network->edges->len; i++) {
        network->incident[network->first[edge_at(network, i)->from + 1]++] = i;
        network->incident[network->first[edge_at(network, i)->to + 1]++] = i;
    }
}

static void network_init(Network *network, const Below *below)
{
    *network = (Network){.n_nodes = below->groups->len + 1, .source = below->groups->len};
    network->edges = g_array_new(FALSE, FALSE, sizeof(FlowEdge));
    for (uint32_t at = 0; at < below->groups->len; at++) {
        if (below_lists_account(below, at))
            add_edge(network, network->source, at);
        size_t n;
        const uint32_t *inner = graph_subgroups(below->graph, below_group(below, at), &n);
        for (size_t i = 0; i < n; i++)
            add_edge(network, below_position(below, inner[i]), at);
    }
    list_incident_edges(network);
    network->came_by = g_new(uint32_t, network->n_nodes);
}

static void network_clear(Network *network)
{
    g_array_unref(network->edges);
    g_free(network->first);
    g_free(network->incident);
    g_free(network->came_by);
}

/* Marks what the account reaches over free edges and back over used ones; is the group among it? */
static bool search(Network *network)
{
    g_autofree uint32_t *queue = g_new(uint32_t, network->n_nodes);
    uint32_t n_queued = 0;
    memset(network->came_by, 0xff, network->n_nodes * sizeof *network->came_by);
    queue[n_queued++] = network->source;
    for (uint32_t next = 0; next < n_queued; next++) {
        uint32_t node = queue[next];
        for (uint32_t i = network->first[node]; i < network->first[node + 1]; i++) {
            const FlowEdge *edge = edge_at(network, network->incident[i]);
            uint32_t other = edge->from == node ? edge->to : edge->from;
            bool is_open = (edge->from == node) != edge->is_used;
            if (!is_open || other == network->source || network->came_by[other] != NONE)
                continue;
            network->came_by[other] = network->incident[i];
            queue[n_queued++] = other;
        }
    }
    return network->came_by[0] != NONE;
}

static void push_unit(Network *network)
{
    uint32_t node = 0;
    while (node != network->source) {
        FlowEdge *edge = edge_at(network, network->came_by[node]);
        edge->is_used = !edge->is_used;
        node = edge->to == node ? edge->from : edge->to;
    }
}

static int compare_hops(const void *a, const void *b, void *data)
{
    const Hop *x = a, *y = b;
    const Snapshot *s = data;
    int by_key = strcmp(snapshot_text(s, s->groups.key[x->group]),
                        snapshot_text(s, s->groups.key[y->group]));
    if (by_key == 0 && principal_kind(x->member) == PRINCIPAL_GROUP &&
        principal_kind(y->member) == PRINCIPAL_GROUP)
        by_key = strcmp(snapshot_text(s, s->groups.key[principal_id(x->member)]),
                        snapshot_text(s, s->groups.key[principal_id(y->member)]));
    if (by_key != 0)
        return by_key;
    return x->member != y->member ? (x->member > y->member) - (x->member < y->member)
                                  : (x->group > y->group) - (x->group < y->group);
}

GArray *path_cut(const Graph *graph, uint32_t account, uint32_t group)
{
    Below below;
    Network network;
    below_init(&below, graph, account, group);
    network_init(&network, &below);
    while (search(&network))
        push_unit(&network);

    /* What the last search reached is the account's side of the cut that is nearest to the account.
     */
    GArray *hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    for (uint32_t i = 0; i < network.edges->len; i++) {
        const FlowEdge *edge = edge_at(&network, i);
        bool is_from_reached = edge->from == network.source || network.came_by[edge->from] != NONE;
        if (!edge->is_used || !is_from_reached || network.came_by[edge->to] != NONE)
            continue;
        Principal member = edge->from == network.source
                               ? principal_of(PRINCIPAL_ACCOUNT, account)
                               : principal_of(PRINCIPAL_GROUP, below_group(&below, edge->from));
        Hop hop = hop_of(graph, member, below_group(&below, edge->to));
        g_array_append_val(hops, hop);
    }
    g_array_sort_with_data(hops, compare_hops, (gpointer)(uintptr_t)graph_snapshot(graph));
    network_clear(&network);
    below_clear(&below);
    return hops;
}

/* ---- all groups ---- */

/* Groups that a group is walked into from: the reverse of graph_subgroups(), as compressed rows. */
static void reverse_subgroups(const Graph *graph, uint32_t **ret_first, uint32_t **ret_outer)
{
    uint32_t n_groups = graph_snapshot(graph)->groups.n;
    uint32_t *first = g_new0(uint32_t, n_groups + 2);
    size_t n, n_edges = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        const uint32_t *inner = graph_subgroups(graph, g, &n);
        for (size_t i = 0; i < n; i++)
            first[inner[i] + 2]++;
        n_edges += n;
    }
    for (uint32_t g = 1; g <= n_groups; g++)
        first[g + 1] += first[g];
    uint32_t *outer = g_new(uint32_t, n_edges + 1);
    for (uint32_t g = 0; g < n_groups; g++) {
        const uint32_t *inner = graph_subgroups(graph, g, &n);
        for (size_t i = 0; i < n; i++)
            outer[first[inner[i] + 1]++] = g;
    }
    *ret_first = first;
    *ret_outer = outer;
}

static int compare_groups(const void *a, const void *b, void *data)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const Snapshot *s = data;
    int by_key = strcmp(snapshot_text(s, s->groups.key[x]), snapshot_text(s, s->groups.key[y]));
    return by_key != 0 ? by_key : (x > y) - (x < y);
}

static void sort_level(GArray *groups, guint begin, const Snapshot *snapshot)
{
    if (groups->len > begin + 1)
        g_qsort_with_data(&g_array_index(groups, uint32_t, begin), (gint)(groups->len - begin),
                          sizeof(uint32_t), compare_groups, (gpointer)(uintptr_t)snapshot);
}

GArray *path_groups_of(const Graph *graph, uint32_t account)
{
    const Snapshot *s = graph_snapshot(graph);
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_auto(Bitset) is_known = bitset_new(s->groups.n);
    for (uint32_t g = 0; g < s->groups.n; g++) {
        EdgeVia via;
        if (!graph_find_edge(graph, g, principal_of(PRINCIPAL_ACCOUNT, account), &via))
            continue;
        bitset_add(&is_known, g);
        g_array_append_val(groups, g);
    }
    sort_level(groups, 0, s);
    g_autofree uint32_t *first = NULL, *outer = NULL;
    reverse_subgroups(graph, &first, &outer);
    for (guint begin = 0, end = groups->len; begin < end; begin = end, end = groups->len) {
        for (guint at = begin; at < end; at++) {
            uint32_t inner = g_array_index(groups, uint32_t, at);
            for (uint32_t i = first[inner]; i < first[inner + 1]; i++) {
                if (bitset_has(&is_known, outer[i]))
                    continue;
                bitset_add(&is_known, outer[i]);
                g_array_append_val(groups, outer[i]);
            }
        }
        sort_level(groups, end, s);
    }
    return groups;
}
