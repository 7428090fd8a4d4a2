#include "ldap/check.h"

#include "ldap/rights.h"
#include "ldap/server.h"
#include "ldap/value.h"

#define MIN_CERTIFICATE_SECONDS (30 * 86400)
#define MAX_SKEW_SECONDS 300

static const char *const no_attributes[] = {LDAP_NO_ATTRS, NULL};

static void check_certificate(const DirectorySession *session, CheckReport *report)
{
    if (!session->is_encrypted) {
        if (session->is_sealed)
            check_pass(report, "%s: encrypted by Kerberos", session->url);
        else if (g_ascii_strncasecmp(session->url, "ldapi:", 6) != 0)
            check_warn(report,
                       "%s: not encrypted: everything can be read on the way; use ldaps:// or "
                       "starttls = true",
                       session->url);
        return;
    }
    g_autoptr(GDateTime) end = session->certificate_ends_utc != TIME_UNKNOWN
                                   ? g_date_time_new_from_unix_utc(session->certificate_ends_utc)
                                   : NULL;
    g_autofree char *date =
        end != NULL ? g_date_time_format(end, "%Y-%m-%d") : g_strdup("an unknown date");
    bool is_soon = end != NULL && session->certificate_ends_utc <
                                      g_get_real_time() / G_USEC_PER_SEC + MIN_CERTIFICATE_SECONDS;
    const char *version = session->tls_version != NULL ? session->tls_version : "TLS";
    if (is_soon)
        check_warn(report, "%s: the certificate ends soon, on %s: renew it on the server", version,
                   date);
    else
        check_pass(report, "%s, certificate valid until %s", version, date);
}

static void check_clock(const char *current_time, CheckReport *report)
{
    int64_t theirs;
    Text text = text_of(current_time);

    if (current_time == NULL || !value_time(text, &theirs))
        return;
    int64_t skew = theirs - g_get_real_time() / G_USEC_PER_SEC;
    if (ABS(skew) > MAX_SKEW_SECONDS)
        check_warn(report,
                   "the server's clock differs by %" G_GINT64_FORMAT
                   " s: set the one that is wrong (Kerberos refuses more than 300 s)",
                   skew);
    else
        check_pass(report, "the server's clock agrees within %" G_GINT64_FORMAT " s", ABS(skew));
}

/* ---- What the reader sees ---- */

static bool check_base(DirectorySession *session, const DirectoryServer *server, const char *base,
                       CheckReport *report)
{
    LDAPMessage *answer = directory_read_entry(session, base, no_attributes);

    if (answer == NULL) {
        g_autofree char *contexts = g_strjoinv(" and ", server->naming_contexts);
        check_fail(report,
                   "base %s does not exist, or the reader may not see it; this server holds %s",
                   base, contexts[0] != '\0' ? contexts : "what it does not tell");
    }
    ldap_msgfree(answer);
    return answer != NULL;
}

/* What an entry shows, as " uid cn mail". */
static char *attributes_text(LDAP *ldap, LDAPMessage *entry)
{
    GString *seen = g_string_new(NULL);
    BerElement *ber = NULL;

    for (char *name = ldap_first_attribute(ldap, entry, &ber); name != NULL;
         name = ldap_next_attribute(ldap, entry, ber)) {
        g_string_append_printf(seen, " %s", name);
        ldap_memfree(name);
    }
    ber_free(ber, 0);
    return g_string_free(seen, FALSE);
}

/* Is any entry of the kind below the base? Says what it shows. */
static bool check_sample(DirectorySession *session, const char *base, const char *what,
                         const char *filter, const Schema *schema, CheckReport *report)
{
    LDAPMessage *answer = NULL;
    struct timeval limit = directory_session_patience(session);
    char **attributes = (char **)(uintptr_t)schema_wanted(schema);
    int rc = ldap_search_ext_s(session->ldap, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL,
                               NULL, &limit, 1, &answer);
    LDAPMessage *entry = answer != NULL ? ldap_first_entry(session->ldap, answer) : NULL;

    if (entry != NULL) {
        char *dn = ldap_get_dn(session->ldap, entry);
        g_autofree char *seen = attributes_text(session->ldap, entry);
        check_pass(report, "%s %s shows:%s", what, dn, seen);
        ldap_memfree(dn);
    } else if (rc != LDAP_SUCCESS && rc != LDAP_NO_SUCH_OBJECT) {
        g_autofree char *text = directory_result_text(rc, NULL);
        check_fail(report, "%s: the search for %ss was refused: %s", base, what, text);
    }
    ldap_msgfree(answer);
    return entry != NULL;
}

/* People and groups often have a base each, so one of them is enough. */
static bool check_kind(DirectorySession *session, const char *const *bases, const char *what,
                       EntryKind kind, const Schema *schema, CheckReport *report)
{
    g_autofree char *filter = directory_sample_filter(schema, kind);
    bool is_seen = filter == NULL;

    for (size_t i = 0; bases[i] != NULL && !is_seen; i++)
        is_seen = check_sample(session, bases[i], what, filter, schema, report);
    return is_seen;
}

static void check_bases(DirectorySession *session, const DirectoryServer *server,
                        const SettingsGroup *settings, const Schema *schema, CheckReport *report)
{
    const char *const *bases = settings_texts(settings, "base");
    g_autofree char *list = g_strjoinv(" and ", (char **)(uintptr_t)bases);
    bool is_any_there = false;

    for (size_t i = 0; bases[i] != NULL; i++)
        is_any_there |= check_base(session, server, bases[i], report);
    if (!is_any_there)
        return;
    if (!check_kind(session, bases, "account", ENTRY_ACCOUNT, schema, report))
        check_fail(report,
                   "no account can be seen below %s: base or account_filter is wrong, or the "
                   "reader lacks the right; a run would not use an empty answer",
                   list);
    if (!check_kind(session, bases, "group", ENTRY_GROUP, schema, report))
        check_warn(report,
                   "no group can be seen below %s: base or group_filter is wrong, or the reader "
                   "lacks the right; no control about rights would find anything",
                   list);
}

static void check_ranges(DirectorySession *session, const Schema *schema,
                         const SettingsGroup *settings, CheckReport *report)
{
    g_autoptr(GError) error = NULL;

    if (!directory_server_gives_ranges(session, schema, settings_texts(settings, "base"), &error))
        check_fail(report, "%s", error->message);
    else if (schema_range_values(schema) > 0)
        check_pass(report, "members are given %zu at a time, as member_range says",
                   schema_range_values(schema));
}

static void check_canaries(DirectorySession *session, const SettingsGroup *settings,
                           CheckReport *report)
{
    const char *const *canaries = settings_texts(settings, "canaries");

    for (size_t i = 0; canaries[i] != NULL; i++) {
        LDAPMessage *answer = directory_read_entry(session, canaries[i], no_attributes);
        if (answer != NULL)
            check_pass(report, "canary %s is there", canaries[i]);
        else
            check_fail(report,
                       "canary %s cannot be seen: the reader lacks the right, or it was deleted or "
                       "renamed; a run would not use this source",
                       canaries[i]);
        ldap_msgfree(answer);
    }
}

/* ---- All of it ---- */

static void check_session(const Source *source, DirectorySession *session, CheckReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryServer) server = directory_server_ask(session);
    const char *family = directory_server_family(server, source->settings);
    g_autoptr(Schema) schema = directory_server_schema(server, source->settings, &error);

    check_clock(server->current_time, report);
    if (schema == NULL) {
        check_fail(report, "%s", error->message);
        return;
    }
    check_bases(session, server, source->settings, schema, report);
    check_ranges(session, schema, source->settings, report);
    directory_check_rights(session, schema, settings_texts(source->settings, "base"), report);
    check_canaries(session, source->settings, report);
    directory_check_outside(family, report);
}

void directory_check(const Source *source, CheckReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectorySession) session = directory_session_open(source->settings, &error);

    if (session == NULL) {
        check_fail(report, "%s", error->message);
        return;
    }
    if (session->passed_over != NULL)
        check_warn(report, "not the first server: %s", session->passed_over);
    check_pass(report, "%s: connected, %s%s", session->url,
               session->bound_as[0] != '\0' ? "bound as " : "anonymous", session->bound_as);
    check_certificate(session, report);
    check_session(source, session, report);
}
