/* past_rows.c: rows of accounts, groups, people … as they were. */
#include "ledger/history/past_private.h"

#include <string.h>

#define N_TABLES (HISTORY_APPROVAL + 1) /* the kinds with a table come first */
#define SOURCE_NONE UINT8_MAX           /* of people who vanished */

/* Runs of texts that rows own. */
typedef struct RowText {
    uint32_t row;
    TextRef text;
} RowText;

/* ---- rows to be ---- */

static bool add_entry(const HistoryVersion *version, void *data, GError **error)
{
    Rebuild *rebuild = data;
    PastEntry entry = {.key = rebuild->texts->len,
                       .run = version->run,
                       .n_body = version->body.length,
                       .source = rebuild->source};

    (void)error;
    g_string_append_len(rebuild->texts, version->key, (gssize)strlen(version->key) + 1);
    entry.body = rebuild->texts->len;
    g_string_append_len(rebuild->texts, version->body.data, (gssize)version->body.length);
    g_array_append_val(rebuild->entries, entry);
    return true;
}

static gint compare_entries(gconstpointer a, gconstpointer b, gpointer texts)
{
    const PastEntry *first = a, *second = b;
    const char *text = texts;

    if (first->source != second->source)
        return (int)first->source - (int)second->source;
    return strcmp(text + first->key, text + second->key);
}

static bool walk_source(Rebuild *rebuild, HistoryKind kind, GError **error)
{
    return history_walk(rebuild->store, source_name(rebuild), kind, rebuild->past->run, add_entry,
                        rebuild, error);
}

static void *table_of(Snapshot *snapshot, HistoryKind kind, uint32_t **ret_n)
{
    const struct {
        void *table;
        uint32_t *n;
    } tables[N_TABLES] = {
        [HISTORY_ACCOUNT] = {&snapshot->accounts, &snapshot->accounts.n},
        [HISTORY_GROUP] = {&snapshot->groups, &snapshot->groups.n},
        [HISTORY_COMPUTER] = {&snapshot->computers, &snapshot->computers.n},
        [HISTORY_FOREIGN] = {&snapshot->foreigners, &snapshot->foreigners.n},
        [HISTORY_PERSON] = {&snapshot->people, &snapshot->people.n},
        [HISTORY_ASSET] = {&snapshot->assets, &snapshot->assets.n},
        [HISTORY_APPROVAL] = {&snapshot->approvals, &snapshot->approvals.n},
    };

    *ret_n = tables[kind].n;
    return tables[kind].table;
}

static Text body_of(const Rebuild *rebuild, const PastEntry *entry)
{
    return (Text){rebuild->texts->str + entry->body, entry->n_body};
}

/* Principals are what can be a member. */
static bool is_principal(HistoryKind kind, PrincipalKind *ret_kind)
{
    static const PrincipalKind kinds[] = {
        [HISTORY_ACCOUNT] = PRINCIPAL_ACCOUNT,
        [HISTORY_GROUP] = PRINCIPAL_GROUP,
        [HISTORY_COMPUTER] = PRINCIPAL_COMPUTER,
        [HISTORY_FOREIGN] = PRINCIPAL_FOREIGN,
    };

    if (kind > HISTORY_FOREIGN)
        return false;
    *ret_kind = kinds[kind];
    return true;
}

static void fill_link(const Rebuild *rebuild, uint32_t account, Text body)
{
    const PastLinks *links = &rebuild->past->links;
    TextPool *pool = rebuild->snapshot->text;

    links->person[account] = text_pool_intern(pool, body_get_text(body, BODY_LINK_PERSON));
    links->rule[account] = text_pool_intern(pool, body_get_text(body, BODY_LINK_RULE));
    links->linked[account] = (uint8_t)body_get_number(body, BODY_LINKED);
    links->account_class[account] = (uint8_t)body_get_number(body, BODY_CLASS);
}

static void name_row(Rebuild *rebuild, HistoryKind kind, uint32_t row, const PastEntry *entry)
{
    const char *key = rebuild->texts->str + entry->key;
    PrincipalKind principal;

    if (is_principal(kind, &principal))
        past_refs_add(rebuild->refs,
                      history_ref(rebuild->snapshot->sources[entry->source].name, kind, key),
                      principal_of(principal, row));
    if (kind == HISTORY_ACCOUNT) {
        rebuild->past->account_run[row] = entry->run;
        fill_link(rebuild, row, body_of(rebuild, entry));
    }
    if (entry->source == SOURCE_NONE)
        rebuild->snapshot->people.gone_since_run[row] = entry->run;
}

static bool fill_rows(Rebuild *rebuild, HistoryKind kind, void *table, GError **error)
{
    uint8_t *sources = body_table_sources(table, kind);
    TextRef *keys = body_table_keys(table, kind);

    for (guint row = 0; row < rebuild->entries->len; row++) {
        const PastEntry *entry = &g_array_index(rebuild->entries, PastEntry, row);
        if (!body_table_fill(table, kind, row, body_of(rebuild, entry), rebuild->snapshot->text))
            return past_is_damaged(rebuild->snapshot->sources[entry->source].name, error);
        keys[row] =
            text_pool_add(rebuild->snapshot->text, text_of(rebuild->texts->str + entry->key));
        sources[row] = entry->source;
        name_row(rebuild, kind, row, entry);
    }
    return true;
}

/* All values of a list's field, by row. */
static GArray *collect_lists(const Rebuild *rebuild, BodyField field)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(RowText));

    for (guint row = 0; row < rebuild->entries->len; row++) {
        BodyReader reader =
            body_reader(body_of(rebuild, &g_array_index(rebuild->entries, PastEntry, row)));
        while (body_next(&reader)) {
            if (reader.field != field)
                continue;
            RowText value = {row, text_pool_add(rebuild->snapshot->text, reader.text)};
            g_array_append_val(list, value);
        }
    }
    return list;
}

/* Compressed rows: first has one more than there are rows. */
static void fill_runs(const GArray *list, uint32_t n_rows, uint32_t **ret_first,
                      TextRef **ret_values)
{
    *ret_first = g_new0(uint32_t, (size_t)n_rows + 1);
    *ret_values = g_new0(TextRef, (size_t)list->len + 1);
    for (guint i = 0; i < list->len; i++) {
        (*ret_first)[g_array_index(list, RowText, i).row + 1]++;
        (*ret_values)[i] = g_array_index(list, RowText, i).text;
    }
    for (uint32_t row = 0; row < n_rows; row++)
        (*ret_first)[row + 1] += (*ret_first)[row];
}

static void fill_sid_history(SidHistory *history, const GArray *list)
{
    history->n = list->len;
    history->account = g_new0(uint32_t, (size_t)list->len + 1);
    history->sid = g_new0(TextRef, (size_t)list->len + 1);
    for (guint i = 0; i < list->len; i++) {
        history->account[i] = g_array_index(list, RowText, i).row;
        history->sid[i] = g_array_index(list, RowText, i).text;
    }
}

static void fill_lists(Rebuild *rebuild, HistoryKind kind)
{
    Snapshot *snapshot = rebuild->snapshot;
    static const BodyField fields[N_TABLES] = {[HISTORY_ACCOUNT] = BODY_SID_HISTORY,
                                               [HISTORY_PERSON] = BODY_PREVIOUS_ID,
                                               [HISTORY_ASSET] = BODY_ACCESS_GROUP};

    if (fields[kind] == 0)
        return;
    g_autoptr(GArray) list = collect_lists(rebuild, fields[kind]);
    if (kind == HISTORY_ACCOUNT)
        fill_sid_history(&snapshot->sid_history, list);
    else if (kind == HISTORY_PERSON)
        fill_runs(list, snapshot->people.n, &snapshot->people.first_previous,
                  &snapshot->people.previous_ids);
    else
        fill_runs(list, snapshot->assets.n, &snapshot->assets.first_access_group,
                  &snapshot->assets.access_groups);
}

/* ---- people who vanished ---- */

typedef struct Vanished {
    Rebuild *rebuild;
    GHashTable *since; /* id → the run that missed them, as pointer to int64 */
} Vanished;

static bool note_vanished(const HistoryVersion *version, void *data, GError **error)
{
    const Vanished *vanished = data;

    (void)error;
    if (version->body.data)
        g_hash_table_remove(vanished->since, version->key);
    else
        g_hash_table_insert(vanished->since, g_strdup(version->key),
                            g_memdup2(&version->run, sizeof version->run));
    return true;
}

/* Only who it is is kept of somebody who is in no roster, as the ledger's roster does. */
static void add_remains(Rebuild *rebuild, const char *id, int64_t since, Text body)
{
    static const BodyField fields[] = {BODY_NAME, BODY_MAIL, BODY_USERNAME};
    g_auto(Body) remains = {0};
    uint8_t source = rebuild->source;

    body_begin(&remains);
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        Text text = body_get_text(body, fields[i]);
        g_autofree char *value = g_strndup(text.data, text.length);
        body_text(&remains, fields[i], value ? value : "");
    }
    HistoryVersion version = {id, since, {(const char *)remains.data, remains.size}};
    rebuild->source = SOURCE_NONE;
    add_entry(&version, rebuild, NULL);
    rebuild->source = source;
}

/* Versions of one id come in their order: the last one with a body is the newest. */
static bool keep_remains(const HistoryVersion *version, void *data, GError **error)
{
    GHashTable *bodies = data;

    (void)error;
    if (version->body.data && g_hash_table_contains(bodies, version->key))
        g_hash_table_insert(bodies, g_strdup(version->key),
                            g_bytes_new(version->body.data, version->body.length));
    return true;
}

static void bytes_unref(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static bool add_vanished_of_source(Rebuild *rebuild, HistoryKind kind, GError **error)
{
    g_autoptr(GHashTable) since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) bodies =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_unref);
    Vanished vanished = {rebuild, since};
    GHashTableIter iter;
    gpointer id, value;
    int64_t run = rebuild->past->run;
    const char *source = source_name(rebuild);

    if (!history_scan(rebuild->store, source, kind, 0, run, note_vanished, &vanished, error))
        return false;
    g_hash_table_iter_init(&iter, since);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_hash_table_insert(bodies, g_strdup(id), g_bytes_new(NULL, 0));
    if (g_hash_table_size(since) > 0 &&
        !history_scan(rebuild->store, source, kind, 0, run, keep_remains, bodies, error))
        return false;
    g_hash_table_iter_init(&iter, bodies);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const int64_t *gone = g_hash_table_lookup(since, id);
        gsize n;
        const char *data = g_bytes_get_data(value, &n);
        add_remains(rebuild, id, *gone, (Text){data, n});
    }
    return true;
}

/* Ids that somebody in a roster has or had. */
static GHashTable *known_ids(const Rebuild *rebuild, guint n_entries)
{
    GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < n_entries; i++) {
        const PastEntry *entry = &g_array_index(rebuild->entries, PastEntry, i);
        BodyReader reader = body_reader(body_of(rebuild, entry));
        g_hash_table_add(known, g_strdup(rebuild->texts->str + entry->key));
        while (body_next(&reader)) {
            if (reader.field == BODY_PREVIOUS_ID)
                g_hash_table_add(known, g_strndup(reader.text.data, reader.text.length));
        }
    }
    return known;
}

/* Somebody who is missing from one roster may be in another, or live on under a new id. */
static bool add_vanished(Rebuild *rebuild, GError **error)
{
    guint n_present = rebuild->entries->len, kept = n_present;

    if (!past_each_source(rebuild, HISTORY_PERSON, add_vanished_of_source, error))
        return false;
    if (rebuild->entries->len == n_present)
        return true;
    g_autoptr(GHashTable) known = known_ids(rebuild, n_present);
    for (guint i = n_present; i < rebuild->entries->len; i++) {
        PastEntry entry = g_array_index(rebuild->entries, PastEntry, i);
        if (g_hash_table_add(known, g_strdup(rebuild->texts->str + entry.key)))
            g_array_index(rebuild->entries, PastEntry, kept++) = entry;
    }
    g_array_set_size(rebuild->entries, kept);
    return true;
}

/* What no table has. */
static void make_room(Rebuild *rebuild, HistoryKind kind, size_t n)
{
    if (kind == HISTORY_PERSON)
        rebuild->snapshot->people.gone_since_run = g_new0(int64_t, n);
    if (kind != HISTORY_ACCOUNT)
        return;
    rebuild->past->account_run = g_new0(int64_t, n);
    rebuild->past->links = (PastLinks){.person = g_new0(TextRef, n),
                                       .rule = g_new0(TextRef, n),
                                       .linked = g_new0(uint8_t, n),
                                       .account_class = g_new0(uint8_t, n)};
}

bool past_read_table(Rebuild *rebuild, HistoryKind kind, GError **error)
{
    uint32_t *n;
    void *table = table_of(rebuild->snapshot, kind, &n);

    g_array_set_size(rebuild->entries, 0);
    g_string_truncate(rebuild->texts, 0);
    if (!past_each_source(rebuild, kind, walk_source, error) ||
        (kind == HISTORY_PERSON && !add_vanished(rebuild, error)))
        return false;
    g_array_sort_with_data(rebuild->entries, compare_entries, rebuild->texts->str);
    *n = rebuild->entries->len;
    body_table_reserve(table, kind, *n);
    make_room(rebuild, kind, (size_t)*n + 1);
    if (!fill_rows(rebuild, kind, table, error))
        return false;
    fill_lists(rebuild, kind);
    return true;
}
