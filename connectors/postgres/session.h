/* session.h: one connection to PostgreSQL that can only read.
 *
 * Every wait ends: at the time limit, at the deadline, or when the sink is cancelled. Nothing but
 * what the caller passes decides where and how to connect (rightful/libpq.h). */
#pragma once

#include <rightful/connector.h>

#include <rightful/libpq.h>

typedef struct PostgresSession PostgresSession;

/* Connects and opens a read-only transaction. sink may be NULL (nobody cancels then).
 * SOURCE_ERROR_UNREACHABLE, _TLS, _REFUSED, _FORBIDDEN. */
PostgresSession *postgres_session_open(const SettingsGroup *settings, Sink *sink, GError **error);
void postgres_session_close(PostgresSession *session); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PostgresSession, postgres_session_close)

/* Sends the one statement; its rows come one by one from postgres_session_next(). */
bool postgres_session_query(PostgresSession *session, const char *query, GError **error);
/* Asks for the columns of the statement without running it. The caller clears the result. */
PGresult *postgres_session_describe(PostgresSession *session, const char *query, GError **error);
/* The next result, which the caller clears; *ret_result NULL at the end. An error of the server is
 * an error here. */
bool postgres_session_next(PostgresSession *session, PGresult **ret_result, GError **error);

/* Facts, good until the session is closed. */
const char *
postgres_session_server(const PostgresSession *session); /* "PostgreSQL 15.6 at db:5432" */
const char *postgres_session_user(const PostgresSession *session);
const char *postgres_session_tls(const PostgresSession *session); /* "TLSv1.3"; NULL without TLS */
bool postgres_session_is_local(const PostgresSession *session);   /* over a UNIX socket */
bool postgres_session_is_verified(
    const PostgresSession *session); /* the server's certificate was */
bool postgres_session_is_superuser(const PostgresSession *session);

/* What is wrong with a conninfo that the settings hold, as sentences without a place. */
void postgres_conninfo_check(const SettingsGroup *settings, GPtrArray *problems);
