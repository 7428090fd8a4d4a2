/* on_postgres.h: one suite, two databases. With the argument "postgresql" the tests of a program
 * run on a PostgreSQL that it starts itself, each in a schema of its own; without, on SQLite. */
#pragma once

#include "harness/postgres_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <stdbool.h>

/* Runs the tests; the exit code of the program. 77 when there is no PostgreSQL. */
int on_postgres_run(int argc, char **argv, const char *name, const struct CMUnitTest *tests,
                    size_t n_tests);
#define run_on_argument(argc, argv, name, tests)                                                   \
    on_postgres_run(argc, argv, name, tests, sizeof(tests) / sizeof(tests)[0])

bool on_postgres(void);
/* URL of a new, empty schema, newly allocated; NULL on SQLite. */
char *on_postgres_url(void);
PostgresServer *on_postgres_server(void);
