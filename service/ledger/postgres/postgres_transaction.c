/* postgres_transaction.c: begin, commit, and what became of a commit that nobody answered.
 *
 * Writers wait for each other at a lock of the transaction; behind it each statement sees all that
 * was committed before (READ COMMITTED), so what is read cannot be out of date. */
#include "ledger/postgres/postgres_store.h"

#include <string.h>

#define BEGIN_READING "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
#define BEGIN_WRITING                                                                              \
    "BEGIN ISOLATION LEVEL READ COMMITTED %s; SELECT pg_advisory_xact_lock(" LOCK_OF_WRITERS "); " \
    "SELECT %s"

static bool try_begin(PostgresStore *postgres, StoreMode mode, GError **error)
{
    g_autofree char *has_lock =
        postgres->is_locked ? postgres_has_lock_sql(postgres->lock) : g_strdup("1");
    g_autofree char *writing = g_strdup_printf(
        BEGIN_WRITING, postgres->access == LEDGER_READ ? "READ ONLY" : "READ WRITE", has_lock);
    int64_t is_fine;

    if (!postgres_ensure_connection(postgres, error) ||
        !postgres_query_integer(postgres, mode == STORE_WRITING ? writing : BEGIN_READING, &is_fine,
                                error)) {
        if (!postgres->is_lost)
            postgres_query(postgres, "ROLLBACK", NULL, NULL);
        return false;
    }
    if (is_fine)
        return true;
    postgres_query(postgres, "ROLLBACK", NULL, NULL);
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "%s: the session that has the lock is not the one that is to write. Nothing was "
                "changed. Between rightful and the server there may be no pooler that shares "
                "sessions out (PgBouncer: pool_mode = session).",
                postgres->place);
    return false;
}

/* A connection that died while nobody used it shows here. */
bool postgres_begin(Store *store, StoreMode mode, const char *token, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    g_autoptr(GError) failure = NULL;
    bool is_begun = try_begin(postgres, mode, &failure);

    if (!is_begun && postgres->is_lost) {
        g_clear_error(&failure);
        is_begun = try_begin(postgres, mode, &failure);
    }
    if (!is_begun) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    postgres->is_in_transaction = true;
    postgres->is_writing = mode == STORE_WRITING;
    postgres->may_repeat = false;
    g_strlcpy(postgres->token, token, sizeof postgres->token);
    return true;
}

void postgres_rollback(Store *store)
{
    PostgresStore *postgres = (PostgresStore *)store;
    bool may_repeat = postgres->may_repeat;

    if (!postgres->is_in_transaction)
        return;
    postgres_bulks_drop(postgres);
    if (!postgres->is_lost)
        postgres_settle_quietly(postgres);
    if (!postgres->is_lost)
        postgres_query(postgres, "ROLLBACK", NULL, NULL);
    postgres->is_in_transaction = false;
    postgres->may_repeat = may_repeat;
}

/* On a new connection. Waiting for the writers' lock is waiting for the end of the old one. */
static bool was_committed(PostgresStore *postgres, bool *ret_was_committed, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("BEGIN; SELECT pg_advisory_xact_lock(" LOCK_OF_WRITERS "); "
                        "SELECT count(*) FROM rightful_commit WHERE token = '%s'",
                        postgres->token);
    int64_t n;

    if (!postgres_query_integer(postgres, sql, &n, error))
        return false;
    *ret_was_committed = n > 0;
    return postgres_query(postgres, "ROLLBACK", NULL, error);
}

static bool find_out(PostgresStore *postgres, GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool is_committed = false, is_known = false;

    for (int attempt = 1; attempt <= 3 && !is_known; attempt++) {
        g_clear_error(&failure);
        is_known = postgres_connect_again(postgres, &failure) &&
                   was_committed(postgres, &is_committed, &failure);
        if (!is_known && !postgres->is_lost)
            break;
    }
    postgres->may_repeat = is_known;
    if (!is_known) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the connection was lost while the change was being made durable, and it "
                    "is not known whether it was: %s. It was made whole or not at all; look ('"
                    "rightful runs', 'rightful exception show') before you repeat it.",
                    postgres->place, failure->message);
        return false;
    }
    if (!is_committed)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the connection was lost before the change was durable. The ledger is "
                    "unchanged.",
                    postgres->place);
    return is_committed;
}

/* The lock of the run went with its connection. A run that was committed may end without it; one
 * that was not is repeated only under it. */
static bool find_out_and_lock(PostgresStore *postgres, GError **error)
{
    bool was_locked = postgres->is_locked, is_committed = find_out(postgres, error);

    if (is_committed && was_locked)
        postgres_lock_again(postgres, NULL);
    if (is_committed)
        return true;
    if (postgres->may_repeat && was_locked) {
        g_autoptr(GError) failure = NULL;
        postgres->may_repeat = postgres_lock_again(postgres, &failure);
        if (!postgres->may_repeat) {
            g_clear_error(error);
            g_propagate_error(error, g_steal_pointer(&failure));
        }
    }
    return false;
}

static bool send_commit(PostgresStore *postgres, GError **error)
{
    PGresult *result = NULL;
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO rightful_commit (token, at) VALUES ('%s', EXTRACT(EPOCH FROM now())::bigint)",
        postgres->token);

    if (postgres->is_writing && postgres->access != LEDGER_READ &&
        !postgres_query(postgres, sql, NULL, error))
        return false;
    if (!postgres_query(postgres, "COMMIT", &result, error)) {
        if (!postgres->is_lost || !postgres->is_writing)
            return false;
        g_clear_error(error);
        postgres->is_in_transaction = false;
        return find_out_and_lock(postgres, error);
    }
    bool is_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    if (!is_committed)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "%s: the server has undone the change without a reason. The ledger is "
                    "unchanged.",
                    postgres->place);
    return is_committed;
}

bool postgres_commit(Store *store, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    g_autoptr(GError) failure = NULL;
    bool is_committed = postgres_bulks_write(postgres, &failure) &&
                        postgres_settle(postgres, &failure) && send_commit(postgres, &failure);

    if (!is_committed) {
        postgres_rollback(store);
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    postgres->is_in_transaction = false;
    return is_committed;
}

bool postgres_may_repeat(Store *store)
{
    return ((PostgresStore *)store)->may_repeat;
}
