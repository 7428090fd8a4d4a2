/* look.h: the sources as they are now, or as they were, for commands that explain instead of
 * judging.
 *
 * `explain`, `account`, `group` … read the sources again: what they say is true now, not last
 * night. With --as-of they read nothing but the ledger, which makes a snapshot of that day of its
 * history; all that is behind a snapshot is the same. The exceptions they show are the ledger's, as
 * they are now or as they were after that run. */
#pragma once

#include "run/command.h"
#include "run/hand_links.h"
#include "run/ledger_access.h"
#include "run/pipeline.h"
#include "run/terminal.h"

#include <jansson.h>

typedef struct Look {
    Invocation *invocation;
    Reconciliation reconciliation;
    Ledger *ledger; /* NULL before the first run */
    HandLinks *hand_links;
    Baseline *baseline; /* NULL without a ledger; knows who has vanished from the roster */
    LedgerPast *past;   /* NULL: this is now */
    Progress *progress; /* while sources are read */
    bool is_whole;      /* every source was read whole */
} Look;

/* Reads the sources, or the history of --as-of, and says on stderr which could not be read.
 * Anything but EXIT_DONE: end with it. */
ExitCode look_open(Invocation *invocation, Look *ret_look);
/* The same of now, of the sources that provide one of wanted (bits of Provides). */
ExitCode look_open_some(Invocation *invocation, unsigned wanted, Look *ret_look);
/* The same of now, of a few accounts, in two steps. With the first there are people in the
 * snapshot, and nothing else is there, though most of it is being read; so the rosters are read
 * once, to find who is meant and to judge. */
ExitCode look_open_rosters(Invocation *invocation, Look *ret_look);
ExitCode look_add_scope(Look *look, const Scope *scope); /* accounts; all other sources whole */
/* What the history keeps of that merged run; look has its invocation, with settings, and its
 * ledger. */
ExitCode look_open_run(Look *look, int64_t run);
/* As it is now, judged as a run would: compared with the last one, guards and all; nothing is
 * written. */
ExitCode look_open_judged(Invocation *invocation, Look *ret_look);
void look_clear(Look *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)
/* EXIT_DONE, or EXIT_INCOMPLETE when a source was not whole: the answer may lack something. */
ExitCode look_result(const Look *look);
/* "there is no account X", with what may have been meant; EXIT_FAILED (EXIT_INCOMPLETE when a
 * source is missing). */
ExitCode look_not_found(const Look *look, const char *what, const char *text);

/* Prints the answer in the form that was asked for; an answer about the past says of which run it
 * is. Steals things. */
ExitCode look_show(const Look *look, const char *name, json_t *things);
void look_print_heading(const Look *look); /* "As of run 12, …"; nothing for now */
/* By these members (at most four, texts), so that an answer does not depend on the order in which
 * things were read. */
void look_sort(json_t *list, const char *const *members);

json_t *look_text(const Look *look, TextRef ref); /* null for 0 */
/* Exceptions of the ledger about this subject: [ {id, severity, control, summary} ]. */
json_t *look_exceptions(const Look *look, const char *person, const char *account);
/* The same for any subject: a filter of one subject by key. */
json_t *look_exceptions_of(const Look *look, const char *subject_type, const char *key);
json_t *look_person(const Look *look, uint32_t person); /* {"id", "name"} or null */
json_t *look_owner(const Look *look, const Owner *owner, TextRef text);
json_t *look_kinds(const Look *look,
                   uint32_t group); /* ["privileged", "entitlement", …]: how it is governed */
