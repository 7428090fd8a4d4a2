#include "membership/holding.h"

#include "base/bitset.h"

#include <stdlib.h>
#include <string.h>

#define PROVIDES_RIGHTS (PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS)

/* key → places in `asked` that have it, of whatever source: no text is made for what is looked up.
 */
static void note(GHashTable *wanted, const char *key, size_t place)
{
    GArray *places = g_hash_table_lookup(wanted, key);

    if (places == NULL) {
        places = g_array_new(FALSE, FALSE, sizeof(size_t));
        g_hash_table_insert(wanted, (gpointer)(uintptr_t)key, places);
    }
    g_array_append_val(places, place);
}

static GHashTable *wanted_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
}

static const char *key_of(const Snapshot *s, TextRef key, TextRef dn, TextRef name)
{
    return snapshot_text(s, key != 0 ? key : dn != 0 ? dn : name);
}

static void find_accounts(const Snapshot *s, const RightAsked *asked, GHashTable *wanted,
                          RightHeld *held)
{
    const Accounts *accounts = &s->accounts;

    for (uint32_t id = 0; id < accounts->n; id++) {
        const char *key = key_of(s, accounts->key[id], accounts->dn[id], accounts->name[id]);
        const GArray *places = g_hash_table_lookup(wanted, key);
        for (guint i = 0; places != NULL && i < places->len; i++) {
            size_t place = g_array_index(places, size_t, i);
            if (strcmp(asked[place].source, s->sources[accounts->source[id]].name) == 0)
                held[place].account = id;
        }
    }
}

/* group → places that mean it. */
static GHashTable *find_groups(const Snapshot *s, const RightAsked *asked, GHashTable *wanted,
                               RightHeld *held)
{
    const Groups *groups = &s->groups;
    GHashTable *found = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);

    for (uint32_t id = 0; id < groups->n; id++) {
        const char *key = key_of(s, groups->key[id], groups->dn[id], groups->name[id]);
        const GArray *places = g_hash_table_lookup(wanted, key);
        for (guint i = 0; places != NULL && i < places->len; i++) {
            size_t place = g_array_index(places, size_t, i);
            if (strcmp(asked[place].group_source, s->sources[groups->source[id]].name) != 0)
                continue;
            GArray *of_group = g_hash_table_lookup(found, GUINT_TO_POINTER(id));
            if (of_group == NULL) {
                of_group = g_array_new(FALSE, FALSE, sizeof(size_t));
                g_hash_table_insert(found, GUINT_TO_POINTER(id), of_group);
            }
            g_array_append_val(of_group, place);
            held[place].group = id;
        }
    }
    return found;
}

static void walk_group(const Snapshot *snapshot, Effective *effective, const GArray *places,
                       RightHeld *held)
{
    uint32_t group = held[g_array_index(places, size_t, 0)].group;
    g_auto(Bitset) members = bitset_new(snapshot->accounts.n);
    size_t n = 0;
    const uint32_t *accounts = effective_members(effective, group, &n);

    for (size_t i = 0; i < n; i++)
        bitset_add(&members, accounts[i]);
    for (guint i = 0; i < places->len; i++) {
        RightHeld *right = &held[g_array_index(places, size_t, i)];
        right->is_held = right->account != NONE && bitset_has(&members, right->account);
        if (right->is_held)
            right->path = effective_path_hash(effective, right->account);
    }
}

/* *ret_groups: group → places; owned by the caller. */
static RightHeld *find_rights(const Snapshot *snapshot, const RightAsked *asked, size_t n_asked,
                              GHashTable **ret_groups)
{
    RightHeld *held = g_new(RightHeld, n_asked + 1);
    g_autoptr(GHashTable) accounts = wanted_new(), groups = wanted_new();

    for (size_t i = 0; i < n_asked; i++) {
        held[i] = (RightHeld){.account = NONE, .group = NONE};
        note(accounts, asked[i].account_key, i);
        note(groups, asked[i].group_key, i);
    }
    if (n_asked > 0)
        find_accounts(snapshot, asked, accounts, held);
    *ret_groups = find_groups(snapshot, asked, groups, held);
    return held;
}

RightHeld *rights_find(const Snapshot *snapshot, const RightAsked *asked, size_t n_asked)
{
    g_autoptr(GHashTable) groups = NULL;
    return find_rights(snapshot, asked, n_asked, &groups);
}

RightHeld *rights_held(const Snapshot *snapshot, Effective *effective, const RightAsked *asked,
                       size_t n_asked)
{
    g_autoptr(GHashTable) groups = NULL;
    RightHeld *held = find_rights(snapshot, asked, n_asked, &groups);
    GHashTableIter iter;
    gpointer places;

    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, NULL, &places))
        walk_group(snapshot, effective, places, held);
    return held;
}

bool right_is_doubtful(const Snapshot *snapshot, const RightHeld *held)
{
    bool is_missing = held->account == NONE || held->group == NONE;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        if ((source->provides & PROVIDES_RIGHTS) == 0)
            continue;
        if (source->status != SOURCE_COMPLETE || (is_missing && source->counts.rejected > 0))
            return true;
    }
    return false;
}
