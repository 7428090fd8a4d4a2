#include "ledger/history/body.h"

#include "base/times.h"

#include <string.h>

static const char *const names[128] = {
    [BODY_DN] = "dn",
    [BODY_NAME] = "name",
    [BODY_CN] = "cn",
    [BODY_UPN] = "upn",
    [BODY_MAIL] = "mail",
    [BODY_DISPLAY_NAME] = "display_name",
    [BODY_EMPLOYEE_ID] = "employee_id",
    [BODY_DEPARTMENT] = "department",
    [BODY_TITLE] = "title",
    [BODY_DESCRIPTION] = "description",
    [BODY_SID] = "sid",
    [BODY_OWNER] = "owner",
    [BODY_MANAGER] = "manager",
    [BODY_CLASS_TEXT] = "class_text",
    [BODY_HOSTNAME] = "hostname",
    [BODY_SERIAL] = "serial",
    [BODY_USERNAME] = "username",
    [BODY_LOCATION] = "location",
    [BODY_KIND] = "kind",
    [BODY_STATUS_TEXT] = "status",
    [BODY_TIMEZONE] = "timezone",
    [BODY_SPONSOR] = "sponsor_id",
    [BODY_CUSTODIAN] = "custodian",
    [BODY_CLASSIFICATION] = "classification",
    [BODY_GROUP] = "group",
    [BODY_ACCOUNT] = "account",
    [BODY_PERSON] = "person",
    [BODY_APPROVED_BY] = "approved_by",
    [BODY_REFERENCE] = "reference",
    [BODY_SID_HISTORY] = "sid_history",
    [BODY_PREVIOUS_ID] = "previous_ids",
    [BODY_ACCESS_GROUP] = "access_groups",
    [BODY_ENABLED] = "enabled",
    [BODY_ENABLED_BY] = "enabled_by",
    [BODY_LOCKED] = "locked",
    [BODY_FLAGS] = "flags",
    [BODY_STATUS] = "status_known",
    [BODY_START_DAY] = "start_date",
    [BODY_LAST_DAY] = "last_working_day",
    [BODY_END_DAY] = "end_date",
    [BODY_REVIEW_EVERY_DAYS] = "review_every_days",
    [BODY_LAST_AUDIT] = "last_audit",
    [BODY_NEXT_AUDIT] = "next_audit",
    [BODY_EXPIRES] = "expires",
    [BODY_CREATED] = "created",
    [BODY_PASSWORD_CHANGED] = "password_changed",
    [BODY_START] = "start",
    [BODY_LAST_DAY_END] = "last_working_day_end",
    [BODY_END_DAY_END] = "end_date_end",
    [BODY_ASSIGNED] = "assigned_at",
    [BODY_DUE_BACK] = "due_back",
    [BODY_LAST_REVIEW] = "last_review",
    [BODY_APPROVED] = "approved_on",
    [BODY_APPROVAL_EXPIRES] = "expires_on",
    [BODY_LINK_PERSON] = "link_person",
    [BODY_LINK_RULE] = "link_rule",
    [BODY_LINKED] = "linked",
    [BODY_CLASS] = "class",
    [BODY_LAST_LOGON] = "last_logon",
    [BODY_LAST_LOGON_SLACK] = "last_logon_slack",
    [BODY_RECORDED] = "recorded_at",
};

const char *body_field_name(BodyField field)
{
    return (unsigned)field < G_N_ELEMENTS(names) ? names[field] : NULL;
}

BodyType body_field_type(BodyField field)
{
    if (field < BODY_ENABLED || field == BODY_LINK_PERSON || field == BODY_LINK_RULE)
        return BODY_TYPE_TEXT;
    if (field < BODY_START_DAY || field == BODY_LAST_LOGON_SLACK || field == BODY_LINKED ||
        field == BODY_CLASS)
        return BODY_TYPE_NUMBER;
    return field < BODY_EXPIRES ? BODY_TYPE_DAY : BODY_TYPE_TIME;
}

/* ---- varints ---- */

uint8_t *varint_put(uint8_t *at, uint64_t number)
{
    for (; number >= 128; number >>= 7)
        *at++ = (uint8_t)(number | 128);
    *at++ = (uint8_t)number;
    return at;
}

const uint8_t *varint_take(const uint8_t *at, const uint8_t *end, uint64_t *ret_number)
{
    uint64_t number = 0;

    for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *ret_number = number;
            return at;
        }
    }
    return NULL;
}

/* Small either way: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
static uint64_t folded(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static int64_t unfolded(uint64_t number)
{
    return (int64_t)(number >> 1 ^ ((number & 1) != 0 ? UINT64_MAX : 0));
}

/* ---- writing ---- */

void body_clear(Body *body)
{
    g_clear_pointer(&body->data, g_free);
    body->size = body->room = 0;
}

static inline uint8_t *begin_field(Body *body, BodyField field, size_t room)
{
    if (body->size + room + 24 > body->room) {
        body->room = (body->size + room + 24) * 2;
        body->data = g_realloc(body->data, body->room);
    }
    uint8_t *at = body->data + body->size;
    *at++ = (uint8_t)field;
    return at;
}

static inline void end_field(Body *body, BodyField field, const uint8_t *at)
{
    body->size = (size_t)(at - body->data);
    if (field < BODY_OF_LINK)
        body->size_without_link = body->size;
    if (field < BODY_WITH_USE)
        body->size_without_use = body->size;
}

void body_text(Body *body, BodyField field, const char *text)
{
    if (*text == '\0')
        return;
    size_t length = strlen(text);
    uint8_t *at = varint_put(begin_field(body, field, length), length);
    memcpy(at, text, length);
    end_field(body, field, at + length);
}

static void put_number(Body *body, BodyField field, uint64_t number)
{
    end_field(body, field, varint_put(begin_field(body, field, 0), number));
}

void body_number(Body *body, BodyField field, uint64_t number)
{
    if (number != 0)
        put_number(body, field, number);
}

void body_day(Body *body, BodyField field, int32_t day)
{
    if (day != DAY_NONE)
        put_number(body, field, folded(day));
}

/* "Never" is as frequent as any time: it is 0, and others stand one higher. */
void body_time(Body *body, BodyField field, int64_t utc)
{
    if (utc != TIME_UNKNOWN)
        put_number(body, field, utc == TIME_NEVER ? 0 : folded(utc) + 1);
}

/* ---- reading ---- */

int32_t body_as_day(uint64_t number)
{
    return (int32_t)unfolded(number);
}

int64_t body_as_time(uint64_t number)
{
    return number == 0 ? TIME_NEVER : unfolded(number - 1);
}

BodyReader body_reader(Text body)
{
    const uint8_t *at = (const uint8_t *)body.data;
    return (BodyReader){.at = at, .end = at + body.length};
}

bool body_next(BodyReader *reader)
{
    if (reader->at == NULL || reader->at >= reader->end)
        return false;
    reader->field = *reader->at++;
    reader->text = (Text){0};
    reader->at = varint_take(reader->at, reader->end, &reader->number);
    reader->is_broken = reader->at == NULL || names[reader->field & 127] == NULL;
    if (reader->is_broken)
        return false;
    if (body_field_type(reader->field) != BODY_TYPE_TEXT)
        return true;
    reader->is_broken = reader->number > (uint64_t)(reader->end - reader->at);
    if (reader->is_broken)
        return false;
    reader->text = (Text){(const char *)reader->at, reader->number};
    reader->at += reader->number;
    return true;
}

static bool find_field(BodyReader *reader, BodyField field)
{
    while (body_next(reader)) {
        if (reader->field >= field)
            return reader->field == field;
    }
    return false;
}

Text body_get_text(Text body, BodyField field)
{
    BodyReader reader = body_reader(body);
    return find_field(&reader, field) ? reader.text : (Text){0};
}

uint64_t body_get_number(Text body, BodyField field)
{
    BodyReader reader = body_reader(body);
    return find_field(&reader, field) ? reader.number : 0;
}

int64_t body_get_time(Text body, BodyField field)
{
    BodyReader reader = body_reader(body);
    return find_field(&reader, field) ? body_as_time(reader.number) : TIME_UNKNOWN;
}

void body_link_place(Text body, size_t *ret_begin, size_t *ret_end)
{
    BodyReader reader = body_reader(body);
    const uint8_t *start = (const uint8_t *)body.data;

    *ret_begin = *ret_end = 0;
    while (body_next(&reader) && reader.field < BODY_WITH_USE) {
        *ret_end = (size_t)(reader.at - start);
        if (reader.field < BODY_OF_LINK)
            *ret_begin = *ret_end;
    }
}
