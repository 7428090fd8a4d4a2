#include "run/reviews/holders.h"

#include "model/lookup.h"

static void add_id(GPtrArray *ids, const char *id)
{
    if (*id != '\0' && !g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
        g_ptr_array_add(ids, (char *)(uintptr_t)id);
}

static void add_row(const Snapshot *snapshot, uint32_t row, GPtrArray *ids)
{
    const People *people = &snapshot->people;

    add_id(ids, snapshot_text(snapshot, people->id[row]));
    for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++) {
        const char *id = snapshot_text(snapshot, people->previous_ids[i]);
        uint32_t earlier = snapshot_find_person(snapshot, id);

        add_id(ids, id);
        /* A chain: the earlier row may list ids of its own. Intake lets no loop through. */
        if (earlier != NONE && earlier != row && people_successor(people, earlier) == row)
            add_row(snapshot, earlier, ids);
    }
}

static void add_person(const Snapshot *snapshot, uint32_t person, GPtrArray *ids)
{
    if (person == NONE)
        return;
    add_id(ids, snapshot_text(snapshot, snapshot->people.id[person]));
    add_row(snapshot, snapshot_person_now(snapshot, person), ids);
}

static bool is_of_people(const Reconciliation *r, uint32_t account)
{
    uint8_t account_class = r->classes[account];

    return account_class == CLASS_PERSON || account_class == CLASS_ADMIN ||
           account_class == CLASS_GUEST;
}

const char **review_holders(const Reconciliation *r, uint32_t account)
{
    const Links *links = r->links;
    const GArray *several = g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(account));
    g_autoptr(GPtrArray) ids = g_ptr_array_new();

    add_person(r->snapshot, links->person[account], ids);
    for (guint i = 0; several != NULL && i < several->len; i++)
        add_person(r->snapshot, g_array_index(several, uint32_t, i), ids);
    if (links->person[account] == NONE && is_of_people(r, account))
        add_person(r->snapshot, owner_person(&links->account_owner[account]), ids);
    g_ptr_array_add(ids, NULL);
    return (const char **)(gpointer)g_ptr_array_steal(ids, NULL);
}
