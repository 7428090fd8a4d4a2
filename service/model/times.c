#include "model/times.h"

struct Times {
    const Snapshot *snapshot;
    GHashTable *accounts; /* account + 1 → AccountTimes *; all unknown until it is answered */
    GHashTable *groups;   /* group + 1, asked for */
    GHashTable *granted;  /* int64_t (group, member) → int64_t */
};

static gpointer id_key(uint32_t id)
{
    return GSIZE_TO_POINTER((gsize)id + 1);
}

static int64_t edge_key(uint32_t group, Principal member)
{
    return (int64_t)((uint64_t)group << 32 | member);
}

Times *times_new(const Snapshot *snapshot)
{
    Times *times = g_new0(Times, 1);

    times->snapshot = snapshot;
    times->accounts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    times->groups = g_hash_table_new(NULL, NULL);
    times->granted = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return times;
}

void times_free(Times *times)
{
    if (times == NULL)
        return;
    g_hash_table_unref(times->accounts);
    g_hash_table_unref(times->groups);
    g_hash_table_unref(times->granted);
    g_free(times);
}

/* ---- filling ---- */

void times_ask_account(Times *times, uint32_t account)
{
    static const AccountTimes unknown = {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN};

    if (!g_hash_table_contains(times->accounts, id_key(account)))
        g_hash_table_insert(times->accounts, id_key(account), g_memdup2(&unknown, sizeof unknown));
}

void times_ask_group(Times *times, uint32_t group)
{
    g_hash_table_add(times->groups, id_key(group));
}

void times_set_account(Times *times, uint32_t account, const AccountTimes *answer)
{
    g_hash_table_insert(times->accounts, id_key(account), g_memdup2(answer, sizeof *answer));
}

void times_set_granted(Times *times, uint32_t group, Principal member, int64_t granted_utc)
{
    int64_t key = edge_key(group, member);

    g_hash_table_insert(times->granted, g_memdup2(&key, sizeof key),
                        g_memdup2(&granted_utc, sizeof granted_utc));
}

/* ---- reading ---- */

bool times_has_any(const Times *times)
{
    return times != NULL &&
           (g_hash_table_size(times->accounts) > 0 || g_hash_table_size(times->granted) > 0);
}

static const AccountTimes *account_times(const Times *times, uint32_t account)
{
    return times != NULL ? g_hash_table_lookup(times->accounts, id_key(account)) : NULL;
}

static bool keeps(const Snapshot *snapshot, uint8_t source, unsigned what)
{
    return (snapshot->sources[source].recorded_times & what) != 0;
}

static TimesAnswer answer_of(bool is_kept, bool is_asked, int64_t utc, int64_t *ret_utc)
{
    if (!is_kept)
        return TIMES_NOT_KEPT;
    if (!is_asked)
        return TIMES_NOT_ASKED;
    if (utc == TIME_UNKNOWN)
        return TIMES_NOT_GIVEN;
    *ret_utc = utc;
    return TIMES_RECORDED;
}

TimesAnswer times_disabled(const Times *times, const Snapshot *snapshot, uint32_t account,
                           int64_t *ret_utc)
{
    const AccountTimes *own = account_times(times, account);
    bool is_kept = keeps(snapshot, snapshot->accounts.source[account], RECORDS_STATE);

    return answer_of(is_kept, own != NULL, own != NULL ? own->disabled_utc : TIME_UNKNOWN, ret_utc);
}

TimesAnswer times_locked(const Times *times, const Snapshot *snapshot, uint32_t account,
                         int64_t *ret_utc)
{
    const AccountTimes *own = account_times(times, account);
    bool is_kept = keeps(snapshot, snapshot->accounts.source[account], RECORDS_LOCK);

    return answer_of(is_kept, own != NULL, own != NULL ? own->locked_utc : TIME_UNKNOWN, ret_utc);
}

/* A primary group is an attribute of the account, every other membership a value of the group's. */
static TimesAnswer granted_by_account(const Times *times, const Snapshot *snapshot,
                                      uint32_t account, int64_t *ret_utc)
{
    const AccountTimes *own = account_times(times, account);
    bool is_kept = keeps(snapshot, snapshot->accounts.source[account], RECORDS_PRIMARY_GROUP);

    return answer_of(is_kept, own != NULL, own != NULL ? own->primary_group_utc : TIME_UNKNOWN,
                     ret_utc);
}

TimesAnswer times_granted(const Times *times, const Snapshot *snapshot, Principal member,
                          uint32_t group, EdgeVia via, int64_t *ret_utc)
{
    if (via == VIA_PRIMARY_GROUP)
        return principal_kind(member) == PRINCIPAL_ACCOUNT
                   ? granted_by_account(times, snapshot, principal_id(member), ret_utc)
                   : TIMES_NOT_ASKED;
    int64_t key = edge_key(group, member);
    const int64_t *utc = times != NULL ? g_hash_table_lookup(times->granted, &key) : NULL;
    bool is_asked = times != NULL && g_hash_table_contains(times->groups, id_key(group));

    return answer_of(keeps(snapshot, snapshot->groups.source[group], RECORDS_MEMBER), is_asked,
                     utc != NULL ? *utc : TIME_UNKNOWN, ret_utc);
}

const char *times_answer_text(TimesAnswer answer)
{
    static const char *const texts[] = {
        [TIMES_RECORDED] = "recorded by the directory",
        [TIMES_NOT_KEPT] = "not recorded by this directory",
        [TIMES_NOT_ASKED] = "not asked for",
        [TIMES_NOT_GIVEN] = "not recorded, or not readable",
    };
    return texts[answer];
}
