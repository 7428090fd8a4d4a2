/* policy.h: OpenLDAP's password policies: which of them lock accounts at all.
 *
 * pwdAccountLockedTime counts only where the account's policy says pwdLockout TRUE
 * (slapo-ppolicy(5)): without it, an account that looks locked for ever still logs on. One search
 * a base, before the first page; a reader who may not see policies gets none, and then every lock
 * counts. */
#pragma once

#include "ldap/schema.h"
#include "ldap/session.h"

void directory_read_policies(DirectorySession *session, const char *const *bases, Schema *schema);
