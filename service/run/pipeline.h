/* pipeline.h: one reconciliation, stage by stage. The only place where the rooms meet.
 *
 * design.md section 4: pull → guard → freeze → correlate → membership → classes → govern →
 * times → controls → suppress → standing. Merging into the ledger is the run command's
 * (run_command.c); commands that only look (explain, account …) stop before the controls. */
#pragma once

#include "controls/control.h"
#include "controls/suppress.h"
#include "intake/intake.h"
#include "ledger/history/past.h"
#include "model/baseline.h"
#include "run/recall.h"
#include "settings/settings.h"

#include <gio/gio.h>
#include <stdio.h>

struct Reconciliation {
    /* in */
    const Settings *settings;
    int64_t as_of_utc;
    unsigned wanted;          /* bits of Provides: which sources to pull */
    const Scope *scope;       /* in reconciliation_look_scope() */
    const Baseline *baseline; /* may be NULL: nothing to compare with */
    Ledger *ledger;           /* NULL: nothing is remembered, and not judged either */
    const ManualLink *manual; /* n_manual of them; must live as long as the links */
    size_t n_manual;
    int64_t this_run;           /* id the ledger will give it; 0 = only looking */
    const char *const *accepts; /* "SOURCE:DIMENSION"; may be NULL */
    LedgerPast *past;        /* look at this instead of pulling; NULL = pull. Its snapshot moves */
    IntakeProgress progress; /* may be NULL */
    void *progress_data;
    GCancellable *cancel;
    FILE *timings; /* stage times go here; NULL = nowhere */
    /* out, in the order of the stages */
    Intake *intake;
    GArray *held; /* (element-type GuardTrip) */
    bool *accepts_used;
    Snapshot *snapshot;
    Links *links;
    Graph *graph;
    Effective *effective;
    uint8_t *classes;
    Governed *governed;
    Present *present;
    LedgerRecall *recall;      /* NULL: nothing is remembered */
    Reviewed *reviewed;        /* what reviews decided; NULL without a ledger */
    GError *recall_error;      /* the history or the reviews could not be read: the run must not be
                                  merged */
    Times *times;              /* NULL: nothing was asked for */
    GPtrArray *times_messages; /* (element-type utf8) sources that did not tell; may be NULL */
    int64_t *source_last_good_utc;
    ControlContext context;
    FindingSet *findings;
    Standing *standing;         /* NULL: nobody asked the ledger */
    Suppressions *suppressions; /* NULL: the configuration has none */
};

#define PROVIDES_EVERYTHING 0xffu

/* The rules of `correlation`, in their order. (element-type LinkRule) */
GArray *reconciliation_link_rules(const Settings *settings);

/* Runs the stages up to govern (looking) or up to controls (judging). Sources that fail are in the
 * snapshot's source records; only cancellation ends it early: false, and nothing may be used. */
bool reconciliation_look(Reconciliation *reconciliation);
/* Looking at a few accounts, in two steps. Sources begin to be read before the baseline and the
 * hand links are known, which the first step needs; with it the snapshot has people and nothing
 * else, and no other result is there. */
void reconciliation_begin(Reconciliation *reconciliation);
bool reconciliation_look_rosters(Reconciliation *reconciliation);
/* Scope: everything of all sources, but of directories only these accounts. */
bool reconciliation_look_scope(Reconciliation *reconciliation, const Scope *scope);
bool reconciliation_judge(Reconciliation *reconciliation);
void reconciliation_clear(Reconciliation *reconciliation);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reconciliation, reconciliation_clear)
