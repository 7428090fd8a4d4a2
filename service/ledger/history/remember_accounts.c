/* remember_accounts.c: accounts that stopped being usable, and what accounts of people were called.
 */
#include "ledger/history/remember_private.h"

#include "base/bitset.h"
#include "base/hash.h"
#include "model/lookup.h"

#include <string.h>

/* ---- accounts that stopped being usable ---- */

#define NOT_YET TIME_NEVER   /* first_unusable_utc: nobody has known since it was usable */
#define AS_IT_WAS TIME_NEVER /* last_usable_utc: what the row of the ledger says */

static void note_stop(Remembering *r, const char *key, int64_t last_usable_utc,
                      int64_t first_unusable_utc)
{
    StoppedChange change = {r->kind->source, g_strdup(key), last_usable_utc, first_unusable_utc};

    g_array_append_val(r->recall->stopped, change);
}

/* Unknown is neither: when it was usable last is kept until somebody knows again. */
static void note_state(Remembering *r, const char *key, State was, State is)
{
    if (is == STATE_YES)
        note_stop(r, key, TIME_UNKNOWN, TIME_UNKNOWN);
    else if (was == STATE_YES)
        note_stop(r, key, remember_known_utc(r), is == STATE_NO ? r->as_of_utc : NOT_YET);
    else if (is == STATE_NO)
        note_stop(r, key, AS_IT_WAS, r->as_of_utc);
}

void remember_stops_of_tonight(Remembering *r)
{
    const GArray *changes = r->kind->changes;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        State was = change->state_was, is = (State)(change->now.hash & FINGERPRINT_STATE);
        if (change->type == HISTORY_NEW || change->type == HISTORY_GONE || was == is)
            continue;
        note_state(r, things_key(&r->recall->things, HISTORY_ACCOUNT, change->now.row), was, is);
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
        StoppedChange row = {.source = remember_source(r->snapshot, statement_text(rows, 0)),
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
            row->first_unusable_utc == NOT_YET ||
            strcmp(row->key, snapshot_text(r->snapshot, accounts->key[i])) != 0)
            continue;
        StoppedAccount known = {i, row->last_usable_utc, row->first_unusable_utc};
        g_array_append_val(r->memory->stopped, known);
    }
}

/* An account that nobody knew of, and that is not usable now: stopped if it was usable before. */
static void finish_stop(const Remembering *r, const StoppedRows *stopped, StoppedChange *change)
{
    uint64_t ref =
        history_ref(recall_source_name(r->recall, change->source), HISTORY_ACCOUNT, change->key);
    guint at = GPOINTER_TO_UINT(g_hash_table_lookup(stopped->by_ref, &ref));
    const StoppedChange *row = at > 0 ? &g_array_index(stopped->rows, StoppedChange, at - 1) : NULL;

    change->last_usable_utc = row ? row->last_usable_utc : TIME_UNKNOWN;
    if (!row || row->first_unusable_utc != NOT_YET)
        change->first_unusable_utc = row ? row->first_unusable_utc : TIME_UNKNOWN;
}

static void free_stopped_key(void *data)
{
    g_free(((StoppedChange *)data)->key);
}

bool remember_stopped(Remembering *r, GError **error)
{
    StoppedRows stopped = {
        .by_ref = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
        .rows = g_array_new(FALSE, FALSE, sizeof(StoppedChange)),
        .some = bitset_new(1u << SOME_BITS),
    };
    g_array_set_clear_func(stopped.rows, free_stopped_key);

    bool is_read = read_stopped(r, &stopped, error);
    for (guint i = 0; is_read && i < r->recall->stopped->len; i++) {
        StoppedChange *noted = &g_array_index(r->recall->stopped, StoppedChange, i);
        if (noted->last_usable_utc == AS_IT_WAS)
            finish_stop(r, &stopped, noted);
        StoppedChange change = *noted;
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
        .last_seen_utc = remember_known_utc(r),
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

void remember_account_was(Remembering *r, const HistoryChange *change,
                          const HistoryVersion *version)
{
    Text link = version->body.data ? body_get_text(version->body, BODY_LINK_PERSON) : (Text){0};
    g_autofree char *person = g_strndup(link.data, link.length);

    if (change->type == HISTORY_GONE)
        note_stop(r, version->key, TIME_UNKNOWN, TIME_UNKNOWN);
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
void remember_drop_older(GArray *former)
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

bool remember_former(Remembering *r, GError **error)
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
