/* links.h: which person an account belongs to, who owns what, which computer is which asset.
 *
 * Pure function of the snapshot; every link stores the rule that made it. Two candidates are
 * ambiguous, never a guess. Cost: O(accounts + people + assets) with one hash table per rule. */
#pragma once

#include "model/snapshot.h"

typedef enum LinkAccountField {
    LINK_ACCOUNT_EMPLOYEE_ID,
    LINK_ACCOUNT_MAIL,
    LINK_ACCOUNT_NAME,
    LINK_ACCOUNT_UPN,
    LINK_ACCOUNT_DISPLAY_NAME
} LinkAccountField;
typedef enum LinkPersonField {
    LINK_PERSON_ID,
    LINK_PERSON_EMAIL,
    LINK_PERSON_USERNAME,
    LINK_PERSON_NAME
} LinkPersonField;
extern const char
    *const link_account_fields[]; /* names as the configuration has them, NULL-terminated */
extern const char *const link_person_fields[];

typedef struct LinkRule {
    LinkAccountField account;
    LinkPersonField person;
} LinkRule;

/* Somebody said whose an account is. All text; NULL is none of it. */
typedef struct ManualLink {
    const char *source, *account_key; /* as identities have them: key, else DN, else name */
    const char *person_id;
    const char *made_by; /* "manual link by jdoe on 2026-03-17: asked her" */
} ManualLink;
#define LINK_RULE_MANUAL (UINT8_MAX - 1) /* of Links.rule */

typedef enum PersonLink {
    PERSON_LINK_NONE, /* no rule found anybody */
    PERSON_LINK_ONE,
    PERSON_LINK_AMBIGUOUS, /* the first rule that matched, matched several */
    PERSON_LINK_UNKNOWN    /* cannot be told: people are incomplete */
} PersonLink;

typedef enum OwnerKind {
    OWNER_NONE, /* empty, or resolves to nothing */
    OWNER_PERSON,
    OWNER_ACCOUNT,
    OWNER_GROUP,
    OWNER_AMBIGUOUS, /* the text fits several people */
    OWNER_UNKNOWN /* resolves to nothing, but a source that might know it is not complete: cannot be
                     told */
} OwnerKind;
/* Eight bytes: every account, group and asset has one or two. */
typedef struct Owner {
    unsigned kind : 3;    /* OwnerKind */
    unsigned id : 29;     /* person, account or group; 0 otherwise */
    uint32_t next_person; /* owner_person() + 1, so that nobody is all zeros: memory of rows without
                             an owner is never touched */
} Owner;

/* The person behind it (of an owner account: its person), or NONE. */
static inline uint32_t owner_person(const Owner *owner)
{
    return owner->next_person - 1;
}

/* What an earlier run decided, per account: to be taken as it is. */
typedef struct LinkDecisions {
    const TextRef *person, *rule; /* id of the person and "employee_id = id"; 0 = none */
    const uint8_t *linked;        /* PersonLink */
} LinkDecisions;

typedef struct Links {
    const Snapshot *snapshot;
    /* accounts */
    uint8_t *person_link; /* PersonLink */
    uint32_t *person;     /* person id or NONE */
    uint8_t *rule;        /* index into rules, LINK_RULE_MANUAL, UINT8_MAX = none */
    Owner *account_owner;
    GHashTable *candidates; /* account id → GArray of person ids; only ambiguous accounts */
    /* accounts of a person: person_accounts[first_account[p] .. first_account[p + 1]) */
    uint32_t *first_account, *person_accounts;
    /* groups, assets, computers */
    Owner *group_owner;
    Owner *asset_owner, *asset_custodian;
    uint32_t
        *computer_asset; /* asset in the register (hostname or serial) or NONE; in-use assets win */
    uint32_t *asset_computer; /* computer account or NONE */
    LinkRule *rules;
    size_t n_rules;
    const ManualLink *manual;
    size_t n_manual;
    uint32_t *manual_account;       /* per manual link: the account, or NONE: it is not there */
    GHashTable *manual_of;          /* account id → index of its manual link plus one */
    GPtrArray *rule_texts;          /* (element-type utf8) what each rule is called */
    struct PeopleMaps *people_maps; /* private: of links_find_owner() */
} Links;

/* rules in their order; n_rules may be 0. The snapshot must outlive the links. Cannot fail. */
Links *links_new(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules);
/* Manual links come before all rules; they must outlive the links. One whose account or person is
 * not there is left to the rules. Cost: one pass over the accounts of their sources. */
Links *links_new_with(const Snapshot *snapshot, const LinkRule *rules, size_t n_rules,
                      const ManualLink *manual, size_t n_manual);
/* The same with accounts linked as they were; who was meant by an owner's text is looked up anew.
 */
Links *links_new_decided(const Snapshot *snapshot, const LinkDecisions *decisions);
void links_free(Links *links); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Links, links_free)
/* "employee_id = id"; NULL for UINT8_MAX. Newly allocated. */
char *links_rule_text(const Links *links, uint8_t rule);
/* The same of what linked the account (or found it ambiguous), manual links included. */
char *links_made_by(const Links *links, uint32_t account);
/* What it shows, for hashes of facts. */
uint64_t links_made_by_hash(const Links *links, uint32_t account);
/* Whom an owner, custodian or approver text means: an account or group by DN, else a person by id
 * (also a previous one), e-mail or username, else an account, else a group by name.
 * Case-insensitive. Cost: O(1), and O(people) when a table is first needed. */
Owner links_find_owner(const Links *links, const char *text);
