/* schema_private.h: between the files of the schema; nobody else includes it. */
#pragma once

#include "ldap/filter.h"
#include "ldap/schema.h"
#include "ldap/value.h"

/* Single-valued attributes: the value of the best rank is kept here until the entry ends. */
typedef enum Slot {
    SLOT_KEY,
    SLOT_NAME,
    SLOT_CN,
    SLOT_UPN,
    SLOT_MAIL,
    SLOT_DISPLAY_NAME,
    SLOT_EMPLOYEE_ID,
    SLOT_DEPARTMENT,
    SLOT_TITLE,
    SLOT_DESCRIPTION,
    SLOT_MANAGER,
    SLOT_OWNER,
    SLOT_HOSTNAME,
    SLOT_SERIAL,
    SLOT_SID,
    SLOT_PRIMARY_GROUP,
    SLOT_GID,
    SLOT_UAC,
    SLOT_COMPUTED,
    SLOT_LOCK,
    SLOT_NS_ACCOUNT_LOCK,
    SLOT_POLICY,
    SLOT_EXPIRES,
    SLOT_SHADOW_EXPIRE,
    SLOT_LOGON,
    SLOT_LOGON_2,
    SLOT_LOGON_3,
    SLOT_INTERACTIVE,
    SLOT_PASSWORD_CHANGED,
    SLOT_CREATED,
    SLOT_CHANGED,
    SLOT_ADMIN_COUNT,
    SLOT_GROUP_TYPE,
    SLOT_ACCOUNT_TYPE,
    N_SLOTS
} Slot;

/* Multi-valued ones, and what is only noticed. Follow the slots in one numbering. */
typedef enum Action {
    ACTION_CLASS = N_SLOTS,
    ACTION_MEMBER,
    ACTION_UNIQUE_MEMBER,
    ACTION_MEMBER_NAME,
    ACTION_MEMBER_SID,
    ACTION_MEMBER_URL,
    ACTION_SID_HISTORY,
    ACTION_MARK,
    ACTION_FILTER
} Action;

typedef struct AttributeRow {
    const char *name;
    unsigned char action; /* Slot or Action */
    unsigned char rank;   /* of several attributes for one slot the lowest wins */
    bool is_operational;  /* seeing it proves that operational attributes can be read */
    bool is_not_asked;    /* understood where it turns up, not asked for */
} AttributeRow;

typedef enum ClassBit {
    CLASS_ACCOUNT = 1 << 0,
    CLASS_GROUP = 1 << 1,
    CLASS_COMPUTER = 1 << 2,
    CLASS_FOREIGN = 1 << 3,
    CLASS_SERVICE = 1 << 4,
    CLASS_ANY = 1 << 5 /* some class was seen */
} ClassBit;

typedef struct ClassRow {
    const char *name;
    size_t length;
    unsigned bits;
} ClassRow;

typedef struct Family {
    const char *server;
    const AttributeRow *attributes; /* ended by a row without a name */
    const ClassRow *classes;
    const char *account_filter, *group_filter, *computer_filter, *foreign_filter; /* NULL = none */
    /* Fills state, times, identifiers and flags from the slots. */
    void (*judge)(Schema *schema, DirectoryEntry *entry);
    /* Which rule leaves out everything at that place of the tree; NULL = none. Optional. */
    const char *(*place_rule)(Text dn);
} Family;

extern const Family schema_families[]; /* ended by one without a name */
extern const AttributeRow schema_389ds_attributes[], schema_freeipa_attributes[];
extern const ClassRow schema_389ds_classes[], schema_freeipa_classes[];

/* Which record field goes to which slot, for the setting `attributes`; ended by a row without a
 * name. */
typedef struct FieldRow {
    const char *name;
    Slot slot;
} FieldRow;
extern const FieldRow schema_field_rows[];

#define MAX_RULES 160
#define RULE_TABLE_SIZE 1024

struct SchemaRule {
    const char *name;
    size_t length;
    unsigned char action, rank;
    bool is_operational;
    bool is_asked;
    const SchemaRule *next; /* another meaning of the same attribute */
    SchemaRule *follower;   /* what came behind it the last time; servers keep one order */
};

typedef struct TextList {
    Text *texts;
    size_t n, capacity;
} TextList;

typedef struct Canary {
    const char *dn;
    char *folded;
    bool was_seen;
} Canary;

/* What a password policy says of locks. */
typedef struct LockPolicy {
    State locks;       /* no: a lock is not looked at */
    int64_t seconds;   /* how long a temporary one lasts; 0 = until somebody unlocks */
    bool is_ambiguous; /* one could say so and another otherwise: seconds are not known */
} LockPolicy;

typedef enum Recorded { RECORDED_AUTO, RECORDED_YES, RECORDED_NO } Recorded;

struct Schema {
    const Family *family;
    SchemaRule rules[MAX_RULES];
    size_t n_rules;
    SchemaRule *table[RULE_TABLE_SIZE];
    SchemaRule *last_rule; /* members come in long runs of one attribute */
    Filter *account_filter, *group_filter, *computer_filter;
    const char *filters[4]; /* by EntryKind, as the server gets them; NULL = none */
    char *server_filter;
    GPtrArray *wanted; /* NULL-terminated, element-type utf8, owned by tables and options */
    size_t range_values;
    char *range_name; /* "member;range=0-499", in wanted instead of "member"; or NULL */
    Canary *canaries;
    size_t n_canaries, n_canaries_unseen;
    Recorded lock_state, last_use;
    GHashTable *policies;    /* folded DN → LockPolicy; NULL = none known */
    LockPolicy every_policy; /* what all of them say; unknown where they differ */
    size_t max_value_bytes;

    /* The entry at hand. */
    Text dn;
    Text slots[N_SLOTS];
    unsigned char ranks[N_SLOTS];
    unsigned classes;
    bool is_optional; /* the attribute at hand has options (;lang-de) */
    uint32_t flags;
    TextList members, member_names, member_sids, sid_history;
    GArray *filter_values; /* (element-type FilterValue) */
    const SchemaRule *oversized, *ranged;
    char key[64];
    char sid[VALUE_SID_SIZE], primary_group_sid[VALUE_SID_SIZE + 12], foreign_sid[VALUE_SID_SIZE];
    GString *sid_history_text;
    char reason[160];
};

void text_list_add(TextList *list, Text text);

/* schema.c */
/* Where the rule of that attribute is, or would be. */
SchemaRule **schema_rule_place(Schema *schema, const char *name, size_t length);
/* A DN in lower case without blanks round separators: enough to recognise one that an admin has
 * typed. */
char *schema_fold_dn(const char *dn, size_t length);

/* schema_judge.c */
void schema_judge_openldap(Schema *schema, DirectoryEntry *entry);
void schema_judge_active_directory(Schema *schema, DirectoryEntry *entry);
void schema_judge_389ds(Schema *schema, DirectoryEntry *entry);
void schema_judge_freeipa(Schema *schema, DirectoryEntry *entry);
const char *schema_freeipa_place_rule(Text dn);
