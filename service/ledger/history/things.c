#include "ledger/history/things.h"

#include "base/tasks.h"
#include "base/times.h"
#include "ledger/history/history_index.h"
#include "model/lookup.h"

#include <xxhash.h>

#define TEXT(field, column) body_text(body, field, snapshot_text(s, column[row]))

static void account_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const Accounts *a = &s->accounts;
    const LedgerPresent *present = things->present;
    uint32_t n_sids, first_sid = snapshot_sid_history(s, row, &n_sids);

    TEXT(BODY_DN, a->dn);
    TEXT(BODY_NAME, a->name);
    TEXT(BODY_UPN, a->upn);
    TEXT(BODY_MAIL, a->mail);
    TEXT(BODY_DISPLAY_NAME, a->display_name);
    TEXT(BODY_EMPLOYEE_ID, a->employee_id);
    TEXT(BODY_DEPARTMENT, a->department);
    TEXT(BODY_TITLE, a->title);
    TEXT(BODY_DESCRIPTION, a->description);
    TEXT(BODY_SID, a->sid);
    TEXT(BODY_OWNER, a->owner_text);
    TEXT(BODY_MANAGER, a->manager_text);
    TEXT(BODY_CLASS_TEXT, a->class_text);
    for (uint32_t i = 0; i < n_sids; i++)
        body_text(body, BODY_SID_HISTORY, snapshot_text(s, s->sid_history.sid[first_sid + i]));
    body_number(body, BODY_ENABLED, a->enabled[row]);
    body_number(body, BODY_ENABLED_BY, a->enabled_by[row]);
    body_number(body, BODY_LOCKED, a->locked[row]);
    body_number(body, BODY_FLAGS, a->flags[row]);
    body_time(body, BODY_EXPIRES, a->expires_utc[row]);
    body_time(body, BODY_CREATED, a->created_utc[row]);
    body_time(body, BODY_PASSWORD_CHANGED, a->password_changed_utc[row]);
    if (present->person != NULL && present->person[row] != NONE) {
        body_text(body, BODY_LINK_PERSON, snapshot_text(s, s->people.id[present->person[row]]));
        if (present->rule[row] != UINT8_MAX)
            body_text(body, BODY_LINK_RULE, present->rule_texts[present->rule[row]]);
    }
    if (present->person_link != NULL)
        body_number(body, BODY_LINKED, present->person_link[row]);
    if (present->classes != NULL)
        body_number(body, BODY_CLASS, present->classes[row] + UINT64_C(1));
    body_time(body, BODY_LAST_LOGON, a->last_logon_utc[row]);
    body_number(body, BODY_LAST_LOGON_SLACK, a->last_logon_slack[row]);
}

static void group_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const Groups *g = &s->groups;

    TEXT(BODY_DN, g->dn);
    TEXT(BODY_NAME, g->name);
    TEXT(BODY_CN, g->cn);
    TEXT(BODY_DESCRIPTION, g->description);
    TEXT(BODY_SID, g->sid);
    TEXT(BODY_OWNER, g->owner_text);
    body_number(body, BODY_FLAGS, g->flags[row]);
}

static void computer_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const Computers *c = &s->computers;

    TEXT(BODY_DN, c->dn);
    TEXT(BODY_NAME, c->name);
    TEXT(BODY_SID, c->sid);
    TEXT(BODY_HOSTNAME, c->hostname);
    TEXT(BODY_SERIAL, c->serial);
    body_number(body, BODY_ENABLED, c->enabled[row]);
    body_number(body, BODY_ENABLED_BY, c->enabled_by[row]);
    body_number(body, BODY_FLAGS, c->flags[row]);
    body_time(body, BODY_EXPIRES, c->expires_utc[row]);
    body_time(body, BODY_CREATED, c->created_utc[row]);
    body_time(body, BODY_LAST_LOGON, c->last_logon_utc[row]);
    body_number(body, BODY_LAST_LOGON_SLACK, c->last_logon_slack[row]);
}

static void foreign_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;

    TEXT(BODY_SID, s->foreigners.sid);
}

static void person_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const People *p = &s->people;

    TEXT(BODY_NAME, p->name);
    TEXT(BODY_MAIL, p->email);
    TEXT(BODY_DEPARTMENT, p->department);
    TEXT(BODY_TITLE, p->title);
    TEXT(BODY_MANAGER, p->manager_id);
    TEXT(BODY_USERNAME, p->username);
    TEXT(BODY_LOCATION, p->location);
    TEXT(BODY_KIND, p->kind);
    TEXT(BODY_STATUS_TEXT, p->status_text);
    TEXT(BODY_TIMEZONE, p->timezone);
    TEXT(BODY_SPONSOR, p->sponsor_id);
    for (uint32_t i = p->first_previous[row]; i < p->first_previous[row + 1]; i++)
        body_text(body, BODY_PREVIOUS_ID, snapshot_text(s, p->previous_ids[i]));
    body_number(body, BODY_STATUS, p->status[row]);
    body_day(body, BODY_START_DAY, p->start_day[row]);
    body_day(body, BODY_LAST_DAY, p->last_day[row]);
    body_day(body, BODY_END_DAY, p->end_day[row]);
    body_time(body, BODY_START, p->start_utc[row]);
    body_time(body, BODY_LAST_DAY_END, p->last_day_end_utc[row]);
    body_time(body, BODY_END_DAY_END, p->end_day_end_utc[row]);
    body_time(body, BODY_RECORDED, p->recorded_utc[row]);
}

static void asset_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const Assets *a = &s->assets;

    TEXT(BODY_NAME, a->name);
    TEXT(BODY_OWNER, a->owner);
    TEXT(BODY_HOSTNAME, a->hostname);
    TEXT(BODY_SERIAL, a->serial);
    TEXT(BODY_LOCATION, a->location);
    TEXT(BODY_KIND, a->kind);
    TEXT(BODY_STATUS_TEXT, a->status_text);
    TEXT(BODY_CUSTODIAN, a->custodian);
    TEXT(BODY_CLASSIFICATION, a->classification);
    for (uint32_t i = a->first_access_group[row]; i < a->first_access_group[row + 1]; i++)
        body_text(body, BODY_ACCESS_GROUP, snapshot_text(s, a->access_groups[i]));
    body_number(body, BODY_STATUS, a->status[row]);
    body_day(body, BODY_REVIEW_EVERY_DAYS,
             a->review_every_days[row] < 0 ? DAY_NONE : a->review_every_days[row]);
    body_day(body, BODY_LAST_AUDIT, day_unpacked(a->last_audit[row]));
    body_day(body, BODY_NEXT_AUDIT, day_unpacked(a->next_audit[row]));
    body_time(body, BODY_ASSIGNED, a->assigned_utc[row]);
    body_time(body, BODY_DUE_BACK, a->due_back_utc[row]);
    body_time(body, BODY_LAST_REVIEW, a->last_review_utc[row]);
}

static void approval_body(const Things *things, uint32_t row, Body *body)
{
    const Snapshot *s = things->snapshot;
    const Approvals *a = &s->approvals;

    TEXT(BODY_GROUP, a->group);
    TEXT(BODY_ACCOUNT, a->account);
    TEXT(BODY_PERSON, a->person_id);
    TEXT(BODY_APPROVED_BY, a->approved_by);
    TEXT(BODY_REFERENCE, a->reference);
    body_time(body, BODY_APPROVED, a->approved_utc[row]);
    body_time(body, BODY_APPROVAL_EXPIRES, a->expires_utc[row]);
}

/* ---- the kinds ---- */

typedef struct Kind {
    unsigned provides; /* bits: sources that may have such things */
    void (*body)(const Things *things, uint32_t row, Body *body);
} Kind;

#define OF_DIRECTORIES (PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS)

static const Kind kinds[N_HISTORY_KINDS] = {
    [HISTORY_ACCOUNT] = {OF_DIRECTORIES, account_body},
    [HISTORY_GROUP] = {OF_DIRECTORIES, group_body},
    [HISTORY_COMPUTER] = {PROVIDES_DIRECTORY, computer_body},
    [HISTORY_FOREIGN] = {OF_DIRECTORIES, foreign_body},
    [HISTORY_PERSON] = {PROVIDES_PEOPLE, person_body},
    [HISTORY_ASSET] = {PROVIDES_ASSETS, asset_body},
    [HISTORY_APPROVAL] = {PROVIDES_APPROVALS, approval_body},
    [HISTORY_MEMBERS] = {OF_DIRECTORIES, NULL},
    [HISTORY_RIGHTS] = {OF_DIRECTORIES, NULL},
};

bool things_may_have(Provides provides, HistoryKind kind)
{
    return (kinds[kind].provides & provides) != 0;
}

void things_init(Things *things, const LedgerPresent *present)
{
    *things = (Things){.present = present, .snapshot = present->snapshot};
    /* Without people nobody can tell whose an account is: what was known stays. */
    things->are_links_known = snapshot_is_complete(present->snapshot, PROVIDES_PEOPLE);
}

void things_clear(Things *things)
{
    for (size_t i = 0; i < N_PRINCIPAL_KINDS; i++)
        g_clear_pointer(&things->refs[i], g_free);
}

uint32_t things_n(const Things *things, HistoryKind kind)
{
    const Snapshot *s = things->snapshot;

    switch (kind) {
    case HISTORY_ACCOUNT:
        return s->accounts.n;
    case HISTORY_GROUP:
    case HISTORY_MEMBERS:
        return s->groups.n;
    case HISTORY_COMPUTER:
        return s->computers.n;
    case HISTORY_FOREIGN:
        return s->foreigners.n;
    case HISTORY_PERSON:
        return s->people.n;
    case HISTORY_ASSET:
        return s->assets.n;
    case HISTORY_APPROVAL:
        return s->approvals.n;
    case HISTORY_RIGHTS:
        return things->present->n_governed;
    case N_HISTORY_KINDS:
        break;
    }
    return 0;
}

uint8_t things_source(const Things *things, HistoryKind kind, uint32_t row)
{
    const Snapshot *s = things->snapshot;

    switch (kind) {
    case HISTORY_ACCOUNT:
        return s->accounts.source[row];
    case HISTORY_GROUP:
    case HISTORY_MEMBERS:
        return s->groups.source[row];
    case HISTORY_COMPUTER:
        return s->computers.source[row];
    case HISTORY_FOREIGN:
        return s->foreigners.source[row];
    case HISTORY_PERSON:
        return s->people.gone_since_run[row] > 0 ? UINT8_MAX : s->people.source[row];
    case HISTORY_ASSET:
        return s->assets.source[row];
    case HISTORY_APPROVAL:
        return s->approvals.source[row];
    case HISTORY_RIGHTS:
        return s->groups.source[things->present->governed[row]];
    case N_HISTORY_KINDS:
        break;
    }
    return UINT8_MAX;
}

const char *things_key(const Things *things, HistoryKind kind, uint32_t row)
{
    const Snapshot *s = things->snapshot;

    switch (kind) {
    case HISTORY_ACCOUNT:
        return snapshot_text(s, s->accounts.key[row]);
    case HISTORY_GROUP:
    case HISTORY_MEMBERS:
        return snapshot_text(s, s->groups.key[row]);
    case HISTORY_COMPUTER:
        return snapshot_text(s, s->computers.key[row]);
    case HISTORY_FOREIGN:
        return snapshot_text(s, s->foreigners.text[row]);
    case HISTORY_PERSON:
        return snapshot_text(s, s->people.id[row]);
    case HISTORY_ASSET:
        return snapshot_text(s, s->assets.id[row]);
    case HISTORY_APPROVAL:
        return snapshot_text(s, s->approvals.id[row]);
    case HISTORY_RIGHTS:
        return snapshot_text(s, s->groups.key[things->present->governed[row]]);
    case N_HISTORY_KINDS:
        break;
    }
    return "";
}

void things_body(const Things *things, HistoryKind kind, uint32_t row, Body *body)
{
    body_begin(body);
    kinds[kind].body(things, row, body);
}

/* ---- hashes of keys ---- */

typedef struct Hashing {
    const Things *things;
    HistoryKind kind;
    uint64_t *seeds; /* per source */
    uint64_t *refs;
    Fingerprint *fingerprints;
} Hashing;

static uint64_t *seeds_of(const Snapshot *snapshot, HistoryKind kind)
{
    uint64_t *seeds = g_new(uint64_t, snapshot->n_sources + 1);

    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        seeds[i] = history_ref_seed(snapshot->sources[i].name, kind);
    return seeds;
}

static void hash_keys(void *data, size_t begin, size_t end)
{
    const Hashing *hashing = data;

    for (size_t row = begin; row < end; row++) {
        uint8_t source = things_source(hashing->things, hashing->kind, (uint32_t)row);
        hashing->refs[row] = history_ref_seeded(
            hashing->seeds[source], things_key(hashing->things, hashing->kind, (uint32_t)row));
    }
}

void things_hash_principals(Things *things)
{
    static const HistoryKind principals[N_PRINCIPAL_KINDS] = {
        [PRINCIPAL_ACCOUNT] = HISTORY_ACCOUNT,
        [PRINCIPAL_GROUP] = HISTORY_GROUP,
        [PRINCIPAL_COMPUTER] = HISTORY_COMPUTER,
        [PRINCIPAL_FOREIGN] = HISTORY_FOREIGN,
    };

    if (things->refs[0] != NULL)
        return;
    for (size_t i = 0; i < N_PRINCIPAL_KINDS; i++) {
        uint32_t n = things_n(things, principals[i]);
        g_autofree uint64_t *seeds = seeds_of(things->snapshot, principals[i]);
        Hashing hashing = {.things = things,
                           .kind = principals[i],
                           .seeds = seeds,
                           .refs = g_new(uint64_t, (size_t)n + 1)};
        tasks_run_ranges(hash_keys, &hashing, n);
        things->refs[i] = hashing.refs;
    }
}

/* ---- lists ---- */

static inline uint64_t mixed(uint64_t number)
{
    number ^= number >> 32;
    number *= UINT64_C(0xd6e8feb86659fd93);
    number ^= number >> 29;
    number *= UINT64_C(0x9e3779b97f4a7c15);
    return number ^ number >> 32;
}

static inline uint64_t mixed_member(uint64_t ref, uint8_t via)
{
    return mixed(ref + (uint64_t)via * UINT64_C(0xbf58476d1ce4e5b9));
}

static inline uint64_t member_ref(const Things *things, Principal member)
{
    return things->refs[principal_kind(member)][principal_id(member)];
}

void things_members(const Things *things, HistoryKind kind, uint32_t row, GArray *members)
{
    const LedgerPresent *present = things->present;
    const Groups *groups = &things->snapshot->groups;
    HistoryMember member = {0};

    if (kind == HISTORY_RIGHTS) {
        for (size_t i = present->first_holder[row]; i < present->first_holder[row + 1]; i++) {
            member.ref = things->refs[PRINCIPAL_ACCOUNT][present->holders[i]];
            g_array_append_val(members, member);
        }
    } else {
        for (uint32_t i = groups->first_member[row]; i < groups->first_member[row + 1]; i++) {
            member.ref = member_ref(things, groups->members[i]);
            member.via = groups->members_via[i];
            g_array_append_val(members, member);
        }
    }
    history_members_sort(members);
}

/* A night with very many new groups writes millions of members: sorted as numbers, way by way. */
void things_list_body(const Things *things, HistoryKind kind, uint32_t row, GArray *room,
                      Body *body)
{
    const LedgerPresent *present = things->present;
    const Groups *groups = &things->snapshot->groups;
    bool is_rights = kind == HISTORY_RIGHTS;
    size_t first = is_rights ? present->first_holder[row] : groups->first_member[row];
    size_t n = (is_rights ? present->first_holder[row + 1] : groups->first_member[row + 1]) - first;
    size_t n_done = 0;

    g_array_set_size(room, (guint)(2 * n + 1));
    uint64_t *refs = (uint64_t *)(void *)room->data;
    body_begin(body);
    member_list_put_header(body);
    for (uint8_t via = 0; n_done < n; via++) {
        size_t n_here = 0;
        for (size_t i = first; i < first + n; i++) {
            if (is_rights)
                refs[n_here++] = things->refs[PRINCIPAL_ACCOUNT][present->holders[i]];
            else if (groups->members_via[i] == via)
                refs[n_here++] = member_ref(things, groups->members[i]);
        }
        member_list_put_refs(body, via, refs, refs + n, n_here);
        n_done += n_here;
    }
}

uint64_t things_list_hash(const HistoryMember *members, size_t n)
{
    uint64_t sum = n;

    for (size_t i = 0; i < n; i++)
        sum += mixed_member(members[i].ref, members[i].via);
    return sum;
}

/* The same without sorting, which an unchanged list does not need. */
static uint64_t list_hash(const Things *things, HistoryKind kind, uint32_t row)
{
    const LedgerPresent *present = things->present;
    const Groups *groups = &things->snapshot->groups;
    uint64_t sum;

    if (kind == HISTORY_RIGHTS) {
        sum = present->first_holder[row + 1] - present->first_holder[row];
        for (size_t i = present->first_holder[row]; i < present->first_holder[row + 1]; i++)
            sum += mixed_member(things->refs[PRINCIPAL_ACCOUNT][present->holders[i]], 0);
        return sum;
    }
    sum = groups->first_member[row + 1] - groups->first_member[row];
    for (uint32_t i = groups->first_member[row]; i < groups->first_member[row + 1]; i++)
        sum += mixed_member(member_ref(things, groups->members[i]), groups->members_via[i]);
    return sum;
}

/* ---- fingerprints ---- */

static bool is_unread(const Things *things, HistoryKind kind, uint32_t row)
{
    return kind == HISTORY_PERSON && things->snapshot->people.gone_since_run[row] == PERSON_UNREAD;
}

/* Could the account be used, in the two lowest bits: a change by time alone is seen, too. */
static uint64_t with_state(const Things *things, uint32_t row, uint64_t hash)
{
    const Accounts *a = &things->snapshot->accounts;

    return (hash & ~(uint64_t)FINGERPRINT_STATE) |
           (uint64_t)state_usable((State)a->enabled[row], a->expires_utc[row], a->flags[row],
                                  things->present->as_of_utc);
}

Fingerprint things_fingerprint(const Things *things, HistoryKind kind, uint32_t row,
                               uint64_t ref_seed, Body *body)
{
    uint64_t ref = history_ref_seeded(ref_seed, things_key(things, kind, row));
    Fingerprint print = {.ref = ref + (ref == 0), .row = row};

    if (is_unread(things, kind, row))
        return (Fingerprint){0};
    if (history_is_list(kind)) {
        print.hash = list_hash(things, kind, row);
        return print.hash == 0 ? (Fingerprint){0} : print; /* nobody in it: not kept */
    }
    things_body(things, kind, row, body);
    print.hash = XXH3_64bits(body->data, body->size_without_link);
    if (kind == HISTORY_ACCOUNT) {
        print.hash = with_state(things, row, print.hash);
        print.link = XXH3_64bits(body->data + body->size_without_link,
                                 body->size_without_use - body->size_without_link);
    }
    return print;
}

static void fingerprint_rows(void *data, size_t begin, size_t end)
{
    const Hashing *hashing = data;
    const Snapshot *snapshot = hashing->things->snapshot;
    g_auto(Body) body = {0};

    for (size_t row = begin; row < end; row++) {
        uint8_t source = things_source(hashing->things, hashing->kind, (uint32_t)row);
        bool is_known = source != UINT8_MAX && snapshot->sources[source].status == SOURCE_COMPLETE;
        hashing->fingerprints[row] =
            is_known ? things_fingerprint(hashing->things, hashing->kind, (uint32_t)row,
                                          hashing->seeds[source], &body)
                     : (Fingerprint){0};
    }
}

Fingerprint *things_fingerprints(const Things *things, HistoryKind kind)
{
    uint32_t n = things_n(things, kind);
    g_autofree uint64_t *seeds = seeds_of(things->snapshot, kind);
    Hashing hashing = {.things = things,
                       .kind = kind,
                       .seeds = seeds,
                       .fingerprints = g_new(Fingerprint, (size_t)n + 1)};

    tasks_run_ranges(fingerprint_rows, &hashing, n);
    return hashing.fingerprints;
}
