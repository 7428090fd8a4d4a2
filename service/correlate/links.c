#include "correlate/links.h"

#include "base/text_multimap.h"
#include "correlate/hosts.h"
#include "model/lookup.h"

#define BATCH 1024

const char *const link_account_fields[] = {"employee_id", "mail",         "name",
                                           "upn",         "display_name", NULL};
const char *const link_person_fields[] = {"id", "email", "username", "name", NULL};

/* ---- accounts → people ---- */

static const TextRef *account_column(const Snapshot *snapshot, LinkAccountField field)
{
    switch (field) {
    case LINK_ACCOUNT_EMPLOYEE_ID:
        return snapshot->accounts.employee_id;
    case LINK_ACCOUNT_MAIL:
        return snapshot->accounts.mail;
    case LINK_ACCOUNT_NAME:
        return snapshot->accounts.name;
    case LINK_ACCOUNT_UPN:
        return snapshot->accounts.upn;
    case LINK_ACCOUNT_DISPLAY_NAME:
        return snapshot->accounts.display_name;
    }
    return snapshot->accounts.employee_id;
}

static const TextRef *person_column(const Snapshot *snapshot, LinkPersonField field)
{
    switch (field) {
    case LINK_PERSON_ID:
        return snapshot->people.id;
    case LINK_PERSON_EMAIL:
        return snapshot->people.email;
    case LINK_PERSON_USERNAME:
        return snapshot->people.username;
    case LINK_PERSON_NAME:
        return snapshot->people.name;
    }
    return snapshot->people.id;
}

/* People by one field; made when first asked for. An old row stands for its successor. */
typedef struct PeopleMap {
    const TextMultimap *map; /* rows as they stand */
    TextMultimap *owned;     /* the same, where the snapshot has no such map itself */
    bool knows_kinds, has_addresses,
        has_others; /* keys with and without an @: the other kind need not be looked for */
} PeopleMap;

struct PeopleMaps {
    PeopleMap by[LINK_PERSON_NAME + 1];
    uint32_t *now; /* per person, snapshot_person_now() */
};

static bool is_address(const char *text)
{
    return strchr(text, '@') != NULL;
}

static void note_kind(PeopleMap *people, const Snapshot *snapshot, TextRef key)
{
    if (key == 0 || (people->has_addresses && people->has_others))
        return;
    if (is_address(snapshot_text(snapshot, key)))
        people->has_addresses = true;
    else
        people->has_others = true;
}

static const TextMultimap *people_by(const Links *links, LinkPersonField field)
{
    const Snapshot *snapshot = links->snapshot;
    PeopleMap *made = &links->people_maps->by[field];
    if (made->map == NULL && field == LINK_PERSON_ID)
        made->map = snapshot_people_by_id(snapshot);
    if (made->map == NULL) {
        made->owned = text_multimap_new(snapshot->text, snapshot->people.n);
        text_multimap_add_column(made->owned, person_column(snapshot, field), snapshot->people.n,
                                 NULL);
        made->map = made->owned;
    }
    return made->map;
}

/* Can the text be a key of that field? Without it the map need not even be made. */
static bool may_be_key(const Links *links, LinkPersonField field, const char *text)
{
    const Snapshot *snapshot = links->snapshot;
    const People *people = &snapshot->people;
    PeopleMap *made = &links->people_maps->by[field];
    if (!made->knows_kinds) {
        const TextRef *column = person_column(snapshot, field);
        for (uint32_t p = 0; p < people->n; p++)
            note_kind(made, snapshot, column[p]);
        for (uint32_t i = 0; field == LINK_PERSON_ID && i < people->first_previous[people->n]; i++)
            note_kind(made, snapshot, people->previous_ids[i]);
        made->knows_kinds = true;
    }
    return is_address(text) ? made->has_addresses : made->has_others;
}

/* Hardly anybody is asked for by e-mail or full name later: 14 bytes a person each. */
static void drop_map(Links *links, LinkPersonField field)
{
    PeopleMap *made = &links->people_maps->by[field];
    g_clear_pointer(&made->owned, text_multimap_free);
    made->map = NULL;
}

static struct PeopleMaps *people_maps_new(const Snapshot *snapshot)
{
    struct PeopleMaps *maps = g_new0(struct PeopleMaps, 1);
    maps->now = g_new(uint32_t, snapshot->people.n + 1);
    for (uint32_t p = 0; p < snapshot->people.n; p++)
        maps->now[p] = snapshot_person_now(snapshot, p);
    return maps;
}

static void people_maps_free(struct PeopleMaps *maps)
{
    for (size_t i = 0; i < G_N_ELEMENTS(maps->by); i++)
        text_multimap_free(maps->by[i].owned);
    g_free(maps->now);
    g_free(maps);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The only person behind the cursor; NONE when there are several different ones. */
static uint32_t only_person(const Links *links, const TextMultimap *map, uint32_t cursor)
{
    const uint32_t *now = links->people_maps->now;
    uint32_t person = now[text_multimap_id(map, cursor)];
    for (uint32_t c = text_multimap_next(map, cursor); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c))
        if (now[text_multimap_id(map, c)] != person)
            return NONE;
    return person;
}

/* Sorted, each once. */
static GArray *people_behind(const Links *links, const TextMultimap *map, uint32_t cursor)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t c = cursor; c != TEXT_INDEX_NONE; c = text_multimap_next(map, c)) {
        uint32_t person = links->people_maps->now[text_multimap_id(map, c)];
        g_array_append_val(all, person);
    }
    g_array_sort(all, compare_ids);
    GArray *people = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < all->len; i++) {
        uint32_t person = g_array_index(all, uint32_t, i);
        if (i == 0 || person != g_array_index(all, uint32_t, i - 1))
            g_array_append_val(people, person);
    }
    return people;
}

static void link_account(Links *links, const TextMultimap *map, uint32_t account, uint8_t rule,
                         uint32_t cursor)
{
    links->rule[account] = rule;
    links->person[account] = only_person(links, map, cursor);
    if (links->person[account] != NONE) {
        links->person_link[account] = PERSON_LINK_ONE;
        return;
    }
    links->person_link[account] = PERSON_LINK_AMBIGUOUS;
    g_hash_table_insert(links->candidates, GUINT_TO_POINTER(account),
                        people_behind(links, map, cursor));
}

static void apply_rule(Links *links, uint8_t rule)
{
    const Snapshot *snapshot = links->snapshot;
    const TextRef *column = account_column(snapshot, links->rules[rule].account);
    const TextMultimap *map = NULL; /* made when an account needs it */

    TextRef keys[BATCH];
    uint32_t accounts[BATCH], cursors[BATCH];
    uint32_t account = 0;
    while (account < snapshot->accounts.n) {
        size_t n = 0;
        for (; account < snapshot->accounts.n && n < BATCH; account++) {
            if (links->person_link[account] != PERSON_LINK_NONE || column[account] == 0)
                continue;
            keys[n] = column[account];
            accounts[n++] = account;
        }
        if (n > 0 && map == NULL)
            map = people_by(links, links->rules[rule].person);
        if (n > 0)
            text_multimap_find_batch(map, keys, n, cursors);
        for (size_t i = 0; i < n; i++)
            if (cursors[i] != TEXT_INDEX_NONE)
                link_account(links, map, accounts[i], rule, cursors[i]);
    }
}

static void link_accounts(Links *links)
{
    const Snapshot *snapshot = links->snapshot;
    memset(links->person, 0xff, snapshot->accounts.n * sizeof *links->person);
    memset(links->rule, 0xff, snapshot->accounts.n);
    for (size_t rule = 0; rule < links->n_rules && snapshot->people.n > 0; rule++)
        apply_rule(links, (uint8_t)rule);
    if (snapshot_is_complete(snapshot, PROVIDES_PEOPLE))
        return;
    for (uint32_t account = 0; account < snapshot->accounts.n; account++)
        if (links->person_link[account] == PERSON_LINK_NONE)
            links->person_link[account] = PERSON_LINK_UNKNOWN;
}

/* Compressed rows by counting; accounts of a person stay in ascending order. */
static void list_accounts_of_people(Links *links)
{
    uint32_t n_people = links->snapshot->people.n, n_accounts = links->snapshot->accounts.n;
    links->first_account = g_new0(uint32_t, n_people + 1);
    links->person_accounts = g_new(uint32_t, n_accounts + 1);
    for (uint32_t account = 0; account < n_accounts; account++)
        if (links->person[account] != NONE)
            links->first_account[links->person[account] + 1]++;
    for (uint32_t p = 0; p < n_people; p++)
        links->first_account[p + 1] += links->first_account[p];
    g_autofree uint32_t *next = g_new(uint32_t, n_people + 1);
    memcpy(next, links->first_account, (n_people + 1) * sizeof *next);
    for (uint32_t account = 0; account < n_accounts; account++)
        if (links->person[account] != NONE)
            links->person_accounts[next[links->person[account]]++] = account;
}

/* ---- owners ---- */

static const Owner nobody = {.kind = OWNER_NONE, .id = NONE, .person = NONE};

static Owner owner_account(const Links *links, uint32_t account)
{
    return (Owner){.kind = OWNER_ACCOUNT, .id = account, .person = links->person[account]};
}

static Owner find_owner_dn(const Links *links, const char *text, uint8_t source)
{
    Principal entry =
        strchr(text, '=') != NULL ? snapshot_find_dn(links->snapshot, source, text) : NONE;
    if (entry == NONE && source != UINT8_MAX)
        return find_owner_dn(links, text, UINT8_MAX);
    if (entry == NONE)
        return nobody;
    if (principal_kind(entry) == PRINCIPAL_ACCOUNT)
        return owner_account(links, principal_id(entry));
    if (principal_kind(entry) == PRINCIPAL_GROUP)
        return (Owner){.kind = OWNER_GROUP, .id = principal_id(entry), .person = NONE};
    return nobody;
}

static const LinkPersonField owner_fields[] = {LINK_PERSON_ID, LINK_PERSON_EMAIL,
                                               LINK_PERSON_USERNAME};
enum { N_OWNER_FIELDS = G_N_ELEMENTS(owner_fields) };

/* Where a text stands in the maps of owner_fields. */
typedef struct OwnerCursors {
    uint32_t at[N_OWNER_FIELDS];
} OwnerCursors;

static Owner owner_person(const Links *links, const OwnerCursors *cursors)
{
    uint32_t person = NONE;
    for (size_t i = 0; i < N_OWNER_FIELDS; i++) {
        if (cursors->at[i] == TEXT_INDEX_NONE)
            continue;
        uint32_t found = only_person(links, people_by(links, owner_fields[i]), cursors->at[i]);
        if (found == NONE || (person != NONE && person != found))
            return (Owner){.kind = OWNER_AMBIGUOUS, .id = NONE, .person = NONE};
        person = found;
    }
    return person != NONE ? (Owner){.kind = OWNER_PERSON, .id = person, .person = person} : nobody;
}

static void look_up_people(const Links *links, const TextRef *keys, size_t n,
                           OwnerCursors *ret_cursors)
{
    const Snapshot *snapshot = links->snapshot;
    TextRef wanted[BATCH];
    uint32_t found[BATCH];
    for (size_t field = 0; field < N_OWNER_FIELDS; field++) {
        bool is_any = false;
        for (size_t i = 0; i < n; i++) {
            bool may_be = may_be_key(links, owner_fields[field], snapshot_text(snapshot, keys[i]));
            wanted[i] = may_be ? keys[i] : 0;
            found[i] = TEXT_INDEX_NONE;
            is_any = is_any || may_be;
        }
        if (is_any)
            text_multimap_find_batch(people_by(links, owner_fields[field]), wanted, n, found);
        for (size_t i = 0; i < n; i++)
            ret_cursors[i].at[field] = found[i];
    }
}

/* Several accounts of one person are that person's: the first usable one speaks. Those of the
 * source that the text comes from go before others of the same name. */
static Owner find_owner_account(const Links *links, const char *text, uint8_t source)
{
    const Accounts *accounts = &links->snapshot->accounts;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    snapshot_find_accounts(links->snapshot, text, found);
    const uint32_t *ids = (const uint32_t *)(const void *)found->data;
    bool has_own = false;
    for (guint i = 0; i < found->len; i++)
        has_own = has_own || accounts->source[ids[i]] == source;

    uint32_t best = NONE;
    for (guint i = 0; i < found->len; i++) {
        uint32_t id = ids[i];
        if (has_own && accounts->source[id] != source)
            continue;
        if (best != NONE && (links->person[id] == NONE || links->person[id] != links->person[best]))
            return (Owner){.kind = OWNER_AMBIGUOUS, .id = NONE, .person = NONE};
        if (best == NONE ||
            (accounts->enabled[best] != STATE_YES && accounts->enabled[id] == STATE_YES))
            best = id;
    }
    return best != NONE ? owner_account(links, best) : nobody;
}

static Owner find_owner_group(const Links *links, const char *text, uint8_t source)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    snapshot_find_groups(links->snapshot, text, found);
    uint32_t best = NONE;
    for (guint i = 0; i < found->len; i++) {
        uint32_t id = g_array_index(found, uint32_t, i);
        if (best == NONE || (links->snapshot->groups.source[best] != source &&
                             links->snapshot->groups.source[id] == source))
            best = id;
    }
    return best != NONE ? (Owner){.kind = OWNER_GROUP, .id = best, .person = NONE} : nobody;
}

static Owner find_owner(const Links *links, const char *text, uint8_t source,
                        const OwnerCursors *cursors)
{
    if (text[strspn(text, " \t\r\n")] == '\0')
        return nobody;
    Owner owner = find_owner_dn(links, text, source);
    if (owner.kind == OWNER_NONE)
        owner = owner_person(links, cursors);
    if (owner.kind == OWNER_NONE)
        owner = find_owner_account(links, text, source);
    if (owner.kind == OWNER_NONE)
        owner = find_owner_group(links, text, source);
    /* Nobody known fits, but not everybody is known. */
    if (owner.kind == OWNER_NONE &&
        !snapshot_is_complete(links->snapshot, PROVIDES_PEOPLE | PROVIDES_DIRECTORY))
        owner.kind = OWNER_UNKNOWN;
    return owner;
}

Owner links_find_owner(const Links *links, const char *text)
{
    OwnerCursors cursors;
    for (size_t field = 0; field < N_OWNER_FIELDS; field++)
        cursors.at[field] =
            may_be_key(links, owner_fields[field], text)
                ? text_multimap_find(people_by(links, owner_fields[field]), text_of(text))
                : TEXT_INDEX_NONE;
    return find_owner(links, text, UINT8_MAX, &cursors);
}

/* sources NULL: the texts come from no directory. Rows without a text are passed over before
 * anything is looked up. */
static Owner *find_owners(const Links *links, uint32_t n, const TextRef *texts,
                          const uint8_t *sources)
{
    Owner *owners = g_new(Owner, n + 1);
    TextRef keys[BATCH];
    uint32_t rows[BATCH];
    OwnerCursors cursors[BATCH];
    for (uint32_t row = 0; row < n;) {
        size_t count = 0;
        for (; row < n && count < BATCH; row++) {
            owners[row] = nobody;
            if (texts[row] == 0)
                continue;
            keys[count] = texts[row];
            rows[count++] = row;
        }
        if (count > 0)
            look_up_people(links, keys, count, cursors);
        for (size_t i = 0; i < count; i++)
            owners[rows[i]] =
                find_owner(links, snapshot_text(links->snapshot, keys[i]),
                           sources != NULL ? sources[rows[i]] : UINT8_MAX, &cursors[i]);
    }
    return owners;
}

static void link_owners(Links *links)
{
    const Snapshot *s = links->snapshot;
    links->account_owner =
        find_owners(links, s->accounts.n, s->accounts.owner_text, s->accounts.source);
    links->group_owner = find_owners(links, s->groups.n, s->groups.owner_text, s->groups.source);
    links->asset_owner = find_owners(links, s->assets.n, s->assets.owner, NULL);
    links->asset_custodian = find_owners(links, s->assets.n, s->assets.custodian, NULL);
}

/* ---- all links ---- */

/* Needs the snapshot only and takes a third of the time: on the second core. */
static gpointer link_hosts(gpointer data)
{
    Links *links = data;
    hosts_link(links->snapshot, links->computer_asset, links->asset_computer);
    return NULL;
}

static void free_candidates(void *people)
{
    g_array_unref(people);
}

Links *links_new(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules)
{
    uint32_t n = snapshot->accounts.n;
    Links *links = g_new0(Links, 1);
    links->snapshot = snapshot;
    links->n_rules = MIN(n_rules, UINT8_MAX);
    links->rules = g_new0(LinkRule, links->n_rules + 1);
    for (size_t i = 0; i < links->n_rules; i++)
        links->rules[i] = rules[i];
    links->person_link = g_new0(uint8_t, n + 1);
    links->person = g_new(uint32_t, n + 1);
    links->rule = g_new(uint8_t, n + 1);
    links->candidates = g_hash_table_new_full(NULL, NULL, NULL, free_candidates);
    links->computer_asset = g_new(uint32_t, snapshot->computers.n + 1);
    links->asset_computer = g_new(uint32_t, snapshot->assets.n + 1);
    links->people_maps = people_maps_new(snapshot);
    GThread *hosts = g_thread_try_new("hosts", link_hosts, links, NULL);
    link_accounts(links);
    list_accounts_of_people(links);
    link_owners(links);
    drop_map(links, LINK_PERSON_EMAIL);
    drop_map(links, LINK_PERSON_NAME);
    if (hosts != NULL)
        g_thread_join(hosts);
    else
        link_hosts(links);
    return links;
}

void links_free(Links *links)
{
    if (links == NULL)
        return;
    g_free(links->rules);
    g_free(links->person_link);
    g_free(links->person);
    g_free(links->rule);
    g_free(links->account_owner);
    g_hash_table_unref(links->candidates);
    g_free(links->first_account);
    g_free(links->person_accounts);
    g_free(links->group_owner);
    g_free(links->asset_owner);
    g_free(links->asset_custodian);
    g_free(links->computer_asset);
    g_free(links->asset_computer);
    people_maps_free(links->people_maps);
    g_free(links);
}

char *links_rule_text(const Links *links, uint8_t rule)
{
    if (rule >= links->n_rules)
        return NULL;
    return g_strdup_printf("%s = %s", link_account_fields[links->rules[rule].account],
                           link_person_fields[links->rules[rule].person]);
}
