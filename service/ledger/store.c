#include "ledger/store.h"

#include <string.h>
#include <sys/random.h>

#define MOST_ATTEMPTS 8 /* at one transaction */

static const StoreDriver *const drivers[] = {&sqlite_driver, &postgres_driver, NULL};

G_DEFINE_QUARK(rightful - ledger - error - quark, ledger_error)

static bool is_scheme(const char *scheme, const char *url, size_t length)
{
    return scheme && strlen(scheme) == length && g_ascii_strncasecmp(url, scheme, length) == 0;
}

static const StoreDriver *find_driver(const char *url)
{
    size_t length = strcspn(url, ":");

    for (size_t i = 0; url[length] && drivers[i]; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(drivers[i]->schemes); k++) {
            if (is_scheme(drivers[i]->schemes[k], url, length))
                return drivers[i];
        }
    }
    return NULL;
}

static const StoreDriver *driver_of(const char *url, GError **error)
{
    const StoreDriver *driver = find_driver(url);
    g_autoptr(GString) known = g_string_new(NULL);

    if (driver)
        return driver;
    for (size_t i = 0; drivers[i]; i++)
        g_string_append_printf(known, "%s%s", i ? ", " : "", drivers[i]->form);
    /* Only the scheme is repeated: what follows it may hold a password. */
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "store.url: this build has no store of the kind '%.*s'; known: %s",
                (int)(strchr(url, ':') ? strcspn(url, ":") : 0), url, known->str);
    return NULL;
}

char *store_shown_url(const char *url)
{
    const StoreDriver *driver = find_driver(url);
    return driver ? driver->shown_url(url) : g_strdup(url);
}

Store *store_open(const char *url, const char *base_directory, LedgerAccess access, GError **error)
{
    const StoreDriver *driver = driver_of(url, error);
    return driver ? driver->open(url, base_directory, access, error) : NULL;
}

bool store_refuse_lock(const char *place, LedgerLock lock, const char *holder, GError **error)
{
    static const struct {
        const char *what, *then;
    } sentences[] = {
        [LEDGER_LOCK_RUN] = {"another run is going on", "Nothing was changed. Wait for it to end."},
        [LEDGER_LOCK_WORKER] = {"another worker does the jobs and the mail",
                                "When it ends, this one takes over."}};

    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED, "%s: %s: %s. %s", place,
                sentences[lock].what, holder ? holder : "unknown holder, since a moment ago",
                sentences[lock].then);
    return false;
}

void store_close(Store *store)
{
    if (store)
        store->driver->close(store);
}

static bool try_transaction(Store *store, StoreMode mode, const char *token, StoreWork work,
                            void *data, bool *ret_is_begun, GError **error)
{
    *ret_is_begun = store->driver->begin(store, mode, token, error);
    if (!*ret_is_begun)
        return false;
    if (!work(data, error)) {
        store->driver->rollback(store);
        return false;
    }
    return store->driver->commit(store, error);
}

/* From the kernel: GLib's numbers are the same in two processes after a fork. */
static void make_token(char token[33])
{
    uint64_t random[2] = {0};

    while (getrandom(random, sizeof random, 0) != sizeof random)
        ;
    g_snprintf(token, 33, "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
               (guint64)random[0], (guint64)random[1]);
}

bool store_transaction(Store *store, StoreMode mode, StoreWork work, void *data, GError **error)
{
    char token[33];

    make_token(token);
    store->n_writes += mode == STORE_WRITING;
    for (int attempt = 1;; attempt++) {
        g_autoptr(GError) failure = NULL;
        bool is_begun;
        if (try_transaction(store, mode, token, work, data, &is_begun, &failure))
            return true;
        bool is_worth_it = is_begun && mode == STORE_WRITING && attempt < MOST_ATTEMPTS &&
                           store->driver->may_repeat(store);
        if (!is_worth_it) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        g_usleep((gulong)g_random_int_range(5000, 20000) * (gulong)attempt);
    }
}

Statement *store_prepare(Store *store, const char *sql, GError **error)
{
    return store->driver->prepare(store, sql, error);
}

void statement_free(Statement *statement)
{
    if (statement)
        statement->store->driver->finalise(statement);
}

void statement_bind_values(Statement *statement, const StoreValue *values, size_t n_values)
{
    const StoreDriver *driver = statement->store->driver;

    driver->reset(statement);
    for (size_t i = 0; i < n_values; i++) {
        int n = (int)i + 1;
        switch (values[i].type) {
        case VALUE_INTEGER:
            driver->bind_integer(statement, n, values[i].integer);
            break;
        case VALUE_TEXT:
            driver->bind_text(statement, n, values[i].data);
            break;
        case VALUE_BLOB:
            driver->bind_blob(statement, n, values[i].data, values[i].size);
            break;
        case VALUE_NULL:
            driver->bind_null(statement, n);
            break;
        }
    }
}

StoreStep statement_step(Statement *statement, GError **error)
{
    return statement->store->driver->step(statement, error);
}

void statement_reset(Statement *statement)
{
    statement->store->driver->reset(statement);
}

bool statement_run(Statement *statement, GError **error)
{
    return statement->store->driver->run(statement, error);
}

int64_t statement_integer(Statement *statement, int column)
{
    return statement->store->driver->integer(statement, column);
}

const char *statement_text(Statement *statement, int column)
{
    return statement->store->driver->text(statement, column);
}

const void *statement_blob(Statement *statement, int column, size_t *ret_size)
{
    return statement->store->driver->blob(statement, column, ret_size);
}

Bulk *bulk_new(Store *store, const char *table, const char *columns, GError **error)
{
    Bulk *bulk = store->driver->bulk_new(store, table, columns, error);
    if (!bulk)
        return NULL;
    bulk->store = store;
    bulk->n_columns = 1;
    for (const char *comma = columns; (comma = strchr(comma, ',')); comma++)
        bulk->n_columns++;
    return bulk;
}

void bulk_free(Bulk *bulk)
{
    if (bulk)
        bulk->store->driver->bulk_free(bulk);
}

bool bulk_add_values(Bulk *bulk, const StoreValue *values, size_t n_values, GError **error)
{
    g_assert(n_values == bulk->n_columns);
    return bulk->store->driver->bulk_append(bulk, values, error);
}

bool bulk_end(Bulk *bulk, GError **error)
{
    return bulk->store->driver->bulk_end(bulk, error);
}

bool store_query_integer(Store *store, const char *sql, int64_t *ret_value, GError **error)
{
    g_autoptr(Statement) statement = store_prepare(store, sql, error);
    if (!statement)
        return false;
    StoreStep step = statement_step(statement, error);
    if (step == STORE_FAILED)
        return false;
    *ret_value = step == STORE_ROW ? statement_integer(statement, 0) : 0;
    return true;
}
