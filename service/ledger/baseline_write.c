/* baseline_write.c: what the guards of later runs, the roster and the governed groups compare with.
 */
#include "ledger/apply.h"
#include "ledger/roster.h"

#include "model/snapshot.h"

#include <string.h>

static bool write_dimensions(Store *store, const LedgerSourceBaseline *baseline, int64_t run,
                             GError **error)
{
    g_autoptr(Statement) good = store_prepare(
        store,
        "INSERT INTO source_good (source, run, as_of) VALUES ($1, $2, $3) "
        "ON CONFLICT (source) DO UPDATE SET run = excluded.run, as_of = excluded.as_of",
        error);
    g_autoptr(Statement) insert =
        store_prepare(store,
                      "INSERT INTO dimension (run, source, name, value, accepted) "
                      "VALUES ($1, $2, $3, $4, $5) "
                      "ON CONFLICT (run, source, name) DO UPDATE SET value = excluded.value",
                      error);

    if (!good || !insert)
        return false;
    statement_bind(good, text_value(baseline->name), integer_value(run),
                   integer_value(baseline->good_as_of_utc));
    if (!statement_run(good, error))
        return false;
    for (size_t i = 0; i < baseline->n_dimensions; i++) {
        statement_bind(insert, integer_value(run), text_value(baseline->name),
                       text_value(baseline->dimensions[i]), integer_value(baseline->values[i]),
                       integer_value(baseline->accepted && baseline->accepted[i]));
        if (!statement_run(insert, error))
            return false;
    }
    return true;
}

/* All first columns of a query with one value. NULL on failure. */
static GHashTable *read_names(Store *store, const char *sql, const char *value, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(Statement) rows = store_prepare(store, sql, error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return NULL;
    statement_bind(rows, text_value(value));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        g_hash_table_add(names, g_strdup(statement_text(rows, 0)));
    return step == STORE_DONE ? g_steal_pointer(&names) : NULL;
}

static bool write_watched(Store *store, const LedgerSourceBaseline *baseline, GError **error)
{
    g_autoptr(GHashTable) old =
        read_names(store, "SELECT name FROM watched WHERE source = $1", baseline->name, error);
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO watched (source, name) VALUES ($1, $2) ON CONFLICT (source, name) DO NOTHING",
        error);
    g_autoptr(Statement) remove =
        store_prepare(store, "DELETE FROM watched WHERE source = $1 AND name = $2", error);
    GHashTableIter iter;
    gpointer name;

    if (!old || !insert || !remove)
        return false;
    for (const char **watched = baseline->watched; watched && *watched; watched++) {
        if (g_hash_table_remove(old, *watched))
            continue;
        statement_bind(insert, text_value(baseline->name), text_value(*watched));
        if (!statement_run(insert, error))
            return false;
    }
    g_hash_table_iter_init(&iter, old);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        statement_bind(remove, text_value(baseline->name), text_value(name));
        if (!statement_run(remove, error))
            return false;
    }
    return true;
}

typedef struct Roster {
    GHashTable *known; /* id → mark of before this run; NULL = written by this run */
    Bulk *come;
    Statement *change, *leave;
    int64_t run;
    const bool *has_left; /* per person of the snapshot; NULL = nobody */
} Roster;

#define IS_GONE 1u

/* The last bit says that they are gone, the one before makes it no NULL. */
static gpointer known_mark(uint64_t mark, bool is_gone)
{
    return (gpointer)(uintptr_t)((mark & ~UINT64_C(3)) | 2 | (is_gone ? IS_GONE : 0));
}

static GHashTable *known_before(const Baseline *before)
{
    GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < before->roster->len; i++) {
        const BaselinePerson *person = &g_array_index(before->roster, BaselinePerson, i);
        g_hash_table_insert(known, person->id,
                            known_mark(person->mark, person->gone_since_run != 0));
    }
    return known;
}

static RosterRow roster_row(const Roster *roster, const Snapshot *snapshot, uint32_t person)
{
    const People *people = &snapshot->people;
    uint32_t successor = people_successor(people, person);

    return (RosterRow){
        .name = snapshot_text(snapshot, people->name[person]),
        .email = snapshot_text(snapshot, people->email[person]),
        .username = snapshot_text(snapshot, people->username[person]),
        .successor = successor != NONE ? snapshot_text(snapshot, people->id[successor]) : "",
        .has_left = roster->has_left && roster->has_left[person],
        .gone_since = MAX(people->gone_since_run[person], 0) /* PERSON_UNREAD: is in the roster */};
}

static bool write_person(Roster *roster, const Snapshot *snapshot, uint32_t person, GError **error)
{
    const char *id = snapshot_text(snapshot, snapshot->people.id[person]);
    RosterRow row = roster_row(roster, snapshot, person);
    gpointer before, now = known_mark(roster_mark(&row), row.gone_since != 0);
    bool is_known = g_hash_table_lookup_extended(roster->known, id, NULL, &before);
    const StoreValue values[] = {text_value(id),
                                 text_value(row.name),
                                 text_value(row.email),
                                 text_value(row.username),
                                 integer_value(row.gone_since),
                                 text_value(row.successor),
                                 integer_value(row.has_left)};

    if (is_known && before == NULL)
        return true; /* in two rosters: the first counts */
    bool is_same = is_known && before == now;
    g_hash_table_insert(roster->known, (gpointer)(uintptr_t)id, NULL);
    if (is_same)
        return true;
    if (!is_known)
        return bulk_add_values(roster->come, values, G_N_ELEMENTS(values), error);
    statement_bind_values(roster->change, values, G_N_ELEMENTS(values));
    return statement_run(roster->change, error);
}

/* Whoever still has a mark in `known` is in no complete roster any more. */
static bool write_vanished(Roster *roster, GError **error)
{
    GHashTableIter iter;
    gpointer id, mark;

    g_hash_table_iter_init(&iter, roster->known);
    while (g_hash_table_iter_next(&iter, &id, &mark)) {
        if (mark == NULL || ((uintptr_t)mark & IS_GONE))
            continue; /* written, or gone already */
        statement_bind(roster->leave, text_value(id), integer_value(roster->run));
        if (!statement_run(roster->leave, error))
            return false;
    }
    return true;
}

static bool write_roster(Store *store, const LedgerApply *apply, int64_t run, GError **error)
{
    const Snapshot *snapshot = apply->snapshot;
    g_autoptr(GHashTable) known = known_before(apply->before);
    g_autoptr(Bulk) come = bulk_new(
        store, "roster", "id, name, email, username, gone_since, successor, has_left", error);
    g_autoptr(Statement) change = store_prepare(
        store,
        "UPDATE roster SET name = $2, email = $3, username = $4, gone_since = $5, successor = $6, "
        "has_left = $7 WHERE id = $1",
        come ? error : NULL);
    g_autoptr(Statement) leave = store_prepare(
        store, "UPDATE roster SET gone_since = $2 WHERE id = $1", change ? error : NULL);

    if (!come || !change || !leave)
        return false;
    Roster roster = {known, come, change, leave, run, apply->person_has_left};
    for (uint32_t person = 0; person < snapshot->people.n; person++) {
        if (!write_person(&roster, snapshot, person, error))
            return false;
    }
    return write_vanished(&roster, error);
}

static bool write_governed(Store *store, const char *const *keys, int64_t as_of_utc, GError **error)
{
    g_autoptr(Statement) insert =
        store_prepare(store,
                      "INSERT INTO governed_seen (source, group_key, first_seen) "
                      "VALUES ($1, $2, $3) ON CONFLICT (source, group_key) DO NOTHING",
                      error);
    if (!insert)
        return false;
    for (; keys && *keys; keys++) {
        g_auto(GStrv) parts = g_strsplit(*keys, "\x1f", 2);
        statement_bind(insert, text_value(parts[0]),
                       text_value(parts[0] && parts[1] ? parts[1] : ""), integer_value(as_of_utc));
        if (!statement_run(insert, error))
            return false;
    }
    return true;
}

bool baseline_write(Store *store, const LedgerApply *apply, const LedgerRun *run, GError **error)
{
    for (size_t i = 0; i < apply->n_baselines; i++) {
        if (!write_dimensions(store, &apply->baselines[i], run->id, error) ||
            !write_watched(store, &apply->baselines[i], error))
            return false;
    }
    /* A roster that was not read whole says nothing about who is gone. */
    if (apply->snapshot && snapshot_has(apply->snapshot, PROVIDES_PEOPLE) &&
        snapshot_is_complete(apply->snapshot, PROVIDES_PEOPLE) &&
        !write_roster(store, apply, run->id, error))
        return false;
    return write_governed(store, apply->governed_group_keys, run->as_of_utc, error);
}
