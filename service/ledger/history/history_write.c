#include "ledger/history/history_write.h"

#include "ledger/history/history_fetch.h"
#include "ledger/history/history_index.h"
#include "ledger/history/pack_write.h"

#include <stdlib.h>
#include <string.h>

typedef struct HistoryWriter {
    Store *store;
    const LedgerRecall *recall;
    Things things; /* with hashes of principals, made again when lists are to be written */
    const LedgerRun *run;
    Bulk *rows;
    const KindRecall *kind; /* in work */
    Body body;
} HistoryWriter;

static const char *source_name(const HistoryWriter *writer)
{
    return recall_source_name(writer->recall, writer->kind->source);
}

static const char *kind_name(const HistoryWriter *writer)
{
    return history_kinds[writer->kind->kind];
}

/* ---- rows ---- */

/* body.data NULL: gone. */
static bool write_row(HistoryWriter *writer, uint64_t ref, const char *key, Text body,
                      GError **error)
{
    StoreValue value =
        body.data ? blob_value(body.data, body.length) : (StoreValue){.type = VALUE_NULL};

    return bulk_add(writer->rows, error, text_value(source_name(writer)),
                    text_value(kind_name(writer)), integer_value((int64_t)ref), text_value(key),
                    integer_value(writer->run->id), value);
}

/* What the link was before, in a body of tonight, when nobody can tell tonight. */
static bool carry_link(HistoryWriter *writer, const char *key, GError **error)
{
    Body *body = &writer->body;
    GByteArray *before = NULL;

    if (!history_get(writer->store, source_name(writer), HISTORY_ACCOUNT, key,
                     writer->recall->last_run, &before, NULL, error))
        return false;
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_byte_array_append(whole, body->data, (guint)body->size_without_link);
    if (before != NULL) {
        size_t begin, end;
        body_link_place((Text){(const char *)before->data, before->len}, &begin, &end);
        g_byte_array_append(whole, before->data + begin, (guint)(end - begin));
        g_byte_array_unref(before);
    }
    g_byte_array_append(whole, body->data + body->size_without_use,
                        (guint)(body->size - body->size_without_use));
    body_clear(body);
    body->size = body->room = whole->len;
    body->data = g_byte_array_free(g_steal_pointer(&whole), FALSE);
    return true;
}

static bool list_body(HistoryWriter *writer, const HistoryChange *change, const char *key,
                      GError **error)
{
    HistoryKind kind = (HistoryKind)writer->kind->kind;
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    const HistoryMember *rows;

    recall_members(writer->recall, &writer->things, kind, change->now.row, members);
    rows = (const HistoryMember *)(const void *)members->data;
    body_begin(&writer->body);
    if (change->type == HISTORY_NEW) {
        member_list_whole(&writer->body, rows, members->len);
        return true;
    }
    g_autoptr(GArray) before = history_members(writer->store, source_name(writer), kind, key,
                                               writer->recall->last_run, error);
    if (before == NULL)
        return false;
    /* More changed than stayed: the whole list is shorter. */
    if (member_list_change(&writer->body, before, rows, members->len) > members->len) {
        body_begin(&writer->body);
        member_list_whole(&writer->body, rows, members->len);
    }
    return true;
}

static bool write_change(HistoryWriter *writer, const HistoryChange *change, GError **error)
{
    HistoryKind kind = (HistoryKind)writer->kind->kind;
    const char *key = things_key(&writer->things, kind, change->now.row);

    if (history_is_list(kind)) {
        if (!list_body(writer, change, key, error))
            return false;
    } else {
        things_body(&writer->things, kind, change->now.row, &writer->body);
        bool is_kept = kind == HISTORY_ACCOUNT && change->type == HISTORY_OTHER &&
                       !writer->things.are_links_known;
        if (is_kept && !carry_link(writer, key, error))
            return false;
    }
    return write_row(writer, history_ref(source_name(writer), kind, key), key,
                     (Text){(const char *)writer->body.data, writer->body.size}, error);
}

/* ---- what is gone ---- */

static bool keep_key(size_t index, const HistoryVersion *version, void *data, GError **error)
{
    (void)index, (void)error;
    if (version->body.data != NULL)
        g_ptr_array_add(data, g_strdup(version->key));
    return true;
}

/* Only hashes of their keys are known: the keys stand in their newest versions. NULL on failure. */
static GPtrArray *gone_keys(HistoryWriter *writer, GError **error)
{
    const GArray *changes = writer->kind->changes;
    g_autofree uint64_t *refs = g_new(uint64_t, changes->len + 1);
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    size_t n = 0;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        if (change->type == HISTORY_GONE)
            refs[n++] = change->now.ref;
    }
    if (!history_fetch(writer->store, source_name(writer), (HistoryKind)writer->kind->kind, refs, n,
                       writer->recall->last_run, keep_key, keys, error))
        return NULL;
    g_ptr_array_add(keys, NULL);
    return g_steal_pointer(&keys);
}

/* ---- versions of one kind ---- */

static size_t count_versions(const KindRecall *kind, bool *ret_are_new)
{
    size_t n = 0;

    *ret_are_new = true;
    for (guint i = 0; i < kind->changes->len; i++) {
        uint8_t type = g_array_index(kind->changes, HistoryChange, i).type;
        n += type != HISTORY_SAME_BODY;
        *ret_are_new = *ret_are_new && type != HISTORY_OTHER;
    }
    return n;
}

static int compare_rows(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* In the order of the snapshot: what is near in it is alike. */
static uint32_t *rows_to_write(const KindRecall *kind, size_t *ret_n)
{
    uint32_t *rows = g_new(uint32_t, kind->changes->len + 1);
    size_t n = 0;

    for (guint i = 0; i < kind->changes->len; i++) {
        const HistoryChange *change = &g_array_index(kind->changes, HistoryChange, i);
        if (change->type == HISTORY_NEW || change->type == HISTORY_OTHER)
            rows[n++] = change->now.row;
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    *ret_n = n;
    return rows;
}

static bool write_as_packs(HistoryWriter *writer, const GPtrArray *gone, GError **error)
{
    g_auto(PackWrite) write = {.store = writer->store,
                               .things = &writer->things,
                               .kind = (HistoryKind)writer->kind->kind,
                               .source = writer->kind->source,
                               .run = writer->run->id,
                               .gone = (const char *const *)gone->pdata};
    g_autofree uint32_t *rows = rows_to_write(writer->kind, &write.n);

    write.rows = rows;
    return pack_write(&write, error) && pack_write_index(&write, NULL, error);
}

static bool write_as_rows(HistoryWriter *writer, const GPtrArray *gone, GError **error)
{
    const GArray *changes = writer->kind->changes;

    for (guint i = 0; i < changes->len; i++) {
        const HistoryChange *change = &g_array_index(changes, HistoryChange, i);
        if ((change->type == HISTORY_NEW || change->type == HISTORY_OTHER) &&
            !write_change(writer, change, error))
            return false;
    }
    for (guint i = 0; i + 1 < gone->len; i++) {
        const char *key = gone->pdata[i];
        uint64_t ref = history_ref(source_name(writer), (HistoryKind)writer->kind->kind, key);
        if (!write_row(writer, ref, key, (Text){0}, error))
            return false;
    }
    return true;
}

/* Changed lists, and links that are carried over, need what was before: row by row. */
static bool write_versions(HistoryWriter *writer, GError **error)
{
    bool are_new;
    size_t n = count_versions(writer->kind, &are_new);
    bool needs_before =
        history_is_list((HistoryKind)writer->kind->kind) || !writer->things.are_links_known;
    g_autoptr(GPtrArray) gone = gone_keys(writer, error);

    if (gone == NULL)
        return false;
    return n >= history_pack_least && (are_new || !needs_before)
               ? write_as_packs(writer, gone, error)
               : write_as_rows(writer, gone, error);
}

/* ---- what is there now ---- */

/* Both ascending. */
static void patch(const GArray *before, const HistoryChange *changes, size_t n, GArray *after)
{
    g_array_set_size(after, 0);
    for (size_t i = 0, j = 0; i < before->len || j < n;) {
        Fingerprint was = {0};
        if (i < before->len)
            was = g_array_index(before, Fingerprint, i);
        if (j == n || (i < before->len && was.ref < changes[j].now.ref)) {
            g_array_append_val(after, was);
            i++;
            continue;
        }
        i += i < before->len && was.ref == changes[j].now.ref;
        if (changes[j].type != HISTORY_GONE)
            g_array_append_val(after, changes[j].now);
        j++;
    }
}

static bool patch_chunks(Now *now, const GArray *changes, bool *ret_is_outgrown, GError **error)
{
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(Fingerprint));
    g_autoptr(GArray) after = g_array_new(FALSE, FALSE, sizeof(Fingerprint));
    const HistoryChange *rows = (const HistoryChange *)(const void *)changes->data;

    for (size_t begin = 0, end; begin < changes->len; begin = end) {
        size_t chunk = now_chunk(now, rows[begin].now.ref);
        for (end = begin; end < changes->len && now_chunk(now, rows[end].now.ref) == chunk;)
            end++;
        g_array_set_size(before, 0);
        if (!now_read(now, chunk, before, error))
            return false;
        patch(before, &rows[begin], end - begin, after);
        if (!now_write(now, chunk, (const Fingerprint *)(const void *)after->data, after->len,
                       error))
            return false;
        *ret_is_outgrown = *ret_is_outgrown || now_is_outgrown(after->len);
    }
    return now_finish(now, error);
}

static bool write_changes(HistoryWriter *writer, GError **error)
{
    g_auto(Now) now = {0};
    bool is_outgrown = false;

    if (!write_versions(writer, error) ||
        !now_open(&now, writer->store, source_name(writer), (HistoryKind)writer->kind->kind,
                  error) ||
        !patch_chunks(&now, writer->kind->changes, &is_outgrown, error))
        return false;
    return !is_outgrown || now_regrow(&now, error);
}

/* ---- the first night of a source ---- */

static uint32_t *rows_of_source(const HistoryWriter *writer, size_t *ret_n)
{
    HistoryKind kind = (HistoryKind)writer->kind->kind;
    uint32_t n_rows = things_n(&writer->things, kind);
    uint32_t *rows = g_new(uint32_t, (size_t)n_rows + 1);
    size_t n = 0;

    for (uint32_t row = 0; row < n_rows; row++) {
        if (things_source(&writer->things, kind, row) == writer->kind->source)
            rows[n++] = row;
    }
    *ret_n = n;
    return rows;
}

/* As if all were new. */
static bool write_few(HistoryWriter *writer, Now *now, const uint32_t *rows, size_t n,
                      GError **error)
{
    HistoryKind kind = (HistoryKind)writer->kind->kind;
    uint64_t seed = history_ref_seed(source_name(writer), kind);
    g_autoptr(GArray) prints = g_array_new(FALSE, FALSE, sizeof(Fingerprint));
    const Fingerprint *sorted;

    for (size_t i = 0; i < n; i++) {
        Fingerprint print = things_fingerprint(&writer->things, kind, rows[i], seed, &writer->body);
        if (print.ref != 0)
            g_array_append_val(prints, print);
    }
    fingerprints_sort((Fingerprint *)(void *)prints->data, prints->len);
    sorted = (const Fingerprint *)(const void *)prints->data;
    for (guint i = 0; i < prints->len; i++) {
        HistoryChange change = {.now = sorted[i], .type = HISTORY_NEW};
        bool is_repeated = i > 0 && sorted[i].ref == sorted[i - 1].ref;
        if (!is_repeated && !write_change(writer, &change, error))
            return false;
    }
    return now_replace_all(now, sorted, prints->len, error);
}

static bool write_many(HistoryWriter *writer, Now *now, const uint32_t *rows, size_t n,
                       GError **error)
{
    g_auto(PackWrite) write = {.store = writer->store,
                               .things = &writer->things,
                               .kind = (HistoryKind)writer->kind->kind,
                               .source = writer->kind->source,
                               .run = writer->run->id,
                               .rows = rows,
                               .n = n};

    return pack_write(&write, error) && pack_write_index(&write, now, error);
}

static bool write_first(HistoryWriter *writer, GError **error)
{
    size_t n;
    g_autofree uint32_t *rows = rows_of_source(writer, &n);
    g_auto(Now) now = {.store = writer->store,
                       .source = source_name(writer),
                       .kind = (HistoryKind)writer->kind->kind};

    return n < history_pack_least ? write_few(writer, &now, rows, n, error)
                                  : write_many(writer, &now, rows, n, error);
}

static bool write_source(HistoryWriter *writer, GError **error)
{
    g_autoptr(Statement) insert =
        store_prepare(writer->store,
                      "INSERT INTO history_source (source, since_run, since_as_of) "
                      "VALUES ($1, $2, $3) ON CONFLICT (source) DO NOTHING",
                      error);
    if (insert == NULL)
        return false;
    statement_bind(insert, text_value(source_name(writer)), integer_value(writer->run->id),
                   integer_value(writer->run->as_of_utc));
    return statement_run(insert, error);
}

static bool write_kind(HistoryWriter *writer, GError **error)
{
    const KindRecall *kind = writer->kind;

    if (kind->is_known && kind->changes->len == 0)
        return true;
    if (history_is_list((HistoryKind)kind->kind))
        things_hash_principals(&writer->things);
    if (kind->is_known)
        return write_changes(writer, error);
    return write_source(writer, error) && write_first(writer, error);
}

/* ---- what controls are told ---- */

static bool write_stopped(HistoryWriter *writer, GError **error)
{
    const LedgerRecall *recall = writer->recall;
    g_autoptr(Statement) upsert = store_prepare(
        writer->store,
        "INSERT INTO history_stopped (source, key, last_usable, first_unusable) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (source, key) DO UPDATE SET "
        "last_usable = excluded.last_usable, first_unusable = excluded.first_unusable",
        error);
    g_autoptr(Statement) remove = store_prepare(
        writer->store, "DELETE FROM history_stopped WHERE source = $1 AND key = $2", error);

    if (upsert == NULL || remove == NULL)
        return false;
    for (guint i = 0; i < recall->stopped->len; i++) {
        const StoppedChange *change = &g_array_index(recall->stopped, StoppedChange, i);
        StoreValue source = text_value(recall_source_name(recall, change->source));
        bool is_gone = change->first_unusable_utc == TIME_UNKNOWN;
        if (is_gone)
            statement_bind(remove, source, text_value(change->key));
        else
            statement_bind(upsert, source, text_value(change->key),
                           integer_value(change->last_usable_utc),
                           integer_value(change->first_unusable_utc));
        if (!statement_run(is_gone ? remove : upsert, error))
            return false;
    }
    return true;
}

static bool write_moved(HistoryWriter *writer, GError **error)
{
    const LedgerRecall *recall = writer->recall;
    g_autoptr(Statement) upsert = store_prepare(
        writer->store,
        "INSERT INTO history_moved (source, key, field, before, last_before, first_after) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source, key, field) DO UPDATE SET "
        "before = excluded.before, last_before = excluded.last_before, "
        "first_after = excluded.first_after",
        error);
    g_autoptr(Statement) remove = store_prepare(
        writer->store, "DELETE FROM history_moved WHERE source = $1 AND key = $2 AND field = $3",
        error);

    if (upsert == NULL || remove == NULL)
        return false;
    for (guint i = 0; i < recall->moved->len; i++) {
        const MovedChange *change = &g_array_index(recall->moved, MovedChange, i);
        StoreValue source = text_value(recall_source_name(recall, change->source));
        bool is_gone = change->before == NULL;
        if (is_gone)
            statement_bind(remove, source, text_value(change->key), integer_value(change->field));
        else
            statement_bind(upsert, source, text_value(change->key), integer_value(change->field),
                           text_value(change->before), integer_value(change->last_before_utc),
                           integer_value(change->first_after_utc));
        if (!statement_run(is_gone ? remove : upsert, error))
            return false;
    }
    return true;
}

static bool write_former(HistoryWriter *writer, GError **error)
{
    const GArray *former = writer->recall->tonight->former;
    g_autoptr(Statement) upsert = store_prepare(
        writer->store,
        "INSERT INTO history_former (source, key, kind, value, person, person_name, last_seen) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, key, kind, value, person) "
        "DO UPDATE SET person_name = excluded.person_name, last_seen = excluded.last_seen",
        error);

    if (upsert == NULL)
        return false;
    for (guint i = 0; i < former->len; i++) {
        const FormerIdentifier *row = &g_array_index(former, FormerIdentifier, i);
        statement_bind(upsert, text_value(row->source), text_value(row->account_key),
                       integer_value(row->kind), text_value(row->value), text_value(row->person_id),
                       text_value(row->person_name), integer_value(row->last_seen_utc));
        if (!statement_run(upsert, error))
            return false;
    }
    return true;
}

/* ---- all ---- */

static bool write_all(HistoryWriter *writer, GError **error)
{
    for (guint i = 0; i < writer->recall->kinds->len; i++) {
        writer->kind = &g_array_index(writer->recall->kinds, KindRecall, i);
        if (!write_kind(writer, error))
            return false;
    }
    return bulk_end(writer->rows, error) && write_stopped(writer, error) &&
           write_moved(writer, error) && write_former(writer, error);
}

bool history_write(Store *store, const LedgerRecall *recall, const LedgerRun *run, GError **error)
{
    HistoryWriter writer = {.store = store, .recall = recall, .run = run};

    writer.rows = bulk_new(store, "history", "source, kind, ref, key, run, body", error);
    if (writer.rows == NULL)
        return false;
    things_init(&writer.things, &recall->present);
    bool is_written = write_all(&writer, error);
    things_clear(&writer.things);
    body_clear(&writer.body);
    bulk_free(writer.rows);
    return is_written;
}
