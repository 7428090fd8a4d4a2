/* copy.c: a ledger moved into another store, every row of every table, and the proof that it
 * arrived.
 *
 * The digest of a ledger is that of its tables' names, numbers of rows and sums of the rows'
 * hashes, so it does not depend on the order in which a database gives them. A row's hash covers
 * type, length and bytes of every value. */
#include "ledger/ledger_private.h"

#include "base/digest.h"

#include <string.h>
#include <xxhash.h>

typedef struct Sum {
    uint64_t low, high;
    int64_t n_rows;
} Sum;

typedef struct Table {
    char *name;
    GString *columns; /* "id, name" */
    guint n_columns;
} Table;

static void table_free(gpointer data)
{
    Table *table = data;
    g_free(table->name);
    g_string_free(table->columns, TRUE);
    g_free(table);
}

/* ---- tables ---- */

static Table *table_of(GPtrArray *tables, const char *name)
{
    for (guint i = 0; i < tables->len; i++) {
        Table *table = tables->pdata[i];
        if (g_str_equal(table->name, name))
            return table;
    }
    return NULL;
}

/* (element-type Table) in the order in which they were made; NULL on failure. */
static GPtrArray *read_tables(Store *store, GError **error)
{
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(table_free);
    g_autoptr(Statement) rows = store_prepare(store, store->driver->columns_sql, error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        Table *table = table_of(tables, statement_text(rows, 0));
        if (!table) {
            table = g_new0(Table, 1);
            table->name = g_strdup(statement_text(rows, 0));
            table->columns = g_string_new(NULL);
            g_ptr_array_add(tables, table);
        }
        g_string_append_printf(table->columns, "%s%s", table->n_columns++ ? ", " : "",
                               statement_text(rows, 1));
    }
    return step == STORE_DONE ? g_steal_pointer(&tables) : NULL;
}

/* A table stands behind those that it refers to. */
static bool sort_by_references(Store *store, GPtrArray *tables, GError **error)
{
    bool is_moved = store->driver->references_sql != NULL;

    for (guint round = 0; is_moved && round < tables->len; round++) {
        g_autoptr(Statement) rows = store_prepare(store, store->driver->references_sql, error);
        StoreStep step = STORE_FAILED;
        guint from, to;
        is_moved = false;
        while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
            Table *referring = table_of(tables, statement_text(rows, 0));
            Table *referred = table_of(tables, statement_text(rows, 1));
            if (!referring || !referred || !g_ptr_array_find(tables, referring, &from) ||
                !g_ptr_array_find(tables, referred, &to) || from >= to)
                continue;
            g_ptr_array_insert(tables, (gint)from, g_ptr_array_steal_index(tables, to));
            is_moved = true;
        }
        if (step != STORE_DONE)
            return false;
    }
    return true;
}

static Statement *select_rows(Store *store, const Table *table, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s", table->columns->str, table->name);
    return store_prepare(store, sql, error);
}

/* ---- digests ---- */

static void hash_value(XXH3_state_t *state, const StoreValue *value)
{
    struct {
        int64_t type, number;
    } head = {value->type, value->type == VALUE_INTEGER ? value->integer : (int64_t)value->size};

    if (value->type == VALUE_TEXT)
        head.number = (int64_t)strlen(value->data);
    XXH3_128bits_update(state, &head, sizeof head);
    if (value->type == VALUE_TEXT || value->type == VALUE_BLOB)
        XXH3_128bits_update(state, value->data ? value->data : "", (size_t)head.number);
}

static void read_values(Statement *row, const Table *table, StoreValue *ret_values)
{
    for (guint i = 0; i < table->n_columns; i++)
        ret_values[i] = row->store->driver->value(row, (int)i);
}

static void sum_row(Sum *sum, XXH3_state_t *state, const Table *table, const StoreValue *values)
{
    XXH3_128bits_reset(state);
    for (guint i = 0; i < table->n_columns; i++)
        hash_value(state, &values[i]);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    sum->high += hash.high64 + (sum->low + hash.low64 < sum->low);
    sum->low += hash.low64;
    sum->n_rows++;
}

static void append_sum(GString *text, const Table *table, const Sum *sum)
{
    g_string_append_printf(
        text, "%s %" G_GINT64_FORMAT " %016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x\n",
        table->name, sum->n_rows, (guint64)sum->high, (guint64)sum->low);
}

/* Sums the rows of a table, and adds them to bulk (may be NULL). */
static bool pass_rows(Store *store, const Table *table, Bulk *bulk, Sum *ret_sum, GError **error)
{
    g_autoptr(Statement) rows = select_rows(store, table, error);
    g_autofree StoreValue *values = g_new(StoreValue, table->n_columns);
    XXH3_state_t *state = XXH3_createState();
    StoreStep step = STORE_FAILED;

    *ret_sum = (Sum){0};
    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        read_values(rows, table, values);
        sum_row(ret_sum, state, table, values);
        if (bulk && !bulk_add_values(bulk, values, table->n_columns, error)) {
            step = STORE_FAILED;
            break;
        }
    }
    XXH3_freeState(state);
    return step == STORE_DONE;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Table *const *)a)->name, (*(const Table *const *)b)->name);
}

static char *digest_of(GString *sums)
{
    return digest_text(sums->str, sums->len);
}

typedef struct Digesting {
    Store *store;
    GString *sums;
    int64_t n_rows, n_tables;
} Digesting;

static bool digest_tables(void *data, GError **error)
{
    Digesting *digesting = data;
    g_autoptr(GPtrArray) tables = read_tables(digesting->store, error);

    g_string_truncate(digesting->sums, 0);
    if (tables)
        g_ptr_array_sort(tables, by_name);
    for (guint i = 0; tables && i < tables->len; i++) {
        Sum sum;
        if (!pass_rows(digesting->store, tables->pdata[i], NULL, &sum, error))
            return false;
        append_sum(digesting->sums, tables->pdata[i], &sum);
        digesting->n_rows += sum.n_rows;
        digesting->n_tables++;
    }
    return tables != NULL;
}

char *ledger_digest(Ledger *ledger, GError **error)
{
    g_autoptr(GString) sums = g_string_new(NULL);
    Digesting digesting = {.store = ledger->store, .sums = sums};

    return store_transaction(ledger->store, STORE_READING, digest_tables, &digesting, error)
               ? digest_of(sums)
               : NULL;
}

/* ---- copying ---- */

typedef struct Copy {
    Store *from, *to;
    const char *to_url;
    char *digest;
    int64_t n_rows, n_tables;
} Copy;

/* What the migrations themselves put there comes with the copy. */
static bool empty_table(Store *store, const Table *table, GError **error)
{
    g_autofree char *count = g_strdup_printf("SELECT count(*) FROM %s", table->name);
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s", table->name);
    int64_t n_rows;

    return store_query_integer(store, count, &n_rows, error) &&
           (n_rows == 0 || store->driver->execute(store, sql, error));
}

static bool copy_tables(Copy *copy, GPtrArray *tables, GError **error)
{
    for (guint i = tables->len; i-- > 0;) {
        if (!empty_table(copy->to, tables->pdata[i], error))
            return false;
    }
    for (guint i = 0; i < tables->len; i++) {
        const Table *table = tables->pdata[i];
        g_autoptr(Bulk) bulk = bulk_new(copy->to, table->name, table->columns->str, error);
        Sum sum;
        if (!bulk || !pass_rows(copy->from, table, bulk, &sum, error) || !bulk_end(bulk, error))
            return false;
    }
    return true;
}

static bool verify(Copy *copy, GError **error)
{
    g_autoptr(GString) read = g_string_new(NULL), written = g_string_new(NULL);
    Digesting there = {.store = copy->from, .sums = read};
    Digesting here = {.store = copy->to, .sums = written};

    if (!digest_tables(&there, error) || !digest_tables(&here, error))
        return false;
    if (!g_str_equal(read->str, written->str)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "what arrived is not what was sent: by table, rows and sum:\n%ssent, and\n%s"
                    "arrived; nothing is kept of the copy",
                    read->str, written->str);
        return false;
    }
    g_free(copy->digest);
    copy->digest = digest_of(read);
    copy->n_rows = there.n_rows;
    copy->n_tables = there.n_tables;
    return true;
}

/* A database that would look at its tables by itself does so minutes later. */
static bool look_at_tables(Store *store, GPtrArray *tables, GError **error)
{
    bool is_done = true;

    for (guint i = 0; is_done && store->driver->look_sql && i < tables->len; i++) {
        const Table *table = tables->pdata[i];
        g_autofree char *sql = g_strconcat(store->driver->look_sql, " ", table->name, NULL);
        is_done = store->driver->execute(store, sql, error);
    }
    return is_done;
}

static bool write_copy(void *data, GError **error)
{
    Copy *copy = data;
    int64_t version;

    if (!copy->to->driver->schema_version(copy->to, &version, error))
        return false;
    if (version != SCHEMA_EMPTY) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "%s: there is something already; a ledger is copied into an empty store only. "
                    "Nothing was changed.",
                    copy->to_url);
        return false;
    }
    if (!schema_create(copy->to, error))
        return false;
    g_autoptr(GPtrArray) tables = read_tables(copy->from, error);
    return tables && sort_by_references(copy->to, tables, error) &&
           copy_tables(copy, tables, error) && verify(copy, error) &&
           look_at_tables(copy->to, tables, error);
}

/* Within a transaction of the source: what is read is of one instant. */
static bool copy_from(void *data, GError **error)
{
    Copy *copy = data;
    return store_transaction(copy->to, STORE_WRITING, write_copy, copy, error);
}

json_t *ledger_copy(Ledger *from, const char *url, const char *base_directory, GError **error)
{
    g_autofree char *shown = ledger_shown_url(url);
    g_autoptr(Store) to = store_open(url, base_directory, LEDGER_RUN, error);
    Copy copy = {.from = from->store, .to = to, .to_url = shown};

    if (!to)
        return NULL;
    if (!store_transaction(from->store, STORE_READING, copy_from, &copy, error)) {
        g_free(copy.digest);
        g_prefix_error(error, "the ledger was not copied: ");
        return NULL;
    }
    json_t *told = json_pack("{s:s s:s s:I s:I s:I s:s}", "from", from->url, "to", shown, "schema",
                             (json_int_t)SCHEMA_VERSION, "tables", (json_int_t)copy.n_tables,
                             "rows", (json_int_t)copy.n_rows, "digest", copy.digest);
    g_free(copy.digest);
    return told;
}
