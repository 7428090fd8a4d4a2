#include "intake/cells.h"

#include "base/hash.h"
#include "base/times.h"
#include "base/visible.h"

#define LONGEST_QUOTE 60

static const char *column_name(const Cells *row, size_t field)
{
    const char *header = row->sink->options.headers[field];
    return header != NULL ? header : row->kind->fields[field].name;
}

char *cells_quote(Text text)
{
    g_autofree char *valid = g_utf8_make_valid(text.data, (gssize)text.length);
    if (g_utf8_strlen(valid, -1) > LONGEST_QUOTE) {
        g_autofree char *begin = g_utf8_substring(valid, 0, LONGEST_QUOTE);
        g_autofree char *shown = visible_text(begin);
        return g_strconcat(shown, "…", NULL);
    }
    return visible_text(valid);
}

void cells_refuse(const Cells *row, size_t field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    const int32_t *columns = row->place->columns;
    g_autofree char *letters =
        columns != NULL && columns[field] >= 0 ? place_column(columns[field]) : NULL;
    g_autofree char *column =
        letters != NULL ? g_strdup_printf("column %s (%s)", letters, column_name(row, field))
                        : NULL;
    sink_refuse(row->sink, row->place, column != NULL ? column : column_name(row, field), "%s",
                what);
}

static bool refuse_value(const Cells *row, size_t field, Text text, const char *what)
{
    g_autofree char *quoted = cells_quote(text);
    cells_refuse(row, field, "\"%s\" %s", quoted, what);
    return false;
}

/* ---- texts ---- */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(Text text, size_t at)
{
    size_t n = 0;
    while (at + n < text.length && is_digit(text.data[at + n]))
        n++;
    return n;
}

/* What spreadsheets make of long numbers: 1.23457E+11, 1E+05. Without sign and fraction ("12E3") it
 * may be an id. */
static bool is_scientific(Text text)
{
    size_t n = count_digits(text, 0), at = n;
    if (n == 0)
        return false;
    bool has_fraction = at < text.length && (text.data[at] == '.' || text.data[at] == ',');
    if (has_fraction)
        at += 1 + count_digits(text, at + 1);
    if (at >= text.length || (text.data[at] != 'E' && text.data[at] != 'e'))
        return false;
    at++;
    bool has_sign = at < text.length && (text.data[at] == '+' || text.data[at] == '-');
    at += has_sign;
    n = count_digits(text, at);
    return n > 0 && at + n == text.length && (has_sign || has_fraction);
}

bool cells_next_of_list(Text *rest, Text *ret_item)
{
    while (rest->length > 0) {
        const char *stop = memchr(rest->data, '|', rest->length);
        size_t n = stop != NULL ? (size_t)(stop - rest->data) : rest->length;
        Text item = text_trimmed((Text){.data = rest->data, .length = n});
        size_t used = stop != NULL ? n + 1 : n;
        rest->data += used;
        rest->length -= used;
        if (item.length > 0) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

bool cells_is_identifier(const Cells *row, size_t field)
{
    return !is_scientific(row->cells[field]);
}

static bool check_identifier(const Cells *row, size_t field)
{
    Text rest = row->cells[field], item;
    if (row->kind->fields[field].type == FIELD_TEXT && !is_scientific(rest))
        return true;
    while (cells_next_of_list(&rest, &item)) {
        if (is_scientific(item))
            return refuse_value(
                row, field, item,
                "is a number in scientific notation: a spreadsheet has rounded this id; export the "
                "column as text");
    }
    return true;
}

TextRef cells_text(const Cells *row, size_t field)
{
    return sink_text(row->sink, row->cells[field]);
}

/* The row before often says the same. */
TextRef cells_shared(const Cells *row, size_t field)
{
    Text text = row->cells[field];
    TextRef *last = &row->sink->table->last_shared[field];
    if (text.length == 0)
        return 0;
    if (*last == 0 || !text_pool_holds(row->sink->text, *last, text))
        *last = sink_shared(row->sink, text);
    return *last;
}

void cells_list(const Cells *row, size_t field, GArray *refs)
{
    Text rest = row->cells[field], item;
    while (cells_next_of_list(&rest, &item)) {
        TextRef ref = sink_shared(row->sink, item);
        g_array_append_val(refs, ref);
    }
}

/* ---- values ---- */

static bool is_word(Text text, const char *word)
{
    return text.length == strlen(word) && g_ascii_strncasecmp(text.data, word, text.length) == 0;
}

static bool read_bool(Cells *row, size_t field, Text text)
{
    bool is_yes = is_word(text, "true") || is_word(text, "yes") || is_word(text, "1");
    bool is_no = is_word(text, "false") || is_word(text, "no") || is_word(text, "0");
    row->values[field] = is_yes ? STATE_YES : is_no ? STATE_NO : STATE_UNKNOWN;
    if (text.length > 0 && !is_yes && !is_no)
        return refuse_value(row, field, text, "is neither yes nor no (true, false, yes, no, 1, 0)");
    return true;
}

static bool read_number(Cells *row, size_t field, Text text)
{
    row->values[field] = -1;
    if (text.length == 0)
        return true;
    guint64 number = 0;
    g_autofree char *copy = g_strndup(text.data, text.length);
    if (!g_ascii_string_to_unsigned(copy, 10, 0, G_MAXINT32, &number, NULL))
        return refuse_value(row, field, text, "is no whole number");
    row->values[field] = (int64_t)number;
    return true;
}

static bool read_date(Cells *row, size_t field, Text text)
{
    row->values[field] = DAY_NONE;
    if (text.length == 0)
        return true;
    const char *format = row->sink->options.date_format;
    int32_t day;
    if (!day_parse(text, format, &day)) {
        g_autofree char *what =
            g_strdup_printf("is no date in the form %s", format != NULL ? format : "%Y-%m-%d");
        return refuse_value(row, field, text, what);
    }
    row->values[field] = day;
    return true;
}

static bool read_time(Cells *row, size_t field, Text text)
{
    row->values[field] = TIME_UNKNOWN;
    if (text.length == 0)
        return true;
    GTimeZone *zone = row->sink->options.timezone;
    const char *format = row->sink->options.date_format;
    int64_t utc;
    int32_t day;
    if (time_parse(text, zone, &utc))
        row->values[field] = utc;
    else if (format != NULL && day_parse(text, format, &day))
        row->values[field] = zone_day_begins(zones_find(row->sink->table->zones, (Text){0}), day);
    else
        return refuse_value(row, field, text,
                            "is no time (ISO 8601, such as 2026-03-17T05:00:00Z)");
    return true;
}

static bool read_cell(Cells *row, size_t field)
{
    const RecordField *record_field = &row->kind->fields[field];
    Text text = row->cells[field];
    if (record_field->is_required && text.length == 0) {
        cells_refuse(row, field, "is empty");
        return false;
    }
    switch (record_field->type) {
    case FIELD_TEXT:
    case FIELD_LIST:
        return !record_field->is_identifier || check_identifier(row, field);
    case FIELD_DATE:
        return read_date(row, field, text);
    case FIELD_TIME:
        return read_time(row, field, text);
    case FIELD_BOOL:
        return read_bool(row, field, text);
    case FIELD_NUMBER:
        return read_number(row, field, text);
    }
    return true;
}

/* A shared account is approved without a group; what must be there is the table's own rule then. */
static bool is_checked_later(const RecordKind *kind, size_t field)
{
    return kind->provides == PROVIDES_APPROVALS && field == APPROVAL_GROUP;
}

bool cells_read(Cells *row, Sink *sink, const Text *cells, const Place *place)
{
    row->sink = sink;
    row->kind = record_kind(sink->options.provides);
    row->cells = cells;
    row->place = place;
    for (size_t field = 0; field < row->kind->n_fields; field++) {
        if (!is_checked_later(row->kind, field) && !read_cell(row, field))
            return false;
    }
    return true;
}
