/* postgres_lock.c: one run and one worker at a time, across hosts, by a session's advisory lock.
 *
 * The server releases it when the connection of the holder ends, so there is no stale lock to
 * break. A row says who holds it; it speaks for the holder only while its session is the one that
 * has the lock. Each holding has a number: a holder that lost its connection takes the lock up
 * again only if nobody had it meanwhile. */
#include "ledger/postgres/postgres_store.h"

#include "base/times.h"

#define NAMING_SECONDS 5 /* that a holder gets to write its name: a commit on a busy disk */

/* row: of rightful_lock. */
static const struct {
    int row;
    const char *key;
} locks[] = {[LEDGER_LOCK_RUN] = {1, LOCK_KEY_RUN}, [LEDGER_LOCK_WORKER] = {2, LOCK_KEY_WORKER}};

#define IS_LOCK                                                                                    \
    "locktype = 'advisory' AND granted AND classid::bigint = %s "                                  \
    "AND objid::bigint = (hashtext(current_schema()::text)::bigint & 4294967295)"

char *postgres_has_lock_sql(LedgerLock lock)
{
    return g_strdup_printf("count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND " IS_LOCK,
                           locks[lock].key);
}

static bool try_lock(PostgresStore *postgres, LedgerLock lock, int64_t *ret_is_ours, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT CASE WHEN pg_try_advisory_lock(%s, "
                                           "hashtext(current_schema()::text)) THEN 1 ELSE 0 END",
                                           locks[lock].key);

    return postgres_query_integer(postgres, sql, ret_is_ours, error);
}

/* Who has it, since when: NULL where that cannot be told. Whoever got it a moment ago may not have
 * written its name yet: the answer is waited for, briefly. */
static char *holder_of_lock(PostgresStore *postgres, LedgerLock lock)
{
    gint64 end = g_get_monotonic_time() + NAMING_SECONDS * G_USEC_PER_SEC;
    g_autofree char *sql =
        g_strdup_printf("SELECT holder, since FROM rightful_lock WHERE session = "
                        "(SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database "
                        "WHERE datname = current_database()) AND " IS_LOCK " LIMIT 1) AND id = %d",
                        locks[lock].key, locks[lock].row);

    for (;;) {
        g_autoptr(Statement) row = store_prepare(&postgres->store, sql, NULL);
        StoreStep step = row ? statement_step(row, NULL) : STORE_FAILED;
        if (step == STORE_ROW) {
            g_autofree char *since = time_to_text(statement_integer(row, 1));
            return g_strdup_printf("%s, since %s", statement_text(row, 0), since);
        }
        if (step == STORE_FAILED || g_get_monotonic_time() > end)
            return NULL;
        g_usleep(50000);
    }
}

static bool refuse(PostgresStore *postgres, LedgerLock lock, GError **error)
{
    g_autofree char *holder = holder_of_lock(postgres, lock);

    return store_refuse_lock(postgres->place, lock, holder, error);
}

typedef struct Holding {
    PostgresStore *postgres;
    LedgerLock lock;
    const char *holder;
    bool is_taken_up;   /* again, on a new connection */
    int64_t generation; /* 0 = somebody else had it */
} Holding;

static bool write_holder(Holding *holding, GError **error)
{
    Store *store = &holding->postgres->store;
    g_autoptr(Statement) update = store_prepare(
        store,
        holding->is_taken_up
            ? "UPDATE rightful_lock SET session = pg_backend_pid() WHERE id = $2 "
              "AND generation = $1 RETURNING generation"
            : "INSERT INTO rightful_lock (id, holder, since, session, generation) "
              "VALUES ($2, $3, $1, pg_backend_pid(), 1) ON CONFLICT (id) DO UPDATE SET "
              "holder = excluded.holder, since = excluded.since, session = excluded.session, "
              "generation = rightful_lock.generation + 1 RETURNING generation",
        error);
    g_autofree char *line = g_strdelimit(g_strdup(holding->holder), "\r\n", ' ');
    StoreValue row = integer_value(locks[holding->lock].row);

    if (holding->is_taken_up)
        statement_bind(update, integer_value(holding->postgres->generation), row);
    else
        statement_bind(update, integer_value(g_get_real_time() / G_USEC_PER_SEC), row,
                       text_value(line));
    StoreStep step = statement_step(update, error);
    holding->generation = step == STORE_ROW ? statement_integer(update, 0) : 0;
    return step != STORE_FAILED;
}

/* Tokens are looked for within minutes of their commit. */
static bool forget_old_tokens(PostgresStore *postgres, GError **error)
{
    return postgres_query(postgres,
                          "DELETE FROM rightful_commit "
                          "WHERE at < EXTRACT(EPOCH FROM now())::bigint - 172800",
                          NULL, error);
}

static void unlock(PostgresStore *postgres, LedgerLock lock)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT pg_advisory_unlock(%s, hashtext(current_schema()::text))", locks[lock].key);

    postgres_query(postgres, sql, NULL, NULL);
}

bool postgres_lock(Store *store, LedgerLock lock, const char *holder, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    Holding holding = {.postgres = postgres, .lock = lock, .holder = holder};
    int64_t is_ours;

    if (postgres_is_locked(store, lock))
        return true;
    if (!postgres_ensure_connection(postgres, error) || !try_lock(postgres, lock, &is_ours, error))
        return false;
    if (!is_ours)
        return refuse(postgres, lock, error);
    if (!write_holder(&holding, error) || !forget_old_tokens(postgres, error)) {
        unlock(postgres, lock);
        return false;
    }
    postgres->is_locked = true;
    postgres->lock = lock;
    postgres->generation = holding.generation;
    g_free(postgres->holder);
    postgres->holder = g_strdup(holder);
    return true;
}

bool postgres_is_locked(const Store *store, LedgerLock lock)
{
    const PostgresStore *postgres = (const PostgresStore *)store;

    return postgres->is_locked && postgres->lock == lock;
}

/* A connection that died while nobody used it shows when it is used. */
bool postgres_keep_lock(Store *store, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    g_autofree char *count = postgres_has_lock_sql(postgres->lock);
    g_autofree char *sql = g_strconcat("SELECT ", count, NULL);
    int64_t is_ours = 0;

    if (!postgres->is_lost && postgres_query_integer(postgres, sql, &is_ours, NULL))
        return is_ours != 0;
    return postgres_ensure_connection(postgres, error) && postgres->is_locked;
}

/* The server may need a moment to notice that our former session is dead. */
static bool wait_for_lock(PostgresStore *postgres, GError **error)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;
    g_autofree char *sql = g_strdup_printf("SELECT generation FROM rightful_lock WHERE id = %d",
                                           locks[postgres->lock].row);

    for (;;) {
        int64_t is_ours, generation;
        if (!try_lock(postgres, postgres->lock, &is_ours, error))
            return false;
        if (is_ours)
            return true;
        if (!postgres_query_integer(postgres, sql, &generation, error))
            return false;
        if (generation != postgres->generation || g_get_monotonic_time() > end)
            return refuse(postgres, postgres->lock, error);
        g_usleep(50000);
    }
}

bool postgres_lock_again(PostgresStore *postgres, GError **error)
{
    Holding holding = {.postgres = postgres,
                       .lock = postgres->lock,
                       .holder = postgres->holder,
                       .is_taken_up = true};

    postgres->is_locked = false; /* else the statements here would come back to this */
    if (!wait_for_lock(postgres, error)) {
        g_prefix_error(error, "the lock was lost with the connection, and cannot be taken up "
                              "again: ");
        return false;
    }
    if (!write_holder(&holding, error))
        return false;
    if (holding.generation == 0) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the lock was lost with the connection, and somebody else had it "
                    "meanwhile. Nothing of this was applied. Start it again.",
                    postgres->place);
        unlock(postgres, postgres->lock);
        return false;
    }
    postgres->is_locked = true;
    return true;
}
