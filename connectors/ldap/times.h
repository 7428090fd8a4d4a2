/* times.h: asks a server for recorded times (rightful/times.h) of a few entries.
 *
 * One base search an entry, many of them outstanding on one connection. Active Directory is asked
 * by objectGUID, so that a renamed entry is found and another one of its old name is not taken for
 * it; OpenLDAP by DN. */
#pragma once

#include "ldap/server.h"

/* Bits of RecordedTimes of that server; family as directory_server_family() says. */
unsigned directory_recorded_times(const DirectoryServer *server, const char *family);

/* As Connector.pull_times. Asks nothing of a server that records nothing. */
bool directory_read_times(DirectorySession *session, const char *family, unsigned recorded,
                          const TimesQuestion *question, GError **error);
