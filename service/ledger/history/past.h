/* past.h: the ledger as it was, and what changed between two runs.
 *
 * Like ledger.h for whoever reads: no SQL is seen here. What exceptions were is told by the audit
 * rows, what the sources were by the history. */
#pragma once

#include "ledger/ledger.h"

/* The newest merged run that judged by an instant not after utc; *ret_run 0 = there is none. */
bool ledger_run_at(Ledger *ledger, int64_t utc, int64_t *ret_run, GError **error);

/* "began" of ledger_exception() as it was after the run. New reference; NULL on failure. */
json_t *ledger_began_at(Ledger *ledger, const char *id, int64_t run, GError **error);

/* ---- what the sources were ---- */

/* When a source of the snapshot was read whole last. */
typedef struct PastSource {
    int64_t run, as_of_utc; /* 0 and TIME_UNKNOWN: never up to then */
} PastSource;

/* Whose an account was, and what it was, as that run decided. */
typedef struct PastLinks {
    TextRef *person, *rule; /* per account: HR id and "employee_id = id"; 0 = nobody's */
    uint8_t *linked;        /* PersonLink of correlate/links.h */
    uint8_t *account_class; /* AccountClass + 1; 0 = not known */
} PastLinks;

typedef struct LedgerPast {
    int64_t run, as_of_utc;
    Snapshot *snapshot; /* as a freeze leaves it, but for intake_complete(): rows by source and key;
                           a source that was never read whole is incomplete in it */
    PastSource *sources; /* per source of the snapshot */
    PastLinks links;
    int64_t *account_run;  /* per account: the run that wrote what is known of it */
    int64_t n_unexplained; /* members that nothing of that time explains: left out */
} LedgerPast;

/* Everything as it was after the merged run; of a source that this run did not read whole, as the
 * last one that did. Cost: all bodies of that time are read. NULL on failure;
 * LEDGER_ERROR_NOT_FOUND when the history begins later. */
LedgerPast *ledger_past(Ledger *ledger, int64_t run, GError **error);
void ledger_past_free(LedgerPast *past); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LedgerPast, ledger_past_free)

/* ---- what changed ---- */

/* What became of exceptions between the state after one run and that after another, each as
 * {"run", "change", "kind": "exception", "source", "name", "key", "object", "field", "before",
 * "after", "control", "summary"}, by id, status before severity. from may be the later run: then
 * changes are told backwards. What was undone in between is no change.
 * LEDGER_ERROR_NOT_FOUND when there is no such run. */
bool ledger_diff_exceptions(Ledger *ledger, int64_t from, int64_t to, LedgerVisit visit, void *data,
                            GError **error);

/* What became of things: rows of the same form, without "control" and "summary", by kind (account,
 * person, group, membership, right, computer, asset), source, name, key and field. A right is an
 * effective membership in a governed group; of memberships and rights name and key are the
 * member's, object is the group. before and after are texts, numbers, booleans (null: unknown) or
 * ISO 8601 times, as the field is; of something new or gone null.
 * wanted: names of kinds, NULL-terminated; empty = all. not_compared (element-type utf8): sentences
 * about sources that cannot be compared, because their history begins in between. */
bool ledger_diff_things(Ledger *ledger, int64_t from, int64_t to, const char *const *wanted,
                        GPtrArray *not_compared, LedgerVisit visit, void *data, GError **error);

/* ---- what is forgotten ---- */

/* Days; 0 = kept for ever. */
typedef struct LedgerRetention {
    int64_t people_days;     /* people who are in no roster any more, and their accounts that are
                                gone: pseudonyms instead of names, that long after the roster
                                missed them */
    int64_t resolved_days;   /* sentence and evidence of exceptions that are resolved for so long */
    int64_t rejections_days; /* sentences about refused records, in the records of old runs */
    int64_t reviews_days;    /* items, decisions and tasks of campaigns closed for so long; the head
                                stays, with numbers and digest */
    int64_t history_days;    /* versions that ended so long ago: ledger_past() and
                                ledger_diff_things() reach back so far and no further. While
                                people_days is set, resolved_days must be, and be no longer: names
                                in old sentences are found by what the history knows */
    int64_t traffic_days;    /* mails that were sent, jobs that are done, sessions, tokens and
                                failed sign-ins that are over for so long */
} LedgerRetention;

/* Counted back from as_of_utc, in one transaction with its audit rows; what is forgotten already is
 * passed over, so it may be repeated. Needs the lock. ret_forgotten: {"people", "accounts",
 * "versions" (with a pseudonym now), "exceptions", "runs", "reviews", "history" (versions
 * dropped), "traffic" (rows)}, how many of each; new reference. */
bool ledger_retain(Ledger *ledger, const LedgerRetention *retention, int64_t run, int64_t as_of_utc,
                   const char *actor, json_t **ret_forgotten, GError **error);
