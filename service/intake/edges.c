/* Who is in which group: DNs, login names, SIDs and primary groups to principals. */
#include "intake/member_lists.h"

#include "base/text_index.h"

typedef struct Edges {
    Snapshot *snapshot;
    EdgeSource *sources;
    uint32_t n_sources;
    /* Made when the first SID is looked up. */
    TextIndex *groups_by_sid, *accounts_by_sid;
    TextIndex *former_sids; /* → row of sid_history; NULL without any */
    uint32_t *next_former;  /* per row: the next one with the same SID, NONE */
    uint32_t foreigners_capacity;
    GArray *extras; /* (element-type ExtraMember) of the source at hand */
    uint64_t n_members;
} Edges;

static uint32_t add_foreigner(Edges *edges, TextRef text, TextRef sid, uint8_t source)
{
    Foreigners *foreigners = &edges->snapshot->foreigners;
    uint32_t row = foreigners->n++;
    columns_reserve(foreigners, foreigner_columns, &edges->foreigners_capacity, row + 1);
    foreigners->text[row] = text;
    foreigners->sid[row] = sid;
    foreigners->source[row] = source;
    return row;
}

/* ---- SIDs ---- */

static TextIndex *index_column(const Snapshot *snapshot, const TextRef *column, uint32_t n,
                               PrincipalKind kind)
{
    TextIndex *index = text_index_new(snapshot->text, n);
    for (uint32_t row = 0; row < n; row++)
        if (column[row] != 0)
            text_index_add(index, column[row], principal_of(kind, row));
    return index;
}

static Principal find_group_sid(Edges *edges, TextRef sid)
{
    const Snapshot *snapshot = edges->snapshot;
    if (edges->groups_by_sid == NULL)
        edges->groups_by_sid =
            index_column(snapshot, snapshot->groups.sid, snapshot->groups.n, PRINCIPAL_GROUP);
    return text_index_find(edges->groups_by_sid, text_of(snapshot_text(snapshot, sid)));
}

static Principal find_sid(Edges *edges, TextRef sid)
{
    const Snapshot *snapshot = edges->snapshot;
    Principal group = find_group_sid(edges, sid);
    if (group != NONE || sid == 0)
        return group;
    if (edges->accounts_by_sid == NULL)
        edges->accounts_by_sid =
            index_column(snapshot, snapshot->accounts.sid, snapshot->accounts.n, PRINCIPAL_ACCOUNT);
    return text_index_find(edges->accounts_by_sid, text_of(snapshot_text(snapshot, sid)));
}

/* ---- DNs ---- */

static Principal global_principal(const EdgeSource *source, Principal entry)
{
    PrincipalKind kind = principal_kind(entry);
    uint32_t base = kind == PRINCIPAL_ACCOUNT ? source->accounts_base
                    : kind == PRINCIPAL_GROUP ? source->groups_base
                                              : source->computers_base;
    return principal_of(kind, base + principal_id(entry));
}

/* From ids of DNs to what stands there. */
static void find_owner_entries(const DnTable *dns, uint32_t *owners, uint32_t n)
{
    for (uint32_t row = 0; row < n; row++) {
        if (owners[row] == 0)
            continue;
        Principal entry = dns->entry[owners[row] - 1];
        bool is_known = entry != NONE && principal_kind(entry) != PRINCIPAL_FOREIGN;
        owners[row] = is_known ? entry + 1 : OWNER_NOWHERE;
    }
}

/* Entries of the DN table: from rows of the builder to those of the snapshot. Foreign principals
 * become whom their SID means, else a row of their own. via_foreign: ids of the former. */
static void make_entries_global(Edges *edges, const EdgeSource *source, Bitset *via_foreign)
{
    const DirectoryBuilder *builder = source->sink->directory;
    const DnTable *dns = &builder->dns;
    for (uint32_t id = 0; id < dns->n; id++)
        if (dns->entry[id] != NONE && principal_kind(dns->entry[id]) != PRINCIPAL_FOREIGN)
            dns->entry[id] = global_principal(source, dns->entry[id]);
    if (builder->accounts.n > 0)
        find_owner_entries(dns, edges->snapshot->accounts.owner_entry + source->accounts_base,
                           builder->accounts.n);
    if (builder->groups.n > 0)
        find_owner_entries(dns, edges->snapshot->groups.owner_entry + source->groups_base,
                           builder->groups.n);

    for (guint i = 0; i < builder->foreign->len; i++) {
        ForeignEntry foreign = g_array_index(builder->foreign, ForeignEntry, i);
        TextRef sid = foreign.sid;
        Principal principal = find_sid(edges, sid);
        if (principal != NONE)
            bitset_add(via_foreign, foreign.dn);
        else
            principal =
                principal_of(PRINCIPAL_FOREIGN, add_foreigner(edges, dns->text[foreign.dn], sid,
                                                              source->sink->options.index));
        dns->entry[foreign.dn] = principal;
    }
}

/* A DN that the source itself does not explain: of another source (a forest of domains), or of
 * nobody. */
static Principal resolve_elsewhere(Edges *edges, const EdgeSource *source, uint32_t id)
{
    TextRef text = source->sink->directory->dns.text[id];
    const char *dn = snapshot_text(edges->snapshot, text);
    for (uint32_t i = 0; i < edges->n_sources; i++) {
        EdgeSource *other = &edges->sources[i];
        DnTable *dns = &other->sink->directory->dns;
        if (other == source || dns->n == 0)
            continue;
        uint32_t found = dn_table_find(dns, text_of(dn));
        if (found != NONE && dns->entry[found] != NONE &&
            principal_kind(dns->entry[found]) != PRINCIPAL_FOREIGN)
            return dns->entry[found];
    }
    return principal_of(PRINCIPAL_FOREIGN,
                        add_foreigner(edges, text, 0, source->sink->options.index));
}

/* ---- memberships that no list of DNs shows ---- */

static void add_extra(Edges *edges, uint32_t group, Principal member, EdgeVia via)
{
    ExtraMember extra = {.group = group, .edge = edge_pack(member, via)};
    g_array_append_val(edges->extras, extra);
}

/* memberUid: a login name of the same source, without case. */
static void add_member_names(Edges *edges, const EdgeSource *source)
{
    const Snapshot *snapshot = edges->snapshot;
    const DirectoryBuilder *builder = source->sink->directory;
    if (builder->member_names->len == 0)
        return;
    g_autoptr(TextIndex) names = text_index_new(snapshot->text, builder->accounts.n);
    g_autoptr(TextIndex) unknown = text_index_new(snapshot->text, 16);
    for (uint32_t row = source->accounts_base; row < source->accounts_base + builder->accounts.n;
         row++)
        text_index_add(names, snapshot->accounts.name[row], row);
    for (guint i = 0; i < builder->member_names->len; i++) {
        TextEdge edge = g_array_index(builder->member_names, TextEdge, i);
        TextRef text = edge.text;
        uint32_t row = text_index_find(names, text_of(snapshot_text(snapshot, text)));
        Principal member = principal_of(PRINCIPAL_ACCOUNT, row & 0x3fffffffu);
        if (row == TEXT_INDEX_NONE) {
            uint32_t *foreigner = text_index_add(unknown, text, NONE);
            if (foreigner == NULL)
                continue;
            if (*foreigner == NONE)
                *foreigner = add_foreigner(edges, text, 0, source->sink->options.index);
            member = principal_of(PRINCIPAL_FOREIGN, *foreigner);
        }
        add_extra(edges, source->groups_base + edge.group, member, VIA_MEMBER_NAME);
    }
}

static void index_former_sids(Edges *edges)
{
    const SidHistory *history = &edges->snapshot->sid_history;
    if (history->n == 0)
        return;
    edges->former_sids = text_index_new(edges->snapshot->text, history->n);
    edges->next_former = g_new(uint32_t, history->n);
    for (uint32_t row = history->n; row-- > 0;) {
        uint32_t *first = text_index_add(edges->former_sids, history->sid[row], NONE);
        edges->next_former[row] = first != NULL ? *first : NONE;
        if (first != NULL)
            *first = row;
    }
}

static uint32_t first_former(const Edges *edges, TextRef sid)
{
    if (edges->former_sids == NULL || sid == 0)
        return NONE;
    return text_index_find(edges->former_sids, text_of(snapshot_text(edges->snapshot, sid)));
}

/* Accounts that had the SID before they were moved log on with it still: what a group lists by SID
 * they hold as well, beside whoever has it now. That does not depend on whether the directory of
 * the SID was read tonight. */
static void add_former(Edges *edges, uint32_t group, uint32_t first)
{
    for (uint32_t row = first; row != NONE; row = edges->next_former[row])
        add_extra(edges, group,
                  principal_of(PRINCIPAL_ACCOUNT, edges->snapshot->sid_history.account[row]),
                  VIA_FOREIGN);
}

static void add_former_members(Edges *edges, const EdgeSource *source)
{
    const DirectoryBuilder *builder = source->sink->directory;
    g_autoptr(GHashTable) by_dn = g_hash_table_new(NULL, NULL); /* DN id + 1 → row + 1 */
    for (guint i = 0; edges->former_sids != NULL && i < builder->foreign->len; i++) {
        ForeignEntry foreign = g_array_index(builder->foreign, ForeignEntry, i);
        uint32_t row = first_former(edges, foreign.sid);
        if (row != NONE)
            g_hash_table_insert(by_dn, GSIZE_TO_POINTER((gsize)foreign.dn + 1),
                                GSIZE_TO_POINTER((gsize)row + 1));
    }
    for (uint32_t row = 0; g_hash_table_size(by_dn) > 0 && row < builder->groups.n; row++) {
        const uint32_t *ids = builder->member_ids + builder->group_extras.first_member[row];
        for (uint32_t i = 0; i < builder->group_extras.n_members[row]; i++) {
            gsize first =
                GPOINTER_TO_SIZE(g_hash_table_lookup(by_dn, GSIZE_TO_POINTER((gsize)ids[i] + 1)));
            if (first != 0)
                add_former(edges, source->groups_base + row, (uint32_t)(first - 1));
        }
    }
}

static void add_member_sids(Edges *edges, const EdgeSource *source)
{
    const GArray *member_sids = source->sink->directory->member_sids;
    g_autoptr(TextIndex) unknown = text_index_new(edges->snapshot->text, 16);
    for (guint i = 0; i < member_sids->len; i++) {
        TextEdge edge = g_array_index(member_sids, TextEdge, i);
        TextRef sid = edge.text;
        Principal member = find_sid(edges, sid);
        if (member == NONE) {
            uint32_t *foreigner = text_index_add(unknown, sid, NONE);
            if (foreigner == NULL)
                continue;
            if (*foreigner == NONE)
                *foreigner = add_foreigner(edges, sid, sid, source->sink->options.index);
            member = principal_of(PRINCIPAL_FOREIGN, *foreigner);
        }
        add_extra(edges, source->groups_base + edge.group, member, VIA_FOREIGN);
        add_former(edges, source->groups_base + edge.group, first_former(edges, sid));
    }
}

static void add_primary_sids(Edges *edges, const EdgeSource *source, const TextRef *sids,
                             uint32_t n, PrincipalKind kind, uint32_t base)
{
    TextRef last = 0;
    Principal group = NONE;
    for (uint32_t row = 0; row < n; row++) {
        if (sids[row] == 0)
            continue;
        if (sids[row] != last) /* nearly all accounts have the same one */
            group = find_group_sid(edges, sids[row]);
        last = sids[row];
        if (group != NONE)
            add_extra(edges, principal_id(group), principal_of(kind, base + row),
                      VIA_PRIMARY_GROUP);
    }
}

/* gidNumber: posixAccount and posixGroup of the same source; two groups of one number are both
 * meant. */
static void add_gids(Edges *edges, const EdgeSource *source)
{
    const DirectoryBuilder *builder = source->sink->directory;
    uint32_t n_groups = builder->groups.n;
    g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL); /* gid + 1 → row + 1 */
    g_autofree uint32_t *next = g_new(uint32_t, (size_t)n_groups + 1);
    for (uint32_t row = n_groups; row-- > 0;) {
        uint32_t gid = builder->group_extras.gid[row];
        if (gid == NO_GID)
            continue;
        gpointer key = GSIZE_TO_POINTER((gsize)gid + 1);
        next[row] = GPOINTER_TO_UINT(g_hash_table_lookup(first, key));
        g_hash_table_insert(first, key, GUINT_TO_POINTER(row + 1));
    }
    for (uint32_t row = 0; g_hash_table_size(first) > 0 && row < builder->accounts.n; row++) {
        uint32_t gid = builder->account_extras.gid[row];
        if (gid == NO_GID)
            continue;
        uint32_t at =
            GPOINTER_TO_UINT(g_hash_table_lookup(first, GSIZE_TO_POINTER((gsize)gid + 1)));
        for (; at != 0; at = next[at - 1])
            add_extra(edges, source->groups_base + at - 1,
                      principal_of(PRINCIPAL_ACCOUNT, source->accounts_base + row),
                      VIA_PRIMARY_GROUP);
    }
}

static void add_table_rows(Edges *edges, const EdgeSource *source)
{
    const GArray *row_edges = source->sink->directory->row_edges;
    for (guint i = 0; i < row_edges->len; i++) {
        RowEdge edge = g_array_index(row_edges, RowEdge, i);
        add_extra(edges, source->groups_base + edge.group,
                  principal_of(PRINCIPAL_ACCOUNT, source->accounts_base + edge.account), VIA_TABLE);
    }
}

static void collect_extras(Edges *edges, const EdgeSource *source)
{
    const DirectoryBuilder *builder = source->sink->directory;
    add_member_names(edges, source);
    add_member_sids(edges, source);
    add_former_members(edges, source);
    add_primary_sids(edges, source, builder->account_extras.primary_sid, builder->accounts.n,
                     PRINCIPAL_ACCOUNT, source->accounts_base);
    add_primary_sids(edges, source, builder->computer_extras.primary_sid, builder->computers.n,
                     PRINCIPAL_COMPUTER, source->computers_base);
    add_gids(edges, source);
    add_table_rows(edges, source);
}

/* DNs that the source lists and does not explain, in the order in which they are listed. */
static void resolve_listed(Edges *edges, const EdgeSource *source)
{
    const DirectoryBuilder *builder = source->sink->directory;
    Principal *entry = builder->dns.entry;
    for (uint32_t row = 0; row < builder->groups.n; row++) {
        const uint32_t *ids = builder->member_ids + builder->group_extras.first_member[row];
        for (uint32_t i = 0; i < builder->group_extras.n_members[row]; i++)
            if (ids[i] != NONE && G_UNLIKELY(entry[ids[i]] == NONE))
                entry[ids[i]] = resolve_elsewhere(edges, source, ids[i]);
    }
}

void edges_build(Snapshot *snapshot, EdgeSource *sources, uint32_t n_sources)
{
    Edges edges = {.snapshot = snapshot, .sources = sources, .n_sources = n_sources};
    g_autofree Bitset *via_foreign = g_new0(Bitset, (size_t)n_sources + 1);
    snapshot->groups.first_member = g_new0(uint32_t, (size_t)snapshot->groups.n + 1);
    for (uint32_t i = 0; i < n_sources; i++) {
        if (sources[i].sink->directory->foreign->len > 0)
            via_foreign[i] = bitset_new(sources[i].sink->directory->dns.n);
        make_entries_global(&edges, &sources[i], &via_foreign[i]);
    }
    index_former_sids(&edges);
    if (n_sources == 1) /* no other source to look a DN up in */
        dn_table_forget_spellings(&sources[0].sink->directory->dns);
    for (uint32_t i = 0; i < n_sources; i++) {
        edges.extras = g_array_new(FALSE, FALSE, sizeof(ExtraMember));
        collect_extras(&edges, &sources[i]);
        resolve_listed(&edges, &sources[i]);
        edges.n_members = member_lists_write(snapshot, edges.n_members, &sources[i],
                                             &via_foreign[i], edges.extras);
        g_clear_pointer(&sources[i].sink->directory->member_ids, g_free);
        g_array_unref(edges.extras);
        bitset_clear(&via_foreign[i]);
    }
    Groups *groups = &snapshot->groups;
    groups->members = g_renew(Principal, groups->members, edges.n_members + 1);
    groups->members_via = g_renew(uint8_t, groups->members_via, edges.n_members + 1);
    text_index_free(edges.groups_by_sid);
    text_index_free(edges.accounts_by_sid);
    text_index_free(edges.former_sids);
    g_free(edges.next_former);
}
