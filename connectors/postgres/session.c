#include "postgres/session.h"

#include <poll.h>

#define SLICE_MS 200    /* how soon a cancelled pull is noticed */
#define GRACE_SECONDS 5 /* the server's own time limit speaks first: it can say more */

struct PostgresSession {
    PGconn *connection;
    Sink *sink;
    int timeout_seconds;
    gint64 deadline_us;
    char *server, *user;
    bool is_local, is_verified;
};

/* ---- conninfo ---- */

void postgres_conninfo_check(const SettingsGroup *settings, GPtrArray *problems)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(settings_text(settings, "conninfo"), &message);
    if (options == NULL) {
        g_autofree char *text = libpq_text(message);
        g_ptr_array_add(problems, g_strdup_printf("conninfo: %s", text));
        PQfreemem(message);
        return;
    }
    const char *host = libpq_option(options, "host"), *sslmode = libpq_option(options, "sslmode");
    if (libpq_option(options, "password") != NULL || libpq_option(options, "sslpassword") != NULL)
        g_ptr_array_add(problems,
                        g_strdup("conninfo: holds a password, which everybody who reads this file "
                                 "could read; take it out and use password_file, or passfile="));
    if (libpq_is_given(options, "sslmode") && !libpq_insists_on_tls(sslmode) &&
        (host == NULL || host[0] != '/') && !settings_bool(settings, "allow_plaintext"))
        g_ptr_array_add(problems,
                        g_strdup_printf("conninfo: sslmode=%s does not insist on TLS; allowed: "
                                        "require, verify-ca, verify-full (or say "
                                        "allow_plaintext = true)",
                                        sslmode));
    PQconninfoFree(options);
}

/* The sslmode that conninfo and its service give, without connecting: a socket that cannot be. */
static char *configured_sslmode(const char *conninfo)
{
    const char *const keywords[] = {"dbname", "host", "hostaddr", NULL};
    const char *const values[] = {conninfo, "/", "", NULL};
    PGconn *probe = PQconnectStartParams(keywords, values, 1);
    PQconninfoOption *options = probe != NULL ? PQconninfo(probe) : NULL;
    char *sslmode = g_strdup(libpq_option(options, "sslmode"));
    PQconninfoFree(options);
    PQfinish(probe);
    return sslmode;
}

static const char *wanted_sslmode(const SettingsGroup *settings, const char *configured,
                                  const PQconninfoOption *options)
{
    if (configured != NULL && strcmp(configured, "verify-full") == 0)
        return "verify-full";
    if (settings_text(settings, "tls_ca_file") != NULL)
        return g_strcmp0(configured, "verify-ca") == 0 ? "verify-ca" : "verify-full";
    if (libpq_insists_on_tls(configured))
        return configured;
    if (!settings_bool(settings, "allow_plaintext"))
        return "require";
    /* Not "prefer" by itself: it tries a refused password a second time without TLS. */
    return libpq_is_given(options, "sslmode") ? configured : "disable";
}

/* ---- waiting ---- */

G_GNUC_PRINTF(3, 4)
static bool fail(SourceError code, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, SOURCE_ERROR, code, what);
    return false;
}

static bool wait_for(const PostgresSession *session, short events, int seconds, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    for (;;) {
        gint64 now = g_get_monotonic_time();
        if (session->sink != NULL && sink_is_cancelled(session->sink))
            return fail(SOURCE_ERROR_CUT, error, "reading was cancelled");
        if (now >= session->deadline_us)
            return fail(SOURCE_ERROR_CUT, error,
                        "the pull took longer than deadline_seconds allows");
        if (now >= end)
            return fail(SOURCE_ERROR_UNREACHABLE, error, "the server said nothing for %d s",
                        seconds);
        struct pollfd pollfd = {.fd = PQsocket(session->connection), .events = events};
        if (pollfd.fd < 0)
            return fail(SOURCE_ERROR_UNREACHABLE, error, "the connection is closed");
        if (poll(&pollfd, 1, SLICE_MS) > 0)
            return true;
    }
}

/* ---- connecting ---- */

/* How far it came tells whose fault it is: the text may be in any language. */
static SourceError connect_code(ConnStatusType reached)
{
    return reached == CONNECTION_SSL_STARTUP ? SOURCE_ERROR_TLS
           : reached == CONNECTION_AWAITING_RESPONSE || reached == CONNECTION_AUTH_OK
               ? SOURCE_ERROR_REFUSED
               : SOURCE_ERROR_UNREACHABLE;
}

static bool connect_failed(const PostgresSession *session, ConnStatusType reached, GError **error)
{
    g_autofree char *text = libpq_text(PQerrorMessage(session->connection));
    SourceError code = connect_code(reached);
    return fail(code, error, "%s%s", text,
                code == SOURCE_ERROR_REFUSED ? "; not tried again in this run" : "");
}

static bool finish_connecting(PostgresSession *session, GError **error)
{
    ConnStatusType reached = PQstatus(session->connection);
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    if (reached == CONNECTION_BAD)
        return connect_failed(session, CONNECTION_NEEDED, error);
    while (wanted != PGRES_POLLING_OK) {
        if (!wait_for(session, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                      session->timeout_seconds, error)) {
            g_prefix_error(error, "connecting: ");
            return false;
        }
        ConnStatusType before = PQstatus(session->connection);
        wanted = PQconnectPoll(session->connection);
        if (wanted == PGRES_POLLING_FAILED)
            return connect_failed(session, before, error);
        reached = PQstatus(session->connection);
    }
    return true;
}

static void no_notice(void *data, const PGresult *result) {}

static PGconn *start(const SettingsGroup *settings, const PQconninfoOption *options,
                     const char *password)
{
    const char *conninfo = settings_text(settings, "conninfo");
    const char *ca_file = settings_text(settings, "tls_ca_file");
    g_autofree char *configured = configured_sslmode(conninfo);
    const char *keywords[10] = {"dbname"}, *values[10] = {conninfo};
    size_t n = 1;
    keywords[n] = "sslmode";
    values[n++] = wanted_sslmode(settings, configured, options);
    keywords[n] = "client_encoding";
    values[n++] = "UTF8";
    keywords[n] = "application_name";
    values[n++] = "rightful";
    keywords[n] = "gssencmode"; /* encryption that PQsslInUse() would not show */
    values[n++] = "disable";
    if (ca_file != NULL) {
        keywords[n] = "sslrootcert";
        values[n++] = ca_file;
    }
    if (password != NULL) {
        keywords[n] = "password";
        values[n++] = password;
    }
    return PQconnectStartParams(keywords, values, 1);
}

static bool connect_session(PostgresSession *session, const SettingsGroup *settings, GError **error)
{
    char *password = NULL;
    if (settings_is_set(settings, "password_file")) {
        password = settings_secret(settings, "password_file", error);
        if (password == NULL)
            return false;
    }
    PQconninfoOption *options = PQconninfoParse(settings_text(settings, "conninfo"), NULL);
    session->connection = start(settings, options, password);
    PQconninfoFree(options);
    settings_secret_free(password);
    if (session->connection == NULL)
        return fail(SOURCE_ERROR_UNREACHABLE, error, "out of memory");
    PQsetNoticeReceiver(session->connection, no_notice, NULL);
    return finish_connecting(session, error);
}

static void learn_facts(PostgresSession *session)
{
    PGconn *connection = session->connection;
    const char *host = PQhost(connection),
               *version = PQparameterStatus(connection, "server_version");
    PQconninfoOption *options = PQconninfo(connection);
    const char *sslmode = libpq_option(options, "sslmode");
    session->is_local = host != NULL && (host[0] == '/' || host[0] == '@');
    session->is_verified = PQsslInUse(connection) && g_str_has_prefix(sslmode, "verify-");
    session->user = g_strdup(PQuser(connection));
    session->server = session->is_local ? g_strdup_printf("PostgreSQL %s at %s", version, host)
                                        : g_strdup_printf("PostgreSQL %s at %s:%s", version, host,
                                                          PQport(connection));
    PQconninfoFree(options);
}

static bool insist_on_encryption(const PostgresSession *session, const SettingsGroup *settings,
                                 GError **error)
{
    return session->is_local || PQsslInUse(session->connection) ||
           settings_bool(settings, "allow_plaintext") ||
           fail(SOURCE_ERROR_FORBIDDEN, error,
                "the connection is not encrypted; nothing was asked for (allow_plaintext = true "
                "would let it pass)");
}

/* ---- statements ---- */

static SourceError result_code(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool is_forbidden = g_strcmp0(state, "42501") == 0;
    bool is_broken = state == NULL || g_str_has_prefix(state, "08") ||
                     g_str_has_prefix(state, "57") || g_str_has_prefix(state, "53");
    return is_forbidden ? SOURCE_ERROR_REFUSED : is_broken ? SOURCE_ERROR_CUT : SOURCE_ERROR_SYNTAX;
}

static bool result_failed(const PostgresSession *session, const PGresult *result, GError **error)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool is_lost = primary == NULL || g_str_has_prefix(state, "57P") ||
                   PQstatus(session->connection) == CONNECTION_BAD;
    if (is_lost) {
        g_autofree char *text = libpq_text(PQresultErrorMessage(result));
        return fail(SOURCE_ERROR_CUT, error, "the connection was lost: %s", text);
    }
    return fail(result_code(result), error, "the server says: %s%s%s (SQLSTATE %s)%s", primary,
                position != NULL ? ", at character " : "", position != NULL ? position : "", state,
                g_strcmp0(state, "57014") == 0 ? "; timeout_seconds is the limit of a query" : "");
}

bool postgres_session_next(PostgresSession *session, PGresult **ret_result, GError **error)
{
    while (PQisBusy(session->connection)) {
        if (!wait_for(session, POLLIN, session->timeout_seconds + GRACE_SECONDS, error))
            return false;
        if (PQconsumeInput(session->connection) == 0) {
            g_autofree char *text = libpq_text(PQerrorMessage(session->connection));
            return fail(SOURCE_ERROR_CUT, error, "the connection was lost: %s", text);
        }
    }
    PGresult *result = PQgetResult(session->connection);
    ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_COMMAND_OK;
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        result_failed(session, result, error);
        PQclear(result);
        return false;
    }
    *ret_result = result;
    return true;
}

static bool send_failed(const PostgresSession *session, GError **error)
{
    g_autofree char *text = libpq_text(PQerrorMessage(session->connection));
    return fail(SOURCE_ERROR_CUT, error, "the connection was lost: %s", text);
}

/* All results of what was sent; the last one that is a table or a description is handed over, if
 * ret_result is not NULL. */
static bool take_all(PostgresSession *session, PGresult **ret_result, GError **error)
{
    PGresult *last = NULL;
    for (;;) {
        PGresult *result = NULL;
        if (!postgres_session_next(session, &result, error)) {
            PQclear(last);
            return false;
        }
        if (result == NULL)
            break;
        PQclear(last);
        last = result;
    }
    if (ret_result != NULL)
        *ret_result = last;
    else
        PQclear(last);
    return true;
}

/* What must hold however the role and the database are set up: no writing, dates and times in one
 * form. Times come in UTC. */
static bool begin_reading(PostgresSession *session, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SET default_transaction_read_only = on; "
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
        "SET LOCAL statement_timeout = '%ds'; SET LOCAL lock_timeout = '%ds'; "
        "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = "
        "'iso_8601'; SET LOCAL extra_float_digits = 1; "
        "SELECT current_setting('transaction_read_only')",
        session->timeout_seconds, session->timeout_seconds);
    PGresult *result = NULL;
    if (PQsendQuery(session->connection, sql) == 0)
        return send_failed(session, error);
    if (!take_all(session, &result, error))
        return false;
    bool is_read_only = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "on") == 0;
    PQclear(result);
    return is_read_only || fail(SOURCE_ERROR_FORBIDDEN, error,
                                "the server does not keep the transaction read-only; nothing was "
                                "asked for");
}

/* ---- the session ---- */

PostgresSession *postgres_session_open(const SettingsGroup *settings, Sink *sink, GError **error)
{
    g_autoptr(PostgresSession) session = g_new0(PostgresSession, 1);
    session->sink = sink;
    session->timeout_seconds = (int)settings_int(settings, "timeout_seconds");
    session->deadline_us =
        g_get_monotonic_time() + settings_int(settings, "deadline_seconds") * G_USEC_PER_SEC;
    if (!connect_session(session, settings, error))
        return NULL;
    learn_facts(session);
    if (!insist_on_encryption(session, settings, error) || !begin_reading(session, error))
        return NULL;
    return g_steal_pointer(&session);
}

void postgres_session_close(PostgresSession *session)
{
    if (session == NULL)
        return;
    PQfinish(session->connection);
    g_free(session->server);
    g_free(session->user);
    g_free(session);
}

bool postgres_session_query(PostgresSession *session, const char *query, GError **error)
{
    /* The extended protocol takes one statement, so none can end the transaction first. */
    if (PQsendQueryParams(session->connection, query, 0, NULL, NULL, NULL, NULL, 0) == 0 ||
        PQsetSingleRowMode(session->connection) == 0)
        return send_failed(session, error);
    return true;
}

PGresult *postgres_session_describe(PostgresSession *session, const char *query, GError **error)
{
    PGresult *result = NULL;
    if (PQsendPrepare(session->connection, "", query, 0, NULL) == 0) {
        send_failed(session, error);
        return NULL;
    }
    if (!take_all(session, NULL, error))
        return NULL;
    if (PQsendDescribePrepared(session->connection, "") == 0) {
        send_failed(session, error);
        return NULL;
    }
    return take_all(session, &result, error) ? result : NULL;
}

const char *postgres_session_server(const PostgresSession *session)
{
    return session->server;
}

const char *postgres_session_user(const PostgresSession *session)
{
    return session->user;
}

const char *postgres_session_tls(const PostgresSession *session)
{
    return PQsslInUse(session->connection) ? PQsslAttribute(session->connection, "protocol") : NULL;
}

bool postgres_session_is_local(const PostgresSession *session)
{
    return session->is_local;
}

bool postgres_session_is_verified(const PostgresSession *session)
{
    return session->is_verified;
}

bool postgres_session_is_superuser(const PostgresSession *session)
{
    return g_strcmp0(PQparameterStatus(session->connection, "is_superuser"), "on") == 0;
}
