/* calendar.h: one whole day in a calendar (RFC 5545), written by libical: what a mail program
 * offers to keep. */
#pragma once

#include <stdint.h>

/* Texts are UTF-8; url may be NULL. The same uid is the same entry when it is sent again, later
 * ones (by stamp_utc) in place of earlier ones. */
typedef struct CalendarDay {
    const char *uid, *summary, *description, *url;
    int32_t day; /* since 1970-01-01 */
    int64_t stamp_utc;
} CalendarDay;

/* A VCALENDAR with these days; newly allocated. */
char *calendar_text(const CalendarDay *days, unsigned n);
