/* remember_rights.c: since when governed rights are known. */
#include "ledger/history/remember_private.h"

#include <stdlib.h>

/* As-of times of runs; few differ. */
static bool as_of_run(Remembering *r, GHashTable *times, int64_t run, int64_t *ret_utc,
                      GError **error)
{
    const int64_t *known = g_hash_table_lookup(times, &run);

    if (known == NULL) {
        g_autoptr(Statement) row =
            store_prepare(r->store, "SELECT as_of FROM run WHERE id = $1", error);
        int64_t *pair = g_new(int64_t, 2);
        if (row == NULL)
            return false;
        statement_bind(row, integer_value(run));
        if (statement_step(row, error) == STORE_FAILED)
            return false;
        pair[0] = run;
        pair[1] = statement_integer(row, 0);
        g_hash_table_insert(times, &pair[0], pair);
        known = pair;
    }
    *ret_utc = known[1];
    return true;
}

typedef struct Holder {
    uint64_t ref;
    uint32_t account;
} Holder;

static int compare_holders(const void *a, const void *b)
{
    uint64_t left = ((const Holder *)a)->ref;
    uint64_t right = ((const Holder *)b)->ref;

    return (left > right) - (left < right);
}

static Holder *holders_of(const Remembering *r, uint32_t row, size_t *ret_n)
{
    const LedgerPresent *present = &r->recall->present;
    size_t first = present->first_holder[row], n = present->first_holder[row + 1] - first;
    Holder *holders = g_new(Holder, n + 1);

    for (size_t i = 0; i < n; i++) {
        uint32_t account = present->holders[first + i];
        holders[i] = (Holder){r->recall->things.refs[PRINCIPAL_ACCOUNT][account], account};
    }
    qsort(holders, n, sizeof *holders, compare_holders);
    *ret_n = n;
    return holders;
}

typedef struct KnownLists {
    Remembering *r;
    uint8_t source;
    GHashTable *rows;  /* group key → governed row + 1 */
    GHashTable *times; /* of as_of_run() */
} KnownLists;

static bool remember_list(const char *group_key, const GArray *known, void *data, GError **error)
{
    KnownLists *lists = data;
    Remembering *r = lists->r;
    guint row = GPOINTER_TO_UINT(g_hash_table_lookup(lists->rows, group_key));
    size_t n;

    if (row == 0)
        return true;
    g_autofree Holder *holders = holders_of(r, row - 1, &n);
    for (size_t i = 0, j = 0; i < known->len && j < n;) {
        const HistoryMember *was = &g_array_index(known, HistoryMember, i);
        uint64_t ref = holders[j].ref;
        KnownRight right = {holders[j].account, r->recall->present.governed[row - 1], 0};
        if (was->ref == ref) {
            if (!as_of_run(r, lists->times, was->since_run, &right.first_seen_utc, error))
                return false;
            g_array_append_val(r->memory->rights, right);
        }
        j += ref <= was->ref;
        i += was->ref <= ref;
    }
    return true;
}

static bool remember_rights_of(KnownLists *lists, GError **error)
{
    const LedgerRecall *recall = lists->r->recall;

    g_hash_table_remove_all(lists->rows);
    for (uint32_t row = 0; row < recall->present.n_governed; row++) {
        if (things_source(&recall->things, HISTORY_RIGHTS, row) == lists->source)
            g_hash_table_insert(
                lists->rows, (gpointer)(uintptr_t)things_key(&recall->things, HISTORY_RIGHTS, row),
                GUINT_TO_POINTER(row + 1));
    }
    return history_walk_members(lists->r->store, recall_source_name(recall, lists->source),
                                HISTORY_RIGHTS, recall->last_run, remember_list, lists, error);
}

bool remember_rights(Remembering *r, GError **error)
{
    g_autoptr(GHashTable) times = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    g_autoptr(GHashTable) rows = g_hash_table_new(g_str_hash, g_str_equal);

    things_hash_principals(&r->recall->things);
    for (guint i = 0; i < r->recall->kinds->len; i++) {
        const KindRecall *kind = &g_array_index(r->recall->kinds, KindRecall, i);
        KnownLists lists = {r, kind->source, rows, times};
        if (kind->kind == HISTORY_RIGHTS && kind->is_known && !remember_rights_of(&lists, error))
            return false;
    }
    return true;
}
