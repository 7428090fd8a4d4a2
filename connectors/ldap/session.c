#include "ldap/session.h"

#include <openldap.h>
#include <stdlib.h>
#include <unistd.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
/* One entry is one message: a group of three million members. More than that is not an answer but
 * an attack. */
#define MAX_MESSAGE_BYTES ((ber_len_t)512 << 20)

/* libldap reads ./ldaprc, ~/.ldaprc, ldap.conf and LDAP* variables with its first call, and one of
 * them can turn certificate checking off. Set before main(), since setenv() is not for threads. */
__attribute__((constructor)) static void take_no_outside_settings(void)
{
    setenv("LDAPNOINIT", "1", 1);
}

/* ---- Words for results ---- */

static const char *active_directory_reason(const char *diagnostic)
{
    static const struct {
        const char *code, *meaning;
    } reasons[] = {
        {"data 525", "no such account"},
        {"data 52e", "wrong password"},
        {"data 530", "not at this time of day"},
        {"data 531", "not from this machine"},
        {"data 532", "the password has expired"},
        {"data 533", "the account is disabled"},
        {"data 701", "the account has expired"},
        {"data 773", "the password must be changed"},
        {"data 775", "the account is locked"},
        {"data 80090346", "the bind was not tied to this TLS connection: does something between "
                          "end it?"},
    };

    for (size_t i = 0; diagnostic != NULL && i < G_N_ELEMENTS(reasons); i++) {
        if (strstr(diagnostic, reasons[i].code) != NULL)
            return reasons[i].meaning;
    }
    return NULL;
}

char *directory_result_text(int code, const char *diagnostic)
{
    const char *reason = active_directory_reason(diagnostic);
    bool has_text = diagnostic != NULL && diagnostic[0] != '\0';

    return g_strdup_printf("%s (%d)%s%s%s%s", ldap_err2string(code), code,
                           reason != NULL ? ": " : "", reason != NULL ? reason : "",
                           has_text ? ": " : "", has_text ? diagnostic : "");
}

static char *last_result_text(LDAP *ldap, int code)
{
    char *diagnostic = NULL;

    ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
    char *text = directory_result_text(code, diagnostic);
    ldap_memfree(diagnostic);
    return text;
}

/* ---- Connection ---- */

struct timeval directory_session_patience(const DirectorySession *session)
{
    gint64 left = session->deadline_us - g_get_monotonic_time();
    gint64 limit = (gint64)session->timeout_seconds * G_USEC_PER_SEC;
    gint64 wait = CLAMP(left, 0, limit);

    return (struct timeval){.tv_sec = wait / G_USEC_PER_SEC, .tv_usec = wait % G_USEC_PER_SEC};
}

static void set_int(LDAP *ldap, int option, int value)
{
    ldap_set_option(ldap, option, &value);
}

static void set_options(DirectorySession *session)
{
    LDAP *ldap = session->ldap;
    const struct timeval limit = {.tv_sec = session->timeout_seconds};

    set_int(ldap, LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3);
    ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ldap_set_option(ldap, LDAP_OPT_RESTART, LDAP_OPT_ON);
    set_int(ldap, LDAP_OPT_DEREF, LDAP_DEREF_NEVER);
    set_int(ldap, LDAP_OPT_SIZELIMIT, LDAP_NO_LIMIT);
    set_int(ldap, LDAP_OPT_TIMELIMIT, LDAP_NO_LIMIT);
    ldap_set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &limit);
    ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &limit);
}

/* Not where nothing is encrypted: the system's certificates take longer to read than many a
 * directory. */
static void set_tls_options(LDAP *ldap, const SettingsGroup *settings)
{
    const char *ca_file = settings_text(settings, "tls_ca_file");
    const char *certificate = settings_text(settings, "tls_cert_file");
    const char *key = settings_text(settings, "tls_key_file");

    ldap_set_option(ldap, LDAP_OPT_X_TLS_CACERTFILE, ca_file != NULL ? ca_file : SYSTEM_CA);
    if (certificate != NULL) {
        ldap_set_option(ldap, LDAP_OPT_X_TLS_CERTFILE, certificate);
        ldap_set_option(ldap, LDAP_OPT_X_TLS_KEYFILE, key != NULL ? key : certificate);
    }
    set_int(ldap, LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND);
    set_int(ldap, LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2);
    set_int(ldap, LDAP_OPT_X_TLS_NEWCTX, 0); /* without it the options above change nothing */
}

/* Below TLS and SASL, which read the head and the body of every record by themselves. */
#define READ_AHEAD_BYTES (256 << 10)

static void read_ahead(LDAP *ldap)
{
    Sockbuf *socket = NULL;
    int readahead = READ_AHEAD_BYTES;

    if (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS && socket != NULL)
        ber_sockbuf_add_io(socket, &ber_sockbuf_io_readahead, LBER_SBIOD_LEVEL_PROVIDER,
                           &readahead);
}

static void limit_messages(LDAP *ldap)
{
    Sockbuf *socket = NULL;
    ber_len_t limit = MAX_MESSAGE_BYTES;

    if (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS && socket != NULL)
        ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &limit);
}

static bool will_be_layered(const DirectoryAddress *address, const SettingsGroup *settings)
{
    return address->is_tls || settings_bool(settings, "starttls") ||
           g_strcmp0(settings_text(settings, "sasl"), "GSSAPI") == 0;
}

static bool connect_session(DirectorySession *session, const DirectoryAddress *address,
                            const SettingsGroup *settings, GError **error)
{
    int fd = session->beside != NULL
                 ? directory_connect_beside(directory_wire_socket(session->beside->wire),
                                            session->timeout_seconds, error)
                 : directory_connect(address, session->timeout_seconds, error);

    if (fd < 0)
        return false;
    int rc = ldap_init_fd(fd, address->is_local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, session->url,
                          &session->ldap);
    if (rc != LDAP_SUCCESS) {
        close(fd);
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "%s", ldap_err2string(rc));
        return false;
    }
    set_options(session);
    limit_messages(session->ldap);
    if (will_be_layered(address, settings))
        read_ahead(session->ldap);
    return true;
}

/* ---- TLS ---- */

static bool request_starttls(DirectorySession *session, GError **error)
{
    LDAPMessage *answer = NULL;
    struct timeval limit = directory_session_patience(session);
    int id = 0;
    int code = 0;
    char *diagnostic = NULL;
    int rc = ldap_start_tls(session->ldap, NULL, NULL, &id);

    if (rc == LDAP_SUCCESS) {
        int type = ldap_result(session->ldap, id, LDAP_MSG_ALL, &limit, &answer);
        rc = type == 0 ? LDAP_TIMEOUT : type < 0 ? LDAP_SERVER_DOWN : LDAP_SUCCESS;
    }
    if (rc == LDAP_SUCCESS) {
        rc = ldap_parse_result(session->ldap, answer, &code, NULL, &diagnostic, NULL, NULL, 1);
        rc = rc == LDAP_SUCCESS ? code : rc;
    }
    if (rc != LDAP_SUCCESS) {
        g_autofree char *text = directory_result_text(rc, diagnostic);
        g_set_error(error, SOURCE_ERROR,
                    rc == LDAP_TIMEOUT ? SOURCE_ERROR_UNREACHABLE : SOURCE_ERROR_TLS,
                    "StartTLS: %s; nothing was sent without encryption", text);
    }
    ldap_memfree(diagnostic);
    return rc == LDAP_SUCCESS;
}

/* LDAP_OPT_CONNECT_ASYNC makes libldap 2.5 poll with the network timeout during the handshake;
 * without it, and without the receive timeout of the socket, a silent peer holds it for ever
 * (ITS#8047). */
static bool handshake(DirectorySession *session, const DirectoryAddress *address,
                      const SettingsGroup *settings, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)session->timeout_seconds * G_USEC_PER_SEC;

    ldap_set_option(session->ldap, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON);
    int rc = ldap_install_tls(session->ldap);
    ldap_set_option(session->ldap, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF);
    if (rc == LDAP_SUCCESS)
        return true;
    if (rc == LDAP_TIMEOUT || g_get_monotonic_time() >= end - G_USEC_PER_SEC / 10) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE,
                    "TLS: the server accepted the connection and then said nothing for %d s",
                    session->timeout_seconds);
        return false;
    }
    g_autofree char *why =
        directory_explain_tls(address, !address->is_tls, settings_text(settings, "tls_ca_file"),
                              session->timeout_seconds);
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_TLS, "TLS: %s", why);
    return false;
}

static void note_tls(DirectorySession *session)
{
    char *version = NULL; /* both are copies of ours, though the manual page says nothing of it */
    struct berval certificate = {0};

    session->is_encrypted = true;
    if (ldap_get_option(session->ldap, LDAP_OPT_X_TLS_VERSION, &version) == LDAP_OPT_SUCCESS) {
        session->tls_version = g_strdup(version);
        ldap_memfree(version);
    }
    if (ldap_get_option(session->ldap, LDAP_OPT_X_TLS_PEERCERT, &certificate) == LDAP_OPT_SUCCESS &&
        certificate.bv_val != NULL) {
        session->certificate_ends_utc =
            directory_certificate_end(certificate.bv_val, certificate.bv_len);
        ldap_memfree(certificate.bv_val);
    }
}

static bool encrypt(DirectorySession *session, const DirectoryAddress *address,
                    const SettingsGroup *settings, GError **error)
{
    bool with_starttls =
        settings_bool(settings, "starttls") && !address->is_tls && !address->is_local;

    if (!address->is_tls && !with_starttls)
        return true;
    set_tls_options(session->ldap, settings);
    if ((with_starttls && !request_starttls(session, error)) ||
        !handshake(session, address, settings, error))
        return false;
    note_tls(session);
    return true;
}

/* ---- Bind ---- */

/* What to do about a refused bind; mechanism: NULL = simple. */
static const char *bind_advice(const DirectorySession *session, int rc, const char *mechanism,
                               const char *text)
{
    bool is_kerberos = g_strcmp0(mechanism, "GSSAPI") == 0;

    switch (rc) {
    case LDAP_INVALID_CREDENTIALS:
        return mechanism == NULL ? "; check bind_dn and what password_file holds"
               : is_kerberos     ? "; check principal and keytab_file"
                                 : "; the server maps this certificate or local "
                                   "user to no account";
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_CONFIDENTIALITY_REQUIRED:
        return is_kerberos && session->is_encrypted
                   ? "; this server takes no Kerberos over TLS: use ldap:// without starttls, "
                     "where "
                     "Kerberos itself encrypts"
                   : "; the server wants encryption: use ldaps:// or starttls = true";
    case LDAP_LOCAL_ERROR: /* nothing was sent */
        return strstr(text, "not found in Kerberos database") != NULL
                   ? "; name the server in url as its service principal does (ldap/dc1.example.com)"
                   : "";
    case LDAP_AUTH_METHOD_NOT_SUPPORTED:
        return "; the server does not offer this way to bind";
    case LDAP_INAPPROPRIATE_AUTH:
        return "; the account has no password, or may not bind like this";
    default:
        return "";
    }
}

/* No answer to the bind: it says nothing about the password. */
static bool is_no_answer(int rc)
{
    return rc == LDAP_SERVER_DOWN || rc == LDAP_TIMEOUT || rc == LDAP_CONNECT_ERROR ||
           rc == LDAP_BUSY || rc == LDAP_UNAVAILABLE;
}

static bool bind_failed(const DirectorySession *session, int rc, const char *mechanism,
                        const char *who, GError **error)
{
    g_autofree char *text = last_result_text(session->ldap, rc);

    if (is_no_answer(rc))
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "bind as %s: %s", who, text);
    else
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_REFUSED,
                    "bind refused for %s: %s%s; not tried again in this run", who, text,
                    bind_advice(session, rc, mechanism, text));
    return false;
}

static bool may_send_password(const DirectorySession *session, const DirectoryAddress *address,
                              const SettingsGroup *settings, GError **error)
{
    bool may = session->is_encrypted || address->is_local ||
               settings_bool(settings, "allow_plaintext_bind");

    if (!may)
        g_set_error(
            error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
            "the password would go over the network unencrypted; use ldaps:// or starttls = true "
            "(or say allow_plaintext_bind = true); nothing was sent");
    return may;
}

static int send_password(const DirectorySession *session, const char *dn, char *password)
{
    struct berval credential = {.bv_len = strlen(password), .bv_val = password};

    return ldap_sasl_bind_s(session->ldap, dn, LDAP_SASL_SIMPLE, &credential, NULL, NULL, NULL);
}

/* A password that somebody typed: what is wrong with it is his affair. */
static bool bind_as(DirectorySession *session, const DirectoryAddress *address,
                    const SettingsGroup *settings, GError **error)
{
    if (!may_send_password(session, address, settings, error))
        return false;
    int rc = send_password(session, session->as->dn, (char *)(uintptr_t)session->as->password);
    g_autofree char *text = last_result_text(session->ldap, rc);

    session->bound_as = session->as->dn;
    if (rc != LDAP_SUCCESS)
        g_set_error(error, SOURCE_ERROR,
                    is_no_answer(rc) ? SOURCE_ERROR_UNREACHABLE : SOURCE_ERROR_REFUSED, "%s", text);
    return rc == LDAP_SUCCESS;
}

static bool bind_simple(DirectorySession *session, const DirectoryAddress *address,
                        const SettingsGroup *settings, GError **error)
{
    const char *dn = settings_text(settings, "bind_dn");

    if (!may_send_password(session, address, settings, error))
        return false;
    if (!settings_is_set(settings, "password_file")) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
                    "bind_dn without password_file: an empty password is never sent");
        return false;
    }
    char *password = settings_secret(settings, "password_file", error);
    if (password == NULL)
        return false;
    if (password[0] == '\0') {
        settings_secret_free(password);
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
                    "password_file is empty: an empty password is never sent");
        return false;
    }
    int rc = send_password(session, dn, password);
    settings_secret_free(password);
    session->bound_as = dn;
    return rc == LDAP_SUCCESS || bind_failed(session, rc, NULL, dn, error);
}

static bool bind_external(DirectorySession *session, GError **error)
{
    struct berval nobody = {.bv_len = 0, .bv_val = (char[]){""}};
    int rc = ldap_sasl_bind_s(session->ldap, NULL, "EXTERNAL", &nobody, NULL, NULL, NULL);

    session->bound_as = "EXTERNAL";
    return rc == LDAP_SUCCESS || bind_failed(session, rc, "EXTERNAL", "SASL EXTERNAL", error);
}

static bool bind_kerberos(DirectorySession *session, const SettingsGroup *settings, GError **error)
{
    int rc = LDAP_OTHER;

    return directory_bind_kerberos(session, settings, &rc, error) &&
           (rc == LDAP_SUCCESS || bind_failed(session, rc, "GSSAPI", session->bound_as, error));
}

static bool bind_session(DirectorySession *session, const DirectoryAddress *address,
                         const SettingsGroup *settings, GError **error)
{
    session->is_bind_sent = true;
    if (session->as != NULL)
        return bind_as(session, address, settings, error);
    const char *sasl = settings_text(settings, "sasl");
    if (sasl != NULL)
        return strcmp(sasl, "GSSAPI") == 0 ? bind_kerberos(session, settings, error)
                                           : bind_external(session, error);
    session->bound_as = "";
    return settings_text(settings, "bind_dn") == NULL ||
           bind_simple(session, address, settings, error);
}

/* ---- Life ---- */

static bool lay_wire(DirectorySession *session, GError **error)
{
    bool is_layered = session->is_encrypted || session->principal != NULL;

    session->wire = directory_wire_new(session->ldap, is_layered, MAX_MESSAGE_BYTES);
    if (session->wire == NULL)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "the connection was lost");
    return session->wire != NULL;
}

static bool open_session(DirectorySession *session, const SettingsGroup *settings, GError **error)
{
    DirectoryAddress address = {0};

    if (!directory_address_parse(session->url, &address, error))
        return false;
    bool is_open = connect_session(session, &address, settings, error) &&
                   encrypt(session, &address, settings, error) &&
                   bind_session(session, &address, settings, error) && lay_wire(session, error);
    directory_address_clear(&address);
    if (!is_open)
        g_prefix_error(error, "%s: ", session->url);
    return is_open;
}

/* Where nothing was asked yet, another server may be: after a bind never, for a second one with
 * the same wrong password is a step towards locking the account. */
static bool may_try_next(const DirectorySession *session, const GError *error)
{
    return !session->is_bind_sent && g_get_monotonic_time() < session->deadline_us &&
           (g_error_matches(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE) ||
            g_error_matches(error, SOURCE_ERROR, SOURCE_ERROR_TLS));
}

static void forget_server(DirectorySession *session)
{
    if (session->ldap != NULL) {
        ldap_unbind_ext(session->ldap, NULL, NULL);
        session->ldap = NULL;
    }
    g_clear_pointer(&session->wire, directory_wire_free);
    session->is_encrypted = false;
    session->certificate_ends_utc = TIME_UNKNOWN;
    g_clear_pointer(&session->tls_version, g_free);
    g_clear_pointer(&session->url, g_free);
}

static void pass_over(DirectorySession *session, const GError *why)
{
    char *list = session->passed_over == NULL
                     ? g_strdup(why->message)
                     : g_strdup_printf("%s; %s", session->passed_over, why->message);

    g_free(session->passed_over);
    session->passed_over = list;
}

/* After the last server, so that a list of several ends with it once. */
static void advise(GError **error)
{
    if (error == NULL || !g_error_matches(*error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE))
        return;
    g_autoptr(GError) bare = *error;
    *error =
        g_error_new(bare->domain, bare->code,
                    "%s; check its name and port, that it runs, and that no firewall is between",
                    bare->message);
}

DirectorySession *directory_session_open(const SettingsGroup *settings, GError **error)
{
    g_autoptr(DirectorySession) session = g_new0(DirectorySession, 1);
    const char *const *urls = settings_texts(settings, "url");

    session->timeout_seconds = (int)settings_int(settings, "timeout_seconds");
    session->deadline_us =
        g_get_monotonic_time() + settings_int(settings, "deadline_seconds") * G_USEC_PER_SEC;
    for (size_t i = 0; urls[i] != NULL; i++) {
        g_autoptr(GError) why = NULL;
        forget_server(session);
        session->url = g_strdup(urls[i]);
        if (open_session(session, settings, &why))
            return g_steal_pointer(&session);
        if (urls[i + 1] == NULL || !may_try_next(session, why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            break;
        }
        pass_over(session, why);
    }
    if (session->passed_over != NULL)
        g_prefix_error(error, "%s; ", session->passed_over);
    advise(error);
    return NULL;
}

DirectorySession *directory_session_open_beside(const DirectorySession *first,
                                                const SettingsGroup *settings, GError **error)
{
    return directory_session_open_as(first, settings, NULL, error);
}

DirectorySession *directory_session_open_as(const DirectorySession *first,
                                            const SettingsGroup *settings,
                                            const DirectoryCredential *as, GError **error)
{
    g_autoptr(DirectorySession) session = g_new0(DirectorySession, 1);

    session->as = as;
    session->beside = first;
    session->timeout_seconds = first->timeout_seconds;
    session->deadline_us = first->deadline_us;
    session->url = g_strdup(first->url);
    return open_session(session, settings, error) ? g_steal_pointer(&session) : NULL;
}

void directory_session_free(DirectorySession *session)
{
    if (session == NULL)
        return;
    forget_server(session);
    g_free(session->passed_over);
    g_free(session->principal);
    g_free(session);
}
