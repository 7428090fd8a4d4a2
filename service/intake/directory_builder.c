#include "intake/parts.h"

#include "base/tasks.h"
#include "base/visible.h"
#include "intake/door.h"
#include "intake/refused.h"
#include "model/dn.h"

static const Column account_extra_list[] = {
    COLUMN(AccountExtras, line),
    COLUMN(AccountExtras, is_refused),
    COLUMN(AccountExtras, gid),
    COLUMN(AccountExtras, primary_sid),
};
static const Column group_extra_list[] = {
    COLUMN(GroupExtras, line),         COLUMN(GroupExtras, is_refused), COLUMN(GroupExtras, gid),
    COLUMN(GroupExtras, first_member), COLUMN(GroupExtras, n_members),
};
static const Column computer_extra_list[] = {
    COLUMN(ComputerExtras, line),
    COLUMN(ComputerExtras, is_refused),
    COLUMN(ComputerExtras, primary_sid),
};
const ColumnList account_extra_columns = {account_extra_list, G_N_ELEMENTS(account_extra_list)};
const ColumnList group_extra_columns = {group_extra_list, G_N_ELEMENTS(group_extra_list)};
const ColumnList computer_extra_columns = {computer_extra_list, G_N_ELEMENTS(computer_extra_list)};

DirectoryBuilder *directory_builder_new(TextPool *pool)
{
    DirectoryBuilder *builder = g_new0(DirectoryBuilder, 1);
    dn_table_init(&builder->dns, pool);
    builder->foreign = g_array_new(FALSE, FALSE, sizeof(ForeignEntry));
    builder->member_names = g_array_new(FALSE, FALSE, sizeof(TextEdge));
    builder->member_sids = g_array_new(FALSE, FALSE, sizeof(TextEdge));
    builder->row_edges = g_array_new(FALSE, FALSE, sizeof(RowEdge));
    builder->former_sids = g_array_new(FALSE, FALSE, sizeof(FormerSid));
    builder->table_groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return builder;
}

void directory_builder_free(DirectoryBuilder *builder)
{
    if (builder == NULL)
        return;
    dn_table_clear(&builder->dns);
    columns_free(&builder->accounts, account_columns);
    columns_free(&builder->account_extras, account_extra_columns);
    columns_free(&builder->groups, group_columns);
    columns_free(&builder->group_extras, group_extra_columns);
    columns_free(&builder->computers, computer_columns);
    columns_free(&builder->computer_extras, computer_extra_columns);
    g_free(builder->member_ids);
    g_array_unref(builder->foreign);
    g_array_unref(builder->member_names);
    g_array_unref(builder->member_sids);
    g_array_unref(builder->row_edges);
    g_array_unref(builder->former_sids);
    g_hash_table_unref(builder->table_groups);
    g_free(builder);
}

/* ---- rows ---- */

static uint32_t line_of(const Place *place)
{
    return (uint32_t)MIN(place->line, (uint64_t)UINT32_MAX);
}

uint32_t directory_builder_add_account(DirectoryBuilder *builder, uint8_t source, uint32_t line)
{
    uint32_t row = builder->accounts.n++;
    columns_reserve(&builder->accounts, account_columns, &builder->accounts_capacity, row + 1);
    columns_reserve(&builder->account_extras, account_extra_columns,
                    &builder->account_extras_capacity, row + 1);
    builder->accounts.source[row] = source;
    builder->account_extras.line[row] = line;
    builder->account_extras.gid[row] = NO_GID;
    return row;
}

static uint32_t add_group(DirectoryBuilder *builder, uint8_t source, uint32_t line)
{
    uint32_t row = builder->groups.n++;
    columns_reserve(&builder->groups, group_columns, &builder->groups_capacity, row + 1);
    columns_reserve(&builder->group_extras, group_extra_columns, &builder->group_extras_capacity,
                    row + 1);
    builder->groups.source[row] = source;
    builder->group_extras.line[row] = line;
    builder->group_extras.gid[row] = NO_GID;
    builder->group_extras.first_member[row] = builder->n_member_ids;
    return row;
}

static uint32_t add_computer(DirectoryBuilder *builder, uint8_t source, uint32_t line)
{
    uint32_t row = builder->computers.n++;
    columns_reserve(&builder->computers, computer_columns, &builder->computers_capacity, row + 1);
    columns_reserve(&builder->computer_extras, computer_extra_columns,
                    &builder->computer_extras_capacity, row + 1);
    builder->computers.source[row] = source;
    builder->computer_extras.line[row] = line;
    return row;
}

static uint32_t gid_of(int64_t gid)
{
    return gid >= 0 && gid < NO_GID ? (uint32_t)gid : NO_GID;
}

/* The text of a DN in the spelling that was just interned as id. */
static TextRef dn_text(Sink *sink, uint32_t id, Text dn)
{
    if (id == NONE)
        return 0;
    const DnTable *dns = &sink->directory->dns;
    const char *first = text_pool_get(sink->text, dns->text[id]);
    Text clean = door_clean(dn, sink->scratch);
    return strlen(first) == clean.length && memcmp(first, clean.data, clean.length) == 0
               ? dns->text[id]
               : text_pool_add(sink->text, clean);
}

/* An owner is a DN, mostly one that others have too, or any text. */
static TextRef reference_text(Sink *sink, Text text, uint32_t *ret_id)
{
    *ret_id = NONE;
    if (text.length == 0)
        return 0;
    if (!dn_is_plain(text))
        return sink_text(sink, text);
    *ret_id = dn_table_intern(&sink->directory->dns, text);
    return dn_text(sink, *ret_id, text);
}

/* owner_entry is the id of a DN plus one, until edges.c knows what stands there. */
static void fill_owner(Sink *sink, Text owner, TextRef *texts, uint32_t *entries, uint32_t row)
{
    uint32_t id;
    column_set(texts, row, reference_text(sink, owner, &id));
    column_set(entries, row, id + 1); /* NONE becomes 0 */
}

static TextRef key_text(Sink *sink, const DirectoryEntry *entry, TextRef dn)
{
    if (entry->key.length > 0)
        return sink_text(sink, entry->key);
    g_autoptr(GString) normalised = g_string_new(NULL);
    const char *spelling = text_pool_get(sink->text, dn);
    dn_normalise(text_of(spelling), normalised);
    if (strcmp(normalised->str, spelling) == 0)
        return dn;
    return sink_text(sink, (Text){.data = normalised->str, .length = normalised->len});
}

static void add_former_sids(Sink *sink, const DirectoryEntry *entry, uint32_t account)
{
    for (size_t i = 0; i < entry->n_sid_history; i++) {
        FormerSid former = {.account = account, .sid = sink_shared(sink, entry->sid_history[i])};
        g_array_append_val(sink->directory->former_sids, former);
    }
}

/* A lock whose time is over is none, though the attribute stays until the next logon. */
static State locked_at(const DirectoryEntry *entry, int64_t as_of_utc)
{
    bool is_over = entry->locked_until_utc != TIME_NEVER && entry->locked_until_utc <= as_of_utc;

    return entry->locked == STATE_YES && is_over ? STATE_NO : entry->locked;
}

static uint32_t fill_account(Sink *sink, const DirectoryEntry *entry, const Place *place,
                             TextRef dn)
{
    DirectoryBuilder *builder = sink->directory;
    uint32_t row = directory_builder_add_account(builder, sink->options.index, line_of(place));
    Accounts *accounts = &builder->accounts;
    accounts->dn[row] = dn;
    accounts->key[row] = key_text(sink, entry, dn);
    column_set(accounts->name, row, sink_text(sink, entry->name));
    column_set(accounts->upn, row, sink_text(sink, entry->upn));
    column_set(accounts->mail, row, sink_text(sink, entry->mail));
    column_set(accounts->display_name, row, sink_text(sink, entry->display_name));
    column_set(accounts->employee_id, row, sink_text(sink, entry->employee_id));
    column_set(accounts->department, row, sink_shared(sink, entry->department));
    column_set(accounts->title, row, sink_shared(sink, entry->title));
    column_set(accounts->description, row, sink_text(sink, entry->description));
    column_set(accounts->sid, row, sink_text(sink, entry->sid));
    fill_owner(sink, entry->owner, accounts->owner_text, accounts->owner_entry, row);
    uint32_t manager;
    column_set(accounts->manager_text, row, reference_text(sink, entry->manager, &manager));
    accounts->enabled[row] = (uint8_t)entry->enabled;
    accounts->enabled_by[row] = (uint8_t)entry->enabled_by;
    accounts->locked[row] = (uint8_t)locked_at(entry, sink->options.as_of_utc);
    accounts->flags[row] = entry->flags;
    accounts->expires_utc[row] = entry->expires_utc;
    accounts->created_utc[row] = entry->created_utc;
    accounts->last_logon_utc[row] = entry->last_logon_utc;
    accounts->password_changed_utc[row] = entry->password_changed_utc;
    column_set(accounts->last_logon_slack, row, entry->last_logon_slack_seconds);
    column_set(accounts->interactive_utc, row, (uint32_t)MIN(entry->interactive_utc, UINT32_MAX));
    builder->account_extras.gid[row] = gid_of(entry->gid_number);
    column_set(builder->account_extras.primary_sid, row,
               sink_shared(sink, entry->primary_group_sid));
    add_former_sids(sink, entry, row);
    return row;
}

static uint32_t fill_computer(Sink *sink, const DirectoryEntry *entry, const Place *place,
                              TextRef dn)
{
    DirectoryBuilder *builder = sink->directory;
    uint32_t row = add_computer(builder, sink->options.index, line_of(place));
    Computers *computers = &builder->computers;
    computers->dn[row] = dn;
    computers->key[row] = key_text(sink, entry, dn);
    column_set(computers->name, row, sink_text(sink, entry->name));
    column_set(computers->hostname, row, sink_text(sink, entry->hostname));
    column_set(computers->serial, row, sink_text(sink, entry->serial));
    column_set(computers->sid, row, sink_text(sink, entry->sid));
    computers->enabled[row] = (uint8_t)entry->enabled;
    computers->enabled_by[row] = (uint8_t)entry->enabled_by;
    computers->flags[row] = entry->flags;
    computers->expires_utc[row] = entry->expires_utc;
    computers->created_utc[row] = entry->created_utc;
    computers->last_logon_utc[row] = entry->last_logon_utc;
    column_set(computers->last_logon_slack, row, entry->last_logon_slack_seconds);
    column_set(builder->computer_extras.primary_sid, row,
               sink_shared(sink, entry->primary_group_sid));
    return row;
}

static void add_text_edges(Sink *sink, GArray *edges, uint32_t group, const Text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        TextEdge edge = {.group = group, .text = sink_shared(sink, texts[i])};
        if (edge.text != 0)
            g_array_append_val(edges, edge);
    }
}

static void add_members(DirectoryBuilder *builder, uint32_t group, const Text *members, size_t n)
{
    if (builder->n_member_ids + n > builder->member_ids_capacity) {
        builder->member_ids_capacity =
            MAX(builder->n_member_ids + n, MAX(4096, builder->member_ids_capacity * 2));
        builder->member_ids = g_renew(uint32_t, builder->member_ids, builder->member_ids_capacity);
    }
    dn_table_intern_all(&builder->dns, members, n, builder->member_ids + builder->n_member_ids);
    builder->n_member_ids += n;
    builder->group_extras.n_members[group] = (uint32_t)n;
}

static uint32_t fill_group(Sink *sink, const DirectoryEntry *entry, const Place *place, TextRef dn)
{
    DirectoryBuilder *builder = sink->directory;
    uint32_t row = add_group(builder, sink->options.index, line_of(place));
    Groups *groups = &builder->groups;
    groups->dn[row] = dn;
    groups->key[row] = key_text(sink, entry, dn);
    column_set(groups->name, row, sink_text(sink, entry->name));
    column_set(groups->cn, row, sink_text(sink, entry->cn));
    column_set(groups->sid, row, sink_text(sink, entry->sid));
    fill_owner(sink, entry->owner, groups->owner_text, groups->owner_entry, row);
    column_set(groups->description, row, sink_text(sink, entry->description));
    groups->flags[row] = entry->flags;
    builder->group_extras.gid[row] = gid_of(entry->gid_number);
    add_members(builder, row, entry->members, entry->n_members);
    add_text_edges(sink, builder->member_names, row, entry->member_names, entry->n_member_names);
    add_text_edges(sink, builder->member_sids, row, entry->member_sids, entry->n_member_sids);
    builder->n_memberships +=
        (int64_t)(entry->n_members + entry->n_member_names + entry->n_member_sids);
    return row;
}

static Principal fill_entry(Sink *sink, const DirectoryEntry *entry, const Place *place,
                            uint32_t id, TextRef dn)
{
    switch (entry->kind) {
    case ENTRY_ACCOUNT:
        return principal_of(PRINCIPAL_ACCOUNT, fill_account(sink, entry, place, dn));
    case ENTRY_GROUP:
        return principal_of(PRINCIPAL_GROUP, fill_group(sink, entry, place, dn));
    case ENTRY_COMPUTER:
        return principal_of(PRINCIPAL_COMPUTER, fill_computer(sink, entry, place, dn));
    case ENTRY_FOREIGN:
        break;
    }
    ForeignEntry foreign = {.dn = id, .sid = sink_shared(sink, entry->sid)};
    g_array_append_val(sink->directory->foreign, foreign);
    return principal_of(PRINCIPAL_FOREIGN, sink->directory->foreign->len - 1);
}

void directory_builder_add(Sink *sink, const DirectoryEntry *entry, const Place *place)
{
    DirectoryBuilder *builder = sink->directory;
    uint32_t id = dn_table_intern(&builder->dns, entry->dn);
    if (id == NONE) {
        sink_refuse(sink, place, NULL, "an entry without a DN");
        return;
    }
    Principal first = builder->dns.entry[id];
    if (first != NONE && !refused_is_replaced(sink, first, entry, place)) {
        refused_same_dn(sink, first, place);
        return;
    }
    TextRef dn = dn_text(sink, id, entry->dn);
    Principal principal = fill_entry(sink, entry, place, id, dn);
    builder->dns.entry[id] = principal;
    builder->shows_operational =
        builder->shows_operational || (entry->flags & ENTRY_SHOWS_OPERATIONAL) != 0;
    if (entry->changed_utc != TIME_UNKNOWN && entry->changed_utc != TIME_NEVER)
        sink->newest_utc = MAX(sink->newest_utc, entry->changed_utc);
    sink->record.counts.kept++;
}

/* ---- the end ---- */

void directory_builder_finish(Sink *sink)
{
    /* Hardly anything is ever refused here, so what will be measured is measured meanwhile. */
    const Task tasks[] = {{refused_same_keys, sink}, {sink_find_watched, sink}};
    if (sink->table == NULL) /* the table refuses rows of one id by itself */
        tasks_run(tasks, G_N_ELEMENTS(tasks));
    if (sink->directory->n_refused > 0) {
        refused_drop(sink->directory);
        g_clear_pointer(&sink->watched, g_ptr_array_unref);
    }
    sink_exclude_more(sink, "replaced", sink->directory->n_replaced);
}

/* ---- account lists ---- */

uint32_t directory_builder_table_group(Sink *sink, Text name)
{
    DirectoryBuilder *builder = sink->directory;
    g_autofree char *key = g_strndup(name.data, name.length);
    uint32_t row = GPOINTER_TO_UINT(g_hash_table_lookup(builder->table_groups, key));
    if (row > 0)
        return row - 1;
    row = add_group(builder, sink->options.index, 0);
    builder->groups.name[row] = sink_text(sink, name);
    builder->groups.key[row] = builder->groups.name[row];
    g_hash_table_insert(builder->table_groups, g_steal_pointer(&key), GUINT_TO_POINTER(row + 1));
    return row;
}
