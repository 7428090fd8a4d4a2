#include "membership/effective.h"

#include "base/hash.h"
#include "base/probed.h"

/* How far ahead of their use marks are fetched: members of a small group lie anywhere in the marks.
 */
#define AHEAD 16

typedef struct Visit {
    uint32_t group;
    uint32_t outer;     /* index of the visit that led here, NONE = the walk's own group */
    uint64_t path_hash; /* of the groups from here up; 0 = not computed yet */
} Visit;

/* One number per thing marks it, and says where it was found: in this walk exactly when it is at
 * least `epoch`, and then by visit (mark - epoch). The next walk begins above all of them, so
 * nothing is ever cleared but when four thousand million visits are used up. */
struct Effective {
    const Graph *graph;
    uint32_t *account_marks, *group_marks, *foreigner_marks;
    uint32_t epoch;
    Visit *visits; /* in the order of their distance */
    uint32_t n_visits;
    uint32_t *members, *groups_seen, *foreigners_seen;
    size_t n_members, n_groups_seen, n_foreigners_seen;
};

Effective *effective_new(const Graph *graph)
{
    const Snapshot *snapshot = graph_snapshot(graph);
    Effective *effective = g_new0(Effective, 1);
    effective->graph = graph;
    effective->account_marks = probed_new(uint32_t, snapshot->accounts.n + 1);
    effective->group_marks = probed_new(uint32_t, snapshot->groups.n + 1);
    effective->foreigner_marks = g_new0(uint32_t, snapshot->foreigners.n + 1);
    effective->epoch = 1;
    effective->visits = g_new(Visit, snapshot->groups.n + 1);
    effective->members = g_new(uint32_t, snapshot->accounts.n + 1);
    effective->groups_seen = g_new(uint32_t, snapshot->groups.n + 1);
    effective->foreigners_seen = g_new(uint32_t, snapshot->foreigners.n + 1);
    return effective;
}

void effective_free(Effective *effective)
{
    if (effective == NULL)
        return;
    g_free(effective->account_marks);
    g_free(effective->group_marks);
    g_free(effective->foreigner_marks);
    g_free(effective->visits);
    g_free(effective->members);
    g_free(effective->groups_seen);
    g_free(effective->foreigners_seen);
    g_free(effective);
}

static void begin_walk(Effective *e)
{
    const Snapshot *snapshot = graph_snapshot(e->graph);
    if (e->epoch > UINT32_MAX - 2 * e->n_visits - snapshot->groups.n - 1) {
        memset(e->account_marks, 0, (snapshot->accounts.n + 1) * sizeof *e->account_marks);
        memset(e->group_marks, 0, (snapshot->groups.n + 1) * sizeof *e->group_marks);
        memset(e->foreigner_marks, 0, (snapshot->foreigners.n + 1) * sizeof *e->foreigner_marks);
        e->epoch = 1;
    } else {
        e->epoch += e->n_visits;
    }
    e->n_visits = 0;
    e->n_members = e->n_groups_seen = e->n_foreigners_seen = 0;
}

void effective_skip_epochs(Effective *effective, uint32_t n)
{
    effective->epoch += n;
    effective->n_visits = 0;
}

static void visit(Effective *e, uint32_t group, uint32_t outer)
{
    e->group_marks[group] = e->epoch + e->n_visits;
    e->visits[e->n_visits++] = (Visit){.group = group, .outer = outer};
    if (outer != NONE)
        e->groups_seen[e->n_groups_seen++] = group;
}

static void collect_accounts(Effective *e, uint32_t at)
{
    size_t n;
    const uint32_t *accounts = graph_accounts(e->graph, e->visits[at].group, &n);
    uint32_t *marks = e->account_marks, *members = e->members;
    uint32_t epoch = e->epoch, mark = epoch + at;
    size_t n_members = e->n_members;
    size_t i = 0;
    for (; i + AHEAD < n; i++) {
        __builtin_prefetch(&marks[accounts[i + AHEAD]], 1);
        uint32_t account = accounts[i], old = marks[account];
        bool is_new = old < epoch;
        members[n_members] = account; /* there is always room for one more */
        n_members += is_new;
        marks[account] = is_new ? mark : old;
    }
    for (; i < n; i++) {
        uint32_t account = accounts[i], old = marks[account];
        bool is_new = old < epoch;
        members[n_members] = account;
        n_members += is_new;
        marks[account] = is_new ? mark : old;
    }
    e->n_members = n_members;
}

static void collect_foreigners(Effective *e, uint32_t at)
{
    size_t n;
    const Principal *foreigners = graph_foreigners(e->graph, e->visits[at].group, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = principal_id(foreigners[i]);
        if (e->foreigner_marks[id] >= e->epoch)
            continue;
        e->foreigner_marks[id] = e->epoch + at;
        e->foreigners_seen[e->n_foreigners_seen++] = id;
    }
}

const uint32_t *effective_members_nearest(Effective *effective, uint32_t group, const Bitset *stops,
                                          size_t *ret_n)
{
    begin_walk(effective);
    visit(effective, group, NONE);
    for (uint32_t at = 0; at < effective->n_visits; at++) {
        collect_accounts(effective, at);
        collect_foreigners(effective, at);
        size_t n;
        const uint32_t *inner = graph_subgroups(effective->graph, effective->visits[at].group, &n);
        for (size_t i = 0; i < n; i++)
            if (effective->group_marks[inner[i]] < effective->epoch &&
                (stops == NULL || !bitset_has(stops, inner[i])))
                visit(effective, inner[i], at);
    }
    *ret_n = effective->n_members;
    return effective->members;
}

const uint32_t *effective_members(Effective *effective, uint32_t group, size_t *ret_n)
{
    return effective_members_nearest(effective, group, NULL, ret_n);
}

const uint32_t *effective_groups_seen(const Effective *effective, size_t *ret_n)
{
    *ret_n = effective->n_groups_seen;
    return effective->groups_seen;
}

const uint32_t *effective_foreigners_seen(const Effective *effective, size_t *ret_n)
{
    *ret_n = effective->n_foreigners_seen;
    return effective->foreigners_seen;
}

/* ---- paths ---- */

static uint32_t mark_of(const Effective *effective, Principal member)
{
    uint32_t id = principal_id(member);
    switch (principal_kind(member)) {
    case PRINCIPAL_ACCOUNT:
        return effective->account_marks[id];
    case PRINCIPAL_GROUP:
        return effective->group_marks[id];
    case PRINCIPAL_FOREIGN:
        return effective->foreigner_marks[id];
    case PRINCIPAL_COMPUTER: /* not collected */
        break;
    }
    return 0;
}

/* The visit that found the member in the last walk; NONE. A group has a visit of its own, and was
 * found by the one outside it. */
static uint32_t visit_of(const Effective *effective, Principal member)
{
    uint32_t mark = mark_of(effective, member);
    if (mark < effective->epoch || effective->n_visits == 0)
        return NONE;
    uint32_t at = mark - effective->epoch;
    return principal_kind(member) == PRINCIPAL_GROUP ? effective->visits[at].outer : at;
}

static EdgeVia via_of(const Effective *effective, uint32_t group, Principal member)
{
    EdgeVia via = VIA_MEMBER;
    graph_find_edge(effective->graph, group, member, &via);
    return via;
}

bool effective_path(const Effective *effective, Principal member, GArray *ret_hops)
{
    uint32_t at = visit_of(effective, member);
    if (at == NONE)
        return false;
    for (; at != NONE; at = effective->visits[at].outer) {
        uint32_t group = effective->visits[at].group;
        Hop hop = {.member = member, .group = group, .via = via_of(effective, group, member)};
        g_array_append_val(ret_hops, hop);
        member = principal_of(PRINCIPAL_GROUP, group);
    }
    return true;
}

static uint64_t group_hash(const Snapshot *snapshot, uint32_t group)
{
    const char *key = snapshot_text(snapshot, snapshot->groups.key[group]);
    const char *source = snapshot->sources[snapshot->groups.source[group]].name;
    return hash_exact(key, strlen(key)) ^ hash_exact(source, strlen(source)) << 1;
}

static uint64_t hash_of_two(uint64_t a, uint64_t b)
{
    uint64_t both[2] = {a, b};
    return hash_exact(both, sizeof both);
}

static uint64_t own_hash(const Effective *effective, uint32_t at)
{
    const Visit *visit_now = &effective->visits[at];
    uint64_t hash = group_hash(graph_snapshot(effective->graph), visit_now->group);
    if (visit_now->outer != NONE) {
        const Visit *outer = &effective->visits[visit_now->outer];
        EdgeVia via =
            via_of(effective, outer->group, principal_of(PRINCIPAL_GROUP, visit_now->group));
        hash = hash_of_two(outer->path_hash, hash + via);
    }
    return hash | 1; /* never 0 */
}

/* From the nearest visit with a hash downwards; each visit's hash is computed once a walk. */
static uint64_t visit_hash(Effective *effective, uint32_t at)
{
    if (effective->visits[at].path_hash != 0)
        return effective->visits[at].path_hash;
    g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = at; i != NONE && effective->visits[i].path_hash == 0;
         i = effective->visits[i].outer)
        g_array_append_val(missing, i);
    while (missing->len > 0) {
        uint32_t i = g_array_index(missing, uint32_t, missing->len - 1);
        effective->visits[i].path_hash = own_hash(effective, i);
        g_array_set_size(missing, missing->len - 1);
    }
    return effective->visits[at].path_hash;
}

uint64_t effective_path_hash(Effective *effective, Principal member)
{
    uint32_t at = visit_of(effective, member);
    if (at == NONE)
        return 0;
    EdgeVia via = via_of(effective, effective->visits[at].group, member);
    return hash_of_two(visit_hash(effective, at), via) | 1;
}

bool membership_is_listed(const Snapshot *snapshot, uint32_t group, uint32_t account)
{
    const Groups *groups = &snapshot->groups;
    uint32_t begin = groups->first_member[group], end = groups->first_member[group + 1];
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (groups->members[middle] < account) /* the Principal of an account is its id */
            begin = middle + 1;
        else
            end = middle;
    }
    if (begin == groups->first_member[group + 1] || groups->members[begin] != account)
        return false;
    return groups->members_via[begin] != VIA_PRIMARY_GROUP &&
           groups->members_via[begin] != VIA_FOREIGN;
}
