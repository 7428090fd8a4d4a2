/* run_state.h: one `rightful run` between its files: run_command.c (the course of it), run_merge.c
 * (into the ledger), run_messages.c (what is said about it). */
#pragma once

#include "ledger/ledger.h"
#include "run/command.h"
#include "run/pipeline.h"

typedef struct Run {
    Invocation *invocation;
    const Settings *settings;
    Ledger *ledger; /* NULL: dry run without a store */
    Baseline *baseline;
    Reconciliation reconciliation;
    LedgerRun record;
    LedgerCounts counts;
    GPtrArray *accepts; /* (element-type utf8) */
    bool is_dry;
    int64_t started_utc;
} Run;

bool run_accepts_resolving(const Run *run); /* --accept ledger:resolved */
/* One transaction; run->record.id and run->counts are set. */
bool run_merge(Run *run, GError **error);
/* Rejected records, names that fit nothing, --accept that accepted nothing: on stderr. */
void run_say_messages(const Run *run);
/* All that was held at once, and the one command that lets all of it through. */
void run_say_held(const Run *run);
