/* rights.h: may the reader see what controls need? For `check` only.
 *
 * No server says "not allowed" for an attribute: it is left out, as if it were absent. So for every
 * field that controls rest on one entry that has it is searched for. One that is found and does not
 * show the attribute proves that it may not be read; none at all is said as what it is, either.
 * Costs one search of one entry for each field, at most RIGHTS_SECONDS each. */
#pragma once

#include "ldap/schema.h"
#include "ldap/session.h"

#define RIGHTS_SECONDS 10

/* A filter for entries of that kind and no other: computers of Active Directory are users too.
 * NULL when the family has none; to be freed. */
char *directory_sample_filter(const Schema *schema, EntryKind kind);
/* bases: NULL-terminated. */
void directory_check_rights(DirectorySession *session, Schema *schema, const char *const *bases,
                            CheckReport *report);
/* Accounts that no pull can show, by server family. */
void directory_check_outside(const char *server, CheckReport *report);
