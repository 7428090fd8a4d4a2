/* postgres_lock.c: one run at a time, across hosts, by a session's advisory lock.
 *
 * The server releases it when the connection of the holder ends, so there is no stale lock to
 * break. A row says who holds it; it speaks for the holder only while its session is the one that
 * has the lock. Each holding has a number: a holder that lost its connection takes the lock up
 * again only if nobody had it meanwhile. */
#include "ledger/postgres/postgres_store.h"

#include "base/times.h"

#define TRY "SELECT CASE WHEN pg_try_advisory_lock(" LOCK_OF_RUN ") THEN 1 ELSE 0 END"
#define NAMING_SECONDS 2 /* that a holder gets to write its name: a commit on a busy disk */
/* The session that has it. */
#define SESSION                                                                                    \
    "(SELECT l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted "                   \
    "AND l.classid::bigint = 1380533064 "                                                          \
    "AND l.objid::bigint = (hashtext(current_schema()::text)::bigint & 4294967295) "               \
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1)"

/* Who has it, since when: NULL where that cannot be told. Whoever got it a moment ago may not have
 * written its name yet: the answer is waited for, briefly. */
static char *holder_of_lock(PostgresStore *postgres)
{
    gint64 end = g_get_monotonic_time() + NAMING_SECONDS * G_USEC_PER_SEC;

    for (;;) {
        g_autoptr(Statement) row =
            store_prepare(&postgres->store,
                          "SELECT holder, since FROM rightful_lock WHERE session = " SESSION, NULL);
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

static bool refuse(PostgresStore *postgres, GError **error)
{
    g_autofree char *holder = holder_of_lock(postgres);

    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED,
                "%s: another run is going on: %s. Nothing was changed. Wait for it to end.",
                postgres->place, holder ? holder : "unknown holder, since a moment ago");
    return false;
}

typedef struct Holding {
    PostgresStore *postgres;
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
            ? "UPDATE rightful_lock SET session = pg_backend_pid() WHERE id = 1 "
              "AND generation = $1 RETURNING generation"
            : "INSERT INTO rightful_lock (id, holder, since, session, generation) "
              "VALUES (1, $2, $1, pg_backend_pid(), 1) ON CONFLICT (id) DO UPDATE SET "
              "holder = excluded.holder, since = excluded.since, session = excluded.session, "
              "generation = rightful_lock.generation + 1 RETURNING generation",
        error);
    g_autofree char *line = g_strdelimit(g_strdup(holding->holder), "\r\n", ' ');

    if (holding->is_taken_up)
        statement_bind(update, integer_value(holding->postgres->generation));
    else
        statement_bind(update, integer_value(g_get_real_time() / G_USEC_PER_SEC), text_value(line));
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

static void unlock(PostgresStore *postgres)
{
    postgres_query(postgres, "SELECT pg_advisory_unlock(" LOCK_OF_RUN ")", NULL, NULL);
}

bool postgres_lock(Store *store, const char *holder, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    Holding holding = {.postgres = postgres, .holder = holder};
    int64_t is_ours;

    if (postgres->is_locked)
        return true;
    if (!postgres_ensure_connection(postgres, error) ||
        !postgres_query_integer(postgres, TRY, &is_ours, error))
        return false;
    if (!is_ours)
        return refuse(postgres, error);
    if (!write_holder(&holding, error) || !forget_old_tokens(postgres, error)) {
        unlock(postgres);
        return false;
    }
    postgres->is_locked = true;
    postgres->generation = holding.generation;
    g_free(postgres->holder);
    postgres->holder = g_strdup(holder);
    return true;
}

bool postgres_is_locked(const Store *store)
{
    return ((const PostgresStore *)store)->is_locked;
}

/* The server may need a moment to notice that our former session is dead. */
static bool wait_for_lock(PostgresStore *postgres, GError **error)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;

    for (;;) {
        int64_t is_ours, generation;
        if (!postgres_query_integer(postgres, TRY, &is_ours, error))
            return false;
        if (is_ours)
            return true;
        if (!postgres_query_integer(postgres, "SELECT generation FROM rightful_lock WHERE id = 1",
                                    &generation, error))
            return false;
        if (generation != postgres->generation || g_get_monotonic_time() > end)
            return refuse(postgres, error);
        g_usleep(50000);
    }
}

bool postgres_lock_again(PostgresStore *postgres, GError **error)
{
    Holding holding = {.postgres = postgres, .holder = postgres->holder, .is_taken_up = true};

    postgres->is_locked = false; /* else the statements here would come back to this */
    if (!wait_for_lock(postgres, error)) {
        g_prefix_error(error, "the run lock was lost with the connection, and cannot be taken up "
                              "again: ");
        return false;
    }
    if (!write_holder(&holding, error))
        return false;
    if (holding.generation == 0) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the run lock was lost with the connection, and another run had it "
                    "meanwhile. Nothing of this run was applied. Start it again.",
                    postgres->place);
        unlock(postgres);
        return false;
    }
    postgres->is_locked = true;
    return true;
}
