/* scope.h: a few accounts, and every group that they are in, without reading the directory.
 *
 * One search for the accounts, by an OR over the attributes of the keys; then one for each level of
 * groups upwards, by an OR over what lists the entries of the level below: their DNs, login names,
 * SIDs, and the numbers of primary groups. An entry is expanded once, so loops end. What the
 * accounts own is asked for along with the first level. A server that knows matched values (RFC
 * 3876; OpenLDAP) sends of the members of a group only those that were asked for, which of the
 * biggest groups are one in a hundred thousand. Every search is held to the rules of a pull.
 * Finding nobody is an answer only from a reader that is shown to see somebody. Cost: 2 searches
 * and one a level; long ORs are cut into chunks. */
#pragma once

#include "ldap/search.h"

/* server: the family's name, never "auto". */
bool directory_scope_read(DirectorySearch *search, const Schema *schema,
                          const SettingsGroup *settings, const char *server, const Scope *scope,
                          GError **error);

/* "(name=value)" with every special byte of the value escaped (RFC 4515 section 3). Appends. */
void directory_scope_condition(GPtrArray *conditions /* (element-type utf8) */,
                               const char *attribute, Text value);
/* The conditions of all keys, each attribute of a key's field with each spelling of its value: as
 * it is, in lower case, and composed or decomposed where that differs; each once. */
GPtrArray *directory_scope_conditions(const Schema *schema, const Scope *scope);
