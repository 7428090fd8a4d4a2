/* Has somebody left? In many zones, at every hour around every change of the clocks and around
 * ordinary day ends, against an oracle that knows nothing of GLib: localtime_r() of the C library.
 * A person has left once the calendar of the zone shows a later day than the last working day, and
 * never shows that day again. */
#include "fixture.h"

#include "base/times.h"
#include "controls/judgement.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define AROUND (2 * DAY) /* hours around each change that are judged */
#define AGAIN (3 * HOUR) /* a calendar goes back by no more than this */
#define QUARTER (HOUR / 4)

static const char *const zones[] = {
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Moscow",
    "Atlantic/Azores",
    "America/Nuuk",         /* clocks go back at midnight, to the day before */
    "America/Scoresbysund", /* the same, and another zone since March 2024 */
    "America/St_Johns",     /* half an hour off */
    "America/New_York",
    "America/Los_Angeles",
    "America/Havana",   /* midnight does not exist in spring, and comes twice in autumn */
    "America/Santiago", /* midnight does not exist in spring; the last hour comes twice */
    "America/Asuncion", /* the same; no change any more since October 2024 */
    "America/Sao_Paulo",
    "Africa/Casablanca", /* clocks go back for Ramadan */
    "Africa/Cairo",      /* midnight does not exist in spring; the last hour comes twice */
    "Asia/Beirut",       /* the same */
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe", /* half an hour of summer time */
    "Australia/Adelaide",
    "Pacific/Chatham", /* 12:45, 13:45 in summer */
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Antarctica/Troll" /* two hours of summer time */};

typedef struct Span {
    const char *zone; /* NULL = all of the list */
    int first_year, last_year;
} Span;

typedef struct Judging {
    const char *zone;
    Snapshot *snapshot;
    int32_t first_day; /* last working day of person 0; one more for each person */
    uint64_t n_judged, n_left, n_changes;
} Judging;

/* ---- the oracle ---- */

static void live_in(const char *zone)
{
    g_autofree char *path = g_build_filename("/usr/share/zoneinfo", zone, NULL);
    if (access(path, R_OK) != 0)
        fail_msg("%s: is tzdata installed?", path);
    setenv("TZ", zone, 1);
    tzset();
}

static struct tm local(int64_t utc)
{
    time_t instant = (time_t)utc;
    struct tm shown;
    assert_non_null(localtime_r(&instant, &shown));
    return shown;
}

static int32_t date_at(int64_t utc)
{
    struct tm shown = local(utc);
    return day_from_civil(shown.tm_year + 1900, (unsigned)shown.tm_mon + 1,
                          (unsigned)shown.tm_mday);
}

/* The earliest day that the calendar shows now or will show again. */
static int32_t earliest_day_from(int64_t utc)
{
    int32_t earliest = date_at(utc);
    for (int64_t later = utc - utc % QUARTER + QUARTER; later <= utc + AGAIN; later += QUARTER)
        earliest = MIN(earliest, date_at(later));
    return earliest;
}

/* ---- the judgement ---- */

/* One person a day, with that last working day, in a zone of the row or of the organisation. */
static Snapshot *roster(const char *zone, bool is_of_person, int32_t first_day, int32_t last_day)
{
    SinkOptions options = fixture_options("hr", PROVIDES_PEOPLE);
    g_autoptr(GTimeZone) organisation =
        g_time_zone_new_identifier(is_of_person ? "Asia/Tokyo" : zone);
    assert_non_null(organisation);
    options.timezone = organisation;
    Sink *sink = sink_new(&options);
    for (int32_t day = first_day; day <= last_day; day++) {
        g_autofree char *date = day_to_text(day);
        g_autofree char *cells = g_strdup_printf("id=%d;name=P;last_working_day=%s;timezone=%s",
                                                 day, date, is_of_person ? zone : "");
        push_row(sink, cells);
    }
    return freeze_sink(sink);
}

static void judge_at(Judging *judging, int64_t as_of_utc)
{
    int32_t earliest = earliest_day_from(as_of_utc);
    for (int32_t day = earliest - 3; day <= earliest + 3; day++) {
        uint32_t person = (uint32_t)(day - judging->first_day);
        bool has_left = person_left_at(judging->snapshot, person, as_of_utc) != TIME_NEVER;
        judging->n_judged++;
        judging->n_left += has_left;
        if (has_left == (day < earliest))
            continue;
        g_autofree char *shown = time_to_text(as_of_utc), *last = day_to_text(day);
        fail_msg("%s, last working day %s, at %s: %s", judging->zone, last, shown,
                 has_left ? "wrong leaver" : "leaver not seen");
    }
}

/* Every hour, and the seconds around it, from two days before to two days after. */
static void judge_around(Judging *judging, int64_t utc)
{
    for (int64_t at = utc - AROUND; at <= utc + AROUND; at += HOUR / 2) {
        judge_at(judging, at - 1);
        judge_at(judging, at);
        judge_at(judging, at + 1);
    }
}

/* The instant between these two at which the clocks changed. */
static int64_t change_between(int64_t before, int64_t after)
{
    long offset = local(before).tm_gmtoff;
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        *(local(middle).tm_gmtoff == offset ? &before : &after) = middle;
    }
    return after;
}

static void judge_span(Judging *judging, int first_year, int last_year)
{
    int32_t first = day_from_civil(first_year, 1, 1), end = day_from_civil(last_year + 1, 1, 1);
    for (int64_t at = first * DAY; at < end * DAY; at += DAY) {
        if (local(at).tm_gmtoff != local(at + DAY).tm_gmtoff) {
            judging->n_changes++;
            judge_around(judging, change_between(at, at + DAY));
        }
    }
    /* Ordinary days: every hour of three days in every month. */
    for (int32_t day = first; day < end; day += 30) {
        for (int64_t at = day * DAY; at < (day + 3) * DAY; at += HOUR)
            judge_at(judging, at);
    }
}

static void judge_zone(Judging *all, const char *zone, int first_year, int last_year)
{
    Judging judging = {.zone = zone, .first_day = day_from_civil(first_year, 1, 1) - 30};
    int32_t last_day = day_from_civil(last_year + 1, 1, 1) + 60;
    live_in(zone);
    for (int is_of_person = 0; is_of_person < 2; is_of_person++) {
        judging.snapshot = roster(zone, is_of_person != 0, judging.first_day, last_day);
        assert_int_equal(judging.snapshot->people.n, last_day - judging.first_day + 1);
        judge_span(&judging, first_year, last_year);
        g_clear_pointer(&judging.snapshot, snapshot_free);
    }
    all->n_judged += judging.n_judged;
    all->n_left += judging.n_left;
    all->n_changes += judging.n_changes;
}

static void nobody_is_a_leaver_too_early_or_too_late_in_any_zone(void **state)
{
    (void)state;
    Judging all = {.zone = NULL};
    assert_true(G_N_ELEMENTS(zones) >= 26);
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++)
        judge_zone(&all, zones[i], 2024, 2026);
    print_message("%zu zones, %" G_GUINT64_FORMAT " changes of the clocks, %" G_GUINT64_FORMAT
                  " judgements, %" G_GUINT64_FORMAT " of them leavers\n",
                  G_N_ELEMENTS(zones), all.n_changes / 2, all.n_judged, all.n_left);
    /* The test sees changes, and both answers. */
    assert_true(all.n_changes > 150);
    assert_true(all.n_left * 3 > all.n_judged && all.n_left * 3 < all.n_judged * 2);
}

/* Days that a whole country did not have, and one of summer time that began at 24:00. */
static void days_that_never_were_are_over_when_the_day_before_them_is(void **state)
{
    (void)state;
    const Span spans[] = {{"Pacific/Apia", 2011, 2011},
                          {"Pacific/Kiritimati", 1994, 1995},
                          {"Pacific/Kwajalein", 1993, 1993},
                          {"America/Sao_Paulo", 2016, 2018},
                          {"Asia/Tehran", 2020, 2022}};
    Judging all = {.zone = NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        judge_zone(&all, spans[i].zone, spans[i].first_year, spans[i].last_year);
    assert_true(all.n_changes > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_a_leaver_too_early_or_too_late_in_any_zone),
        cmocka_unit_test(days_that_never_were_are_over_when_the_day_before_them_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
