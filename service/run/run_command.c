/* run_command.c: `rightful run`, one reconciliation merged into the ledger. */

#include "run/run_commands.h"

#include "base/times.h"
#include "ledger/ledger.h"
#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/summary.h"
#include "run/terminal.h"

#include <string.h>
#include <unistd.h>

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

/* ---- before ---- */

static ExitCode check_options(Run *run, int *ret_fail_on)
{
    const char *fail_on = invocation_value(run->invocation, "fail-on");
    const char *const *accepts = invocation_values(run->invocation, "accept");
    const char *reason = invocation_value(run->invocation, "reason");

    *ret_fail_on = N_SEVERITIES;
    for (int i = 0; fail_on != NULL && severities[i] != NULL; i++) {
        *ret_fail_on = strcmp(severities[i], fail_on) == 0 ? i : *ret_fail_on;
    }
    if (fail_on != NULL && *ret_fail_on == N_SEVERITIES) {
        return usage_error(run->invocation,
                           "--fail-on %s: no such severity; allowed: low, medium, high, critical",
                           fail_on);
    }
    if (accepts[0] != NULL && (reason == NULL || *reason == '\0')) {
        return usage_error(
            run->invocation,
            "--accept needs --reason TEXT: it is recorded who let what through, and why");
    }
    for (; *accepts != NULL; accepts++) {
        if (strchr(*accepts, ':') == NULL) {
            return usage_error(
                run->invocation,
                "--accept %s: not of the form SOURCE:DIMENSION, as the held run printed it",
                *accepts);
        }
        g_ptr_array_add(run->accepts, (void *)(uintptr_t)*accepts);
    }
    g_ptr_array_add(run->accepts, NULL);
    return EXIT_DONE;
}

static char *holder_text(void)
{
    return g_strdup_printf("rightful run, process %d of %s on %s", (int)getpid(), actor_name(),
                           g_get_host_name());
}

/* A dry run reads the ledger when there is one and locks nothing. */
static ExitCode open_ledger(Run *run)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_path_get_dirname(run->settings->path);
    g_autofree char *holder = holder_text();

    run->ledger = ledger_open(run->settings->store_url, directory,
                              run->is_dry ? LEDGER_READ : LEDGER_RUN, &error);
    if (run->ledger == NULL) {
        bool is_absent = g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING);

        return run->is_dry && is_absent ? EXIT_DONE : ledger_failed(error);
    }
    ledger_set_references(run->ledger, fact_references);
    if (!run->is_dry && !ledger_lock(run->ledger, holder, &error)) {
        return ledger_failed(error);
    }
    return EXIT_DONE;
}

static ExitCode read_baseline(Run *run)
{
    g_autoptr(GError) error = NULL;

    if (run->ledger == NULL) {
        return EXIT_DONE;
    }
    run->baseline = ledger_baseline(run->ledger, run->record.as_of_utc, &error);
    json_t *newest = run->baseline != NULL ? ledger_newest_run(run->ledger, &error) : NULL;

    if (error != NULL) {
        return ledger_failed(error);
    }
    run->reconciliation.this_run = json_integer_value(json_object_get(newest, "id")) + 1;
    json_decref(newest);
    if (run->baseline->last_run > 0 && run->record.as_of_utc < run->baseline->last_as_of_utc) {
        g_autofree char *as_of = time_to_text(run->record.as_of_utc);
        g_autofree char *last = time_to_text(run->baseline->last_as_of_utc);

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
        json_object_set_new(item, "actor", json_string(actor_name()));
    }
    return list;
}

static bool accepts_ledger(const Run *run)
{
    for (guint i = 0; i + 1 < run->accepts->len; i++) {
        if (strcmp(run->accepts->pdata[i], "ledger:resolved") == 0) {
            return true;
        }
    }
    return false;
}

static bool is_whole(const Snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (snapshot->sources[i].status != SOURCE_COMPLETE) {
            return false;
        }
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
    record->finished_utc = clock_utc();
    record->actor = actor_name();
    record->version = RIGHTFUL_VERSION;
    record->config_digest = run->settings->digest;
    record->profile = *profile;
    record->thresholds = fact_thresholds(run->settings);
    record->not_evaluable = fact_not_evaluable(r->findings);
    record->held = fact_held(r->held, false);
    record->accepted = accepted_list(run);
    if (accepts_ledger(run)) {
        json_array_append_new(record->accepted,
                              json_pack("{s:s s:o s:s}", "accept", "ledger:resolved", "reason",
                                        fact_text(invocation_value(run->invocation, "reason")),
                                        "actor", actor_name()));
    }
    record->sources = json_array();
    for (uint32_t i = 0; i < r->snapshot->n_sources; i++) {
        json_array_append_new(record->sources, fact_source(&r->snapshot->sources[i]));
    }
}

static void clear_record(LedgerRun *record)
{
    json_decref(record->thresholds);
    json_decref(record->not_evaluable);
    json_decref(record->held);
    json_decref(record->accepted);
    json_decref(record->sources);
}

/* What the next run's guards compare with: complete sources only. */
static LedgerSourceBaseline *next_baselines(const Run *run, size_t *ret_n)
{
    const Reconciliation *r = &run->reconciliation;
    LedgerSourceBaseline *baselines = g_new0(LedgerSourceBaseline, r->snapshot->n_sources + 1);
    size_t n = 0;

    for (uint32_t i = 0; i < r->snapshot->n_sources; i++) {
        const GArray *dimensions = intake_dimensions(r->intake, i);
        const GPtrArray *watched = intake_watched(r->intake, i);

        if (r->snapshot->sources[i].status != SOURCE_COMPLETE) {
            continue;
        }
        LedgerSourceBaseline *next = &baselines[n++];
        const char **names = g_new0(const char *, dimensions->len + 1);
        int64_t *values = g_new0(int64_t, dimensions->len + 1);

        for (guint j = 0; j < dimensions->len; j++) {
            names[j] = g_array_index(dimensions, GuardDimension, j).name;
            values[j] = g_array_index(dimensions, GuardDimension, j).value;
        }
        next->name = r->snapshot->sources[i].name;
        next->good_as_of_utc = r->as_of_utc;
        next->n_dimensions = dimensions->len;
        next->dimensions = names;
        next->values = values;
        next->watched = g_new0(const char *, watched->len + 1);
        for (guint j = 0; j < watched->len; j++) {
            next->watched[j] = watched->pdata[j];
        }
    }
    *ret_n = n;
    return baselines;
}

static void free_baselines(LedgerSourceBaseline *baselines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_free(baselines[i].dimensions);
        g_free((void *)(uintptr_t)baselines[i].values);
        g_free(baselines[i].watched);
    }
    g_free(baselines);
}

/* "source\x1fkey" of every governed group, for "first seen". */
static char **governed_keys(const Reconciliation *r)
{
    const Groups *groups = &r->snapshot->groups;
    GPtrArray *keys = g_ptr_array_new();

    for (uint32_t g = 0; g < groups->n; g++) {
        if (bitset_has(&r->governed->any, g)) {
            g_ptr_array_add(keys, g_strdup_printf("%s\x1f%s",
                                                  r->snapshot->sources[groups->source[g]].name,
                                                  snapshot_text(r->snapshot, groups->key[g])));
        }
    }
    g_ptr_array_add(keys, NULL);
    return (char **)g_ptr_array_free(keys, FALSE);
}

static bool merge(Run *run, GError **error)
{
    const SettingsGroup *guards = settings_group(run->settings->root, "guards");
    const SettingsGroup *due = settings_group(run->settings->root, "due");
    const char *const due_names[] = {"low_days", "medium_days", "high_days", "critical_days"};
    int64_t due_seconds[N_SEVERITIES];
    size_t n_baselines = 0;
    g_auto(GStrv) governed = governed_keys(&run->reconciliation);
    LedgerSourceBaseline *baselines = next_baselines(run, &n_baselines);

    for (int i = 0; i < N_SEVERITIES; i++) {
        due_seconds[i] = settings_int(due, due_names[i]) * 86400;
    }
    LedgerApply apply = {
        .run = &run->record,
        .findings = run->reconciliation.findings,
        .baselines = baselines,
        .n_baselines = n_baselines,
        .snapshot = run->reconciliation.snapshot,
        .governed_group_keys = (const char *const *)governed,
        .resolve_limit = accepts_ledger(run)
                             ? INT64_MAX
                             : guard_resolve_limit(run->baseline->n_open,
                                                   settings_int(guards, "resolve_percent"),
                                                   settings_int(guards, "resolve_minimum")),
        .due_seconds = due_seconds,
    };
    bool is_applied = ledger_apply(run->ledger, &apply, &run->counts, error);

    free_baselines(baselines, n_baselines);
    return is_applied;
}

static void say_messages(const Run *run)
{
    const GPtrArray *messages = intake_messages(run->reconciliation.intake);
    const Governed *governed = run->reconciliation.governed;
    const Snapshot *snapshot = run->reconciliation.snapshot;

    for (guint i = 0; i < messages->len; i++) {
        say_error("%s", (const char *)messages->pdata[i]);
    }
    /* What was held is said with its numbers by say_held(). */
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];

        if (source->status == SOURCE_INCOMPLETE || source->status == SOURCE_STALE) {
            say_error("%s: %s: %s", source->name, source_status_text(source->status),
                      source->reason != NULL ? source->reason : "no reason was given");
        }
    }
    for (guint i = 0; i < governed->unresolved->len; i++) {
        say_error("warning: %s", (const char *)governed->unresolved->pdata[i]);
    }
    for (guint i = 0; i + 1 < run->accepts->len; i++) {
        if (!run->reconciliation.accepts_used[i] &&
            strcmp(run->accepts->pdata[i], "ledger:resolved") != 0) {
            say(run->invocation, "--accept %s: nothing of that name was held.",
                (char *)run->accepts->pdata[i]);
        }
    }
}

/* A word as a shell takes it; plain ones without quotes, since they are read by people. */
static char *shell_word(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@,+-";

    return *word != '\0' && word[strspn(word, plain)] == '\0' ? g_strdup(word)
                                                              : g_shell_quote(word);
}

/* All that was held at once, and the one command that lets all of it through. */
static void say_held(const Run *run)
{
    const char *config = invocation_value(run->invocation, "config");
    const char *as_of = invocation_value(run->invocation, "as-of");
    g_autoptr(GString) command = g_string_new("rightful");
    json_t *trip;
    size_t i;

    if (json_array_size(run->record.held) == 0) {
        return;
    }
    if (config != NULL) {
        g_autofree char *quoted = shell_word(config);

        g_string_append_printf(command, " --config %s", quoted);
    }
    g_string_append_printf(command, " run%s%s", as_of != NULL ? " --as-of " : "",
                           as_of != NULL ? as_of : "");
    for (guint j = 0; j + 1 < run->accepts->len; j++) {
        g_autofree char *quoted = shell_word(run->accepts->pdata[j]);

        g_string_append_printf(command, " --accept %s", quoted);
    }
    json_array_foreach(run->record.held, i, trip)
    {
        const char *accept = json_string_value(json_object_get(trip, "accept"));
        g_autofree char *quoted = shell_word(accept);

        say_error("held: %s: %s went from %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
                  ", which is more than the %" JSON_INTEGER_FORMAT " that one run may change",
                  json_string_value(json_object_get(trip, "source")),
                  json_string_value(json_object_get(trip, "dimension")),
                  json_integer_value(json_object_get(trip, "before")),
                  json_integer_value(json_object_get(trip, "after")),
                  json_integer_value(json_object_get(trip, "limit")));
        g_string_append_printf(command, " --accept %s", quoted);
    }
    say_error("what rests on it was left as it was. If the change is real:\n  %s --reason 'WHY'",
              command->str);
}

/* ---- result ---- */

static ExitCode exit_code(const Run *run, const json_t *counts, int fail_on)
{
    const json_t *by_severity = json_object_get(counts, "by_severity");

    if (strcmp(run->record.status, "held") == 0 || !is_whole(run->reconciliation.snapshot)) {
        return EXIT_INCOMPLETE;
    }
    for (int i = fail_on; i < N_SEVERITIES; i++) {
        if (json_integer_value(json_object_get(by_severity, severities[i])) > 0) {
            return EXIT_FINDINGS;
        }
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
        if (counts == NULL) {
            return NULL;
        }
    }
    json_object_set_new(counts, "new", json_integer(run->counts.n_new));
    json_object_set_new(counts, "reopened", json_integer(run->counts.n_reopened));
    json_object_set_new(counts, "open", json_integer(run->counts.n_open));
    json_object_set_new(counts, "resolved", json_integer(run->counts.n_resolved));
    json_object_set_new(counts, "accepted", json_integer(run->counts.n_accepted));
    json_object_set_new(counts, "false_positive", json_integer(run->counts.n_false_positive));
    return counts;
}

/* The run as `run-show` gives it; of a dry run, that nobody recorded, the same form without an id.
 */
static json_t *result_run(Run *run, GError **error)
{
    const LedgerRun *record = &run->record;

    if (!run->is_dry) {
        return ledger_run(run->ledger, record->id, error);
    }
    return json_pack("{s:n s:s s:o s:o s:o s:s s:s s:s s:s s:O s:O s:O s:O}", "id", "status",
                     record->status, "as_of", fact_time(record->as_of_utc), "started",
                     fact_time(record->started_utc), "finished", fact_time(record->finished_utc),
                     "actor", record->actor, "version", record->version, "config",
                     record->config_digest, "profile", record->profile, "sources", record->sources,
                     "held", record->held, "accepted", record->accepted, "not_evaluable",
                     record->not_evaluable);
}

static ExitCode print_result(Run *run, int fail_on)
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

    if (run->is_dry && run->invocation->format != FORMAT_TABLE) {
        json_object_set_new(result, "exceptions", dry_exceptions(&run->reconciliation));
    }
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
    ledger_close(run->ledger);
    g_ptr_array_unref(run->accepts);
}

static bool judge(Run *run)
{
    g_autoptr(Progress) progress = progress_new(run->invocation->is_quiet);

    run->reconciliation.settings = run->settings;
    run->reconciliation.as_of_utc = run->record.as_of_utc;
    run->reconciliation.wanted = PROVIDES_EVERYTHING;
    run->reconciliation.baseline = run->baseline;
    run->reconciliation.accepts = (const char *const *)run->accepts->pdata;
    run->reconciliation.progress = progress_report;
    run->reconciliation.progress_data = progress;
    run->reconciliation.cancel = run->invocation->cancel;
    run->reconciliation.timings = invocation_has(run->invocation, "timings") ? stderr : NULL;
    return reconciliation_judge(&run->reconciliation);
}

static ExitCode merge_or_preview(Run *run)
{
    g_autoptr(GError) error = NULL;
    bool is_done = true;

    if (!run->is_dry) {
        is_done = merge(run, &error);
    } else if (run->ledger != NULL) {
        is_done = ledger_preview(run->ledger, run->reconciliation.findings, &run->counts, &error);
    } else {
        run->counts.n_new = run->counts.n_open = run->reconciliation.findings->findings->len;
    }
    return is_done ? EXIT_DONE : ledger_failed(error);
}

static ExitCode reconcile(Run *run, int fail_on)
{
    g_autofree char *profile = NULL;
    ExitCode code = open_ledger(run);

    if (code == EXIT_DONE) {
        code = read_baseline(run);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (!judge(run)) {
        say_error("interrupted while reading; the ledger is as it was.");
        return EXIT_INTERRUPTED;
    }
    fill_record(run, &profile);
    int64_t start = g_get_monotonic_time();

    code = merge_or_preview(run);
    if (run->reconciliation.timings != NULL) {
        fprintf(stderr, "stage %-10s %9.4f s\n", "ledger",
                (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    say_messages(run);
    say_held(run);
    return print_result(run, fail_on);
}

ExitCode command_run(Invocation *invocation)
{
    Run run = {.invocation = invocation, .accepts = g_ptr_array_new(), .started_utc = clock_utc()};
    int fail_on = N_SEVERITIES;
    ExitCode code = EXIT_CONFIGURATION;

    run.is_dry = invocation_has(invocation, "dry-run");
    run.settings = invocation_settings(invocation);
    if (run.settings != NULL) {
        code = check_options(&run, &fail_on);
    }
    if (code == EXIT_DONE) {
        code = invocation_as_of(invocation, run.started_utc, &run.record.as_of_utc)
                   ? reconcile(&run, fail_on)
                   : EXIT_USAGE;
    }
    clear_run(&run);
    return code;
}
