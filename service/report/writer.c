#include "report/writer.h"

#include "base/visible.h"

#include <csv.h>
#include <errno.h>
#include <gio/gio.h>
#include <libsmartcols.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const formats[] = {"table", "json", "ndjson", "csv", NULL};

struct Writer {
    Format format;
    const char *name;
    const Column *columns;
    FILE *out;
    bool has_colour;
    bool is_open; /* JSON: the envelope is begun · CSV: the header is out */
    uint64_t n_rows;
    json_t *envelope;
    GPtrArray *cells; /* (element-type utf8) of a table, row by row: all widths must be known */
};

/* The value at "subject.name" of a row; NULL when any part of the way is missing or null. */
static json_t *value_at(json_t *row, const char *path)
{
    json_t *value = row;

    while (value != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        g_autofree char *part = g_strndup(path, length);

        value = json_is_object(value) ? json_object_get(value, part) : NULL;
        path += length + (path[length] == '.');
    }
    return json_is_null(value) ? NULL : value;
}

static void append_list(GString *text, const json_t *list, const char *separator)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        g_autofree char *dumped = NULL;

        g_string_append(text, i > 0 ? separator : "");
        if (json_is_string(item)) {
            g_string_append(text, json_string_value(item));
        } else {
            dumped = json_dumps(item, JSON_COMPACT | JSON_ENCODE_ANY);
            g_string_append(text, dumped);
        }
    }
}

/* What a cell shows: text raw, numbers as they are, lists joined, objects as JSON. */
static char *cell_text(const json_t *value, const char *separator)
{
    GString *text = g_string_new(NULL);

    if (json_is_string(value)) {
        g_string_append(text, json_string_value(value));
    } else if (json_is_boolean(value)) {
        g_string_append(text, json_is_true(value) ? "yes" : "no");
    } else if (json_is_array(value)) {
        append_list(text, value, separator);
    } else if (value != NULL) {
        char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        g_string_append(text, dumped);
        free(dumped); /* jansson's allocator is malloc */
    }
    return g_string_free(text, FALSE);
}

/* ---- table ---- */

/* The column that may wrap gets what the others leave of a terminal's width, but never less than
 * this. */
#define NARROWEST 30
#define SEPARATOR "  "

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text += g_utf8_skip[(unsigned char)*text]) {
        gunichar c = g_utf8_get_char(text);

        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

/* Line ends between words, so that no line is wider than it may be; a longer word stays whole. */
static char *wrap_words(const char *text, size_t width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GString *wrapped = g_string_new(NULL);
    size_t column = 0;

    for (char **word = words; *word != NULL; word++) {
        size_t length = width_of(*word);

        if (word != words) {
            bool fits = column + 1 + length <= width;

            g_string_append_c(wrapped, fits ? ' ' : '\n');
            column = fits ? column + 1 : 0;
        }
        g_string_append(wrapped, *word);
        column += length;
    }
    return g_string_free(wrapped, FALSE);
}

static void begin_table(Writer *writer)
{
    writer->cells = g_ptr_array_new_with_free_func(g_free);
}

static void table_row(Writer *writer, json_t *row)
{
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column->header != NULL) {
            g_autofree char *raw = cell_text(value_at(row, column->path), ", ");

            g_ptr_array_add(writer->cells, visible_text(raw));
        }
    }
}

static size_t n_shown(const Writer *writer)
{
    size_t n = 0;

    for (const Column *column = writer->columns; column->path != NULL; column++)
        n += column->header != NULL;
    return n;
}

/* 0: no terminal, nothing is wrapped. */
static size_t terminal_width(const Writer *writer)
{
    struct winsize size = {0};

    if (!isatty(fileno(writer->out)) || ioctl(fileno(writer->out), TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

/* Width that is left for the column that may wrap. */
static size_t width_left(const Writer *writer, size_t n, size_t total)
{
    size_t used = 0, i = 0;

    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column->header == NULL)
            continue;
        size_t widest = width_of(column->header);

        for (size_t cell = i; cell < writer->cells->len && !column->may_wrap; cell += n)
            widest = MAX(widest, width_of(writer->cells->pdata[cell]));
        used += column->may_wrap ? 0 : widest + strlen(SEPARATOR);
        i++;
    }
    return total > used + NARROWEST ? total - used : NARROWEST;
}

static struct libscols_table *new_table(const Writer *writer)
{
    struct libscols_table *table = scols_new_table();

    scols_table_set_stream(table, writer->out);
    scols_table_enable_colors(table, writer->has_colour);
    scols_table_set_column_separator(table, SEPARATOR);
    /* Cells are wrapped already; the library must not cut what a narrow terminal cannot show. */
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column->header != NULL) {
            int flags =
                (column->is_right ? SCOLS_FL_RIGHT : 0) | (column->may_wrap ? SCOLS_FL_WRAP : 0);
            struct libscols_column *added = scols_table_new_column(table, column->header, 0, flags);

            scols_column_set_wrapfunc(added, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
            scols_column_set_safechars(added, "\n");
        }
    }
    return table;
}

static void print_table(const Writer *writer)
{
    size_t n = n_shown(writer), width = terminal_width(writer);
    size_t left = width > 0 ? width_left(writer, n, width) : SIZE_MAX;
    struct libscols_table *table = new_table(writer);

    for (size_t cell = 0; cell < writer->cells->len; cell += n) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        size_t i = 0;

        for (const Column *column = writer->columns; column->path != NULL; column++) {
            if (column->header == NULL)
                continue;
            const char *text = writer->cells->pdata[cell + i];
            const char *colour = column->colour != NULL ? column->colour(text) : NULL;
            g_autofree char *wrapped = column->may_wrap ? wrap_words(text, left) : g_strdup(text);

            scols_line_set_data(line, i, wrapped);
            if (colour != NULL)
                scols_cell_set_color(scols_line_get_cell(line, i), colour);
            i++;
        }
    }
    scols_print_table(table);
    scols_unref_table(table);
}

/* ---- JSON ---- */

static void begin_json(Writer *writer)
{
    const char *name;
    json_t *value;

    fputs("{\"schema_version\": 1", writer->out);
    json_object_foreach(writer->envelope, name, value)
    {
        fprintf(writer->out, ",\n \"%s\": ", name);
        json_dumpf(value, writer->out, JSON_ENCODE_ANY);
    }
    fprintf(writer->out, ",\n \"%s\": [", writer->name);
    writer->is_open = true;
}

static void json_row(Writer *writer, json_t *row)
{
    if (!writer->is_open)
        begin_json(writer);
    fputs(writer->n_rows > 0 ? ",\n  " : "\n  ", writer->out);
    json_dumpf(row, writer->out, 0);
}

/* ---- CSV ---- */

/* A spreadsheet runs cells that begin like a formula (CWE-1236): a leading ' stops it, reversibly.
 */
static void csv_cell(Writer *writer, const char *text)
{
    g_autofree char *guarded = NULL;

    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL) {
        guarded = g_strconcat("'", text, NULL);
        text = guarded;
    }
    csv_fwrite(writer->out, text, strlen(text));
}

static void csv_header(Writer *writer)
{
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column != writer->columns)
            fputc(',', writer->out);
        fputs(column->path, writer->out);
    }
    fputs("\r\n", writer->out);
    writer->is_open = true;
}

static void csv_row(Writer *writer, json_t *row)
{
    if (!writer->is_open)
        csv_header(writer);
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        json_t *value = value_at(row, column->path);
        g_autofree char *text = cell_text(value, "|"); /* as interface.md writes lists */

        if (column != writer->columns)
            fputc(',', writer->out);
        if (json_is_number(value)) {
            fputs(text, writer->out); /* a negative number is no formula */
        } else {
            csv_cell(writer, text);
        }
    }
    fputs("\r\n", writer->out);
}

/* ---- the writer ---- */

Writer *writer_new(Format format, const char *name, const Column *columns, FILE *out,
                   bool has_colour)
{
    Writer *writer = g_new0(Writer, 1);

    *writer = (Writer){.format = format,
                       .name = name,
                       .columns = columns,
                       .out = out,
                       .has_colour = has_colour,
                       .envelope = json_object()};
    if (format == FORMAT_TABLE)
        begin_table(writer);
    return writer;
}

void writer_free(Writer *writer)
{
    if (writer == NULL)
        return;
    json_decref(writer->envelope);
    g_clear_pointer(&writer->cells, g_ptr_array_unref);
    g_free(writer);
}

void writer_envelope(Writer *writer, const char *name, json_t *value)
{
    json_object_set_new(writer->envelope, name, value);
}

void writer_row(Writer *writer, json_t *row)
{
    switch (writer->format) {
    case FORMAT_JSON:
        json_row(writer, row);
        break;
    case FORMAT_NDJSON:
        json_dumpf(row, writer->out, JSON_COMPACT);
        fputc('\n', writer->out);
        break;
    case FORMAT_CSV:
        csv_row(writer, row);
        break;
    default:
        table_row(writer, row);
    }
    writer->n_rows++;
}

bool writer_end(Writer *writer, GError **error)
{
    if (writer->format == FORMAT_JSON) {
        if (!writer->is_open)
            begin_json(writer);
        fputs(writer->n_rows > 0 ? "\n ]}\n" : "]}\n", writer->out);
    } else if (writer->format == FORMAT_CSV && !writer->is_open) {
        csv_header(writer);
    } else if (writer->format == FORMAT_TABLE && writer->n_rows > 0) {
        print_table(writer);
    }
    if (fflush(writer->out) != 0 || ferror(writer->out)) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "the output could not be written: %s", g_strerror(errno));
        return false;
    }
    return true;
}
