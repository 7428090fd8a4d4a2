/* judgement.h: what several controls must know, worked out once per run.
 *
 * Whether a person has left, whether an account can be used, who is privileged and through what,
 * and which approvals name which right. Private to controls, but for person_left_at(), which `run`
 * asks too. Cost: O(accounts + people + approvals) and one walk of every privileged group. */
#pragma once

#include "controls/control.h"

/* An account that is in a privileged group, by the nearest rule (docs/controls.md). */
typedef struct PrivilegedRight {
    uint32_t account, group;
    uint64_t path; /* hash of the way, as effective_path_hash() */
} PrivilegedRight;

typedef struct ApprovalRow {
    uint64_t key; /* group in the upper half; account, or person and APPROVAL_KEY_OF_PERSON */
    uint32_t approval;
} ApprovalRow;
#define APPROVAL_KEY_OF_PERSON (1u << 31)
static inline bool approval_row_is_of_person(const ApprovalRow *row)
{
    return (row->key & APPROVAL_KEY_OF_PERSON) != 0;
}

struct AllowedLine;   /* allowed.h */
struct AssetClusters; /* asset_duplicates.c */

/* What was said already about a source in the control under evaluation. */
enum { SAID_STATE = 1, SAID_LAST_USE = 2, SAID_OTHER = 4 };

typedef struct Judgement {
    ControlContext *context;
    int64_t *left_utc; /* per person: TIME_NEVER = has not left; TIME_UNKNOWN = left, nobody knows
                          when */
    uint8_t *usable;   /* State per account: enabled and not expired */
    uint8_t *computer_usable; /* State per computer */
    GArray *privileged;       /* (element-type PrivilegedRight) group by group */
    uint32_t *first_right,
        *rights_of;    /* rows of account a: rights_of[first_right[a] .. first_right[a + 1]) */
    GArray *approvals; /* (element-type ApprovalRow) sorted */
    Owner *approvers;  /* per approval: whom approved_by means */
    struct AllowedLine *allowed;          /* per entitlement */
    struct AssetClusters *asset_clusters; /* filled when asset-duplicate is judged */
    uint8_t *review_faults; /* per decision of reviews; filled when review-invalid is judged */
    uint64_t *limits_of;    /* per control: hash of its limits */
    /* the control under evaluation */
    Severity severity;
    uint8_t said[256];        /* per source */
    GHashTable *reasons;      /* reason → index into FindingSet.reasons, plus one */
    GHashTable *said_control; /* reasons of the whole control */
    GHashTable *said_subject; /* subjects, with their type in the upper half: once each */
    GHashTable *
        *present; /* per source: keys of what is in the snapshot; made when first asked for */
    /* for sentences: its own walker, so that the last walk is known */
    Effective *walker;
    uint32_t walked_group;
    const Bitset *walked_stops;
    struct Peers *peers; /* peers.h: made when first asked for */
} Judgement;

Judgement *judgement_new(ControlContext *context);
/* What belongs to the control under evaluation, and the walker; of a copy, whose other fields are
 * borrowed. */
void judgement_begin(Judgement *judgement);
void judgement_end(Judgement *judgement);
void judgement_free(Judgement *judgement); /* NULL is fine */

/* Sources that provide one of these and are not complete. */
bool sources_incomplete(const Snapshot *snapshot, unsigned provides);
bool sources_configured(const Snapshot *snapshot, unsigned provides);

/* Says what is missing; false when the control cannot be judged at all. In needs.c. */
bool control_needs_are_met(ControlContext *context);

/* Says of a source why it cannot be judged, once for what (SAID_…). */
void unjudged_once(ControlContext *context, uint32_t source, int what, const char *fact);
/* Has the source's table a column for this field (of rightful/record.h)? If not, says so, once for
 * the source, and is false. One field a control. */
bool column_known(ControlContext *context, uint32_t source, unsigned field);

/* ---- people ---- */

/* The row that speaks for a person whose id is only in previous_ids of another; else itself. NONE
 * stays NONE. */
uint32_t person_speaking(const Snapshot *snapshot, uint32_t person);
/* See Judgement.left_utc. */
int64_t person_left_at(const Snapshot *snapshot, uint32_t person, int64_t as_of_utc);
static inline bool person_has_left(const ControlContext *context, uint32_t person)
{
    return person != NONE && context->judgement->left_utc[person] != TIME_NEVER;
}
/* The person an account belongs to for certain, or NONE. */
static inline uint32_t person_of(const ControlContext *context, uint32_t account)
{
    return context->links->person_link[account] == PERSON_LINK_ONE ? context->links->person[account]
                                                                   : NONE;
}
/* The roster's row of the person was refused: whether they have left is not known. */
#define REASON_PERSON_UNREAD "the roster's record of the person was rejected"
bool person_is_unread(const Snapshot *snapshot, uint32_t person);
/* Works here now: in the roster, begun and not left (on leave is active); speaks for itself. */
bool person_is_active(const ControlContext *context, uint32_t person);
bool person_is_contractor(const Snapshot *snapshot, uint32_t person);
/* End of the contract: end_date, else the last working day. TIME_UNKNOWN: open, or of an earlier
 * contract. */
int64_t person_contract_end(const ControlContext *context, uint32_t person);
/* Has started and has not left, in a row that speaks for the person and was read; also who is on
 * leave. */
bool person_is_at_work(const ControlContext *context, uint32_t person);
/* Several people match the account, and one of them has left. */
bool ambiguous_with_leaver(const ControlContext *context, uint32_t account);

/* Is more than limit over? With no limit the very instant counts. */
static inline bool limit_is_over(int64_t elapsed_seconds, int64_t limit_seconds)
{
    return elapsed_seconds > limit_seconds || (limit_seconds == 0 && elapsed_seconds == 0);
}
/* Is more than limit over since the instant? An unknown instant passes every limit. */
static inline bool time_is_over(const ControlContext *context, int64_t since_utc,
                                int64_t limit_seconds)
{
    return since_utc == TIME_UNKNOWN ||
           limit_is_over(context->as_of_utc - since_utc, limit_seconds);
}

/* ---- accounts ---- */

#define CLASS_BIT(account_class) (1u << (account_class))
#define CLASSES_OF_PEOPLE                                                                          \
    (CLASS_BIT(CLASS_PERSON) | CLASS_BIT(CLASS_ADMIN) | CLASS_BIT(CLASS_GUEST))
#define CLASSES_WITH_OWNER (CLASS_BIT(CLASS_SERVICE) | CLASS_BIT(CLASS_SHARED))

static inline bool account_is_of(const ControlContext *context, uint32_t account, unsigned classes)
{
    return (classes >> context->classes[account] & 1) != 0;
}
static inline bool account_is_privileged(const ControlContext *context, uint32_t account)
{
    return bitset_has(&context->governed->privileged_accounts, account);
}
/* Can it be used? Where that is unknown, says so for the account (or once for its source) and is
 * false. */
bool account_must_be_usable(ControlContext *context, uint32_t account);
/* The same, whether expired or not. */
bool account_must_be_enabled(ControlContext *context, uint32_t account);
bool computer_must_be_usable(ControlContext *context, uint32_t computer);
/* Is the last use known (TIME_NEVER is known)? If not, says so and is false. */
bool account_last_use_known(ControlContext *context, uint32_t account);
bool computer_last_use_known(ControlContext *context, uint32_t computer);

/* ---- owners ---- */

typedef enum OwnerState {
    OWNER_STATE_EMPTY,  /* the source names nobody */
    OWNER_STATE_NOBODY, /* it names somebody, and that is nobody we know */
    OWNER_STATE_HERE,
    OWNER_STATE_LEFT,
    OWNER_STATE_DISABLED, /* his account is disabled or expired */
    OWNER_STATE_UNKNOWN
} OwnerState;
typedef struct OwnerVerdict {
    OwnerState state;
    int64_t since_utc;  /* LEFT: TIME_UNKNOWN where nobody knows */
    const char *reason; /* UNKNOWN: static text */
} OwnerVerdict;
/* with_accounts: a person all of whose accounts are disabled or expired counts as gone. */
OwnerVerdict owner_judge(const ControlContext *context, const Owner *owner, TextRef text,
                         bool with_accounts);

/* It cannot be told who the owner is (not: whether he is still here). */
static inline bool owner_is_untold(const Owner *owner, const OwnerVerdict *verdict)
{
    return verdict->state == OWNER_STATE_UNKNOWN && owner_person(owner) == NONE &&
           owner->kind != OWNER_ACCOUNT;
}

/* ---- approvals ---- */

typedef enum ApprovalVerdict {
    APPROVAL_VALID,
    APPROVAL_NOT_YET,
    APPROVAL_ENDED,
    APPROVAL_WITHOUT_APPROVER,
    APPROVAL_BY_SUBJECT
} ApprovalVerdict;
extern const char *const approval_verdicts[];
/* Of an approval for the account; person: who must not be the approver, or NONE. */
ApprovalVerdict approval_verdict(const ControlContext *context, uint32_t approval, uint32_t account,
                                 uint32_t person);
/* Called for each approval that names the right, until it returns false. For group NONE: that names
 * a shared account, whatever the group. */
typedef bool (*ApprovalVisit)(uint32_t approval, ApprovalVerdict verdict, void *data);
/* person: NONE, or whose right it is; approvals by person_id count for him. */
void approvals_of(const ControlContext *context, uint32_t group, uint32_t account, uint32_t person,
                  ApprovalVisit visit, void *data);
bool approval_covers(const ControlContext *context, uint32_t group, uint32_t account,
                     uint32_t person);
/* Hash of what evidence shows of them. */
uint64_t approvals_hash(const ControlContext *context, uint32_t group, uint32_t account,
                        uint32_t person);
void judgement_index_approvals(Judgement *judgement);

/* ---- governed kinds ---- */

const Bitset *governed_kind(const Governed *governed, GovernedKind kind);
/* What a walk for rights of that kind does not enter: the groups of the kind, and crowds. */
const Bitset *governed_stops(const Governed *governed, GovernedKind kind);
/* When a run first saw that the group is governed; TIME_UNKNOWN = none before this one. */
int64_t governed_first_seen(const ControlContext *context, uint32_t group);
/* Lines of `entitlements` that name the group. (element-type guint32), owned by the caller. */
GArray *governed_entitlements_of(const Governed *governed, uint32_t group);
/* Configuration lines that fit no group: what rests on them is not evaluable. */
/* "no group is called", or what can be said of it while a directory is not complete. */
const char *governed_nothing_is_called(const Governed *governed);
void unjudged_privileged_names(ControlContext *context);
void unjudged_entitlement_names(ControlContext *context);
void unjudged_segregation_names(ControlContext *context);
/* These three, for controls about every governed group. */
void unjudged_governed_names(ControlContext *context);
void unjudged_class_names(ControlContext *context);

/* ---- assets that share a serial number or a hostname ---- */

struct AssetClusters *asset_clusters_new(void);
void asset_clusters_free(struct AssetClusters *clusters);

uint64_t facts_mix(uint64_t facts, uint64_t more);
uint64_t facts_text(const ControlContext *context, uint64_t facts, TextRef text);
