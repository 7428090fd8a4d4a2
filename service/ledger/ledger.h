/* ledger.h: the durable record. SQL lives in this folder and nowhere else.
 *
 * Runs with the proofs of their sources, exceptions with their identity and life, comments,
 * assignments, the baseline that the next run's guards compare with, and an audit row beside every
 * change, in the same transaction. A run is applied in one transaction: kill -9 at any instant
 * leaves the ledger as before or as after. An exception is open while it is not closed; when it was
 * last seen follows from the run table, so a quiet night writes almost nothing. */
#pragma once

#include "controls/finding.h"
#include "model/baseline.h"
#include "model/memory.h"
#include "model/snapshot.h"
#include "model/standing.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define LEDGER_ERROR (ledger_error_quark())
GQuark ledger_error_quark(void);
typedef enum LedgerError {
    LEDGER_ERROR_MISSING,  /* no store there (and not asked to create one) */
    LEDGER_ERROR_NOT_OURS, /* not a database, another program's, 0 bytes of something else */
    LEDGER_ERROR_NEWER,    /* schema of a newer rightful: refused */
    LEDGER_ERROR_OLDER, /* schema of an older one, opened for reading only: `rightful store migrate`
                           or a run */
    LEDGER_ERROR_LOCKED, /* another holds the lock; the message says who and since when */
    LEDGER_ERROR_READ_ONLY,
    LEDGER_ERROR_FULL,      /* disk full */
    LEDGER_ERROR_FAILED,    /* anything else the database says */
    LEDGER_ERROR_NOT_FOUND, /* no such exception or run */
    LEDGER_ERROR_REFUSED,   /* the change is not allowed in this state */
    LEDGER_ERROR_CONFLICT   /* somebody else was faster; the message says who and when */
} LedgerError;

typedef enum LedgerAccess {
    LEDGER_READ,  /* the store must be there and have this schema */
    LEDGER_WRITE, /* comments, assignments */
    LEDGER_RUN /* creates an absent store and migrates an older schema, each in one transaction */
} LedgerAccess;

typedef struct Ledger Ledger;

/* url: "sqlite:///abs/path", "sqlite:relative" (to base_directory), or any URI of libpq,
 * "postgresql://…". Does not lock. */
Ledger *ledger_open(const char *url, const char *base_directory, LedgerAccess access,
                    GError **error);
void ledger_close(Ledger *ledger); /* NULL is fine; releases the lock */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_close)

/* The URL without the password that it may hold: what messages show. Newly allocated. */
char *ledger_shown_url(const char *url);

/* What there is one of per store, across hosts: the run, and the worker that does the jobs and the
 * mail. */
typedef enum LedgerLock { LEDGER_LOCK_RUN, LEDGER_LOCK_WORKER } LedgerLock;
/* Held until ledger_close() or the death of the process; one lock a ledger. holder: "rightful run,
 * pid 17 on host db1". LEDGER_ERROR_LOCKED names the other holder and since when. Touches nothing
 * else. */
bool ledger_lock(Ledger *ledger, LedgerLock lock, const char *holder, GError **error);
/* Is it still held? For who holds it without writing: a connection may be lost meanwhile, and the
 * lock is then taken up again unless somebody else had it. Waits for a server that is not there,
 * for up to a minute. */
bool ledger_keep_lock(Ledger *ledger, GError **error);

/* ---- runs ---- */

typedef struct LedgerRun {
    int64_t id;         /* given by the ledger; 0 = none */
    const char *status; /* applied, partial, held, failed, dry */
    int64_t as_of_utc, started_utc, finished_utc;
    const char *actor;   /* who started it: login name, or "timer" */
    const char *version; /* of rightful */
    const char *config_digest, *profile;
    json_t *thresholds;    /* control id → {"hours": 24, …}, as in force */
    json_t *set_by;        /* control id → {"hours": "pci", …}; NULL = nobody says */
    json_t *not_evaluable; /* [ {control, reason, subjects} ] */
    json_t *held;          /* [ {source, dimension, before, after, limit, accept} ] */
    json_t *accepted;      /* [ {accept, reason, actor} ] */
    json_t *suppressions;  /* [ {control, exceptions, until, state, author, reason, place} ] */
    json_t *sources; /* run.sources[] as rulings.md lists the fields, plus rejections, exclusions,
                        notes */
    const char *reason; /* of failed and held; NULL */
    const char *boot;   /* which boot of the machine; NULL = not known */
    int64_t up_seconds; /* since that boot when the run started */
} LedgerRun;

typedef struct LedgerCounts {
    int64_t n_new, n_reopened /* part of new */, n_open, n_resolved, n_accepted, n_false_positive;
    int64_t n_lapsed;  /* waivers that ended: part of reopened */
    int64_t n_passed;  /* part of resolved: of controls that tell in one run only */
    int64_t n_by_rule; /* part of accepted: by a rule of the configuration */
} LedgerCounts;

/* What the next baseline needs from this run; a source that was not complete is absent and keeps
 * its old baseline. */
typedef struct LedgerSourceBaseline {
    const char *name;
    int64_t good_as_of_utc;
    size_t n_dimensions;
    const char **dimensions; /* names */
    const int64_t *values;
    const bool *accepted; /* changes that were let through; NULL = none */
    const char **watched; /* NULL-terminated */
} LedgerSourceBaseline;

/* What a run made of a manual link; is_change: not what the ledger said before. */
typedef struct LedgerLinkState {
    const char *source, *account_key, *state;
    bool is_change;
} LedgerLinkState;

/* ---- history ---- */

/* What the history keeps of a run's judgement beside its snapshot; all borrowed until the recall is
 * freed. */
typedef struct LedgerPresent {
    const Snapshot *snapshot;
    int64_t as_of_utc;
    /* Per account; each may be NULL. */
    const uint32_t *person;     /* or NONE */
    const uint8_t *person_link; /* PersonLink of correlate/links.h */
    const uint8_t *rule;        /* index into rule_texts, UINT8_MAX = none; with person */
    const uint8_t *classes;     /* AccountClass of correlate/classes.h */
    const char *const *rule_texts;
    /* Governed groups, ascending, and who effectively is in them: accounts
     * holders[first_holder[i] .. first_holder[i + 1]) are in governed[i], each once. */
    uint32_t n_governed;
    const uint32_t *governed;
    const size_t *first_holder; /* n_governed + 1 */
    const uint32_t *holders;
} LedgerPresent;

typedef struct LedgerRecall LedgerRecall;

/* Compares what there is with the history: what a run judges by, and what ledger_apply() will
 * write. Reads only. NULL on failure. */
LedgerRecall *ledger_recall(Ledger *ledger, const LedgerPresent *present, GError **error);
void ledger_recall_free(LedgerRecall *recall); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LedgerRecall, ledger_recall_free)
/* Owned by the recall. */
const Memory *ledger_recall_memory(const LedgerRecall *recall);

typedef struct LedgerApply {
    LedgerRun *run;             /* id is set on success */
    const FindingSet *findings; /* NULL: nothing merged (held, failed): only the run is recorded */
    const LedgerSourceBaseline *baselines;
    size_t n_baselines;
    const Baseline *before; /* ledger_baseline() under the same lock; NULL only without snapshot */
    const Snapshot
        *snapshot; /* for the roster (when people are complete) and governed groups; may be NULL */
    const char *const *governed_group_keys; /* "source\x1fkey" of every governed group now,
                                               NULL-terminated; may be NULL */
    const LedgerRecall *recall; /* what the history takes over; NULL = it stays as it is */
    int64_t resolve_limit; /* merging that would resolve more than this is refused (run is recorded
                              as held); INT64_MAX = any */
    const int64_t *due_seconds; /* per Severity */
    const LedgerLinkState *link_states;
    size_t n_link_states;
    const bool *person_has_left; /* per person of the snapshot; NULL = nobody */
} LedgerApply;

/* Would-be result of a merge, nothing written: new, resolved … for --dry-run and for the resolve
 * guard. */
bool ledger_preview(Ledger *ledger, const FindingSet *findings, LedgerCounts *ret_counts,
                    GError **error);
/* What is late by the as-of time of the findings, and neither gone nor accepted by them. NULL on
 * failure. Cost: what is late, and one pass over the findings if anything is. */
Standing *ledger_standing(Ledger *ledger, const FindingSet *findings, GError **error);
/* The id that the next ledger_apply() gives, as long as the lock is held. */
bool ledger_next_run(Ledger *ledger, int64_t *ret_id, GError **error);
/* One transaction: run, sources, exceptions, history, audit, baseline. Needs the lock. A run that
 * the resolve guard stops is true too: then apply->run->status is "held", its reason says why
 * (owned by the ledger) and its held list, made when it was NULL, has one entry more. */
bool ledger_apply(Ledger *ledger, LedgerApply *apply, LedgerCounts *ret_counts, GError **error);

/* NULL on failure; an empty baseline before the first run. as_of_utc: for the seven-day maximum. */
Baseline *ledger_baseline(Ledger *ledger, int64_t as_of_utc, GError **error);
/* The last run and who was in the rosters alone: for who looks and does not judge. */
Baseline *ledger_baseline_people(Ledger *ledger, GError **error);

/* Newest first; every row as `rightful runs --json` shows it (run-show adds sources with proofs).
 * false from visit stops. */
typedef bool (*LedgerVisit)(json_t *row, void *data);
bool ledger_runs(Ledger *ledger, int64_t limit, LedgerVisit visit, void *data, GError **error);
/* What a line of a list shows of the runs from the first (0 = the newest) on: "id", "status",
 * "as_of", "reason", "counts" (new, resolved, open, by_severity) and "sources" (name, status);
 * kept until the ledger changes. New reference; NULL on failure. */
json_t *ledger_run_lines(Ledger *ledger, int64_t first, int64_t limit, GError **error);
json_t *ledger_run(Ledger *ledger, int64_t id,
                   GError **error); /* whole; NULL and no error when there is none */
json_t *ledger_last_run(Ledger *ledger, GError **error);   /* last applied or partial; same form */
json_t *ledger_newest_run(Ledger *ledger, GError **error); /* newest whatever its status */

/* ---- exceptions ---- */

/* All NULL/false: everything open (open and assigned). Texts compare without case. */
typedef struct LedgerFilter {
    const char *status; /* open, assigned, resolved, accepted, false-positive, all; NULL = open and
                           assigned */
    const char *control, *severity /* this and above? no: exactly this */, *person /* id or name */,
        *account /* subject name, key or DN */;
    bool only_new;  /* opened or reopened by the last run */
    int64_t at_run; /* what was open after this run, as it was then; 0 = now. status is NULL then */
} LedgerFilter;

/* In the order severity (critical first), control (catalogue order is the caller's: by id), subject
 * name; each in the JSON of interface.md section 4. */
bool ledger_exceptions(Ledger *ledger, const LedgerFilter *filter, LedgerVisit visit, void *data,
                       GError **error);
/* As above plus "began": {is, not_reported_at, not_reported_by_run, reported_at, reported_by_run},
 * the two runs between which it was reported first (or again), and "history": [ {at, actor, change,
 * text, run} ]. NULL and no error when there is none. id: "EX-000042" or 42. */
json_t *ledger_exception(Ledger *ledger, const char *id, GError **error);
/* Counts of what is open now: {"by_severity": {…}, "by_control": {…}, "open": n, "accepted": n, …}.
 */
json_t *ledger_summary(Ledger *ledger, GError **error);
/* Result of the last run per control: {"leaver-active": {"result": "exceptions", "open": 3,
 * "reason": null}, …}; "pass", "exceptions", "not-evaluable". reason: what could not be judged, and
 * why. */
json_t *ledger_control_results(Ledger *ledger, GError **error);

/* Each in one transaction with its history and audit row. at_utc is the clock's time: people act in
 * real time. */
bool ledger_comment(Ledger *ledger, const char *id, const char *actor, const char *text,
                    int64_t at_utc, GError **error);
bool ledger_assign(Ledger *ledger, const char *id, const char *actor, const char *owner,
                   int64_t at_utc, GError **error);

/* What somebody decides about an exception; see docs/ledger.md for who may. */
typedef struct LedgerDecision {
    const char *id;        /* "EX-000042" or "42" */
    const char *actor;     /* login name of who runs the command */
    const char *requester; /* somebody of the roster for whom they do it; NULL = themselves */
    const char *reason;
    const char *approver; /* id, e-mail, username or name of somebody of the last applied roster */
    const char *last_day; /* "2026-12-31" */
    int64_t ends_utc;     /* of that day */
    int64_t at_utc;       /* clock */
} LedgerDecision;
/* Accepted until the end of a day: needs approver, last_day, ends_utc. Only what is open or
 * assigned. Refused (LEDGER_ERROR_REFUSED, with why) unless subject, requester and approver are
 * three different people. */
bool ledger_accept(Ledger *ledger, const LedgerDecision *decision, GError **error);
/* The rule is wrong about it: it stays so while it is found, and the reason is kept for the
 * control.
 */
bool ledger_false_positive(Ledger *ledger, const LedgerDecision *decision, GError **error);
/* Accepted or false positive → open again, due from the last run's as-of time. */
bool ledger_reopen(Ledger *ledger, const LedgerDecision *decision, const int64_t *due_seconds,
                   GError **error);
/* {"dormant-account": [ {"exception", "at", "actor", "reason"} ]}: false positives that were not
 * taken back, oldest first, also of what is resolved since. NULL on failure. */
json_t *ledger_feedback(Ledger *ledger, GError **error);

/* ---- whose an account is, where somebody said so ---- */

typedef struct LedgerLink {
    const char *source, *account_key, *account; /* the name is for people only */
    const char *person_id, *person_name;
    const char *holder_id; /* whom the account belongs to now; NULL = nobody */
    const char *reason;
    const char *actor;     /* login name of who runs the command */
    const char *requester; /* somebody of the roster for whom they do it; NULL = themselves */
    int64_t at_utc;        /* clock */
} LedgerLink;
/* Refused where the account is linked by hand already, and to whoever it belongs to. Unlinking
 * needs source, account_key, account and who does it. */
bool ledger_link(Ledger *ledger, const LedgerLink *link, GError **error);
bool ledger_unlink(Ledger *ledger, const LedgerLink *link, GError **error);
/* [ {source, account, key, person: {id, name}, state, actor, at, reason} ] by source and account.
 */
json_t *ledger_links(Ledger *ledger, GError **error);

/* ---- schema ---- */
json_t *ledger_info(Ledger *ledger,
                    GError **error); /* {"url", "schema", "runs", "exceptions", "size_bytes"} */
/* Every row into the empty store at url, in one transaction of it, verified by a digest before the
 * commit: {"from", "to", "schema", "tables", "rows", "digest"}. LEDGER_ERROR_REFUSED when something
 * is there already. Lock the ledger first. */
json_t *ledger_copy(Ledger *from, const char *url, const char *base_directory, GError **error);
/* Equal for two ledgers with equal rows, whatever their stores; newly allocated. */
char *ledger_digest(Ledger *ledger, GError **error);

/* References of controls come from the control table, which the ledger does not know: the caller
 * hands over a function that adds "references" to an exception's JSON by control id; NULL = none.
 */
void ledger_set_references(Ledger *ledger, json_t *(*references)(const char *control));
