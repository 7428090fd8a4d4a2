/* Is a change from one run to the next plausible? */
#include "fixture.h"

static const GuardLimits limits = {.shrink_percent = 5,
                                   .shrink_minimum = 3,
                                   .growth_percent = 20,
                                   .growth_minimum = 10,
                                   .fill_percent = 5,
                                   .resolve_percent = 5,
                                   .resolve_minimum = 5};
static const FreshnessLimits freshness = {
    .directory_hours = 24, .people_days = 7, .assets_days = 7, .approvals_days = 7};

/* ---- arithmetic ---- */

static void shrinking_to_nothing_is_never_within_the_limit(void **state)
{
    for (int64_t before = 1; before <= 1000; before++)
        assert_true(before - 0 > guard_shrink_limit(before, 5, 3));
}

static void small_populations_may_lose_at_most_half(void **state)
{
    static const int64_t expected[] = {0, 0, 1, 1, 2, 2, 3, 3, 3};
    for (int64_t before = 0; before < (int64_t)G_N_ELEMENTS(expected); before++)
        assert_int_equal(guard_shrink_limit(before, 5, 3), expected[before]);
}

static void percentages_are_rounded_up(void **state)
{
    assert_int_equal(guard_shrink_limit(60, 5, 3), 3);
    assert_int_equal(guard_shrink_limit(61, 5, 3), 4);
    assert_int_equal(guard_shrink_limit(100, 5, 3), 5);
    assert_int_equal(guard_shrink_limit(101, 5, 3), 6);
    assert_int_equal(guard_growth_limit(50, 20, 10), 10);
    assert_int_equal(guard_growth_limit(51, 20, 10), 11);
    assert_int_equal(guard_resolve_limit(100, 5, 5), 5);
    assert_int_equal(guard_resolve_limit(101, 5, 5), 6);
}

static void huge_populations_do_not_overflow(void **state)
{
    assert_int_equal(guard_shrink_limit(INT64_MAX / 2, 99, 3), INT64_MAX / 4);
    assert_true(guard_growth_limit(INT64_MAX / 2, 99, 10) > INT64_MAX / 4);
}

/* ---- sources ---- */

typedef struct Case {
    Intake intake;
    Sink *sink;
    Baseline *baseline;
    GArray *held;
} Case;

static Case case_of(Sink *sink)
{
    Case c = {.sink = sink, .baseline = g_new0(Baseline, 1)};
    sink_finish(sink, true, NULL);
    c.held = g_array_new(FALSE, FALSE, sizeof(GuardTrip));
    g_array_set_clear_func(c.held, (GDestroyNotify)guard_trip_clear);
    BaselineSource *before = g_new0(BaselineSource, 1);
    before->name = g_strdup(sink->options.name);
    before->last_good_run = 1;
    before->dimensions = g_array_new(FALSE, FALSE, sizeof(BaselineDimension));
    before->watched = g_ptr_array_new_with_free_func(g_free);
    c.baseline->sources = g_ptr_array_new();
    g_ptr_array_add(c.baseline->sources, before);
    return c;
}

static void had(Case *c, const char *dimension, int64_t last, int64_t maximum_7d)
{
    BaselineSource *before = c->baseline->sources->pdata[0];
    BaselineDimension d = {.name = g_strdup(dimension), .last = last, .maximum_7d = maximum_7d};
    g_array_append_val(before->dimensions, d);
}

static void watched(Case *c, const char *name)
{
    BaselineSource *before = c->baseline->sources->pdata[0];
    g_ptr_array_add(before->watched, g_strdup(name));
}

static SourceStatus guard_accepting(Case *c, const char *const *accepts, bool *accepts_used)
{
    c->intake = (Intake){.sinks = &c->sink, .n = 1};
    intake_guard_with(&c->intake, &limits, &freshness, c->baseline, AS_OF, accepts, accepts_used,
                      c->held);
    return c->sink->record.status;
}

static SourceStatus guard(Case *c)
{
    return guard_accepting(c, NULL, NULL);
}

/* "dimension before>after/limit …" of all trips */
static char *trips(const Case *c)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < c->held->len; i++) {
        const GuardTrip *trip = &g_array_index(c->held, GuardTrip, i);
        g_string_append_printf(text, "%s%s %d>%d/%d%s", i > 0 ? ", " : "", trip->dimension,
                               (int)trip->before, (int)trip->after, (int)trip->limit,
                               trip->is_accepted ? " accepted" : "");
    }
    return g_string_free(text, FALSE);
}

static void end(Case *c)
{
    baseline_free(c->baseline);
    g_array_unref(c->held);
    sink_free(c->sink);
}

static Sink *sink_with_accounts(int n)
{
    SinkOptions options = fixture_options("corp", PROVIDES_DIRECTORY);
    Sink *sink = sink_new(&options);
    for (int i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("a%d", i);
        push_account(sink, name);
    }
    return sink;
}

static void losing_more_than_the_limit_holds_the_source_with_numbers_and_command(void **state)
{
    Case c = case_of(sink_with_accounts(94));
    had(&c, "accounts", 100, -1);
    assert_int_equal(guard(&c), SOURCE_HELD);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "accounts 100>94/5");
    assert_non_null(
        strstr(c.sink->record.reason, "accounts went from 100 to 94 (at most 5 fewer)"));
    assert_non_null(strstr(c.sink->record.reason, "--accept corp:accounts --reason"));
    end(&c);
}

static void losing_what_the_limit_allows_passes(void **state)
{
    Case c = case_of(sink_with_accounts(95));
    had(&c, "accounts", 100, -1);
    assert_int_equal(guard(&c), SOURCE_COMPLETE);
    end(&c);
}

static void growing_more_than_the_limit_holds(void **state)
{
    Case c = case_of(sink_with_accounts(61));
    had(&c, "accounts", 50, -1);
    assert_int_equal(guard(&c), SOURCE_HELD);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "accounts 50>61/10");
    end(&c);
}

static void slow_erosion_is_seen_against_the_seven_day_maximum(void **state)
{
    Case c = case_of(sink_with_accounts(90));
    had(&c, "accounts", 92, 101); /* lost 2 now, 11 in a week: the limit is twice 6 */
    assert_int_equal(guard(&c), SOURCE_COMPLETE);
    end(&c);

    c = case_of(sink_with_accounts(88));
    had(&c, "accounts", 90, 101); /* 13 in a week */
    assert_int_equal(guard(&c), SOURCE_HELD);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "accounts 101>88/12");
    end(&c);
}

static void all_dimensions_that_trip_are_told_at_once(void **state)
{
    Case c = case_of(sink_with_accounts(10));
    had(&c, "accounts", 100, -1);
    had(&c, "fill.mail", 40, -1);
    had(&c, "groups", 8, -1);
    assert_int_equal(guard(&c), SOURCE_HELD);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "accounts 100>10/5, groups 8>0/3, fill.mail 40>0/3");
    end(&c);
}

static void an_accepted_dimension_lets_the_source_through_and_is_marked(void **state)
{
    Case c = case_of(sink_with_accounts(10));
    had(&c, "accounts", 100, -1);
    const char *const accepts[] = {"corp:groups", "corp:accounts", NULL};
    bool used[2] = {false, false};
    assert_int_equal(guard_accepting(&c, accepts, used), SOURCE_COMPLETE);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "accounts 100>10/5 accepted");
    assert_false(used[0]);
    assert_true(used[1]);
    end(&c);
}

static void a_dimension_that_is_not_accepted_still_holds(void **state)
{
    Case c = case_of(sink_with_accounts(10));
    had(&c, "accounts", 100, -1);
    had(&c, "groups", 20, -1);
    const char *const accepts[] = {"corp:accounts", NULL};
    assert_int_equal(guard_accepting(&c, accepts, NULL), SOURCE_HELD);
    assert_null(strstr(c.sink->record.reason, "accounts went"));
    end(&c);
}

static void a_watched_group_that_lost_all_members_holds(void **state)
{
    Sink *sink = sink_with_accounts(3);
    push_group(sink, "empty", "");
    push_group(sink, "small", "a0");
    Case c = case_of(sink);
    watched(&c, "group.empty");
    watched(&c, "group.gone");
    watched(&c, "group.small"); /* from ten or more to one: memberships judge that */
    watched(&c, "branch.ou=x,dc=x");
    watched(&c, "branch.ou=y,dc=x");
    assert_int_equal(guard(&c), SOURCE_HELD);
    g_autofree char *text = trips(&c);
    assert_string_equal(text, "group.empty 10>0/9, group.gone 10>0/9, branch.ou=y,dc=x 10>0/9");
    end(&c);
}

static void groups_and_all_ancestor_branches_with_ten_are_watched(void **state)
{
    Sink *sink = sink_with_accounts(12);
    push_group(sink, "ten", "a0 a1 a2 a3 a4 a5 a6 a7 a8 cn=gone,dc=x");
    push_group(sink, "nine", "a0 a1 a2 a3 a4 a5 a6 a7 a8");
    DirectoryEntry elsewhere = account_entry("deep");
    elsewhere.dn = text_of("CN=deep,OU=Inner\\, Ltd,OU=y,DC=X");
    push_entry(sink, &elsewhere);
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->watched->len, 3);
    assert_string_equal(sink->watched->pdata[0], "branch.dc=x");
    assert_string_equal(sink->watched->pdata[1], "branch.ou=x,dc=x");
    assert_string_equal(sink->watched->pdata[2], "group.ten");
    sink_free(sink);
}

static void a_source_without_a_baseline_is_not_guarded(void **state)
{
    Case c = case_of(sink_with_accounts(1));
    ((BaselineSource *)c.baseline->sources->pdata[0])->last_good_run = 0;
    had(&c, "accounts", 100, -1);
    assert_int_equal(guard(&c), SOURCE_COMPLETE);
    end(&c);
}

/* ---- freshness ---- */

static Sink *roster(const char *recorded_at)
{
    SinkOptions options = fixture_options("hr", PROVIDES_PEOPLE);
    Sink *sink = sink_new(&options);
    sink_file_time(sink, AS_OF);
    g_autofree char *row = g_strdup_printf("id=1;name=Ann;recorded_at=%s", recorded_at);
    push_row(sink, row);
    push_row(sink, "id=2;name=Bob;recorded_at=2020-01-01");
    return sink;
}

static void a_roster_is_as_old_as_its_newest_record(void **state)
{
    Case c = case_of(roster("2026-03-10T05:00:00Z")); /* seven days to the second */
    assert_int_equal(guard(&c), SOURCE_COMPLETE);
    end(&c);

    c = case_of(roster("2026-03-10T04:59:59Z"));
    assert_int_equal(guard(&c), SOURCE_STALE);
    assert_non_null(strstr(c.sink->record.reason, "7 days"));
    end(&c);
}

static void a_file_without_times_is_as_old_as_the_file(void **state)
{
    SinkOptions options = fixture_options("register", PROVIDES_ASSETS);
    Sink *sink = sink_new(&options);
    sink_file_time(sink, AS_OF - 8 * 86400);
    push_row(sink, "id=1");
    Case c = case_of(sink);
    assert_int_equal(guard(&c), SOURCE_STALE);
    end(&c);
}

static void a_directory_read_live_is_as_fresh_as_the_run(void **state)
{
    Sink *sink = sink_with_accounts(0);
    DirectoryEntry entry = account_entry("ann");
    entry.changed_utc = AS_OF - 400 * 86400;
    push_entry(sink, &entry);
    Case c = case_of(sink);
    assert_int_equal(guard(&c), SOURCE_COMPLETE);
    end(&c);

    sink = sink_with_accounts(0);
    push_entry(sink, &entry);
    sink_file_time(sink, AS_OF); /* now it is an export */
    c = case_of(sink);
    assert_int_equal(guard(&c), SOURCE_STALE);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shrinking_to_nothing_is_never_within_the_limit),
        cmocka_unit_test(small_populations_may_lose_at_most_half),
        cmocka_unit_test(percentages_are_rounded_up),
        cmocka_unit_test(huge_populations_do_not_overflow),
        cmocka_unit_test(losing_more_than_the_limit_holds_the_source_with_numbers_and_command),
        cmocka_unit_test(losing_what_the_limit_allows_passes),
        cmocka_unit_test(growing_more_than_the_limit_holds),
        cmocka_unit_test(slow_erosion_is_seen_against_the_seven_day_maximum),
        cmocka_unit_test(all_dimensions_that_trip_are_told_at_once),
        cmocka_unit_test(an_accepted_dimension_lets_the_source_through_and_is_marked),
        cmocka_unit_test(a_dimension_that_is_not_accepted_still_holds),
        cmocka_unit_test(a_watched_group_that_lost_all_members_holds),
        cmocka_unit_test(groups_and_all_ancestor_branches_with_ten_are_watched),
        cmocka_unit_test(a_source_without_a_baseline_is_not_guarded),
        cmocka_unit_test(a_roster_is_as_old_as_its_newest_record),
        cmocka_unit_test(a_file_without_times_is_as_old_as_the_file),
        cmocka_unit_test(a_directory_read_live_is_as_fresh_as_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
