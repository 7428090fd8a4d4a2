#include "ledger/history/recall.h"

#include "ledger/history/history_index.h"
#include "ledger/ledger_private.h"
#include "ledger/seen.h"

#include <string.h>

static void kind_recall_clear(void *data)
{
    g_array_unref(((KindRecall *)data)->changes);
}

static void stopped_clear(void *data)
{
    g_free(((StoppedChange *)data)->key);
}

static void moved_clear(void *data)
{
    g_free(((MovedChange *)data)->key);
    g_free(((MovedChange *)data)->before);
}

static GArray *array_of(size_t size, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, FALSE, (guint)size);
    if (clear != NULL)
        g_array_set_clear_func(array, clear);
    return array;
}

static LedgerRecall *recall_new(const LedgerPresent *present)
{
    LedgerRecall *recall = g_new0(LedgerRecall, 1);

    recall->present = *present;
    things_init(&recall->things, &recall->present);
    recall->kinds = array_of(sizeof(KindRecall), kind_recall_clear);
    recall->kept_holders = g_new0(GArray *, present->n_governed + 1);
    recall->stopped = array_of(sizeof(StoppedChange), stopped_clear);
    recall->moved = array_of(sizeof(MovedChange), moved_clear);
    recall->memory = memory_new(present->snapshot->n_sources);
    recall->tonight = memory_new(0);
    return recall;
}

void ledger_recall_free(LedgerRecall *recall)
{
    if (recall == NULL)
        return;
    g_array_unref(recall->kinds);
    for (uint32_t i = 0; i < recall->present.n_governed; i++)
        g_clear_pointer(&recall->kept_holders[i], g_array_unref);
    g_free(recall->kept_holders);
    g_array_unref(recall->stopped);
    g_array_unref(recall->moved);
    memory_free(recall->tonight);
    memory_free(recall->memory);
    things_clear(&recall->things);
    g_free(recall);
}

const Memory *ledger_recall_memory(const LedgerRecall *recall)
{
    return recall->memory;
}

const char *recall_source_name(const LedgerRecall *recall, uint8_t source)
{
    return recall->present.snapshot->sources[source].name;
}

void recall_members(const LedgerRecall *recall, const Things *things, HistoryKind kind,
                    uint32_t row, GArray *members)
{
    things_members(things, kind, row, members);
    if (kind == HISTORY_RIGHTS && recall->kept_holders[row] != NULL) {
        g_array_append_vals(members, recall->kept_holders[row]->data,
                            recall->kept_holders[row]->len);
        history_members_sort(members);
    }
}

/* ---- rights that cannot be told to be gone ---- */

typedef enum Doubt {
    DOUBT_NONE,
    DOUBT_REJECTED, /* who is not there may be among the rejected */
    DOUBT_ALL       /* somebody, or a group on the way, may be in what was not read */
} Doubt;

static Doubt doubt_of(const Snapshot *snapshot)
{
    Doubt doubt = DOUBT_NONE;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        if (!things_may_have(source->provides, HISTORY_RIGHTS))
            continue;
        if (source->status != SOURCE_COMPLETE)
            return DOUBT_ALL;
        if (source->counts.rejected > 0)
            doubt = DOUBT_REJECTED;
    }
    return doubt;
}

static GHashTable *accounts_there(const Things *things)
{
    GHashTable *there = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (uint32_t i = 0; i < things->snapshot->accounts.n; i++)
        g_hash_table_add(there, &things->refs[PRINCIPAL_ACCOUNT][i]);
    return there;
}

static bool is_whole(const LedgerRecall *recall, HistoryKind kind, uint32_t row)
{
    uint8_t source = things_source(&recall->things, kind, row);
    return source != UINT8_MAX &&
           recall->present.snapshot->sources[source].status == SOURCE_COMPLETE;
}

/* Who was in the group and is not seen in it now, and may still be. */
static bool keep_holders(LedgerRecall *recall, Store *store, uint32_t row, GHashTable *there,
                         GError **error)
{
    const Things *things = &recall->things;
    uint8_t source = things_source(things, HISTORY_RIGHTS, row);
    g_autoptr(GArray) now = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    g_autoptr(GArray) before =
        history_members(store, recall_source_name(recall, source), HISTORY_RIGHTS,
                        things_key(things, HISTORY_RIGHTS, row), recall->last_run, error);

    if (before == NULL)
        return false;
    things_members(things, HISTORY_RIGHTS, row, now);
    for (guint i = 0, j = 0; i < before->len; i++) {
        const HistoryMember *was = &g_array_index(before, HistoryMember, i);
        while (j < now->len && g_array_index(now, HistoryMember, j).ref < was->ref)
            j++;
        bool is_seen = j < now->len && g_array_index(now, HistoryMember, j).ref == was->ref;
        if (is_seen || (there != NULL && g_hash_table_contains(there, &was->ref)))
            continue;
        if (recall->kept_holders[row] == NULL)
            recall->kept_holders[row] = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
        g_array_append_val(recall->kept_holders[row], *was);
    }
    return true;
}

static bool keep_doubtful_rights(LedgerRecall *recall, Store *store, GError **error)
{
    Doubt doubt = doubt_of(recall->present.snapshot);

    if (doubt == DOUBT_NONE)
        return true;
    things_hash_principals(&recall->things);
    g_autoptr(GHashTable) there = doubt == DOUBT_REJECTED ? accounts_there(&recall->things) : NULL;
    for (uint32_t row = 0; row < recall->present.n_governed; row++) {
        if (is_whole(recall, HISTORY_RIGHTS, row) &&
            !keep_holders(recall, store, row, there, error))
            return false;
    }
    return true;
}

/* Their fingerprints count what is kept. */
static void add_kept(const LedgerRecall *recall, Fingerprint *prints)
{
    for (uint32_t row = 0; row < recall->present.n_governed; row++) {
        if (recall->kept_holders[row] == NULL)
            continue;
        uint8_t source = things_source(&recall->things, HISTORY_RIGHTS, row);
        g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
        recall_members(recall, &recall->things, HISTORY_RIGHTS, row, members);
        uint64_t ref = history_ref(recall_source_name(recall, source), HISTORY_RIGHTS,
                                   things_key(&recall->things, HISTORY_RIGHTS, row));
        prints[row] = (Fingerprint){
            .ref = ref + (ref == 0),
            .hash =
                things_list_hash((const HistoryMember *)(const void *)members->data, members->len),
            .row = row,
        };
    }
}

/* ---- comparing one kind of one source ---- */

typedef struct Comparison {
    LedgerRecall *recall;
    Now *now;
    const Fingerprint *prints; /* per row of the snapshot */
    uint32_t n_rows;
    KindRecall *result;
    GHashTable *groups_there; /* refs of lists whose group is there; made when first needed */
} Comparison;

static bool is_of(const Comparison *comparison, uint32_t row)
{
    return comparison->prints[row].ref != 0 &&
           things_source(&comparison->recall->things, comparison->now->kind, row) ==
               comparison->result->source;
}

/* Which chunks are not as they were. Links count only when they are known. */
static bool *changed_chunks(const Comparison *comparison, bool *ret_any)
{
    const Now *now = comparison->now;
    size_t n_chunks = (size_t)1 << now->bits;
    g_autofree NowSum *sums = g_new0(NowSum, n_chunks);
    bool *changed = g_new0(bool, n_chunks);

    for (uint32_t row = 0; row < comparison->n_rows; row++) {
        const Fingerprint *print = &comparison->prints[row];
        if (is_of(comparison, row))
            now_sum_add(&sums[now_chunk(now, print->ref)], print);
    }
    *ret_any = false;
    for (size_t i = 0; i < n_chunks; i++) {
        changed[i] =
            sums[i].content != now->sums[i].content ||
            (comparison->recall->things.are_links_known && sums[i].link != now->sums[i].link);
        *ret_any = *ret_any || changed[i];
    }
    return changed;
}

static void add_change(const Comparison *comparison, ChangeType type, const Fingerprint *print,
                       const Fingerprint *was)
{
    HistoryChange change = {.now = *print, .type = (uint8_t)type};

    if (was != NULL && comparison->now->kind == HISTORY_ACCOUNT)
        change.state_was = (uint8_t)(was->hash & FINGERPRINT_STATE);
    if (was != NULL && !comparison->recall->things.are_links_known)
        change.now.link = was->link;
    g_array_append_val(comparison->result->changes, change);
}

/* Refs of the lists of all groups that are there, governed or not, with members or without. */
static GHashTable *groups_there(const Comparison *comparison)
{
    const Groups *groups = &comparison->recall->present.snapshot->groups;
    GHashTable *there = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    uint64_t seed = history_ref_seed(comparison->now->source, comparison->now->kind);

    for (uint32_t i = 0; i < groups->n; i++) {
        uint64_t *ref = g_new(uint64_t, 1);
        *ref = history_ref_seeded(
            seed, snapshot_text(comparison->recall->present.snapshot, groups->key[i]));
        g_hash_table_add(there, ref);
    }
    return there;
}

/* What a source no longer shows while it had records rejected may be among those (decision 10); a
 * list of a group that it does show is not. */
static bool may_be_rejected(Comparison *comparison, const Fingerprint *was)
{
    const SourceRecord *source =
        &comparison->recall->present.snapshot->sources[comparison->result->source];

    if (source->counts.rejected == 0)
        return false;
    if (!history_is_list(comparison->now->kind))
        return true;
    if (comparison->groups_there == NULL)
        comparison->groups_there = groups_there(comparison);
    return !g_hash_table_contains(comparison->groups_there, &was->ref);
}

static void compare_one(const Comparison *comparison, const Fingerprint *was,
                        const Fingerprint *print)
{
    bool is_other_link = was->link != print->link && comparison->recall->things.are_links_known;

    if (was->hash == print->hash && !is_other_link)
        return;
    bool is_same_body = comparison->now->kind == HISTORY_ACCOUNT && !is_other_link &&
                        ((was->hash ^ print->hash) & ~(uint64_t)FINGERPRINT_STATE) == 0;
    add_change(comparison, is_same_body ? HISTORY_SAME_BODY : HISTORY_OTHER, print, was);
}

/* Both ascending. Two keys of one hash: the history has the first only. */
static void compare_chunk(Comparison *comparison, const GArray *before, const Fingerprint *prints,
                          size_t n)
{
    const Fingerprint *was = (const Fingerprint *)(const void *)before->data;
    size_t i = 0, j = 0;

    while (i < before->len || j < n) {
        if (j > 0 && j < n && prints[j].ref == prints[j - 1].ref) {
            j++;
        } else if (j == n || (i < before->len && was[i].ref < prints[j].ref)) {
            if (!may_be_rejected(comparison, &was[i]))
                add_change(comparison, HISTORY_GONE, &was[i], &was[i]);
            i++;
        } else if (i == before->len || was[i].ref > prints[j].ref) {
            add_change(comparison, HISTORY_NEW, &prints[j], NULL);
            j++;
        } else {
            compare_one(comparison, &was[i], &prints[j]);
            i++;
            j++;
        }
    }
}

static GArray *prints_of_chunks(const Comparison *comparison, const bool *changed)
{
    GArray *prints = g_array_new(FALSE, FALSE, sizeof(Fingerprint));

    for (uint32_t row = 0; row < comparison->n_rows; row++) {
        const Fingerprint *print = &comparison->prints[row];
        if (is_of(comparison, row) && changed[now_chunk(comparison->now, print->ref)])
            g_array_append_val(prints, *print);
    }
    fingerprints_sort((Fingerprint *)(void *)prints->data, prints->len);
    return prints;
}

static bool compare_chunks(Comparison *comparison, const bool *changed, GError **error)
{
    g_autoptr(GArray) sorted = prints_of_chunks(comparison, changed);
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(Fingerprint));
    const Fingerprint *prints = (const Fingerprint *)(const void *)sorted->data;
    Now *now = comparison->now;

    for (size_t chunk = 0, begin = 0, end; chunk < (size_t)1 << now->bits; chunk++) {
        for (end = begin; end < sorted->len && now_chunk(now, prints[end].ref) == chunk;)
            end++;
        g_array_set_size(before, 0);
        if (changed[chunk] && !now_read(now, chunk, before, error))
            return false;
        compare_chunk(comparison, before, &prints[begin], end - begin);
        begin = end;
    }
    return true;
}

static bool compare(LedgerRecall *recall, Now *now, const Fingerprint *prints, uint32_t n_rows,
                    KindRecall *result, GError **error)
{
    Comparison comparison = {recall, now, prints, n_rows, result, NULL};
    bool is_any;
    g_autofree bool *changed = changed_chunks(&comparison, &is_any);
    bool is_compared = !is_any || compare_chunks(&comparison, changed, error);

    g_clear_pointer(&comparison.groups_there, g_hash_table_unref);
    return is_compared;
}

/* ---- all of them ---- */

static Fingerprint *fingerprints(LedgerRecall *recall, HistoryKind kind)
{
    if (history_is_list(kind))
        things_hash_principals(&recall->things);
    Fingerprint *prints = things_fingerprints(&recall->things, kind);
    if (kind == HISTORY_RIGHTS)
        add_kept(recall, prints);
    return prints;
}

static bool recall_kind(LedgerRecall *recall, Store *store, HistoryKind kind, GError **error)
{
    const Snapshot *snapshot = recall->present.snapshot;
    g_autofree Fingerprint *prints = NULL;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        g_auto(Now) now = {0};
        if (source->status != SOURCE_COMPLETE || !things_may_have(source->provides, kind))
            continue;
        if (!now_open(&now, store, source->name, kind, error))
            return false;
        KindRecall result = {.source = (uint8_t)i, .kind = (uint8_t)kind, .is_known = now.is_known};
        result.changes = g_array_new(FALSE, FALSE, sizeof(HistoryChange));
        g_array_append_val(recall->kinds, result);
        if (!now.is_known)
            continue;
        if (prints == NULL)
            prints = fingerprints(recall, kind);
        if (!compare(recall, &now, prints, things_n(&recall->things, kind), &result, error))
            return false;
    }
    return true;
}

typedef struct Recalling {
    Store *store;
    LedgerRecall *recall;
} Recalling;

static bool recall_all(void *data, GError **error)
{
    Recalling *recalling = data;
    LedgerRecall *recall = recalling->recall;
    Store *store = recalling->store;

    g_autoptr(Seen) seen = seen_new(store, error);

    if (seen == NULL)
        return false;
    recall->last_run = seen_newest(seen);
    if (!keep_doubtful_rights(recall, store, error))
        return false;
    for (int kind = 0; kind < N_HISTORY_KINDS; kind++) {
        if (!recall_kind(recall, store, (HistoryKind)kind, error))
            return false;
    }
    bool is_remembered = remember(recall, store, error);
    things_clear(&recall->things); /* made again if the run is written */
    return is_remembered;
}

LedgerRecall *ledger_recall(Ledger *ledger, const LedgerPresent *present, GError **error)
{
    g_autoptr(LedgerRecall) recall = recall_new(present);
    Recalling recalling = {ledger->store, recall};

    if (store_transaction(ledger->store, STORE_READING, recall_all, &recalling, error))
        return g_steal_pointer(&recall);
    g_prefix_error(error, "the history: ");
    return NULL;
}
