#include "on_postgres.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

static PostgresServer *server;

bool on_postgres(void)
{
    return server != NULL;
}

PostgresServer *on_postgres_server(void)
{
    return server;
}

static char *url_of(const char *schema)
{
    return g_strdup_printf("postgresql:///postgres?host=%s&port=%d&user=postgres"
                           "&options=-csearch_path%%3D%s",
                           postgres_server_folder(server), postgres_server_port(server), schema);
}

char *on_postgres_url(void)
{
    static int n;
    g_autofree char *schema = g_strdup_printf("test%d", ++n);
    g_autofree char *sql = g_strdup_printf("CREATE SCHEMA %s", schema);

    if (!server)
        return NULL;
    g_autofree char *url = url_of("public");
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return url_of(schema);
}

int on_postgres_run(int argc, char **argv, const char *name, const struct CMUnitTest *tests,
                    size_t n_tests)
{
    bool is_wanted = argc > 1 && strcmp(argv[1], "postgresql") == 0;

    if (is_wanted && !(server = postgres_server_start(false))) {
        g_printerr("There is no PostgreSQL on this machine.\n");
        return g_getenv("FAIL_WITHOUT_SERVERS") ? 1 : 77;
    }
    g_autofree char *whole = g_strdup_printf("%s, on %s", name, server ? "PostgreSQL" : "SQLite");
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    int n_failed = _cmocka_run_group_tests(whole, tests, n_tests, NULL, NULL);
    postgres_server_stop(server);
    server = NULL;
    return n_failed;
}
