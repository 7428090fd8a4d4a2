#include "ldap/server.h"

LDAPMessage *directory_read_entry(DirectorySession *session, const char *dn,
                                  const char *const *attributes)
{
    LDAPMessage *answer = NULL;
    struct timeval limit = directory_session_patience(session);
    int rc = ldap_search_ext_s(session->ldap, dn, LDAP_SCOPE_BASE, "(objectClass=*)",
                               (char **)(uintptr_t)attributes, 0, NULL, NULL, &limit, 1, &answer);

    if (rc != LDAP_SUCCESS) {
        ldap_msgfree(answer);
        return NULL;
    }
    return answer;
}

/* To be freed with g_strfreev(). */
static char **values_of(DirectorySession *session, LDAPMessage *entry, const char *attribute)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    struct berval **values = ldap_get_values_len(session->ldap, entry, attribute);

    for (size_t i = 0; values != NULL && values[i] != NULL; i++)
        g_ptr_array_add(texts, g_strndup(values[i]->bv_val, values[i]->bv_len));
    ldap_value_free_len(values);
    g_ptr_array_add(texts, NULL);
    return (char **)g_ptr_array_steal(texts, NULL);
}

static bool has_value(DirectorySession *session, LDAPMessage *entry, const char *attribute,
                      const char *beginning)
{
    g_auto(GStrv) values = values_of(session, entry, attribute);
    bool is_there = false;

    for (size_t i = 0; values[i] != NULL; i++)
        is_there |= g_ascii_strncasecmp(values[i], beginning, strlen(beginning)) == 0;
    return is_there;
}

/* FreeIPA is 389 Directory Server with attributes of its own in the root DSE. */
static const char *family_of(DirectorySession *session, LDAPMessage *entry)
{
    if (has_value(session, entry, "supportedCapabilities", "1.2.840.113556.1.4.800"))
        return "active-directory";
    if (has_value(session, entry, "ipaDomainLevel", "") ||
        has_value(session, entry, "ipaTopologyPluginVersion", ""))
        return "freeipa";
    return has_value(session, entry, "vendorName", "389 Project") ||
                   has_value(session, entry, "vendorVersion", "389-Directory/")
               ? "389ds"
               : "openldap";
}

DirectoryServer *directory_server_ask(DirectorySession *session)
{
    static const char *const attributes[] = {"supportedCapabilities",
                                             "supportedControl",
                                             "currentTime",
                                             "vendorName",
                                             "vendorVersion",
                                             "namingContexts",
                                             "ipaDomainLevel",
                                             "ipaTopologyPluginVersion",
                                             NULL};
    DirectoryServer *server = g_new0(DirectoryServer, 1);
    LDAPMessage *answer = directory_read_entry(session, "", attributes);
    LDAPMessage *entry = answer != NULL ? ldap_first_entry(session->ldap, answer) : NULL;

    server->family = "openldap";
    if (entry != NULL) {
        g_auto(GStrv) times = values_of(session, entry, "currentTime");
        server->family = family_of(session, entry);
        server->is_samba = has_value(session, entry, "vendorName", "Samba");
        server->has_domain_scope =
            has_value(session, entry, "supportedControl", "1.2.840.113556.1.4.1339");
        server->has_matched_values =
            has_value(session, entry, "supportedControl", LDAP_CONTROL_VALUESRETURNFILTER);
        server->current_time = g_strdup(times[0]);
        server->naming_contexts = values_of(session, entry, "namingContexts");
    } else {
        server->naming_contexts = g_new0(char *, 1);
    }
    ldap_msgfree(answer);
    return server;
}

void directory_server_free(DirectoryServer *server)
{
    if (server == NULL)
        return;
    g_free(server->current_time);
    g_strfreev(server->naming_contexts);
    g_free(server);
}

const char *directory_server_family(const DirectoryServer *server, const SettingsGroup *settings)
{
    const char *family = settings_text(settings, "server");

    return family != NULL && strcmp(family, "auto") != 0 ? family : server->family;
}

Schema *directory_server_schema(const DirectoryServer *server, const SettingsGroup *settings,
                                GError **error)
{
    const char *family = directory_server_family(server, settings);
    int64_t n_values = settings_int(settings, "member_range");

    if (n_values > 0 && strcmp(family, "active-directory") != 0) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, DIRECTORY_RANGES_ELSEWHERE,
                    family);
        return NULL;
    }
    Schema *schema = schema_new_from_settings(settings, family, error);
    if (schema != NULL)
        schema_ask_ranges(schema, (size_t)n_values);
    return schema;
}

/* ret_dn: to be freed with ldap_memfree(). */
static bool shows_members(DirectorySession *session, LDAPMessage *entry, char **ret_dn)
{
    BerElement *ber = NULL;
    bool is_shown = false;

    for (char *name = ldap_first_attribute(session->ldap, entry, &ber); name != NULL;
         name = ldap_next_attribute(session->ldap, entry, ber)) {
        is_shown |= g_ascii_strncasecmp(name, "member", strcspn(name, ";")) == 0;
        ldap_memfree(name);
    }
    ber_free(ber, 0);
    *ret_dn = ldap_get_dn(session->ldap, entry);
    return is_shown;
}

bool directory_server_gives_ranges(DirectorySession *session, const Schema *schema,
                                   const char *const *bases, GError **error)
{
    size_t n_values = schema_range_values(schema);
    g_autofree char *range = g_strdup_printf("member;range=0-%zu", MAX(n_values, 1) - 1);
    g_autofree char *filter =
        g_strdup_printf("(&%s(member=*))", schema_filter_of(schema, ENTRY_GROUP));
    char *attributes[] = {range, NULL};
    bool is_given = true;

    for (size_t i = 0; bases[i] != NULL && n_values > 0 && is_given; i++) {
        LDAPMessage *answer = NULL;
        struct timeval limit = directory_session_patience(session);
        char *dn = NULL;
        ldap_search_ext_s(session->ldap, bases[i], LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL,
                          NULL, &limit, 1, &answer);
        LDAPMessage *entry = answer != NULL ? ldap_first_entry(session->ldap, answer) : NULL;
        if (entry != NULL && !shows_members(session, entry, &dn)) {
            is_given = false;
            g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                        "%s: %s has members, and none is shown when %s is asked for: the server "
                        "knows no ranges, or the reader lacks the right; take member_range out",
                        session->url, dn, range);
        }
        ldap_memfree(dn);
        ldap_msgfree(answer);
    }
    return is_given;
}
