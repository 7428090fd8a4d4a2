#include "run/owned.h"

#include "controls/judgement.h"
#include "model/lookup.h"

struct OwnedIndex {
    const Look *look;
    GHashTable *of; /* person → Owned */
};

static Owned *owned_new(void)
{
    Owned *owned = g_new0(Owned, 1);
    GArray **const lists[] = {&owned->accounts, &owned->groups,    &owned->assets,
                              &owned->reports,  &owned->sponsored, &owned->approvals,
                              &owned->standing};

    owned->ids = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return owned;
}

static void owned_free(gpointer data)
{
    Owned *owned = data;
    GArray *const lists[] = {owned->accounts,  owned->groups,    owned->assets,  owned->reports,
                             owned->sponsored, owned->approvals, owned->standing};

    g_ptr_array_unref(owned->ids);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        g_array_unref(lists[i]);
    g_free(owned);
}

/* Whose row it is now: somebody who came back under a new number owns what carries the old one. */
static uint32_t who(const Look *look, uint32_t person)
{
    return person_speaking(look->reconciliation.snapshot, person);
}

static Owned *of_person(const OwnedIndex *index, uint32_t person)
{
    return person == NONE
               ? NULL
               : g_hash_table_lookup(index->of, GUINT_TO_POINTER(who(index->look, person)));
}

static Owned *of_owner(const OwnedIndex *index, const Owner *owner)
{
    return of_person(index, owner_person(owner));
}

/* ---- entries of directories ---- */

static void find_accounts(OwnedIndex *index)
{
    const Links *links = index->look->reconciliation.links;
    uint32_t n = index->look->reconciliation.snapshot->accounts.n;

    for (uint32_t account = 0; account < n; account++) {
        Owned *owned = of_owner(index, &links->account_owner[account]);

        if (owned != NULL && of_person(index, links->person[account]) != owned)
            g_array_append_val(owned->accounts, account);
    }
}

static void find_groups(OwnedIndex *index)
{
    const Links *links = index->look->reconciliation.links;

    for (uint32_t group = 0; group < index->look->reconciliation.snapshot->groups.n; group++) {
        Owned *owned = of_owner(index, &links->group_owner[group]);

        if (owned != NULL)
            g_array_append_val(owned->groups, group);
    }
}

/* ---- the register ---- */

unsigned owned_asset_role(const Look *look, uint32_t asset, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    uint32_t owner = owner_person(&links->asset_owner[asset]);
    uint32_t custodian = owner_person(&links->asset_custodian[asset]);

    return (owner != NONE && who(look, owner) == person ? OWNED_AS_OWNER : 0u) |
           (custodian != NONE && who(look, custodian) == person ? OWNED_AS_CUSTODIAN : 0u);
}

static void find_assets(OwnedIndex *index)
{
    const Links *links = index->look->reconciliation.links;
    const Assets *assets = &index->look->reconciliation.snapshot->assets;

    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->status[asset] == ASSET_STATUS_RETIRED ||
            assets->status[asset] == ASSET_STATUS_LOST)
            continue;
        Owned *owner = of_owner(index, &links->asset_owner[asset]);
        Owned *custodian = of_owner(index, &links->asset_custodian[asset]);

        if (owner != NULL)
            g_array_append_val(owner->assets, asset);
        if (custodian != NULL && custodian != owner)
            g_array_append_val(custodian->assets, asset);
    }
}

/* ---- people ---- */

static Owned *named_by(const OwnedIndex *index, TextRef id)
{
    const Snapshot *snapshot = index->look->reconciliation.snapshot;

    return id == 0 ? NULL
                   : of_person(index, snapshot_find_person(snapshot, snapshot_text(snapshot, id)));
}

static void add_ids(const OwnedIndex *index, uint32_t row)
{
    const Snapshot *snapshot = index->look->reconciliation.snapshot;
    const People *people = &snapshot->people;
    Owned *owned = of_person(index, row);

    if (owned == NULL)
        return;
    g_ptr_array_add(owned->ids, (gpointer)(uintptr_t)snapshot_text(snapshot, people->id[row]));
    for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++) {
        const char *previous = snapshot_text(snapshot, people->previous_ids[i]);
        if (!g_ptr_array_find_with_equal_func(owned->ids, previous, g_str_equal, NULL))
            g_ptr_array_add(owned->ids, (gpointer)(uintptr_t)previous);
    }
}

static void find_people(OwnedIndex *index)
{
    const Reconciliation *r = &index->look->reconciliation;
    const People *people = &r->snapshot->people;

    for (uint32_t row = 0; row < people->n; row++) {
        Owned *manager = named_by(index, people->manager_id[row]);
        Owned *sponsor = named_by(index, people->sponsor_id[row]);
        bool is_here = (manager != NULL || sponsor != NULL) && who(index->look, row) == row &&
                       person_left_at(r->snapshot, row, r->as_of_utc) == TIME_NEVER;

        add_ids(index, row);
        if (is_here && manager != NULL && manager != of_person(index, row))
            g_array_append_val(manager->reports, row);
        if (is_here && sponsor != NULL && sponsor != of_person(index, row))
            g_array_append_val(sponsor->sponsored, row);
    }
}

/* ---- approvals ---- */

static Owned *approved_by(const OwnedIndex *index, uint32_t approval)
{
    const Reconciliation *r = &index->look->reconciliation;
    Owner approver = links_find_owner(
        r->links, snapshot_text(r->snapshot, r->snapshot->approvals.approved_by[approval]));

    return of_owner(index, &approver);
}

static bool has_ended(const Reconciliation *r, uint32_t approval)
{
    int64_t until = r->snapshot->approvals.expires_utc[approval];

    return until != TIME_UNKNOWN && until <= r->as_of_utc;
}

/* What it allows; newly allocated. Texts that are the same are one in the snapshot. */
static char *approved_what(const Approvals *approvals, uint32_t approval)
{
    return g_strdup_printf("%u %u %u", approvals->group[approval], approvals->account[approval],
                           approvals->person_id[approval]);
}

/* Per right that one of these people approved: who approved it, NULL = several. */
static GHashTable *find_approvals(OwnedIndex *index)
{
    const Reconciliation *r = &index->look->reconciliation;
    const Approvals *approvals = &r->snapshot->approvals;
    GHashTable *given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (uint32_t i = 0; i < approvals->n; i++) {
        Owned *owned =
            approvals->approved_by[i] != 0 && !has_ended(r, i) ? approved_by(index, i) : NULL;
        if (owned == NULL)
            continue;
        char *what = approved_what(approvals, i);
        gpointer other;
        bool is_known = g_hash_table_lookup_extended(given, what, NULL, &other);
        g_hash_table_insert(given, what, is_known && other != owned ? NULL : owned);
        g_array_append_val(owned->approvals, i);
    }
    return given;
}

static void forget_renewed(OwnedIndex *index, GHashTable *given)
{
    const Reconciliation *r = &index->look->reconciliation;
    const Approvals *approvals = &r->snapshot->approvals;

    for (uint32_t i = 0; i < approvals->n && g_hash_table_size(given) > 0; i++) {
        if (approvals->approved_by[i] == 0 || has_ended(r, i))
            continue;
        g_autofree char *what = approved_what(approvals, i);
        gpointer giver;

        if (g_hash_table_lookup_extended(given, what, NULL, &giver) &&
            (giver == NULL || approved_by(index, i) != giver))
            g_hash_table_remove(given, what);
    }
}

/* Another's approval of the same stands when the first one's giver has left. */
static void find_standing(OwnedIndex *index)
{
    const Approvals *approvals = &index->look->reconciliation.snapshot->approvals;
    g_autoptr(GHashTable) given = find_approvals(index);
    GHashTableIter iter;
    gpointer value;

    forget_renewed(index, given);
    g_hash_table_iter_init(&iter, index->of);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Owned *owned = value;
        for (guint i = 0; i < owned->approvals->len; i++) {
            uint32_t approval = g_array_index(owned->approvals, uint32_t, i);
            g_autofree char *what = approved_what(approvals, approval);
            if (g_hash_table_contains(given, what))
                g_array_append_val(owned->standing, approval);
        }
    }
}

/* ---- all of it ---- */

OwnedIndex *owned_index_new(const Look *look, const uint32_t *people, size_t n_people)
{
    OwnedIndex *index = g_new0(OwnedIndex, 1);

    index->look = look;
    index->of = g_hash_table_new_full(NULL, NULL, NULL, owned_free);
    for (size_t i = 0; i < n_people; i++) {
        uint32_t person = who(look, people[i]);
        if (person != NONE && !g_hash_table_contains(index->of, GUINT_TO_POINTER(person)))
            g_hash_table_insert(index->of, GUINT_TO_POINTER(person), owned_new());
    }
    if (g_hash_table_size(index->of) > 0) {
        find_accounts(index);
        find_groups(index);
        find_assets(index);
        find_people(index);
        find_standing(index);
    }
    return index;
}

void owned_index_free(OwnedIndex *index)
{
    if (index != NULL) {
        g_hash_table_unref(index->of);
        g_free(index);
    }
}

const Owned *owned_of(const OwnedIndex *index, uint32_t person)
{
    return of_person(index, person);
}
