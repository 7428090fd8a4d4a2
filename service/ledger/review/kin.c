#include "ledger/review/kin.h"

typedef struct KnownPerson {
    RosterPerson person;
    char *shown;
} KnownPerson;

struct Kin {
    Store *store;
    GHashTable *people; /* HR id → KnownPerson */
    GHashTable *links;  /* "source\x1fkey" → HR id: manual links */
};

static void known_free(gpointer data)
{
    KnownPerson *known = data;
    roster_person_clear(&known->person);
    g_free(known->shown);
    g_free(known);
}

void kin_free(Kin *kin)
{
    if (!kin)
        return;
    g_hash_table_unref(kin->people);
    g_hash_table_unref(kin->links);
    g_free(kin);
}

static char *account_id(const char *source, const char *key)
{
    return g_strdup_printf("%s\x1f%s", source, key);
}

Kin *kin_new(Store *store, GError **error)
{
    g_autoptr(Kin) kin = g_new0(Kin, 1);
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT source, account_key, person_id FROM manual_link", error);
    StoreStep step = STORE_FAILED;

    kin->store = store;
    kin->people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
    kin->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        g_hash_table_insert(kin->links,
                            account_id(statement_text(rows, 0), statement_text(rows, 1)),
                            g_strdup(statement_text(rows, 2)));
    return step == STORE_DONE ? g_steal_pointer(&kin) : NULL;
}

static const KnownPerson *known_of(Kin *kin, const char *id, GError **error)
{
    KnownPerson *known = g_hash_table_lookup(kin->people, id);

    if (known)
        return known;
    known = g_new0(KnownPerson, 1);
    if (!roster_find_id(kin->store, id, &known->person, error)) {
        known_free(known);
        return NULL;
    }
    known->shown = known->person.id
                       ? g_strdup_printf("%s (%s)", known->person.name, known->person.id)
                       : g_strdup(id);
    g_hash_table_insert(kin->people, g_strdup(id), known);
    return known;
}

const RosterPerson *kin_person(Kin *kin, const char *id, GError **error)
{
    const KnownPerson *known = known_of(kin, id, error);
    return known ? &known->person : NULL;
}

const char *kin_shown(Kin *kin, const char *id)
{
    const KnownPerson *known = known_of(kin, id, NULL);
    return known ? known->shown : id;
}

bool kin_is_same(Kin *kin, const char *id, const char *other, bool *ret_is, GError **error)
{
    *ret_is = false;
    if (*id == '\0' || *other == '\0')
        return true;
    const RosterPerson *one = kin_person(kin, id, error);
    const RosterPerson *two = one ? kin_person(kin, other, error) : NULL;
    *ret_is = two && g_str_equal(one->id ? one->id : id, two->id ? two->id : other);
    return two != NULL;
}

bool kin_is_holder(Kin *kin, const ReviewItemState *item, const char *person, bool *ret_is,
                   GError **error)
{
    g_autofree char *account = account_id(item->source, item->account_key);
    const char *linked = g_hash_table_lookup(kin->links, account);
    size_t i;
    json_t *holder;

    if (!kin_is_same(kin, item->person_id, person, ret_is, error) ||
        (!*ret_is && !kin_is_same(kin, linked ? linked : "", person, ret_is, error)))
        return false;
    json_array_foreach(item->holders, i, holder)
    {
        const char *id = json_string_value(holder);
        if (!*ret_is && !kin_is_same(kin, id ? id : "", person, ret_is, error))
            return false;
    }
    return true;
}
