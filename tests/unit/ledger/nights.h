/* nights.h: small worlds over nights, for tests of the history.
 *
 * A night is written as a line of things, separated by ';':
 *   "ann =p1 mail=a@x.org off"   an account of person p1, disabled; lab/ann is of the source lab;
 *                                words: name= mail= upn= dn= logon= (seconds) expires= (seconds)
 *   "person p1 dept=Sales title=Clerk status=leave was=p0"   of hr
 *   "group g1 ann lab/bob ?eve"  members, ?eve unresolved; "group* g1" is a governed one
 *   "asset a1 owner=p1", "computer c1 host=c1.x.org", "approval r1 group=g1 account=ann"
 *   "?hr" this source is not complete, what it has is left out; "!hr" it had records rejected
 *   "unread p1" a person whose row was refused
 * Sources: corp and lab (directories), hr, assets, tickets. Nobody's link is known without hr. */
#pragma once

#include "fixture.h"
#include "harness/world.h"
#include "ledger/history/history.h"

typedef struct Nightly Nightly;

Nightly *nightly_parse(const char *text, int64_t as_of_utc);
void nightly_free(Nightly *nightly); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nightly, nightly_free)

/* The next runs of the fixture are over it; NULL: no history is kept. */
void nightly_use(Fixture *fixture, const Nightly *nightly);
/* A merged run over it. */
void nightly_merge(Fixture *fixture, const Nightly *nightly);

/* What controls were told in the last night, in lines; times as days since NOON:
 *   "stopped ann 0 1", "moved p1 department Sales 0 1" (before, last, first; - = never seen
 * before), "former mail a@x.org ann p1 1", "right ann g1 0" */
char *memory_text(const Fixture *fixture, const Nightly *nightly);

/* Every thing as the history has it after the run, a line each, sorted:
 *   "corp account a-ann dn=… name=ann enabled=2"; lists as "corp members g-g1 HASH:VIA@RUN …" */
char *history_text(Fixture *fixture, int64_t run);
/* Pieces of it: one thing of the night, one list, and all lines in order. */
char *thing_line(const Nightly *nightly, HistoryKind kind, uint32_t row);
char *members_line(const char *source, HistoryKind kind, const char *key, const GArray *members);
char *join_lines(GPtrArray *lines);
const Snapshot *nightly_snapshot(const Nightly *nightly);
const LedgerPresent *nightly_present(const Nightly *nightly);
