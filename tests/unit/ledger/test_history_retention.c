/* What ended long ago is dropped, and nothing that is told of a kept day is another than before. */
#include "ledger/history/now.h"
#include "ledger/history/pack_write.h"
#include "ledger/history/past.h"
#include "ledger/ledger_private.h"
#include "nights.h"
#include "on_postgres.h"
#include "random_nights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_NIGHTS 80
#define KEPT_DAYS 20

static void night(Fixture *f, int day, const char *text)
{
    g_autoptr(Nightly) nightly = nightly_parse(text, NOON + day * DAY);

    nightly_merge(f, nightly);
}

/* How many versions went. */
static int64_t forget(Fixture *f, int as_of_day, int kept_days)
{
    LedgerRetention retention = {.history_days = kept_days};
    g_autoptr(GError) error = NULL;
    json_t *forgotten = NULL;

    if (!ledger_retain(f->ledger, &retention, f->run, NOON + as_of_day * DAY, "timer", &forgotten,
                       &error))
        fail_msg("%s", error->message);
    int64_t n = json_integer_value(json_object_get(forgotten, "history"));
    json_decref(forgotten);
    return n;
}

static int versions(Fixture *f)
{
    return count_rows(f->path, "SELECT (SELECT count(*) FROM history) + (SELECT COALESCE(sum(n), "
                               "0) FROM history_pack)");
}

static void what_ended_long_ago_goes_and_what_still_is_stays(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann mail=a@x.org; bob; group g1 ann bob");
    night(f, 1, "ann mail=b@x.org; bob; group g1 ann bob");
    night(f, 2, "ann mail=c@x.org; group g1 ann");
    g_autofree char *before = history_text(f, 3);

    assert_int_equal(forget(f, 30, 30), 0); /* the first night is the last kept day */
    assert_int_equal(forget(f, 31, 30), 1); /* ann as a@x.org */
    assert_int_equal(forget(f, 31, 30), 0);
    assert_int_equal(forget(f, 32, 30), 4); /* as b@x.org; bob and that he is gone, not the group */
    g_autofree char *after = history_text(f, 3);
    assert_non_null(strstr(after, "ann mail=c@x.org"));
    assert_non_null(strstr(after, "corp members g-g1"));
    assert_string_equal(after, before);
}

static void who_left_a_group_goes_and_who_is_in_it_stays_since_then(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann; bob; cid; group g1 ann bob");
    night(f, 1, "ann; bob; cid; group g1 ann bob cid");
    night(f, 2, "ann; bob; cid; group g1 ann cid");
    g_autofree char *before = history_text(f, 3);

    assert_int_equal(forget(f, 32, 30), 1);
    g_autofree char *after = history_text(f, 3);
    assert_string_equal(after, before);
    g_autoptr(GArray) members =
        history_members(f->ledger->store, "corp", HISTORY_MEMBERS, "g-g1", 1, NULL);
    assert_int_equal(members->len, 1); /* nobody is told to have been in it but who still is */
}

static void a_day_that_is_not_kept_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    night(f, 0, "ann mail=a@x.org");
    night(f, 1, "ann mail=b@x.org");

    assert_int_equal(forget(f, 31, 30), 1);
    assert_null(ledger_past(f->ledger, 1, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, "it begins with run 2"));
    g_autoptr(LedgerPast) past = ledger_past(f->ledger, 2, NULL);
    assert_non_null(past);
}

/* A source that was not whole on the last kept day is told by the run before, which stays. */
static void a_source_keeps_its_own_last_whole_night(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann mail=a@x.org; lab/bob mail=a@x.org");
    night(f, 1, "ann mail=b@x.org; lab/bob mail=b@x.org");
    night(f, 2, "?lab; ann mail=c@x.org");
    g_autofree char *before = history_text(f, 3);

    assert_int_equal(forget(f, 32, 30), 3);
    g_autofree char *after = history_text(f, 3);
    assert_string_equal(after, before);
    assert_int_equal(count_rows(f->path, "SELECT since_run FROM history_source WHERE source = "
                                         "'lab'"),
                     2);
}

/* His name is asked for by whoever looks at that day. */
static void who_left_the_roster_is_known_as_long_as_the_roster_remembers_him(void **state)
{
    Fixture *f = *state;
    night(f, 0, "person p1 dept=Sales; person p2 dept=Sales");
    night(f, 1, "person p1 dept=Legal; person p2 dept=Sales");
    night(f, 2, "person p2 dept=Sales");

    assert_int_equal(forget(f, 32, 30), 1);
    g_autoptr(LedgerPast) past = ledger_past(f->ledger, 3, NULL);
    const People *people = &past->snapshot->people;
    assert_int_equal(people->n, 2);
    uint32_t gone = people->gone_since_run[0] != 0 ? 0 : 1;
    assert_string_equal(snapshot_text(past->snapshot, people->id[gone]), "p1");
    assert_int_equal(people->gone_since_run[gone], 3);
}

static void it_is_said_in_one_audit_row(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann mail=a@x.org; lab/bob");
    night(f, 1, "ann mail=b@x.org; lab/bob");

    forget(f, 31, 30);
    forget(f, 31, 30);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'forgotten' "
                                         "AND object = 'history' AND run = 2"),
                     1);
}

/* ---- random nights: every kept night is told as before, and the next ones learn the same ---- */

/* The texts that the nights must have, and what the last night was told. */
typedef struct Told {
    GPtrArray *texts; /* by run - 1 */
    char *memory;
} Told;

static Told run_nights(Fixture *f, uint32_t seed, int kept_days)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    RandomNights nights = random_nights(random);
    Told told = {g_ptr_array_new_with_free_func(g_free), NULL};
    GString *memory = g_string_new(NULL);

    for (int day = 0; day < N_NIGHTS; day++) {
        g_autofree char *text = random_nights_next(&nights);
        g_autoptr(Nightly) nightly = nightly_parse(text, NOON + day * DAY);
        nightly_merge(f, nightly);
        g_autofree char *line = memory_text(f, nightly);
        g_string_append(memory, line);
        if (kept_days > 0)
            forget(f, day, kept_days);
    }
    for (int64_t run = 1; run <= N_NIGHTS; run++)
        g_ptr_array_add(told.texts, history_text(f, run));
    told.memory = g_string_free(memory, FALSE);
    return told;
}

static void told_clear(Told *told)
{
    g_ptr_array_unref(told->texts);
    g_free(told->memory);
}

static void assert_same(Fixture *f, uint32_t seed)
{
    void *other = NULL;
    fixture_setup(&other);
    Told whole = run_nights(other, seed, 0), short_one = run_nights(f, seed, KEPT_DAYS);
    /* Of each source the newest night at the horizon that read it whole: a few nights more. */
    for (int run = N_NIGHTS - KEPT_DAYS; run <= N_NIGHTS; run++)
        assert_string_equal(short_one.texts->pdata[run - 1], whole.texts->pdata[run - 1]);
    assert_string_not_equal(short_one.texts->pdata[0], whole.texts->pdata[0]);
    assert_string_equal(short_one.memory, whole.memory);
    assert_true(versions(f) * 3 < versions(other) * 2);
    told_clear(&whole);
    told_clear(&short_one);
    fixture_teardown(&other);
}

static void kept_nights_are_told_as_before(void **state)
{
    for (uint32_t seed = 1; seed <= 2; seed++) {
        void *f = NULL;
        (void)state;
        fixture_setup(&f);
        assert_same(f, seed);
        fixture_teardown(&f);
    }
}

static void kept_nights_are_told_as_before_out_of_packs_too(void **state)
{
    history_pack_least = 3;
    history_chunk = 2;
    kept_nights_are_told_as_before(state);
    history_pack_least = 1024;
    history_chunk = 2048;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define RETENTION(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        RETENTION(what_ended_long_ago_goes_and_what_still_is_stays),
        RETENTION(who_left_a_group_goes_and_who_is_in_it_stays_since_then),
        RETENTION(a_day_that_is_not_kept_is_refused),
        RETENTION(a_source_keeps_its_own_last_whole_night),
        RETENTION(who_left_the_roster_is_known_as_long_as_the_roster_remembers_him),
        RETENTION(it_is_said_in_one_audit_row),
        cmocka_unit_test(kept_nights_are_told_as_before),
        cmocka_unit_test(kept_nights_are_told_as_before_out_of_packs_too),
    };
    return run_on_argument(argc, argv, "retention of the history", tests);
}
