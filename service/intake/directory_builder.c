#include "intake/parts.h"

#include "base/tasks.h"
#include "base/visible.h"
#include "intake/door.h"
#include "intake/duplicates.h"
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
static const ColumnList account_extra_columns = {account_extra_list,
                                                 G_N_ELEMENTS(account_extra_list)};
static const ColumnList group_extra_columns = {group_extra_list, G_N_ELEMENTS(group_extra_list)};
static const ColumnList computer_extra_columns = {computer_extra_list,
                                                  G_N_ELEMENTS(computer_extra_list)};

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

/* ---- entries that cannot be told apart ---- */

typedef struct RowMark {
    uint8_t *is_refused; /* NULL for foreign entries */
    uint32_t line;
    TextRef dn, key;
} RowMark;

static RowMark mark_of(DirectoryBuilder *builder, Principal entry)
{
    uint32_t row = principal_id(entry);
    switch (principal_kind(entry)) {
    case PRINCIPAL_ACCOUNT:
        return (RowMark){&builder->account_extras.is_refused[row],
                         builder->account_extras.line[row], builder->accounts.dn[row],
                         builder->accounts.key[row]};
    case PRINCIPAL_GROUP:
        return (RowMark){&builder->group_extras.is_refused[row], builder->group_extras.line[row],
                         builder->groups.dn[row], builder->groups.key[row]};
    case PRINCIPAL_COMPUTER:
        return (RowMark){&builder->computer_extras.is_refused[row],
                         builder->computer_extras.line[row], builder->computers.dn[row],
                         builder->computers.key[row]};
    case PRINCIPAL_FOREIGN:
        break;
    }
    return (RowMark){0};
}

static void refuse_row(Sink *sink, Principal entry, const char *file, const char *what)
{
    RowMark mark = mark_of(sink->directory, entry);
    if (mark.is_refused == NULL || *mark.is_refused)
        return;
    *mark.is_refused = 1;
    sink->directory->n_refused++;
    Place place = {
        .file = file, .line = mark.line, .dn = text_of(text_pool_get(sink->text, mark.dn))};
    sink_refuse_kept(sink, &place, NULL, "%s", what);
}

/* The file is the same for all entries of a source; finish() has no place to ask. */
static void refuse_same_dn(Sink *sink, const Place *place, Principal first)
{
    refuse_row(sink, first, place->file, "another entry has the same DN; neither is used");
    sink_refuse(sink, place, NULL, "another entry has the same DN; neither is used");
    if (place->file == NULL) /* a file may say it, a server cannot mean it: its pages overlap */
        sink_fail(sink,
                  "the server gave %.*s twice, so its pages do not fit together (do they come from "
                  "several servers behind one name?); nothing of this pull is used",
                  (int)place->dn.length, place->dn.data);
}

/* Has the first entry of that DN been deleted while we read, and another object been made under
 * its name? OpenLDAP then shows both, each on its page (RFC 2696 promises nothing while entries
 * change). Scripts that write groups anew do it every night. The second is another object by its
 * key, and was made since we began, by a clock that may be as far off as `check` lets pass. */
static bool has_replaced(Sink *sink, Principal first, const DirectoryEntry *entry)
{
    const int64_t clock_seconds = 300;
    RowMark mark = mark_of(sink->directory, first);
    if (mark.is_refused == NULL || *mark.is_refused || entry->key.length == 0)
        return false;
    const char *key = text_pool_get(sink->text, mark.key);
    bool is_same =
        strlen(key) == entry->key.length && memcmp(key, entry->key.data, entry->key.length) == 0;
    return !is_same && entry->created_utc != TIME_UNKNOWN && entry->created_utc != TIME_NEVER &&
           entry->created_utc >= sink->record.started_utc - clock_seconds;
}

static int64_t count_edges(const GArray *edges, uint32_t group)
{
    int64_t n = 0;
    for (guint i = 0; i < edges->len; i++)
        n += g_array_index(edges, TextEdge, i).group == group;
    return n;
}

/* Else tomorrow's count would look as if members had been lost. */
static void forget_members(DirectoryBuilder *builder, uint32_t group)
{
    builder->n_memberships -= builder->group_extras.n_members[group] +
                              count_edges(builder->member_names, group) +
                              count_edges(builder->member_sids, group);
}

/* It is gone: neither kept nor refused. Counted as left out when nobody else counts any more. */
static void drop_replaced(Sink *sink, Principal gone)
{
    *mark_of(sink->directory, gone).is_refused = 1;
    sink->directory->n_refused++;
    sink->directory->n_replaced++;
    sink->record.counts.kept--;
    if (principal_kind(gone) == PRINCIPAL_GROUP)
        forget_members(sink->directory, principal_id(gone));
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
    if (first != NONE && place->file == NULL && has_replaced(sink, first, entry)) {
        drop_replaced(sink, first);
    } else if (first != NONE) {
        refuse_same_dn(sink, place, first);
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

static Principal principal_of_row(const DirectoryBuilder *builder, uint32_t row)
{
    if (row < builder->accounts.n)
        return principal_of(PRINCIPAL_ACCOUNT, row);
    row -= builder->accounts.n;
    if (row < builder->groups.n)
        return principal_of(PRINCIPAL_GROUP, row);
    return principal_of(PRINCIPAL_COMPUTER, row - builder->groups.n);
}

static void on_same_key(uint32_t first, uint32_t row, void *data)
{
    Sink *sink = data;
    static const char what[] =
        "another entry has the same key (objectGUID, entryUUID); neither is used";
    refuse_row(sink, principal_of_row(sink->directory, first), NULL, what);
    refuse_row(sink, principal_of_row(sink->directory, row), NULL, what);
}

static void refuse_same_keys(void *data)
{
    Sink *sink = data;
    const DirectoryBuilder *builder = sink->directory;
    uint32_t n_accounts = builder->accounts.n, n_groups = builder->groups.n,
             n_computers = builder->computers.n;
    g_autofree TextRef *keys = g_new(TextRef, (size_t)n_accounts + n_groups + n_computers + 1);
    if (n_accounts > 0)
        memcpy(keys, builder->accounts.key, n_accounts * sizeof *keys);
    if (n_groups > 0)
        memcpy(keys + n_accounts, builder->groups.key, n_groups * sizeof *keys);
    if (n_computers > 0)
        memcpy(keys + n_accounts + n_groups, builder->computers.key, n_computers * sizeof *keys);
    duplicates_find(sink->text, keys, n_accounts + n_groups + n_computers, on_same_key, sink);
}

/* New row numbers when the refused rows are gone; NONE for these. */
static uint32_t *renumber(const uint8_t *is_refused, uint32_t n)
{
    uint32_t *numbers = g_new(uint32_t, (size_t)n + 1);
    uint32_t next = 0;
    for (uint32_t row = 0; row < n; row++)
        numbers[row] = is_refused[row] ? NONE : next++;
    return numbers;
}

static void renumber_entries(DnTable *dns, uint32_t *const numbers[3])
{
    for (uint32_t id = 0; id < dns->n; id++) {
        Principal entry = dns->entry[id];
        if (entry == NONE || principal_kind(entry) == PRINCIPAL_FOREIGN)
            continue;
        uint32_t row = numbers[principal_kind(entry)][principal_id(entry)];
        dns->entry[id] = row != NONE ? principal_of(principal_kind(entry), row) : NONE;
    }
}

static void renumber_groups(GArray *edges, const uint32_t *numbers)
{
    guint n_kept = 0;
    for (guint i = 0; i < edges->len; i++) {
        TextEdge edge = g_array_index(edges, TextEdge, i);
        edge.group = numbers[edge.group];
        if (edge.group != NONE)
            g_array_index(edges, TextEdge, n_kept++) = edge;
    }
    g_array_set_size(edges, n_kept);
}

static void renumber_accounts(GArray *edges, const uint32_t *numbers)
{
    guint n_kept = 0;
    for (guint i = 0; i < edges->len; i++) {
        RowEdge edge = g_array_index(edges, RowEdge, i);
        edge.account = numbers[edge.account];
        if (edge.account != NONE)
            g_array_index(edges, RowEdge, n_kept++) = edge;
    }
    g_array_set_size(edges, n_kept);
}

static void renumber_former_sids(GArray *former_sids, const uint32_t *numbers)
{
    guint n_kept = 0;
    for (guint i = 0; i < former_sids->len; i++) {
        FormerSid former = g_array_index(former_sids, FormerSid, i);
        former.account = numbers[former.account];
        if (former.account != NONE)
            g_array_index(former_sids, FormerSid, n_kept++) = former;
    }
    g_array_set_size(former_sids, n_kept);
}

static void drop_refused(DirectoryBuilder *builder)
{
    g_autofree uint32_t *accounts =
        renumber(builder->account_extras.is_refused, builder->accounts.n);
    g_autofree uint32_t *groups = renumber(builder->group_extras.is_refused, builder->groups.n);
    g_autofree uint32_t *computers =
        renumber(builder->computer_extras.is_refused, builder->computers.n);
    renumber_entries(&builder->dns, (uint32_t *const[3]){accounts, groups, computers});
    renumber_groups(builder->member_names, groups);
    renumber_groups(builder->member_sids, groups);
    renumber_accounts(builder->row_edges, accounts);
    renumber_former_sids(builder->former_sids, accounts);

    /* The marks are a column themselves, so a copy decides. */
    uint32_t n = builder->accounts.n;
    g_autofree uint8_t *marks = g_memdup2(builder->account_extras.is_refused, n);
    builder->accounts.n = columns_thin(&builder->accounts, n, account_columns, marks);
    columns_thin(&builder->account_extras, n, account_extra_columns, marks);

    n = builder->groups.n;
    g_autofree uint8_t *group_marks = g_memdup2(builder->group_extras.is_refused, n);
    builder->groups.n = columns_thin(&builder->groups, n, group_columns, group_marks);
    columns_thin(&builder->group_extras, n, group_extra_columns, group_marks);

    n = builder->computers.n;
    g_autofree uint8_t *computer_marks = g_memdup2(builder->computer_extras.is_refused, n);
    builder->computers.n = columns_thin(&builder->computers, n, computer_columns, computer_marks);
    columns_thin(&builder->computer_extras, n, computer_extra_columns, computer_marks);
}

void directory_builder_finish(Sink *sink)
{
    /* Hardly anything is ever refused here, so what will be measured is measured meanwhile. */
    const Task tasks[] = {{refuse_same_keys, sink}, {sink_find_watched, sink}};
    if (sink->table == NULL) /* the table refuses rows of one id by itself */
        tasks_run(tasks, G_N_ELEMENTS(tasks));
    if (sink->directory->n_refused > 0) {
        drop_refused(sink->directory);
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
