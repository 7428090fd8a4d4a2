/* record.h: what a source hands over, field by field.
 *
 * Tabular sources give rows of text cells, one cell a field, in the order of the tables below;
 * intake parses and checks them (dates, numbers, booleans, lists), so every tabular source behaves
 * alike. Directories give DirectoryEntry, already translated from the server family's attributes.
 * Unknown is never "no": a state or time that could not be read says so. */
#pragma once

#include <rightful/text.h>

#include <stdbool.h>
#include <stdint.h>

/* What a source provides. Values are bits. */
typedef enum Provides {
    PROVIDES_DIRECTORY = 1 << 0,
    PROVIDES_PEOPLE = 1 << 1,
    PROVIDES_ASSETS = 1 << 2,
    PROVIDES_APPROVALS = 1 << 3,
    PROVIDES_ACCOUNTS = 1 << 4
} Provides;

/* ---- Tabular records ---- */

typedef enum FieldType {
    FIELD_TEXT,
    FIELD_DATE,   /* the source's date_format, default ISO 8601 */
    FIELD_TIME,   /* ISO 8601 with time; without a zone: the organisation's */
    FIELD_BOOL,   /* true/false/yes/no/1/0 */
    FIELD_NUMBER, /* a whole number, 0 or more */
    FIELD_LIST    /* texts separated by | */
} FieldType;

typedef struct RecordField {
    const char *name;
    FieldType type;
    bool is_required;
    bool is_identifier; /* refused in scientific notation (a spreadsheet was here) */
} RecordField;

typedef enum PersonField {
    PERSON_ID,
    PERSON_NAME,
    PERSON_EMAIL,
    PERSON_USERNAME,
    PERSON_MANAGER_ID,
    PERSON_DEPARTMENT,
    PERSON_TITLE,
    PERSON_LOCATION,
    PERSON_KIND,
    PERSON_STATUS,
    PERSON_START_DATE,
    PERSON_LAST_WORKING_DAY,
    PERSON_END_DATE,
    PERSON_TIMEZONE,
    PERSON_RECORDED_AT,
    PERSON_SPONSOR_ID,
    PERSON_PREVIOUS_IDS,
    N_PERSON_FIELDS
} PersonField;

typedef enum AssetField {
    ASSET_ID,
    ASSET_NAME,
    ASSET_KIND,
    ASSET_STATUS,
    ASSET_SERIAL,
    ASSET_HOSTNAME,
    ASSET_OWNER,
    ASSET_CUSTODIAN,
    ASSET_CLASSIFICATION,
    ASSET_LOCATION,
    ASSET_ASSIGNED_AT,
    ASSET_DUE_BACK,
    ASSET_LAST_AUDIT,
    ASSET_NEXT_AUDIT,
    ASSET_ACCESS_GROUPS,
    ASSET_REVIEW_EVERY_DAYS,
    ASSET_LAST_REVIEW,
    N_ASSET_FIELDS
} AssetField;

typedef enum ApprovalField {
    APPROVAL_ID,
    APPROVAL_GROUP,
    APPROVAL_ACCOUNT,
    APPROVAL_PERSON_ID,
    APPROVAL_APPROVED_BY,
    APPROVAL_APPROVED_ON,
    APPROVAL_EXPIRES_ON,
    APPROVAL_REFERENCE,
    N_APPROVAL_FIELDS
} ApprovalField;

typedef enum AccountField {
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_MAIL,
    ACCOUNT_EMPLOYEE_ID,
    ACCOUNT_DISPLAY_NAME,
    ACCOUNT_ENABLED,
    ACCOUNT_LAST_LOGON,
    ACCOUNT_CREATED,
    ACCOUNT_CLASS,
    ACCOUNT_OWNER,
    ACCOUNT_GROUPS,
    N_ACCOUNT_FIELDS
} AccountField;

#define MAX_RECORD_FIELDS 17

/* The four tables of interface.md section 3. */
typedef struct RecordKind {
    Provides provides;
    const char *name; /* "people" */
    const RecordField *fields;
    size_t n_fields;
} RecordKind;

/* NULL for PROVIDES_DIRECTORY. Defined in connectors/record.c. */
const RecordKind *record_kind(Provides provides);
const char *provides_name(Provides provides); /* "directory", "people", … */

/* ---- Directory entries ---- */

typedef enum State { STATE_UNKNOWN = 0, STATE_NO = 1, STATE_YES = 2 } State;

/* Times are UTC seconds since 1970. Two values are no times: */
#define TIME_UNKNOWN INT64_MIN     /* not recorded, not readable */
#define TIME_NEVER (INT64_MIN + 1) /* last logon: never used; expires: never ends */

typedef enum EntryKind { ENTRY_ACCOUNT, ENTRY_GROUP, ENTRY_COMPUTER, ENTRY_FOREIGN } EntryKind;

typedef enum EntryFlags {
    ENTRY_PASSWORD_NEVER_EXPIRES = 1 << 0,
    ENTRY_PASSWORD_NOT_REQUIRED = 1 << 1,
    ENTRY_DELEGATION_UNCONSTRAINED = 1 << 2,
    ENTRY_PASSWORD_REVERSIBLE = 1 << 3,
    ENTRY_PREAUTHENTICATION_OFF = 1 << 4,
    ENTRY_IS_SERVICE = 1 << 5, /* gMSA, sMSA: class service by themselves */
    ENTRY_IS_DOMAIN_CONTROLLER = 1 << 6,
    ENTRY_IS_DISTRIBUTION = 1 << 7,   /* AD distribution group: grants nothing */
    ENTRY_ADMIN_COUNT = 1 << 8,       /* adminCount is above 0 */
    ENTRY_SHOWS_OPERATIONAL = 1 << 9, /* an operational attribute was readable (see lock_state) */
    ENTRY_LAST_LOGON_UNREADABLE = 1 << 10, /* values that were there and made no sense: */
    ENTRY_EXPIRES_UNREADABLE = 1 << 11,
    ENTRY_CREATED_UNREADABLE = 1 << 12,
    ENTRY_PASSWORD_CHANGED_UNREADABLE = 1 << 13,
    ENTRY_MEMBERS_NOT_EXPANDED = 1 << 14, /* memberURL: members that no pull lists */
    ENTRY_INTERACTIVE_UNREADABLE = 1 << 15
} EntryFlags;

/* Why an entry is or is not enabled; the text that evidence shows is in service/model. */
typedef enum EnabledBy {
    ENABLED_BY_NOTHING = 0,  /* no lock attribute: see lock_state */
    ENABLED_BY_UAC,          /* userAccountControl bit 2 */
    ENABLED_BY_PPOLICY_LOCK, /* pwdAccountLockedTime 000001010000Z: for ever */
    ENABLED_BY_NSACCOUNTLOCK,
    ENABLED_BY_COLUMN,     /* the column `enabled` of a table */
    ENABLED_BY_LOCK_STATE, /* lock_state = "none": present means enabled */
    ENABLED_BY_UNREADABLE  /* the attribute is there and makes no sense */
} EnabledBy;

typedef struct DirectoryEntry {
    EntryKind kind;
    Text dn;   /* as the server spells it */
    Text key;  /* objectGUID / entryUUID / nsUniqueId as text, lower case; empty = the DN is the key
                */
    Text name; /* login name; of a group its sAMAccountName or cn; of a computer without the $ */
    Text cn;   /* groups: cn where it differs from name, else empty */
    Text upn, mail, display_name, employee_id, department, title, description;
    Text manager;  /* DN */
    Text owner;    /* DN, or text that names a person or an account */
    Text hostname; /* computers: dNSHostName */
    Text serial;   /* computers: serialNumber */
    Text sid;      /* S-1-… */
    const Text *sid_history;
    size_t n_sid_history;
    Text primary_group_sid; /* AD: the SID that primaryGroupID means in the account's domain */
    int64_t gid_number;     /* of a posixGroup its own, of a posixAccount its primary; -1 = none */
    const Text *members;    /* DNs (member, uniqueMember without its bit string) */
    size_t n_members;
    const Text *member_names; /* memberUid: login names */
    size_t n_member_names;
    const Text *member_sids; /* ipaExternalMember: SIDs */
    size_t n_member_sids;
    State enabled;
    EnabledBy enabled_by;
    State locked;             /* temporarily; who is locked out may come back by himself */
    int64_t locked_until_utc; /* when locked ends by itself; TIME_NEVER: when somebody unlocks, or
                                 only the server knows */
    int64_t expires_utc, created_utc, changed_utc, last_logon_utc, password_changed_utc;
    int64_t interactive_utc; /* when somebody last sat down and logged on with it; 0 = not shown */
    uint32_t last_logon_slack_seconds; /* the value may be that much too old (lastLogonTimestamp: 14
                                          d) */
    uint32_t flags;                    /* EntryFlags */
} DirectoryEntry;
