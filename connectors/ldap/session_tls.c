/* libldap with GnuTLS says "(unknown error code)" for every handshake that fails. So the server is
 * asked once more, and what is wrong with its certificate is said in words. Nothing is sent over
 * this second connection. */
#include "ldap/session.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PROBE_SECONDS 5
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

static char *date_text(time_t when)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(when);
    return time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC")
                        : g_strdup("an unknown date");
}

/* Names that the certificate is for, as "a, b". */
static char *names_text(gnutls_x509_crt_t certificate)
{
    g_autoptr(GString) names = g_string_new(NULL);
    char name[256];

    for (unsigned i = 0; i < 8; i++) {
        size_t size = sizeof name - 1;
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size, NULL);
        if (type < 0)
            break;
        if (type == GNUTLS_SAN_DNSNAME) {
            g_string_append_printf(names, "%s%.*s", names->len > 0 ? ", " : "", (int)size, name);
        } else if (type == GNUTLS_SAN_IPADDRESS && size == 4) {
            const unsigned char *ip = (const unsigned char *)name;
            g_string_append_printf(names, "%s%d.%d.%d.%d", names->len > 0 ? ", " : "", ip[0], ip[1],
                                   ip[2], ip[3]);
        }
    }
    size_t size = sizeof name;
    if (names->len == 0 && gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME,
                                                         0, 0, name, &size) == 0)
        g_string_append_len(names, name, (gssize)size);
    return g_strdup(names->len > 0 ? names->str : "no name");
}

static char *describe_status(gnutls_x509_crt_t certificate, unsigned status, const char *host)
{
    if ((status & GNUTLS_CERT_EXPIRED) != 0) {
        g_autofree char *date = date_text(gnutls_x509_crt_get_expiration_time(certificate));
        return g_strdup_printf("certificate expired on %s: renew it on the server", date);
    }
    if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0) {
        g_autofree char *date = date_text(gnutls_x509_crt_get_activation_time(certificate));
        return g_strdup_printf("certificate is valid only from %s: compare the clocks", date);
    }
    if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0) {
        char issuer[256] = "";
        size_t size = sizeof issuer;
        gnutls_x509_crt_get_issuer_dn(certificate, issuer, &size);
        return g_strdup_printf(
            "certificate is signed by an unknown CA (%s); name its file with tls_ca_file", issuer);
    }
    if ((status & GNUTLS_CERT_UNEXPECTED_OWNER) != 0) {
        g_autofree char *names = names_text(certificate);
        return g_strdup_printf("certificate is for %s, wanted %s: name the server in url as its "
                               "certificate does, or give it a certificate with that name",
                               names, host);
    }
    if ((status & GNUTLS_CERT_REVOKED) != 0)
        return g_strdup("certificate is revoked: give the server another");
    return g_strdup_printf("certificate is not acceptable (GnuTLS status %#x)", status);
}

static char *describe_peer(gnutls_session_t session, const char *host)
{
    unsigned n = 0;
    unsigned status = 0;
    gnutls_x509_crt_t certificate;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);

    if (list == NULL || n == 0 || gnutls_x509_crt_init(&certificate) < 0)
        return g_strdup("the server showed no certificate");
    char *text = NULL;
    if (gnutls_x509_crt_import(certificate, &list[0], GNUTLS_X509_FMT_DER) < 0)
        text = g_strdup("the server's certificate cannot be read");
    else if (gnutls_certificate_verify_peers3(session, host, &status) < 0)
        text = g_strdup("the server's certificate cannot be verified");
    else if (status != 0)
        text = describe_status(certificate, status, host);
    else if (g_strcmp0(host, "localhost") == 0)
        text = g_strdup(
            "libldap checks the machine's own name instead of localhost; name the server as in "
            "its certificate, or use 127.0.0.1");
    gnutls_x509_crt_deinit(certificate);
    return text;
}

/* The extended request StartTLS (RFC 4511 section 4.14), message 1; its answer is read and not
 * looked at. */
static bool send_starttls(int fd)
{
    static const char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                                  "1.3.6.1.4.1.1466.20037";
    char answer[512];

    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1 &&
           recv(fd, answer, sizeof answer, 0) > 0;
}

static char *describe_failure(gnutls_session_t session, int rc)
{
    if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return g_strdup_printf("the server ended the handshake: %s",
                               gnutls_alert_get_name(gnutls_alert_get(session)));
    return g_strdup_printf(
        "the handshake failed (%s): is this a port for ldaps://? One for ldap:// "
        "takes starttls = true",
        gnutls_strerror(rc));
}

static char *probe(int fd, const char *host, gnutls_certificate_credentials_t credentials,
                   int timeout_seconds)
{
    gnutls_session_t session;
    char *text;

    if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0)
        return NULL;
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_handshake_set_timeout(session, (unsigned)timeout_seconds * 1000);
    gnutls_transport_set_int(session, fd);
    int rc;
    do {
        rc = gnutls_handshake(session);
    } while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED);
    text = rc < 0 ? describe_failure(session, rc) : describe_peer(session, host);
    gnutls_deinit(session);
    return text;
}

char *directory_explain_tls(const DirectoryAddress *address, bool with_starttls,
                            const char *ca_file, int timeout_seconds)
{
    gnutls_certificate_credentials_t credentials;
    int seconds = MIN(timeout_seconds, MAX_PROBE_SECONDS);
    char *text = NULL;
    int fd = directory_connect(address, seconds, NULL);

    if (fd >= 0 && (!with_starttls || send_starttls(fd)) &&
        gnutls_certificate_allocate_credentials(&credentials) == 0) {
        gnutls_certificate_set_x509_trust_file(credentials, ca_file != NULL ? ca_file : SYSTEM_CA,
                                               GNUTLS_X509_FMT_PEM);
        text = probe(fd, address->host, credentials, seconds);
        gnutls_certificate_free_credentials(credentials);
    }
    if (fd >= 0)
        close(fd);
    return text != NULL ? text : g_strdup("the handshake failed");
}

int64_t directory_certificate_end(const void *der, size_t length)
{
    const gnutls_datum_t datum = {.data = (unsigned char *)(uintptr_t)der,
                                  .size = (unsigned)length};
    gnutls_x509_crt_t certificate;
    int64_t end = TIME_UNKNOWN;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return TIME_UNKNOWN;
    if (gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) == 0)
        end = gnutls_x509_crt_get_expiration_time(certificate);
    gnutls_x509_crt_deinit(certificate);
    return end;
}
