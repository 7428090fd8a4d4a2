/* look.h: the sources as they are now, for commands that explain instead of judging.
 *
 * Memberships are never stored (a million accounts have thirty million of them), so `explain`,
 * `account`, `group` … read the sources again: what they say is true now, not last night. The
 * exceptions they show are the ledger's. */
#pragma once

#include "run/command.h"
#include "run/hand_links.h"
#include "run/ledger_access.h"
#include "run/pipeline.h"

#include <jansson.h>

typedef struct Look {
    Invocation *invocation;
    Reconciliation reconciliation;
    Ledger *ledger; /* NULL before the first run */
    HandLinks *hand_links;
    Baseline *baseline; /* NULL without a ledger; knows who has vanished from the roster */
    bool is_whole;      /* every source was read whole */
} Look;

/* Reads the sources and says on stderr which could not be read. Anything but EXIT_DONE: end with
 * it. */
ExitCode look_open(Invocation *invocation, Look *ret_look);
/* The same of the sources that provide one of wanted (bits of Provides), and of those accounts only
 * (scope may be NULL). */
ExitCode look_open_some(Invocation *invocation, unsigned wanted, const Scope *scope,
                        Look *ret_look);
void look_clear(Look *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)
/* EXIT_DONE, or EXIT_INCOMPLETE when a source was not whole: the answer may lack something. */
ExitCode look_result(const Look *look);
/* "there is no account X", with what may have been meant; EXIT_FAILED (EXIT_INCOMPLETE when a
 * source is missing). */
ExitCode look_not_found(const Look *look, const char *what, const char *text);

json_t *look_text(const Look *look, TextRef ref); /* null for 0 */
/* Exceptions of the ledger about this subject: [ {id, severity, control, summary} ]. */
json_t *look_exceptions(const Look *look, const char *person, const char *account);
/* The same for any subject: a filter of one subject by key. */
json_t *look_exceptions_of(const Look *look, const char *subject_type, const char *key);
json_t *look_person(const Look *look, uint32_t person); /* {"id", "name"} or null */
json_t *look_owner(const Look *look, const Owner *owner, TextRef text);
json_t *look_kinds(const Look *look,
                   uint32_t group); /* ["privileged", "entitlement", …]: how it is governed */
