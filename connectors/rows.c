#include "rows.h"

#include <rightful/connector.h>

#include <csv.h>

#define FIRST_CELL 4096

struct Rows {
    const char *file;
    char delimiter;
    RowsVisit visit;
    void *data;
    uint64_t n_lines;    /* ended so far */
    uint64_t n_rows;     /* begun so far, blank ones too */
    GByteArray *pending; /* the beginning of a line whose end did not come yet */
    bool is_failed;      /* visit said stop, or an error was set */

    /* The row that libcsv is reading: its cells are copied, since libcsv has one buffer for all. */
    struct csv_parser parser;
    bool is_open;         /* a quoted line end stands inside the row */
    uint64_t first_line;  /* of the row */
    uint64_t quote_line;  /* where the quote that is open was opened */
    size_t record_length; /* bytes of the row so far */
    size_t n_rows_seen;   /* ends of rows that libcsv reported */
    GByteArray *bytes;
    size_t n_cells;
    size_t ends[ROWS_MAX_COLUMNS + 1]; /* of the cells in bytes */
    Text cells[ROWS_MAX_COLUMNS + 1];
};

Rows *rows_new(const char *file, char delimiter, RowsVisit visit, void *data)
{
    Rows *rows = g_new0(Rows, 1);
    rows->file = file;
    rows->delimiter = delimiter;
    rows->visit = visit;
    rows->data = data;
    rows->pending = g_byte_array_new();
    rows->bytes = g_byte_array_new();
    csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&rows->parser, (unsigned char)delimiter);
    return rows;
}

void rows_free(Rows *rows)
{
    if (rows == NULL)
        return;
    g_byte_array_unref(rows->pending);
    g_byte_array_unref(rows->bytes);
    csv_free(&rows->parser);
    g_free(rows);
}

uint64_t rows_row(const Rows *rows)
{
    return rows->n_rows;
}

uint64_t rows_line(const Rows *rows)
{
    return rows->n_lines + 1;
}

G_GNUC_PRINTF(5, 6)
static bool fail(Rows *rows, SourceError code, uint64_t line, GError **error, const char *format,
                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, SOURCE_ERROR, code, "%s:%" G_GUINT64_FORMAT ": %s", rows->file, line, what);
    rows->is_failed = true;
    return false;
}

/* ---- bytes ---- */

static bool is_ascii(const char *bytes, size_t n)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        any |= word;
    }
    for (; i < n; i++)
        any |= (unsigned char)bytes[i];
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

/* A NUL is no fault of the encoding: intake replaces it. */
static bool check_utf8(Rows *rows, const char *bytes, size_t n, uint64_t line, GError **error)
{
    const char *at = bytes, *end = bytes + n;
    while (!g_utf8_validate_len(at, (gsize)(end - at), &at)) {
        if (*at != '\0')
            return fail(rows, SOURCE_ERROR_SYNTAX, line, error,
                        "byte %zu of the line (0x%02X) is not UTF-8; save the file as UTF-8 or set "
                        "encoding to "
                        "what it is written in",
                        (size_t)(at - bytes) + 1, (unsigned char)*at);
        at++;
    }
    return true;
}

static Text trimmed(const char *data, size_t length)
{
    while (length > 0 && g_ascii_isspace(data[0])) {
        data++;
        length--;
    }
    while (length > 0 && g_ascii_isspace(data[length - 1]))
        length--;
    return (Text){.data = data, .length = length};
}

/* ---- rows ---- */

static bool visit_row(Rows *rows, size_t n_cells, uint64_t line, bool is_ended, GError **error)
{
    rows->n_rows++;
    if (!rows->visit(rows->cells, n_cells, line, is_ended, rows->data, error)) {
        rows->is_failed = true;
        return false;
    }
    return true;
}

static bool too_many_columns(Rows *rows, uint64_t line, GError **error)
{
    return fail(rows, SOURCE_ERROR_SYNTAX, line, error,
                "more than %d columns; is \"%c\" the delimiter of this file?", ROWS_MAX_COLUMNS,
                rows->delimiter);
}

static bool split_line(Rows *rows, const char *bytes, size_t n, bool is_ended, GError **error)
{
    const char *end = bytes + n;
    size_t n_cells = 0;
    for (;;) {
        const char *stop = memchr(bytes, rows->delimiter, (size_t)(end - bytes));
        const char *cell_end = stop != NULL ? stop : end;
        if (n_cells == ROWS_MAX_COLUMNS)
            return too_many_columns(rows, rows->n_lines, error);
        rows->cells[n_cells++] = trimmed(bytes, (size_t)(cell_end - bytes));
        if (stop == NULL)
            break;
        bytes = stop + 1;
    }
    return visit_row(rows, n_cells, rows->n_lines, is_ended, error);
}

static void on_cell(void *cell, size_t length, void *data)
{
    Rows *rows = data;
    if (rows->n_cells <= ROWS_MAX_COLUMNS) {
        g_byte_array_append(rows->bytes, cell, (guint)length);
        rows->ends[MIN(rows->n_cells, (size_t)ROWS_MAX_COLUMNS)] = rows->bytes->len;
    }
    rows->n_cells++;
}

static void on_row(int terminator, void *data)
{
    ((Rows *)data)->n_rows_seen++;
}

static bool end_quoted_row(Rows *rows, bool is_ended, GError **error)
{
    rows->is_open = false;
    if (rows->n_cells > ROWS_MAX_COLUMNS)
        return too_many_columns(rows, rows->first_line, error);
    size_t begin = 0;
    for (size_t i = 0; i < rows->n_cells; i++) {
        rows->cells[i] = trimmed((const char *)rows->bytes->data + begin, rows->ends[i] - begin);
        begin = rows->ends[i];
    }
    return visit_row(rows, rows->n_cells, rows->first_line, is_ended, error);
}

static bool feed(Rows *rows, const char *bytes, size_t n, GError **error)
{
    if (csv_parse(&rows->parser, bytes, n, on_cell, on_row, rows) == n)
        return true;
    if (csv_error(&rows->parser) != CSV_EPARSE)
        return fail(rows, SOURCE_ERROR_SYNTAX, rows->n_lines, error, "%s",
                    csv_strerror(csv_error(&rows->parser)));
    return fail(rows, SOURCE_ERROR_SYNTAX, rows->n_lines, error,
                "a quote stands in the middle of a cell; a cell with quotes must be quoted itself "
                "and double them");
}

static bool lone_return(Rows *rows, GError **error)
{
    return fail(rows, SOURCE_ERROR_SYNTAX, rows->n_lines, error,
                "a carriage return stands alone; lines end with LF or CRLF");
}

/* A line with a quote, or one inside a quoted cell. The line end is fed by itself: a row that ends
 * before it has been ended by a lone carriage return. */
static bool read_quoted_line(Rows *rows, const char *bytes, size_t n, const char *line_end,
                             GError **error)
{
    if (!rows->is_open) {
        rows->first_line = rows->quote_line = rows->n_lines;
        rows->record_length = 0;
        rows->n_cells = 0;
        g_byte_array_set_size(rows->bytes, 0);
    }
    size_t n_cells_before = rows->n_cells;
    rows->n_rows_seen = 0;
    rows->record_length += n + 1;
    /* libcsv's buffer of one cell grows by this: by doubling, not by its 128 bytes. */
    csv_set_blk_size(&rows->parser, MAX(rows->record_length, (size_t)FIRST_CELL));
    if (!feed(rows, bytes, n, error))
        return false;
    if (rows->n_rows_seen > 0)
        return lone_return(rows, error);
    if (line_end == NULL)
        return true;
    if (!feed(rows, line_end, strlen(line_end), error))
        return false;
    if (rows->n_rows_seen > 0)
        return end_quoted_row(rows, true, error);
    rows->is_open = true;
    if (rows->n_cells > n_cells_before)
        rows->quote_line = rows->n_lines;
    if (rows->record_length > ROWS_MAX_RECORD)
        return fail(rows, SOURCE_ERROR_SYNTAX, rows->quote_line, error,
                    "the quote that is opened here is not closed within 16 MiB");
    return true;
}

static bool is_blank(const char *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] == ' ')
        n--;
    return n == 0;
}

/* n without the line end. line_end: "\n", "\r\n", or NULL when the file ends here. */
static bool read_line(Rows *rows, const char *bytes, size_t n, const char *line_end, GError **error)
{
    rows->n_lines++;
    if (rows->n_lines == 1 && n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* BOM */
        bytes += 3;
        n -= 3;
    }
    if (!is_ascii(bytes, n) && !check_utf8(rows, bytes, n, rows->n_lines, error))
        return false;
    if (rows->is_open || memchr(bytes, '"', n) != NULL)
        return read_quoted_line(rows, bytes, n, line_end, error);
    if (memchr(bytes, '\r', n) != NULL)
        return lone_return(rows, error);
    if (is_blank(bytes, n)) {
        rows->n_rows++;
        return true;
    }
    return split_line(rows, bytes, n, line_end != NULL, error);
}

static bool read_ended_line(Rows *rows, const char *bytes, size_t n, GError **error)
{
    if (n > ROWS_MAX_RECORD)
        return fail(rows, SOURCE_ERROR_SYNTAX, rows_line(rows), error,
                    "the line is longer than 16 MiB; is this a CSV file?");
    bool has_return = n > 0 && bytes[n - 1] == '\r';
    return read_line(rows, bytes, has_return ? n - 1 : n, has_return ? "\r\n" : "\n", error);
}

bool rows_push(Rows *rows, const char *bytes, size_t n_bytes, GError **error)
{
    const char *end = bytes + n_bytes;
    while (bytes < end && !rows->is_failed) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t n = (size_t)((stop != NULL ? stop : end) - bytes);
        if (stop != NULL && rows->pending->len == 0) {
            if (!read_ended_line(rows, bytes, n, error))
                return false;
        } else {
            if (rows->pending->len + n > ROWS_MAX_RECORD)
                return read_ended_line(rows, bytes, ROWS_MAX_RECORD + 1, error);
            g_byte_array_append(rows->pending, (const guint8 *)bytes, (guint)n);
            if (stop == NULL)
                return true;
            bool is_read =
                read_ended_line(rows, (const char *)rows->pending->data, rows->pending->len, error);
            g_byte_array_set_size(rows->pending, 0);
            if (!is_read)
                return false;
        }
        bytes = stop + 1;
    }
    return !rows->is_failed;
}

bool rows_end(Rows *rows, GError **error)
{
    if (rows->is_failed)
        return false;
    const char *last = (const char *)rows->pending->data;
    if (rows->pending->len > 0 && !read_line(rows, last, rows->pending->len, NULL, error))
        return false;
    rows->n_rows_seen = 0;
    if (csv_fini(&rows->parser, on_cell, on_row, rows) != 0)
        return fail(rows, SOURCE_ERROR_CUT, rows->quote_line, error,
                    "the quote that is opened here is never closed; the file is cut or the quote "
                    "is one too many");
    return rows->n_rows_seen == 0 || end_quoted_row(rows, false, error);
}
