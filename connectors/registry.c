/* The one table of connectors. */
#include <rightful/connector.h>

G_DEFINE_QUARK(rightful - source - error - quark, source_error)

extern const Connector ldap_connector, ldif_connector, csv_connector, postgres_connector,
    xlsx_connector;

const Connector *const connectors[] = {&ldap_connector, &ldif_connector,     &csv_connector,
                                       &xlsx_connector, &postgres_connector, NULL};

void password_answer_clear(PasswordAnswer *answer)
{
    g_clear_pointer(&answer->why, g_free);
    g_clear_pointer(&answer->key, g_free);
    g_clear_pointer(&answer->dn, g_free);
}
