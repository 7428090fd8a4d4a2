/* fixture.h: a ledger in a temporary folder, and what one night saw, written as a line.
 *
 * A night: items separated by ';'. "leaver-active corp/ann" is a finding; "> admins" after it names
 * an object, "!low" a severity (high otherwise), "#2" other facts, "=1" the rule that accepts it
 * (of Fixture.rules, from 1). "?leaver-active",
 * "?leaver-active corp", "?leaver-active corp/ann": not judged. "-dormant": switched off. Controls
 * and sources exist by being named; "+dormant" names a control that found nothing, "@hr" a source.
 */
#pragma once

#include "ledger/ledger.h"

#define NOON INT64_C(1772539200) /* 2026-03-03T12:00:00Z */
#define DAY INT64_C(86400)

typedef struct Fixture {
    char *folder, *url;
    char *path;     /* of the file; on PostgreSQL the URL */
    Ledger *ledger; /* open for a run, locked */
    int64_t resolve_limit;
    int n_described;  /* calls of describe by the last night */
    bool is_in_order; /* describe was called in the order of the set */
    LedgerCounts counts;
    const char *status; /* of the last night */
    int64_t run;
    json_t *held;
    const LedgerSourceBaseline *baselines;
    size_t n_baselines;
    const Snapshot *snapshot;
    const char *const *governed;
    const LedgerPresent *present; /* NULL: no history is kept */
    LedgerRecall *recall;         /* of the last night */
    json_t *sources;              /* of the night's record; NULL */
    const AcceptanceRule *rules;
} Fixture;

int fixture_setup(void **state); /* for cmocka */
int fixture_teardown(void **state);
void fixture_open(Fixture *fixture, LedgerAccess access); /* closes what is open */
void fixture_close(Fixture *fixture);

FindingSet *night_set(const char *night, Fixture *fixture);
void night_set_free(FindingSet *set);
/* For Fixture.sources: what a run's record says of the sources of a snapshot. New reference. */
json_t *fixture_sources(const Snapshot *snapshot);
extern const int64_t fixture_due_seconds[]; /* critical 1 day, high 7, medium 30, low 90 */
/* Opens when nothing is open; fails the test on error. */
void fixture_night(Fixture *fixture, int64_t as_of_utc, const char *night);
bool fixture_try_night(Fixture *fixture, int64_t as_of_utc, const char *night, GError **error);

/* "EX-000001 leaver-active ann open high", one a line; status as in LedgerFilter. Free with
 * g_free(). */
char *fixture_list(Fixture *fixture, const char *status);
/* Member of an exception as text; path with dots. Free with g_free(). */
char *fixture_member(Fixture *fixture, const char *id, const char *path);
/* Changes of the history, "opened resolved reopened". */
char *fixture_history(Fixture *fixture, const char *id);

/* ---- by another program's hands, on the closed ledger (other_hands.c) ---- */

/* Every row of every table. */
char *dump_file(const char *path);
/* Statements; NULL or the error. */
char *meddle(const char *path, const char *sql);
int64_t count_rows(const char *path, const char *sql);
/* From now on "INSERT" (…) of a row fails with the message; when: of what rows, NULL = of all. */
void forbid(const char *path, const char *what, const char *table, const char *when,
            const char *message);
