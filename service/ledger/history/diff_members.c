/* diff_members.c: memberships and effective rights that were granted and removed. */
#include "ledger/history/diff_private.h"

#include <string.h>

/* One member of one group that is not what it was. Lists know members by hashes only; who that is
 * is found out for all at once. */
typedef struct MemberChange {
    char *group; /* key */
    uint64_t ref;
    int before, after; /* EdgeVia, -1 = no member */
    int64_t run;       /* of the newest change */
} MemberChange;

typedef struct Member {
    char *name, *key;
} Member;

typedef struct MembersDiff {
    ThingsDiff *diff;
    HistoryKind kind;
    GArray *changes;     /* (element-type MemberChange) */
    GHashTable *touched; /* keys of groups */
    GHashTable *members; /* ref, as pointer to uint64_t → Member, empty until it is found */
    GHashTable *groups;  /* key → name */
    /* while members are looked for */
    const char *source;
    HistoryKind member_kind;
} MembersDiff;

static void change_clear(gpointer change)
{
    g_free(((MemberChange *)change)->group);
}

static void member_free(gpointer data)
{
    Member *member = data;
    g_free(member->name);
    g_free(member->key);
    g_free(member);
}

/* ---- what changed ---- */

static bool note_group(const HistoryVersion *version, void *data, GError **error)
{
    (void)error;
    g_hash_table_add(data, g_strdup(version->key));
    return true;
}

typedef struct Versions {
    const ThingsDiff *diff;
    GArray *now, *before; /* (element-type HistoryMember) before: after the earlier run */
    GHashTable *runs;     /* ref → run of its newest change after that, as pointers */
    bool is_before;       /* before is still to be taken */
} Versions;

static bool is_in(const GArray *members, const HistoryMember *member)
{
    return bsearch(member, members->data, members->len, sizeof *member, history_member_compare) !=
           NULL;
}

static void note_runs(const Versions *versions, const GArray *members, const GArray *others,
                      int64_t run)
{
    for (guint i = 0; i < members->len; i++) {
        const HistoryMember *member = &g_array_index(members, HistoryMember, i);
        if (!is_in(others, member))
            g_hash_table_insert(versions->runs, g_memdup2(&member->ref, sizeof member->ref),
                                g_memdup2(&run, sizeof run));
    }
}

static bool add_version(const HistoryVersion *version, void *data, GError **error)
{
    Versions *versions = data;
    bool is_later = version->run > versions->diff->earlier;

    if (is_later && versions->is_before) {
        versions->is_before = false;
        g_array_append_vals(versions->before, versions->now->data, versions->now->len);
    }
    g_autoptr(GArray) was = g_array_copy(versions->now);
    if (!member_list_add(versions->now, version->body, version->run)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "the history of source '%s' is damaged. Restore the ledger from a backup.",
                    versions->diff->source);
        return false;
    }
    if (is_later) {
        note_runs(versions, was, versions->now, version->run);
        note_runs(versions, versions->now, was, version->run);
    }
    return true;
}

static void add_change(MembersDiff *members, const Versions *versions, const char *group,
                       const HistoryMember *before, const HistoryMember *after)
{
    uint64_t ref = before ? before->ref : after->ref;
    const int64_t *run = g_hash_table_lookup(versions->runs, &ref);
    MemberChange change = {.group = g_strdup(group),
                           .ref = ref,
                           .before = before ? before->via : -1,
                           .after = after ? after->via : -1,
                           .run = run ? *run : 0};

    g_array_append_val(members->changes, change);
    if (!g_hash_table_contains(members->members, &ref))
        g_hash_table_insert(members->members, g_memdup2(&ref, sizeof ref), g_new0(Member, 1));
}

/* The first of one ref is how it was granted: lists are by ref, then via. */
static guint next_ref(const GArray *list, guint i)
{
    uint64_t ref = g_array_index(list, HistoryMember, i).ref;

    while (i < list->len && g_array_index(list, HistoryMember, i).ref == ref)
        i++;
    return i;
}

static void compare_lists(MembersDiff *members, const Versions *versions, const char *group)
{
    const GArray *before = versions->before, *after = versions->now;
    guint i = 0, j = 0;

    while (i < before->len || j < after->len) {
        const HistoryMember *was =
            i < before->len ? &g_array_index(before, HistoryMember, i) : NULL;
        const HistoryMember *is = j < after->len ? &g_array_index(after, HistoryMember, j) : NULL;
        bool is_first = was && (!is || was->ref <= is->ref);
        bool is_second = is && (!was || is->ref <= was->ref);
        if (!is_first || !is_second || was->via != is->via)
            add_change(members, versions, group, is_first ? was : NULL, is_second ? is : NULL);
        if (is_first)
            i = next_ref(before, i);
        if (is_second)
            j = next_ref(after, j);
    }
}

static bool compare_group(MembersDiff *members, const char *group, GError **error)
{
    ThingsDiff *diff = members->diff;
    g_autoptr(GArray) now = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    g_autoptr(GHashTable) runs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    Versions versions = {diff, now, before, runs, true};

    if (!history_versions(diff->store, diff->source, members->kind, group, diff->later, add_version,
                          &versions, error))
        return false;
    compare_lists(members, &versions, group);
    return true;
}

/* ---- who that is ---- */

static char *name_in(Text body, const char *key)
{
    Text name = body_get_text(body, BODY_NAME);
    return name.length > 0 ? g_strndup(name.data, name.length) : g_strdup(key);
}

static bool note_member(const HistoryVersion *version, void *data, GError **error)
{
    const MembersDiff *members = data;
    uint64_t ref = history_ref(members->source, members->member_kind, version->key);
    Member *member = g_hash_table_lookup(members->members, &ref);

    (void)error;
    if (member && version->body.data) {
        g_free(member->name);
        g_free(member->key);
        member->name = name_in(version->body, version->key);
        member->key = g_strdup(version->key);
    }
    return true;
}

static bool note_group_name(const HistoryVersion *version, void *data, GError **error)
{
    const MembersDiff *members = data;

    (void)error;
    if (version->body.data && g_hash_table_contains(members->touched, version->key))
        g_hash_table_insert(members->groups, g_strdup(version->key),
                            name_in(version->body, version->key));
    return true;
}

/* Members may be of any source. */
static bool find_members(MembersDiff *members, GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Statement) rows = store_prepare(
        members->diff->store, "SELECT source FROM history_source ORDER BY source", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        g_ptr_array_add(sources, g_strdup(statement_text(rows, 0)));
    if (step != STORE_DONE)
        return false;
    for (guint i = 0; i < sources->len; i++) {
        members->source = sources->pdata[i];
        for (HistoryKind kind = HISTORY_ACCOUNT; kind <= HISTORY_FOREIGN; kind++) {
            members->member_kind = kind;
            if (!history_scan(members->diff->store, members->source, kind, 0, members->diff->later,
                              note_member, members, error))
                return false;
        }
    }
    return history_scan(members->diff->store, members->diff->source, HISTORY_GROUP, 0,
                        members->diff->later, note_group_name, members, error);
}

/* ---- told ---- */

static json_t *via_json(HistoryKind kind, int via)
{
    if (via < 0)
        return json_null();
    return json_string(kind == HISTORY_RIGHTS ? "effective" : edge_via_text((EdgeVia)via));
}

static void tell(MembersDiff *members, const MemberChange *change)
{
    const Member *member = g_hash_table_lookup(members->members, &change->ref);
    const char *group = g_hash_table_lookup(members->groups, change->group);
    bool is_granted = change->before < 0, is_removed = change->after < 0;

    diff_add(members->diff,
             &(ThingChange){.kind = members->kind == HISTORY_RIGHTS ? "right" : "membership",
                            .name = member->name ? member->name : "?",
                            .key = member->key,
                            .object = group ? group : change->group,
                            .field = is_granted || is_removed ? "member" : "via",
                            .change = is_granted   ? "granted"
                                      : is_removed ? "removed"
                                                   : "changed",
                            .undone = is_granted   ? "removed"
                                      : is_removed ? "granted"
                                                   : "changed",
                            .before = via_json(members->kind, change->before),
                            .after = via_json(members->kind, change->after),
                            .run = change->run});
}

static bool compare_groups(MembersDiff *members, GError **error)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, members->touched);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (!compare_group(members, key, error))
            return false;
    }
    if (members->changes->len > 0 && !find_members(members, error))
        return false;
    for (guint i = 0; i < members->changes->len; i++)
        tell(members, &g_array_index(members->changes, MemberChange, i));
    return true;
}

bool diff_members(ThingsDiff *diff, HistoryKind kind, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(MemberChange));
    g_autoptr(GHashTable) touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) refs =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, member_free);
    g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    MembersDiff members = {.diff = diff,
                           .kind = kind,
                           .changes = changes,
                           .touched = touched,
                           .members = refs,
                           .groups = groups};

    g_array_set_clear_func(changes, change_clear);
    return history_scan(diff->store, diff->source, kind, diff->earlier, diff->later, note_group,
                        touched, error) &&
           compare_groups(&members, error);
}
