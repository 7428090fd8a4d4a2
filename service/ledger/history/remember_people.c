/* remember_people.c: who moved, and who is on leave since when. */
#include "ledger/history/remember_private.h"

#include "model/lookup.h"

#include <string.h>

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

void remember_person_was(Remembering *r, const HistoryChange *change, const HistoryVersion *version)
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
        note_move(r, version->key, MOVED_DEPARTMENT, department, remember_known_utc(r));
    if (!is_same_text(title, snapshot_text(r->snapshot, people->title[person])))
        note_move(r, version->key, MOVED_TITLE, title, remember_known_utc(r));
    if (!is_same_status)
        note_move(r, version->key, MOVED_STATUS, status, remember_known_utc(r));
}

/* Who is on leave when first seen: counted from here. */
static void note_leave(Remembering *r, uint32_t person)
{
    const People *people = &r->snapshot->people;

    if (people->status[person] == PERSON_STATUS_LEAVE)
        note_move(r, snapshot_text(r->snapshot, people->id[person]), MOVED_STATUS, (Text){0},
                  TIME_UNKNOWN);
}

void remember_leaves_of_tonight(Remembering *r)
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
        MovedChange row = {.source = remember_source(r->snapshot, statement_text(rows, 0)),
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

bool remember_moved(Remembering *r, GError **error)
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
