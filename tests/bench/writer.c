#include "writer.h"

#include <glib.h>
#include <string.h>

Writer *writer_open(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return NULL;
    Writer *writer = g_new(Writer, 1);
    writer->file = file;
    writer->length = 0;
    writer->has_failed = false;
    return writer;
}

static void flush(Writer *w)
{
    if (fwrite(w->buffer, 1, w->length, w->file) != w->length)
        w->has_failed = true;
    w->length = 0;
}

bool writer_close(Writer *writer)
{
    flush(writer);
    bool is_whole = fclose(writer->file) == 0 && !writer->has_failed;
    g_free(writer);
    return is_whole;
}

static void put_bytes(Writer *w, const char *bytes, size_t n)
{
    if (w->length + n > WRITER_SIZE)
        flush(w);
    memcpy(w->buffer + w->length, bytes, n);
    w->length += n;
}

void put(Writer *w, const char *text)
{
    put_bytes(w, text, strlen(text));
}

void put_number(Writer *w, uint64_t number, int digits)
{
    char text[24];
    char *at = text + sizeof(text);
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
        digits--;
    } while (number != 0 || digits > 0);
    put_bytes(w, at, (size_t)(text + sizeof(text) - at));
}

/* Days since 1970 to year, month, day (Howard Hinnant, "chrono-compatible low-level date
 * algorithms"). */
static void civil(int64_t day, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = day + 719468;
    int64_t era = z / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

static void put_day(Writer *w, int64_t day, const char *separator)
{
    int year, month, day_of_month;
    civil(day, &year, &month, &day_of_month);
    put_number(w, (uint64_t)year, 4);
    put(w, separator);
    put_number(w, (uint64_t)month, 2);
    put(w, separator);
    put_number(w, (uint64_t)day_of_month, 2);
}

static void put_clock(Writer *w, int64_t utc, const char *separator)
{
    int64_t second = utc % 86400;
    put_number(w, (uint64_t)(second / 3600), 2);
    put(w, separator);
    put_number(w, (uint64_t)(second / 60 % 60), 2);
    put(w, separator);
    put_number(w, (uint64_t)(second % 60), 2);
}

void put_time(Writer *w, int64_t utc)
{
    put_day(w, utc / 86400, "");
    put_clock(w, utc, "");
    put(w, "Z");
}

void put_date(Writer *w, int64_t day)
{
    put_day(w, day, "-");
}

void put_timestamp(Writer *w, int64_t utc)
{
    put_day(w, utc / 86400, "-");
    put(w, "T");
    put_clock(w, utc, ":");
    put(w, "Z");
}

static void put_hex(Writer *w, uint64_t bits, int digits)
{
    char text[16];
    for (int i = digits; i-- > 0; bits >>= 4)
        text[i] = "0123456789abcdef"[bits & 15];
    put_bytes(w, text, (size_t)digits);
}

void put_uuid(Writer *w, uint64_t high, uint64_t low)
{
    put_hex(w, high >> 32, 8);
    put(w, "-");
    put_hex(w, high >> 16, 4);
    put(w, "-4");
    put_hex(w, high, 3);
    put(w, "-a");
    put_hex(w, low >> 48, 3);
    put(w, "-");
    put_hex(w, low, 12);
}

void put_base64(Writer *w, const char *text)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));
    put(w, encoded);
}
