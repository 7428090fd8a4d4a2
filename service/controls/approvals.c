/* approvals.c: which approval carries which right. */
#include "controls/judgement.h"
#include "model/lookup.h"

#include <string.h>
#include <xxhash.h>

const char *const approval_verdicts[] = {
    "valid", "not valid yet", "ended", "nobody approved it", "approved by the account's own person",
    NULL};

static uint64_t key_of_account(uint32_t group, uint32_t account)
{
    return (uint64_t)group << 32 | account;
}
static uint64_t key_of_person(uint32_t group, uint32_t person)
{
    return (uint64_t)group << 32 | APPROVAL_KEY_OF_PERSON | person;
}

static int compare_rows(const void *a, const void *b)
{
    const ApprovalRow *left = a, *right = b;
    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->approval < right->approval ? -1 : left->approval > right->approval;
}

/* A shared account is approved by any row that names it, whatever the group: group NONE. */
static void add_shared_rows(Judgement *judgement, uint32_t approval, const GArray *accounts)
{
    for (guint a = 0; a < accounts->len; a++) {
        uint32_t account = g_array_index(accounts, uint32_t, a);
        ApprovalRow row = {key_of_account(NONE, account), approval};
        if (judgement->context->classes[account] == CLASS_SHARED)
            g_array_append_val(judgement->approvals, row);
    }
}

/* Accounts (or the person) an approval names, as keys with the group cut out. */
static void add_rows(Judgement *judgement, uint32_t approval, const GArray *groups,
                     const GArray *accounts)
{
    const Snapshot *snapshot = judgement->context->snapshot;
    const Approvals *approvals = &snapshot->approvals;
    uint32_t person = NONE;
    if (approvals->person_id[approval] != 0) {
        const char *id = snapshot_text(snapshot, approvals->person_id[approval]);
        person = person_speaking(snapshot, snapshot_find_person(snapshot, id));
    }
    for (guint g = 0; g < groups->len; g++) {
        uint32_t group = g_array_index(groups, uint32_t, g);
        for (guint a = 0; a < accounts->len; a++) {
            ApprovalRow row = {key_of_account(group, g_array_index(accounts, uint32_t, a)),
                               approval};
            g_array_append_val(judgement->approvals, row);
        }
        if (person != NONE) {
            ApprovalRow row = {key_of_person(group, person), approval};
            g_array_append_val(judgement->approvals, row);
        }
    }
}

void judgement_index_approvals(Judgement *judgement)
{
    const Snapshot *snapshot = judgement->context->snapshot;
    const Approvals *approvals = &snapshot->approvals;
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    judgement->approvals = g_array_new(FALSE, FALSE, sizeof(ApprovalRow));
    judgement->approvers = g_new0(Owner, (size_t)approvals->n + 1);
    for (uint32_t i = 0; i < approvals->n; i++) {
        judgement->approvers[i] = (Owner){.kind = OWNER_NONE, .id = 0, .next_person = 0};
        if (approvals->approved_by[i] != 0)
            judgement->approvers[i] = links_find_owner(
                judgement->context->links, snapshot_text(snapshot, approvals->approved_by[i]));
        g_array_set_size(groups, 0);
        g_array_set_size(accounts, 0);
        if (approvals->account[i] != 0)
            snapshot_find_accounts(snapshot, snapshot_text(snapshot, approvals->account[i]),
                                   accounts);
        if (approvals->group[i] != 0)
            snapshot_find_groups(snapshot, snapshot_text(snapshot, approvals->group[i]), groups);
        add_rows(judgement, i, groups, accounts);
        add_shared_rows(judgement, i, accounts);
    }
    g_array_sort(judgement->approvals, compare_rows);
}

/* Also where the approver's text resolves to nothing, but is the account's very name. */
static bool is_by_subject(const ControlContext *context, uint32_t approval, uint32_t account,
                          uint32_t person)
{
    const Snapshot *snapshot = context->snapshot;
    const Owner *approver = &context->judgement->approvers[approval];
    const char *text = snapshot_text(snapshot, snapshot->approvals.approved_by[approval]);
    if (approver->kind == OWNER_ACCOUNT && approver->id == account)
        return true;
    if (person != NONE && owner_person(approver) != NONE &&
        person_speaking(snapshot, owner_person(approver)) == person)
        return true;
    return approver->kind == OWNER_NONE &&
           g_ascii_strcasecmp(text, snapshot_text(snapshot, snapshot->accounts.name[account])) == 0;
}

ApprovalVerdict approval_verdict(const ControlContext *context, uint32_t approval, uint32_t account,
                                 uint32_t person)
{
    const Approvals *approvals = &context->snapshot->approvals;
    if (approvals->approved_by[approval] == 0)
        return APPROVAL_WITHOUT_APPROVER;
    if (is_by_subject(context, approval, account, person))
        return APPROVAL_BY_SUBJECT;
    int64_t from = approvals->approved_utc[approval], until = approvals->expires_utc[approval];
    if (from != TIME_UNKNOWN && from > context->as_of_utc)
        return APPROVAL_NOT_YET;
    return until != TIME_UNKNOWN && until <= context->as_of_utc ? APPROVAL_ENDED : APPROVAL_VALID;
}

static uint32_t first_row(const GArray *rows, uint64_t key)
{
    uint32_t low = 0, high = rows->len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g_array_index(rows, ApprovalRow, middle).key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void approvals_of(const ControlContext *context, uint32_t group, uint32_t account, uint32_t person,
                  ApprovalVisit visit, void *data)
{
    const GArray *rows = context->judgement->approvals;
    if (rows->len == 0)
        return;
    uint32_t speaking = person_speaking(context->snapshot, person);
    /* Whose own approval would not count: of a row that names the account, its person's; the owner
     * of a service account may approve it. */
    const uint32_t subjects[] = {person_speaking(context->snapshot, person_of(context, account)),
                                 speaking};
    const uint64_t keys[] = {key_of_account(group, account),
                             speaking != NONE ? key_of_person(group, speaking) : UINT64_MAX};
    for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
        for (uint32_t i = first_row(rows, keys[k]); i < rows->len; i++) {
            const ApprovalRow *row = &g_array_index(rows, ApprovalRow, i);
            if (row->key != keys[k])
                break;
            if (!visit(row->approval,
                       approval_verdict(context, row->approval, account, subjects[k]), data))
                return;
        }
    }
}

static bool stop_at_valid(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    bool *is_covered = data;
    *is_covered = verdict == APPROVAL_VALID;
    return !*is_covered;
}

bool approval_covers(const ControlContext *context, uint32_t group, uint32_t account,
                     uint32_t person)
{
    bool is_covered = false;
    approvals_of(context, group, account, person, stop_at_valid, &is_covered);
    return is_covered;
}

typedef struct Hashing {
    const ControlContext *context;
    uint64_t facts;
} Hashing;

static bool add_to_hash(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Hashing *hashing = data;
    const Approvals *approvals = &hashing->context->snapshot->approvals;
    hashing->facts = facts_text(hashing->context, hashing->facts, approvals->id[approval]);
    hashing->facts = facts_text(hashing->context, hashing->facts, approvals->approved_by[approval]);
    hashing->facts = facts_text(hashing->context, hashing->facts, approvals->reference[approval]);
    hashing->facts = facts_mix(hashing->facts, (uint64_t)verdict);
    hashing->facts = facts_mix(hashing->facts, (uint64_t)approvals->expires_utc[approval]);
    hashing->facts = facts_mix(hashing->facts, (uint64_t)approvals->approved_utc[approval]);
    return true;
}

uint64_t approvals_hash(const ControlContext *context, uint32_t group, uint32_t account,
                        uint32_t person)
{
    Hashing hashing = {context, 0};
    approvals_of(context, group, account, person, add_to_hash, &hashing);
    return hashing.facts;
}

uint64_t facts_mix(uint64_t facts, uint64_t more)
{
    return XXH3_64bits_withSeed(&more, sizeof more, facts);
}

uint64_t facts_text(const ControlContext *context, uint64_t facts, TextRef text)
{
    const char *value = snapshot_text(context->snapshot, text);
    return XXH3_64bits_withSeed(value, strlen(value), facts + 1);
}
