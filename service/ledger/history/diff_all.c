/* diff_all.c: what became of things between two runs, kind by kind and source by source. */
#include "ledger/history/diff_private.h"

#include <string.h>

/* In the order they are told. */
static const struct {
    const char *name;
    HistoryKind kind;
    bool (*compare)(ThingsDiff *diff, HistoryKind kind, GError **error);
} kinds[] = {
    {"account", HISTORY_ACCOUNT, diff_kind}, {"person", HISTORY_PERSON, diff_kind},
    {"group", HISTORY_GROUP, diff_kind},     {"membership", HISTORY_MEMBERS, diff_members},
    {"right", HISTORY_RIGHTS, diff_members}, {"computer", HISTORY_COMPUTER, diff_kind},
    {"asset", HISTORY_ASSET, diff_kind},
};

void diff_add(ThingsDiff *diff, const ThingChange *change)
{
    json_t *before = change->before ? change->before : json_null();
    json_t *after = change->after ? change->after : json_null();
    bool is_backwards = diff->is_backwards;

    g_ptr_array_add(diff->rows,
                    json_pack("{s:o s:s s:s s:s s:s s:s? s:s? s:s? s:o s:o}", "run",
                              change->run > 0 ? json_integer(change->run) : json_null(), "change",
                              is_backwards ? change->undone : change->change, "kind", change->kind,
                              "source", diff->source, "name", change->name, "key", change->key,
                              "object", change->object, "field", change->field, "before",
                              is_backwards ? after : before, "after",
                              is_backwards ? before : after));
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    static const char *const members[] = {"name", "key", "object", "field", "change"};
    const json_t *first = *(json_t *const *)a, *second = *(json_t *const *)b;
    int order = 0;

    for (size_t i = 0; order == 0 && i < G_N_ELEMENTS(members); i++)
        order = g_strcmp0(json_string_value(json_object_get(first, members[i])),
                          json_string_value(json_object_get(second, members[i])));
    return order;
}

/* ---- sources ---- */

/* Sources whose history covers the earlier run. */
static GPtrArray *read_sources(const ThingsDiff *diff, GPtrArray *not_compared, GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Statement) rows = store_prepare(
        diff->store, "SELECT source, since_run FROM history_source ORDER BY source", error);
    StoreStep step;

    if (!rows)
        return NULL;
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t since = statement_integer(rows, 1);
        if (since <= diff->earlier)
            g_ptr_array_add(sources, g_strdup(statement_text(rows, 0)));
        else if (since <= diff->later)
            g_ptr_array_add(not_compared,
                            g_strdup_printf("%s: its history begins with run %" G_GINT64_FORMAT
                                            "; there is nothing to compare with",
                                            statement_text(rows, 0), since));
    }
    return step == STORE_DONE ? g_steal_pointer(&sources) : NULL;
}

static bool read_as_of(Store *store, int64_t run, int64_t *ret_utc, GError **error)
{
    g_autoptr(Statement) row = store_prepare(store, "SELECT as_of FROM run WHERE id = $1", error);

    if (!row)
        return false;
    statement_bind(row, integer_value(run));
    StoreStep step = statement_step(row, error);
    if (step == STORE_DONE)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                    "there is no run %" G_GINT64_FORMAT "; rightful runs lists them", run);
    *ret_utc = step == STORE_ROW ? statement_integer(row, 0) : 0;
    return step == STORE_ROW;
}

/* ---- all of it ---- */

typedef struct Comparison {
    ThingsDiff diff;
    const char *const *wanted;
    GPtrArray *not_compared, *all;
} Comparison;

static bool compare_kind(Comparison *comparison, size_t kind, const GPtrArray *sources,
                         GError **error)
{
    ThingsDiff *diff = &comparison->diff;

    for (guint i = 0; i < sources->len; i++) {
        g_autoptr(GPtrArray) rows = g_ptr_array_new();
        diff->source = sources->pdata[i];
        diff->rows = rows;
        bool is_read = kinds[kind].compare(diff, kinds[kind].kind, error);
        g_ptr_array_sort(rows, compare_rows);
        for (guint row = 0; row < rows->len; row++)
            g_ptr_array_add(comparison->all, rows->pdata[row]);
        if (!is_read)
            return false;
    }
    return true;
}

static bool compare_all(void *data, GError **error)
{
    Comparison *comparison = data;
    ThingsDiff *diff = &comparison->diff;

    if (!read_as_of(diff->store, diff->earlier, &diff->earlier_utc, error) ||
        !read_as_of(diff->store, diff->later, &diff->later_utc, error))
        return false;
    g_autoptr(GPtrArray) sources = read_sources(diff, comparison->not_compared, error);
    if (!sources)
        return false;
    for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        bool is_wanted =
            comparison->wanted[0] == NULL || g_strv_contains(comparison->wanted, kinds[kind].name);
        if (is_wanted && !compare_kind(comparison, kind, sources, error))
            return false;
    }
    return true;
}

bool ledger_diff_things(Ledger *ledger, int64_t from, int64_t to, const char *const *wanted,
                        GPtrArray *not_compared, LedgerVisit visit, void *data, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    Comparison comparison = {.diff = {.store = ledger->store,
                                      .earlier = MIN(from, to),
                                      .later = MAX(from, to),
                                      .is_backwards = from > to},
                             .wanted = wanted,
                             .not_compared = not_compared,
                             .all = all};

    if (!store_transaction(ledger->store, STORE_READING, compare_all, &comparison, error))
        return false;
    for (guint i = 0; i < all->len && visit(all->pdata[i], data); i++)
        ;
    return true;
}
