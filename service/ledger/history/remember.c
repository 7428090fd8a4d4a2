/* remember.c: what controls are told of earlier nights: rows of small tables, and what this night
 * adds to them. */
#include "ledger/history/recall.h"

#include "base/bitset.h"
#include "base/hash.h"
#include "ledger/history/history_fetch.h"
#include "ledger/history/history_index.h"
#include "model/lookup.h"

#include <stdlib.h>
#include <string.h>

typedef struct Remembering {
    LedgerRecall *recall;
    Store *store;
    const Snapshot *snapshot;
    Memory *memory;
    int64_t as_of_utc;
    const KindRecall *kind;       /* in work */
    const HistoryChange **wanted; /* of the fetch in work */
} Remembering;

static int64_t known_utc(const Remembering *r)
{
    return r->memory->source_known_utc[r->kind->source];
}

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

static uint8_t source_index(const Snapshot *snapshot, const char *name)
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
static bool look_back(Remembering *r,
                      void (*look)(Remembering *, const HistoryChange *, const HistoryVersion *),
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

/* ---- accounts that stopped being usable ---- */

static void note_stop(Remembering *r, const char *key, bool has_stopped)
{
    StoppedChange change = {
        .source = r->kind->source,
        .key = g_strdup(key),
        .last_usable_utc = has_stopped ? known_utc(r) : TIME_UNKNOWN,
        .first_unusable_utc = has_stopped ? r->as_of_utc : TIME_UNKNOWN,
    };
    g_array_append_val(r->recall->stopped, change);
}

static void note_stops(Remembering *r)
{
    const GArray *changes = r->kind->changes;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        State was = change->state_was, is = (State)(change->now.hash & FINGERPRINT_STATE);
        if (change->type == HISTORY_NEW || change->type == HISTORY_GONE || was == is)
            continue;
        const char *key = things_key(&r->recall->things, HISTORY_ACCOUNT, change->now.row);
        if (is == STATE_YES)
            note_stop(r, key, false);
        else if (is == STATE_NO && was == STATE_YES)
            note_stop(r, key, true);
    }
}

/* Rows of the table whose account is there, by the hash of its key. */
typedef struct StoppedRows {
    GHashTable *by_ref; /* ref → index + 1 of rows */
    GArray *rows;       /* (element-type StoppedChange) */
    Bitset some;        /* of lower bits of refs: nearly all accounts need no look at by_ref */
} StoppedRows;

#define SOME_BITS 20

static uint32_t some_bit(uint64_t ref)
{
    return (uint32_t)(ref & ((1u << SOME_BITS) - 1));
}

static void put_stopped(Remembering *r, StoppedRows *stopped, StoppedChange row)
{
    uint64_t *ref = g_new(uint64_t, 1);

    *ref = history_ref(recall_source_name(r->recall, row.source), HISTORY_ACCOUNT, row.key);
    bitset_add(&stopped->some, some_bit(*ref));
    g_array_append_val(stopped->rows, row);
    g_hash_table_replace(stopped->by_ref, ref, GUINT_TO_POINTER(stopped->rows->len));
}

static bool read_stopped(Remembering *r, StoppedRows *stopped, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        r->store, "SELECT source, key, last_usable, first_unusable FROM history_stopped", error);
    StoreStep step = STORE_FAILED;

    while (rows != NULL && (step = statement_step(rows, error)) == STORE_ROW) {
        StoppedChange row = {.source = source_index(r->snapshot, statement_text(rows, 0)),
                             .last_usable_utc = statement_integer(rows, 2),
                             .first_unusable_utc = statement_integer(rows, 3)};
        if (row.source == UINT8_MAX)
            continue;
        row.key = g_strdup(statement_text(rows, 1));
        put_stopped(r, stopped, row);
    }
    return step == STORE_DONE;
}

static void find_stopped(Remembering *r, const StoppedRows *stopped)
{
    const Accounts *accounts = &r->snapshot->accounts;

    if (stopped->rows->len == 0)
        return;
    things_hash_principals(&r->recall->things);
    for (uint32_t i = 0; i < accounts->n; i++) {
        uint64_t ref = r->recall->things.refs[PRINCIPAL_ACCOUNT][i];
        if (!bitset_has(&stopped->some, some_bit(ref)))
            continue;
        guint at = GPOINTER_TO_UINT(g_hash_table_lookup(stopped->by_ref, &ref));
        const StoppedChange *row =
            at > 0 ? &g_array_index(stopped->rows, StoppedChange, at - 1) : NULL;
        if (row == NULL || row->first_unusable_utc == TIME_UNKNOWN ||
            strcmp(row->key, snapshot_text(r->snapshot, accounts->key[i])) != 0)
            continue;
        StoppedAccount known = {i, row->last_usable_utc, row->first_unusable_utc};
        g_array_append_val(r->memory->stopped, known);
    }
}

static void free_stopped_key(void *data)
{
    g_free(((StoppedChange *)data)->key);
}

static bool remember_stopped(Remembering *r, GError **error)
{
    StoppedRows stopped = {
        .by_ref = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
        .rows = g_array_new(FALSE, FALSE, sizeof(StoppedChange)),
        .some = bitset_new(1u << SOME_BITS),
    };
    g_array_set_clear_func(stopped.rows, free_stopped_key);

    bool is_read = read_stopped(r, &stopped, error);
    for (guint i = 0; is_read && i < r->recall->stopped->len; i++) {
        StoppedChange change = g_array_index(r->recall->stopped, StoppedChange, i);
        change.key = g_strdup(change.key);
        put_stopped(r, &stopped, change);
    }
    if (is_read)
        find_stopped(r, &stopped);
    g_hash_table_unref(stopped.by_ref);
    g_array_unref(stopped.rows);
    bitset_clear(&stopped.some);
    return is_read;
}

/* ---- what accounts of people were called ---- */

static const BodyField identifier_fields[] = {
    [IDENTIFIER_NAME] = BODY_NAME,
    [IDENTIFIER_MAIL] = BODY_MAIL,
    [IDENTIFIER_UPN] = BODY_UPN,
};

static const char *identifier_now(const Snapshot *snapshot, IdentifierKind kind, uint32_t account)
{
    const Accounts *a = &snapshot->accounts;
    const TextRef *columns[] = {a->name, a->mail, a->upn};
    return snapshot_text(snapshot, columns[kind][account]);
}

static char *person_name(const Snapshot *snapshot, const char *id)
{
    uint32_t person = snapshot_find_person(snapshot, id);
    return g_strdup(person == NONE ? "" : snapshot_text(snapshot, snapshot->people.name[person]));
}

static void note_former(Remembering *r, IdentifierKind kind, const char *key, Text value,
                        const char *person)
{
    FormerIdentifier former = {
        .kind = (uint8_t)kind,
        .value = text_fold(value),
        .source = g_strdup(recall_source_name(r->recall, r->kind->source)),
        .account_key = g_strdup(key),
        .person_id = g_strdup(person),
        .person_name = person_name(r->snapshot, person),
        .last_seen_utc = known_utc(r),
    };
    g_array_append_val(r->recall->tonight->former, former);
}

/* Is the account still that person's? Yes while nobody can tell. */
static bool is_still_of(const Remembering *r, const HistoryChange *change, const char *person)
{
    const uint32_t *people = r->recall->present.person;

    if (change->type == HISTORY_GONE)
        return false;
    if (!r->recall->things.are_links_known || people == NULL)
        return true;
    uint32_t now = people[change->now.row];
    uint32_t then = snapshot_find_person(r->snapshot, person);
    /* A refused row may have said that they are one. */
    if (then != NONE && r->snapshot->people.gone_since_run[then] == PERSON_UNREAD)
        return true;
    if (now == NONE)
        return false;
    /* An id that lives on as a previous one is the same person. */
    return then == snapshot_person_now(r->snapshot, now) ||
           strcmp(snapshot_text(r->snapshot, r->snapshot->people.id[now]), person) == 0;
}

static void look_at_account(Remembering *r, const HistoryChange *change,
                            const HistoryVersion *version)
{
    Text link = version->body.data ? body_get_text(version->body, BODY_LINK_PERSON) : (Text){0};
    g_autofree char *person = g_strndup(link.data, link.length);

    if (change->type == HISTORY_GONE)
        note_stop(r, version->key, false);
    if (link.length == 0)
        return;
    bool is_theirs = is_still_of(r, change, person);
    for (int kind = IDENTIFIER_NAME; kind <= IDENTIFIER_UPN; kind++) {
        Text was = body_get_text(version->body, identifier_fields[kind]);
        bool is_kept =
            is_theirs &&
            text_equals_folded(
                was, text_of(identifier_now(r->snapshot, (IdentifierKind)kind, change->now.row)));
        if (was.length > 0 && !is_kept)
            note_former(r, (IdentifierKind)kind, version->key, was, person);
    }
}

static bool read_former(Remembering *r, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        r->store,
        "SELECT source, key, kind, value, person, person_name, last_seen FROM history_former",
        error);
    StoreStep step = STORE_FAILED;

    while (rows != NULL && (step = statement_step(rows, error)) == STORE_ROW) {
        FormerIdentifier former = {.kind = (uint8_t)statement_integer(rows, 2),
                                   .value = g_strdup(statement_text(rows, 3)),
                                   .source = g_strdup(statement_text(rows, 0)),
                                   .account_key = g_strdup(statement_text(rows, 1)),
                                   .person_id = g_strdup(statement_text(rows, 4)),
                                   .person_name = g_strdup(statement_text(rows, 5)),
                                   .last_seen_utc = statement_integer(rows, 6)};
        g_array_append_val(r->memory->former, former);
    }
    return step == STORE_DONE;
}

static bool is_same_former(const FormerIdentifier *a, const FormerIdentifier *b)
{
    return a->kind == b->kind && strcmp(a->value, b->value) == 0 &&
           strcmp(a->source, b->source) == 0 && strcmp(a->account_key, b->account_key) == 0 &&
           strcmp(a->person_id, b->person_id) == 0;
}

/* The newest of each; rows of one value are few. */
static void drop_older(GArray *former)
{
    for (guint i = 1; i < former->len;) {
        const FormerIdentifier *row = &g_array_index(former, FormerIdentifier, i);
        bool is_older = false;
        for (guint j = i; j > 0 && !is_older; j--) {
            const FormerIdentifier *newer = &g_array_index(former, FormerIdentifier, j - 1);
            if (newer->kind != row->kind || strcmp(newer->value, row->value) != 0)
                break;
            is_older = is_same_former(newer, row);
        }
        if (is_older)
            g_array_remove_index(former, i);
        else
            i++;
    }
}

static bool remember_former(Remembering *r, GError **error)
{
    const GArray *new = r->recall->tonight->former;

    if (!read_former(r, error))
        return false;
    for (guint i = 0; i < new->len; i++) {
        FormerIdentifier former = g_array_index(new, FormerIdentifier, i);
        former.value = g_strdup(former.value);
        former.source = g_strdup(former.source);
        former.account_key = g_strdup(former.account_key);
        former.person_id = g_strdup(former.person_id);
        former.person_name = g_strdup(former.person_name);
        g_array_append_val(r->memory->former, former);
    }
    return true;
}

/* ---- people who moved ---- */

static void note_move(Remembering *r, const char *key, MovedField field, Text before,
                      int64_t last_before_utc)
{
    MovedChange change = {.source = r->kind->source,
                          .field = (uint8_t)field,
                          .key = g_strdup(key),
                          .before = g_strndup(before.length > 0 ? before.data : "", before.length),
                          .last_before_utc = last_before_utc,
                          .first_after_utc = r->as_of_utc};
    g_array_append_val(r->recall->moved, change);
}

static bool is_same_text(Text before, const char *now)
{
    return before.length == strlen(now) &&
           (before.length == 0 || memcmp(before.data, now, before.length) == 0);
}

static void look_at_person(Remembering *r, const HistoryChange *change,
                           const HistoryVersion *version)
{
    const People *people = &r->snapshot->people;
    uint32_t person = change->now.row;

    if (change->type == HISTORY_GONE || !version->body.data) {
        for (int field = MOVED_DEPARTMENT; field <= MOVED_STATUS; field++) {
            MovedChange gone = {
                .source = r->kind->source, .field = (uint8_t)field, .key = g_strdup(version->key)};
            g_array_append_val(r->recall->moved, gone);
        }
        return;
    }
    Text department = body_get_text(version->body, BODY_DEPARTMENT);
    Text title = body_get_text(version->body, BODY_TITLE);
    Text status = body_get_text(version->body, BODY_STATUS_TEXT);
    uint64_t status_was = body_get_number(version->body, BODY_STATUS);
    bool is_same_status =
        status_was == people->status[person] &&
        (status_was != PERSON_STATUS_OTHER ||
         is_same_text(status, snapshot_text(r->snapshot, people->status_text[person])));

    if (!is_same_text(department, snapshot_text(r->snapshot, people->department[person])))
        note_move(r, version->key, MOVED_DEPARTMENT, department, known_utc(r));
    if (!is_same_text(title, snapshot_text(r->snapshot, people->title[person])))
        note_move(r, version->key, MOVED_TITLE, title, known_utc(r));
    if (!is_same_status)
        note_move(r, version->key, MOVED_STATUS, status, known_utc(r));
}

/* Who is on leave when first seen: counted from here. */
static void note_leave(Remembering *r, uint32_t person)
{
    const People *people = &r->snapshot->people;

    if (people->status[person] == PERSON_STATUS_LEAVE)
        note_move(r, snapshot_text(r->snapshot, people->id[person]), MOVED_STATUS, (Text){0},
                  TIME_UNKNOWN);
}

static void note_leaves(Remembering *r)
{
    const People *people = &r->snapshot->people;
    const GArray *changes = r->kind->changes;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        if (change->type == HISTORY_NEW)
            note_leave(r, change->now.row);
    }
    for (uint32_t i = 0; !r->kind->is_known && i < people->n; i++) {
        if (things_source(&r->recall->things, HISTORY_PERSON, i) == r->kind->source &&
            people->gone_since_run[i] == 0)
            note_leave(r, i);
    }
}

/* The row of this very id and source. */
static uint32_t person_row(const Snapshot *snapshot, uint8_t source, const char *id)
{
    const TextMultimap *map = snapshot_people_by_id(snapshot);
    const People *people = &snapshot->people;

    for (uint32_t at = text_multimap_find(map, text_of(id)); at != TEXT_INDEX_NONE;
         at = text_multimap_next(map, at)) {
        uint32_t person = text_multimap_id(map, at);
        if (people->source[person] == source &&
            strcmp(snapshot_text(snapshot, people->id[person]), id) == 0)
            return person;
    }
    return NONE;
}

static void put_moved(Remembering *r, GHashTable *rows, const MovedChange *change)
{
    uint32_t person = person_row(r->snapshot, change->source, change->key);
    uint64_t place = (uint64_t)person << 2 | change->field;

    if (person == NONE)
        return;
    if (change->before == NULL) {
        g_hash_table_remove(rows, &place);
        return;
    }
    uint64_t *key = g_new(uint64_t, 1);
    *key = place;
    MovedPerson *moved = g_new(MovedPerson, 1);
    *moved = (MovedPerson){person, change->field, g_strdup(change->before), change->last_before_utc,
                           change->first_after_utc};
    g_hash_table_replace(rows, key, moved);
}

static bool read_moved(Remembering *r, GHashTable *known, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        r->store, "SELECT source, key, field, before, last_before, first_after FROM history_moved",
        error);
    StoreStep step = STORE_FAILED;

    while (rows != NULL && (step = statement_step(rows, error)) == STORE_ROW) {
        g_autofree char *key = g_strdup(statement_text(rows, 1));
        g_autofree char *before = g_strdup(statement_text(rows, 3));
        MovedChange row = {.source = source_index(r->snapshot, statement_text(rows, 0)),
                           .field = (uint8_t)statement_integer(rows, 2),
                           .key = key,
                           .before = before,
                           .last_before_utc = statement_integer(rows, 4),
                           .first_after_utc = statement_integer(rows, 5)};
        if (row.source != UINT8_MAX)
            put_moved(r, known, &row);
    }
    return step == STORE_DONE;
}

static void moved_free(void *data)
{
    g_free(((MovedPerson *)data)->before);
    g_free(data);
}

static bool remember_moved(Remembering *r, GError **error)
{
    g_autoptr(GHashTable) known =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, moved_free);
    GHashTableIter iter;
    gpointer key, moved;

    if (!read_moved(r, known, error))
        return false;
    for (guint i = 0; i < r->recall->moved->len; i++)
        put_moved(r, known, &g_array_index(r->recall->moved, MovedChange, i));
    g_hash_table_iter_init(&iter, known);
    while (g_hash_table_iter_next(&iter, &key, &moved)) {
        g_array_append_vals(r->memory->moved, moved, 1);
        ((MovedPerson *)moved)->before = NULL;
    }
    return true;
}

/* ---- governed rights ---- */

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

static bool remember_rights(Remembering *r, GError **error)
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

/* ---- all ---- */

static bool remember_kind(Remembering *r, GError **error)
{
    if (r->kind->kind == HISTORY_ACCOUNT && r->kind->is_known) {
        note_stops(r);
        return look_back(r, look_at_account, error);
    }
    if (r->kind->kind == HISTORY_PERSON) {
        note_leaves(r);
        return !r->kind->is_known || look_back(r, look_at_person, error);
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
    drop_older(recall->memory->former);
    return is_done;
}
