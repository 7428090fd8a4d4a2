/* company.h: the synthetic company of the benchmark, as functions.
 *
 * Everything follows from a hash of (what is asked, which thing), so the same size gives the same
 * company on every machine, and nothing has to be remembered to write another file. Only groups are
 * planned in advance (sizes, nesting, roles), at 30 bytes a group. Values keep clear of the limits
 * of the controls by at least a day, so that two ways to count days cannot disagree. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DAY 86400
#define AS_OF_DAY 20529                               /* 2026-03-17 */
#define AS_OF (AS_OF_DAY * INT64_C(86400) + 5 * 3600) /* 05:00 UTC */
#define TEXT_SIZE 96

typedef enum AccountClass {
    ACCOUNT_PERSON,
    ACCOUNT_ADMIN,
    ACCOUNT_SERVICE,
    ACCOUNT_SHARED, /* among the service accounts */
    ACCOUNT_ORPHAN
} AccountClass;

typedef enum GroupRole {
    ROLE_NONE,
    ROLE_PRIVILEGED,
    ROLE_ENTITLEMENT,
    ROLE_SEGREGATION,
    ROLE_ACCESS
} GroupRole;

typedef struct Company {
    uint32_t n_accounts, n_persons, n_admins, n_services, n_orphans; /* accounts, in this order */
    uint32_t n_people;                                               /* rows of the roster */
    uint32_t n_groups, n_computers, n_applications, n_phones;
    uint32_t *size;        /* direct accounts of a group */
    uint8_t *level, *role; /* GroupRole */
    uint32_t *first_child,
        *child; /* groups in a group: child[first_child[g] .. first_child[g + 1]) */
    GArray *privileged, *entitlements, *sides, *access; /* (element-type guint32) groups by role;
                                                           sides holds some entitlements too */
    uint16_t *home; /* of a group: the place whose people hold it; 0 = nobody's in particular */
    uint32_t *first_person, /* people with an account, by place: */
        *person;            /* person[first_person[place] .. first_person[place + 1]) */
} Company;

Company *company_new(uint32_t n_accounts);
void company_free(Company *company);

/* Deterministic randomness: the same question has the same answer. */
typedef enum Question {
    ASK_STATE,
    ASK_LEFT_DAY,
    ASK_KIND,
    ASK_END,
    ASK_FIRST_NAME,
    ASK_LAST_NAME,
    ASK_SPELLING,
    ASK_DEPARTMENT,
    ASK_TITLE,
    ASK_MANAGER,
    ASK_NUMBER,
    ASK_LOGON,
    ASK_LOGON_AGE,
    ASK_CREATED,
    ASK_OWNER,
    ASK_OWNER_WHO,
    ASK_GROUP_OWNER,
    ASK_GROUP_OWNER_WHO,
    ASK_NESTED,
    ASK_PARENT,
    ASK_LEVEL,
    ASK_STRIDE,
    ASK_START,
    ASK_ROLE,
    ASK_COMPUTER,
    ASK_SEEN,
    ASK_ASSET,
    ASK_ASSET_STATUS,
    ASK_ASSET_OWNER,
    ASK_ASSET_OWNER_WHO,
    ASK_CUSTODIAN,
    ASK_SPELL_HOST,
    ASK_SERIAL,
    ASK_REVIEW,
    ASK_APPROVAL,
    ASK_APPROVER,
    ASK_RULE_A,
    ASK_RULE_B,
    ASK_ALLOWED,
    ASK_PHONE,
    ASK_UUID,
    ASK_UUID_LOW = ASK_UUID + 4,
    ASK_HOME,
    ASK_HOLDS,
    ASK_STRAY,
    ASK_PASSWORD,
    ASK_RECORDED,
    ASK_SPONSOR,
    ASK_UNKNOWN,
    ASK_AUDIT,
    ASK_DUE,
    ASK_CLASSIFIED
} Question;
uint64_t ask(Question question, uint64_t about);
uint64_t ask_below(Question question, uint64_t about, uint64_t limit); /* 0 .. limit - 1 */

/* ---- people: person i has id i as text of eight digits; person accounts are people 0 .. n_persons
 * - 1 ---- */

typedef struct PersonState {
    bool has_left, is_locked_out;    /* left; and the account was closed */
    bool is_contractor, is_supplier; /* a supplier is a contractor whose account is a guest's */
    bool is_on_leave;
    int64_t last_day, end_day; /* days since 1970; 0 = empty */
    int64_t recorded_day;      /* when the row was last written */
} PersonState;
PersonState company_person(uint32_t person);
void company_full_name(uint32_t person, char name[TEXT_SIZE]);
void company_mail(uint32_t person, bool in_capitals, char mail[TEXT_SIZE]);
const char *company_department(uint32_t person);
const char *company_title(uint32_t person);
extern const char *const company_departments[];
#define N_DEPARTMENTS 40
#define N_TITLES 12
/* Department and title: 1 … N_PLACES. */
#define N_PLACES (N_DEPARTMENTS * N_TITLES)
uint32_t company_place(uint32_t person);
/* People 7, 2007, … share their e-mail address with the next one; their account shows nothing else.
 */
bool company_shares_mail(uint32_t person);

/* ---- accounts ---- */

typedef struct AccountState {
    bool is_locked;
    int64_t ends;       /* pwdEndTime; 0 = none */
    int64_t last_logon; /* 0 = never */
    int64_t created, password_changed;
    bool shows_number, shows_mail;
} AccountState;
AccountClass company_class(const Company *company, uint32_t account);
uint32_t company_person_of(const Company *company,
                           uint32_t account); /* of person and admin accounts */
AccountState company_account(const Company *company, uint32_t account);
void company_account_name(const Company *company, uint32_t account, char name[TEXT_SIZE]);

typedef enum ChoiceKind { CHOICE_NONE, CHOICE_NOBODY, CHOICE_GROUP, CHOICE_ACCOUNT } ChoiceKind;
typedef struct Choice {
    ChoiceKind kind;
    uint32_t id;
} Choice;
Choice company_service_owner(const Company *company, uint32_t account);
Choice company_group_owner(const Company *company, uint32_t group);
/* Has a member that no entry explains. */
bool company_has_unknown_member(uint32_t group);

/* Direct accounts of a group, each once, in a scattered order. A group with a home has the accounts
 * of most people there, of some in a second place, and of a few strays: somebody forgot to
 * take the right away (planted: a right almost nobody of theirs holds), or it is a specialist's. */
typedef struct GroupWalk {
    uint32_t group, done;
    bool is_planted; /* the account just given is one */
    uint64_t at, stride;
} GroupWalk;
GroupWalk company_walk(const Company *company, uint32_t group);
bool company_walk_next(const Company *company, GroupWalk *walk, uint32_t *ret_account);

/* ---- computers and their assets ---- */

typedef struct ComputerState {
    bool is_registered, is_serial_only; /* in the register; there without its host name */
    const char *status;                 /* of the asset */
    bool is_replaced;                   /* retired, and a second asset in use has its host name */
    bool is_locked;
    int64_t last_seen; /* 0 = never */
} ComputerState;
ComputerState company_computer(uint32_t computer);
