/* Rows of tables: what cells mean, and which row is refused with which place. */
#include "fixture.h"

#include "base/times.h"

static Sink *table(Provides provides)
{
    SinkOptions options = fixture_options("t", provides);
    return sink_new(&options);
}

/* Pushes one row and tells why it was refused; "" when it was kept. */
static char *refusal_with(Provides provides, const char *cells, const char *date_format)
{
    SinkOptions options = fixture_options("t", provides);
    options.date_format = date_format;
    Sink *sink = sink_new(&options);
    push_row(sink, cells);
    sink_finish(sink, true, NULL);
    assert_balanced(&sink->record);
    char *refusal = rejections_of(&sink->record);
    sink_free(sink);
    return refusal;
}

static char *refusal(Provides provides, const char *cells)
{
    return refusal_with(provides, cells, NULL);
}

#define assert_refused(provides, cells, sentence)                                                  \
    do {                                                                                           \
        g_autofree char *why = refusal(provides, cells);                                           \
        if (!g_str_has_prefix(why, sentence))                                                      \
            fail_msg("%s: \"%s\"", cells, why);                                                    \
    } while (0)
#define assert_kept(provides, cells) assert_string_equal_free(refusal(provides, cells), "")

static void assert_string_equal_free(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    g_free(text);
}

/* ---- people ---- */

static void a_last_working_day_ends_at_midnight_in_the_persons_zone(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann;last_working_day=2026-03-05");
    push_row(sink, "id=2;name=Bob;last_working_day=2026-03-05;timezone=America/Los_Angeles");
    push_row(
        sink,
        "id=3;name=Eve;end_date=2026-03-29;start_date=2026-03-29"); /* clocks go forward that day */
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const People *people = &snapshot->people;
    assert_string_equal_free(time_to_text(people->last_day_end_utc[0]), "2026-03-05T23:00:00Z");
    assert_string_equal_free(time_to_text(people->last_day_end_utc[1]), "2026-03-06T08:00:00Z");
    assert_string_equal_free(time_to_text(people->start_utc[2]), "2026-03-28T23:00:00Z");
    assert_string_equal_free(time_to_text(people->end_day_end_utc[2]), "2026-03-29T22:00:00Z");
    assert_true(people->last_day_end_utc[2] == TIME_UNKNOWN);
    assert_int_equal(people->last_day[2], DAY_NONE);
}

static void ids_are_text(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE);
    push_row(sink, "id=00123;name=Ann");
    push_row(sink, "id=123;name=Bob");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_int_equal(snapshot->people.n, 2);
    assert_string_equal(snapshot_text(snapshot, snapshot->people.id[0]), "00123");
}

static void an_empty_kind_becomes_the_sources_kind(void **state)
{
    SinkOptions options = fixture_options("t", PROVIDES_PEOPLE);
    options.person_kind = "contractor";
    Sink *sink = sink_new(&options);
    push_row(sink, "id=1;name=Ann");
    push_row(sink, "id=2;name=Bob;kind=Partner");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_string_equal(snapshot_text(snapshot, snapshot->people.kind[0]), "contractor");
    assert_string_equal(snapshot_text(snapshot, snapshot->people.kind[1]), "Partner");
}

static void statuses_are_read_without_case_and_unknown_ones_kept(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=A;status=Active");
    push_row(sink, "id=2;name=B;status=leave");
    push_row(sink, "id=3;name=C;status=LEFT");
    push_row(sink, "id=4;name=D;status=pre-start");
    push_row(sink, "id=5;name=E;status=sabbatical");
    push_row(sink, "id=6;name=F");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    static const uint8_t expected[] = {PERSON_STATUS_ACTIVE, PERSON_STATUS_LEAVE,
                                       PERSON_STATUS_LEFT,   PERSON_STATUS_PRE_START,
                                       PERSON_STATUS_OTHER,  PERSON_STATUS_EMPTY};
    assert_memory_equal(snapshot->people.status, expected, sizeof expected);
    assert_string_equal(snapshot_text(snapshot, snapshot->people.status_text[4]), "sabbatical");
}

static void people_are_active_until_they_have_left_in_their_own_zone(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE); /* as of 2026-03-17T05:00Z */
    push_row(sink, "id=1;name=A;last_working_day=2026-03-16");
    push_row(
        sink,
        "id=2;name=B;last_working_day=2026-03-16;timezone=America/Los_Angeles"); /* 22:00 there */
    push_row(sink, "id=3;name=C;last_working_day=2026-04-01;status=left"); /* the date decides */
    push_row(sink, "id=4;name=D;end_date=2026-03-01");
    push_row(sink, "id=5;name=E;end_date=2026-03-01;last_working_day=2026-05-01");
    push_row(sink, "id=6;name=F;status=left");
    push_row(sink, "id=7;name=G;status=leave");
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->record.counts.people, 7);
    assert_int_equal(sink->record.counts.people_active, 4);
    sink_free(sink);
}

static void people_who_are_back_are_active_from_their_start(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE); /* as of 2026-03-17T05:00Z */
    push_row(sink, "id=1;name=A;last_working_day=2026-02-28;start_date=2026-03-10");
    push_row(sink, "id=2;name=B;last_working_day=2026-02-28;start_date=2026-04-01");
    push_row(sink, "id=3;name=C;last_working_day=2026-02-28;start_date=2020-01-01");
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->record.counts.people_active, 1);
    sink_free(sink);
}

static void bad_cells_refuse_the_row_with_line_and_column(void **state)
{
    assert_refused(PROVIDES_PEOPLE, "id=1;name=", "t.csv:2: name: is empty");
    assert_refused(PROVIDES_PEOPLE, "id=;name=Ann", "t.csv:2: id: is empty");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;last_working_day=soon",
                   "t.csv:2: last_working_day: \"soon\" is no date in the form %Y-%m-%d");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;end_date=2026-02-30",
                   "t.csv:2: end_date: \"2026-02-30\" is no date");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;start_date=03/04/2026",
                   "t.csv:2: start_date: \"03/04/2026\"");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;timezone=Mars/Olympus",
                   "t.csv:2: timezone: \"Mars/Olympus\" is no time zone");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;timezone=../../../etc/localtime",
                   "t.csv:2: timezone:");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;recorded_at=yesterday",
                   "t.csv:2: recorded_at: \"yesterday\"");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;last_working_day=\xe2\x80\xae",
                   "t.csv:2: last_working_day: \"<U+202E>\"");
}

static void a_spreadsheets_numbers_are_no_ids(void **state)
{
    assert_refused(PROVIDES_PEOPLE, "id=1.23457E+11;name=Ann",
                   "t.csv:2: id: \"1.23457E+11\" is a number in scientific");
    assert_refused(PROVIDES_PEOPLE, "id=1E+05;name=Ann", "t.csv:2: id:");
    assert_refused(PROVIDES_PEOPLE, "id=1,5e7;name=Ann", "t.csv:2: id:");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;manager_id=2E+09", "t.csv:2: manager_id:");
    assert_refused(PROVIDES_PEOPLE, "id=1;name=Ann;previous_ids=7|2E+09",
                   "t.csv:2: previous_ids: \"2E+09\"");
    assert_kept(PROVIDES_PEOPLE, "id=12E3;name=Ann"); /* may be an id */
    assert_kept(PROVIDES_PEOPLE, "id=E+05;name=Ann");
    assert_kept(PROVIDES_PEOPLE, "id=1.5;name=Ann");
    assert_kept(PROVIDES_PEOPLE, "id=1;name=1E+05");
}

static void dates_follow_the_declared_form_only(void **state)
{
    assert_string_equal_free(
        refusal_with(PROVIDES_PEOPLE, "id=1;name=A;end_date=05.03.2026", "%d.%m.%Y"), "");
    g_autofree char *why =
        refusal_with(PROVIDES_PEOPLE, "id=1;name=A;end_date=2026-03-05", "%d.%m.%Y");
    assert_true(
        g_str_has_prefix(why, "t.csv:2: end_date: \"2026-03-05\" is no date in the form %d.%m.%Y"));
}

static void the_tables_own_header_stands_in_the_sentence(void **state)
{
    SinkOptions options = fixture_options("t", PROVIDES_PEOPLE);
    options.headers[PERSON_END_DATE] = "Contract End";
    Sink *sink = sink_new(&options);
    push_row(sink, "id=1;name=Ann;end_date=x");
    assert_true(
        g_str_has_prefix(sink->record.rejections->pdata[0], "t.csv:2: Contract End: \"x\""));
    sink_free(sink);
}

static void an_id_twice_refuses_all_its_rows(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann;previous_ids=a|b");
    push_row(sink, "id=2;name=Bob;previous_ids=c");
    push_row(sink, "id=1;name=Anna;previous_ids=d");
    push_row(sink, "id=3;name=Eve;previous_ids=e|f");
    push_row(sink, "id=1;name=Anne");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const People *people = &snapshot->people;
    const SourceRecord *record = &snapshot->sources[0];
    assert_balanced(record);
    assert_int_equal(record->counts.rejected, 3);
    assert_int_equal(record->counts.kept, 2);
    assert_int_equal(people->n, 6); /* then those of whom only the ids are known: 1 a b d */
    assert_int_equal(people->gone_since_run[1], 0);
    assert_int_equal(people->gone_since_run[2], PERSON_UNREAD);
    assert_string_equal(snapshot_text(snapshot, people->name[0]), "Bob");
    assert_string_equal(snapshot_text(snapshot, people->name[1]), "Eve");
    assert_int_equal(people->first_previous[2], 3);
    assert_string_equal(snapshot_text(snapshot, people->previous_ids[people->first_previous[0]]),
                        "c");
    assert_string_equal(snapshot_text(snapshot, people->previous_ids[people->first_previous[1]]),
                        "e");
    g_autofree char *why = rejections_of(record);
    assert_non_null(strstr(why, "t.csv:2: id: \"1\" stands in line 4 too"));
    assert_non_null(strstr(why, "t.csv:4: id: \"1\" stands in line 2 too"));
    assert_non_null(strstr(why, "t.csv:6: id: \"1\" stands in line 2 too"));
}

static void managers_in_a_circle_are_kept(void **state)
{
    Sink *sink = table(PROVIDES_PEOPLE);
    push_row(sink, "id=1;name=Ann;manager_id=2");
    push_row(sink, "id=2;name=Bob;manager_id=1");
    push_row(sink, "id=3;name=Eve;manager_id=3");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_int_equal(snapshot->people.n, 3);
}

/* ---- assets ---- */

static void assets_dates_end_in_the_organisations_zone(void **state)
{
    Sink *sink = table(PROVIDES_ASSETS);
    push_row(sink, "id=1;status=in_use;due_back=2026-03-01;assigned_at=2026-03-01T12:00:00;review_"
                   "every_days=90;"
                   "next_audit=2026-09-30;"
                   "access_groups=a| b ||c");
    push_row(sink, "id=2;status=on the moon;assigned_at=2026-03-01T12:00:00Z");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const Assets *assets = &snapshot->assets;
    assert_string_equal_free(time_to_text(assets->due_back_utc[0]), "2026-03-01T23:00:00Z");
    assert_string_equal_free(time_to_text(assets->assigned_utc[0]), "2026-03-01T11:00:00Z");
    assert_string_equal_free(time_to_text(assets->assigned_utc[1]), "2026-03-01T12:00:00Z");
    assert_int_equal(assets->review_every_days[0], 90);
    assert_int_equal(assets->review_every_days[1], -1);
    assert_int_equal(day_unpacked(assets->next_audit[0]), day_from_civil(2026, 9, 30));
    assert_int_equal(day_unpacked(assets->last_audit[0]), DAY_NONE);
    assert_int_equal(assets->last_audit[0], 0); /* takes no memory */
    assert_int_equal(assets->status[0], ASSET_STATUS_IN_USE);
    assert_int_equal(assets->status[1], ASSET_STATUS_OTHER);
    assert_int_equal(assets->first_access_group[1], 3);
    assert_int_equal(assets->first_access_group[2], 3);
    assert_string_equal(snapshot_text(snapshot, assets->access_groups[1]), "b");
}

static void a_number_that_is_none_refuses_the_row(void **state)
{
    assert_refused(PROVIDES_ASSETS, "id=1;review_every_days=often",
                   "t.csv:2: review_every_days: \"often\" is no whole number");
    assert_refused(PROVIDES_ASSETS, "id=1;review_every_days=-1", "t.csv:2: review_every_days:");
    assert_refused(PROVIDES_ASSETS, "id=1;review_every_days=1.5", "t.csv:2: review_every_days:");
    assert_refused(PROVIDES_ASSETS, "id=1;review_every_days=99999999999",
                   "t.csv:2: review_every_days:");
}

/* ---- approvals ---- */

static void approvals_hold_from_the_first_day_to_the_end_of_the_last(void **state)
{
    Sink *sink = table(PROVIDES_APPROVALS);
    push_row(sink,
             "id=1;group=g;account=ann;approved_by=9;approved_on=2026-01-10;expires_on=2026-01-20");
    push_row(sink, "id=2;group=g;person_id=7");
    push_row(sink, "id=3;account=shared"); /* of a shared account: no group needed */
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const Approvals *approvals = &snapshot->approvals;
    assert_int_equal(approvals->n, 3);
    assert_string_equal_free(time_to_text(approvals->approved_utc[0]), "2026-01-09T23:00:00Z");
    assert_string_equal_free(time_to_text(approvals->expires_utc[0]), "2026-01-20T23:00:00Z");
    assert_true(approvals->approved_utc[1] == TIME_UNKNOWN &&
                approvals->expires_utc[1] == TIME_UNKNOWN);
}

static void an_approval_needs_somebody_and_something(void **state)
{
    assert_refused(PROVIDES_APPROVALS, "id=1;group=g",
                   "t.csv:2: account: is empty, and so is person_id");
    assert_refused(PROVIDES_APPROVALS, "id=1;person_id=7", "t.csv:2: group: is empty");
}

/* ---- account lists ---- */

static void an_account_list_gives_accounts_and_groups(void **state)
{
    Sink *sink = table(PROVIDES_ACCOUNTS);
    push_row(sink, "id=1;name=ann;enabled=Yes;last_logon=2026-03-01T00:00:00Z;groups=ops|audit");
    push_row(sink, "id=2;name=bob;enabled=0;groups=ops");
    push_row(sink, "id=3;name=eve;class=service;owner=7");
    push_row(sink, "id=4;name=x;groups=ops");
    push_row(sink, "id=4;name=y;groups=lonely");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const Accounts *accounts = &snapshot->accounts;
    assert_int_equal(accounts->n, 3);
    assert_int_equal(accounts->enabled[0], STATE_YES);
    assert_int_equal(accounts->enabled[1], STATE_NO);
    assert_int_equal(accounts->enabled[2], STATE_UNKNOWN);
    assert_int_equal(accounts->enabled_by[0], ENABLED_BY_COLUMN);
    assert_true(accounts->last_logon_utc[1] == TIME_NEVER); /* others show one */
    assert_string_equal(snapshot_text(snapshot, accounts->class_text[2]), "service");
    assert_string_equal_free(members_of(snapshot, "ops"), "ann:groups column bob:groups column");
    assert_string_equal_free(members_of(snapshot, "audit"), "ann:groups column");
    assert_string_equal_free(members_of(snapshot, "lonely"), "");
    assert_string_equal(snapshot_text(snapshot, snapshot->groups.key[0]), "ops");
    assert_int_equal(snapshot->sources[0].counts.accounts, 3);
    assert_int_equal(snapshot->sources[0].counts.enabled, 1);
}

static void a_state_that_is_neither_yes_nor_no_refuses_the_row(void **state)
{
    assert_refused(PROVIDES_ACCOUNTS, "id=1;name=ann;enabled=maybe",
                   "t.csv:2: enabled: \"maybe\" is neither yes nor no");
}

static void several_tables_of_people_are_one_roster(void **state)
{
    Sink *first = table(PROVIDES_PEOPLE);
    SinkOptions options = fixture_options("u", PROVIDES_PEOPLE);
    options.index = 1;
    Sink *second = sink_new(&options);
    push_row(first, "id=1;name=Ann;previous_ids=x");
    for (int i = 2; i < 600; i++) {
        g_autofree char *row = g_strdup_printf("id=%d;name=N%d;previous_ids=p%d", i, i, i);
        push_row(second, row);
    }
    Sink *sinks[] = {first, second};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    const People *people = &snapshot->people;
    assert_int_equal(people->n, 599);
    assert_string_equal(snapshot_text(snapshot, people->name[0]), "Ann");
    assert_string_equal(snapshot_text(snapshot, people->previous_ids[people->first_previous[0]]),
                        "x");
    assert_string_equal(snapshot_text(snapshot, people->name[598]), "N599");
    assert_string_equal(snapshot_text(snapshot, people->previous_ids[people->first_previous[598]]),
                        "p599");
    assert_int_equal(people->source[598], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_last_working_day_ends_at_midnight_in_the_persons_zone),
        cmocka_unit_test(ids_are_text),
        cmocka_unit_test(an_empty_kind_becomes_the_sources_kind),
        cmocka_unit_test(statuses_are_read_without_case_and_unknown_ones_kept),
        cmocka_unit_test(people_are_active_until_they_have_left_in_their_own_zone),
        cmocka_unit_test(people_who_are_back_are_active_from_their_start),
        cmocka_unit_test(bad_cells_refuse_the_row_with_line_and_column),
        cmocka_unit_test(a_spreadsheets_numbers_are_no_ids),
        cmocka_unit_test(dates_follow_the_declared_form_only),
        cmocka_unit_test(the_tables_own_header_stands_in_the_sentence),
        cmocka_unit_test(an_id_twice_refuses_all_its_rows),
        cmocka_unit_test(managers_in_a_circle_are_kept),
        cmocka_unit_test(assets_dates_end_in_the_organisations_zone),
        cmocka_unit_test(a_number_that_is_none_refuses_the_row),
        cmocka_unit_test(approvals_hold_from_the_first_day_to_the_end_of_the_last),
        cmocka_unit_test(an_approval_needs_somebody_and_something),
        cmocka_unit_test(an_account_list_gives_accounts_and_groups),
        cmocka_unit_test(a_state_that_is_neither_yes_nor_no_refuses_the_row),
        cmocka_unit_test(several_tables_of_people_are_one_roster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
