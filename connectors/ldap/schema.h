/* schema.h: which attribute means what, per server family, and how an entry becomes a
 * DirectoryEntry.
 *
 * Shared by ldap and ldif, so that a directory and its export give the same records. The tables
 * (schema_tables.c) are data: a family is a list of attributes, a list of object classes and the
 * function that judges state. A Schema belongs to one pull and one thread. Values are kept as
 * pointers: what is handed to schema_begin() and schema_add() must stay until schema_end() has
 * returned and its entry was used. Cost: one hash of a few bytes per attribute, one store per
 * value; no allocation in the steady state. */
#pragma once

#include <rightful/connector.h>

typedef struct Schema Schema;
typedef struct SchemaRule SchemaRule;

/* Settings that ldap and ldif share. server_choices is a NULL-terminated array of names. */
extern const char *const schema_servers[];
extern const char *const schema_servers_or_auto[];
extern const char *const schema_fields[];
extern const char *const schema_recorded_choices[];
#define DIRECTORY_SETTINGS                                                                         \
    {.name = "account_filter",                                                                     \
     .type = SETTING_TEXT,                                                                         \
     .help = "Which entries are accounts (RFC 4515); without it the server family's object "       \
             "classes decide."},                                                                   \
        {.name = "group_filter",                                                                   \
         .type = SETTING_TEXT,                                                                     \
         .help = "Which entries are groups; without it the server family's object classes "        \
                 "decide."},                                                                       \
        {.name = "computer_filter",                                                                \
         .type = SETTING_TEXT,                                                                     \
         .help = "Which entries are computers; without it only Active Directory has any."},        \
        {.name = "attributes",                                                                     \
         .type = SETTING_TEXT_MAP,                                                                 \
         .choices = schema_fields,                                                                 \
         .help = "Record field = attribute, instead of the server family's attributes."},          \
        {.name = "canaries",                                                                       \
         .type = SETTING_TEXT_LIST,                                                                \
         .help = "DNs that every whole pull must show; one missing makes the pull incomplete."},   \
        {.name = "lock_state",                                                                     \
         .type = SETTING_TEXT,                                                                     \
         .initial = "\"auto\"",                                                                    \
         .choices = schema_recorded_choices,                                                       \
         .help = "Are locks of accounts readable: recorded, none (present means enabled), or "     \
                 "auto: if any operational attribute is."},                                        \
        {.name = "last_use",                                                                       \
         .type = SETTING_TEXT,                                                                     \
         .initial = "\"auto\"",                                                                    \
         .choices = schema_recorded_choices,                                                       \
         .help = "Does the directory record the last use of accounts: recorded (absent means "     \
                 "never), none, or auto: if any account shows one."},                              \
    {                                                                                              \
        .name = "max_value_bytes", .type = SETTING_INT, .initial = "1048576", .minimum = 1024,     \
        .maximum = 67108864, .help = "An entry with a longer value is rejected."                   \
    }

/* What the settings say; made from them, or by hand in tests. Texts must outlive the schema. */
typedef struct SchemaOptions {
    const char *server;                                          /* one of schema_servers */
    const char *account_filter, *group_filter, *computer_filter; /* NULL = the family's classes */
    const char *const *fields;         /* NULL-terminated, parallel to attributes; NULL = none */
    const char *const *attributes;     /* which attribute the field is read from */
    const char *const *canaries;       /* NULL-terminated, or NULL */
    const char *lock_state, *last_use; /* NULL = auto */
    size_t max_value_bytes;            /* 0 = 1 MiB */
} SchemaOptions;

/* NULL with error when a filter, a field or an attribute cannot be used. */
Schema *schema_new(const SchemaOptions *options, GError **error);
/* The same from a source's settings; server overrides the setting (what `auto` turned out to be),
 * or NULL. */
Schema *schema_new_from_settings(const SettingsGroup *settings, const char *server, GError **error);
void schema_free(Schema *schema); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Schema, schema_free)

/* Attributes to ask for by name, NULL-terminated. */
const char *const *schema_wanted(const Schema *schema);
/* Active Directory: ask for members n_values at a time, as "member;range=0-499"; before
 * schema_wanted(). Other servers know no such option and would show empty groups. */
void schema_ask_ranges(Schema *schema, size_t n_values);
size_t schema_range_values(const Schema *schema); /* 0 = as the server sends them */
/* One filter for accounts, groups, computers and foreign principals together. */
const char *schema_server_filter(const Schema *schema);
/* The filter of one kind; NULL when the family has none. */
const char *schema_filter_of(const Schema *schema, EntryKind kind);
/* Appends the attributes that a field of the setting `attributes` is read from (element-type utf8,
 * owned by the schema). */
void schema_attributes_of(const Schema *schema, const char *field, GPtrArray *attributes);
/* The same for the attributes in which a group lists its members. */
typedef enum SchemaMembers { MEMBERS_BY_DN, MEMBERS_BY_NAME, MEMBERS_BY_SID } SchemaMembers;
void schema_member_attributes(const Schema *schema, SchemaMembers by, GPtrArray *attributes);
/* Appends a sentence for everything in the settings that schema_new() would refuse. */
void schema_validate(const SettingsGroup *settings, GPtrArray *problems);

/* OpenLDAP: a password policy (policy.h): whether it locks accounts at all, and for how many
 * seconds; 0 = until somebody unlocks them. Tell of all before the first entry. */
void schema_add_policy(Schema *schema, Text dn, bool is_locking, int64_t lock_seconds);

/* ---- One entry ---- */

void schema_begin(Schema *schema, Text dn);
/* What is done with values of an attribute; NULL = not wanted, or a part of a range (see
 * schema_end). */
const SchemaRule *schema_rule(Schema *schema, Text attribute);
void schema_add(Schema *schema, const SchemaRule *rule, Text value);

typedef enum SchemaVerdict {
    SCHEMA_KEEP,    /* the entry is filled in */
    SCHEMA_EXCLUDE, /* reason is a rule: "no-name", "other-class", "filtered", "trust" */
    SCHEMA_REJECT,  /* reason is a sentence */
    SCHEMA_PARTIAL  /* reason is the attribute of which only a range was given: not a whole entry */
} SchemaVerdict;

/* Texts of the entry are those given, or live in the schema until the next schema_begin(). */
SchemaVerdict schema_end(Schema *schema, DirectoryEntry *ret_entry, const char **ret_reason);

/* Had the entry that was just ended an objectClass? (One without is no entry of a whole export.) */
bool schema_saw_class(const Schema *schema);
/* Is this an attribute that holds DNs? */
bool schema_rule_is_dn(const SchemaRule *rule);
/* The first canary that no entry so far was; NULL when all were seen. */
const char *schema_missing_canary(const Schema *schema);
