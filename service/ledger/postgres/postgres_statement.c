/* postgres_statement.c: statements, and what is in flight. */
#include "ledger/postgres/postgres_statement.h"

#include <string.h>

#define QUEUE 256 /* statements in the pipeline before their answers are taken */

enum { BYTEA_TYPE = 17, INT8_TYPE = 20, TEXT_TYPE = 25 };

static PostgresStore *postgres_of(Statement *statement)
{
    return (PostgresStore *)statement->store;
}

static bool is_failure(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/* ---- rows that are still coming when something else is to be sent ---- */

static void keep_row(PostgresStatement *self, const PGresult *result)
{
    int n_columns = PQnfields(result);

    g_array_set_size(self->kept_types, 0);
    for (int i = 0; i < n_columns; i++) {
        Oid type = PQftype(result, i);
        int32_t length = PQgetisnull(result, 0, i) ? -1 : PQgetlength(result, 0, i);
        g_array_append_val(self->kept_types, type);
        g_byte_array_append(self->kept, (const guint8 *)&length, sizeof length);
        if (length >= 0)
            g_byte_array_append(self->kept, (const guint8 *)PQgetvalue(result, 0, i),
                                (guint)length + 1);
    }
}

/* Reads what is left of the rows; is_wanted: keeps them. */
static void end_stream(PostgresStatement *self, bool is_wanted)
{
    PostgresStore *postgres = postgres_of(&self->statement);
    PGresult *result;

    while ((result = PQgetResult(postgres->connection))) {
        if (is_failure(result) && is_wanted && !self->kept_error)
            postgres_fail(postgres, result, &self->kept_error);
        else if (is_wanted && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            keep_row(self, result);
        PQclear(result);
    }
    postgres->streaming = NULL;
}

static bool show_kept_row(PostgresStatement *self)
{
    if (self->kept_at >= self->kept->len)
        return false;
    g_array_set_size(self->cells, 0);
    for (guint i = 0; i < self->kept_types->len; i++) {
        Cell cell = {.type = g_array_index(self->kept_types, Oid, i)};
        int32_t length;
        memcpy(&length, self->kept->data + self->kept_at, sizeof length);
        self->kept_at += sizeof length;
        if (length >= 0) {
            cell.data = (const char *)self->kept->data + self->kept_at;
            cell.length = length;
            self->kept_at += (guint)length + 1;
        }
        g_array_append_val(self->cells, cell);
    }
    return true;
}

/* ---- what is in flight ---- */

static bool end_copy(PostgresStore *postgres, GError **error)
{
    PGresult *result;
    bool is_fine = true;

    postgres->is_copying = false;
    while ((result = PQgetResult(postgres->connection))) {
        if (is_failure(result) && is_fine)
            is_fine = postgres_fail(postgres, result, error);
        PQclear(result);
    }
    return is_fine;
}

static bool end_pipeline(PostgresStore *postgres, GError **error)
{
    bool is_fine = true, is_ended = false;

    postgres->is_pipelining = false;
    postgres->n_queued = 0;
    if (PQpipelineSync(postgres->connection) != 1)
        return postgres_fail_connection(postgres, error);
    while (!is_ended) {
        PGresult *result = PQgetResult(postgres->connection);
        if (result && is_failure(result) && is_fine)
            is_fine = postgres_fail(postgres, result, error);
        is_ended = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        if (!is_ended && PQstatus(postgres->connection) == CONNECTION_BAD)
            return is_fine && postgres_fail_connection(postgres, error);
    }
    PQexitPipelineMode(postgres->connection);
    return is_fine;
}

bool postgres_settle(PostgresStore *postgres, GError **error)
{
    if (postgres->streaming)
        end_stream(postgres->streaming, true);
    return (!postgres->is_copying || end_copy(postgres, error)) &&
           (!postgres->is_pipelining || end_pipeline(postgres, error));
}

void postgres_settle_quietly(PostgresStore *postgres)
{
    while (!postgres_settle(postgres, NULL) && !postgres->is_lost)
        ;
}

bool postgres_query(PostgresStore *postgres, const char *sql, PGresult **ret_result, GError **error)
{
    if (!postgres_settle(postgres, error))
        return false;
    PGresult *result = PQexec(postgres->connection, sql);
    if (!result || is_failure(result)) {
        postgres_fail(postgres, result, error);
        PQclear(result);
        return false;
    }
    if (ret_result)
        *ret_result = result;
    else
        PQclear(result);
    return true;
}

bool postgres_query_integer(PostgresStore *postgres, const char *sql, int64_t *ret_value,
                            GError **error)
{
    PGresult *result;

    if (!postgres_query(postgres, sql, &result, error))
        return false;
    bool is_there = PQntuples(result) > 0 && !PQgetisnull(result, 0, 0);
    *ret_value = is_there ? g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return true;
}

/* ---- preparing and binding ---- */

static int greatest_number(const char *sql)
{
    int greatest = 0;

    for (const char *at = strchr(sql, '$'); at; at = strchr(at + 1, '$'))
        greatest = MAX(greatest, (int)g_ascii_strtoll(at + 1, NULL, 10));
    return greatest;
}

Statement *postgres_prepare(Store *store, const char *sql, GError **error)
{
    (void)error; /* a mistake in the text is told by the first step */
    PostgresStatement *self = g_new0(PostgresStatement, 1);

    self->statement.store = store;
    self->sql = g_strdup(sql);
    self->n_values = greatest_number(sql);
    g_assert(self->n_values <= STORE_VALUES);
    self->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
    self->kept = g_byte_array_new();
    self->kept_types = g_array_new(FALSE, FALSE, sizeof(Oid));
    return &self->statement;
}

void postgres_finalise(Statement *statement)
{
    PostgresStatement *self = (PostgresStatement *)statement;

    postgres_reset(statement);
    for (int i = 0; i < STORE_VALUES; i++)
        g_free(self->values[i].made_valid);
    g_array_unref(self->cells);
    g_byte_array_unref(self->kept);
    g_array_unref(self->kept_types);
    g_free(self->sql);
    g_free(self);
}

static Value *value_of(Statement *statement, int n)
{
    Value *value = &((PostgresStatement *)statement)->values[n - 1];

    g_assert(n >= 1 && n <= STORE_VALUES);
    g_clear_pointer(&value->made_valid, g_free);
    return value;
}

static void set_value(Value *value, const void *data, size_t size, Oid type)
{
    value->data = data;
    value->length = (int)size;
    value->wanted_type = type;
}

void postgres_bind_integer(Statement *statement, int n, int64_t number)
{
    Value *value = value_of(statement, n);

    value->integer = GINT64_TO_BE(number);
    g_snprintf(value->digits, sizeof value->digits, "%" G_GINT64_FORMAT, number);
    set_value(value, value->digits, 0, INT8_TYPE);
}

/* The server refuses what is not UTF-8: such bytes become U+FFFD on their way, always the same. */
void postgres_bind_text(Statement *statement, int n, const char *text)
{
    Value *value = value_of(statement, n);

    if (text && !g_utf8_validate(text, -1, NULL))
        text = value->made_valid = g_utf8_make_valid(text, -1);
    set_value(value, text, 0, text ? TEXT_TYPE : 0);
}

void postgres_bind_blob(Statement *statement, int n, const void *data, size_t size)
{
    set_value(value_of(statement, n), data ? data : "", size, BYTEA_TYPE);
}

void postgres_bind_null(Statement *statement, int n)
{
    set_value(value_of(statement, n), NULL, 0, 0);
}

/* ---- sending ---- */

/* The same text is prepared once a connection, however many statements have it. */
static bool ensure_prepared(PostgresStatement *self, GError **error)
{
    PostgresStore *postgres = postgres_of(&self->statement);
    Oid types[STORE_VALUES];
    g_autoptr(GString) key = g_string_new(NULL);

    if (self->session == postgres->session)
        return true;
    if (!postgres_settle(postgres, error))
        return false;
    for (int i = 0; i < self->n_values; i++) {
        types[i] = self->values[i].type = self->values[i].wanted_type;
        g_string_append_printf(key, "%u ", types[i]);
    }
    g_string_append(key, self->sql);
    self->name = g_hash_table_lookup(postgres->prepared, key->str);
    if (!self->name) {
        char *name = g_strdup_printf("s%u", g_hash_table_size(postgres->prepared) + 1);
        PGresult *result = PQprepare(postgres->connection, name, self->sql, self->n_values, types);
        if (!result || is_failure(result)) {
            postgres_fail(postgres, result, error);
            PQclear(result);
            g_free(name);
            return false;
        }
        PQclear(result);
        g_hash_table_insert(postgres->prepared, g_strdup(key->str), name);
        self->name = name;
    }
    self->session = postgres->session;
    return true;
}

static bool send(PostgresStatement *self, GError **error)
{
    PostgresStore *postgres = postgres_of(&self->statement);
    const char *data[STORE_VALUES];
    int lengths[STORE_VALUES], formats[STORE_VALUES];

    for (int i = 0; i < self->n_values; i++) {
        const Value *value = &self->values[i];
        bool is_number = value->type == INT8_TYPE && value->wanted_type == INT8_TYPE;
        data[i] = is_number ? (const char *)&value->integer : value->data;
        lengths[i] = is_number ? (int)sizeof value->integer : value->length;
        formats[i] = is_number || value->wanted_type == BYTEA_TYPE;
    }
    return PQsendQueryPrepared(postgres->connection, self->name, self->n_values, data, lengths,
                               formats, 1) == 1 ||
           postgres_fail_connection(postgres, error);
}

/* ---- stepping ---- */

static bool start(PostgresStatement *self, GError **error)
{
    PostgresStore *postgres = postgres_of(&self->statement);

    /* Who asks within a transaction sees what was added in bulk, through views too. */
    if (!postgres_ensure_connection(postgres, error) || !postgres_bulks_write(postgres, error) ||
        !postgres_settle(postgres, error) || !ensure_prepared(self, error) || !send(self, error))
        return false;
    PQsetSingleRowMode(postgres->connection);
    postgres->streaming = self;
    self->is_active = true;
    return true;
}

static void show_row(PostgresStatement *self, PGresult *result)
{
    int n_columns = PQnfields(result);

    self->result = result;
    g_array_set_size(self->cells, (guint)n_columns);
    for (int i = 0; i < n_columns; i++) {
        Cell *cell = &g_array_index(self->cells, Cell, i);
        cell->data = PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i);
        cell->length = PQgetlength(result, 0, i);
        cell->type = PQftype(result, i);
    }
}

static StoreStep next_streamed(PostgresStatement *self, GError **error)
{
    PostgresStore *postgres = postgres_of(&self->statement);
    PGresult *result = PQgetResult(postgres->connection);

    if (result && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        show_row(self, result);
        return STORE_ROW;
    }
    bool is_fine = !result || !is_failure(result) || postgres_fail(postgres, result, error);
    PQclear(result);
    end_stream(self, false);
    self->is_active = false;
    return is_fine ? STORE_DONE : STORE_FAILED;
}

static StoreStep next_kept(PostgresStatement *self, GError **error)
{
    if (show_kept_row(self))
        return STORE_ROW;
    self->is_active = false;
    if (!self->kept_error)
        return STORE_DONE;
    g_propagate_error(error, g_steal_pointer(&self->kept_error));
    return STORE_FAILED;
}

StoreStep postgres_step(Statement *statement, GError **error)
{
    PostgresStatement *self = (PostgresStatement *)statement;
    PostgresStore *postgres = postgres_of(statement);
    bool is_first = !self->is_active;

    if (is_first)
        postgres_reset(statement);
    for (int attempt = 1;; attempt++) {
        g_autoptr(GError) failure = NULL;
        g_clear_pointer(&self->result, PQclear);
        StoreStep step = is_first && !start(self, &failure) ? STORE_FAILED
                         : postgres->streaming == self      ? next_streamed(self, &failure)
                                                            : next_kept(self, &failure);
        if (step != STORE_FAILED)
            return step;
        /* A connection that died while nobody used it. Outside a transaction nothing is undone by
         * asking again; a change is never made twice. */
        bool is_worth_it = is_first && attempt == 1 && postgres->is_lost &&
                           !postgres->is_in_transaction && g_str_has_prefix(self->sql, "SELECT");
        if (!is_worth_it) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return STORE_FAILED;
        }
    }
}

bool postgres_run(Statement *statement, GError **error)
{
    PostgresStatement *self = (PostgresStatement *)statement;
    PostgresStore *postgres = postgres_of(statement);
    StoreStep step;

    postgres_reset(statement);
    if (!postgres->is_in_transaction || !postgres->is_writing) {
        while ((step = postgres_step(statement, error)) == STORE_ROW)
            ;
        postgres_reset(statement);
        return step == STORE_DONE;
    }
    if (!postgres_bulks_write_for(postgres, self->sql, error) || !ensure_prepared(self, error))
        return false;
    if (!postgres->is_pipelining) {
        if (!postgres_settle(postgres, error))
            return false;
        PQenterPipelineMode(postgres->connection);
        postgres->is_pipelining = true;
    }
    if (!send(self, error))
        return false;
    return ++postgres->n_queued < QUEUE || postgres_settle(postgres, error);
}

void postgres_reset(Statement *statement)
{
    PostgresStatement *self = (PostgresStatement *)statement;

    if (postgres_of(statement)->streaming == self)
        end_stream(self, false);
    g_clear_pointer(&self->result, PQclear);
    g_clear_error(&self->kept_error);
    g_byte_array_set_size(self->kept, 0);
    self->kept_at = 0;
    self->is_active = false;
}
