/* run_state.h: one `rightful run` between its files: run_command.c (the course of it), run_merge.c
 * (into the ledger), run_messages.c (what is said about it). */
#pragma once

#include "ledger/review_tasks.h"
#include "run/clock.h"
#include "run/command.h"
#include "run/hand_links.h"
#include "run/leaver_case.h"
#include "run/pipeline.h"

typedef struct Run {
    Invocation *invocation;
    const Settings *settings;
    Ledger *ledger; /* NULL: dry run without a store */
    Baseline *baseline;
    HandLinks *hand_links; /* NULL without a ledger */
    Reconciliation reconciliation;
    LedgerRun record;
    LedgerCounts counts;
    LeaverChecked leavers; /* cases that were checked again */
    ReviewNightCounts review_counts;
    json_t *reviews;    /* {"started", "waiting"} as from review_start_due(); NULL: not asked */
    GPtrArray *accepts; /* (element-type utf8) */
    bool is_dry;
    bool would_be_held; /* dry: the run itself would stop at the ledger's guard */
    int64_t started_utc;
    ClockReading started;
    char *clock_reason; /* owned; NULL: the clock is fine */
    bool is_clock_held; /* nothing is merged */
} Run;

/* Holds the run when the clock that it judges by cannot be believed, unless that is accepted. */
void run_check_clock(Run *run);
bool run_accepts_resolving(const Run *run); /* --accept ledger:resolved */
int64_t run_resolve_limit(const Run *run);
/* One transaction; run->record.id and run->counts are set. */
bool run_merge(Run *run, GError **error);
/* What merging would do: run->counts, and what it would be held for, in run->record.held. */
bool run_preview(Run *run, GError **error);
/* What `retention` wants forgotten, after a run that was merged. *ret_forgotten NULL: it wants
 * nothing, or the run was not merged. */
bool run_retain(const Run *run, json_t **ret_forgotten, GError **error);
/* Proves what reviews decided, and hands open items on where their reviewer may not decide;
 * nothing by a dry or a held run. Before run_start_reviews(). */
bool run_follow_reviews(Run *run, GError **error);
/* Access reviews that are due, after the merge: each a transaction of its own, none by a dry or a
 * held run; run->reviews is set. Those that cannot start are said. */
bool run_start_reviews(Run *run, GError **error);
/* Rejected records, names that fit nothing, --accept that accepted nothing: on stderr. */
void run_say_messages(const Run *run);
/* All that was held at once, and the one command that lets all of it through. */
void run_say_held(const Run *run);
