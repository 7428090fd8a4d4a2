/* times.h: instants and days as text. Times are UTC seconds since 1970, days are counted since
 * 1970-01-01 (proleptic Gregorian). Years 0001 to 9999. No clock in here. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DAY_NONE INT32_MIN

/* "2026-03-17T05:00:00Z"; newly allocated. NULL for values that are no times (TIME_UNKNOWN,
 * TIME_NEVER). */
char *time_to_text(int64_t utc);
/* "2026-03-17"; newly allocated; NULL for DAY_NONE. */
char *day_to_text(int32_t day);
/* For people: "17 March 2026", "17 March 2026, 06:00 CET"; newly allocated, in English whatever the
 * locale is; NULL for what is no day or time. */
char *day_in_words(int32_t day);
char *time_in_words(int64_t utc, GTimeZone *zone);
/* Likewise of what something is due by: a midnight is the day that it ends. */
char *due_in_words(int64_t utc, GTimeZone *zone);
int32_t day_from_civil(int year, unsigned month, unsigned day); /* the date must exist */
/* ISO 8601: date and time, with Z, an offset, or none (then zone, which must not be NULL, decides).
 * A date alone is the beginning of that day in zone. false when it is no such time. */
bool time_parse(Text text, GTimeZone *zone, int64_t *ret_utc);
/* A date in a strftime-like format: %Y %m %d %y %b %B, literal characters; NULL = ISO 8601
 * "%Y-%m-%d". The whole text must match; the date must exist (no 30 February). */
bool day_parse(Text text, const char *format, int32_t *ret_day);
/* 00:00 and 24:00 of the day in the zone (across changes of the clock). */
int64_t day_begins_utc(int32_t day, GTimeZone *zone);
int64_t day_ends_utc(int32_t day, GTimeZone *zone);
/* The day that an instant falls into in the zone. */
int32_t day_of_time(int64_t utc, GTimeZone *zone);
