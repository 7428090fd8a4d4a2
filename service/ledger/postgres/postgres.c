/* postgres.c: the PostgreSQL driver of store.h: its table, its words, what the schema is. */
#include "ledger/postgres/postgres_store.h"

/* What the driver itself keeps beside the ledger's tables. rightful_store says that they are a
 * ledger; rightful_commit is how the outcome of a lost COMMIT is found out. */
static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS rightful_store (id BIGINT PRIMARY KEY CHECK (id = 1), "
    "version BIGINT NOT NULL); "
    "CREATE TABLE IF NOT EXISTS rightful_lock (id BIGINT PRIMARY KEY, "
    "holder TEXT NOT NULL, since BIGINT NOT NULL, session BIGINT NOT NULL, "
    "generation BIGINT NOT NULL); "
    /* until version 15 there was one lock */
    "ALTER TABLE rightful_lock DROP CONSTRAINT IF EXISTS rightful_lock_id_check; "
    "CREATE TABLE IF NOT EXISTS rightful_commit (token TEXT PRIMARY KEY, at BIGINT NOT NULL); ";

static void postgres_close(Store *store)
{
    PostgresStore *postgres = (PostgresStore *)store;

    if (postgres->connection && postgres->is_in_transaction)
        postgres_rollback(store);
    PQfinish(postgres->connection); /* releases the lock */
    g_hash_table_unref(postgres->prepared);
    g_ptr_array_unref(postgres->bulks);
    g_ptr_array_unref(postgres->keywords);
    g_ptr_array_unref(postgres->values);
    g_free(postgres->holder);
    g_free(postgres->place);
    g_free(postgres);
}

/* Of other people's tables, those of extensions do not count. */
/* What is there is counted first: a ledger that another process is just making is empty or ours. */
static bool postgres_schema_version(Store *store, int64_t *ret_version, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    int64_t is_ours, n_others;

    if (!postgres_ensure_connection(postgres, error) ||
        !postgres_query_integer(
            postgres,
            "SELECT count(*) FROM pg_class c WHERE c.relnamespace = "
            "(SELECT oid FROM pg_namespace WHERE nspname = current_schema()) "
            "AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS (SELECT 1 "
            "FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid "
            "AND d.deptype = 'e')",
            &n_others, error) ||
        !postgres_query_integer(
            postgres, "SELECT CASE WHEN to_regclass('rightful_store') IS NULL THEN 0 ELSE 1 END",
            &is_ours, error))
        return false;
    if (is_ours)
        return postgres_query_integer(postgres, "SELECT version FROM rightful_store WHERE id = 1",
                                      ret_version, error);
    *ret_version = n_others == 0 ? SCHEMA_EMPTY : SCHEMA_FOREIGN;
    return true;
}

static bool postgres_set_schema_version(Store *store, int64_t version, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("%sINSERT INTO rightful_store (id, version) VALUES (1, %" G_GINT64_FORMAT
                        ") ON CONFLICT (id) DO UPDATE SET version = excluded.version",
                        own_tables, version);
    return postgres_query((PostgresStore *)store, sql, NULL, error);
}

static bool postgres_execute(Store *store, const char *sql, GError **error)
{
    PostgresStore *postgres = (PostgresStore *)store;
    return postgres_ensure_connection(postgres, error) &&
           postgres_query(postgres, sql, NULL, error);
}

static int64_t postgres_size_bytes(Store *store)
{
    int64_t size = 0;
    bool is_known = postgres_query_integer(
        (PostgresStore *)store,
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relkind IN ('r', 'p') "
        "AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())",
        &size, NULL);
    return is_known ? size : 0;
}

/* ---- words ---- */

static char *append_only(const char *table)
{
    return g_strdup_printf("CREATE FUNCTION %s_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                           "$body$ BEGIN RAISE EXCEPTION '%s is append-only'; END $body$;\n"
                           "CREATE TRIGGER %s_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "
                           "%s FOR EACH STATEMENT EXECUTE FUNCTION %s_append_only();\n",
                           table, table, table, table, table);
}

static char *goes_with_review(const char *table)
{
    return g_strdup_printf(
        "DROP TRIGGER %s_append_only ON %s;\n"
        "CREATE TRIGGER %s_append_only BEFORE UPDATE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE "
        "FUNCTION %s_append_only();\n"
        "CREATE FUNCTION %s_goes_with_review() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM review r WHERE r.id = OLD.review AND r.forgotten_at IS NOT "
        "NULL) THEN RAISE EXCEPTION '%s is append-only'; END IF; RETURN OLD; END $body$;\n"
        "CREATE TRIGGER %s_goes_with_review BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION "
        "%s_goes_with_review();\n",
        table, table, table, table, table, table, table, table, table, table);
}

/* text orders by bytes, as in SQLite, whatever the locale of the database. No references: the
 * ledger is the only writer, the suite checks them on SQLite, and here each costs more than its
 * row. */
static char *postgres_word(const char *name, const char *argument)
{
    static const char *const words[][2] = {
        {"integer", "BIGINT"}, {"blob", "BYTEA"}, {"key", "BIGINT PRIMARY KEY"},
        {"bytewise", ""},      {"strict", ""},    {"text", "TEXT COLLATE \"C\""},
    };

    if (argument)
        return g_str_equal(name, "append_only")        ? append_only(argument)
               : g_str_equal(name, "goes_with_review") ? goes_with_review(argument)
               : g_str_equal(name, "references")       ? g_strdup("")
                                                       : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i][0], name))
            return g_strdup(words[i][1]);
    }
    return NULL;
}

const StoreDriver postgres_driver = {
    .schemes = {"postgresql", "postgres"},
    .form = "postgresql://host/database (any URI of libpq)",
    .open = postgres_open,
    .close = postgres_close,
    .shown_url = postgres_shown_url,
    .schema_version = postgres_schema_version,
    .set_schema_version = postgres_set_schema_version,
    .word = postgres_word,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .may_repeat = postgres_may_repeat,
    .execute = postgres_execute,
    .prepare = postgres_prepare,
    .finalise = postgres_finalise,
    .bind_integer = postgres_bind_integer,
    .bind_text = postgres_bind_text,
    .bind_blob = postgres_bind_blob,
    .bind_null = postgres_bind_null,
    .step = postgres_step,
    .run = postgres_run,
    .reset = postgres_reset,
    .is_null = postgres_is_null,
    .integer = postgres_integer,
    .text = postgres_text,
    .blob = postgres_blob,
    .value = postgres_value,
    .bulk_new = postgres_bulk_new,
    .bulk_append = postgres_bulk_append,
    .bulk_end = postgres_bulk_end,
    .bulk_free = postgres_bulk_free,
    .columns_sql =
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) "
        "AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 "
        "AND NOT a.attisdropped "
        "AND c.relname NOT IN ('rightful_store', 'rightful_lock', 'rightful_commit') "
        "ORDER BY c.oid, a.attnum",
    .look_sql = "ANALYZE",
    .lock = postgres_lock,
    .keep_lock = postgres_keep_lock,
    .is_locked = postgres_is_locked,
    .size_bytes = postgres_size_bytes,
};
