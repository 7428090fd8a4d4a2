#include "ldap/policy.h"
#include "ldap/value.h"

static void take_policy(DirectorySession *session, LDAPMessage *entry, Schema *schema)
{
    struct berval **values = ldap_get_values_len(session->ldap, entry, "pwdLockout");
    char *dn = ldap_get_dn(session->ldap, entry);
    bool is_locking = values != NULL && values[0] != NULL &&
                      value_is((Text){values[0]->bv_val, values[0]->bv_len}, "TRUE");

    if (dn != NULL) {
        schema_add_policy(schema, text_of(dn), is_locking);
    }
    ldap_memfree(dn);
    ldap_value_free_len(values);
}

void directory_read_policies(DirectorySession *session, const char *const *bases, Schema *schema)
{
    static const char *const attributes[] = {"pwdLockout", NULL};

    for (size_t i = 0; bases[i] != NULL; i++) {
        LDAPMessage *answer = NULL;
        struct timeval limit = directory_session_patience(session);
        int rc = ldap_search_ext_s(session->ldap, bases[i], LDAP_SCOPE_SUBTREE,
                                   "(objectClass=pwdPolicy)", (char **)(uintptr_t)attributes, 0,
                                   NULL, NULL, &limit, LDAP_NO_LIMIT, &answer);
        for (LDAPMessage *entry = rc == LDAP_SUCCESS ? ldap_first_entry(session->ldap, answer)
                                                     : NULL;
             entry != NULL; entry = ldap_next_entry(session->ldap, entry)) {
            take_policy(session, entry, schema);
        }
        ldap_msgfree(answer);
    }
}
