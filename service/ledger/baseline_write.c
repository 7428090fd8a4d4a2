/* baseline_write.c: what the guards of later runs, the roster and the governed groups compare with.
 */
#include "ledger/apply.h"
#include "ledger/roster.h"

#include "base/tasks.h"
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
    const GArray *before; /* (element-type BaselinePerson) by id */
    bool *is_met;         /* per person of before: written by this run, or as they were */
    guint next;           /* of before: behind the person met last; rosters keep their order */
    GHashTable *places;   /* id → place in before, plus one; made when the order is another */
    GHashTable *come_ids; /* of people who were in no roster; set */
    Bulk *come;
    Statement *change, *leave;
    int64_t run;
    const bool *has_left; /* per person of the snapshot; NULL = nobody */
    const Snapshot *snapshot;
    uint64_t *marks; /* per person of the snapshot */
} Roster;

static const BaselinePerson *person_before(const Roster *roster, guint place)
{
    return &g_array_index(roster->before, BaselinePerson, place);
}

static void index_before(Roster *roster)
{
    roster->places = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < roster->before->len; i++)
        g_hash_table_insert(roster->places, person_before(roster, i)->id, GUINT_TO_POINTER(i + 1));
}

/* Place in before; its length: not there. */
static guint find_before(Roster *roster, const char *id)
{
    const GArray *before = roster->before;

    if (roster->next < before->len && strcmp(person_before(roster, roster->next)->id, id) == 0)
        return roster->next;
    if (!roster->places)
        index_before(roster);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(roster->places, id));
    return place > 0 ? place - 1 : before->len;
}

static RosterRow roster_row(const Roster *roster, uint32_t person)
{
    const Snapshot *snapshot = roster->snapshot;
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

static void mark_people(void *data, size_t begin, size_t end)
{
    const Roster *roster = data;

    for (size_t person = begin; person < end; person++) {
        RosterRow row = roster_row(roster, (uint32_t)person);
        roster->marks[person] = roster_mark(&row);
    }
}

static bool write_person(Roster *roster, uint32_t person, GError **error)
{
    const char *id = snapshot_text(roster->snapshot, roster->snapshot->people.id[person]);
    guint place = find_before(roster, id);
    bool is_known = place < roster->before->len;

    /* In two rosters: the first counts. */
    if (is_known ? roster->is_met[place]
                 : !g_hash_table_add(roster->come_ids, (gpointer)(uintptr_t)id))
        return true;
    if (is_known) {
        roster->is_met[place] = true;
        roster->next = place + 1;
        if (person_before(roster, place)->mark == roster->marks[person])
            return true;
    }
    RosterRow row = roster_row(roster, person);
    const StoreValue values[] = {text_value(id),
                                 text_value(row.name),
                                 text_value(row.email),
                                 text_value(row.username),
                                 integer_value(row.gone_since),
                                 text_value(row.successor),
                                 integer_value(row.has_left)};
    if (!is_known)
        return bulk_add_values(roster->come, values, G_N_ELEMENTS(values), error);
    statement_bind_values(roster->change, values, G_N_ELEMENTS(values));
    return statement_run(roster->change, error);
}

/* Who was there and was not met is in no complete roster any more. */
static bool write_vanished(const Roster *roster, GError **error)
{
    for (guint i = 0; i < roster->before->len; i++) {
        const BaselinePerson *person = person_before(roster, i);
        if (roster->is_met[i] || person->gone_since_run != 0)
            continue;
        statement_bind(roster->leave, text_value(person->id), integer_value(roster->run));
        if (!statement_run(roster->leave, error))
            return false;
    }
    return true;
}

static void roster_clear(Roster *roster)
{
    g_free(roster->is_met);
    g_free(roster->marks);
    g_clear_pointer(&roster->places, g_hash_table_unref);
    g_hash_table_unref(roster->come_ids);
    bulk_free(roster->come);
    statement_free(roster->change);
    statement_free(roster->leave);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Roster, roster_clear)

static bool prepare_roster(Roster *roster, Store *store, GError **error)
{
    roster->come = bulk_new(store, "roster",
                            "id, name, email, username, gone_since, successor, has_left", error);
    roster->change = store_prepare(
        store,
        "UPDATE roster SET name = $2, email = $3, username = $4, gone_since = $5, successor = $6, "
        "has_left = $7 WHERE id = $1",
        roster->come ? error : NULL);
    roster->leave = store_prepare(store, "UPDATE roster SET gone_since = $2 WHERE id = $1",
                                  roster->change ? error : NULL);
    return roster->come && roster->change && roster->leave;
}

static bool write_roster(Store *store, const LedgerApply *apply, int64_t run, GError **error)
{
    uint32_t n = apply->snapshot->people.n;
    g_auto(Roster) roster = {.before = apply->before->roster,
                             .is_met = g_new0(bool, apply->before->roster->len + 1),
                             .come_ids = g_hash_table_new(g_str_hash, g_str_equal),
                             .run = run,
                             .has_left = apply->person_has_left,
                             .snapshot = apply->snapshot,
                             .marks = g_new(uint64_t, (size_t)n + 1)};

    if (!prepare_roster(&roster, store, error))
        return false;
    tasks_run_ranges(mark_people, &roster, n);
    for (uint32_t person = 0; person < n; person++) {
        if (!write_person(&roster, person, error))
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
