#include "ldap/value.h"

#include <glib.h>
#include <stdio.h>

#define SECONDS_PER_DAY 86400
#define FILETIME_PER_SECOND 10000000
#define FILETIME_OF_1970 INT64_C(116444736000000000)

bool value_is(Text value, const char *word)
{
    return strlen(word) == value.length &&
           (memcmp(value.data, word, value.length) == 0 ||
            g_ascii_strncasecmp(value.data, word, value.length) == 0);
}

bool value_integer(Text value, int64_t *ret_number)
{
    size_t at = value.length > 0 && value.data[0] == '-' ? 1 : 0;
    bool is_negative = at == 1;
    uint64_t number = 0;
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

    if (at == value.length || value.length - at > 19)
        return false;
    for (; at < value.length; at++) {
        unsigned digit = (unsigned)((unsigned char)value.data[at] - '0');
        if (digit > 9)
            return false;
        number = number * 10 + digit; /* 19 digits fit */
    }
    if (number > limit)
        return false;
    *ret_number = is_negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

/* ---- Times ---- */

/* Two digits at *at; -1 when they are not there. */
static int two_digits(Text value, size_t *at)
{
    if (*at + 2 > value.length || !g_ascii_isdigit(value.data[*at]) ||
        !g_ascii_isdigit(value.data[*at + 1]))
        return -1;
    int number = (value.data[*at] - '0') * 10 + (value.data[*at + 1] - '0');
    *at += 2;
    return number;
}

/* Days since 1970-01-01 of a date that exists, proleptic Gregorian, year 0 to 9999. Years begin in
 * March, so that the leap day is the last of a year, and are counted from 400 years earlier, so
 * that none is negative. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned y = year + 400 - (month <= 2);
    unsigned month_of_year = month > 2 ? month - 3 : month + 9;
    unsigned days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * month_of_year + 2) / 5 + day - 1;
    return (int64_t)days - 719468 - 146097;
}

/* ".5" of an hour, a minute or a second, in whole seconds. */
static bool read_fraction(Text value, size_t *at, int unit_seconds, int *ret_seconds)
{
    double weight = 0.1;
    double part = 0;
    size_t first = ++*at;

    for (; *at < value.length && g_ascii_isdigit(value.data[*at]); ++*at) {
        part += weight * (value.data[*at] - '0');
        weight /= 10;
    }
    *ret_seconds = (int)(part * unit_seconds + 1e-6);
    return *at > first;
}

/* Z, +hh, +hhmm, -hh, -hhmm at the very end. */
static bool read_offset(Text value, size_t at, int *ret_seconds)
{
    if (at >= value.length)
        return false;
    char sign = value.data[at++];
    if (sign == 'Z') {
        *ret_seconds = 0;
        return at == value.length;
    }
    if (sign != '+' && sign != '-')
        return false;
    int hours = two_digits(value, &at);
    int minutes = at < value.length ? two_digits(value, &at) : 0;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_seconds = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return at == value.length;
}

typedef struct Clock {
    int seconds;      /* since 0:00 */
    int unit_seconds; /* of the last unit given */
} Clock;

static bool read_clock(Text value, size_t *at, Clock *ret_clock)
{
    int hour = two_digits(value, at);
    int minute = 0;
    int second = 0;
    int unit = 3600;

    if (*at < value.length && g_ascii_isdigit(value.data[*at])) {
        minute = two_digits(value, at);
        unit = 60;
        if (*at < value.length && g_ascii_isdigit(value.data[*at])) {
            second = two_digits(value, at);
            unit = 1;
        }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *ret_clock = (Clock){.seconds = hour * 3600 + minute * 60 + second, .unit_seconds = unit};
    return true;
}

static bool read_generalized_time(Text value, int *ret_year, int64_t *ret_utc)
{
    size_t at = 0;
    int century = two_digits(value, &at);
    int year_of_century = two_digits(value, &at);
    int month = two_digits(value, &at);
    int day = two_digits(value, &at);
    Clock clock;

    if (century < 0 || year_of_century < 0 || month < 1 || month > 12 || day < 1 ||
        !read_clock(value, &at, &clock))
        return false;
    int year = century * 100 + year_of_century;
    if (day > 28 &&
        day > g_date_get_days_in_month((GDateMonth)month, (GDateYear)(year == 0 ? 4 : year)))
        return false;
    int fraction = 0;
    int offset = 0;
    if (at < value.length && (value.data[at] == '.' || value.data[at] == ',') &&
        !read_fraction(value, &at, clock.unit_seconds, &fraction))
        return false;
    if (!read_offset(value, at, &offset))
        return false;
    *ret_year = year;
    *ret_utc = days_of((unsigned)year, (unsigned)month, (unsigned)day) * SECONDS_PER_DAY +
               clock.seconds + fraction - offset;
    return true;
}

/* Four numbers of two digits each, all at once, in the bytes 0, 2, 4 and 6; false when they are
 * none. */
static inline bool four_pairs(const char *at, uint64_t *ret_pairs)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    word = GUINT64_FROM_LE(word); /* the first digit in the lowest byte */
    uint64_t digits = word - UINT64_C(0x3030303030303030);
    *ret_pairs = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    return ((digits | (word + UINT64_C(0x4646464646464646))) & UINT64_C(0x8080808080808080)) == 0;
}

static inline unsigned pair_at(uint64_t pairs, int index)
{
    return (unsigned)(pairs >> index * 16) & 0xff;
}

/* 20260317050000Z, as servers write it: three in an entry, so five times faster than all forms of
 * the standard is worth it. false: not of this form, or not certainly right. */
static bool read_plain_time(Text value, int64_t *ret_utc)
{
    uint64_t date;
    uint64_t clock; /* the day stands in both */

    if (value.length != 15 || value.data[14] != 'Z' || !four_pairs(value.data, &date) ||
        !four_pairs(value.data + 6, &clock))
        return false;
    unsigned year = pair_at(date, 0) * 100 + pair_at(date, 1);
    unsigned month = pair_at(date, 2);
    unsigned day = pair_at(date, 3);
    unsigned hour = pair_at(clock, 1);
    unsigned minute = pair_at(clock, 2);
    unsigned second = pair_at(clock, 3);
    if (year == 0 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *ret_utc =
        days_of(year, month, day) * SECONDS_PER_DAY + (int64_t)(hour * 3600 + minute * 60 + second);
    return true;
}

bool value_generalized_time(Text value, int64_t *ret_utc)
{
    int year;
    int64_t utc;

    if (read_plain_time(value, ret_utc))
        return true;
    if (!read_generalized_time(value, &year, &utc) || year == 0)
        return false;
    *ret_utc = utc;
    return true;
}

bool value_is_year_zero(Text value)
{
    int year;
    int64_t utc;

    return read_generalized_time(value, &year, &utc) && year == 0;
}

bool value_filetime(int64_t filetime, int64_t *ret_utc)
{
    if (filetime < FILETIME_OF_1970)
        return false;
    *ret_utc = (filetime - FILETIME_OF_1970) / FILETIME_PER_SECOND;
    return true;
}

bool value_time(Text value, int64_t *ret_utc)
{
    int64_t number;
    bool is_number = value.length > 0 && g_ascii_isdigit(value.data[value.length - 1]);

    if (is_number && value_integer(value, &number))
        return value_filetime(number, ret_utc);
    return value_generalized_time(value, ret_utc);
}

/* ---- Identifiers ---- */

static bool copy_text_sid(Text value, char ret_sid[VALUE_SID_SIZE], size_t *ret_length)
{
    if (value.length < 5 || value.length >= VALUE_SID_SIZE || value.data[0] != 'S' ||
        value.data[1] != '-')
        return false;
    for (size_t i = 2; i < value.length; i++) {
        if (!g_ascii_isdigit(value.data[i]) && value.data[i] != '-')
            return false;
    }
    memcpy(ret_sid, value.data, value.length);
    ret_sid[value.length] = '\0';
    *ret_length = value.length;
    return true;
}

bool value_sid(Text value, char ret_sid[VALUE_SID_SIZE], size_t *ret_length)
{
    const unsigned char *bytes = (const unsigned char *)value.data;

    if (value.length < 8 || bytes[0] != 1)
        return copy_text_sid(value, ret_sid, ret_length);
    unsigned n = bytes[1];
    if (n > 15 || value.length != 8 + 4 * (size_t)n)
        return false;
    uint64_t authority = 0; /* big-endian, unlike what follows it */
    for (size_t i = 2; i < 8; i++)
        authority = authority << 8 | bytes[i];
    int length = snprintf(ret_sid, VALUE_SID_SIZE, "S-1-%" G_GUINT64_FORMAT, authority);
    for (unsigned i = 0; i < n; i++) {
        const unsigned char *part = bytes + 8 + 4 * (size_t)i;
        uint32_t number = (uint32_t)part[0] | (uint32_t)part[1] << 8 | (uint32_t)part[2] << 16 |
                          (uint32_t)part[3] << 24;
        length += snprintf(ret_sid + length, VALUE_SID_SIZE - (size_t)length, "-%u", number);
    }
    *ret_length = (size_t)length;
    return true;
}

bool value_guid(Text value, char ret_guid[VALUE_GUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char *out = ret_guid;

    if (value.length != 16)
        return false;
    for (size_t i = 0; i < 16; i++) {
        unsigned char byte = (unsigned char)value.data[order[i]];
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    *out = '\0';
    return true;
}

Text value_without_bit_string(Text value)
{
    if (value.length < 4 || value.data[value.length - 1] != 'B' ||
        value.data[value.length - 2] != '\'')
        return value;
    size_t at = value.length - 2;
    while (at > 0 && (value.data[at - 1] == '0' || value.data[at - 1] == '1'))
        at--;
    if (at < 2 || value.data[at - 1] != '\'' || value.data[at - 2] != '#')
        return value;
    return (Text){.data = value.data, .length = at - 2};
}
