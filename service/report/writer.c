#include "report/writer.h"

#include "base/visible.h"

#include <csv.h>
#include <errno.h>
#include <gio/gio.h>
#include <libsmartcols.h>
#include <stdint.h>
#include <string.h>
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
    struct libscols_table *table;
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

static void add_column(Writer *writer, const Column *column)
{
    int flags = (column->is_right ? SCOLS_FL_RIGHT : 0) | (column->may_wrap ? SCOLS_FL_WRAP : 0);
    double width = column->may_wrap ? 0.4 : 0;

    scols_table_new_column(writer->table, column->header, width, flags);
}

static void begin_table(Writer *writer)
{
    writer->table = scols_new_table();
    scols_table_set_stream(writer->table, writer->out);
    scols_table_enable_colors(writer->table, writer->has_colour);
    scols_table_set_column_separator(writer->table, "  ");
    /* Piped output keeps whole values on one line, whatever a terminal's width would be. */
    if (!isatty(fileno(writer->out))) {
        scols_table_set_termforce(writer->table, SCOLS_TERMFORCE_NEVER);
    }
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column->header != NULL) {
            add_column(writer, column);
        }
    }
}

static void table_row(Writer *writer, json_t *row)
{
    struct libscols_line *line = scols_table_new_line(writer->table, NULL);
    size_t n = 0;

    for (const Column *column = writer->columns; column->path != NULL; column++) {
        if (column->header == NULL) {
            continue;
        }
        g_autofree char *raw = cell_text(value_at(row, column->path), ", ");
        g_autofree char *text = visible_text(raw);

        scols_line_set_data(line, n, text);
        if (column->colour != NULL && column->colour(raw) != NULL) {
            scols_cell_set_color(scols_line_get_cell(line, n), column->colour(raw));
        }
        n++;
    }
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
    if (!writer->is_open) {
        begin_json(writer);
    }
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
        if (column != writer->columns) {
            fputc(',', writer->out);
        }
        fputs(column->path, writer->out);
    }
    fputs("\r\n", writer->out);
    writer->is_open = true;
}

static void csv_row(Writer *writer, json_t *row)
{
    if (!writer->is_open) {
        csv_header(writer);
    }
    for (const Column *column = writer->columns; column->path != NULL; column++) {
        json_t *value = value_at(row, column->path);
        g_autofree char *text = cell_text(value, "|"); /* as interface.md writes lists */

        if (column != writer->columns) {
            fputc(',', writer->out);
        }
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
    if (format == FORMAT_TABLE) {
        begin_table(writer);
    }
    return writer;
}

void writer_free(Writer *writer)
{
    if (writer == NULL) {
        return;
    }
    json_decref(writer->envelope);
    if (writer->table != NULL) {
        scols_unref_table(writer->table);
    }
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
        if (!writer->is_open) {
            begin_json(writer);
        }
        fputs(writer->n_rows > 0 ? "\n ]}\n" : "]}\n", writer->out);
    } else if (writer->format == FORMAT_CSV && !writer->is_open) {
        csv_header(writer);
    } else if (writer->format == FORMAT_TABLE && writer->n_rows > 0) {
        scols_print_table(writer->table);
    }
    if (fflush(writer->out) != 0 || ferror(writer->out)) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "the output could not be written: %s", g_strerror(errno));
        return false;
    }
    return true;
}
