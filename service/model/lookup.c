#include "model/lookup.h"

#include "base/hash.h"
#include "base/text_multimap.h"
#include "model/dn.h"

#define BATCH 32
#define LONGEST_SUCCESSION 64

/* ---- by DN ---- */

/* Five bytes a slot: the row of one kind, and a tag of its DN's hash. The DN itself is compared
 * where it stands. Each kind has an index of its own, since groups are named by DN far oftener than
 * accounts, of which there are more. */
struct DnIndex {
    gsize is_built; /* g_once_init_enter() */
    uint32_t *rows; /* NONE = free */
    uint8_t *tags;
    size_t n_slots; /* any number: a power of two would be a third empty on average */
};

#define N_DN_KINDS PRINCIPAL_FOREIGN /* accounts, groups, computers */
G_STATIC_ASSERT(PRINCIPAL_ACCOUNT == 0 && PRINCIPAL_GROUP < N_DN_KINDS &&
                PRINCIPAL_COMPUTER < N_DN_KINDS);

/* The columns of one kind of entries. */
typedef struct DnColumns {
    uint32_t n;
    const TextRef *dns;
    const uint8_t *sources;
} DnColumns;

static DnColumns dn_columns(const Snapshot *s, PrincipalKind kind)
{
    switch (kind) {
    case PRINCIPAL_ACCOUNT:
        return (DnColumns){s->accounts.n, s->accounts.dn, s->accounts.source};
    case PRINCIPAL_GROUP:
        return (DnColumns){s->groups.n, s->groups.dn, s->groups.source};
    case PRINCIPAL_COMPUTER:
        return (DnColumns){s->computers.n, s->computers.dn, s->computers.source};
    case PRINCIPAL_FOREIGN:
        break;
    }
    return (DnColumns){0, NULL, NULL};
}

static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)hash;
}

/* Where a hash belongs: its share of the slots. */
static size_t slot_of(const struct DnIndex *index, uint64_t hash)
{
    return (size_t)((hash >> 32) * index->n_slots >> 32);
}

static size_t slot_after(const struct DnIndex *index, size_t at)
{
    return at + 1 < index->n_slots ? at + 1 : 0;
}

static void insert_dns(const Snapshot *snapshot, struct DnIndex *index, DnColumns columns)
{
    uint64_t hashes[BATCH];
    for (uint32_t begin = 0; begin < columns.n; begin += BATCH) {
        uint32_t count = MIN(columns.n - begin, BATCH);
        for (uint32_t i = 0; i < count; i++) {
            hashes[i] = dn_hash(text_of(snapshot_text(snapshot, columns.dns[begin + i])));
            __builtin_prefetch(&index->rows[slot_of(index, hashes[i])], 1);
            __builtin_prefetch(&index->tags[slot_of(index, hashes[i])], 1);
        }
        for (uint32_t i = 0; i < count; i++) {
            if (columns.dns[begin + i] == 0)
                continue;
            size_t at = slot_of(index, hashes[i]);
            while (index->rows[at] != NONE)
                at = slot_after(index, at);
            index->rows[at] = begin + i;
            index->tags[at] = tag_of(hashes[i]);
        }
    }
}

static const struct DnIndex *built_dn_index(const Snapshot *snapshot, PrincipalKind kind)
{
    struct DnIndex *index = &snapshot->dn_index[kind];
    if (g_once_init_enter(&index->is_built)) {
        DnColumns columns = dn_columns(snapshot, kind);
        index->n_slots = (size_t)columns.n + columns.n / 4 + 16;
        index->rows = g_new(uint32_t, index->n_slots);
        memset(index->rows, 0xff, index->n_slots * sizeof *index->rows);
        index->tags = g_new0(uint8_t, index->n_slots);
        insert_dns(snapshot, index, columns);
        g_once_init_leave(&index->is_built, 1);
    }
    return index;
}

/* Rows of one kind with this DN, one a call, in their order; *at begins as the slot of the hash. */
static uint32_t next_with_dn(const Snapshot *snapshot, const struct DnIndex *index,
                             const TextRef *dns, Text dn, uint64_t hash, size_t *at)
{
    for (size_t slot = *at; index->rows[slot] != NONE; slot = slot_after(index, slot)) {
        uint32_t row = index->rows[slot];
        if (index->tags[slot] == tag_of(hash) &&
            dn_equals(text_of(snapshot_text(snapshot, dns[row])), dn)) {
            *at = slot_after(index, slot);
            return row;
        }
    }
    return NONE;
}

Principal snapshot_find_dn(const Snapshot *snapshot, uint8_t source, const char *dn)
{
    Text text = text_trimmed(text_of(dn));
    if (text.length == 0)
        return NONE;
    uint64_t hash = dn_hash(text);
    for (PrincipalKind kind = 0; kind < N_DN_KINDS; kind++) {
        const struct DnIndex *index = built_dn_index(snapshot, kind);
        DnColumns columns = dn_columns(snapshot, kind);
        size_t at = slot_of(index, hash);
        uint32_t row;
        while ((row = next_with_dn(snapshot, index, columns.dns, text, hash, &at)) != NONE)
            if (source == UINT8_MAX || columns.sources[row] == source)
                return principal_of(kind, row);
    }
    return NONE;
}

/* Appends the ids of all entries of one kind with this DN, of whatever source. */
static void append_with_dn(const Snapshot *snapshot, PrincipalKind kind, Text dn, GArray *found)
{
    if (memchr(dn.data, '=', dn.length) == NULL)
        return;
    const struct DnIndex *index = built_dn_index(snapshot, kind);
    const TextRef *dns = dn_columns(snapshot, kind).dns;
    uint64_t hash = dn_hash(dn);
    size_t at = slot_of(index, hash);
    uint32_t row;
    while ((row = next_with_dn(snapshot, index, dns, dn, hash, &at)) != NONE)
        g_array_append_val(found, row);
}

/* ---- by name, SID, id ---- */

/* A text is looked for among texts of its own shape only, so that an index over all keys (a million
 * UUIDs that nobody may ever ask for) is built only when somebody does. */
typedef enum Shape {
    SHAPE_NAME,
    SHAPE_ADDRESS, /* has an @ */
    SHAPE_UUID,
    SHAPE_DN, /* has a = */
    N_SHAPES
} Shape;

struct NameIndex {
    gsize sids_built, groups_built, people_built, accounts_built[N_SHAPES];
    TextIndex *sids; /* → Principal */
    TextMultimap *groups, *people, *accounts[N_SHAPES];
};

static Shape shape_of(Text text)
{
    if (memchr(text.data, '=', text.length) != NULL)
        return SHAPE_DN;
    if (memchr(text.data, '@', text.length) != NULL)
        return SHAPE_ADDRESS;
    if (text.length == 36 && text.data[8] == '-' && text.data[13] == '-' && text.data[18] == '-' &&
        text.data[23] == '-')
        return SHAPE_UUID;
    return SHAPE_NAME;
}

static void add_sids(const Snapshot *snapshot, TextIndex *index, PrincipalKind kind, uint32_t n,
                     const TextRef *sids)
{
    for (uint32_t i = 0; i < n; i++)
        if (sids[i] != 0)
            text_index_add(index, sids[i], principal_of(kind, i));
}

static const TextIndex *built_sids(const Snapshot *snapshot)
{
    struct NameIndex *names = snapshot->name_index;
    if (g_once_init_enter(&names->sids_built)) {
        names->sids = text_index_new(snapshot->text, 0);
        add_sids(snapshot, names->sids, PRINCIPAL_ACCOUNT, snapshot->accounts.n,
                 snapshot->accounts.sid);
        add_sids(snapshot, names->sids, PRINCIPAL_GROUP, snapshot->groups.n, snapshot->groups.sid);
        add_sids(snapshot, names->sids, PRINCIPAL_COMPUTER, snapshot->computers.n,
                 snapshot->computers.sid);
        g_once_init_leave(&names->sids_built, 1);
    }
    return names->sids;
}

/* Keys that are added together, since looking for their places one by one is waiting for memory. */
#define PENDING 256

typedef struct PendingKeys {
    TextMultimap *map;
    size_t n;
    TextRef keys[PENDING];
    uint32_t ids[PENDING];
} PendingKeys;

static void add_pending(PendingKeys *pending)
{
    text_multimap_add_column(pending->map, pending->keys, pending->n, pending->ids);
    pending->n = 0;
}

static void add_later(PendingKeys *pending, TextRef key, uint32_t id)
{
    if (key == 0)
        return;
    if (pending->n == PENDING)
        add_pending(pending);
    pending->keys[pending->n] = key;
    pending->ids[pending->n++] = id;
}

static const TextMultimap *built_groups(const Snapshot *snapshot)
{
    struct NameIndex *names = snapshot->name_index;
    if (g_once_init_enter(&names->groups_built)) {
        const Groups *groups = &snapshot->groups;
        names->groups = text_multimap_new(snapshot->text, groups->n);
        PendingKeys pending = {.map = names->groups};
        for (uint32_t i = 0; i < groups->n; i++) {
            add_later(&pending, groups->name[i], i);
            add_later(&pending, groups->cn[i], i);
            add_later(&pending, groups->sid[i], i);
        }
        add_pending(&pending);
        g_once_init_leave(&names->groups_built, 1);
    }
    return names->groups;
}

const TextMultimap *snapshot_people_by_id(const Snapshot *snapshot)
{
    struct NameIndex *names = snapshot->name_index;
    if (g_once_init_enter(&names->people_built)) {
        const People *people = &snapshot->people;
        names->people = text_multimap_new(snapshot->text, people->n);
        text_multimap_add_column(names->people, people->id, people->n, NULL);
        for (uint32_t i = 0; i < people->n; i++)
            for (uint32_t p = people->first_previous[i]; p < people->first_previous[i + 1]; p++)
                text_multimap_add(names->people, people->previous_ids[p], i);
        g_once_init_leave(&names->people_built, 1);
    }
    return names->people;
}

#define N_NAMES 4

/* What an account is called; a key with = is the DN itself. */
static void names_of(const Accounts *accounts, Shape shape, uint32_t account,
                     TextRef ret_names[N_NAMES])
{
    ret_names[0] = accounts->name[account];
    ret_names[1] = accounts->upn[account];
    ret_names[2] = accounts->mail[account];
    ret_names[3] = shape != SHAPE_DN ? accounts->key[account] : 0;
}

/* Texts of the accounts that are looked at a little later: they stand all over the pool. */
#define ACCOUNTS_AHEAD 8

static void add_accounts(const Snapshot *snapshot, TextMultimap *map, Shape shape)
{
    const Accounts *accounts = &snapshot->accounts;
    PendingKeys pending = {.map = map};
    TextRef names[N_NAMES];
    for (uint32_t i = 0; i < accounts->n; i++) {
        names_of(accounts, shape, MIN(i + ACCOUNTS_AHEAD, accounts->n - 1), names);
        for (size_t k = 0; k < N_NAMES; k++)
            __builtin_prefetch(snapshot_text(snapshot, names[k]));
        names_of(accounts, shape, i, names);
        for (size_t k = 0; k < N_NAMES; k++)
            if (names[k] != 0 && shape_of(text_of(snapshot_text(snapshot, names[k]))) == shape)
                add_later(&pending, names[k], i);
    }
    add_pending(&pending);
}

static const TextMultimap *built_accounts(const Snapshot *snapshot, Shape shape)
{
    struct NameIndex *names = snapshot->name_index;
    if (g_once_init_enter(&names->accounts_built[shape])) {
        names->accounts[shape] =
            text_multimap_new(snapshot->text, shape == SHAPE_DN ? 0 : snapshot->accounts.n);
        add_accounts(snapshot, names->accounts[shape], shape);
        g_once_init_leave(&names->accounts_built[shape], 1);
    }
    return names->accounts[shape];
}

static void append_all(const TextMultimap *map, Text key, GArray *found)
{
    for (uint32_t c = text_multimap_find(map, key); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c)) {
        uint32_t id = text_multimap_id(map, c);
        g_array_append_val(found, id);
    }
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts what was appended from begin on and removes duplicates; returns how many are left of it. */
static size_t tidy(GArray *found, guint begin)
{
    uint32_t *ids = (uint32_t *)(void *)found->data + begin;
    guint n = found->len - begin, kept = 0;
    if (n > 1)
        qsort(ids, n, sizeof *ids, compare_ids);
    for (guint i = 0; i < n; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    g_array_set_size(found, begin + kept);
    return kept;
}

Principal snapshot_find_sid(const Snapshot *snapshot, const char *sid)
{
    return text_index_find(built_sids(snapshot), text_of(sid));
}

size_t snapshot_find_groups(const Snapshot *snapshot, const char *text, GArray *found)
{
    guint begin = found->len;
    Text key = text_trimmed(text_of(text));
    if (key.length == 0)
        return 0;
    append_with_dn(snapshot, PRINCIPAL_GROUP, key, found);
    append_all(built_groups(snapshot), key, found);
    return tidy(found, begin);
}

size_t snapshot_find_accounts(const Snapshot *snapshot, const char *text, GArray *found)
{
    guint begin = found->len;
    Text key = text_trimmed(text_of(text));
    if (key.length == 0)
        return 0;
    append_with_dn(snapshot, PRINCIPAL_ACCOUNT, key, found);
    append_all(built_accounts(snapshot, shape_of(key)), key, found);
    return tidy(found, begin);
}

/* ---- people and assets ---- */

static bool has_exact_id(const Snapshot *snapshot, uint32_t person, const char *id)
{
    const People *people = &snapshot->people;
    if (g_str_equal(snapshot_text(snapshot, people->id[person]), id))
        return true;
    for (uint32_t p = people->first_previous[person]; p < people->first_previous[person + 1]; p++)
        if (g_str_equal(snapshot_text(snapshot, people->previous_ids[p]), id))
            return true;
    return false;
}

uint32_t snapshot_person_now(const Snapshot *snapshot, uint32_t person)
{
    for (int i = 0; i < LONGEST_SUCCESSION && people_successor(&snapshot->people, person) != NONE;
         i++)
        person = people_successor(&snapshot->people, person);
    return person;
}

uint32_t snapshot_find_person(const Snapshot *snapshot, const char *id)
{
    const TextMultimap *map = snapshot_people_by_id(snapshot);
    uint32_t best = NONE;
    for (uint32_t c = text_multimap_find(map, text_of(id)); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c)) {
        uint32_t person = text_multimap_id(map, c);
        if (!has_exact_id(snapshot, person, id))
            continue;
        person = snapshot_person_now(snapshot, person);
        best = best == NONE ? person : MIN(best, person);
    }
    return best;
}

static bool text_is(const Snapshot *snapshot, TextRef ref, Text key)
{
    return ref != 0 && text_equals_folded(text_trimmed(text_of(snapshot_text(snapshot, ref))), key);
}

size_t snapshot_find_people(const Snapshot *snapshot, const char *text, GArray *found)
{
    const People *people = &snapshot->people;
    guint begin = found->len;
    Text key = text_trimmed(text_of(text));
    if (key.length == 0)
        return 0;
    append_all(snapshot_people_by_id(snapshot), key, found);
    for (uint32_t i = 0; i < people->n; i++)
        if (text_is(snapshot, people->email[i], key) ||
            text_is(snapshot, people->username[i], key) || text_is(snapshot, people->name[i], key))
            g_array_append_val(found, i);
    for (guint i = begin; i < found->len; i++) {
        uint32_t *person = &g_array_index(found, uint32_t, i);
        *person = snapshot_person_now(snapshot, *person);
    }
    return tidy(found, begin);
}

uint32_t snapshot_find_asset(const Snapshot *snapshot, const char *id)
{
    const Assets *assets = &snapshot->assets;
    Text key = text_trimmed(text_of(id));
    uint32_t found = NONE;
    for (uint32_t i = 0; i < assets->n; i++) {
        if (g_str_equal(snapshot_text(snapshot, assets->id[i]), id))
            return i;
        if (found == NONE && text_is(snapshot, assets->id[i], key))
            found = i;
    }
    return found;
}

/* ---- life ---- */

void snapshot_build_indexes(Snapshot *snapshot)
{
    snapshot_free_indexes(snapshot);
    snapshot->dn_index = g_new0(struct DnIndex, N_DN_KINDS);
    snapshot->name_index = g_new0(struct NameIndex, 1);
}

void snapshot_renew_indexes(Snapshot *snapshot)
{
    struct NameIndex *names = snapshot->name_index;
    TextMultimap *people = g_steal_pointer(&names->people);
    gsize people_built = names->people_built;

    snapshot_build_indexes(snapshot);
    snapshot->name_index->people = people;
    snapshot->name_index->people_built = people_built;
}

void snapshot_free_indexes(Snapshot *snapshot)
{
    for (PrincipalKind kind = 0; snapshot->dn_index != NULL && kind < N_DN_KINDS; kind++) {
        g_free(snapshot->dn_index[kind].rows);
        g_free(snapshot->dn_index[kind].tags);
    }
    g_clear_pointer(&snapshot->dn_index, g_free);
    if (snapshot->name_index != NULL) {
        text_index_free(snapshot->name_index->sids);
        text_multimap_free(snapshot->name_index->groups);
        text_multimap_free(snapshot->name_index->people);
        for (int i = 0; i < N_SHAPES; i++)
            text_multimap_free(snapshot->name_index->accounts[i]);
        g_clear_pointer(&snapshot->name_index, g_free);
    }
}
