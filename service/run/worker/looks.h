/* looks.h: what the worker answers about people, accounts, groups and assets, without asking any
 * source.
 *
 * Everything is of the history of the last applied run, made into a snapshot once and kept in
 * memory; when a newer run is there the next question waits until it is read. Answers are what the
 * commands of the same names print with --as-of. Every function may be called from any thread; one
 * is served at a time. */
#pragma once

#include "run/look.h"

typedef struct Looks Looks;

Looks *looks_new(const Invocation *invocation); /* its settings and its cancel must outlive it */
void looks_free(Looks *looks);                  /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Looks, looks_free)

/* "person", "account", "group" or "asset": {"found", "several", "run", "as_of"}, or an error. */
json_t *looks_thing(Looks *looks, const char *kind, const char *id, bool is_effective);
json_t *looks_explain(Looks *looks, const char *account, const char *group); /* group may be NULL */
/* {"people": [ {"id", "name", "department", "title", "manager", "left"} ], "more": bool} */
json_t *looks_people(Looks *looks, const char *text);
/* {"who": {…}} of the account that signs in with that name, or {"who": null}; of which several
 * people are meant nobody is. */
json_t *looks_who(Looks *looks, const char *user);
/* The same of one account of one source, by its key; without a key by its DN. ret_reason: why who
 * is null; static. */
json_t *looks_who_account(Looks *looks, const char *source, const char *key, const char *dn,
                          const char **ret_reason);
/* Who somebody of the roster is to write to; each text is newly allocated, NULL where there is
 * none. false: nobody has this HR id. */
bool looks_contact(Looks *looks, const char *id, char **ret_name, char **ret_email,
                   char **ret_manager);
/* HR ids of people who work here and have a role of `web.roles`, NULL-terminated; newly
 * allocated. */
char **looks_with_role(Looks *looks, const char *role);
/* Reads what there is now, ahead of the first question. error may be NULL. */
bool looks_refresh(Looks *looks, GError **error);
