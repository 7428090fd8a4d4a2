/* The connector of LDAP servers. */
#include "ldap/check.h"
#include "ldap/policy.h"
#include "ldap/scope.h"
#include "ldap/times.h"
#include "ldap/verify.h"
#include "ldap/server.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

static const char *const sasl_choices[] = {"EXTERNAL", "GSSAPI", NULL};

static const Setting ldap_settings[] = {
    {.name = "url",
     .type = SETTING_TEXT_LIST,
     .is_required = true,
     .help = "Address of the server: ldaps://host, ldap://host or ldapi://%2fpath; of several the "
             "first that can be reached is read, for the whole run."},
    {.name = "server",
     .type = SETTING_TEXT,
     .initial = "\"auto\"",
     .choices = schema_servers_or_auto,
     .help = "Server family; auto asks the server."},
    {.name = "base",
     .type = SETTING_TEXT_LIST,
     .is_required = true,
     .help =
         "Where to read: DNs, each with everything below it; they must not lie within each other."},
    {.name = "starttls",
     .type = SETTING_BOOL,
     .initial = "false",
     .help = "Encrypt an ldap:// connection before anything is sent."},
    {.name = "bind_dn",
     .type = SETTING_TEXT,
     .help = "Account to read with; without it, and without sasl, the pull is anonymous."},
    {.name = "password_file", .type = SETTING_SECRET, .help = "Password of bind_dn."},
    {.name = "sasl",
     .type = SETTING_TEXT,
     .choices = sasl_choices,
     .help = "Bind by other means: EXTERNAL is the client certificate, or the user of an ldapi:// "
             "socket; GSSAPI is Kerberos with a keytab."},
    {.name = "keytab_file", .type = SETTING_SECRET, .help = "Keytab for sasl = \"GSSAPI\"."},
    {.name = "principal",
     .type = SETTING_TEXT,
     .help = "Kerberos principal to read with; without it the first one of keytab_file."},
    {.name = "allow_plaintext_bind",
     .type = SETTING_BOOL,
     .initial = "false",
     .help = "Send the password over an unencrypted ldap:// connection: only for tests."},
    {.name = "tls_ca_file",
     .type = SETTING_FILE,
     .help = "CA certificates (PEM) that the server's certificate must come from; without it the "
             "system's."},
    {.name = "tls_cert_file", .type = SETTING_FILE, .help = "Client certificate (PEM)."},
    {.name = "tls_key_file",
     .type = SETTING_SECRET,
     .help = "Key of the client certificate (PEM); without it tls_cert_file holds both."},
    {.name = "page_size",
     .type = SETTING_INT,
     .initial = "1000",
     .minimum = 1,
     .maximum = 10000,
     .help = "Entries a page; a server that refuses it is asked for 500, 100 and at last for no "
             "pages."},
    {.name = "connections",
     .type = SETTING_INT,
     .initial = "1",
     .minimum = 1,
     .maximum = 8,
     .help = "How many of the bases to read at a time, each over a connection of its own to the "
             "same server."},
    {.name = "member_range",
     .type = SETTING_INT,
     .initial = "0",
     .minimum = 0,
     .maximum = 100000,
     .help = "Active Directory: how many members of a group to ask for at a time, for servers and "
             "gateways with small limits; 0 = as many as the server sends."},
    {.name = "timeout_seconds",
     .type = SETTING_INT,
     .initial = "60",
     .minimum = 1,
     .maximum = 3600,
     .help = "How long to wait for a connection, a handshake or an answer."},
    {.name = "deadline_seconds",
     .type = SETTING_INT,
     .initial = "3600",
     .minimum = 1,
     .maximum = 86400,
     .help = "How long the whole pull may take."},
    DIRECTORY_SETTINGS,
    {NULL},
};

static bool starts_with(const char *text, const char *prefix)
{
    return g_ascii_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_ldap(const char *url)
{
    return starts_with(url, "ldap://");
}

static void validate_urls(const SettingsGroup *settings, bool has_bind_dn, GPtrArray *problems)
{
    const char *const *urls = settings_texts(settings, "url");
    bool is_plain = false;

    for (size_t i = 0; urls[i] != NULL; i++) {
        is_plain |= is_ldap(urls[i]) && !settings_bool(settings, "starttls");
        if (!is_ldap(urls[i]) && !starts_with(urls[i], "ldaps://") &&
            !starts_with(urls[i], "ldapi://"))
            g_ptr_array_add(
                problems,
                g_strdup_printf("url \"%s\": expected ldaps://, ldap:// or ldapi://", urls[i]));
    }
    if (has_bind_dn && is_plain && !settings_bool(settings, "allow_plaintext_bind"))
        g_ptr_array_add(
            problems,
            g_strdup("bind_dn over ldap:// would send the password unencrypted; use ldaps:// or "
                     "starttls = true (or say allow_plaintext_bind = true)"));
}

/* The setting tls_key_file is a secret and checked as one. */
static void validate_certificate(const SettingsGroup *settings, GPtrArray *problems)
{
    const char *certificate = settings_text(settings, "tls_cert_file");
    struct stat status;

    if (certificate == NULL && settings_is_set(settings, "tls_key_file"))
        g_ptr_array_add(problems, g_strdup("tls_key_file without tls_cert_file: no certificate"));
    else if (certificate != NULL && !settings_is_set(settings, "tls_key_file") &&
             stat(certificate, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        g_ptr_array_add(problems,
                        g_strdup_printf("%s holds the private key too, as there is no "
                                        "tls_key_file, and can be read or written by everybody "
                                        "(mode %04o); chmod o= it",
                                        certificate, status.st_mode & 0777));
}

static void validate(const Source *source, GPtrArray *problems)
{
    const SettingsGroup *settings = source->settings;
    bool has_bind_dn = settings_text(settings, "bind_dn") != NULL;

    validate_urls(settings, has_bind_dn, problems);
    validate_certificate(settings, problems);
    if (has_bind_dn != settings_is_set(settings, "password_file"))
        g_ptr_array_add(
            problems,
            g_strdup("bind_dn and password_file go together: an empty password is never sent"));
    if ((g_strcmp0(settings_text(settings, "sasl"), "GSSAPI") == 0) !=
        settings_is_set(settings, "keytab_file"))
        g_ptr_array_add(problems, g_strdup("sasl = \"GSSAPI\" and keytab_file go together"));
    const char *server = settings_text(settings, "server");
    if (settings_int(settings, "member_range") > 0 && strcmp(server, "auto") != 0 &&
        strcmp(server, "active-directory") != 0)
        g_ptr_array_add(problems, g_strdup_printf(DIRECTORY_RANGES_ELSEWHERE, server));
    if (has_bind_dn && settings_text(settings, "sasl") != NULL)
        g_ptr_array_add(problems, g_strdup("bind_dn and sasl exclude each other"));
    schema_validate(settings, problems);
}

/* ---- Pull ---- */

/* libldap writes to sockets whose peer may be gone. */
static void hold_sigpipe(sigset_t *ret_before)
{
    sigset_t pipe_signal;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, ret_before);
}

static void release_sigpipe(const sigset_t *before)
{
    const struct timespec no_time = {0};
    sigset_t pipe_signal;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    while (sigismember(before, SIGPIPE) == 0 && sigtimedwait(&pipe_signal, NULL, &no_time) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void note_session(const DirectorySession *session, const char *server, Sink *sink)
{
    sink_note(sink, "url", session->url);
    if (session->passed_over != NULL)
        sink_note(sink, "passed_over", session->passed_over);
    sink_note(sink, "server", server);
    sink_note(sink, "bind", session->bound_as[0] != '\0' ? session->bound_as : "anonymous");
    if (session->tls_version != NULL)
        sink_note(sink, "tls", session->tls_version);
}

static void free_session(gpointer session)
{
    directory_session_free(session);
}

/* As many as are of use. A server that gives fewer is read over those. */
static GPtrArray *open_others(const DirectorySession *session, const SettingsGroup *settings,
                              Sink *sink)
{
    GPtrArray *others = g_ptr_array_new_with_free_func(free_session);
    gint64 n_wanted =
        MIN(settings_int(settings, "connections"),
            (gint64)g_strv_length((char **)(uintptr_t)settings_texts(settings, "base")));
    g_autoptr(GError) error = NULL;

    while (others->len + 1 < n_wanted && error == NULL) {
        DirectorySession *other = directory_session_open_beside(session, settings, &error);
        if (other != NULL)
            g_ptr_array_add(others, other);
    }
    if (n_wanted > 1) {
        g_autofree char *text =
            g_strdup_printf("%u%s%s", others->len + 1, error != NULL ? "; " : "",
                            error != NULL ? error->message : "");
        sink_note(sink, "connections", text);
    }
    return others;
}

static bool read_bases(DirectorySearch *search, const DirectorySession *session,
                       const SettingsGroup *settings, Sink *sink, GError **error)
{
    g_autoptr(GPtrArray) others = open_others(session, settings, sink);

    return directory_search_read_all(search, settings_texts(settings, "base"), others, error);
}

/* scope NULL: everything. */
static bool read_all(DirectorySession *session, const SettingsGroup *settings, Schema *schema,
                     const Scope *scope, Sink *sink, const DirectoryServer *root, GError **error)
{
    const char *server = directory_server_family(root, settings);
    g_autoptr(DirectorySearch) search =
        directory_search_new(session, schema, sink, (int)settings_int(settings, "page_size"),
                             strcmp(server, "active-directory") == 0);

    if (root->has_domain_scope)
        directory_search_set_domain_scope(search);
    if (root->has_matched_values)
        directory_search_set_matched_values(search);
    bool is_read = scope != NULL
                       ? directory_scope_read(search, schema, settings, server, scope, error)
                       : read_bases(search, session, settings, sink, error);
    if (!is_read)
        return false;
    const char *canary = schema_missing_canary(schema);
    if (canary != NULL) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CANARY,
                    "%s: the canary %s was not among %" G_GUINT64_FORMAT
                    " entries, so the reader does not see everything; "
                    "nothing of this pull is used",
                    session->url, canary, directory_search_n_entries(search));
        return false;
    }
    g_autofree char *digest = directory_search_digest(search);
    sink_digest(sink, digest);
    return true;
}

static bool pull_quietly(const Source *source, const Scope *scope, Sink *sink, GError **error)
{
    g_autoptr(DirectorySession) session = directory_session_open(source->settings, error);

    if (session == NULL)
        return false;
    g_autoptr(DirectoryServer) root = directory_server_ask(session);
    const char *server = directory_server_family(root, source->settings);
    g_autoptr(Schema) schema = directory_server_schema(root, source->settings, error);
    if (schema == NULL || !directory_server_gives_ranges(
                              session, schema, settings_texts(source->settings, "base"), error))
        return false;
    note_session(session, server, sink);
    sink_records_times(sink, directory_recorded_times(root, server));
    if (strcmp(server, "openldap") == 0)
        directory_read_policies(session, root, settings_texts(source->settings, "base"), schema);
    return read_all(session, source->settings, schema, scope, sink, root, error);
}

/* With its first call libldap loads all plugins of SASL, a dozen libraries: as much work as all
 * that is asked about one person. */
static void make_ready(void)
{
    int version;

    ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

static bool pull_scope(const Source *source, const Scope *scope, Sink *sink, GError **error)
{
    sigset_t before;

    hold_sigpipe(&before);
    bool is_whole = pull_quietly(source, scope, sink, error);
    release_sigpipe(&before);
    return is_whole;
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    return pull_scope(source, NULL, sink, error);
}

/* ---- Recorded times ---- */

static bool pull_times_quietly(const Source *source, const TimesQuestion *question, GError **error)
{
    g_autoptr(DirectorySession) session = directory_session_open(source->settings, error);

    if (session == NULL)
        return false;
    g_autoptr(DirectoryServer) root = directory_server_ask(session);
    const char *server = directory_server_family(root, source->settings);
    return directory_read_times(session, server, directory_recorded_times(root, server), question,
                                error);
}

static bool pull_times(const Source *source, const TimesQuestion *question, GError **error)
{
    sigset_t before;

    hold_sigpipe(&before);
    bool is_whole = pull_times_quietly(source, question, error);
    release_sigpipe(&before);
    return is_whole;
}

/* ---- Sign-in ---- */

static bool verify_password(const Source *source, const PasswordQuestion *question,
                            PasswordAnswer *ret_answer, GError **error)
{
    sigset_t before;

    hold_sigpipe(&before);
    bool is_asked = directory_verify_password(source->settings, question, ret_answer, error);
    release_sigpipe(&before);
    return is_asked;
}

/* ---- Check ---- */

static void check(const Source *source, CheckReport *report)
{
    sigset_t before;

    hold_sigpipe(&before);
    directory_check(source, report);
    release_sigpipe(&before);
}

extern const Connector ldap_connector;
const Connector ldap_connector = {
    .kind = "ldap",
    .title = "LDAP server (Active Directory, Samba, OpenLDAP, 389 Directory Server, FreeIPA)",
    .provides = PROVIDES_DIRECTORY,
    .settings = ldap_settings,
    .validate = validate,
    .pull = pull,
    .make_ready = make_ready,
    .pull_scope = pull_scope,
    .pull_times = pull_times,
    .verify_password = verify_password,
    .check = check,
};
