/* postgres_connect.c: from a URL to a connection that is safe to use, or a sentence.
 *
 * Towards another machine the server's certificate is verified unless the URL says by name what it
 * wants instead; a UNIX socket and loopback are left as they are. */
#include "ledger/postgres/postgres_store.h"

#include <string.h>

#define OLDEST_SERVER 130000
#define PARAMETERS(list) ((const char *const *)(list)->pdata)
#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

/* ---- the URL ---- */

char *postgres_shown_url(const char *url)
{
    static const char *const secrets[][2] = {
        {"^([^:]*://[^:@/?]*):[^@/]*@", "\\1:***@"},
        {"(?i)([?&](?:ssl)?password=)[^&]*", "\\1***"},
    };
    char *shown = g_strdup(url);

    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_autoptr(GRegex) regex = g_regex_new(secrets[i][0], 0, 0, NULL);
        char *next = g_regex_replace(regex, shown, -1, 0, secrets[i][1], 0, NULL);
        g_free(shown);
        shown = next;
    }
    return shown;
}

G_GNUC_PRINTF(3, 4)
static bool refuse(const PostgresStore *postgres, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED, "%s: %s. Nothing was changed.",
                postgres->place, what);
    return false;
}

static void add(PostgresStore *postgres, const char *keyword, const char *value)
{
    g_ptr_array_add(postgres->keywords, g_strdup(keyword));
    g_ptr_array_add(postgres->values, g_strdup(value));
}

static void add_unless_given(PostgresStore *postgres, const PQconninfoOption *given,
                             const char *keyword, const char *value)
{
    if (!libpq_is_given(given, keyword))
        add(postgres, keyword, value);
}

/* Paths of the URL are relative to the configuration file, like all others. */
static void add_paths(PostgresStore *postgres, const PQconninfoOption *given,
                      const char *base_directory)
{
    static const char *const names[] = {"passfile", "sslcert",   "sslkey", "sslrootcert",
                                        "sslcrl",   "sslcrldir", NULL};

    for (size_t i = 0; names[i]; i++) {
        const char *path = libpq_option(given, names[i]);
        if (!path || !*path || g_path_is_absolute(path))
            continue;
        g_autofree char *absolute = g_canonicalize_filename(path, base_directory);
        add(postgres, names[i], absolute);
    }
}

/* ---- plaintext ---- */

static bool is_here(const char *host)
{
    return *host == '\0' || *host == '/' || *host == '@' || g_str_equal(host, "localhost") ||
           g_str_equal(host, "::1") || g_str_has_prefix(host, "127.");
}

/* Several hosts, with commas; hostaddr counts where it is given. */
static bool are_all_here(const PQconninfoOption *options)
{
    const char *given = libpq_is_given(options, "hostaddr") ? libpq_option(options, "hostaddr")
                                                            : libpq_option(options, "host");
    g_auto(GStrv) hosts = g_strsplit(given ? given : "", ",", -1);
    bool is_all = true;

    for (GStrv host = hosts; *host; host++)
        is_all = is_all && is_here(*host);
    return is_all;
}

static bool has_root_certificate(const PQconninfoOption *options)
{
    g_autofree char *own = g_build_filename(g_get_home_dir(), ".postgresql", "root.crt", NULL);

    return libpq_is_given(options, "sslrootcert") || g_file_test(own, G_FILE_TEST_EXISTS) ||
           !g_file_test(SYSTEM_CA_FILE, G_FILE_TEST_EXISTS);
}

/* libpq wants its lists ended by NULL. */
static void terminate(PostgresStore *postgres)
{
    g_ptr_array_add(postgres->keywords, NULL);
    g_ptr_array_add(postgres->values, NULL);
}

static void reopen(PostgresStore *postgres)
{
    g_ptr_array_set_size(postgres->keywords, (gint)postgres->keywords->len - 1);
    g_ptr_array_set_size(postgres->values, (gint)postgres->values->len - 1);
}

/* What the URL, its service and libpq's defaults come to. Starting says so; nothing is sent. */
static PQconninfoOption *resolve(PostgresStore *postgres)
{
    terminate(postgres);
    PGconn *probe = PQconnectStartParams((const char *const *)postgres->keywords->pdata,
                                         (const char *const *)postgres->values->pdata, 1);
    PQconninfoOption *options = probe ? PQconninfo(probe) : NULL;
    PQfinish(probe);
    reopen(postgres);
    return options;
}

static bool choose_tls(PostgresStore *postgres, const PQconninfoOption *given, GError **error)
{
    PQconninfoOption *options = resolve(postgres);
    const char *sslmode = libpq_option(options, "sslmode");
    bool is_named = libpq_is_given(given, "sslmode") || g_strcmp0(sslmode, "prefer") != 0;
    bool is_fine = true;

    if (!are_all_here(options)) {
        bool is_half = g_strcmp0(sslmode, "prefer") == 0 || g_strcmp0(sslmode, "allow") == 0;
        if (is_named && is_half)
            is_fine = refuse(postgres, error,
                             "sslmode=%s may send everything in plaintext; write "
                             "sslmode=verify-full (or verify-ca, require), or sslmode=disable if "
                             "plaintext is meant",
                             sslmode);
        if (!is_named)
            add(postgres, "sslmode", "verify-full");
        bool is_verified = !is_named || g_str_has_prefix(sslmode, "verify-");
        if (is_verified && !has_root_certificate(options))
            add(postgres, "sslrootcert", SYSTEM_CA_FILE);
    }
    PQconninfoFree(options);
    return is_fine;
}

/* ---- parameters ---- */

static bool make_parameters(PostgresStore *postgres, const char *url, const char *base_directory,
                            GError **error)
{
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(url, &message);
    const char *hosts = libpq_option(given, "host");

    if (!given) {
        /* What libpq says may repeat a piece of the URL that is a password. */
        g_autofree char *text = strchr(url, '@') ? g_strdup("it is no URI that libpq understands")
                                                 : libpq_text(message);
        PQfreemem(message);
        return refuse(postgres, error, "%s", text);
    }
    add(postgres, "dbname", url);
    add_paths(postgres, given, base_directory);
    add(postgres, "client_encoding", "UTF8");
    add(postgres, "gssencmode", "disable"); /* encryption that PQsslInUse() would not show */
    add_unless_given(postgres, given, "application_name", "rightful");
    add_unless_given(postgres, given, "connect_timeout", "15");
    /* A dead peer is noticed within a minute. */
    add_unless_given(postgres, given, "keepalives_idle", "30");
    add_unless_given(postgres, given, "keepalives_interval", "10");
    add_unless_given(postgres, given, "keepalives_count", "3");
    add_unless_given(postgres, given, "tcp_user_timeout", "60000");
    if (hosts && strchr(hosts, ',') && postgres->access != LEDGER_READ)
        add_unless_given(postgres, given, "target_session_attrs", "read-write");
    bool is_fine = choose_tls(postgres, given, error);
    terminate(postgres);
    PQconninfoFree(given);
    return is_fine;
}

/* ---- a connection ---- */

static void no_notice(void *data, const PGresult *result)
{
    (void)data, (void)result;
}

static bool cannot_connect(const PostgresStore *postgres, GError **error)
{
    g_autofree char *text = libpq_text(PQerrorMessage(postgres->connection));

    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                "%s: the ledger cannot be reached: %s. Nothing was changed. The database and its "
                "role must be there, and let this user in.",
                postgres->place, text);
    return false;
}

static bool check_server(PostgresStore *postgres, GError **error)
{
    const char *encoding = PQparameterStatus(postgres->connection, "server_encoding");

    if (PQserverVersion(postgres->connection) < OLDEST_SERVER)
        return refuse(postgres, error, "this PostgreSQL is too old: version %s; 13 is the oldest",
                      PQparameterStatus(postgres->connection, "server_version"));
    if (g_strcmp0(encoding, "UTF8") != 0)
        return refuse(postgres, error,
                      "this database keeps text as %s; a ledger needs UTF8 (CREATE DATABASE … "
                      "ENCODING 'UTF8' TEMPLATE template0)",
                      encoding);
    return true;
}

/* What must hold however the role and the database are set up. Only settings that the server knows:
 * several are younger than the oldest server, or belong to one system. */
static const char settings[] =
    "SELECT set_config(s.name, w.value, false) FROM (VALUES "
    "('statement_timeout', '0'), ('idle_session_timeout', '0'), "
    "('idle_in_transaction_session_timeout', '0'), ('lock_timeout', '60s'), "
    "('client_connection_check_interval', '10s'), ('tcp_keepalives_idle', '30'), "
    "('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'), "
    "('standard_conforming_strings', 'on'), ('jit', 'off'), "
    "('default_transaction_isolation', 'read committed'), "
    "('default_transaction_deferrable', 'off')) w (name, value) "
    "JOIN pg_settings s ON s.name = w.name; "
    /* Weaker than on would lose what was told to be kept; stronger is the owner's choice. */
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local'); "
    /* Nobody's functions but the server's and our own schema's. */
    "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false); "
    "SELECT CASE WHEN current_schema() IS NULL THEN 0 ELSE 1 END";

static bool prepare_session(PostgresStore *postgres, GError **error)
{
    const char *mode = postgres->access == LEDGER_READ ? "SET default_transaction_read_only = on"
                                                       : "SET default_transaction_read_only = off";
    int64_t has_schema;

    if (!check_server(postgres, error) || !postgres_query(postgres, mode, NULL, error) ||
        !postgres_query_integer(postgres, settings, &has_schema, error))
        return false;
    return has_schema == 1 ||
           refuse(postgres, error,
                  "this role has no schema to work in: search_path names none that is there "
                  "(CREATE SCHEMA … AUTHORIZATION …, or GRANT CREATE ON SCHEMA public)");
}

static bool insist_on_encryption(const PostgresStore *postgres, GError **error)
{
    PQconninfoOption *options = PQconninfo(postgres->connection);
    bool is_fine = are_all_here(options) || PQsslInUse(postgres->connection) ||
                   g_strcmp0(libpq_option(options, "sslmode"), "disable") == 0;

    PQconninfoFree(options);
    return is_fine || refuse(postgres, error, "the connection is not encrypted");
}

static bool connect_once(PostgresStore *postgres, GError **error)
{
    PQfinish(postgres->connection);
    g_hash_table_remove_all(postgres->prepared);
    postgres->session++;
    postgres->is_lost = postgres->is_copying = postgres->is_pipelining = false;
    postgres->connection = PQconnectdbParams((const char *const *)postgres->keywords->pdata,
                                             (const char *const *)postgres->values->pdata, 1);
    PQsetNoticeReceiver(postgres->connection, no_notice, NULL);
    if (PQstatus(postgres->connection) == CONNECTION_OK && insist_on_encryption(postgres, error) &&
        prepare_session(postgres, error))
        return true;
    postgres->is_lost = true;
    if (error && !*error)
        cannot_connect(postgres, error);
    return false;
}

bool postgres_connect_again(PostgresStore *postgres, GError **error)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;

    for (gulong pause = 20000;; pause = MIN(pause * 2, 2 * G_USEC_PER_SEC)) {
        g_autoptr(GError) failure = NULL;
        if (connect_once(postgres, &failure))
            return true;
        /* A refused password is not tried again. */
        bool is_refused = PQconnectionUsedPassword(postgres->connection) ||
                          PQconnectionNeedsPassword(postgres->connection);
        if (is_refused || g_get_monotonic_time() > end) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        g_usleep(pause);
    }
}

bool postgres_ensure_connection(PostgresStore *postgres, GError **error)
{
    if (!postgres->is_lost)
        return true;
    if (postgres->is_in_transaction)
        return postgres_fail_connection(postgres, error);
    if (!postgres_connect_again(postgres, error))
        return false;
    return !postgres->is_locked || postgres_lock_again(postgres, error);
}

Store *postgres_open(const char *url, const char *base_directory, LedgerAccess access,
                     GError **error)
{
    PostgresStore *postgres = g_new0(PostgresStore, 1);
    g_autoptr(Store) store = &postgres->store;

    store->driver = &postgres_driver;
    postgres->access = access;
    postgres->place = postgres_shown_url(url);
    postgres->keywords = g_ptr_array_new_with_free_func(g_free);
    postgres->values = g_ptr_array_new_with_free_func(g_free);
    postgres->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    postgres->bulks = postgres_bulks_new();
    if (!make_parameters(postgres, url, base_directory, error) || !connect_once(postgres, error))
        return NULL;
    return g_steal_pointer(&store);
}
