#include "correlate/manual.h"

#include "model/lookup.h"

/* As identities have it: the key, of an entry without one its DN, else its name. */
static const char *key_of(const Snapshot *snapshot, uint32_t account)
{
    const Accounts *accounts = &snapshot->accounts;
    TextRef dn = accounts->dn[account], name = accounts->name[account];
    TextRef key = accounts->key[account];
    return snapshot_text(snapshot, key != 0 ? key : dn != 0 ? dn : name);
}

/* Accounts of one source that have a manual link. */
static void find_accounts(Links *links, uint32_t source)
{
    const Snapshot *snapshot = links->snapshot;
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal); /* → place plus one */
    for (size_t i = 0; i < links->n_manual; i++) {
        if (g_str_equal(links->manual[i].source, snapshot->sources[source].name))
            g_hash_table_insert(wanted, (gpointer)(uintptr_t)links->manual[i].account_key,
                                GSIZE_TO_POINTER(i + 1));
    }
    if (g_hash_table_size(wanted) == 0)
        return;
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        if (snapshot->accounts.source[account] != source)
            continue;
        gpointer place = g_hash_table_lookup(wanted, key_of(snapshot, account));
        if (place != NULL)
            links->manual_account[GPOINTER_TO_SIZE(place) - 1] = account;
    }
}

static void link_account(Links *links, size_t place)
{
    const ManualLink *manual = &links->manual[place];
    uint32_t account = links->manual_account[place];
    uint32_t person = snapshot_find_person(links->snapshot, manual->person_id);
    if (account == NONE)
        return;
    if (person != NONE) {
        links->person[account] = person;
        links->person_link[account] = PERSON_LINK_ONE;
    } else if (!snapshot_is_complete(links->snapshot, PROVIDES_PEOPLE)) {
        links->person_link[account] = PERSON_LINK_UNKNOWN; /* they may be in what is missing */
    } else {
        return; /* nobody of that id: the rules decide */
    }
    links->rule[account] = LINK_RULE_MANUAL;
    g_hash_table_insert(links->manual_of, GUINT_TO_POINTER(account), GSIZE_TO_POINTER(place + 1));
}

void manual_link_accounts(Links *links)
{
    for (size_t i = 0; i < links->n_manual; i++)
        links->manual_account[i] = NONE;
    for (uint32_t source = 0; links->n_manual > 0 && source < links->snapshot->n_sources; source++)
        find_accounts(links, source);
    for (size_t i = 0; i < links->n_manual; i++)
        link_account(links, i);
}
