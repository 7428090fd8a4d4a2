#include "run/reviews/population.h"

#include "controls/judgement.h"
#include "controls/parties.h"
#include "controls/rights.h"
#include "model/lookup.h"

#include <gio/gio.h>
#include <string.h>

typedef struct Gathering {
    const Reconciliation *r;
    const Campaign *campaign;
    Population *population;
} Gathering;

/* ---- what the configuration speaks of ---- */

uint32_t population_person(const Reconciliation *r, const char *text)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint32_t person = text != NULL ? snapshot_find_person(r->snapshot, text) : NONE;

    if (text != NULL && person == NONE && snapshot_find_people(r->snapshot, text, found) == 1)
        person = g_array_index(found, uint32_t, 0);
    return person != NONE ? snapshot_person_now(r->snapshot, person) : NONE;
}

uint32_t population_manager(const Reconciliation *r, uint32_t person)
{
    TextRef text = person != NONE ? r->snapshot->people.manager_id[person] : 0;
    uint32_t manager =
        text != 0 ? snapshot_find_person(r->snapshot, snapshot_text(r->snapshot, text)) : NONE;

    return manager != NONE ? snapshot_person_now(r->snapshot, manager) : NONE;
}

GArray *population_access_groups(const Snapshot *snapshot, uint32_t asset)
{
    const Assets *assets = &snapshot->assets;
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t i = assets->first_access_group[asset]; i < assets->first_access_group[asset + 1];
         i++)
        snapshot_find_groups(snapshot, snapshot_text(snapshot, assets->access_groups[i]), groups);
    return groups;
}

static bool is_nothing(const Campaign *campaign, const char *what, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: review %s: %s \"%s\"",
                campaign->place, campaign->name, what, campaign->target);
    return false;
}

/* ---- rows ---- */

static void add_right(const Gathering *gathering, uint32_t account, uint32_t group,
                      const Effective *walk)
{
    PopulationRow row = {account, group, g_array_new(FALSE, FALSE, sizeof(Hop))};

    effective_path(walk, account, row.hops);
    g_array_append_val(gathering->population->rows, row);
}

static bool is_subject(const Reconciliation *r, uint32_t account)
{
    return r->classes[account] != CLASS_COMPUTER;
}

/* Members of a crowd (Domain Users) hold a right that nobody decides for each of them. */
static void say_crowds(const Gathering *gathering, uint32_t group)
{
    const Reconciliation *r = gathering->r;
    size_t n = 0;
    const uint32_t *seen = effective_groups_seen(r->effective, &n);

    for (size_t i = 0; i < n; i++) {
        if (bitset_has(&r->governed->crowds, seen[i]))
            g_ptr_array_add(
                gathering->population->said,
                g_strdup_printf("everybody of %s is in %s; that is one decision, not one a person",
                                snapshot_text(r->snapshot, r->snapshot->groups.name[seen[i]]),
                                snapshot_text(r->snapshot, r->snapshot->groups.name[group])));
    }
}

static void add_members(const Gathering *gathering, uint32_t group, const Bitset *stops)
{
    const Reconciliation *r = gathering->r;
    size_t n = 0;
    const uint32_t *members = effective_members_nearest(r->effective, group, stops, &n);

    for (size_t i = 0; i < n; i++) {
        if (is_subject(r, members[i]))
            add_right(gathering, members[i], group, r->effective);
    }
    say_crowds(gathering, group);
}

/* Of several groups of one question a right counts for the nearest. */
static void add_groups(const Gathering *gathering, const GArray *groups)
{
    const Reconciliation *r = gathering->r;
    g_auto(Bitset) stops = bitset_new(r->snapshot->groups.n);

    for (uint32_t group = 0; group < r->snapshot->groups.n; group++) {
        if (bitset_has(&r->governed->crowds, group))
            bitset_add(&stops, group);
    }
    for (guint i = 0; i < groups->len; i++)
        bitset_add(&stops, g_array_index(groups, uint32_t, i));
    for (guint i = 0; i < groups->len; i++)
        add_members(gathering, g_array_index(groups, uint32_t, i), &stops);
}

static void add_visited(ControlContext *context, uint32_t account, uint32_t group,
                        GovernedKind kind, void *data)
{
    (void)kind;
    add_right(data, account, group, context->effective);
}

/* ---- scopes ---- */

static bool add_privileged(const Gathering *gathering, GError **error)
{
    const Governed *governed = gathering->r->governed;

    (void)error;
    for (uint32_t group = 0; group < gathering->r->snapshot->groups.n; group++) {
        if (bitset_has(&governed->privileged, group))
            add_members(gathering, group, governed_stops(governed, GOVERNED_PRIVILEGED));
    }
    return true;
}

static bool add_entitlement(const Gathering *gathering, GError **error)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    if (snapshot_find_groups(gathering->r->snapshot, gathering->campaign->target, groups) == 0)
        return is_nothing(gathering->campaign, "no group is called", error);
    add_groups(gathering, groups);
    return true;
}

static bool add_asset(const Gathering *gathering, GError **error)
{
    const Snapshot *snapshot = gathering->r->snapshot;
    uint32_t asset = snapshot_find_asset(snapshot, gathering->campaign->target);

    if (asset == NONE)
        return is_nothing(gathering->campaign, "no asset of the registers is called", error);
    g_autoptr(GArray) groups = population_access_groups(snapshot, asset);
    if (groups->len == 0)
        return is_nothing(gathering->campaign, "no access group is known of the asset", error);
    add_groups(gathering, groups);
    return true;
}

static bool add_owner(const Gathering *gathering, GError **error)
{
    const Reconciliation *r = gathering->r;
    uint32_t owner = population_person(r, gathering->campaign->target);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    if (owner == NONE)
        return is_nothing(gathering->campaign, "the rosters know nobody, or several, as", error);
    for (uint32_t group = 0; group < r->snapshot->groups.n; group++) {
        uint32_t person = owner_person(&r->links->group_owner[group]);

        if (person != NONE && snapshot_person_now(r->snapshot, person) == owner)
            g_array_append_val(groups, group);
    }
    add_groups(gathering, groups);
    return true;
}

/* Every governed right of the accounts. */
static void add_rights_of(const Gathering *gathering, const Bitset *accounts)
{
    /* A copy: the visit tells nothing that lasts. */
    ControlContext context = gathering->r->context;

    rights_visit(&context, accounts, add_visited, (void *)(uintptr_t)gathering);
}

static bool is_of_manager(const Reconciliation *r, uint32_t account, uint32_t manager)
{
    uint32_t person = person_speaking(r->snapshot, person_of(&r->context, account));

    return population_manager(r, person) == manager;
}

static bool add_manager(const Gathering *gathering, GError **error)
{
    const Reconciliation *r = gathering->r;
    uint32_t manager = population_person(r, gathering->campaign->target);
    g_auto(Bitset) accounts = bitset_new(r->snapshot->accounts.n);

    if (manager == NONE)
        return is_nothing(gathering->campaign, "the rosters know nobody, or several, as", error);
    for (uint32_t account = 0; account < r->snapshot->accounts.n; account++) {
        if (is_subject(r, account) && is_of_manager(r, account, manager))
            bitset_add(&accounts, account);
    }
    add_rights_of(gathering, &accounts);
    return true;
}

static bool add_services(const Gathering *gathering, GError **error)
{
    const Reconciliation *r = gathering->r;
    g_auto(Bitset) accounts = bitset_new(r->snapshot->accounts.n);

    (void)error;
    for (uint32_t account = 0; account < r->snapshot->accounts.n; account++) {
        if (r->classes[account] == CLASS_SERVICE)
            bitset_add(&accounts, account);
    }
    add_rights_of(gathering, &accounts);
    return true;
}

/* Guests, and accounts of contractors, suppliers, partners. */
static bool add_external(const Gathering *gathering, GError **error)
{
    const Reconciliation *r = gathering->r;
    g_auto(Bitset) accounts = bitset_new(r->snapshot->accounts.n);

    (void)error;
    for (uint32_t account = 0; account < r->snapshot->accounts.n; account++) {
        uint32_t person = person_speaking(r->snapshot, person_of(&r->context, account));

        if (r->classes[account] == CLASS_GUEST ||
            (person != NONE && is_subject(r, account) && person_is_contractor(r->snapshot, person)))
            bitset_add(&accounts, account);
    }
    add_rights_of(gathering, &accounts);
    return true;
}

static const struct {
    const char *name;
    bool (*add)(const Gathering *gathering, GError **error);
} scopes[] = {{"privileged", add_privileged}, {"entitlement", add_entitlement},
              {"asset", add_asset},           {"owner", add_owner},
              {"manager", add_manager},       {"service-accounts", add_services},
              {"external", add_external}};

/* ---- order ---- */

typedef struct Sorted {
    PopulationRow row;
    char *text; /* collated */
} Sorted;

/* By whose the account is, so that a reviewer has all of one person together. */
static char *sort_text(const Reconciliation *r, const PopulationRow *row)
{
    const Snapshot *snapshot = r->snapshot;
    Party account = party_of(&r->context, SUBJECT_ACCOUNT, row->account);
    Party group = party_of(&r->context, SUBJECT_GROUP, row->group);
    uint32_t person = person_speaking(snapshot, person_of(&r->context, row->account));
    const char *name = account.name != NULL ? account.name : account.key;
    const char *holder =
        person != NONE ? snapshot_text(snapshot, snapshot->people.name[person]) : name;
    g_autofree char *folded_holder = g_utf8_casefold(holder, -1);
    g_autofree char *folded_group =
        g_utf8_casefold(group.name != NULL ? group.name : group.key, -1);

    return g_strdup_printf("%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s", folded_holder, name,
                           folded_group, account.source, account.key, group.source, group.key);
}

static int compare_sorted(const void *a, const void *b)
{
    return strcmp(((const Sorted *)a)->text, ((const Sorted *)b)->text);
}

static void sort_rows(const Reconciliation *r, GArray *rows)
{
    g_autofree Sorted *sorted = g_new(Sorted, (size_t)rows->len + 1);

    for (guint i = 0; i < rows->len; i++) {
        sorted[i].row = g_array_index(rows, PopulationRow, i);
        sorted[i].text = sort_text(r, &sorted[i].row);
    }
    qsort(sorted, rows->len, sizeof *sorted, compare_sorted);
    for (guint i = 0; i < rows->len; i++) {
        g_array_index(rows, PopulationRow, i) = sorted[i].row;
        g_free(sorted[i].text);
    }
}

static void clear_row(void *data)
{
    g_array_unref(((PopulationRow *)data)->hops);
}

Population *population_new(const Reconciliation *r, const Campaign *campaign, GError **error)
{
    g_autoptr(Population) population = g_new0(Population, 1);
    Gathering gathering = {r, campaign, population};
    size_t scope = 0;

    population->rows = g_array_new(FALSE, FALSE, sizeof(PopulationRow));
    g_array_set_clear_func(population->rows, clear_row);
    population->said = g_ptr_array_new_with_free_func(g_free);
    while (strcmp(scopes[scope].name, campaign->scope) != 0) {
        scope++; /* the settings table allows only these */
    }
    if (!scopes[scope].add(&gathering, error))
        return NULL;
    sort_rows(r, population->rows);
    return g_steal_pointer(&population);
}

void population_free(Population *population)
{
    if (population == NULL)
        return;
    g_array_unref(population->rows);
    g_ptr_array_unref(population->said);
    g_free(population);
}
