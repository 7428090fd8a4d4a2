#include "ldap/policy.h"
#include "ldap/value.h"

/* Empty when there is none. */
static Text first_of(struct berval **values)
{
    return values != NULL && values[0] != NULL ? (Text){values[0]->bv_val, values[0]->bv_len}
                                               : (Text){0};
}

static void take_policy(DirectorySession *session, LDAPMessage *entry, Schema *schema)
{
    struct berval **lockout = ldap_get_values_len(session->ldap, entry, "pwdLockout");
    struct berval **duration = ldap_get_values_len(session->ldap, entry, "pwdLockoutDuration");
    char *dn = ldap_get_dn(session->ldap, entry);
    int64_t seconds;

    if (!value_integer(first_of(duration), &seconds) || seconds < 0)
        seconds = 0;
    if (dn != NULL)
        schema_add_policy(schema, text_of(dn), value_is(first_of(lockout), "TRUE"), seconds);
    ldap_memfree(dn);
    ldap_value_free_len(duration);
    ldap_value_free_len(lockout);
}

static void read_policies_below(DirectorySession *session, const char *top, Schema *schema)
{
    static const char *const attributes[] = {"pwdLockout", "pwdLockoutDuration", NULL};
    LDAPMessage *answer = NULL;
    struct timeval limit = directory_session_patience(session);
    int rc = ldap_search_ext_s(session->ldap, top, LDAP_SCOPE_SUBTREE, "(objectClass=pwdPolicy)",
                               (char **)(uintptr_t)attributes, 0, NULL, NULL, &limit, LDAP_NO_LIMIT,
                               &answer);
    LDAPMessage *entry = rc == LDAP_SUCCESS ? ldap_first_entry(session->ldap, answer) : NULL;

    for (; entry != NULL; entry = ldap_next_entry(session->ldap, entry))
        take_policy(session, entry, schema);
    ldap_msgfree(answer);
}

/* The tree that the base belongs to; the base itself where the server does not tell. */
static const char *top_of(const DirectoryServer *server, const char *base)
{
    const char *top = base;
    size_t longest = 0;

    for (char **context = server->naming_contexts; *context != NULL; context++) {
        size_t length = strlen(*context);
        size_t skipped = strlen(base) - MIN(strlen(base), length);
        if (length > longest && g_ascii_strcasecmp(base + skipped, *context) == 0 &&
            (skipped == 0 || base[skipped - 1] == ',')) {
            top = *context;
            longest = length;
        }
    }
    return top;
}

void directory_read_policies(DirectorySession *session, const DirectoryServer *server,
                             const char *const *bases, Schema *schema)
{
    g_autoptr(GPtrArray) tops = g_ptr_array_new();

    for (size_t i = 0; bases[i] != NULL; i++) {
        const char *top = top_of(server, bases[i]);
        if (!g_ptr_array_find_with_equal_func(tops, top, g_str_equal, NULL)) {
            g_ptr_array_add(tops, (gpointer)(uintptr_t)top);
            read_policies_below(session, top, schema);
        }
    }
}
