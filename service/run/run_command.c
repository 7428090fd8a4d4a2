/* run_command.c: `rightful run`, one reconciliation merged into the ledger. */

#include "run/run_commands.h"
#include "run/run_state.h"

#include "base/times.h"
#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>

/* ---- before ---- */

static ExitCode check_options(Run *run, int *ret_fail_on)
{
    const char *fail_on = invocation_value(run->invocation, "fail-on");
    const char *const *accepts = invocation_values(run->invocation, "accept");
    const char *reason = invocation_value(run->invocation, "reason");

    *ret_fail_on = N_SEVERITIES;
    for (int i = 0; fail_on != NULL && severities[i] != NULL; i++)
        *ret_fail_on = strcmp(severities[i], fail_on) == 0 ? i : *ret_fail_on;
    if (fail_on != NULL && *ret_fail_on == N_SEVERITIES)
        return usage_error(run->invocation,
                           "--fail-on %s: no such severity; allowed: low, medium, high, critical",
                           fail_on);
    if (accepts[0] != NULL && (reason == NULL || *reason == '\0'))
        return usage_error(
            run->invocation,
            "--accept needs --reason TEXT: it is recorded who let what through, and why");
    for (; *accepts != NULL; accepts++) {
        if (strchr(*accepts, ':') == NULL)
            return usage_error(
                run->invocation,
                "--accept %s: not of the form SOURCE:DIMENSION, as the held run printed it",
                *accepts);
        g_ptr_array_add(run->accepts, (void *)(uintptr_t)*accepts);
    }
    g_ptr_array_add(run->accepts, NULL);
    return EXIT_DONE;
}

/* A dry run reads the ledger when there is one and locks nothing. */
static ExitCode open_ledger(Run *run)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_path_get_dirname(run->settings->path);
    g_autofree char *holder = lock_holder("run");

    run->ledger = ledger_open(run->settings->store_url, directory,
                              run->is_dry ? LEDGER_READ : LEDGER_RUN, &error);
    if (run->ledger == NULL) {
        bool is_absent = g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING);

        return run->is_dry && is_absent ? EXIT_DONE : ledger_failed(error);
    }
    ledger_set_references(run->ledger, fact_references);
    if (!run->is_dry && !ledger_lock(run->ledger, LEDGER_LOCK_RUN, holder, &error))
        return ledger_failed(error);
    return EXIT_DONE;
}

static ExitCode read_baseline(Run *run)
{
    g_autoptr(GError) error = NULL;

    if (run->ledger == NULL)
        return EXIT_DONE;
    run->baseline = ledger_baseline(run->ledger, run->record.as_of_utc, &error);
    run->hand_links = run->baseline != NULL ? hand_links_read(run->ledger, &error) : NULL;
    if (run->hand_links == NULL ||
        !ledger_next_run(run->ledger, &run->reconciliation.this_run, &error))
        return ledger_failed(error);
    if (run->baseline->last_run > 0 && run->record.as_of_utc < run->baseline->last_as_of_utc) {
        g_autofree char *as_of = time_to_text(run->record.as_of_utc);
        g_autofree char *last = time_to_text(run->baseline->last_as_of_utc);

        if (invocation_value(run->invocation, "as-of") == NULL) {
            say_error("the clock says %s, which lies before run %" G_GINT64_FORMAT
                      ", which judged by %s. Nothing was read or changed; set the clock right, or "
                      "say by when to judge: --as-of TIME",
                      as_of, run->baseline->last_run, last);
            return EXIT_INCOMPLETE;
        }
        return usage_error(
            run->invocation,
            "--as-of %s lies before run %" G_GINT64_FORMAT
            ", which judged by %s; the ledger only goes forward. Nothing was read or changed",
            as_of, run->baseline->last_run, last);
    }
    return EXIT_DONE;
}

/* ---- after ---- */

static json_t *accepted_list(Run *run)
{
    json_t *list = fact_held(run->reconciliation.held, true);
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        json_object_set_new(item, "reason", fact_text(invocation_value(run->invocation, "reason")));
        json_object_set_new(item, "actor", json_string(invocation_actor(run->invocation)));
    }
    return list;
}

static bool is_whole(const Snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (snapshot->sources[i].status != SOURCE_COMPLETE)
            return false;
    }
    return true;
}

static void fill_record(Run *run, char **profile)
{
    const Reconciliation *r = &run->reconciliation;
    LedgerRun *record = &run->record;

    *profile = profile_text(run->settings);
    record->status = run->is_dry ? "dry" : is_whole(r->snapshot) ? "applied" : "partial";
    record->started_utc = run->started_utc;
    record->boot = run->started.boot;
    record->up_seconds = run->started.up_seconds;
    record->finished_utc = clock_utc();
    record->actor = invocation_actor(run->invocation);
    record->version = RIGHTFUL_VERSION;
    record->config_digest = run->settings->digest;
    record->profile = *profile;
    record->thresholds = fact_thresholds(run->settings);
    record->set_by = fact_set_by(run->settings);
    record->not_evaluable = fact_not_evaluable(r->findings);
    record->suppressions = fact_suppressions(r->suppressions);
    record->held = fact_held(r->held, false);
    record->accepted = accepted_list(run);
    if (run_accepts_resolving(run))
        json_array_append_new(record->accepted,
                              json_pack("{s:s s:o s:s}", "accept", "ledger:resolved", "reason",
                                        fact_text(invocation_value(run->invocation, "reason")),
                                        "actor", invocation_actor(run->invocation)));
    record->sources = json_array();
    for (uint32_t i = 0; i < r->snapshot->n_sources; i++)
        json_array_append_new(record->sources, fact_source(&r->snapshot->sources[i]));
}

static void clear_record(LedgerRun *record)
{
    json_decref(record->thresholds);
    json_decref(record->set_by);
    json_decref(record->not_evaluable);
    json_decref(record->held);
    json_decref(record->suppressions);
    json_decref(record->accepted);
    json_decref(record->sources);
}

/* ---- result ---- */

static ExitCode exit_code(const Run *run, const json_t *counts, int fail_on)
{
    const json_t *by_severity = json_object_get(counts, "by_severity");

    if (strcmp(run->record.status, "held") == 0 || run->would_be_held || run->is_clock_held ||
        !is_whole(run->reconciliation.snapshot))
        return EXIT_INCOMPLETE;
    for (int i = fail_on; i < N_SEVERITIES; i++) {
        if (json_integer_value(json_object_get(by_severity, severities[i])) > 0)
            return EXIT_FINDINGS;
    }
    return EXIT_DONE;
}

/* counts: of the ledger after the merge; of a dry run, what is found. */
static json_t *result_counts(Run *run, GError **error)
{
    json_t *counts = NULL;

    if (run->is_dry) {
        counts = json_object();
        fact_count_findings(run->reconciliation.findings, counts);
    } else {
        counts = ledger_summary(run->ledger, error);
        if (counts == NULL)
            return NULL;
    }
    json_object_set_new(counts, "new", json_integer(run->counts.n_new));
    json_object_set_new(counts, "reopened", json_integer(run->counts.n_reopened));
    json_object_set_new(counts, "open", json_integer(run->counts.n_open));
    json_object_set_new(counts, "resolved", json_integer(run->counts.n_resolved));
    json_object_set_new(counts, "accepted", json_integer(run->counts.n_accepted));
    json_object_set_new(counts, "accepted_by_rule", json_integer(run->counts.n_by_rule));
    json_object_set_new(counts, "lapsed", json_integer(run->counts.n_lapsed));
    json_object_set_new(counts, "false_positive", json_integer(run->counts.n_false_positive));
    return counts;
}

/* The run as `run-show` gives it; of a dry run, that nobody recorded, the same form without an id.
 */
static json_t *result_run(Run *run, GError **error)
{
    const LedgerRun *record = &run->record;

    if (!run->is_dry)
        return ledger_run(run->ledger, record->id, error);
    return json_pack("{s:n s:s s:o s:o s:o s:s s:s s:s s:s s:O s:O s:O s:O s:O}", "id", "status",
                     record->status, "as_of", fact_time(record->as_of_utc), "started",
                     fact_time(record->started_utc), "finished", fact_time(record->finished_utc),
                     "actor", record->actor, "version", record->version, "config",
                     record->config_digest, "profile", record->profile, "sources", record->sources,
                     "held", record->held, "accepted", record->accepted, "not_evaluable",
                     record->not_evaluable, "suppressions", record->suppressions);
}

static ExitCode print_result(Run *run, json_t *forgotten, int fail_on)
{
    g_autoptr(GError) error = NULL;
    json_t *counts = result_counts(run, &error);
    json_t *record = counts != NULL ? result_run(run, &error) : NULL;

    if (error != NULL) {
        json_decref(counts);
        return ledger_failed(error);
    }
    ExitCode code = exit_code(run, counts, fail_on);
    json_t *result =
        json_pack("{s:i s:o s:o s:O s:O}", "schema_version", 1, "run", record, "counts", counts,
                  "not_evaluable", run->record.not_evaluable, "held", run->record.held);

    json_object_set_new(
        result, "leaver_cases",
        json_pack("{s:i s:i}", "checked", run->leavers.n_checked, "cleared", run->leavers.n_clear));
    if (run->reviews != NULL) {
        json_object_set_new(result, "review_tasks",
                            json_pack("{s:I s:I s:I}", "verified",
                                      (json_int_t)run->review_counts.n_verified, "returned",
                                      (json_int_t)run->review_counts.n_returned, "moved",
                                      (json_int_t)run->review_counts.n_moved));
        json_object_set(result, "reviews", run->reviews);
    }
    if (run->is_dry && run->invocation->format != FORMAT_TABLE)
        json_object_set_new(result, "exceptions", dry_exceptions(&run->reconciliation));
    if (forgotten != NULL)
        json_object_set(result, "forgotten", forgotten);
    summary_print_run(run->invocation, result,
                      run->baseline == NULL || run->baseline->last_run == 0);
    json_decref(result);
    if (fflush(stdout) != 0) {
        say_error("the result could not be written to the standard output");
        return EXIT_FAILED;
    }
    return code;
}

static void clear_run(Run *run)
{
    reconciliation_clear(&run->reconciliation);
    clear_record(&run->record);
    baseline_free(run->baseline);
    hand_links_free(run->hand_links);
    json_decref(run->reviews);
    ledger_close(run->ledger);
    g_ptr_array_unref(run->accepts);
    g_free(run->clock_reason);
}

static bool judge(Run *run)
{
    g_autoptr(Progress) progress = progress_new(run->invocation->is_quiet);

    run->reconciliation.settings = run->settings;
    run->reconciliation.as_of_utc = run->record.as_of_utc;
    run->reconciliation.wanted = PROVIDES_EVERYTHING;
    run->reconciliation.baseline = run->baseline;
    run->reconciliation.ledger = run->ledger;
    hand_links_use(run->hand_links, &run->reconciliation);
    run->reconciliation.accepts = (const char *const *)run->accepts->pdata;
    run->reconciliation.progress = progress_report;
    run->reconciliation.progress_data = progress;
    run->reconciliation.cancel = run->invocation->cancel;
    run->reconciliation.timings = invocation_has(run->invocation, "timings") ? stderr : NULL;
    return reconciliation_judge(&run->reconciliation);
}

static void count_without_ledger(const FindingSet *set, LedgerCounts *counts)
{
    for (guint i = 0; i < set->findings->len; i++) {
        bool is_by_rule = set->accepted_by != NULL && set->accepted_by[i] != 0;

        counts->n_by_rule += is_by_rule;
        counts->n_accepted += is_by_rule;
        counts->n_new += !is_by_rule;
        counts->n_open += !is_by_rule;
    }
}

static ExitCode merge_or_preview(Run *run)
{
    g_autoptr(GError) error = NULL;
    bool is_done = true;

    if (!run->is_dry)
        is_done = run_merge(run, &error);
    else if (run->ledger != NULL)
        is_done = run_preview(run, &error);
    else
        count_without_ledger(run->reconciliation.findings, &run->counts);
    return is_done ? EXIT_DONE : ledger_failed(error);
}

/* What a run has merged is merged, whatever becomes of this: the next run checks the cases again.
 */
static ExitCode check_leavers(Run *run)
{
    g_autoptr(GError) error = NULL;
    Look look = {.invocation = run->invocation, .reconciliation = run->reconciliation};

    if (run->is_dry || strcmp(run->record.status, "held") == 0 ||
        leaver_cases_check(run->ledger, &look, run->record.id, run->record.actor, &run->leavers,
                           &error))
        return EXIT_DONE;
    return ledger_failed(error);
}

/* The same: the next run proves and starts what this one could not. */
static ExitCode do_reviews(Run *run)
{
    g_autoptr(GError) error = NULL;

    return run_follow_reviews(run, &error) && run_start_reviews(run, &error) ? EXIT_DONE
                                                                             : ledger_failed(error);
}

/* A transaction of its own: the run is applied, whatever becomes of this. */
static ExitCode forget_and_print(Run *run, int fail_on)
{
    g_autoptr(GError) error = NULL;
    json_t *forgotten = NULL;
    bool is_done = run->is_dry || run_retain(run, &forgotten, &error);
    ExitCode code = print_result(run, forgotten, fail_on);

    json_decref(forgotten);
    return is_done ? code : ledger_failed(error);
}

static ExitCode reconcile(Run *run, int fail_on)
{
    g_autofree char *profile = NULL;
    ExitCode code = open_ledger(run);

    if (code == EXIT_DONE)
        code = read_baseline(run);
    if (code != EXIT_DONE)
        return code;
    if (!judge(run)) {
        say_error("interrupted while reading; the ledger is as it was.");
        return EXIT_INTERRUPTED;
    }
    if (run->reconciliation.recall_error != NULL)
        return ledger_failed(run->reconciliation.recall_error);
    fill_record(run, &profile);
    run_check_clock(run);
    int64_t start = g_get_monotonic_time();

    code = merge_or_preview(run);
    if (run->reconciliation.timings != NULL)
        fprintf(stderr, "stage %-10s %9.4f s\n", "ledger",
                (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    if (code != EXIT_DONE)
        return code;
    run_say_messages(run);
    run_say_held(run);
    ExitCode leavers = check_leavers(run);
    ExitCode reviews = do_reviews(run);
    code = forget_and_print(run, fail_on);
    code = reviews != EXIT_DONE ? reviews : code;
    return leavers != EXIT_DONE ? leavers : code;
}

ExitCode command_run(Invocation *invocation)
{
    Run run = {.invocation = invocation, .accepts = g_ptr_array_new(), .started = clock_read()};
    int fail_on = N_SEVERITIES;
    ExitCode code = EXIT_CONFIGURATION;

    run.started_utc = run.started.wall_utc;
    run.is_dry = invocation_has(invocation, "dry-run");
    run.settings = invocation_settings(invocation);
    if (run.settings != NULL)
        code = check_options(&run, &fail_on);
    if (code == EXIT_DONE)
        code = invocation_as_of(invocation, run.started_utc, &run.record.as_of_utc)
                   ? reconcile(&run, fail_on)
                   : EXIT_USAGE;
    clear_run(&run);
    return code;
}
