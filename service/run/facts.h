/* facts.h: snapshot, findings and runs as JSON, in the shapes of interface.md. All results are new
 * references. */
#pragma once

#include "run/pipeline.h"

#include <jansson.h>

json_t *fact_text(const char *text); /* null for NULL and "" */
json_t *fact_time(int64_t utc);      /* null for what is no time */
json_t *fact_day(int32_t day);       /* null for DAY_NONE */
json_t *fact_flags(uint32_t flags);  /* EntryFlags in words, those that people know */
json_t *fact_references(
    const char *control); /* {"iso27001_2022": […], …}; NULL when there is no such control */
json_t *fact_source(const SourceRecord *source);
json_t *fact_held(const GArray *held,
                  bool is_accepted); /* only those that are, or are not, accepted */
json_t *fact_not_evaluable(const FindingSet *set);
json_t *fact_thresholds(const Settings *settings);
/* The same with who says so: a profile or the configuration. */
json_t *fact_set_by(const Settings *settings);
/* One finding as an exception that no ledger has given a number to: id null. */
json_t *fact_finding(const Reconciliation *reconciliation, const Finding *finding);
/* [ {control, place, reason, author, until, state, exceptions} ]: rules of `suppressions` and what
 * they accept; of one that is over, what it fits. suppressions may be NULL. */
json_t *fact_suppressions(const Suppressions *suppressions);
/* {"by_control": {…}, "by_severity": {…}} of a set of findings. */
void fact_count_findings(const FindingSet *set, json_t *counts);
/* Seconds from when an exception begins to when it is due, per Severity (N_SEVERITIES of them). */
void due_limits(const Settings *settings, int64_t *ret_seconds);
char *profile_text(const Settings *settings); /* "iso27001, pci"; newly allocated */
