#include "ldap/held.h"

enum { BY_DN, BY_NAME, BY_SID, N_LISTS };

typedef struct HeldGroup {
    DirectoryEntry entry;
    GArray *lists[N_LISTS]; /* (element-type Text) */
    GHashTable *known;      /* members of all lists */
} HeldGroup;

struct HeldGroups {
    GStringChunk *texts;
    GPtrArray *groups; /* (element-type HeldGroup) */
    GHashTable *by_dn; /* as the server spells it → HeldGroup */
};

static void free_group(gpointer data)
{
    HeldGroup *group = data;

    for (size_t i = 0; i < N_LISTS; i++)
        g_array_unref(group->lists[i]);
    g_hash_table_unref(group->known);
    g_free((Text *)(uintptr_t)group->entry.sid_history);
    g_free(group);
}

HeldGroups *held_groups_new(void)
{
    HeldGroups *held = g_new0(HeldGroups, 1);

    held->texts = g_string_chunk_new(4096);
    held->groups = g_ptr_array_new_with_free_func(free_group);
    held->by_dn = g_hash_table_new(g_str_hash, g_str_equal);
    return held;
}

void held_groups_free(HeldGroups *held)
{
    if (held == NULL)
        return;
    g_hash_table_unref(held->by_dn);
    g_ptr_array_unref(held->groups);
    g_string_chunk_free(held->texts);
    g_free(held);
}

/* ---- copies ---- */

static Text keep(HeldGroups *held, Text text)
{
    return (Text){.data = g_string_chunk_insert_len(held->texts, text.length > 0 ? text.data : "",
                                                    (gssize)text.length),
                  .length = text.length};
}

static void keep_texts(HeldGroups *held, DirectoryEntry *entry)
{
    Text *const texts[] = {&entry->dn,
                           &entry->key,
                           &entry->name,
                           &entry->cn,
                           &entry->upn,
                           &entry->mail,
                           &entry->display_name,
                           &entry->employee_id,
                           &entry->department,
                           &entry->title,
                           &entry->description,
                           &entry->manager,
                           &entry->owner,
                           &entry->hostname,
                           &entry->serial,
                           &entry->sid,
                           &entry->primary_group_sid};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = keep(held, *texts[i]);
}

static HeldGroup *new_group(HeldGroups *held, const DirectoryEntry *entry)
{
    HeldGroup *group = g_new0(HeldGroup, 1);
    Text *history = g_new0(Text, entry->n_sid_history + 1);

    group->entry = *entry;
    keep_texts(held, &group->entry);
    for (size_t i = 0; i < entry->n_sid_history; i++)
        history[i] = keep(held, entry->sid_history[i]);
    group->entry.sid_history = history;
    for (size_t i = 0; i < N_LISTS; i++)
        group->lists[i] = g_array_new(FALSE, FALSE, sizeof(Text));
    group->known = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_add(held->groups, group);
    g_hash_table_insert(held->by_dn, (gpointer)(uintptr_t)group->entry.dn.data, group);
    return group;
}

static void add_members(HeldGroups *held, HeldGroup *group, int list, const Text *members,
                        size_t n_members)
{
    for (size_t i = 0; i < n_members; i++) {
        Text member = keep(held, members[i]);
        bool is_string = strlen(member.data) == member.length;
        if (!is_string || g_hash_table_add(group->known, (gpointer)(uintptr_t)member.data))
            g_array_append_val(group->lists[list], member);
    }
}

void held_groups_add(HeldGroups *held, const DirectoryEntry *entry)
{
    g_autofree char *dn = g_strndup(entry->dn.data, entry->dn.length);
    HeldGroup *group = g_hash_table_lookup(held->by_dn, dn);

    if (group == NULL)
        group = new_group(held, entry);
    add_members(held, group, BY_DN, entry->members, entry->n_members);
    add_members(held, group, BY_NAME, entry->member_names, entry->n_member_names);
    add_members(held, group, BY_SID, entry->member_sids, entry->n_member_sids);
}

void held_groups_give(HeldGroups *held, void (*visit)(gpointer data, const DirectoryEntry *group),
                      gpointer data)
{
    for (guint i = 0; i < held->groups->len; i++) {
        HeldGroup *group = g_ptr_array_index(held->groups, i);
        DirectoryEntry *entry = &group->entry;

        entry->members = (const Text *)(const void *)group->lists[BY_DN]->data;
        entry->n_members = group->lists[BY_DN]->len;
        entry->member_names = (const Text *)(const void *)group->lists[BY_NAME]->data;
        entry->n_member_names = group->lists[BY_NAME]->len;
        entry->member_sids = (const Text *)(const void *)group->lists[BY_SID]->data;
        entry->n_member_sids = group->lists[BY_SID]->len;
        visit(data, entry);
    }
}
