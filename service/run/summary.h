/* summary.h: what a run says at its end, and the exceptions of a dry run. */
#pragma once

#include "run/command.h"
#include "run/pipeline.h"

#include <jansson.h>

/* result: the JSON of `run --json`; printed as it is, or as one screen of text. */
void summary_print_run(const Invocation *invocation, json_t *result, bool is_first);
/* Findings as exceptions without ids, ordered like `exceptions`. New reference. */
json_t *dry_exceptions(const Reconciliation *reconciliation);

/* Small tables that several commands print; each is silent when the list is empty. */
void print_sources(const Invocation *invocation, json_t *sources);
void print_not_evaluable(const Invocation *invocation, json_t *list);
void print_severities(json_t *counts); /* "41 open: 2 critical, 20 high, …" */
void print_suppressions(const Invocation *invocation, json_t *list); /* nothing for an empty list */
/* Lines for what is found and not open, if there is any. */
void print_decided(const json_t *counts);
/* {"schema_version": 1, …}: prints and releases root. */
ExitCode print_json(const Invocation *invocation, json_t *root);
