#include "intake/columns.h"

#include <sys/mman.h>
#include <unistd.h>

static const Column account_list[] = {
    COLUMN(Accounts, key),
    COLUMN(Accounts, dn),
    COLUMN(Accounts, name),
    COLUMN(Accounts, upn),
    COLUMN(Accounts, mail),
    COLUMN(Accounts, display_name),
    COLUMN(Accounts, employee_id),
    COLUMN(Accounts, department),
    COLUMN(Accounts, title),
    COLUMN(Accounts, description),
    COLUMN(Accounts, sid),
    COLUMN(Accounts, owner_text),
    COLUMN(Accounts, owner_entry),
    COLUMN(Accounts, manager_text),
    COLUMN(Accounts, class_text),
    COLUMN(Accounts, source),
    COLUMN(Accounts, enabled),
    COLUMN(Accounts, enabled_by),
    COLUMN(Accounts, locked),
    COLUMN(Accounts, flags),
    COLUMN(Accounts, expires_utc),
    COLUMN(Accounts, created_utc),
    COLUMN(Accounts, last_logon_utc),
    COLUMN(Accounts, password_changed_utc),
    COLUMN(Accounts, last_logon_slack),
    COLUMN(Accounts, interactive_utc),
};

static const Column group_list[] = {
    COLUMN(Groups, key),         COLUMN(Groups, dn),          COLUMN(Groups, name),
    COLUMN(Groups, cn),          COLUMN(Groups, sid),         COLUMN(Groups, owner_text),
    COLUMN(Groups, owner_entry), COLUMN(Groups, description), COLUMN(Groups, source),
    COLUMN(Groups, flags),
};

static const Column computer_list[] = {
    COLUMN(Computers, key),
    COLUMN(Computers, dn),
    COLUMN(Computers, name),
    COLUMN(Computers, hostname),
    COLUMN(Computers, serial),
    COLUMN(Computers, sid),
    COLUMN(Computers, source),
    COLUMN(Computers, enabled),
    COLUMN(Computers, enabled_by),
    COLUMN(Computers, flags),
    COLUMN(Computers, expires_utc),
    COLUMN(Computers, created_utc),
    COLUMN(Computers, last_logon_utc),
    COLUMN(Computers, last_logon_slack),
};

static const Column foreigner_list[] = {
    COLUMN(Foreigners, text),
    COLUMN(Foreigners, sid),
    COLUMN(Foreigners, source),
};

static const Column sid_history_list[] = {
    COLUMN(SidHistory, account),
    COLUMN(SidHistory, sid),
};

static const Column person_list[] = {
    COLUMN(People, id),
    COLUMN(People, name),
    COLUMN(People, email),
    COLUMN(People, username),
    COLUMN(People, manager_id),
    COLUMN(People, department),
    COLUMN(People, title),
    COLUMN(People, location),
    COLUMN(People, kind),
    COLUMN(People, status_text),
    COLUMN(People, timezone),
    COLUMN(People, sponsor_id),
    COLUMN(People, source),
    COLUMN(People, status),
    COLUMN(People, start_day),
    COLUMN(People, last_day),
    COLUMN(People, end_day),
    COLUMN(People, start_utc),
    COLUMN(People, last_day_end_utc),
    COLUMN(People, end_day_end_utc),
    COLUMN(People, recorded_utc),
    COLUMN(People, next_successor),
    COLUMN(People, gone_since_run),
};

static const Column asset_list[] = {
    COLUMN(Assets, id),
    COLUMN(Assets, name),
    COLUMN(Assets, kind),
    COLUMN(Assets, status_text),
    COLUMN(Assets, serial),
    COLUMN(Assets, hostname),
    COLUMN(Assets, owner),
    COLUMN(Assets, custodian),
    COLUMN(Assets, classification),
    COLUMN(Assets, location),
    COLUMN(Assets, source),
    COLUMN(Assets, status),
    COLUMN(Assets, assigned_utc),
    COLUMN(Assets, due_back_utc),
    COLUMN(Assets, last_review_utc),
    COLUMN(Assets, review_every_days),
    COLUMN(Assets, last_audit),
    COLUMN(Assets, next_audit),
};

static const Column approval_list[] = {
    COLUMN(Approvals, id),        COLUMN(Approvals, group),        COLUMN(Approvals, account),
    COLUMN(Approvals, person_id), COLUMN(Approvals, approved_by),  COLUMN(Approvals, reference),
    COLUMN(Approvals, source),    COLUMN(Approvals, approved_utc), COLUMN(Approvals, expires_utc),
};

#define LIST(array)                                                                                \
    {                                                                                              \
        .columns = array, .n = G_N_ELEMENTS(array)                                                 \
    }
const ColumnList account_columns = LIST(account_list);
const ColumnList group_columns = LIST(group_list);
const ColumnList computer_columns = LIST(computer_list);
const ColumnList foreigner_columns = LIST(foreigner_list);
const ColumnList sid_history_columns = LIST(sid_history_list);
const ColumnList person_columns = LIST(person_list);
const ColumnList asset_columns = LIST(asset_list);
const ColumnList approval_columns = LIST(approval_list);

/* A block that is a mapping from the beginning leaves no holes behind when it grows, and costs only
 * the pages that are used. Growing moves a hundred mappings, and each move interrupts the threads
 * on all other processors: up to 100,000 accounts nothing grows. */
#define FIRST_CAPACITY (128 << 10)

/* The pointers have different types; their bytes are copied, so no object is read as another type.
 */
static char *get_column(const void *table, const Column *column)
{
    char *values;
    memcpy(&values, (const char *)table + column->offset, sizeof values);
    return values;
}

static void set_column(void *table, const Column *column, char *values)
{
    memcpy((char *)table + column->offset, &values, sizeof values);
}

/* Whole pages are given back instead of written: they are zero when they are touched, and those of
 * a column that no source fills (a SID of OpenLDAP, a sponsor) never are. About 60 bytes an
 * account.
 */
void columns_clear_room(char *from, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = from + (page - (uintptr_t)from % page) % page;
    char *last = from + n - (uintptr_t)(from + n) % page;
    if (last <= first || madvise(first, (size_t)(last - first), MADV_DONTNEED) != 0) {
        memset(from, 0, n);
        return;
    }
    memset(from, 0, (size_t)(first - from));
    memset(last, 0, (size_t)(from + n - last));
}

static void resize(void *table, ColumnList list, uint32_t n_old, uint32_t n_new)
{
    for (size_t i = 0; i < list.n; i++) {
        const Column *column = &list.columns[i];
        char *values = get_column(table, column);
        if (values == NULL) {
            set_column(table, column, g_malloc0_n(MAX(n_new, 1), column->size));
            continue;
        }
        values = g_realloc_n(values, MAX(n_new, 1), column->size);
        if (n_new > n_old)
            columns_clear_room(values + (size_t)n_old * column->size,
                               (size_t)(n_new - n_old) * column->size);
        set_column(table, column, values);
    }
}

void columns_reserve(void *table, ColumnList list, uint32_t *capacity, uint32_t n)
{
    if (n <= *capacity)
        return;
    uint32_t wanted = MAX(n, MAX(FIRST_CAPACITY, *capacity * 2));
    resize(table, list, *capacity, wanted);
    *capacity = wanted;
}

void columns_append(void *to, uint32_t n_to, const void *from, uint32_t n_from, ColumnList list)
{
    resize(to, list, n_to, n_to + n_from);
    for (size_t i = 0; i < list.n && n_from > 0; i++) {
        const Column *column = &list.columns[i];
        char *values = get_column(to, column);
        memcpy(values + (size_t)n_to * column->size, get_column(from, column),
               (size_t)n_from * column->size);
    }
}

uint32_t columns_thin(void *table, uint32_t n, ColumnList list, const uint8_t *is_dropped)
{
    uint32_t n_kept = 0;
    for (size_t i = 0; i < list.n; i++) {
        size_t size = list.columns[i].size;
        char *values = get_column(table, &list.columns[i]);
        n_kept = 0;
        for (uint32_t row = 0; row < n; row++) {
            if (is_dropped[row])
                continue;
            memmove(values + n_kept * size, values + row * size, size);
            n_kept++;
        }
    }
    return n_kept;
}

void columns_trim(void *table, uint32_t n, ColumnList list)
{
    resize(table, list, n, n);
}

void columns_free(void *table, ColumnList list)
{
    for (size_t i = 0; i < list.n; i++) {
        g_free(get_column(table, &list.columns[i]));
        set_column(table, &list.columns[i], NULL);
    }
}
