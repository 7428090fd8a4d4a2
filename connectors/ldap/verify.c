#include "ldap/verify.h"

#include "ldap/policy.h"
#include "ldap/scope.h"
#include "ldap/server.h"

#include <string.h>

typedef struct Verifying {
    DirectorySession *session;
    const SettingsGroup *settings;
    Schema *schema;
    const PasswordQuestion *question;
    PasswordAnswer *answer;
    int n_found;
} Verifying;

/* ---- one entry ---- */

static bool is_same(Text value, const char *login)
{
    g_autofree char *text = g_strndup(value.data != NULL ? value.data : "", value.length);
    g_autofree char *first = g_utf8_casefold(text, -1);
    g_autofree char *second = g_utf8_casefold(login, -1);

    return strcmp(first, second) == 0;
}

static void take_record(Verifying *verifying, const DirectoryEntry *record)
{
    PasswordAnswer *answer = verifying->answer;
    const char *login = verifying->question->login;

    if (record->kind != ENTRY_ACCOUNT ||
        (!is_same(record->name, login) && !is_same(record->upn, login)) || verifying->n_found++ > 0)
        return;
    answer->key = g_strndup(record->key.data != NULL ? record->key.data : "", record->key.length);
    answer->dn = g_strndup(record->dn.data, record->dn.length);
    answer->enabled = record->enabled;
    answer->locked = record->locked;
    answer->expires_utc =
        (record->flags & ENTRY_EXPIRES_UNREADABLE) != 0 ? TIME_UNKNOWN : record->expires_utc;
}

typedef struct Values {
    char *name;
    struct berval **values;
} Values;

static void values_free(void *data)
{
    Values *values = data;

    ldap_memfree(values->name);
    ldap_value_free_len(values->values);
    g_free(values);
}

/* The schema keeps pointers to values until it has made an entry of them. */
static void take_entry(Verifying *verifying, LDAPMessage *entry)
{
    LDAP *ldap = verifying->session->ldap;
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(values_free);
    BerElement *ber = NULL;
    DirectoryEntry record;
    const char *reason = NULL;
    char *dn = ldap_get_dn(ldap, entry);

    schema_begin(verifying->schema, text_of(dn));
    for (char *name = ldap_first_attribute(ldap, entry, &ber); name != NULL;
         name = ldap_next_attribute(ldap, entry, ber)) {
        Values *values = g_new(Values, 1);
        const SchemaRule *rule = schema_rule(verifying->schema, text_of(name));
        *values = (Values){name, ldap_get_values_len(ldap, entry, name)};
        g_ptr_array_add(held, values);
        for (size_t i = 0; rule != NULL && values->values != NULL && values->values[i] != NULL;
             i++) {
            schema_add(verifying->schema, rule,
                       (Text){values->values[i]->bv_val, values->values[i]->bv_len});
        }
    }
    ber_free(ber, 0);
    if (schema_end(verifying->schema, &record, &reason) == SCHEMA_KEEP)
        take_record(verifying, &record);
    ldap_memfree(dn);
}

/* ---- the search ---- */

/* Of that name more than a few are too many, whatever the others are. */
#define MOST_ENTRIES 20

static char *filter_of(const Schema *schema, const char *login)
{
    static const char *const fields[] = {"name", "upn"};
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);
    GString *filter = g_string_new("(&");

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autoptr(GPtrArray) attributes = g_ptr_array_new();

        schema_attributes_of(schema, fields[i], attributes);
        for (guint j = 0; j < attributes->len; j++)
            directory_scope_condition(conditions, attributes->pdata[j], text_of(login));
    }
    g_string_append_printf(filter, "%s(|", schema_filter_of(schema, ENTRY_ACCOUNT));
    for (guint i = 0; i < conditions->len; i++)
        g_string_append(filter, conditions->pdata[i]);
    g_string_append(filter, "))");
    return g_string_free(filter, FALSE);
}

static bool search_base(Verifying *verifying, const char *base, const char *filter, GError **error)
{
    LDAP *ldap = verifying->session->ldap;
    struct timeval limit = directory_session_patience(verifying->session);
    char **attributes = (char **)(uintptr_t)schema_wanted(verifying->schema);
    LDAPMessage *answer = NULL;
    int rc = ldap_search_ext_s(ldap, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL,
                               &limit, MOST_ENTRIES, &answer);

    for (LDAPMessage *entry = ldap_first_entry(ldap, answer); rc == LDAP_SUCCESS && entry != NULL;
         entry = ldap_next_entry(ldap, entry))
        take_entry(verifying, entry);
    ldap_msgfree(answer);
    if (rc == LDAP_SIZELIMIT_EXCEEDED) {
        verifying->n_found = MOST_ENTRIES;
        return true;
    }
    if (rc != LDAP_SUCCESS) {
        g_autofree char *text = directory_result_text(rc, NULL);
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE, "%s: %s: the search failed: %s",
                    verifying->session->url, base, text);
    }
    return rc == LDAP_SUCCESS;
}

static bool search(Verifying *verifying, GError **error)
{
    const char *const *bases = settings_texts(verifying->settings, "base");
    g_autofree char *filter = filter_of(verifying->schema, verifying->question->login);

    for (size_t i = 0; bases[i] != NULL; i++) {
        if (!search_base(verifying, bases[i], filter, error))
            return false;
    }
    return true;
}

/* ---- the password ---- */

static bool try_password(Verifying *verifying, GError **error)
{
    const PasswordQuestion *question = verifying->question;
    PasswordAnswer *answer = verifying->answer;
    DirectoryCredential as = {answer->dn, question->password};
    g_autoptr(GError) why = NULL;

    if (!question->may_try(question->data, answer->key, answer->dn)) {
        answer->verdict = PASSWORD_NOT_TRIED;
        return true;
    }
    g_autoptr(DirectorySession) session =
        directory_session_open_as(verifying->session, verifying->settings, &as, &why);
    answer->verdict = session != NULL ? PASSWORD_RIGHT : PASSWORD_WRONG;
    if (session == NULL && !g_error_matches(why, SOURCE_ERROR, SOURCE_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    answer->why = why != NULL ? g_strdup(why->message) : NULL;
    return true;
}

static bool verify(Verifying *verifying, GError **error)
{
    if (!search(verifying, error))
        return false;
    if (verifying->n_found == 1)
        return try_password(verifying, error);
    verifying->answer->verdict = verifying->n_found == 0 ? PASSWORD_NOBODY : PASSWORD_SEVERAL;
    password_answer_clear(verifying->answer);
    return true;
}

bool directory_verify_password(const SettingsGroup *settings, const PasswordQuestion *question,
                               PasswordAnswer *ret_answer, GError **error)
{
    g_autoptr(DirectorySession) session = directory_session_open(settings, error);

    *ret_answer = (PasswordAnswer){.expires_utc = TIME_UNKNOWN};
    if (session == NULL)
        return false;
    g_autoptr(DirectoryServer) server = directory_server_ask(session);
    g_autoptr(Schema) schema = directory_server_schema(server, settings, error);
    if (schema == NULL)
        return false;
    if (strcmp(directory_server_family(server, settings), "openldap") == 0)
        directory_read_policies(session, server, settings_texts(settings, "base"), schema);
    Verifying verifying = {.session = session,
                           .settings = settings,
                           .schema = schema,
                           .question = question,
                           .answer = ret_answer};
    bool is_asked = verify(&verifying, error);

    if (!is_asked)
        password_answer_clear(ret_answer);
    return is_asked;
}
