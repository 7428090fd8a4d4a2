/* postgres_statement.h: a statement of the PostgreSQL driver, for the two files that know it. */
#pragma once

#include "ledger/postgres/postgres_store.h"

typedef struct Cell {
    const char *data; /* NUL-terminated by whoever holds it; NULL = null */
    int length;
    Oid type;
    char digits[24]; /* an integer that was asked for as text */
} Cell;

typedef struct Value {
    Oid wanted_type; /* of what is bound; 0 = null */
    Oid type;        /* as prepared; 0 = the server finds out */
    const char *data;
    int length;       /* of a blob */
    int64_t integer;  /* in network order */
    char digits[24];  /* the same as text */
    char *made_valid; /* a text that was not UTF-8; owned */
} Value;

struct PostgresStatement {
    Statement statement;
    char *sql;
    const char *name; /* on the server; the store's */
    uint64_t session; /* in which it is prepared; 0 = in none */
    int n_values;
    Value values[STORE_VALUES];

    bool is_active;   /* between the first step and the end */
    PGresult *result; /* of the row that is shown; NULL = it lies in `kept` */
    GArray *cells;    /* (element-type Cell) of that row */
    GByteArray *kept; /* rows that had to be read because something else was to be sent */
    guint kept_at;
    GArray *kept_types; /* (element-type Oid) */
    GError *kept_error; /* told when the kept rows are at their end */
};
