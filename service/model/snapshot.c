#include "model/snapshot.h"

#include "model/lookup.h"

const char *edge_via_text(EdgeVia via)
{
    switch (via) {
    case VIA_MEMBER:
        return "member";
    case VIA_UNIQUE_MEMBER:
        return "uniqueMember";
    case VIA_MEMBER_NAME:
        return "memberUid";
    case VIA_PRIMARY_GROUP:
        return "primary group";
    case VIA_FOREIGN:
        return "foreign principal";
    case VIA_TABLE:
        return "groups column";
    }
    return "member";
}

const char *source_status_text(SourceStatus status)
{
    switch (status) {
    case SOURCE_COMPLETE:
        return "complete";
    case SOURCE_INCOMPLETE:
        return "incomplete";
    case SOURCE_HELD:
        return "held";
    case SOURCE_STALE:
        return "stale";
    }
    return "incomplete";
}

bool snapshot_has(const Snapshot *snapshot, Provides provides)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        if ((snapshot->sources[i].provides & provides) != 0)
            return true;
    return false;
}

bool snapshot_is_complete(const Snapshot *snapshot, Provides provides)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        if ((snapshot->sources[i].provides & provides) != 0 &&
            snapshot->sources[i].status != SOURCE_COMPLETE)
            return false;
    return true;
}

State state_usable(State enabled, int64_t expires_utc, uint32_t flags, int64_t as_of_utc)
{
    if (enabled == STATE_NO)
        return STATE_NO;
    if (expires_utc != TIME_NEVER && expires_utc != TIME_UNKNOWN && expires_utc <= as_of_utc)
        return STATE_NO;
    /* No expiry in a source that records none is no doubt; a value that makes no sense is. */
    return (flags & ENTRY_EXPIRES_UNREADABLE) != 0 ? STATE_UNKNOWN : enabled;
}

/* ---- release ---- */

void source_record_clear(SourceRecord *source)
{
    g_free(source->name);
    g_free(source->kind);
    g_free(source->reason);
    g_free(source->digest);
    g_free(source->domain_sid);
    g_clear_pointer(&source->rejections, g_ptr_array_unref);
    g_clear_pointer(&source->exclusions, g_hash_table_unref);
    g_clear_pointer(&source->notes, g_ptr_array_unref);
}

static void free_all(void *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_free(columns[i]);
}
#define FREE_COLUMNS(...)                                                                          \
    free_all((void *const[]){__VA_ARGS__}, sizeof((void *const[]){__VA_ARGS__}) / sizeof(void *))

static void accounts_clear(Accounts *a)
{
    FREE_COLUMNS(a->key, a->dn, a->name, a->upn, a->mail, a->display_name, a->employee_id,
                 a->department, a->title, a->description, a->sid, a->owner_text, a->owner_entry,
                 a->manager_text, a->class_text, a->source, a->enabled, a->enabled_by, a->locked,
                 a->flags, a->expires_utc, a->created_utc, a->last_logon_utc,
                 a->password_changed_utc, a->last_logon_slack, a->interactive_utc);
}

static void groups_clear(Groups *g)
{
    FREE_COLUMNS(g->key, g->dn, g->name, g->cn, g->sid, g->owner_text, g->owner_entry,
                 g->description, g->source, g->flags, g->first_member, g->members, g->members_via);
}

static void computers_clear(Computers *c)
{
    FREE_COLUMNS(c->key, c->dn, c->name, c->hostname, c->serial, c->sid, c->source, c->enabled,
                 c->enabled_by, c->flags, c->expires_utc, c->created_utc, c->last_logon_utc,
                 c->last_logon_slack);
}

static void people_clear(People *p)
{
    FREE_COLUMNS(p->id, p->name, p->email, p->username, p->manager_id, p->department, p->title,
                 p->location, p->kind, p->status_text, p->timezone, p->sponsor_id, p->source,
                 p->status, p->start_day, p->last_day, p->end_day, p->start_utc,
                 p->last_day_end_utc, p->end_day_end_utc, p->recorded_utc, p->first_previous,
                 p->previous_ids, p->next_successor, p->gone_since_run);
}

static void assets_clear(Assets *a)
{
    FREE_COLUMNS(a->id, a->name, a->kind, a->status_text, a->serial, a->hostname, a->owner,
                 a->custodian, a->classification, a->location, a->source, a->status,
                 a->assigned_utc, a->due_back_utc, a->last_review_utc, a->review_every_days,
                 a->last_audit, a->next_audit, a->first_access_group, a->access_groups);
}

static void approvals_clear(Approvals *a)
{
    FREE_COLUMNS(a->id, a->group, a->account, a->person_id, a->approved_by, a->reference, a->source,
                 a->approved_utc, a->expires_utc);
}

void snapshot_free(Snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    snapshot_free_indexes(snapshot);
    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        source_record_clear(&snapshot->sources[i]);
    g_free(snapshot->sources);
    accounts_clear(&snapshot->accounts);
    groups_clear(&snapshot->groups);
    computers_clear(&snapshot->computers);
    FREE_COLUMNS(snapshot->foreigners.text, snapshot->foreigners.sid, snapshot->foreigners.source);
    FREE_COLUMNS(snapshot->sid_history.account, snapshot->sid_history.sid);
    people_clear(&snapshot->people);
    assets_clear(&snapshot->assets);
    approvals_clear(&snapshot->approvals);
    text_pool_free(snapshot->text);
    g_free(snapshot);
}

static uint32_t first_history_from(const SidHistory *history, uint32_t account)
{
    uint32_t begin = 0, end = history->n;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (history->account[middle] < account)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

uint32_t snapshot_sid_history(const Snapshot *snapshot, uint32_t account, uint32_t *ret_n)
{
    uint32_t begin = first_history_from(&snapshot->sid_history, account);
    *ret_n = first_history_from(&snapshot->sid_history, account + 1) - begin;
    return begin;
}
