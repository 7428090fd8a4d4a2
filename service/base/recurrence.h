/* recurrence.h: the days that a recurrence rule names (RFC 5545 3.3.10), worked out by libical.
 *
 * Days only: rules by hours, minutes or seconds are none here. A rule is text such as
 * "FREQ=MONTHLY;INTERVAL=3"; it counts from the day on which it starts. Days are counted since
 * 1970-01-01 (times.h). Cost: one step per day that the rule names between its start and the
 * answer. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A Monday, the first of a month and of a quarter: what a rule without a start counts from. */
#define RECURRENCE_START INT32_C(11323) /* 2001-01-01 */

/* NULL when the rule is one, and names a day at all; else what is wrong with it, newly allocated:
 * "is no recurrence rule …". */
char *recurrence_problem(const char *rule, int32_t starts);
/* The newest day of the rule after `after` and not after `until`; DAY_NONE when there is none.
 * after = DAY_NONE: from its start on. */
int32_t recurrence_last(const char *rule, int32_t starts, int32_t after, int32_t until);
/* The first day of the rule after `after`; DAY_NONE when there is none. */
int32_t recurrence_next(const char *rule, int32_t starts, int32_t after);
