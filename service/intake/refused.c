#include "intake/refused.h"

#include "intake/duplicates.h"

/* ---- one DN twice ---- */

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
void refused_same_dn(Sink *sink, Principal first, const Place *place)
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

bool refused_is_replaced(Sink *sink, Principal first, const DirectoryEntry *entry,
                         const Place *place)
{
    if (place->file != NULL || !has_replaced(sink, first, entry))
        return false;
    drop_replaced(sink, first);
    return true;
}

/* ---- one key twice ---- */

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

void refused_same_keys(void *data)
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

/* ---- without them ---- */

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

/* Records that name a row by its number, which stands at `offset` in each; those of rows that are
 * gone go too. */
static void renumber_records(GArray *records, size_t offset, const uint32_t *numbers)
{
    gsize size = g_array_get_element_size(records), n_kept = 0;
    for (guint i = 0; i < records->len; i++) {
        char *record = records->data + i * size;
        uint32_t row;
        memcpy(&row, record + offset, sizeof row);
        row = numbers[row];
        if (row == NONE)
            continue;
        memcpy(record + offset, &row, sizeof row);
        memmove(records->data + n_kept++ * size, record, size);
    }
    g_array_set_size(records, (guint)n_kept);
}

/* The rows of a table and what the builder knows of each. The marks are a column themselves, so a
 * copy decides. */
typedef struct Rows {
    void *table, *extras;
    ColumnList columns, extra_columns;
    const uint8_t *is_refused;
} Rows;

static uint32_t thin(const Rows *rows, uint32_t n)
{
    g_autofree uint8_t *marks = g_memdup2(rows->is_refused, n);
    columns_thin(rows->extras, n, rows->extra_columns, marks);
    return columns_thin(rows->table, n, rows->columns, marks);
}

void refused_drop(DirectoryBuilder *builder)
{
    const Rows of_accounts = {&builder->accounts, &builder->account_extras, account_columns,
                              account_extra_columns, builder->account_extras.is_refused};
    const Rows of_groups = {&builder->groups, &builder->group_extras, group_columns,
                            group_extra_columns, builder->group_extras.is_refused};
    const Rows of_computers = {&builder->computers, &builder->computer_extras, computer_columns,
                               computer_extra_columns, builder->computer_extras.is_refused};
    g_autofree uint32_t *accounts = renumber(of_accounts.is_refused, builder->accounts.n);
    g_autofree uint32_t *groups = renumber(of_groups.is_refused, builder->groups.n);
    g_autofree uint32_t *computers = renumber(of_computers.is_refused, builder->computers.n);
    renumber_entries(&builder->dns, (uint32_t *const[3]){accounts, groups, computers});
    renumber_records(builder->member_names, offsetof(TextEdge, group), groups);
    renumber_records(builder->member_sids, offsetof(TextEdge, group), groups);
    renumber_records(builder->row_edges, offsetof(RowEdge, account), accounts);
    renumber_records(builder->former_sids, offsetof(FormerSid, account), accounts);

    builder->accounts.n = thin(&of_accounts, builder->accounts.n);
    builder->groups.n = thin(&of_groups, builder->groups.n);
    builder->computers.n = thin(&of_computers, builder->computers.n);
}
