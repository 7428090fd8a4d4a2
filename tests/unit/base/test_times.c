#include "base/times.h"

#include <rightful/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_time(const char *text, const char *zone_name, const char *expected)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    int64_t utc;
    assert_true(time_parse(text_of(text), zone, &utc));
    g_autofree char *shown = time_to_text(utc);
    assert_string_equal(shown, expected);
}

static void assert_day_ends(int year, unsigned month, unsigned day, const char *zone_name,
                            const char *expected)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    g_autofree char *shown = time_to_text(day_ends_utc(day_from_civil(year, month, day), zone));
    assert_string_equal(shown, expected);
}

static void days_count_from_1970(void **state)
{
    (void)state;
    assert_int_equal(day_from_civil(1970, 1, 1), 0);
    assert_int_equal(day_from_civil(2000, 3, 1), 11017);
    assert_int_equal(day_from_civil(1969, 12, 31), -1);
}

static void every_day_of_ten_thousand_years_comes_back(void **state)
{
    (void)state;
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1);
    for (int32_t day = day_from_civil(1, 1, 1); day <= day_from_civil(9999, 12, 31); day += 17) {
        char expected[16];
        g_snprintf(expected, sizeof expected, "%04d-%02d-%02d", g_date_get_year(&date),
                   g_date_get_month(&date), g_date_get_day(&date));
        g_autofree char *shown = day_to_text(day);
        assert_string_equal(shown, expected);
        int32_t parsed;
        assert_true(day_parse(text_of(shown), NULL, &parsed));
        assert_int_equal(parsed, day);
        g_date_add_days(&date, 17);
    }
}

static void values_that_are_no_times_have_no_text(void **state)
{
    (void)state;
    assert_null(time_to_text(TIME_UNKNOWN));
    assert_null(time_to_text(TIME_NEVER));
    assert_null(time_to_text(INT64_MAX));
    assert_null(day_to_text(DAY_NONE));
    assert_null(day_to_text(day_from_civil(9999, 12, 31) + 1));
    g_autofree char *before = time_to_text(-1);
    assert_string_equal(before, "1969-12-31T23:59:59Z");
}

static void a_day_ends_at_24_00_of_its_zone_when_the_clock_changes(void **state)
{
    (void)state;
    assert_day_ends(2026, 3, 17, "Europe/Berlin", "2026-03-17T23:00:00Z");
    assert_day_ends(2026, 3, 29, "Europe/Berlin", "2026-03-29T22:00:00Z");  /* 23 hours */
    assert_day_ends(2026, 10, 25, "Europe/Berlin", "2026-10-25T23:00:00Z"); /* 25 hours */
    assert_day_ends(2026, 3, 17, "America/Los_Angeles", "2026-03-18T07:00:00Z");
    assert_day_ends(2026, 3, 17, "Asia/Kolkata", "2026-03-17T18:30:00Z");
    assert_day_ends(2026, 3, 17, "UTC", "2026-03-18T00:00:00Z");
}

static void a_midnight_that_is_skipped_or_comes_twice_ends_the_day_once(void **state)
{
    (void)state;
    /* São Paulo 2018-11-04 began at 01:00; Havana 2025-11-02 had 00:00 to 01:00 twice. */
    assert_day_ends(2018, 11, 3, "America/Sao_Paulo", "2018-11-04T03:00:00Z");
    assert_day_ends(2025, 11, 1, "America/Havana", "2025-11-02T04:00:00Z");
    /* Samoa had no 30 December 2011. */
    assert_day_ends(2011, 12, 29, "Pacific/Apia", "2011-12-30T10:00:00Z");
}

static void an_instant_falls_into_the_day_of_the_zone(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) tokyo = g_time_zone_new_identifier("Asia/Tokyo");
    g_autoptr(GTimeZone) honolulu = g_time_zone_new_identifier("Pacific/Honolulu");
    int64_t utc;
    assert_true(time_parse(text_of("2026-03-17T20:00:00Z"), tokyo, &utc));
    assert_int_equal(day_of_time(utc, tokyo), day_from_civil(2026, 3, 18));
    assert_int_equal(day_of_time(utc, honolulu), day_from_civil(2026, 3, 17));
    assert_int_equal(day_of_time(-1, tokyo), 0);
    assert_int_equal(day_of_time(-1, honolulu), -1);
}

static void assert_words(char *words, const char *expected)
{
    g_autofree char *owned = words;
    assert_string_equal(owned, expected);
}

static void people_read_days_and_times_in_words(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
    int64_t midnight = day_begins_utc(day_from_civil(2026, 12, 7), zone);

    assert_words(day_in_words(day_from_civil(2026, 12, 6)), "6 December 2026");
    assert_words(time_in_words(midnight, zone), "7 December 2026, 00:00 CET");
    assert_words(due_in_words(midnight, zone), "6 December 2026");
    assert_words(due_in_words(midnight + 1, zone), "7 December 2026, 00:00 CET");
    assert_words(time_in_words(midnight - 180 * 86400, zone), "10 June 2026, 01:00 CEST");
    assert_null(day_in_words(DAY_NONE));
    assert_null(time_in_words(TIME_UNKNOWN, zone));
    assert_null(due_in_words(TIME_UNKNOWN, zone));
    assert_null(due_in_words(TIME_NEVER, zone));
}

static void times_are_read_with_and_without_a_zone(void **state)
{
    (void)state;
    assert_time("2026-03-17T05:00:00Z", "Europe/Berlin", "2026-03-17T05:00:00Z");
    assert_time("2026-03-17T05:00:00", "Europe/Berlin", "2026-03-17T04:00:00Z");
    assert_time("2026-07-17 05:00", "Europe/Berlin", "2026-07-17T03:00:00Z");
    assert_time("2026-03-17T05:00:00.123456Z", "UTC", "2026-03-17T05:00:00Z");
    assert_time("2026-03-17T05:00:00+05:30", "UTC", "2026-03-16T23:30:00Z");
    assert_time("2026-03-17T05:00:00-0800", "UTC", "2026-03-17T13:00:00Z");
    assert_time("2026-03-17T05:00:00+01", "UTC", "2026-03-17T04:00:00Z");
    assert_time("2026-03-17", "Europe/Berlin", "2026-03-16T23:00:00Z");
    assert_time("2026-03-17T24:00:00Z", "UTC", "2026-03-18T00:00:00Z");
    assert_time("2016-12-31T23:59:60Z", "UTC", "2016-12-31T23:59:59Z");
    /* skipped and repeated local times */
    assert_time("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:00:00Z");
    assert_time("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z");
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc_zone = g_time_zone_new_utc();
    const char *const bad[] = {"",
                               "yesterday",
                               "2026-02-30T00:00:00Z",
                               "2026-03-17T25:00:00Z",
                               "2026-03-17T24:00:01Z",
                               "2026-03-17T12:60:00Z",
                               "2026-03-17T12:00:61Z",
                               "2026-03-17T12:00:00.Z",
                               "2026-03-17T12:00:00+1",
                               "2026-03-17T12:00:00+24:00",
                               "2026-03-17T12:00:00Zulu",
                               "2026-03-1:T12:00:00Z",
                               "2026/03/17T12:00:00Z",
                               "2026-13-17T12:00:00Z",
                               "2026-03-17T12:00:0/Z",
                               "2026-03-17T",
                               "2026-3-17T12:00:00Z",
                               "0000-01-01T00:00:00Z",
                               "20260317120000Z"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        int64_t utc = 42;
        if (time_parse(text_of(bad[i]), utc_zone, &utc))
            fail_msg("%s was read as a time", bad[i]);
        assert_int_equal(utc, 42);
    }
}

static void assert_day(const char *text, const char *format, int year, unsigned month, unsigned day)
{
    int32_t parsed;
    if (!day_parse(text_of(text), format, &parsed))
        fail_msg("%s is no day in %s", text, format != NULL ? format : "ISO 8601");
    assert_int_equal(parsed, day_from_civil(year, month, day));
}

static void days_are_read_in_the_formats_of_the_source(void **state)
{
    (void)state;
    assert_day("2026-03-17", NULL, 2026, 3, 17);
    assert_day("17.03.2026", "%d.%m.%Y", 2026, 3, 17);
    assert_day("7.3.2026", "%d.%m.%Y", 2026, 3, 7);
    assert_day("03/17/26", "%m/%d/%y", 2026, 3, 17);
    assert_day("03/17/69", "%m/%d/%y", 1969, 3, 17);
    assert_day("20260317", "%Y%m%d", 2026, 3, 17);
    assert_day("17-MAR-2026", "%d-%b-%Y", 2026, 3, 17);
    assert_day("March 17, 2026", "%B %d, %Y", 2026, 3, 17);
    assert_day("29.02.2024", "%d.%m.%Y", 2024, 2, 29);
}

static void days_that_do_not_exist_or_do_not_fit_are_refused(void **state)
{
    (void)state;
    int32_t day = 42;
    assert_false(day_parse(text_of("30.02.2024"), "%d.%m.%Y", &day));
    assert_false(day_parse(text_of("29.02.2026"), "%d.%m.%Y", &day));
    assert_false(day_parse(text_of("2026-02-29"), NULL, &day));
    assert_false(day_parse(text_of("1900-02-29"), NULL, &day));
    assert_false(day_parse(text_of("31.04.2026"), "%d.%m.%Y", &day));
    assert_false(day_parse(text_of("17.03.2026 "), "%d.%m.%Y", &day));
    assert_false(day_parse(text_of("17.03.2026"), NULL, &day));
    assert_false(day_parse(text_of("2026-03-17T00:00:00Z"), NULL, &day));
    assert_false(day_parse(text_of("2026-3-7"), NULL, &day));
    assert_false(day_parse(text_of("17.03.26"), "%d.%m.%Y", &day));
    assert_false(day_parse(text_of("17.2026"), "%d.%Y", &day)); /* no month */
    assert_false(day_parse(text_of("17.03.2026"), "%d.%m.%Y%", &day));
    assert_false(day_parse(text_of(""), NULL, &day));
    assert_int_equal(day, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_from_1970),
        cmocka_unit_test(every_day_of_ten_thousand_years_comes_back),
        cmocka_unit_test(values_that_are_no_times_have_no_text),
        cmocka_unit_test(a_day_ends_at_24_00_of_its_zone_when_the_clock_changes),
        cmocka_unit_test(a_midnight_that_is_skipped_or_comes_twice_ends_the_day_once),
        cmocka_unit_test(an_instant_falls_into_the_day_of_the_zone),
        cmocka_unit_test(people_read_days_and_times_in_words),
        cmocka_unit_test(times_are_read_with_and_without_a_zone),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(days_are_read_in_the_formats_of_the_source),
        cmocka_unit_test(days_that_do_not_exist_or_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
