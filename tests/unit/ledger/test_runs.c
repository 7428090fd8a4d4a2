/* Runs with their proofs, and what the next run compares with. */
#include "fixture.h"
#include "on_postgres.h"

#include <rightful/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const char *member(json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void record(Fixture *f, LedgerRun *run)
{
    g_autoptr(GError) error = NULL;
    LedgerApply apply = {.run = run, .resolve_limit = INT64_MAX};
    LedgerCounts counts;

    if (!f->ledger)
        fixture_open(f, LEDGER_RUN);
    if (!ledger_apply(f->ledger, &apply, &counts, &error))
        fail_msg("%s", error->message);
    f->counts = counts;
}

static LedgerRun failed_run(const char *status)
{
    return (LedgerRun){.status = status,
                       .as_of_utc = NOON,
                       .started_utc = NOON + 1,
                       .finished_utc = NOON + 2,
                       .actor = "jdoe",
                       .version = "0.1.0",
                       .config_digest = "sha256:00",
                       .profile = "iso27001",
                       .reason = "the reason"};
}

static void before_the_first_run_everything_is_empty(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_open(f, LEDGER_RUN);
    int64_t next;

    assert_null(ledger_last_run(f->ledger, &error));
    assert_null(ledger_newest_run(f->ledger, &error));
    assert_null(ledger_run(f->ledger, 1, &error));
    g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, NOON, &error);
    assert_null(error);
    assert_int_equal(baseline->last_run, 0);
    assert_true(baseline->last_as_of_utc == TIME_UNKNOWN);
    assert_int_equal(baseline->sources->len, 0);
    assert_true(ledger_next_run(f->ledger, &next, NULL));
    assert_int_equal(next, 1);
}

static void a_run_is_shown_with_its_proofs(void **state)
{
    Fixture *f = *state;
    LedgerRun run = failed_run("failed");
    run.sources = json_pack("[{s:s s:s s:{s:i} s:[s]}]", "name", "corp", "status", "incomplete",
                            "counts", "pulled", 7, "rejections", "line 3");
    run.accepted =
        json_pack("[{s:s s:s s:s}]", "accept", "corp:accounts", "reason", "moved", "actor", "jdoe");
    run.not_evaluable =
        json_pack("[{s:s s:s s:n}]", "control", "dormant", "reason", "no directory", "subjects");
    record(f, &run);

    json_t *shown = ledger_run(f->ledger, 1, NULL);
    assert_string_equal(member(shown, "status"), "failed");
    assert_string_equal(member(shown, "as_of"), "2026-03-03T12:00:00Z");
    assert_string_equal(member(shown, "reason"), "the reason");
    assert_true(json_equal(json_object_get(shown, "sources"), run.sources));
    assert_true(json_equal(json_object_get(shown, "accepted"), run.accepted));
    assert_true(json_equal(json_object_get(shown, "not_evaluable"), run.not_evaluable));
    json_decref(shown);
    json_decref(run.sources);
    json_decref(run.accepted);
    json_decref(run.not_evaluable);
    fixture_close(f);
    assert_int_equal(
        count_rows(
            f->path,
            "SELECT count(*) FROM audit WHERE action = 'guard accepted' AND object = 'run 1'"),
        1);
}

static void results_of_controls_say_why_not(void **state)
{
    Fixture *f = *state;
    LedgerRun run = failed_run("partial");
    run.not_evaluable =
        json_pack("[{s:s s:s s:n}, {s:s s:s s:i}]", "control", "dormant", "reason", "no directory",
                  "subjects", "control", "dormant", "reason", "no date", "subjects", 2);
    record(f, &run);
    json_t *results = ledger_control_results(f->ledger, NULL);
    json_t *dormant = json_object_get(results, "dormant");

    assert_string_equal(member(dormant, "result"), "not-evaluable");
    assert_string_equal(member(dormant, "reason"), "no directory; no date (2 of its subjects)");
    json_decref(results);
    json_decref(run.not_evaluable);
}

static bool append_run(json_t *row, void *data)
{
    json_t *source = json_array_get(json_object_get(row, "sources"), 0);
    g_string_append_printf(data, "%d %s%s;", (int)json_integer_value(json_object_get(row, "id")),
                           member(row, "status"),
                           json_object_get(source, "rejections") ? " with proofs" : "");
    return true;
}

static void runs_are_listed_newest_first_without_long_proofs(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GString) one = g_string_new(NULL);
    LedgerRun run = failed_run("failed");
    run.sources = json_pack("[{s:s s:[s]}]", "name", "corp", "rejections", "line 3");
    fixture_night(f, NOON, "dormant corp/ann");
    record(f, &run);
    json_decref(run.sources);

    assert_true(ledger_runs(f->ledger, 0, append_run, all, NULL));
    assert_string_equal(all->str, "2 failed;1 applied;");
    assert_true(ledger_runs(f->ledger, 1, append_run, one, NULL));
    assert_string_equal(one->str, "2 failed;");
    json_t *last = ledger_last_run(f->ledger, NULL), *newest = ledger_newest_run(f->ledger, NULL);
    assert_int_equal(json_integer_value(json_object_get(last, "id")), 1);
    assert_int_equal(json_integer_value(json_object_get(newest, "id")), 2);
    json_decref(last);
    json_decref(newest);
}

static void a_run_that_merged_nothing_counts_what_stays(void **state)
{
    Fixture *f = *state;
    LedgerRun run = failed_run("held");
    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob");
    record(f, &run);

    assert_int_equal(f->counts.n_open, 2);
    assert_int_equal(f->counts.n_new, 0);
    json_t *shown = ledger_run(f->ledger, 2, NULL);
    char *counts = json_dumps(json_object_get(shown, "counts"), JSON_COMPACT);
    assert_string_equal(
        counts,
        "{\"new\":0,\"reopened\":0,\"open\":2,\"resolved\":0,\"accepted\":0,\"accepted_by_rule\":0,"
        "\"lapsed\":0,\"false_positive\":0,"
        "\"by_control\":{\"dormant\":2},"
        "\"by_severity\":{\"critical\":0,\"high\":2,\"medium\":0,\"low\":0}}");
    free(counts);
    json_decref(shown);
}

static LedgerSourceBaseline baseline_of(const char **names, const int64_t *values, size_t n,
                                        const char **watched)
{
    return (LedgerSourceBaseline){.name = "corp",
                                  .good_as_of_utc = NOON,
                                  .n_dimensions = n,
                                  .dimensions = names,
                                  .values = values,
                                  .watched = watched};
}

static void night_of(Fixture *f, int64_t as_of_utc, int64_t n_accounts, bool is_accepted,
                     const char **watched)
{
    const char *names[] = {"accounts"};
    LedgerSourceBaseline baseline = baseline_of(names, &n_accounts, 1, watched);

    baseline.good_as_of_utc = as_of_utc;
    baseline.accepted = &is_accepted;
    f->baselines = &baseline;
    f->n_baselines = 1;
    fixture_night(f, as_of_utc, "@corp");
    f->n_baselines = 0;
}

static void good_night(Fixture *f, int64_t as_of_utc, int64_t n_accounts, const char **watched)
{
    night_of(f, as_of_utc, n_accounts, false, watched);
}

static int64_t maximum_at(Fixture *f, int64_t as_of_utc)
{
    g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, as_of_utc, NULL);
    const BaselineSource *source = baseline_source(baseline, "corp");

    return g_array_index(source->dimensions, BaselineDimension, 0).maximum_7d;
}

static void the_maximum_of_a_week_counts_from_the_change_that_was_let_through(void **state)
{
    Fixture *f = *state;
    good_night(f, NOON, 500, NULL);
    night_of(f, NOON + DAY, 300, true, NULL);
    assert_int_equal(maximum_at(f, NOON + DAY), 300);
    good_night(f, NOON + 2 * DAY, 290, NULL);
    assert_int_equal(maximum_at(f, NOON + 2 * DAY), 300);
    good_night(f, NOON + 3 * DAY, 310, NULL);
    assert_int_equal(maximum_at(f, NOON + 3 * DAY), 310);
}

static void the_baseline_has_the_last_good_run_and_the_maximum_of_a_week(void **state)
{
    Fixture *f = *state;
    good_night(f, NOON, 500, NULL);
    good_night(f, NOON + 2 * DAY, 300, NULL);
    good_night(f, NOON + 5 * DAY, 200, NULL);
    fixture_night(f, NOON + 6 * DAY, "@corp"); /* the source was not good */

    const struct {
        int64_t as_of_utc, maximum;
    } cases[] = {{NOON + 6 * DAY, 500},
                 {NOON + 8 * DAY, 300},
                 {NOON + 11 * DAY, 200},
                 {NOON + 30 * DAY, -1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, cases[i].as_of_utc, NULL);
        const BaselineSource *source = baseline_source(baseline, "corp");
        const BaselineDimension *dimension =
            &g_array_index(source->dimensions, BaselineDimension, 0);
        assert_int_equal(baseline->last_run, 4);
        assert_true(baseline->last_as_of_utc == NOON + 6 * DAY);
        assert_int_equal(source->last_good_run, 3);
        assert_true(source->last_good_as_of_utc == NOON + 5 * DAY);
        assert_string_equal(dimension->name, "accounts");
        assert_int_equal(dimension->last, 200);
        assert_int_equal(dimension->maximum_7d, cases[i].maximum);
    }
}

static void the_baseline_watches_what_the_last_good_run_watched(void **state)
{
    Fixture *f = *state;
    const char *first[] = {"group.a", "group.b", NULL},
               *second[] = {"branch.ou=x", "group.b", NULL};
    good_night(f, NOON, 5, first);
    good_night(f, NOON + DAY, 5, second);

    g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, NOON + DAY, NULL);
    const GPtrArray *watched = baseline_source(baseline, "corp")->watched;
    assert_int_equal(watched->len, 2);
    assert_string_equal(watched->pdata[0], "branch.ou=x");
    assert_string_equal(watched->pdata[1], "group.b");
}

static void a_held_merge_keeps_the_old_baseline(void **state)
{
    Fixture *f = *state;
    const char *names[] = {"accounts"};
    const int64_t value = 1;
    LedgerSourceBaseline baseline = baseline_of(names, &value, 1, NULL);
    good_night(f, NOON, 100, NULL);
    fixture_night(f, NOON, "dormant corp/a; dormant corp/b");
    f->resolve_limit = 0;
    f->baselines = &baseline;
    f->n_baselines = 1;
    fixture_night(f, NOON + DAY, "+dormant; @corp");
    assert_string_equal(f->status, "held");

    g_autoptr(Baseline) kept = ledger_baseline(f->ledger, NOON + DAY, NULL);
    const BaselineSource *source = baseline_source(kept, "corp");
    assert_int_equal(g_array_index(source->dimensions, BaselineDimension, 0).last, 100);
    assert_int_equal(kept->last_run, 2);
    assert_int_equal(kept->n_open, 2);
}

static void governed_groups_keep_their_first_seen(void **state)
{
    Fixture *f = *state;
    const char *const first[] = {"corp\x1fkey-1", NULL};
    const char *const second[] = {"corp\x1fkey-1", "corp\x1fkey-2", NULL};
    f->governed = first;
    fixture_night(f, NOON, "@corp");
    f->governed = second;
    fixture_night(f, NOON + DAY, "@corp");

    g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, NOON + DAY, NULL);
    const gint64 *one = g_hash_table_lookup(baseline->group_first_seen, "corp\x1fkey-1");
    const gint64 *two = g_hash_table_lookup(baseline->group_first_seen, "corp\x1fkey-2");
    assert_true(*one == NOON);
    assert_true(*two == NOON + DAY);
}

/* A snapshot of people only: "id name mail user" each. */
typedef struct Roster {
    Snapshot snapshot;
    SourceRecord source;
    TextRef columns[4][8];
    uint8_t sources[8];
    int64_t gone[8];
    uint32_t successors[8];
} Roster;

static void roster_init(Roster *roster, const char *const *people, SourceStatus status)
{
    memset(roster, 0, sizeof *roster);
    roster->source = (SourceRecord){
        .name = (char *)(uintptr_t) "hr", .provides = PROVIDES_PEOPLE, .status = status};
    roster->snapshot.text = text_pool_new();
    roster->snapshot.sources = &roster->source;
    roster->snapshot.n_sources = 1;
    People *all = &roster->snapshot.people;
    all->id = roster->columns[0];
    all->name = roster->columns[1];
    all->email = roster->columns[2];
    all->username = roster->columns[3];
    all->source = roster->sources;
    all->gone_since_run = roster->gone;
    all->next_successor = roster->successors;
    for (; people[all->n]; all->n++) {
        g_auto(GStrv) words = g_strsplit(people[all->n], " ", 4);
        for (size_t column = 0; column < 4 && words[column]; column++)
            roster->columns[column][all->n] =
                text_pool_add(roster->snapshot.text, text_of(words[column]));
    }
}

static void same(json_t *line, json_t *whole, const char *name)
{
    if (!json_equal(json_object_get(line, name), json_object_get(whole, name)))
        fail_msg("%s differs", name);
}

static bool collect_run(json_t *row, void *rows)
{
    return json_array_append(rows, row) == 0;
}

/* A line says of a run what the whole says, and follows what is added. */
static void assert_lines(Fixture *f, size_t n)
{
    json_t *wholes = json_array(), *lines = ledger_run_lines(f->ledger, 0, 100, NULL), *line,
           *source;
    json_t *second = ledger_run_lines(f->ledger, 1, 1, NULL);
    size_t i, k;

    assert_true(ledger_runs(f->ledger, 0, collect_run, wholes, NULL));
    assert_int_equal(json_array_size(lines), n);
    assert_int_equal(json_array_size(wholes), n);
    json_array_foreach(lines, i, line)
    {
        json_t *whole = json_array_get(wholes, i);
        json_t *counts = json_object_get(line, "counts");
        same(line, whole, "id");
        same(line, whole, "status");
        same(line, whole, "as_of");
        same(line, whole, "reason");
        same(counts, json_object_get(whole, "counts"), "open");
        same(counts, json_object_get(whole, "counts"), "by_severity");
        assert_int_equal(json_array_size(json_object_get(line, "sources")),
                         json_array_size(json_object_get(whole, "sources")));
        json_array_foreach(json_object_get(line, "sources"), k, source)
        {
            same(source, json_array_get(json_object_get(whole, "sources"), k), "name");
            same(source, json_array_get(json_object_get(whole, "sources"), k), "status");
        }
    }
    assert_true(n < 2 || json_equal(json_array_get(second, 0), json_array_get(lines, 1)));
    json_decref(wholes);
    json_decref(lines);
    json_decref(second);
}

static void a_line_says_of_a_run_what_the_whole_says(void **state)
{
    Fixture *f = *state;
    LedgerRun run = failed_run("failed");

    fixture_night(f, NOON, "dormant corp/ann");
    assert_lines(f, 1);
    fixture_night(f, NOON + DAY, "dormant corp/ann; dormant corp/bob");
    assert_lines(f, 2);
    run.sources = json_pack("[{s:s s:s s:{s:i}}]", "name", "corp", "status", "incomplete", "counts",
                            "pulled", 7);
    record(f, &run);
    assert_lines(f, 3);
    json_decref(run.sources);
}

static char *roster_text(const Baseline *baseline)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < baseline->roster->len; i++) {
        const BaselinePerson *person = &g_array_index(baseline->roster, BaselinePerson, i);
        g_string_append_printf(out, "%s %s %s %s %d;", person->id, person->name, person->email,
                               person->username, (int)person->gone_since_run);
    }
    return g_string_free(out, FALSE);
}

/* As judging and looking know it. */
static char *roster_after(Fixture *f, const char *const *people, SourceStatus status)
{
    Roster roster;

    roster_init(&roster, people, status);
    f->snapshot = &roster.snapshot;
    fixture_night(f, NOON, "@hr");
    f->snapshot = NULL;
    text_pool_free(roster.snapshot.text);
    g_autoptr(Baseline) baseline = ledger_baseline(f->ledger, NOON, NULL);
    g_autoptr(Baseline) of_look = ledger_baseline_people(f->ledger, NULL);
    g_autofree char *seen_by_look = roster_text(of_look);
    char *out = roster_text(baseline);
    assert_string_equal(seen_by_look, out);
    assert_int_equal(of_look->last_run, baseline->last_run);
    assert_int_equal(of_look->last_as_of_utc, baseline->last_as_of_utc);
    return out;
}

static void who_vanishes_from_the_roster_is_kept_with_the_run_that_missed_them(void **state)
{
    Fixture *f = *state;
    const char *const both[] = {"00123 Ann ann@x ann", "124 Bob bob@x bob", NULL};
    const char *const married[] = {"00123 Ann ann.new@x ann", NULL};
    const char *const nobody[] = {NULL};
    const struct {
        const char *const *people;
        SourceStatus status;
        const char *expected;
    } nights[] = {
        {both, SOURCE_COMPLETE, "00123 Ann ann@x ann 0;124 Bob bob@x bob 0;"},
        {nobody, SOURCE_INCOMPLETE, "00123 Ann ann@x ann 0;124 Bob bob@x bob 0;"},
        {married, SOURCE_COMPLETE, "00123 Ann ann.new@x ann 0;124 Bob bob@x bob 3;"},
        {married, SOURCE_COMPLETE, "00123 Ann ann.new@x ann 0;124 Bob bob@x bob 3;"},
        {both, SOURCE_COMPLETE, "00123 Ann ann@x ann 0;124 Bob bob@x bob 0;"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(nights); i++) {
        g_autofree char *roster = roster_after(f, nights[i].people, nights[i].status);
        assert_string_equal(roster, nights[i].expected);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        RUNS(before_the_first_run_everything_is_empty),
        RUNS(a_run_is_shown_with_its_proofs),
        RUNS(results_of_controls_say_why_not),
        RUNS(runs_are_listed_newest_first_without_long_proofs),
        RUNS(a_line_says_of_a_run_what_the_whole_says),
        RUNS(a_run_that_merged_nothing_counts_what_stays),
        RUNS(the_baseline_has_the_last_good_run_and_the_maximum_of_a_week),
        RUNS(the_maximum_of_a_week_counts_from_the_change_that_was_let_through),
        RUNS(the_baseline_watches_what_the_last_good_run_watched),
        RUNS(a_held_merge_keeps_the_old_baseline),
        RUNS(governed_groups_keep_their_first_seen),
        RUNS(who_vanishes_from_the_roster_is_kept_with_the_run_that_missed_them),
    };
    return run_on_argument(argc, argv, "runs and baselines", tests);
}
