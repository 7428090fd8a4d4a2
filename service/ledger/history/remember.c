/* remember.c: what controls are told of earlier nights: rows of small tables, and what this night
 * adds to them. */
#include "ledger/history/remember_private.h"

#include <string.h>

/* ---- sources ---- */

static bool remember_sources(Remembering *r, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        r->store,
        "SELECT h.since_as_of, g.as_of FROM history_source h JOIN source_good g ON g.source = "
        "h.source WHERE h.source = $1",
        error);

    for (uint32_t i = 0; row != NULL && i < r->snapshot->n_sources; i++) {
        statement_bind(row, text_value(r->snapshot->sources[i].name));
        StoreStep step = statement_step(row, error);
        if (step == STORE_FAILED)
            return false;
        if (step == STORE_ROW) {
            r->memory->source_since_utc[i] = statement_integer(row, 0);
            r->memory->source_known_utc[i] = statement_integer(row, 1);
        }
        statement_reset(row);
    }
    return row != NULL;
}

uint8_t remember_source(const Snapshot *snapshot, const char *name)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (strcmp(snapshot->sources[i].name, name) == 0)
            return (uint8_t)i;
    }
    return UINT8_MAX;
}

/* ---- old bodies of what changed ---- */

typedef struct OldVersion {
    Remembering *r;
    void (*look)(Remembering *r, const HistoryChange *change, const HistoryVersion *version);
} OldVersion;

static bool look_at(size_t index, const HistoryVersion *version, void *data, GError **error)
{
    const OldVersion *old = data;

    (void)error;
    old->look(old->r, old->r->wanted[index], version);
    return true;
}

/* Every change that has something before it, with what was before. */
static bool remember_look_back(Remembering *r,
                               void (*look)(Remembering *, const HistoryChange *,
                                            const HistoryVersion *),
                               GError **error)
{
    const GArray *changes = r->kind->changes;
    g_autofree uint64_t *refs = g_new(uint64_t, changes->len + 1);
    g_autofree const HistoryChange **wanted = g_new(const HistoryChange *, changes->len + 1);
    OldVersion old = {r, look};
    size_t n = 0;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        if (change->type != HISTORY_OTHER && change->type != HISTORY_GONE)
            continue;
        wanted[n] = change;
        refs[n++] = change->now.ref;
    }
    r->wanted = wanted;
    return history_fetch(r->store, recall_source_name(r->recall, r->kind->source),
                         (HistoryKind)r->kind->kind, refs, n, r->recall->last_run, look_at, &old,
                         error);
}

/* ---- all ---- */

static bool remember_kind(Remembering *r, GError **error)
{
    if (r->kind->kind == HISTORY_ACCOUNT && r->kind->is_known) {
        remember_stops_of_tonight(r);
        return remember_look_back(r, remember_account_was, error);
    }
    if (r->kind->kind == HISTORY_PERSON) {
        remember_leaves_of_tonight(r);
        return !r->kind->is_known || remember_look_back(r, remember_person_was, error);
    }
    return true;
}

bool remember(LedgerRecall *recall, Store *store, GError **error)
{
    Remembering r = {
        .recall = recall,
        .store = store,
        .snapshot = recall->present.snapshot,
        .memory = recall->memory,
        .as_of_utc = recall->present.as_of_utc,
    };

    if (!remember_sources(&r, error))
        return false;
    for (guint i = 0; i < recall->kinds->len; i++) {
        r.kind = &g_array_index(recall->kinds, KindRecall, i);
        if (!remember_kind(&r, error))
            return false;
    }
    bool is_done = remember_moved(&r, error) && remember_stopped(&r, error) &&
                   remember_former(&r, error) && remember_rights(&r, error);
    memory_sort(recall->memory);
    remember_drop_older(recall->memory->former);
    return is_done;
}
