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

    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        g_ptr_array_add(texts, g_strndup(values[i]->bv_val, values[i]->bv_len));
    }
    ldap_value_free_len(values);
    g_ptr_array_add(texts, NULL);
    return (char **)g_ptr_array_steal(texts, NULL);
}

static bool has_value(DirectorySession *session, LDAPMessage *entry, const char *attribute,
                      const char *beginning)
{
    g_auto(GStrv) values = values_of(session, entry, attribute);
    bool is_there = false;

    for (size_t i = 0; values[i] != NULL; i++) {
        is_there |= g_ascii_strncasecmp(values[i], beginning, strlen(beginning)) == 0;
    }
    return is_there;
}

/* FreeIPA is 389 Directory Server with attributes of its own in the root DSE. */
static const char *family_of(DirectorySession *session, LDAPMessage *entry)
{
    if (has_value(session, entry, "supportedCapabilities", "1.2.840.113556.1.4.800")) {
        return "active-directory";
    }
    if (has_value(session, entry, "ipaDomainLevel", "") ||
        has_value(session, entry, "ipaTopologyPluginVersion", "")) {
        return "freeipa";
    }
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
                                             "ipaDomainLevel", //
                                             "ipaTopologyPluginVersion",
                                             NULL};
    DirectoryServer *server = g_new0(DirectoryServer, 1);
    LDAPMessage *answer = directory_read_entry(session, "", attributes);
    LDAPMessage *entry = answer != NULL ? ldap_first_entry(session->ldap, answer) : NULL;

    server->family = "openldap";
    if (entry != NULL) {
        g_auto(GStrv) times = values_of(session, entry, "currentTime");
        server->family = family_of(session, entry);
        server->has_domain_scope =
            has_value(session, entry, "supportedControl", "1.2.840.113556.1.4.1339");
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
    if (server == NULL) {
        return;
    }
    g_free(server->current_time);
    g_strfreev(server->naming_contexts);
    g_free(server);
}

const char *directory_server_family(const DirectoryServer *server, const SettingsGroup *settings)
{
    const char *family = settings_text(settings, "server");

    return family != NULL && strcmp(family, "auto") != 0 ? family : server->family;
}
