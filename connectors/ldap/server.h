/* server.h: what a server says of itself (root DSE, RFC 4512 section 5.1). */
#pragma once

#include "ldap/schema.h"
#include "ldap/session.h"

/* Takes the family's name. */
#define DIRECTORY_RANGES_ELSEWHERE                                                                 \
    "member_range is for Active Directory only: a server of the family %s knows no ranges and "    \
    "would show empty groups"

typedef struct DirectoryServer {
    const char *family;      /* what `auto` turned out to be */
    bool is_samba;           /* of the family of Active Directory */
    bool has_domain_scope;   /* the control of Active Directory that keeps references away */
    bool has_matched_values; /* it can keep back values that nobody asked for (RFC 3876) */
    char *current_time;      /* Active Directory tells its clock; else NULL */
    char **naming_contexts;  /* the tops of its trees; NULL-terminated, may be empty */
} DirectoryServer;

/* Never NULL: a server that says nothing is taken for OpenLDAP, which may be told to. */
DirectoryServer *directory_server_ask(DirectorySession *session);
void directory_server_free(DirectoryServer *server); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryServer, directory_server_free)

/* The family's name, as set or as the server says. */
const char *directory_server_family(const DirectoryServer *server, const SettingsGroup *settings);

/* The schema for it. NULL with error when the settings do not fit the server. */
Schema *directory_server_schema(const DirectoryServer *server, const SettingsGroup *settings,
                                GError **error);
/* With the setting member_range: a server that knows no ranges shows no members at all when asked
 * for some, and every control about rights would pass. So one group that has members is looked at.
 * True where there is none. */
bool directory_server_gives_ranges(DirectorySession *session, const Schema *schema,
                                   const char *const *bases, GError **error);

/* One entry by its DN; NULL when it is not there or may not be seen. attributes: NULL-terminated.
 */
LDAPMessage *directory_read_entry(DirectorySession *session, const char *dn,
                                  const char *const *attributes);
