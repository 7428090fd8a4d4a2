#include "ldap/rights.h"

typedef struct Need {
    EntryKind kind;
    const char *what;  /* "account" */
    const char *field; /* of the setting `attributes`; "members" = what groups list; else a row of
                          only_here */
    const char *rests; /* which controls rest on it */
} Need;

static const Need needs[] = {
    {ENTRY_ACCOUNT, "account", "key", "every control: without it a renamed account is a new one"},
    {ENTRY_ACCOUNT, "account", "state",
     "whether accounts can be used: leaver-active and most other controls"},
    {ENTRY_ACCOUNT, "account", "employee_id",
     "the match to people by id: leaver-active, orphaned-account and all that follow"},
    {ENTRY_ACCOUNT, "account", "mail",
     "the match to people by mail: leaver-active, orphaned-account and all that follow"},
    {ENTRY_ACCOUNT, "account", "last_logon",
     "the last use: dormant-account, account-never-used, leaver-logon"},
    {ENTRY_ACCOUNT, "account", "created", "account-never-used"},
    {ENTRY_ACCOUNT, "account", "owner",
     "owners of service accounts: service-without-owner, owner-left"},
    {ENTRY_GROUP, "group", "key", "every control: without it a renamed group is a new one"},
    {ENTRY_GROUP, "group", "members", "every control about rights"},
    /* The groups that Active Directory protects always have it. */
    {ENTRY_GROUP, "group", "adminCount", "privileged-residue"},
};

typedef enum Sight { SIGHT_NONE, SIGHT_HIDDEN, SIGHT_SEEN, SIGHT_UNTOLD } Sight;

/* What only Active Directory has. Elsewhere an account that is not locked has no attribute that
 * would say so. */
static const struct {
    const char *field, *attribute;
} only_here[] = {{"state", "userAccountControl"}, {"adminCount", "adminCount"}};

static const char *attribute_of_one_family(const char *field)
{
    for (size_t i = 0; i < G_N_ELEMENTS(only_here); i++) {
        if (strcmp(only_here[i].field, field) == 0)
            return only_here[i].attribute;
    }
    return NULL;
}

static GPtrArray *attributes_of(Schema *schema, const char *field)
{
    GPtrArray *attributes = g_ptr_array_new();

    const char *own = attribute_of_one_family(field);
    if (own != NULL) {
        if (schema_rule(schema, (Text){own, strlen(own)}) != NULL)
            g_ptr_array_add(attributes, (gpointer)(uintptr_t)own);
    } else if (strcmp(field, "members") == 0) {
        schema_member_attributes(schema, MEMBERS_BY_DN, attributes);
        schema_member_attributes(schema, MEMBERS_BY_NAME, attributes);
        schema_member_attributes(schema, MEMBERS_BY_SID, attributes);
    } else {
        schema_attributes_of(schema, field, attributes);
    }
    return attributes;
}

static char *names_of(const GPtrArray *attributes)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < attributes->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(attributes, i));
    return g_strdup(names->str);
}

char *directory_sample_filter(const Schema *schema, EntryKind kind)
{
    const char *filter = schema_filter_of(schema, kind);
    const char *computers = schema_filter_of(schema, ENTRY_COMPUTER);

    return kind == ENTRY_ACCOUNT && computers != NULL
               ? g_strdup_printf("(&%s(!%s))", filter, computers)
               : g_strdup(filter);
}

/* Entries of the kind that have any of the attributes. */
static char *filter_of(const char *kind_filter, const GPtrArray *attributes)
{
    g_autoptr(GString) filter = g_string_new(NULL);

    g_string_printf(filter, "(&%s(|", kind_filter);
    for (guint i = 0; i < attributes->len; i++)
        g_string_append_printf(filter, "(%s=*)", (const char *)g_ptr_array_index(attributes, i));
    g_string_append(filter, "))");
    return g_strdup(filter->str);
}

/* Which of them the entry shows, as "pwdLastSuccess, authTimestamp"; also as
 * "member;range=0-1499". "" = none. */
static char *shown_of(LDAP *ldap, LDAPMessage *entry, const GPtrArray *attributes)
{
    g_autoptr(GPtrArray) shown = g_ptr_array_new();
    BerElement *ber = NULL;

    for (char *name = ldap_first_attribute(ldap, entry, &ber); name != NULL;
         name = ldap_next_attribute(ldap, entry, ber)) {
        size_t length = strcspn(name, ";");
        for (guint i = 0; i < attributes->len; i++) {
            char *wanted = g_ptr_array_index(attributes, i);
            if (strlen(wanted) == length && g_ascii_strncasecmp(name, wanted, length) == 0)
                g_ptr_array_add(shown, wanted);
        }
        ldap_memfree(name);
    }
    ber_free(ber, 0);
    return names_of(shown);
}

/* ret_shown: what was seen; replaced, to be freed. */
static Sight look_below(DirectorySession *session, const char *base, const char *filter,
                        GPtrArray *attributes, char **ret_shown)
{
    LDAPMessage *answer = NULL;
    struct timeval limit = {.tv_sec = MIN(RIGHTS_SECONDS, session->timeout_seconds)};
    Sight sight = SIGHT_NONE;

    g_ptr_array_add(attributes, NULL);
    int rc = ldap_search_ext_s(session->ldap, base, LDAP_SCOPE_SUBTREE, filter,
                               (char **)attributes->pdata, 0, NULL, NULL, &limit, 1, &answer);
    g_ptr_array_remove_index(attributes, attributes->len - 1);
    LDAPMessage *entry = answer != NULL ? ldap_first_entry(session->ldap, answer) : NULL;
    if (entry != NULL) {
        g_free(*ret_shown);
        *ret_shown = shown_of(session->ldap, entry, attributes);
        sight = (*ret_shown)[0] != '\0' ? SIGHT_SEEN : SIGHT_HIDDEN;
    } else if (rc != LDAP_SUCCESS && rc != LDAP_NO_SUCH_OBJECT) {
        sight = SIGHT_UNTOLD;
    }
    ldap_msgfree(answer);
    return sight;
}

static Sight look(DirectorySession *session, const char *const *bases, const char *filter,
                  GPtrArray *attributes, char **ret_shown)
{
    Sight sight = SIGHT_NONE;

    for (size_t i = 0; bases[i] != NULL && sight != SIGHT_SEEN; i++)
        sight = MAX(sight, look_below(session, bases[i], filter, attributes, ret_shown));
    return sight;
}

static void tell(const Need *need, const char *names, Sight sight, const char *shown,
                 CheckReport *report)
{
    switch (sight) {
    case SIGHT_SEEN:
        check_pass(report, "%s of %ss can be read (%s)", need->field, need->what, shown);
        return;
    case SIGHT_HIDDEN:
        check_warn(report,
                   "%s of %ss may be searched for but not read (%s): give the reader that right; "
                   "rests on it: %s",
                   need->field, need->what, names, need->rests);
        return;
    case SIGHT_UNTOLD:
        check_warn(report, "%s of %ss: the server did not say in %d s whether any has it (%s)",
                   need->field, need->what, RIGHTS_SECONDS, names);
        return;
    case SIGHT_NONE:
        check_warn(report,
                   "no %s shows %s (%s): none has it, or the reader lacks the right; rests on it: "
                   "%s",
                   need->what, need->field, names, need->rests);
        return;
    }
}

/* Without any entry nothing can be said of attributes. */
static bool has_entries(DirectorySession *session, const char *const *bases, const char *filter)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new();
    g_autofree char *shown = NULL;

    g_ptr_array_add(attributes, (gpointer)(uintptr_t) "objectClass");
    return filter != NULL && look(session, bases, filter, attributes, &shown) != SIGHT_NONE;
}

void directory_check_rights(DirectorySession *session, Schema *schema, const char *const *bases,
                            CheckReport *report)
{
    g_autofree char *accounts = directory_sample_filter(schema, ENTRY_ACCOUNT);
    const char *filters[] = {
        [ENTRY_ACCOUNT] = accounts, [ENTRY_GROUP] = schema_filter_of(schema, ENTRY_GROUP)};
    bool has[] = {[ENTRY_ACCOUNT] = has_entries(session, bases, filters[ENTRY_ACCOUNT]),
                  [ENTRY_GROUP] = has_entries(session, bases, filters[ENTRY_GROUP])};

    for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
        g_autoptr(GPtrArray) attributes = attributes_of(schema, needs[i].field);
        if (!has[needs[i].kind] || attributes->len == 0)
            continue;
        g_autofree char *names = names_of(attributes);
        g_autofree char *filter = filter_of(filters[needs[i].kind], attributes);
        g_autofree char *shown = NULL;
        Sight sight = look(session, bases, filter, attributes, &shown);
        tell(&needs[i], names, sight, shown, report);
    }
}

void directory_check_outside(const char *server, CheckReport *report)
{
    static const struct {
        const char *server, *accounts;
    } rows[] = {
        {"openldap", "the rootdn of every database (olcRootDN)"},
        {"389ds", "cn=Directory Manager"},
        {"freeipa", "cn=Directory Manager"},
        {"active-directory",
         "the administrator of Directory Services Restore Mode, on every domain controller"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].server, server) == 0)
            check_pass(report, "outside every pull, to be reviewed by hand: %s", rows[i].accounts);
    }
}
