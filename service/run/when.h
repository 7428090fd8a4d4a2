/* when.h: since when something is as it is, for people: recorded by the directory, between two
 * runs, or not known; always with which of these it is. */
#pragma once

#include "run/look.h"

/* Asks for the times that the evidence of findings shows: of disabled accounts of people who have
 * left and that still have governed rights or were used afterwards, and of the members of
 * privileged groups and of the groups in them. Fills times and times_messages. */
void when_ask_for_judging(Reconciliation *reconciliation);

/* Asks for the times of a few accounts and groups (element-type guint32) and says on stderr which
 * source did not answer. Once per look. */
void when_ask(Look *look, const GArray *accounts, const GArray *groups);
/* Appends the account if there is anything to ask: it is disabled, or locked. */
void when_add_account(const Look *look, uint32_t account, GArray *accounts);
/* Appends what must be asked for to tell when the memberships of a path were granted. */
void when_add_hops(const GArray *hops, GArray *accounts, GArray *groups);

/* Sets "disabled_at" and "disabled_at_note" (null where it is not disabled), "locked_at" and
 * "locked_at_note". */
void when_set_account(const Look *look, json_t *facts, uint32_t account);
/* Sets "granted_at" and "granted_at_note". */
void when_set_granted(const Look *look, json_t *facts, Principal member, uint32_t group,
                      EdgeVia via);
/* The two runs between which an exception about this right was reported first, as the ledger's
 * "began" with the exception's id; null when the ledger has none. */
json_t *when_first_reported(const Look *look, uint32_t account, uint32_t group);

/* " since 2026-03-01T08:12:33Z or earlier (recorded)", or what else is known; of facts that
 * when_set_account() has filled. Newly allocated. */
char *when_disabled_text(const json_t *facts);
/* "granted 2026-03-01T08:12:33Z, recorded by the directory". Newly allocated. */
char *when_granted_text(const json_t *facts);
