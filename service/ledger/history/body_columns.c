#include "ledger/history/body_columns.h"

#include "base/times.h"

#include <string.h>

#define TEXT(table, name, field)                                                                   \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_TEXT                                                  \
    }
#define BYTE(table, name, field)                                                                   \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_BYTE                                                  \
    }
#define NUMBER(table, name, field)                                                                 \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_NUMBER                                                \
    }
#define DAY(table, name, field)                                                                    \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_DAY                                                   \
    }
#define TIME(table, name, field)                                                                   \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_TIME                                                  \
    }
#define SHARED(table, name, field)                                                                 \
    {                                                                                              \
        field, offsetof(table, name), COLUMN_SHARED_TEXT                                           \
    }
#define NOT_KEPT 0

static const BodyColumn accounts[] = {
    TEXT(Accounts, key, NOT_KEPT),
    TEXT(Accounts, dn, BODY_DN),
    TEXT(Accounts, name, BODY_NAME),
    TEXT(Accounts, upn, BODY_UPN),
    TEXT(Accounts, mail, BODY_MAIL),
    TEXT(Accounts, display_name, BODY_DISPLAY_NAME),
    TEXT(Accounts, employee_id, BODY_EMPLOYEE_ID),
    SHARED(Accounts, department, BODY_DEPARTMENT),
    SHARED(Accounts, title, BODY_TITLE),
    TEXT(Accounts, description, BODY_DESCRIPTION),
    TEXT(Accounts, sid, BODY_SID),
    TEXT(Accounts, owner_text, BODY_OWNER),
    NUMBER(Accounts, owner_entry, NOT_KEPT),
    SHARED(Accounts, manager_text, BODY_MANAGER),
    SHARED(Accounts, class_text, BODY_CLASS_TEXT),
    BYTE(Accounts, source, NOT_KEPT),
    BYTE(Accounts, enabled, BODY_ENABLED),
    BYTE(Accounts, enabled_by, BODY_ENABLED_BY),
    BYTE(Accounts, locked, BODY_LOCKED),
    NUMBER(Accounts, flags, BODY_FLAGS),
    TIME(Accounts, expires_utc, BODY_EXPIRES),
    TIME(Accounts, created_utc, BODY_CREATED),
    TIME(Accounts, last_logon_utc, BODY_LAST_LOGON),
    TIME(Accounts, password_changed_utc, BODY_PASSWORD_CHANGED),
    NUMBER(Accounts, interactive_utc, NOT_KEPT),
    NUMBER(Accounts, last_logon_slack, BODY_LAST_LOGON_SLACK),
};

static const BodyColumn groups[] = {
    TEXT(Groups, key, NOT_KEPT),           TEXT(Groups, dn, BODY_DN),
    TEXT(Groups, name, BODY_NAME),         TEXT(Groups, cn, BODY_CN),
    TEXT(Groups, sid, BODY_SID),           TEXT(Groups, owner_text, BODY_OWNER),
    NUMBER(Groups, owner_entry, NOT_KEPT), TEXT(Groups, description, BODY_DESCRIPTION),
    BYTE(Groups, source, NOT_KEPT),        NUMBER(Groups, flags, BODY_FLAGS),
};

static const BodyColumn computers[] = {
    TEXT(Computers, key, NOT_KEPT),
    TEXT(Computers, dn, BODY_DN),
    TEXT(Computers, name, BODY_NAME),
    TEXT(Computers, hostname, BODY_HOSTNAME),
    TEXT(Computers, serial, BODY_SERIAL),
    TEXT(Computers, sid, BODY_SID),
    BYTE(Computers, source, NOT_KEPT),
    BYTE(Computers, enabled, BODY_ENABLED),
    BYTE(Computers, enabled_by, BODY_ENABLED_BY),
    NUMBER(Computers, flags, BODY_FLAGS),
    TIME(Computers, expires_utc, BODY_EXPIRES),
    TIME(Computers, created_utc, BODY_CREATED),
    TIME(Computers, last_logon_utc, BODY_LAST_LOGON),
    NUMBER(Computers, last_logon_slack, BODY_LAST_LOGON_SLACK),
};

static const BodyColumn foreigners[] = {
    TEXT(Foreigners, text, NOT_KEPT),
    TEXT(Foreigners, sid, BODY_SID),
    BYTE(Foreigners, source, NOT_KEPT),
};

static const BodyColumn people[] = {
    TEXT(People, id, NOT_KEPT),
    TEXT(People, name, BODY_NAME),
    TEXT(People, email, BODY_MAIL),
    TEXT(People, username, BODY_USERNAME),
    SHARED(People, manager_id, BODY_MANAGER),
    SHARED(People, department, BODY_DEPARTMENT),
    SHARED(People, title, BODY_TITLE),
    SHARED(People, location, BODY_LOCATION),
    SHARED(People, kind, BODY_KIND),
    SHARED(People, status_text, BODY_STATUS_TEXT),
    SHARED(People, timezone, BODY_TIMEZONE),
    TEXT(People, sponsor_id, BODY_SPONSOR),
    BYTE(People, source, NOT_KEPT),
    BYTE(People, status, BODY_STATUS),
    DAY(People, start_day, BODY_START_DAY),
    DAY(People, last_day, BODY_LAST_DAY),
    DAY(People, end_day, BODY_END_DAY),
    TIME(People, start_utc, BODY_START),
    TIME(People, last_day_end_utc, BODY_LAST_DAY_END),
    TIME(People, end_day_end_utc, BODY_END_DAY_END),
    TIME(People, recorded_utc, BODY_RECORDED),
    NUMBER(People, next_successor, NOT_KEPT),
};

static const BodyColumn assets[] = {
    TEXT(Assets, id, NOT_KEPT),
    TEXT(Assets, name, BODY_NAME),
    SHARED(Assets, kind, BODY_KIND),
    SHARED(Assets, status_text, BODY_STATUS_TEXT),
    TEXT(Assets, serial, BODY_SERIAL),
    TEXT(Assets, hostname, BODY_HOSTNAME),
    TEXT(Assets, owner, BODY_OWNER),
    TEXT(Assets, custodian, BODY_CUSTODIAN),
    SHARED(Assets, classification, BODY_CLASSIFICATION),
    SHARED(Assets, location, BODY_LOCATION),
    BYTE(Assets, source, NOT_KEPT),
    BYTE(Assets, status, BODY_STATUS),
    TIME(Assets, assigned_utc, BODY_ASSIGNED),
    TIME(Assets, due_back_utc, BODY_DUE_BACK),
    TIME(Assets, last_review_utc, BODY_LAST_REVIEW),
    {BODY_REVIEW_EVERY_DAYS, offsetof(Assets, review_every_days), COLUMN_DAYS},
    {BODY_LAST_AUDIT, offsetof(Assets, last_audit), COLUMN_PACKED_DAY},
    {BODY_NEXT_AUDIT, offsetof(Assets, next_audit), COLUMN_PACKED_DAY},
};

static const BodyColumn approvals[] = {
    TEXT(Approvals, id, NOT_KEPT),
    TEXT(Approvals, group, BODY_GROUP),
    TEXT(Approvals, account, BODY_ACCOUNT),
    TEXT(Approvals, person_id, BODY_PERSON),
    TEXT(Approvals, approved_by, BODY_APPROVED_BY),
    TEXT(Approvals, reference, BODY_REFERENCE),
    BYTE(Approvals, source, NOT_KEPT),
    TIME(Approvals, approved_utc, BODY_APPROVED),
    TIME(Approvals, expires_utc, BODY_APPROVAL_EXPIRES),
};

#define TABLE(kind, columns, type, key)                                                            \
    [kind] = {columns, G_N_ELEMENTS(columns), offsetof(type, key), offsetof(type, source)}
const BodyTable body_tables[N_HISTORY_KINDS] = {
    TABLE(HISTORY_ACCOUNT, accounts, Accounts, key),
    TABLE(HISTORY_GROUP, groups, Groups, key),
    TABLE(HISTORY_COMPUTER, computers, Computers, key),
    TABLE(HISTORY_FOREIGN, foreigners, Foreigners, text),
    TABLE(HISTORY_PERSON, people, People, id),
    TABLE(HISTORY_ASSET, assets, Assets, id),
    TABLE(HISTORY_APPROVAL, approvals, Approvals, id),
};

/* ---- columns ---- */

static const size_t sizes[] = {
    [COLUMN_TEXT] = 4, [COLUMN_SHARED_TEXT] = 4, [COLUMN_BYTE] = 1, [COLUMN_NUMBER] = 4,
    [COLUMN_DAY] = 4,  [COLUMN_PACKED_DAY] = 4,  [COLUMN_DAYS] = 4, [COLUMN_TIME] = 8,
};

/* The pointers have different types; their bytes are copied, so no object is read as another type.
 */
static void *column_at(const void *table, size_t offset)
{
    void *column;
    memcpy(&column, (const char *)table + offset, sizeof column);
    return column;
}

static void put(void *column, ColumnType type, uint32_t row, int64_t value)
{
    switch (type) {
    case COLUMN_TEXT:
    case COLUMN_SHARED_TEXT:
    case COLUMN_PACKED_DAY:
    case COLUMN_NUMBER:
        ((uint32_t *)column)[row] = (uint32_t)value;
        break;
    case COLUMN_BYTE:
        ((uint8_t *)column)[row] = (uint8_t)value;
        break;
    case COLUMN_DAY:
    case COLUMN_DAYS:
        ((int32_t *)column)[row] = (int32_t)value;
        break;
    case COLUMN_TIME:
        ((int64_t *)column)[row] = value;
        break;
    }
}

static int64_t value_of(const BodyColumn *column, const BodyReader *reader, TextPool *pool)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return text_pool_add(pool, reader->text);
    case COLUMN_SHARED_TEXT:
        return text_pool_intern(pool, reader->text);
    case COLUMN_DAY:
    case COLUMN_DAYS:
        return body_as_day(reader->number);
    case COLUMN_PACKED_DAY:
        return day_packed(body_as_day(reader->number));
    case COLUMN_TIME:
        return body_as_time(reader->number);
    case COLUMN_BYTE:
    case COLUMN_NUMBER:
        break;
    }
    return (int64_t)reader->number;
}

static const BodyColumn *find_column(const BodyTable *table, BodyField field)
{
    for (size_t i = 0; i < table->n; i++) {
        if (table->columns[i].field == field)
            return &table->columns[i];
    }
    return NULL;
}

void body_table_reserve(void *table, HistoryKind kind, uint32_t n)
{
    static const int64_t absent[] = {
        [COLUMN_DAY] = DAY_NONE, [COLUMN_DAYS] = -1, [COLUMN_TIME] = TIME_UNKNOWN};

    for (size_t i = 0; i < body_tables[kind].n; i++) {
        const BodyColumn *column = &body_tables[kind].columns[i];
        void *rows = g_malloc0_n((size_t)n + 1, sizes[column->type]);
        memcpy((char *)table + column->offset, &rows, sizeof rows);
        for (uint32_t row = 0; absent[column->type] != 0 && row < n; row++)
            put(rows, column->type, row, absent[column->type]);
    }
}

bool body_table_fill(void *table, HistoryKind kind, uint32_t row, Text body, TextPool *pool)
{
    BodyReader reader = body_reader(body);

    while (body_next(&reader)) {
        const BodyColumn *column = find_column(&body_tables[kind], reader.field);
        if (column)
            put(column_at(table, column->offset), column->type, row,
                value_of(column, &reader, pool));
    }
    return !reader.is_broken;
}

TextRef *body_table_keys(void *table, HistoryKind kind)
{
    return column_at(table, body_tables[kind].key);
}

uint8_t *body_table_sources(void *table, HistoryKind kind)
{
    return column_at(table, body_tables[kind].source);
}
