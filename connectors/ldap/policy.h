/* policy.h: OpenLDAP's password policies: which of them lock accounts at all, and for how long.
 *
 * pwdAccountLockedTime counts only where the account's policy says pwdLockout TRUE
 * (slapo-ppolicy(5)): without it, an account that looks locked for ever still logs on. A time in it
 * is when the lock began; it ends pwdLockoutDuration seconds later. Policies often lie beside what
 * is read, so they are looked for in the whole tree that a base belongs to: one search a tree,
 * before the first page. A reader who may not see policies gets none. */
#pragma once

#include "ldap/schema.h"
#include "ldap/server.h"

void directory_read_policies(DirectorySession *session, const DirectoryServer *server,
                             const char *const *bases, Schema *schema);
