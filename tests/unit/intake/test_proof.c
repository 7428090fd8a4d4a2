/* Is a pull whole, and what does absence in it mean? And who is missing from a roster? */
#include "fixture.h"

static Sink *sink_of(Provides provides)
{
    SinkOptions options = fixture_options("s", provides);
    return sink_new(&options);
}

static void assert_incomplete(Sink *sink, const char *words)
{
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->record.status, SOURCE_INCOMPLETE);
    if (strstr(sink->record.reason, words) == NULL)
        fail_msg("%s", sink->record.reason);
    sink_free(sink);
}

/* ---- wholeness ---- */

static void success_with_no_entries_is_never_trusted(void **state)
{
    assert_incomplete(sink_of(PROVIDES_DIRECTORY), "not a single account");

    Sink *sink = sink_of(PROVIDES_DIRECTORY);
    push_group(sink, "g", "ann");
    assert_incomplete(sink, "not a single account");
}

static void a_table_without_a_usable_row_is_never_trusted(void **state)
{
    assert_incomplete(sink_of(PROVIDES_PEOPLE), "not a single row");
    assert_incomplete(sink_of(PROVIDES_APPROVALS), "not a single row");

    Sink *sink = sink_of(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=");
    assert_incomplete(sink, "none of the 1 records");
}

static void a_page_that_ended_badly_makes_the_pull_incomplete(void **state)
{
    Sink *sink = sink_of(PROVIDES_DIRECTORY);
    push_account(sink, "ann");
    sink_page(sink, 0, 1);
    sink_page(sink, 4, 0);
    sink_page(sink, 0, 1);
    assert_incomplete(sink, "result code 4");
}

static void a_cancelled_pull_is_incomplete_even_if_it_says_success(void **state)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    options.cancel = g_cancellable_new();
    Sink *sink = sink_new(&options);
    push_account(sink, "ann");
    assert_false(sink_is_cancelled(sink));
    g_cancellable_cancel(options.cancel);
    assert_true(sink_is_cancelled(sink));
    assert_incomplete(sink, "cancelled");
    g_object_unref(options.cancel);
}

static void canaries_must_have_been_seen_as_entries(void **state)
{
    static const char *const canaries[] = {"CN=Canary, OU=x, DC=x", NULL};
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    options.canaries = canaries;
    Sink *sink = sink_new(&options);
    push_account(sink, "ann");
    push_account(sink, "canary");
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->record.status, SOURCE_COMPLETE);
    sink_free(sink);

    sink = sink_new(&options);
    push_account(sink, "ann");
    push_group(sink, "g", "canary"); /* listed, but not seen */
    assert_incomplete(sink, "CN=Canary, OU=x, DC=x");
}

static void the_proof_keeps_notes_pages_and_digest(void **state)
{
    Sink *sink = sink_of(PROVIDES_DIRECTORY);
    push_account(sink, "ann");
    sink_page(sink, 0, 1);
    sink_page(sink, 0, 0);
    sink_reference(sink);
    sink_note(sink, "bind", "cn=reader");
    sink_digest(sink, "abc");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const SourceRecord *record = &snapshot->sources[0];
    assert_int_equal(record->status, SOURCE_COMPLETE);
    assert_null(record->reason);
    assert_string_equal(record->digest, "sha256:abc");
    assert_string_equal(record->notes->pdata[0], "bind=cn=reader");
    assert_string_equal(record->notes->pdata[1], "pages=2");
    assert_string_equal(record->notes->pdata[2], "references_not_followed=1");
    assert_true(record->started_utc > 0 && record->finished_utc >= record->started_utc);
}

/* ---- lock state ---- */

static uint8_t enabled_after(AbsenceRule rule, uint32_t flags, EnabledBy enabled_by, State enabled)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    options.lock_state = rule;
    Sink *sink = sink_new(&options);
    DirectoryEntry entry = account_entry("ann");
    entry.flags = flags;
    entry.enabled = enabled;
    entry.enabled_by = enabled_by;
    push_entry(sink, &entry);
    sink_finish(sink, true, NULL);
    uint8_t result = sink->directory->accounts.enabled[0];
    sink_free(sink);
    return result;
}

static void without_operational_attributes_the_state_is_unknown(void **state)
{
    assert_int_equal(enabled_after(ABSENCE_AUTO, 0, ENABLED_BY_NOTHING, STATE_UNKNOWN),
                     STATE_UNKNOWN);
    assert_int_equal(
        enabled_after(ABSENCE_AUTO, ENTRY_SHOWS_OPERATIONAL, ENABLED_BY_NOTHING, STATE_UNKNOWN),
        STATE_YES);
}

static void the_setting_settles_the_lock_state(void **state)
{
    assert_int_equal(enabled_after(ABSENCE_RECORDED, 0, ENABLED_BY_NOTHING, STATE_UNKNOWN),
                     STATE_YES);
    assert_int_equal(enabled_after(ABSENCE_NONE, 0, ENABLED_BY_NOTHING, STATE_UNKNOWN), STATE_YES);
}

static void a_state_that_was_read_or_unreadable_is_not_touched(void **state)
{
    for (AbsenceRule rule = ABSENCE_AUTO; rule <= ABSENCE_NONE; rule++) {
        assert_int_equal(
            enabled_after(rule, ENTRY_SHOWS_OPERATIONAL, ENABLED_BY_UNREADABLE, STATE_UNKNOWN),
            STATE_UNKNOWN);
        assert_int_equal(
            enabled_after(rule, ENTRY_SHOWS_OPERATIONAL, ENABLED_BY_PPOLICY_LOCK, STATE_NO),
            STATE_NO);
    }
}

static uint8_t locked_after(State locked, int64_t until_utc)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    Sink *sink = sink_new(&options);
    DirectoryEntry entry = account_entry("ann");
    entry.locked = locked;
    entry.locked_until_utc = until_utc;
    push_entry(sink, &entry);
    sink_finish(sink, true, NULL);
    uint8_t result = sink->directory->accounts.locked[0];
    sink_free(sink);
    return result;
}

static void a_lock_that_is_over_at_the_as_of_time_is_none(void **state)
{
    assert_int_equal(locked_after(STATE_YES, AS_OF - 1), STATE_NO);
    assert_int_equal(locked_after(STATE_YES, AS_OF), STATE_NO);
    assert_int_equal(locked_after(STATE_YES, AS_OF + 1), STATE_YES);
    assert_int_equal(locked_after(STATE_YES, TIME_NEVER), STATE_YES);
    assert_int_equal(locked_after(STATE_UNKNOWN, AS_OF - 1), STATE_UNKNOWN);
    assert_int_equal(locked_after(STATE_NO, TIME_NEVER), STATE_NO);
}

/* ---- last use ---- */

/* bob shows nothing; ann shows what is given. What is known of bob then? */
static int64_t use_of_bob(AbsenceRule rule, int64_t ann_utc, uint32_t bob_flags)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    options.last_use = rule;
    Sink *sink = sink_new(&options);
    DirectoryEntry ann = account_entry("ann"), bob = account_entry("bob");
    ann.last_logon_utc = ann_utc;
    bob.flags |= bob_flags;
    push_entry(sink, &bob);
    push_entry(sink, &ann);
    sink_finish(sink, true, NULL);
    int64_t result = sink->directory->accounts.last_logon_utc[0];
    assert_int_equal(sink->record.records_last_use,
                     rule == ABSENCE_RECORDED || (rule == ABSENCE_AUTO && ann_utc != TIME_UNKNOWN));
    sink_free(sink);
    return result;
}

static void absence_means_never_where_others_show_a_use(void **state)
{
    assert_true(use_of_bob(ABSENCE_AUTO, AS_OF, 0) == TIME_NEVER);
    assert_true(use_of_bob(ABSENCE_AUTO, TIME_UNKNOWN, 0) == TIME_UNKNOWN);
    assert_true(use_of_bob(ABSENCE_AUTO, AS_OF, ENTRY_LAST_LOGON_UNREADABLE) == TIME_UNKNOWN);
}

static void the_setting_settles_the_last_use(void **state)
{
    assert_true(use_of_bob(ABSENCE_RECORDED, TIME_UNKNOWN, 0) == TIME_NEVER);
    assert_true(use_of_bob(ABSENCE_NONE, AS_OF, 0) == TIME_UNKNOWN);
}

/* ---- roster ---- */

static Baseline *roster_of(const char *const *ids, const int64_t *gone_since)
{
    Baseline *baseline = g_new0(Baseline, 1);
    baseline->roster = g_array_new(FALSE, FALSE, sizeof(BaselinePerson));
    for (size_t i = 0; ids[i] != NULL; i++) {
        BaselinePerson person = {.id = g_strdup(ids[i]),
                                 .name = g_strdup_printf("Name %s", ids[i]),
                                 .email = g_strdup_printf("%s@x", ids[i]),
                                 .gone_since_run = gone_since[i]};
        g_array_append_val(baseline->roster, person);
    }
    return baseline;
}

static void people_missing_from_a_complete_roster_are_gone_since_this_run(void **state)
{
    g_autoptr(Baseline) baseline =
        roster_of((const char *const[]){"1", "2", "3", "4", NULL}, (const int64_t[]){0, 0, 5, 0});
    Sink *sink = sink_of(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann");
    push_row(sink, "id=40;name=Dan;previous_ids=4"); /* 4 lives on */
    g_autoptr(Snapshot) snapshot = freeze_sinks(&sink, 1, baseline);
    const People *people = &snapshot->people;
    assert_int_equal(people->n, 4);
    assert_int_equal(people->gone_since_run[0], 0);
    assert_string_equal(snapshot_text(snapshot, people->id[2]), "2");
    assert_string_equal(snapshot_text(snapshot, people->email[2]), "2@x");
    assert_int_equal(people->gone_since_run[2], 7);
    assert_int_equal(people->gone_since_run[3], 5);
    assert_int_equal(people->source[2], UINT8_MAX);
    assert_int_equal(people->first_previous[4], 1);
    assert_int_equal(people->last_day[3], INT32_MIN);
}

static void who_stands_in_a_refused_row_is_not_gone_but_unread(void **state)
{
    g_autoptr(Baseline) baseline =
        roster_of((const char *const[]){"1", "2", "3", NULL}, (const int64_t[]){0, 0, 0});
    Sink *sink = sink_of(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann");
    push_row(sink, "id=2;name=Bob;email=bob@x;end_date=soon");
    g_autoptr(Snapshot) snapshot = freeze_sinks(&sink, 1, baseline);
    const People *people = &snapshot->people;
    assert_int_equal(people->n, 3);
    assert_string_equal(snapshot_text(snapshot, people->email[1]), "bob@x");
    assert_int_equal(people->gone_since_run[1], PERSON_UNREAD);
    assert_string_equal(snapshot_text(snapshot, people->id[2]), "3");
    assert_int_equal(people->gone_since_run[2], 7);
}

static void a_refused_row_without_an_id_may_be_anybodys(void **state)
{
    g_autoptr(Baseline) baseline =
        roster_of((const char *const[]){"1", "2", "3", NULL}, (const int64_t[]){0, 0, 5});
    Sink *sink = sink_of(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann");
    push_row(sink, "id=;name=Bob");
    g_autoptr(Snapshot) snapshot = freeze_sinks(&sink, 1, baseline);
    assert_int_equal(snapshot->people.n, 3);
    assert_int_equal(snapshot->people.gone_since_run[1], PERSON_UNREAD);
    assert_int_equal(snapshot->people.gone_since_run[2], 5);
}

static void nobody_is_gone_while_a_roster_is_not_whole(void **state)
{
    g_autoptr(Baseline) baseline =
        roster_of((const char *const[]){"2", NULL}, (const int64_t[]){0});
    SinkOptions options = fixture_options("more", PROVIDES_PEOPLE);
    options.index = 1;
    Sink *sinks[] = {sink_of(PROVIDES_PEOPLE), sink_new(&options)};
    push_row(sinks[0], "id=1;name=Ann"); /* the second has no row: incomplete */
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, baseline);
    assert_int_equal(snapshot->people.n, 1);
}

static void nobody_is_gone_without_a_source_of_people(void **state)
{
    g_autoptr(Baseline) baseline =
        roster_of((const char *const[]){"2", NULL}, (const int64_t[]){0});
    Sink *sink = sink_of(PROVIDES_DIRECTORY);
    push_account(sink, "ann");
    g_autoptr(Snapshot) snapshot = freeze_sinks(&sink, 1, baseline);
    assert_int_equal(snapshot->people.n, 0);
}

static void an_old_id_is_spoken_for_by_the_row_that_lists_it(void **state)
{
    Sink *sink = sink_of(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann old;status=left");
    push_row(sink, "id=2;name=Ann;previous_ids=1|2|77");
    push_row(sink, "id=3;name=X;previous_ids=4");
    push_row(sink,
             "id=4;name=Y;previous_ids=3"); /* each other: one of them must speak for itself */
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const People *people = &snapshot->people;
    assert_int_equal(people_successor(people, 0), 1);
    assert_int_equal(people_successor(people, 1), NONE);
    assert_int_equal(people_successor(people, 3), 2);
    assert_int_equal(people_successor(people, 2), NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_with_no_entries_is_never_trusted),
        cmocka_unit_test(a_table_without_a_usable_row_is_never_trusted),
        cmocka_unit_test(a_page_that_ended_badly_makes_the_pull_incomplete),
        cmocka_unit_test(a_cancelled_pull_is_incomplete_even_if_it_says_success),
        cmocka_unit_test(canaries_must_have_been_seen_as_entries),
        cmocka_unit_test(the_proof_keeps_notes_pages_and_digest),
        cmocka_unit_test(without_operational_attributes_the_state_is_unknown),
        cmocka_unit_test(the_setting_settles_the_lock_state),
        cmocka_unit_test(a_state_that_was_read_or_unreadable_is_not_touched),
        cmocka_unit_test(a_lock_that_is_over_at_the_as_of_time_is_none),
        cmocka_unit_test(absence_means_never_where_others_show_a_use),
        cmocka_unit_test(the_setting_settles_the_last_use),
        cmocka_unit_test(people_missing_from_a_complete_roster_are_gone_since_this_run),
        cmocka_unit_test(who_stands_in_a_refused_row_is_not_gone_but_unread),
        cmocka_unit_test(a_refused_row_without_an_id_may_be_anybodys),
        cmocka_unit_test(nobody_is_gone_while_a_roster_is_not_whole),
        cmocka_unit_test(nobody_is_gone_without_a_source_of_people),
        cmocka_unit_test(an_old_id_is_spoken_for_by_the_row_that_lists_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
