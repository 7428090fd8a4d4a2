/* The rows of one query, read in a transaction that cannot write. */
#include "postgres/session.h"
#include "table.h"

#include <gnutls/crypto.h>

#define BOOL_OID 16      /* catalog/pg_type.dat; libpq has no header for it */
#define MAX_COLUMNS 1600 /* the server's own limit is 1664 */
#define HASH_BLOCK 65536u

/* ---- settings ---- */

static const Setting postgres_settings[] = {
    {.name = "conninfo",
     .type = SETTING_TEXT,
     .is_required = true,
     .help =
         "Where the database is: a connection text or URI of libpq, or service=NAME; never with "
         "a password."},
    {.name = "query",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "One SELECT whose columns are the record fields, or are named by columns."},
    TABLE_SETTINGS,
    {.name = "password_file",
     .type = SETTING_SECRET,
     .help =
         "Password of the role; without it passfile= of conninfo, a certificate, or the user of "
         "the socket."},
    {.name = "tls_ca_file",
     .type = SETTING_FILE,
     .help =
         "CA certificates (PEM) that the database's certificate must come from, with the name of "
         "the host."},
    {.name = "allow_plaintext",
     .type = SETTING_BOOL,
     .initial = "false",
     .help = "Connect to another machine without TLS: only for tests."},
    {.name = "timeout_seconds",
     .type = SETTING_INT,
     .initial = "60",
     .minimum = 1,
     .maximum = 86400,
     .help = "How long to wait for the connection, and how long the query may take."},
    {.name = "deadline_seconds",
     .type = SETTING_INT,
     .initial = "3600",
     .minimum = 1,
     .maximum = 86400,
     .help = "How long the whole pull may take."},
    {.name = NULL},
};

static void validate(const Source *source, GPtrArray *problems)
{
    mapping_validate(source, problems);
    postgres_conninfo_check(source->settings, problems);
}

/* ---- reading ---- */

typedef struct Reading {
    Table table;
    char *name; /* of the table, for messages */
    gnutls_hash_hd_t hash;
    GByteArray *block; /* not hashed yet: a call for every cell would cost more than the hash */
    Text *cells;
    bool *is_bool; /* columns that come as t and f */
    size_t n_columns;
    uint64_t n_rows;
} Reading;

static bool reading_init(Reading *reading, const Source *source, Sink *sink, CheckReport *report)
{
    reading->name = g_strdup_printf("query of %s", source->name);
    reading->table = (Table){.source = source,
                             .file = reading->name,
                             .line_name = "row",
                             .sink = sink,
                             .report = report};
    reading->block = g_byte_array_new();
    reading->cells = g_new0(Text, MAX_COLUMNS);
    reading->is_bool = g_new0(bool, MAX_COLUMNS);
    return gnutls_hash_init(&reading->hash, GNUTLS_DIG_SHA256) == 0;
}

static void reading_clear(Reading *reading)
{
    g_free(reading->name);
    g_byte_array_unref(reading->block);
    g_free(reading->cells);
    g_free(reading->is_bool);
    if (reading->hash != NULL)
        gnutls_hash_deinit(reading->hash, NULL);
}

static void hash_block(Reading *reading)
{
    gnutls_hash(reading->hash, reading->block->data, reading->block->len);
    g_byte_array_set_size(reading->block, 0);
}

/* Length first, so that ("ab", "c") is not ("a", "bc"); NULL is no empty text. */
static void hash_cell(Reading *reading, const char *data, size_t length)
{
    guint32 head = data != NULL ? GUINT32_TO_LE((guint32)length) : G_MAXUINT32;
    g_byte_array_append(reading->block, (const guint8 *)&head, sizeof head);
    if (length > 0)
        g_byte_array_append(reading->block, (const guint8 *)data, (guint)length);
    if (reading->block->len >= HASH_BLOCK)
        hash_block(reading);
}

static char *hash_hex(gnutls_hash_hd_t *hash)
{
    unsigned char digest[32];
    gnutls_hash_deinit(*hash, digest);
    *hash = NULL;
    GString *hex = g_string_sized_new(2 * sizeof digest);
    for (size_t i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    return g_string_free(hex, FALSE);
}

static Text trimmed(const char *data, size_t length)
{
    while (length > 0 && g_ascii_isspace(data[0])) {
        data++;
        length--;
    }
    while (length > 0 && g_ascii_isspace(data[length - 1]))
        length--;
    return (Text){.data = data, .length = length};
}

static Text bool_text(Text text)
{
    return text.length == 1 && text.data[0] == 't'   ? text_of("yes")
           : text.length == 1 && text.data[0] == 'f' ? text_of("no")
                                                     : text;
}

static bool read_header(Reading *reading, const PGresult *result, GError **error)
{
    int n = PQnfields(result);
    if (n == 0 || n > MAX_COLUMNS)
        return table_refuse(&reading->table, SOURCE_ERROR_MISSING, 0, error,
                            n == 0 ? "it gives no columns; a SELECT is needed"
                                   : "it gives more columns than can be read");
    reading->n_columns = (size_t)n;
    for (int i = 0; i < n; i++) {
        reading->cells[i] = text_of(PQfname(result, i));
        reading->is_bool[i] = PQftype(result, i) == BOOL_OID;
        hash_cell(reading, reading->cells[i].data, reading->cells[i].length);
    }
    return table_add(&reading->table, reading->cells, reading->n_columns, 0, true, error);
}

static bool read_row(Reading *reading, const PGresult *result, GError **error)
{
    reading->n_rows++;
    for (int i = 0; i < (int)reading->n_columns; i++) {
        bool is_null = PQgetisnull(result, 0, i);
        const char *data = is_null ? NULL : PQgetvalue(result, 0, i);
        size_t length = (size_t)PQgetlength(result, 0, i);
        hash_cell(reading, data, length);
        /* A database in SQL_ASCII hands over whatever was put into it. */
        if (length > 0 && !g_utf8_validate_len(data, length, NULL))
            return table_refuse(&reading->table, SOURCE_ERROR_SYNTAX, reading->n_rows, error,
                                "column \"%s\" is not UTF-8; convert it in the query",
                                PQfname(result, i));
        reading->cells[i] = trimmed(data, length);
        if (reading->is_bool[i])
            reading->cells[i] = bool_text(reading->cells[i]);
    }
    return table_add(&reading->table, reading->cells, reading->n_columns, reading->n_rows, true,
                     error);
}

/* One result: a row, or the end of the rows. */
static bool read_result(Reading *reading, const PGresult *result, bool *is_whole, GError **error)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
        return table_refuse(
            &reading->table, SOURCE_ERROR_MISSING, 0, error, "%s is no SELECT; it gives no rows",
            status == PGRES_EMPTY_QUERY ? "an empty text"
                                        : PQcmdStatus((PGresult *)(uintptr_t)result));
    if (reading->n_columns == 0 && !read_header(reading, result, error))
        return false;
    *is_whole = status == PGRES_TUPLES_OK;
    return *is_whole || read_row(reading, result, error);
}

/* To the end that the server sends behind the last row: without it the rows are not all. */
static bool read_rows(Reading *reading, PostgresSession *session, GError **error)
{
    bool is_whole = false;
    for (;;) {
        PGresult *result = NULL;
        if (!postgres_session_next(session, &result, error)) {
            if (reading->n_rows > 0)
                g_prefix_error(error, "after %" G_GUINT64_FORMAT " rows: ", reading->n_rows);
            return false;
        }
        if (result == NULL)
            break;
        bool is_read = read_result(reading, result, &is_whole, error);
        PQclear(result);
        if (!is_read)
            return false;
    }
    if (!is_whole)
        return table_refuse(&reading->table, SOURCE_ERROR_CUT, reading->n_rows, error,
                            "the rows ended without the server's word that these were all");
    return table_end(&reading->table, reading->n_rows, error);
}

/* ---- the connector ---- */

static void note_session(Sink *sink, const PostgresSession *session)
{
    const char *tls = postgres_session_tls(session);
    sink_note(sink, "server", postgres_session_server(session));
    sink_note(sink, "bind", postgres_session_user(session));
    sink_note(sink, "tls", tls != NULL ? tls : "none");
    sink_note(sink, "transaction", "repeatable read, read only");
}

static void note_rows(Reading *reading, Sink *sink, const char *query)
{
    g_autofree char *query_digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, query, -1);
    g_autofree char *query_note = g_strconcat("sha256:", query_digest, NULL);
    hash_block(reading);
    g_autofree char *digest = hash_hex(&reading->hash);
    sink_note(sink, "query", query_note);
    sink_digest(sink, digest);
}

static bool pull_with(Reading *reading, PostgresSession *session, const char *query, GError **error)
{
    Sink *sink = reading->table.sink;
    note_session(sink, session);
    if (!postgres_session_query(session, query, error) || !read_rows(reading, session, error))
        return false;
    note_rows(reading, sink, query);
    return true;
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    const char *query = settings_text(source->settings, "query");
    g_autoptr(PostgresSession) session = postgres_session_open(source->settings, sink, error);
    if (session == NULL)
        return false;
    Reading reading = {0};
    bool is_whole = reading_init(&reading, source, sink, NULL);
    if (!is_whole)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT, "no SHA-256 to be had from GnuTLS");
    is_whole = is_whole && pull_with(&reading, session, query, error);
    reading_clear(&reading);
    return is_whole;
}

static void report_session(const PostgresSession *session, CheckReport *report)
{
    const char *tls = postgres_session_tls(session);
    check_pass(report, "%s, as %s", postgres_session_server(session),
               postgres_session_user(session));
    if (tls != NULL && postgres_session_is_verified(session))
        check_pass(report, "%s, certificate verified", tls);
    else if (tls != NULL)
        check_warn(report, "%s, but nobody verified the certificate; set tls_ca_file", tls);
    else if (postgres_session_is_local(session))
        check_pass(report, "a UNIX socket, so no TLS is needed");
    else
        check_warn(report, "not encrypted (allow_plaintext = true)");
    check_pass(report, "the transaction is read-only: the server refuses to write in it");
    if (postgres_session_is_superuser(session))
        check_warn(report, "%s is a superuser; a role that may SELECT is enough",
                   postgres_session_user(session));
}

static void report_columns(const Source *source, const PGresult *result, CheckReport *report)
{
    Reading reading = {0};
    g_autoptr(GError) error = NULL;
    if (reading_init(&reading, source, NULL, report))
        read_header(&reading, result, &error);
    if (error != NULL)
        check_fail(report, "%s", error->message);
    reading_clear(&reading);
}

static void check(const Source *source, CheckReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PostgresSession) session = postgres_session_open(source->settings, NULL, &error);
    if (session != NULL) {
        report_session(session, report);
        PGresult *result =
            postgres_session_describe(session, settings_text(source->settings, "query"), &error);
        if (result != NULL)
            report_columns(source, result, report);
        PQclear(result);
    }
    if (error != NULL)
        check_fail(report, "%s", error->message);
}

const Connector postgres_connector = {
    .kind = "postgres",
    .title = "The rows of a query in PostgreSQL: people, assets, approvals, accounts",
    .provides = PROVIDES_PEOPLE | PROVIDES_ASSETS | PROVIDES_APPROVALS | PROVIDES_ACCOUNTS,
    .settings = postgres_settings,
    .validate = validate,
    .pull = pull,
    .check = check,
};
