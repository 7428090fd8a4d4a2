/* who.h: who somebody is who uses the web: the account of the last applied run, the person it
 * belongs to, and the roles of its groups. */
#pragma once

#include "run/look.h"

/* The account of a directory whose login name or user principal name this is, without case; of the
 * directory that `web.sign_in` names, or of any. Several of one person: the first; of several
 * people, or of nobody: NONE. */
uint32_t who_find(const Look *look, const char *user);
/* The account of that source with this key, or, where directories have none, this DN. NONE. */
uint32_t who_find_entry(const Look *look, const char *source, const char *key, const char *dn);
/* Why it may not be used now: disabled, expired, locked, or its person has left; NULL = it may. An
 * account of which the directory does not show whether it is locked may: the directory was asked
 * for the password. */
const char *who_unusable(const Look *look, uint32_t account, int64_t now_utc);
/* {"user", "account", "person", "accounts", "roles", "usable"}. New reference. */
json_t *who_facts(const Look *look, uint32_t account, int64_t now_utc);
/* HR ids of those whose accounts who_facts() gives that role, each once, without those who have
 * left; NULL-terminated, newly allocated. */
char **who_with_role(const Look *look, const char *role, int64_t now_utc);
