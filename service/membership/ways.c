#include "membership/ways.h"

#include "membership/below.h"

#define MOST_STEPS 1000000

/* ---- all ways ---- */

/* Depth-first with a bound on the length that rises to the next length there may be (IDA*): memory
 * for one way only, and the shortest come first. Nodes are positions below the group. */
typedef struct Search {
    const Below *below;
    uint32_t account;
    uint32_t *first_inner, *inner; /* groups in the group at a position, as compressed rows */
    uint32_t *distance;            /* memberships from the account; NONE: it is not in there */
    uint32_t *path, *next_edge;    /* the way so far, and where each of its groups goes on */
    bool *is_on_path;
    uint32_t n_path, bound, next_bound;
    uint64_t n_steps;
    size_t limit;
    Ways *ways;
} Search;

static void list_inner(Search *search)
{
    const Below *below = search->below;
    uint32_t n_groups = below->groups->len;
    g_autoptr(GArray) inner = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    search->first_inner = g_new0(uint32_t, (size_t)n_groups + 1);
    for (uint32_t at = 0; at < n_groups; at++) {
        size_t n;
        const uint32_t *groups = graph_subgroups(below->graph, below_group(below, at), &n);
        for (size_t i = 0; i < n; i++) {
            uint32_t position = below_position(below, groups[i]);
            g_array_append_val(inner, position);
        }
        search->first_inner[at + 1] = inner->len;
    }
    search->inner = (uint32_t *)(void *)g_array_free(g_steal_pointer(&inner), FALSE);
}

/* From the account upwards: rounds over all groups would be quadratic in a chain, so the rows are
 * turned round first. */
static void measure(Search *search)
{
    uint32_t n_groups = search->below->groups->len;
    uint32_t n_edges = search->first_inner[n_groups];
    g_autofree uint32_t *first = g_new0(uint32_t, (size_t)n_groups + 2);
    g_autofree uint32_t *outer = g_new(uint32_t, (size_t)n_edges + 1);
    g_autofree uint32_t *queue = g_new(uint32_t, (size_t)n_groups + 1);
    uint32_t n_queued = 0;
    for (uint32_t i = 0; i < n_edges; i++)
        first[search->inner[i] + 2]++;
    for (uint32_t at = 1; at <= n_groups; at++)
        first[at + 1] += first[at];
    for (uint32_t at = 0; at < n_groups; at++)
        for (uint32_t i = search->first_inner[at]; i < search->first_inner[at + 1]; i++)
            outer[first[search->inner[i] + 1]++] = at;

    search->distance = g_new(uint32_t, (size_t)n_groups + 1);
    for (uint32_t at = 0; at < n_groups; at++) {
        search->distance[at] = below_lists_account(search->below, at) ? 1 : NONE;
        if (search->distance[at] == 1)
            queue[n_queued++] = at;
    }
    for (uint32_t next = 0; next < n_queued; next++) {
        for (uint32_t i = first[queue[next]]; i < first[queue[next] + 1]; i++) {
            if (search->distance[outer[i]] != NONE)
                continue;
            search->distance[outer[i]] = search->distance[queue[next]] + 1;
            queue[n_queued++] = outer[i];
        }
    }
}

static void found(Search *search)
{
    Ways *ways = search->ways;
    if (ways->n++ >= search->limit)
        return;
    const Below *below = search->below;
    GArray *hops = g_array_sized_new(FALSE, FALSE, sizeof(Hop), search->n_path);
    Principal member = principal_of(PRINCIPAL_ACCOUNT, search->account);
    for (uint32_t i = search->n_path; i-- > 0;) {
        Hop hop = hop_of(below->graph, member, below_group(below, search->path[i]));
        g_array_append_val(hops, hop);
        member = principal_of(PRINCIPAL_GROUP, hop.group);
    }
    g_ptr_array_add(ways->listed, hops);
}

static void enter(Search *search, uint32_t position)
{
    search->is_on_path[position] = true;
    search->next_edge[search->n_path] = search->first_inner[position];
    search->path[search->n_path++] = position;
    search->n_steps++;
    /* Shorter ways were found with a smaller bound. */
    if (search->n_path == search->bound && below_lists_account(search->below, position))
        found(search);
}

static void leave(Search *search)
{
    search->is_on_path[search->path[--search->n_path]] = false;
}

/* All ways of exactly `bound` memberships; next_bound: the next length there may be, or NONE. */
static void search_bound(Search *search)
{
    search->next_bound = NONE;
    enter(search, 0);
    while (search->n_path > 0 && search->n_steps < MOST_STEPS) {
        uint32_t at = search->path[search->n_path - 1];
        if (search->next_edge[search->n_path - 1] == search->first_inner[at + 1]) {
            leave(search);
            continue;
        }
        uint32_t inner = search->inner[search->next_edge[search->n_path - 1]++];
        if (search->is_on_path[inner] || search->distance[inner] == NONE)
            continue;
        uint32_t length = search->n_path + search->distance[inner];
        if (length > search->bound)
            search->next_bound = MIN(search->next_bound, length);
        else
            enter(search, inner);
    }
    search->ways->is_exact = search->n_path == 0;
    while (search->n_path > 0)
        leave(search);
}

Ways *ways_find(const Graph *graph, uint32_t account, uint32_t group, size_t limit)
{
    g_auto(Below) below = {0};
    below_init(&below, graph, account, group);
    uint32_t n = below.groups->len;
    Search search = {.below = &below, .account = account, .limit = limit};
    search.ways = g_new0(Ways, 1);
    search.ways->is_exact = true;
    search.ways->listed = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    list_inner(&search);
    measure(&search);
    search.path = g_new(uint32_t, (size_t)n + 1);
    search.next_edge = g_new(uint32_t, (size_t)n + 1);
    search.is_on_path = g_new0(bool, (size_t)n + 1);
    for (search.bound = search.distance[0]; search.bound != NONE && search.ways->is_exact;
         search.bound = search.next_bound)
        search_bound(&search);
    g_free(search.first_inner);
    g_free(search.inner);
    g_free(search.distance);
    g_free(search.path);
    g_free(search.next_edge);
    g_free(search.is_on_path);
    return search.ways;
}

void ways_free(Ways *ways)
{
    if (ways == NULL)
        return;
    g_ptr_array_unref(ways->listed);
    g_free(ways);
}

/* ---- without a membership ---- */

/* Accounts below the group when inner is not entered from outer. */
static Bitset members_without(const Graph *graph, uint32_t inner, uint32_t outer, uint32_t group)
{
    Bitset accounts = bitset_new(graph_snapshot(graph)->accounts.n);
    g_auto(Bitset) seen = bitset_new(graph_snapshot(graph)->groups.n);
    g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    bitset_add(&seen, group);
    g_array_append_val(queue, group);
    for (guint next = 0; next < queue->len; next++) {
        uint32_t at = g_array_index(queue, uint32_t, next);
        size_t n;
        const uint32_t *listed = graph_accounts(graph, at, &n);
        for (size_t i = 0; i < n; i++)
            bitset_add(&accounts, listed[i]);
        const uint32_t *groups = graph_subgroups(graph, at, &n);
        for (size_t i = 0; i < n; i++) {
            bool is_cut = at == outer && groups[i] == inner;
            if (is_cut || bitset_has(&seen, groups[i]))
                continue;
            bitset_add(&seen, groups[i]);
            g_array_append_val(queue, groups[i]);
        }
    }
    return accounts;
}

static bool is_walked(const Graph *graph, uint32_t inner, uint32_t outer)
{
    size_t n;
    const uint32_t *groups = graph_subgroups(graph, outer, &n);
    for (size_t i = 0; i < n; i++) {
        if (groups[i] == inner)
            return true;
    }
    return false;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool ways_cut(Effective *effective, const Graph *graph, uint32_t inner, uint32_t outer,
              uint32_t group, GArray *ret_lost, uint32_t *ret_n_kept)
{
    g_auto(Below) below = {0};
    below_init(&below, graph, NONE, group);
    if (below_position(&below, outer) == NONE || !is_walked(graph, inner, outer))
        return false;
    g_auto(Bitset) left = members_without(graph, inner, outer, group);
    size_t n;
    const uint32_t *members = effective_members(effective, inner, &n);
    uint32_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (bitset_has(&left, members[i]))
            n_kept++;
        else
            g_array_append_val(ret_lost, members[i]);
    }
    g_array_sort(ret_lost, compare_ids);
    *ret_n_kept = n_kept;
    return true;
}
