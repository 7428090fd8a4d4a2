/* snapshot.h: everything that was pulled for one run, normalised, in memory, frozen.
 *
 * Columns indexed by 32-bit ids, one struct of columns per kind of thing; row i of every column is
 * the same thing. Built by service/intake, read-only afterwards: everything behind it (correlate,
 * membership, controls) takes a const Snapshot. No I/O here.
 *
 * Text is a TextRef into one pool: valid UTF-8, NUL-terminated, stored once per value where that
 * pays; 0 is "not known". Unknown is never "no". Memory: about 110 bytes per account plus its
 * texts, 9 bytes per membership. */
#pragma once

#include "base/text_pool.h"

#include <rightful/record.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NONE UINT32_MAX /* no such id */

/* A reference to any thing that can be a member, a manager or an owner: kind in the two highest
 * bits, id in the others. NONE where it resolves to nothing. */
typedef uint32_t Principal;
typedef enum PrincipalKind {
    PRINCIPAL_ACCOUNT = 0,
    PRINCIPAL_GROUP = 1,
    PRINCIPAL_COMPUTER = 2,
    PRINCIPAL_FOREIGN =
        3 /* row of `foreigners`: a foreign SID, or a DN or name that no pulled entry explains */
} PrincipalKind;
static inline Principal principal_of(PrincipalKind kind, uint32_t id)
{
    return (uint32_t)kind << 30 | id;
}
static inline PrincipalKind principal_kind(Principal p)
{
    return (PrincipalKind)(p >> 30);
}
static inline uint32_t principal_id(Principal p)
{
    return p & 0x3fffffffu;
}

/* How a membership was granted; one byte beside every edge. */
typedef enum EdgeVia {
    VIA_MEMBER = 0,    /* member */
    VIA_UNIQUE_MEMBER, /* uniqueMember (read as member by the schema where the attribute is told
                          apart) */
    VIA_MEMBER_NAME,   /* memberUid */
    VIA_PRIMARY_GROUP, /* primaryGroupID, gidNumber: not in the group's own member list */
    VIA_FOREIGN,       /* a foreign principal whose SID is an account or group of another source */
    VIA_TABLE          /* the groups column of an application's account list */
} EdgeVia;
const char *edge_via_text(EdgeVia via); /* "member", "primary group", … */

typedef enum SourceStatus {
    SOURCE_COMPLETE, /* read whole and let through */
    SOURCE_INCOMPLETE,
    SOURCE_HELD, /* a guard stopped it */
    SOURCE_STALE /* read whole, but too old */
} SourceStatus;
const char *source_status_text(SourceStatus status);

/* interface.md / rulings.md: run.sources[].counts. pulled = kept + rejected + excluded. */
typedef struct SourceCounts {
    int64_t pulled, kept, rejected, excluded;
    int64_t accounts, enabled, groups, memberships, computers, people, people_active, assets,
        approvals;
} SourceCounts;

typedef struct SourceRecord {
    char *name, *kind;
    Provides provides;
    SourceStatus status;
    char *reason; /* why it is not complete; NULL when it is */
    char *digest; /* "sha256:…" or NULL */
    int64_t started_utc, finished_utc;
    int64_t newest_utc; /* newest record, or the file's time; TIME_UNKNOWN */
    SourceCounts counts;
    GPtrArray *rejections;  /* (element-type utf8) sentences with file:line or DN; the first 100 */
    GHashTable *exclusions; /* (utf8 → int64 by GINT_TO_POINTER) rule → count */
    GPtrArray *notes; /* (element-type utf8) "name=value" facts of the proof: pages, result codes,
                         bind, … */
    /* What is recorded by this directory at all; settled when the pull ended (rulings: lock_state,
     * last_use). */
    bool records_last_use;
    bool records_lock_state;
    char *domain_sid;        /* AD: SID of the domain, or NULL */
    unsigned recorded_times; /* bits of RecordedTimes (rightful/times.h) */
    uint32_t fields; /* of a table: bit i = it has a column for field i (rightful/record.h) */
} SourceRecord;

/* An owner's text is a DN in plain spelling, and no entry of its source has that DN. */
#define OWNER_NOWHERE UINT32_MAX

typedef struct Accounts {
    uint32_t n;
    TextRef *key, *dn, *name, *upn, *mail, *display_name, *employee_id, *department, *title,
        *description, *sid;
    TextRef *owner_text;   /* as the source has it: DN or other text; 0 = none */
    uint32_t *owner_entry; /* the Principal of the same source that the text is the DN of, plus one;
                              OWNER_NOWHERE; 0 = look for it */
    TextRef *manager_text; /* DN */
    TextRef *class_text;   /* class column of a table of accounts; 0 = none */
    uint8_t *source;       /* index into sources */
    uint8_t *enabled;      /* State */
    uint8_t *enabled_by;   /* EnabledBy */
    uint8_t *locked;       /* State */
    uint32_t *flags;       /* EntryFlags */
    int64_t *expires_utc;  /* TIME_NEVER, TIME_UNKNOWN */
    int64_t *created_utc, *last_logon_utc, *password_changed_utc;
    uint32_t *last_logon_slack; /* seconds */
    uint32_t *interactive_utc;  /* last interactive logon, until 2106; 0 = not shown */
} Accounts;

typedef struct Groups {
    uint32_t n;
    TextRef *key, *dn, *name, *cn, *sid, *owner_text, *description;
    uint32_t *owner_entry; /* as that of accounts */
    uint8_t *source;
    uint32_t *flags; /* EntryFlags */
    /* Members of group g: members[first_member[g] .. first_member[g + 1]), duplicates removed,
     * sorted. */
    uint32_t *first_member; /* n + 1 */
    Principal *members;
    uint8_t *members_via; /* EdgeVia */
} Groups;

typedef struct Computers {
    uint32_t n;
    TextRef *key, *dn, *name, *hostname, *serial, *sid;
    uint8_t *source, *enabled, *enabled_by;
    uint32_t *flags;
    int64_t *expires_utc, *created_utc, *last_logon_utc;
    uint32_t *last_logon_slack;
} Computers;

/* Members that are no account, group or computer of any pulled source. */
typedef struct Foreigners {
    uint32_t n;
    TextRef *text; /* the DN, name or SID as the group lists it */
    TextRef *sid;  /* 0 = no SID: dangling, "member unknown" */
    uint8_t *source;
} Foreigners;

/* sIDHistory: SIDs that accounts had before they were moved here; whoever logs on still carries
 * them. Sorted by account, so those of one stand together; few accounts have any. */
typedef struct SidHistory {
    uint32_t n;
    uint32_t *account;
    TextRef *sid;
} SidHistory;

typedef enum PersonStatus {
    PERSON_STATUS_EMPTY,
    PERSON_STATUS_ACTIVE,
    PERSON_STATUS_LEAVE,
    PERSON_STATUS_LEFT,
    PERSON_STATUS_PRE_START,
    PERSON_STATUS_OTHER
} PersonStatus;

typedef struct People {
    uint32_t n;
    TextRef *id, *name, *email, *username, *manager_id, *department, *title, *location, *kind,
        *status_text, *timezone, *sponsor_id;
    uint8_t *
        source; /* index into sources; UINT8_MAX = kept by the ledger only (gone from the roster) */
    uint8_t *status; /* PersonStatus */
    /* Days are counted since 1970-01-01, INT32_MIN = empty; the instants are their beginning
     * (start) or their end at 24:00 (others) in the person's zone, else the organisation's.
     * TIME_UNKNOWN when empty. */
    int32_t *start_day, *last_day, *end_day;
    int64_t *start_utc, *last_day_end_utc, *end_day_end_utc;
    int64_t *recorded_utc;
    /* previous_ids: row i owns previous_ids[first_previous[i] .. first_previous[i + 1]). */
    uint32_t *first_previous; /* n + 1 */
    TextRef *previous_ids;
    /* The row is only in previous_ids of another row, which speaks for it: index of that row, else
     * NONE. */
    uint32_t *next_successor; /* people_successor() + 1, a zero that takes no memory */
    /* 0 = in the roster; above 0: missing from a complete roster since that run; PERSON_UNREAD. */
    int64_t *gone_since_run;
} People;

/* The row whose previous_ids name this one, or NONE. */
static inline uint32_t people_successor(const People *people, uint32_t person)
{
    return people->next_successor[person] - 1;
}

/* The roster has a row of this person, but it was refused: who it is is known, nothing else. */
#define PERSON_UNREAD INT64_C(-1)

typedef enum AssetStatus {
    ASSET_STATUS_EMPTY,
    ASSET_STATUS_IN_USE,
    ASSET_STATUS_STOCK,
    ASSET_STATUS_LOAN,
    ASSET_STATUS_REPAIR,
    ASSET_STATUS_LOST,
    ASSET_STATUS_RETIRED,
    ASSET_STATUS_OTHER
} AssetStatus;

/* A day of a column that hardly anybody fills: empty is zero, which takes no memory. */
typedef uint32_t PackedDay;
static inline PackedDay day_packed(int32_t day) /* INT32_MIN = empty */
{
    return (uint32_t)day ^ 0x80000000u;
}
static inline int32_t day_unpacked(PackedDay day)
{
    return (int32_t)(day ^ 0x80000000u);
}

typedef struct Assets {
    uint32_t n;
    TextRef *id, *name, *kind, *status_text, *serial, *hostname, *owner, *custodian,
        *classification, *location;
    uint8_t *source, *status; /* AssetStatus */
    int64_t
        *assigned_utc; /* TIME_UNKNOWN when empty, as all below; dates count to their end, 24:00 */
    int64_t *due_back_utc, *last_review_utc;
    int32_t *review_every_days; /* -1 = not set */
    PackedDay *last_audit, *next_audit;
    uint32_t *first_access_group; /* n + 1 */
    TextRef *access_groups;       /* names, DNs or SIDs as the register has them */
} Assets;

typedef struct Approvals {
    uint32_t n;
    TextRef *id, *group, *account, *person_id, *approved_by, *reference;
    uint8_t *source;
    int64_t
        *approved_utc; /* beginning of the day in the organisation's zone; TIME_UNKNOWN = always */
    int64_t *expires_utc; /* end of the day; TIME_UNKNOWN = no end */
} Approvals;

typedef struct Snapshot {
    TextPool *text;
    SourceRecord *sources;
    uint32_t n_sources; /* at most 255 */
    Accounts accounts;
    Groups groups;
    Computers computers;
    Foreigners foreigners;
    SidHistory sid_history;
    People people;
    Assets assets;
    Approvals approvals;
    struct DnIndex *dn_index;     /* model/lookup.h */
    struct NameIndex *name_index; /* model/lookup.h */
} Snapshot;

void source_record_clear(SourceRecord *source); /* frees what is in it */
void snapshot_free(Snapshot *snapshot);         /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_free)

/* Never NULL: "" for 0. Valid as long as the snapshot. */
static inline const char *snapshot_text(const Snapshot *snapshot, TextRef ref)
{
    return text_pool_get(snapshot->text, ref);
}

/* Usable = enabled and not expired at that instant; of an account or a computer. */
State state_usable(State enabled, int64_t expires_utc, uint32_t flags, int64_t as_of_utc);

/* Where the SIDs of an account begin in sid_history, and how many they are. Cost: O(log n). */
uint32_t snapshot_sid_history(const Snapshot *snapshot, uint32_t account, uint32_t *ret_n);

/* Is at least one source that provides this configured? Are all of them complete (true when there
 * is none)? */
bool snapshot_has(const Snapshot *snapshot, Provides provides);
bool snapshot_is_complete(const Snapshot *snapshot, Provides provides);
