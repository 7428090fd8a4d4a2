/* SASL GSSAPI: tickets by a keytab.
 *
 * They live in a cache in memory of this process, and SASL is handed the credentials made of them:
 * no environment variable, no file in /tmp, nothing of the user's own tickets. Credentials that
 * SASL looks for itself it forgets to free when there is to be no layer (version 2.1.28). */
#include "ldap/libkrb5.h"
#include "ldap/session.h"

#include <sasl/sasl.h>

typedef struct Tickets {
    krb5_context context;
    krb5_keytab keytab;
    krb5_principal principal;
    krb5_ccache cache;
} Tickets;

static void tickets_clear(Tickets *tickets)
{
    if (tickets->context == NULL)
        return;
    if (tickets->cache != NULL)
        krb5_cc_destroy(tickets->context, tickets->cache);
    krb5_free_principal(tickets->context, tickets->principal);
    if (tickets->keytab != NULL)
        krb5_kt_close(tickets->context, tickets->keytab);
    krb5_free_context(tickets->context);
}

static bool failed(const Tickets *tickets, krb5_error_code code, const char *what, GError **error)
{
    const char *text = krb5_get_error_message(tickets->context, code);
    bool is_network = code == KRB5_KDC_UNREACH || code == KRB5_REALM_CANT_RESOLVE;

    g_set_error(error, SOURCE_ERROR, is_network ? SOURCE_ERROR_UNREACHABLE : SOURCE_ERROR_REFUSED,
                "Kerberos: %s: %s; not tried again in this run", what, text);
    krb5_free_error_message(tickets->context, text);
    return false;
}

/* The principal that is named, or the first one of the keytab. */
static krb5_error_code find_principal(Tickets *tickets, const char *name)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;

    if (name != NULL)
        return krb5_parse_name(tickets->context, name, &tickets->principal);
    krb5_error_code rc = krb5_kt_start_seq_get(tickets->context, tickets->keytab, &cursor);
    if (rc != 0)
        return rc;
    rc = krb5_kt_next_entry(tickets->context, tickets->keytab, &entry, &cursor);
    if (rc == 0) {
        rc = krb5_copy_principal(tickets->context, entry.principal, &tickets->principal);
        krb5_free_keytab_entry_contents(tickets->context, &entry);
    }
    krb5_kt_end_seq_get(tickets->context, tickets->keytab, &cursor);
    return rc;
}

static krb5_error_code ask_for_tickets(Tickets *tickets)
{
    krb5_creds credentials = {0};
    krb5_error_code rc = krb5_get_init_creds_keytab(
        tickets->context, &credentials, tickets->principal, tickets->keytab, 0, NULL, NULL);

    if (rc == 0)
        rc = krb5_cc_new_unique(tickets->context, "MEMORY", NULL, &tickets->cache);
    if (rc == 0)
        rc = krb5_cc_initialize(tickets->context, tickets->cache, tickets->principal);
    if (rc == 0)
        rc = krb5_cc_store_cred(tickets->context, tickets->cache, &credentials);
    krb5_free_cred_contents(tickets->context, &credentials);
    return rc;
}

static bool get_tickets(Tickets *tickets, const SettingsGroup *settings, GError **error)
{
    const char *keytab = settings_text(settings, "keytab_file");
    g_autofree char *name = g_strconcat("FILE:", keytab, NULL);
    krb5_error_code rc = krb5_init_context(&tickets->context);

    if (rc != 0) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_REFUSED,
                    "Kerberos: krb5.conf cannot be used (%ld)", (long)rc);
        return false;
    }
    rc = krb5_kt_resolve(tickets->context, name, &tickets->keytab);
    if (rc == 0)
        rc = find_principal(tickets, settings_text(settings, "principal"));
    if (rc != 0)
        return failed(tickets, rc, keytab, error);
    rc = ask_for_tickets(tickets);
    return rc == 0 || failed(tickets, rc, "no ticket by the keytab", error);
}

typedef struct Handing {
    gss_cred_id_t credentials;
    bool is_done; /* without it SASL would take tickets of whoever runs this */
} Handing;

/* Asked for the identity to act as: its own. That is before anything is sent, and the first time
 * that libldap's SASL connection is there to be given the credentials. */
static int answer(LDAP *ldap, unsigned flags, void *data, void *questions)
{
    Handing *handing = data;

    (void)flags;
    if (ldap_set_option(ldap, LDAP_OPT_X_SASL_GSS_CREDS, handing->credentials) != LDAP_OPT_SUCCESS)
        return LDAP_LOCAL_ERROR;
    handing->is_done = true;
    for (sasl_interact_t *each = questions; each->id != SASL_CB_LIST_END; each++) {
        each->result = "";
        each->len = 0;
    }
    return LDAP_SUCCESS;
}

/* Over TLS no second layer: Active Directory refuses one. Instead the bind is tied to the
 * certificate of the server (RFC 5929 tls-server-end-point, MS-ADTS section 5.1.2.2), as Active
 * Directory may demand; a server that demands nothing does not look at it. Without TLS Kerberos
 * must encrypt. */
static void set_layers(const DirectorySession *session)
{
    ber_len_t least = session->is_encrypted ? 0 : 56;
    ber_len_t most = 0;
    int binding = LDAP_OPT_X_SASL_CBINDING_TLS_ENDPOINT;

    ldap_set_option(session->ldap, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON);
    ldap_set_option(session->ldap, LDAP_OPT_X_SASL_SSF_MIN, &least);
    if (session->is_encrypted) {
        ldap_set_option(session->ldap, LDAP_OPT_X_SASL_SSF_MAX, &most);
        ldap_set_option(session->ldap, LDAP_OPT_X_SASL_CBINDING, &binding);
    }
}

static char *principal_text(const Tickets *tickets)
{
    char *name = NULL;
    char *text = NULL;

    if (krb5_unparse_name(tickets->context, tickets->principal, &name) == 0) {
        text = g_strdup(name);
        krb5_free_unparsed_name(tickets->context, name);
    }
    return text != NULL ? text : g_strdup("GSSAPI");
}

static int bind_with(DirectorySession *session, const Tickets *tickets)
{
    OM_uint32 minor;
    Handing handing = {.credentials = GSS_C_NO_CREDENTIAL};
    ber_len_t strength = 0;
    int rc = LDAP_LOCAL_ERROR;

    if (gss_krb5_import_cred(&minor, tickets->cache, NULL, NULL, &handing.credentials) ==
        GSS_S_COMPLETE) {
        set_layers(session);
        rc = ldap_sasl_interactive_bind_s(session->ldap, NULL, "GSSAPI", NULL, NULL,
                                          LDAP_SASL_QUIET, answer, &handing);
        rc = handing.is_done ? rc : LDAP_LOCAL_ERROR;
    }
    gss_release_cred(&minor, &handing.credentials);
    session->is_sealed =
        rc == LDAP_SUCCESS &&
        ldap_get_option(session->ldap, LDAP_OPT_X_SASL_SSF, &strength) == LDAP_OPT_SUCCESS &&
        strength > 1;
    return rc;
}

bool directory_bind_kerberos(DirectorySession *session, const SettingsGroup *settings, int *ret_rc,
                             GError **error)
{
    Tickets tickets = {0};
    bool has_tickets = get_tickets(&tickets, settings, error);

    if (has_tickets) {
        session->principal = principal_text(&tickets);
        session->bound_as = session->principal;
        *ret_rc = bind_with(session, &tickets);
    }
    tickets_clear(&tickets);
    return has_tickets;
}
