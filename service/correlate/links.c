#include "correlate/links.h"

#include "base/tasks.h"
#include "correlate/hosts.h"
#include "correlate/manual.h"
#include "correlate/owners.h"
#include "correlate/people_maps.h"
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

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorted, each once. */
static GArray *people_behind(const Links *links, const TextMultimap *map, uint32_t cursor)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t c = cursor; c != TEXT_INDEX_NONE; c = text_multimap_next(map, c)) {
        uint32_t person = people_maps_now(links->people_maps, text_multimap_id(map, c));
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
    links->person[account] = people_maps_only(links->people_maps, map, cursor);
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
            map = people_maps_by(links->people_maps, links->rules[rule].person);
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
    manual_link_accounts(links);
    for (size_t rule = 0; rule < links->n_rules && snapshot->people.n > 0; rule++)
        apply_rule(links, (uint8_t)rule);
    if (snapshot_is_complete(snapshot, PROVIDES_PEOPLE))
        return;
    for (uint32_t account = 0; account < snapshot->accounts.n; account++)
        if (links->person_link[account] == PERSON_LINK_NONE)
            links->person_link[account] = PERSON_LINK_UNKNOWN;
}

/* Names of rules stand in the order they are met. */
static uint8_t rule_called(Links *links, const char *text)
{
    guint index;
    if (*text == '\0')
        return UINT8_MAX;
    if (g_ptr_array_find_with_equal_func(links->rule_texts, text, g_str_equal, &index))
        return (uint8_t)index;
    if (links->rule_texts->len == LINK_RULE_MANUAL)
        return UINT8_MAX;
    g_ptr_array_add(links->rule_texts, g_strdup(text));
    return (uint8_t)(links->rule_texts->len - 1);
}

static void take_decisions(Links *links, const LinkDecisions *decisions)
{
    const Snapshot *snapshot = links->snapshot;
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        TextRef person = decisions->person[account];
        links->person[account] =
            person != 0 ? snapshot_find_person(snapshot, snapshot_text(snapshot, person)) : NONE;
        links->person_link[account] = decisions->linked[account];
        links->rule[account] =
            rule_called(links, snapshot_text(snapshot, decisions->rule[account]));
    }
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

/* ---- all links ---- */

typedef struct Linking {
    Links *links;
    const LinkDecisions *decisions; /* NULL = by the rules */
} Linking;

/* Owners need to know whose the accounts are, and nothing of hosts. */
static void link_people_and_owners(void *data)
{
    const Linking *linking = data;
    if (linking->decisions != NULL)
        take_decisions(linking->links, linking->decisions);
    else
        link_accounts(linking->links);
    list_accounts_of_people(linking->links);
    owners_link(linking->links);
}

static void link_hosts(void *data)
{
    const Links *links = ((const Linking *)data)->links;
    hosts_link(links->snapshot, links->computer_asset, links->asset_computer);
}

static void free_candidates(void *people)
{
    g_array_unref(people);
}

static Links *make_links(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules,
                         const ManualLink *manual, size_t n_manual, const LinkDecisions *decisions)
{
    uint32_t n = snapshot->accounts.n;
    Links *links = g_new0(Links, 1);
    links->snapshot = snapshot;
    links->n_rules = MIN(n_rules, LINK_RULE_MANUAL);
    links->manual = manual;
    links->n_manual = n_manual;
    links->manual_account = g_new(uint32_t, n_manual + 1);
    links->manual_of = g_hash_table_new(NULL, NULL);
    links->rules = g_new0(LinkRule, links->n_rules + 1);
    links->rule_texts = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < links->n_rules; i++) {
        links->rules[i] = rules[i];
        g_ptr_array_add(links->rule_texts,
                        g_strdup_printf("%s = %s", link_account_fields[rules[i].account],
                                        link_person_fields[rules[i].person]));
    }
    links->person_link = g_new0(uint8_t, n + 1);
    links->person = g_new(uint32_t, n + 1);
    links->rule = g_new(uint8_t, n + 1);
    links->candidates = g_hash_table_new_full(NULL, NULL, NULL, free_candidates);
    links->computer_asset = g_new(uint32_t, snapshot->computers.n + 1);
    links->asset_computer = g_new(uint32_t, snapshot->assets.n + 1);
    links->people_maps = people_maps_new(snapshot);
    Linking linking = {links, decisions};
    const Task tasks[] = {{link_people_and_owners, &linking}, {link_hosts, &linking}};
    tasks_run(tasks, G_N_ELEMENTS(tasks));
    people_maps_drop(links->people_maps, LINK_PERSON_EMAIL);
    people_maps_drop(links->people_maps, LINK_PERSON_NAME);
    people_maps_drop(links->people_maps, LINK_PERSON_USERNAME);
    return links;
}

Links *links_new(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules)
{
    return make_links(snapshot, rules, n_rules, NULL, 0, NULL);
}

Links *links_new_with(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules,
                      const ManualLink *manual, size_t n_manual)
{
    return make_links(snapshot, rules, n_rules, manual, n_manual, NULL);
}

Links *links_new_decided(const Snapshot *snapshot, const LinkDecisions *decisions)
{
    return make_links(snapshot, NULL, 0, NULL, 0, decisions);
}

void links_free(Links *links)
{
    if (links == NULL)
        return;
    g_free(links->rules);
    g_ptr_array_unref(links->rule_texts);
    g_free(links->person_link);
    g_free(links->person);
    g_free(links->rule);
    g_free(links->account_owner);
    g_hash_table_unref(links->candidates);
    g_hash_table_unref(links->manual_of);
    g_free(links->manual_account);
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
    return rule < links->rule_texts->len ? g_strdup(links->rule_texts->pdata[rule]) : NULL;
}

static const ManualLink *manual_of(const Links *links, uint32_t account)
{
    size_t place =
        GPOINTER_TO_SIZE(g_hash_table_lookup(links->manual_of, GUINT_TO_POINTER(account)));
    return place > 0 ? &links->manual[place - 1] : NULL;
}

char *links_made_by(const Links *links, uint32_t account)
{
    if (links->rule[account] == LINK_RULE_MANUAL)
        return g_strdup(manual_of(links, account)->made_by);
    return links_rule_text(links, links->rule[account]);
}

uint64_t links_made_by_hash(const Links *links, uint32_t account)
{
    uint64_t rule = links->rule[account];
    return rule == LINK_RULE_MANUAL
               ? rule | (uint64_t)g_str_hash(manual_of(links, account)->made_by) << 8
               : rule;
}
