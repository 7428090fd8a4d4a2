#include "base/times.h"

#include <rightful/record.h>

#define DAY_SECONDS 86400
#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST 2932896    /* 9999-12-31 */

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

/* ---- calendar ---- */

/* After Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so
 * that the leap day is the last day of a year. */
int32_t day_from_civil(int year, unsigned month, unsigned day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    unsigned year_of_era = (unsigned)(y - era * 400);
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int32_t)day_of_era - 719468;
}

static void civil_from_day(int32_t day, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int32_t z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned day_of_era = (unsigned)(z - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned m = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * m + 2) / 5 + 1;
    *ret_month = m < 10 ? m + 3 : m - 9;
    *ret_year = (int)year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

static bool day_exists(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= g_date_get_days_in_month((GDateMonth)month, (GDateYear)year);
}

static int64_t floor_day(int64_t seconds)
{
    return (seconds >= 0 ? seconds : seconds - (DAY_SECONDS - 1)) / DAY_SECONDS;
}

/* Thousands of these are written for a page or a file; printf() would take most of that time. */
static char *put_number(char *at, unsigned value, int n_digits)
{
    for (int i = n_digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + n_digits;
}

#define DAY_LENGTH 10 /* 2026-03-17 */

/* NULL when the day is out of range; else where the next character belongs. */
static char *put_day(char *at, int64_t day)
{
    int year;
    unsigned month, day_of_month;

    if (day < DAY_FIRST || day > DAY_LAST)
        return NULL;
    civil_from_day((int32_t)day, &year, &month, &day_of_month);
    at = put_number(at, (unsigned)year, 4);
    *at++ = '-';
    at = put_number(at, month, 2);
    *at++ = '-';
    return put_number(at, day_of_month, 2);
}

char *day_to_text(int32_t day)
{
    char text[DAY_LENGTH + 1] = {0};

    return put_day(text, day) ? g_strdup(text) : NULL;
}

char *time_to_text(int64_t utc)
{
    if (utc == TIME_UNKNOWN || utc == TIME_NEVER)
        return NULL;
    char text[DAY_LENGTH + sizeof "Thh:mm:ssZ"] = {0};
    int64_t day = floor_day(utc);
    unsigned second = (unsigned)(utc - day * DAY_SECONDS);
    char *at = put_day(text, day);
    if (!at)
        return NULL;
    *at++ = 'T';
    at = put_number(at, second / 3600, 2);
    *at++ = ':';
    at = put_number(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_number(at, second % 60, 2);
    *at = 'Z';
    return g_strdup(text);
}

/* ---- zones ---- */

static int64_t local_to_utc(int64_t local, GTimeZone *zone)
{
    /* A local time that comes twice means the first one (daylight), one that is skipped the first
     * after it. */
    gint64 adjusted = local;
    int interval = g_time_zone_adjust_time(zone, G_TIME_TYPE_DAYLIGHT, &adjusted);
    return adjusted - g_time_zone_get_offset(zone, interval);
}

int64_t day_begins_utc(int32_t day, GTimeZone *zone)
{
    return local_to_utc((int64_t)day * DAY_SECONDS, zone);
}

int64_t day_ends_utc(int32_t day, GTimeZone *zone)
{
    return day_begins_utc(day + 1, zone);
}

int32_t day_of_time(int64_t utc, GTimeZone *zone)
{
    int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, utc);
    int64_t offset = interval >= 0 ? g_time_zone_get_offset(zone, interval) : 0;
    return (int32_t)floor_day(utc + offset);
}

/* ---- words ---- */

char *day_in_words(int32_t day)
{
    int year;
    unsigned month, day_of_month;

    if (day < DAY_FIRST || day > DAY_LAST)
        return NULL;
    civil_from_day(day, &year, &month, &day_of_month);
    return g_strdup_printf("%u %s %d", day_of_month, month_names[month - 1], year);
}

char *time_in_words(int64_t utc, GTimeZone *zone)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(utc);
    g_autoptr(GDateTime) local = at ? g_date_time_to_timezone(at, zone) : NULL;
    g_autofree char *hour = local ? g_date_time_format(local, "%H:%M %Z") : NULL;
    g_autofree char *day = local ? day_in_words(day_of_time(utc, zone)) : NULL;

    return day && hour ? g_strconcat(day, ", ", hour, NULL) : NULL;
}

/* "Due 7 December, 00:00" is read as the seventh, which is a day too late. */
char *due_in_words(int64_t utc, GTimeZone *zone)
{
    if (utc == TIME_UNKNOWN || utc == TIME_NEVER)
        return NULL;
    int32_t last = day_of_time(utc - 1, zone);

    return day_of_time(utc, zone) != last ? day_in_words(last) : time_in_words(utc, zone);
}

/* ---- reading ---- */

/* Reads minimum to maximum digits from the front of text. */
static bool take_number(Text *text, size_t minimum, size_t maximum, int *ret_value)
{
    size_t n = 0;
    int value = 0;
    while (n < maximum && n < text->length && g_ascii_isdigit(text->data[n]))
        value = value * 10 + (text->data[n++] - '0');
    if (n < minimum)
        return false;
    text->data += n;
    text->length -= n;
    *ret_value = value;
    return true;
}

/* The number of two digits at `at`; 100 or more: there are none. */
static inline unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned char)at[0] - (unsigned)'0',
             ones = (unsigned char)at[1] - (unsigned)'0';
    return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}

/* 2026-03-17, as nearly all dates are written; ten bytes. false: another form, or perhaps none. */
static bool read_plain_date(const char *at, int32_t *ret_day)
{
    unsigned century = two_digits(at), year = two_digits(at + 2), month = two_digits(at + 5),
             day = two_digits(at + 8);
    bool is_plain = at[4] == '-' && at[7] == '-' && century >= 1 && century <= 99 && year <= 99 &&
                    month >= 1 && month <= 12 && day >= 1 && day <= 28;
    if (is_plain)
        *ret_day = day_from_civil((int)(century * 100 + year), month, day);
    return is_plain;
}

/* 2026-03-17T05:00:00Z */
static bool read_plain_time(Text text, int64_t *ret_utc)
{
    const char *at = text.data;
    int32_t day;
    if (text.length != 20 || at[10] != 'T' || at[13] != ':' || at[16] != ':' || at[19] != 'Z' ||
        !read_plain_date(at, &day))
        return false;
    unsigned hour = two_digits(at + 11), minute = two_digits(at + 14), second = two_digits(at + 17);
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_utc = (int64_t)day * DAY_SECONDS + (int64_t)(hour * 3600 + minute * 60 + second);
    return true;
}

static bool take_char(Text *text, char c)
{
    if (text->length == 0 || *text->data != c)
        return false;
    text->data++;
    text->length--;
    return true;
}

static bool take_month_name(Text *text, bool is_short, int *ret_month)
{
    for (int i = 0; i < 12; i++) {
        size_t length = is_short ? 3 : strlen(month_names[i]);
        if (text->length >= length &&
            g_ascii_strncasecmp(text->data, month_names[i], length) == 0) {
            text->data += length;
            text->length -= length;
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_iso_date(Text *text, int32_t *ret_day)
{
    int year, month, day;
    if (!take_number(text, 4, 4, &year) || !take_char(text, '-') ||
        !take_number(text, 2, 2, &month) || !take_char(text, '-') ||
        !take_number(text, 2, 2, &day) || !day_exists(year, month, day))
        return false;
    *ret_day = day_from_civil(year, (unsigned)month, (unsigned)day);
    return true;
}

/* hh:mm[:ss[.fraction]]; 24:00:00 is the end of the day (ISO 8601), a leap second the last one
 * before it. */
static bool take_time_of_day(Text *text, int *ret_seconds)
{
    int hour, minute, second = 0, fraction;
    if (!take_number(text, 2, 2, &hour) || !take_char(text, ':') ||
        !take_number(text, 2, 2, &minute))
        return false;
    if (take_char(text, ':')) {
        if (!take_number(text, 2, 2, &second))
            return false;
        if ((take_char(text, '.') || take_char(text, ',')) && !take_number(text, 1, 9, &fraction))
            return false;
    }
    bool is_end_of_day = hour == 24 && minute == 0 && second == 0;
    if ((hour > 23 && !is_end_of_day) || minute > 59 || second > 60)
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + MIN(second, 59);
    return true;
}

/* Z, +hh, +hhmm, +hh:mm, or nothing. */
static bool take_offset(Text *text, bool *ret_is_given, int *ret_seconds)
{
    *ret_seconds = 0;
    *ret_is_given = true;
    if (take_char(text, 'Z') || take_char(text, 'z'))
        return true;
    int sign = take_char(text, '+') ? 1 : take_char(text, '-') ? -1 : 0;
    if (sign == 0) {
        *ret_is_given = false;
        return true;
    }
    int hour, minute = 0;
    if (!take_number(text, 2, 2, &hour))
        return false;
    bool has_minute = take_char(text, ':') || text->length > 0;
    if ((has_minute && !take_number(text, 2, 2, &minute)) || hour > 23 || minute > 59)
        return false;
    *ret_seconds = sign * (hour * 3600 + minute * 60);
    return true;
}

bool time_parse(Text text, GTimeZone *zone, int64_t *ret_utc)
{
    int32_t day;
    if (read_plain_time(text, ret_utc))
        return true;
    if (!take_iso_date(&text, &day))
        return false;
    if (text.length == 0) {
        *ret_utc = day_begins_utc(day, zone);
        return true;
    }
    int seconds, offset;
    bool has_offset;
    if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' '))
        return false;
    if (!take_time_of_day(&text, &seconds) || !take_offset(&text, &has_offset, &offset) ||
        text.length > 0)
        return false;
    int64_t local = (int64_t)day * DAY_SECONDS + seconds;
    *ret_utc = has_offset ? local - offset : local_to_utc(local, zone);
    return true;
}

/* One %-letter of a format. Years of two digits: 69 to 99 are 1969 to 1999 (POSIX strptime). */
static bool take_conversion(Text *text, char letter, int *year, int *month, int *day)
{
    switch (letter) {
    case 'Y':
        return take_number(text, 4, 4, year);
    case 'y':
        if (!take_number(text, 2, 2, year))
            return false;
        *year += *year >= 69 ? 1900 : 2000;
        return true;
    case 'm':
        return take_number(text, 1, 2, month);
    case 'd':
        return take_number(text, 1, 2, day);
    case 'b':
        return take_month_name(text, true, month);
    case 'B':
        return take_month_name(text, false, month);
    case '%':
        return take_char(text, '%');
    default:
        return false;
    }
}

bool day_parse(Text text, const char *format, int32_t *ret_day)
{
    bool is_iso = format == NULL || strcmp(format, "%Y-%m-%d") == 0;
    if (is_iso && text.length == 10 && read_plain_date(text.data, ret_day))
        return true;
    if (format == NULL) {
        int32_t iso;
        if (!take_iso_date(&text, &iso) || text.length > 0)
            return false;
        *ret_day = iso;
        return true;
    }
    int year = 0, month = 0, day = 0;
    for (const char *f = format; *f != '\0'; f++) {
        bool fits = *f == '%' && f[1] != '\0' ? take_conversion(&text, *++f, &year, &month, &day)
                                              : take_char(&text, *f);
        if (!fits)
            return false;
    }
    if (text.length > 0 || !day_exists(year, month, day))
        return false;
    *ret_day = day_from_civil(year, (unsigned)month, (unsigned)day);
    return true;
}
