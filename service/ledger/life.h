/* life.h: what an exception was after a run of the past.
 *
 * Nothing is stored for this: it is told by the audit rows, which are written with every change
 * and never touched again. Cost: one look-up by index per exception. */
#pragma once

#include "ledger/ledger_private.h"

/* The state after a run is everything written before the run began, and what the run wrote: what
 * people did afterwards is not in it. */
typedef struct RunMark {
    int64_t run, first_row; /* first_row: of the run in the audit table */
} RunMark;

typedef struct LifeAt {
    bool is_there; /* it was opened by then; else nothing below is set */
    Status status;
    int64_t changed_run;  /* that made it this; 0 = a person did */
    int severity;         /* -1 = that of now */
    int64_t severity_run; /* that made it this; 0 = none since it was opened */
    char *words;          /* the sentence of then, for finding_summary_at(); NULL = that of now */
} LifeAt;

void life_at_clear(LifeAt *life);

/* LEDGER_ERROR_NOT_FOUND when there is no such run. */
bool run_mark_read(Store *store, int64_t run, RunMark *ret_mark, GError **error);

/* A statement for life_read(); NULL on failure. */
Statement *life_prepare(Store *store, GError **error);
/* What the exception was at each of the marks, in lives[0 .. n_marks). */
bool life_read(Statement *statement, int64_t exception, const RunMark *marks, size_t n_marks,
               LifeAt *lives, GError **error);
