#include "intake/times.h"

#include "model/dn.h"

#include <string.h>

/* How much a server's clock may be ahead of ours; a time beyond that has not been. */
#define MAX_AHEAD_SECONDS 86400

typedef struct Asking {
    const Snapshot *snapshot;
    uint8_t source;
    int64_t latest_utc;
    GArray *accounts, *groups; /* (element-type guint32) of this source, in the question's order */
    GHashTable *names;         /* normalised DN or SID → Principal + 1 */
    Times *times;
} Asking;

static int64_t sane(const Asking *asking, int64_t utc)
{
    return utc != TIME_NEVER && utc <= asking->latest_utc ? utc : TIME_UNKNOWN;
}

static void take_account(void *data, size_t index, const AccountTimes *times)
{
    const Asking *asking = data;
    AccountTimes sound = {sane(asking, times->disabled_utc), sane(asking, times->locked_utc),
                          sane(asking, times->primary_group_utc)};

    times_set_account(asking->times, g_array_index(asking->accounts, uint32_t, index), &sound);
}

/* ---- whom the directory means ---- */

static void add_name(GHashTable *names, const char *name, Principal member)
{
    g_hash_table_insert(names, g_strdup(name), GSIZE_TO_POINTER((gsize)member + 1));
}

/* A foreign security principal is a member under a DN of its own, CN=SID,…: whom it stands for is
 * found by the SID. */
static void add_member(const Asking *asking, GString *scratch, Principal member)
{
    const Snapshot *snapshot = asking->snapshot;
    uint32_t id = principal_id(member);
    const TextRef *const dns[] = {snapshot->accounts.dn, snapshot->groups.dn,
                                  snapshot->computers.dn, snapshot->foreigners.text};
    const TextRef *const sids[] = {snapshot->accounts.sid, snapshot->groups.sid,
                                   snapshot->computers.sid, snapshot->foreigners.sid};
    TextRef dn = dns[principal_kind(member)][id], sid = sids[principal_kind(member)][id];

    if (dn != 0) {
        g_string_truncate(scratch, 0);
        dn_normalise(text_of(snapshot_text(snapshot, dn)), scratch);
        add_name(asking->names, scratch->str, member);
    }
    if (sid != 0)
        add_name(asking->names, snapshot_text(snapshot, sid), member);
}

/* Only members of groups that are asked about: an index of all DNs would cost more than the
 * question. */
static void name_members(const Asking *asking)
{
    const Groups *groups = &asking->snapshot->groups;
    g_autoptr(GString) scratch = g_string_new(NULL);

    for (guint i = 0; i < asking->groups->len; i++) {
        uint32_t group = g_array_index(asking->groups, uint32_t, i);
        for (uint32_t m = groups->first_member[group]; m < groups->first_member[group + 1]; m++)
            add_member(asking, scratch, groups->members[m]);
    }
}

static Principal find_name(const Asking *asking, const char *name)
{
    gpointer found = g_hash_table_lookup(asking->names, name);

    return found != NULL ? (Principal)(GPOINTER_TO_SIZE(found) - 1) : NONE;
}

static Principal find_member(const Asking *asking, Text dn)
{
    g_autoptr(GString) normalised = g_string_new(NULL);
    const char *comma = memchr(dn.data, ',', dn.length);

    dn_normalise(dn, normalised);
    Principal member = find_name(asking, normalised->str);
    if (member != NONE || comma == NULL || dn.length < 7 ||
        g_ascii_strncasecmp(dn.data, "CN=S-1-", 7) != 0)
        return member;
    g_autofree char *sid = g_ascii_strup(dn.data + 3, comma - dn.data - 3);
    return find_name(asking, sid);
}

static void take_member(void *data, size_t group, Text dn, int64_t granted_utc)
{
    const Asking *asking = data;
    Principal member = find_member(asking, dn);

    if (member != NONE && sane(asking, granted_utc) != TIME_UNKNOWN)
        times_set_granted(asking->times, g_array_index(asking->groups, uint32_t, group), member,
                          granted_utc);
}

/* ---- the question ---- */

static GArray *of_source(const GArray *ids, const uint8_t *source_of, uint8_t source)
{
    GArray *own = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < ids->len; i++) {
        uint32_t id = g_array_index(ids, uint32_t, i);
        if (source_of[id] == source)
            g_array_append_val(own, id);
    }
    return own;
}

/* Where only locks are recorded, only accounts that are locked are worth a question. */
static void drop_unlocked(const Snapshot *snapshot, GArray *accounts)
{
    guint n = 0;

    for (guint i = 0; i < accounts->len; i++) {
        uint32_t account = g_array_index(accounts, uint32_t, i);
        if (snapshot->accounts.locked[account] == STATE_YES)
            g_array_index(accounts, uint32_t, n++) = account;
    }
    g_array_set_size(accounts, n);
}

/* The greatest cost is the number of memberships: the groups are cut where there are too many. */
static void limit(Asking *asking)
{
    const uint32_t *first = asking->snapshot->groups.first_member;
    uint64_t n_members = 0;
    guint n = 0;

    if (asking->accounts->len > INTAKE_MAX_TIMES)
        g_array_set_size(asking->accounts, INTAKE_MAX_TIMES);
    for (guint i = 0; i < asking->groups->len; i++) {
        uint32_t group = g_array_index(asking->groups, uint32_t, i);
        n_members += first[group + 1] - first[group];
        if (n_members > INTAKE_MAX_TIMES)
            n_members -= first[group + 1] - first[group];
        else
            g_array_index(asking->groups, uint32_t, n++) = group;
    }
    g_array_set_size(asking->groups, n);
}

static TimesSubject *subjects_of(const Snapshot *snapshot, const GArray *ids, const TextRef *dn,
                                 const TextRef *key)
{
    TimesSubject *subjects = g_new(TimesSubject, (gsize)ids->len + 1);

    for (guint i = 0; i < ids->len; i++) {
        uint32_t id = g_array_index(ids, uint32_t, i);
        subjects[i] =
            (TimesSubject){snapshot_text(snapshot, dn[id]), snapshot_text(snapshot, key[id])};
    }
    return subjects;
}

static void ask(Asking *asking, const SettingsSource *source, GPtrArray *messages)
{
    const Snapshot *snapshot = asking->snapshot;
    g_autofree TimesSubject *accounts =
        subjects_of(snapshot, asking->accounts, snapshot->accounts.dn, snapshot->accounts.key);
    g_autofree TimesSubject *groups =
        subjects_of(snapshot, asking->groups, snapshot->groups.dn, snapshot->groups.key);
    TimesQuestion question = {.accounts = accounts,
                              .groups = groups,
                              .n_accounts = asking->accounts->len,
                              .n_groups = asking->groups->len,
                              .account = take_account,
                              .member = take_member,
                              .data = asking};
    g_autoptr(GError) error = NULL;

    name_members(asking);
    for (guint i = 0; i < asking->accounts->len; i++)
        times_ask_account(asking->times, g_array_index(asking->accounts, uint32_t, i));
    for (guint i = 0; i < asking->groups->len; i++)
        times_ask_group(asking->times, g_array_index(asking->groups, uint32_t, i));
    if (!source->connector->pull_times(&source->source, &question, &error))
        g_ptr_array_add(messages, g_strdup_printf("%s: %s", source->source.name, error->message));
}

Times *intake_pull_times(const Settings *settings, const Snapshot *snapshot, const GArray *accounts,
                         const GArray *groups, GPtrArray *messages)
{
    Times *times = times_new(snapshot);

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SettingsSource *source = &settings->sources[i];
        const SourceRecord *record = &snapshot->sources[i];
        if (record->status != SOURCE_COMPLETE || record->recorded_times == 0 ||
            source->connector->pull_times == NULL)
            continue;
        g_autoptr(GArray) own_accounts = of_source(accounts, snapshot->accounts.source, (uint8_t)i);
        g_autoptr(GArray) own_groups = of_source(groups, snapshot->groups.source, (uint8_t)i);
        g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Asking asking = {.snapshot = snapshot,
                         .source = (uint8_t)i,
                         .latest_utc = g_get_real_time() / G_USEC_PER_SEC + MAX_AHEAD_SECONDS,
                         .accounts = own_accounts,
                         .groups = own_groups,
                         .names = names,
                         .times = times};
        if ((record->recorded_times & RECORDS_MEMBER) == 0)
            g_array_set_size(own_groups, 0);
        if ((record->recorded_times & ~(unsigned)(RECORDS_LOCK | RECORDS_MEMBER)) == 0)
            drop_unlocked(snapshot, own_accounts);
        limit(&asking);
        if (own_accounts->len > 0 || own_groups->len > 0)
            ask(&asking, source, messages);
    }
    return times;
}
