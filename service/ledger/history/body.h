/* body.h: what the history keeps of one thing: its fields, in one order, empty ones left out.
 *
 * A field is its number (one byte) and its value: of a text the length and the bytes, of a number a
 * varint. The same thing has the same bytes in every run, so bodies are compared as bytes. Fields
 * come in ascending order of their numbers; a list is its field several times. Stored in the
 * ledger: a number is never given to another field.
 *
 * The last fields ("with use") change without anybody changing something: last logon, when HR's row
 * was stamped. They are kept as they were when the version was written, and make no version by
 * themselves. */
#pragma once

#include <rightful/record.h>
#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum BodyField {
    /* texts */
    BODY_DN = 1,
    BODY_NAME,
    BODY_CN,
    BODY_UPN,
    BODY_MAIL,
    BODY_DISPLAY_NAME,
    BODY_EMPLOYEE_ID,
    BODY_DEPARTMENT,
    BODY_TITLE,
    BODY_DESCRIPTION,
    BODY_SID,
    BODY_OWNER,      /* text: of an account, group or asset */
    BODY_MANAGER,    /* DN of an account's; manager_id of a person */
    BODY_CLASS_TEXT, /* class column of a table of accounts */
    BODY_HOSTNAME,
    BODY_SERIAL,
    BODY_USERNAME,
    BODY_LOCATION,
    BODY_KIND,        /* of a person, of an asset */
    BODY_STATUS_TEXT, /* of a person, of an asset */
    BODY_TIMEZONE,
    BODY_SPONSOR,
    BODY_CUSTODIAN,
    BODY_CLASSIFICATION,
    BODY_GROUP,   /* of an approval, as the next four */
    BODY_ACCOUNT, /* … */
    BODY_PERSON,
    BODY_APPROVED_BY,
    BODY_REFERENCE,
    /* lists of texts */
    BODY_SID_HISTORY = 56,
    BODY_PREVIOUS_ID,
    BODY_ACCESS_GROUP,
    /* numbers; 0 = left out */
    BODY_ENABLED = 64, /* State */
    BODY_ENABLED_BY,
    BODY_LOCKED, /* State */
    BODY_FLAGS,
    BODY_STATUS, /* PersonStatus, AssetStatus */
    /* days since 1970; DAY_NONE = left out */
    BODY_START_DAY = 80,
    BODY_LAST_DAY,
    BODY_END_DAY,
    BODY_REVIEW_EVERY_DAYS, /* -1 = left out, as a day */
    BODY_LAST_AUDIT,
    BODY_NEXT_AUDIT,
    /* times; TIME_UNKNOWN = left out */
    BODY_EXPIRES = 96,
    BODY_CREATED,
    BODY_PASSWORD_CHANGED,
    BODY_START,        /* of a person: start_utc */
    BODY_LAST_DAY_END, /* last_day_end_utc */
    BODY_END_DAY_END,  /* end_day_end_utc */
    BODY_ASSIGNED,
    BODY_DUE_BACK,
    BODY_LAST_REVIEW,
    BODY_APPROVED,
    BODY_APPROVAL_EXPIRES,
    /* of accounts: the link, which is known only when people are; without people it stays as it was
     */
    BODY_OF_LINK = 112,
    BODY_LINK_PERSON = 112, /* a text: the HR id */
    BODY_LINK_RULE,         /* a text: "employee_id = id" */
    BODY_LINKED,            /* a number: PersonLink of correlate/links.h */
    BODY_CLASS,             /* a number: AccountClass of correlate/classes.h, plus one */
    /* with use */
    BODY_WITH_USE = 120,
    BODY_LAST_LOGON = 120, /* a time */
    BODY_LAST_LOGON_SLACK, /* a number */
    BODY_RECORDED          /* a time */
} BodyField;
/* "dn", "display_name", …; NULL for what is no field. */
const char *body_field_name(BodyField field);
typedef enum BodyType { BODY_TYPE_TEXT, BODY_TYPE_NUMBER, BODY_TYPE_DAY, BODY_TYPE_TIME } BodyType;
BodyType body_field_type(BodyField field);

/* ---- writing: fields in ascending order ---- */

typedef struct Body {
    uint8_t *data;
    size_t size, room;
    size_t size_without_link; /* up to the first field of the link */
    size_t size_without_use;  /* up to the first field that changes with use */
} Body;

void body_clear(Body *body); /* releases */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Body, body_clear)
static inline void body_begin(Body *body)
{
    body->size = body->size_without_link = body->size_without_use = 0;
}
void body_text(Body *body, BodyField field, const char *text); /* "" = left out */
void body_number(Body *body, BodyField field, uint64_t number);
void body_day(Body *body, BodyField field, int32_t day);
void body_time(Body *body, BodyField field, int64_t utc);

/* ---- reading; texts point into the body ---- */

typedef struct BodyReader {
    const uint8_t *at, *end;
    bool is_broken; /* the bytes are no body */
    BodyField field;
    Text text;
    uint64_t number; /* as stored: body_as_day(), body_as_time() */
} BodyReader;

BodyReader body_reader(Text body);
/* The next field; false at the end. */
bool body_next(BodyReader *reader);
int32_t body_as_day(uint64_t number);
int64_t body_as_time(uint64_t number);

/* One field: empty, 0, DAY_NONE, TIME_UNKNOWN when it was left out. */
Text body_get_text(Text body, BodyField field);
uint64_t body_get_number(Text body, BodyField field);
int64_t body_get_time(Text body, BodyField field);

/* The bytes of the link's fields; the field numbers around them tell where it would stand. */
void body_link_place(Text body, size_t *ret_begin, size_t *ret_end);

/* ---- varints, for what else the history packs ---- */

/* Room for ten bytes; returns what follows. */
uint8_t *varint_put(uint8_t *at, uint64_t number);
/* NULL when there is none before end; else what follows. */
const uint8_t *varint_take(const uint8_t *at, const uint8_t *end, uint64_t *ret_number);
