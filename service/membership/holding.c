#include "membership/holding.h"

#include "base/bitset.h"

#include <stdlib.h>
#include <string.h>

#define PROVIDES_RIGHTS (PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS)

static char *name_of(const char *source, const char *key)
{
    return g_strdup_printf("%s\x1f%s", source, key);
}

/* name → list of places in `asked` that mean it. */
static void note(GHashTable *wanted, const char *source, const char *key, size_t place)
{
    char *name = name_of(source, key);
    GArray *places = g_hash_table_lookup(wanted, name);

    if (places == NULL) {
        places = g_array_new(FALSE, FALSE, sizeof(size_t));
        g_hash_table_insert(wanted, name, places);
    } else {
        g_free(name);
    }
    g_array_append_val(places, place);
}

static GHashTable *wanted_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
}

static const char *key_of(const Snapshot *s, TextRef key, TextRef dn, TextRef name)
{
    return snapshot_text(s, key != 0 ? key : dn != 0 ? dn : name);
}

static const GArray *places_of(const Snapshot *s, GHashTable *wanted, uint8_t source,
                               const char *key)
{
    g_autofree char *name = name_of(s->sources[source].name, key);
    return g_hash_table_lookup(wanted, name);
}

static void find_things(const Snapshot *s, GHashTable *accounts, GHashTable *groups,
                        RightHeld *held)
{
    for (uint32_t id = 0; id < s->accounts.n; id++) {
        const GArray *places =
            places_of(s, accounts, s->accounts.source[id],
                      key_of(s, s->accounts.key[id], s->accounts.dn[id], s->accounts.name[id]));
        for (guint i = 0; places != NULL && i < places->len; i++)
            held[g_array_index(places, size_t, i)].account = id;
    }
    for (uint32_t id = 0; id < s->groups.n; id++) {
        const GArray *places =
            places_of(s, groups, s->groups.source[id],
                      key_of(s, s->groups.key[id], s->groups.dn[id], s->groups.name[id]));
        for (guint i = 0; places != NULL && i < places->len; i++)
            held[g_array_index(places, size_t, i)].group = id;
    }
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

static RightHeld *find_rights(const Snapshot *snapshot, const RightAsked *asked, size_t n_asked,
                              GHashTable *groups)
{
    RightHeld *held = g_new(RightHeld, n_asked + 1);
    g_autoptr(GHashTable) accounts = wanted_new();

    for (size_t i = 0; i < n_asked; i++) {
        held[i] = (RightHeld){.account = NONE, .group = NONE};
        note(accounts, asked[i].source, asked[i].account_key, i);
        note(groups, asked[i].group_source, asked[i].group_key, i);
    }
    if (n_asked > 0)
        find_things(snapshot, accounts, groups, held);
    return held;
}

RightHeld *rights_find(const Snapshot *snapshot, const RightAsked *asked, size_t n_asked)
{
    g_autoptr(GHashTable) groups = wanted_new();
    return find_rights(snapshot, asked, n_asked, groups);
}

RightHeld *rights_held(const Snapshot *snapshot, Effective *effective, const RightAsked *asked,
                       size_t n_asked)
{
    g_autoptr(GHashTable) groups = wanted_new();
    RightHeld *held = find_rights(snapshot, asked, n_asked, groups);
    GHashTableIter iter;
    gpointer places;

    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, NULL, &places)) {
        if (held[g_array_index((GArray *)places, size_t, 0)].group != NONE)
            walk_group(snapshot, effective, places, held);
    }
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
