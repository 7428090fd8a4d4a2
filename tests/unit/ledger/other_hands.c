/* other_hands.c: what another program sees and does in a ledger that is closed. */
#include "fixture.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>

static int dump_row(void *data, int n_columns, char **values, char **names)
{
    for (int i = 0; i < n_columns; i++)
        g_string_append_printf(data, "%s=%s|", names[i], values[i] ? values[i] : "NULL");
    g_string_append_c(data, '\n');
    return 0;
}

static int dump_table(void *data, int n_columns, char **values, char **names)
{
    (void)n_columns, (void)names;
    void **pair = data;
    g_autofree char *sql =
        g_strdup_printf("SELECT '%s', * FROM %s ORDER BY 2, 3", values[0], values[0]);
    return sqlite3_exec(pair[0], sql, dump_row, pair[1], NULL);
}

static char *dump_sqlite(const char *path)
{
    sqlite3 *database = NULL;
    GString *out = g_string_new(NULL);

    assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    void *pair[] = {database, out};
    char *error = NULL;
    sqlite3_exec(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
                 dump_table, pair, &error);
    sqlite3_exec(database, "PRAGMA integrity_check; PRAGMA foreign_key_check", dump_row, out, NULL);
    if (error)
        fail_msg("%s", error);
    sqlite3_close(database);
    return g_string_free(out, FALSE);
}

static char *meddle_with_sqlite(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    char *error = NULL;

    sqlite3_open(path, &database);
    sqlite3_exec(database, sql, NULL, NULL, &error);
    sqlite3_close(database);
    char *copy = g_strdup(error);
    sqlite3_free(error);
    return copy;
}

static int take_count(void *data, int n_columns, char **values, char **names)
{
    (void)n_columns, (void)names;
    *(int64_t *)data = g_ascii_strtoll(values[0], NULL, 10);
    return 0;
}

static int64_t count_in_sqlite(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    int64_t count = -1;

    sqlite3_open(path, &database);
    sqlite3_exec(database, sql, take_count, &count, NULL);
    sqlite3_close(database);
    return count;
}

/* ---- PostgreSQL ---- */

static PGresult *ask(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    return result;
}

static void dump_result(GString *out, PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < PQnfields(result); i++)
            g_string_append_printf(out, "%s=%s|", PQfname(result, i),
                                   PQgetisnull(result, row, i) ? "NULL"
                                                               : PQgetvalue(result, row, i));
        g_string_append_c(out, '\n');
    }
    PQclear(result);
}

/* The driver's own tables tell of connections, not of the ledger. */
static char *dump_postgres(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    GString *out = g_string_new(NULL);
    PGresult *tables =
        ask(connection, "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = "
                        "c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r' "
                        "AND c.relname NOT IN ('rightful_lock', 'rightful_commit') ORDER BY 1");

    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        g_autofree char *sql = g_strdup_printf(
            "SELECT '%s', t.* FROM %s t ORDER BY t::text COLLATE \"C\"", table, table);
        dump_result(out, ask(connection, sql));
    }
    PQclear(tables);
    PQfinish(connection);
    return g_string_free(out, FALSE);
}

/* Newly allocated; NULL when all went well. count may be NULL. */
static char *tell_postgres(const char *url, const char *sql, int64_t *count)
{
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool is_fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    char *answer = is_fine ? NULL : g_strdup(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

    if (!is_fine && !answer)
        answer = g_strdup(PQerrorMessage(connection));
    if (count && status == PGRES_TUPLES_OK)
        *count = g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return answer;
}

static bool is_postgres(const char *path)
{
    return g_str_has_prefix(path, "postgresql:");
}

char *dump_file(const char *path)
{
    return is_postgres(path) ? dump_postgres(path) : dump_sqlite(path);
}

char *meddle(const char *path, const char *sql)
{
    return is_postgres(path) ? tell_postgres(path, sql, NULL) : meddle_with_sqlite(path, sql);
}

int64_t count_rows(const char *path, const char *sql)
{
    int64_t count = -1;

    if (!is_postgres(path))
        return count_in_sqlite(path, sql);
    g_free(tell_postgres(path, sql, &count));
    return count;
}

void forbid(const char *path, const char *what, const char *table, const char *when,
            const char *message)
{
    static int n;
    g_autofree char *condition = when ? g_strdup_printf("WHEN (%s)", when) : g_strdup("");
    g_autofree char *sql =
        is_postgres(path)
            ? g_strdup_printf("CREATE FUNCTION stop%d() RETURNS trigger LANGUAGE plpgsql AS "
                              "$$ BEGIN RAISE EXCEPTION '%s'; END $$; "
                              "CREATE TRIGGER stop%d BEFORE %s ON %s FOR EACH ROW %s "
                              "EXECUTE FUNCTION stop%d()",
                              n, message, n, what, table, condition, n)
            : g_strdup_printf("CREATE TRIGGER stop%d BEFORE %s ON %s %s BEGIN "
                              "SELECT RAISE(ABORT, '%s'); END",
                              n, what, table, condition, message);
    g_autofree char *answer = meddle(path, sql);

    n++;
    if (answer)
        fail_msg("%s", answer);
}
