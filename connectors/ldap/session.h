/* session.h: one bound connection to a directory server.
 *
 * libldap is kept on a short lead: it reads no configuration of its own (no ldaprc, no LDAP*
 * variables), follows no referral, and gets a socket that we have connected with a deadline, since
 * version 2.5 waits for ever for a TLS peer that says nothing. Of several servers the first that
 * can be reached is the one for the whole session; a bind is tried once. One session per thread. */
#pragma once

#include "ldap/wire.h"

#include <rightful/connector.h>

typedef struct DirectorySession {
    LDAP *ldap;
    DirectoryWire *wire; /* on top of ldap's layers, once it is bound */
    char *url;           /* of the server that answered */
    char *
        passed_over; /* why earlier ones did not, as "URL: why; URL: why"; NULL = it is the first */
    const struct DirectorySession *beside; /* whose server this one must be; NULL = any of url */
    int timeout_seconds;
    gint64 deadline_us; /* of g_get_monotonic_time(): when the whole pull must be over */
    bool is_encrypted;
    char *tls_version;            /* "TLS1.3"; NULL without TLS */
    int64_t certificate_ends_utc; /* TIME_UNKNOWN without TLS */
    bool is_bind_sent;
    const struct DirectoryCredential *as; /* binds with this instead of the settings'; NULL */
    bool is_sealed;                       /* encrypted by Kerberos instead of TLS */
    char *principal;
    const char *bound_as; /* the DN, the principal, "EXTERNAL", or "" for anonymous */
} DirectorySession;

/* Settings: url, starttls, bind_dn, password_file, sasl, keytab_file, principal,
 * allow_plaintext_bind, tls_*, timeout_seconds, deadline_seconds. Connects, starts TLS, binds. */
DirectorySession *directory_session_open(const SettingsGroup *settings, GError **error);
/* One more to the same server, with the same deadline. */
DirectorySession *directory_session_open_beside(const DirectorySession *first,
                                                const SettingsGroup *settings, GError **error);
/* One more to the same server, bound as somebody else; SOURCE_ERROR_REFUSED when it does not let
 * him. Both are borrowed, and neither is empty. */
typedef struct DirectoryCredential {
    const char *dn, *password;
} DirectoryCredential;
DirectorySession *directory_session_open_as(const DirectorySession *first,
                                            const SettingsGroup *settings,
                                            const DirectoryCredential *as, GError **error);
void directory_session_free(DirectorySession *session); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectorySession, directory_session_free)

/* How long the next answer may take: timeout_seconds, or what is left of the deadline. */
struct timeval directory_session_patience(const DirectorySession *session);

/* "Invalid credentials (49): …": a result code with what the server says, and what Active
 * Directory's sub-code means. To be freed. */
char *directory_result_text(int code, const char *diagnostic);

/* ---- session_socket.c ---- */

typedef struct DirectoryAddress {
    char *host; /* of ldapi: the path of the socket */
    int port;
    bool is_local, is_tls;
} DirectoryAddress;

bool directory_address_parse(const char *url, DirectoryAddress *ret_address, GError **error);
void directory_address_clear(DirectoryAddress *address);
/* A connected, blocking socket whose reads and writes end after timeout_seconds, and which the
 * kernel ends when the peer is gone; -1 with error. */
int directory_connect(const DirectoryAddress *address, int timeout_seconds, GError **error);
/* The same to whom this socket is connected to: a name may mean several servers. */
int directory_connect_beside(int fd, int timeout_seconds, GError **error);

/* ---- session_tls.c ---- */

/* Why did the handshake fail? Asks the server once more, without libldap, and looks at its
 * certificate: "certificate is for a.example, wanted b.example", "certificate expired on …". To be
 * freed. */
char *directory_explain_tls(const DirectoryAddress *address, bool with_starttls,
                            const char *ca_file, int timeout_seconds);
/* TIME_UNKNOWN when it cannot be read. */
int64_t directory_certificate_end(const void *der, size_t length);

/* ---- session_kerberos.c ---- */

/* Gets tickets by keytab_file and binds with them; ret_rc is the directory's answer. False with
 * error when there are no tickets: nothing was sent to the directory then. */
bool directory_bind_kerberos(DirectorySession *session, const SettingsGroup *settings, int *ret_rc,
                             GError **error);
