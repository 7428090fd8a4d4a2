#include "table.h"

#define CANCEL_EVERY 4096

static char *place_text(const Table *table, uint64_t line)
{
    if (table->line_name == NULL)
        return g_strdup_printf("%s:%" G_GUINT64_FORMAT ": ", table->file, line);
    if (line == 0)
        return g_strdup_printf("%s: ", table->file);
    return g_strdup_printf("%s, %s %" G_GUINT64_FORMAT ": ", table->file, table->line_name, line);
}

bool table_refuse(const Table *table, SourceError code, uint64_t line, GError **error,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *place = place_text(table, line);
    g_set_error(error, SOURCE_ERROR, code, "%s%s", place, what);
    return false;
}

static bool read_header(Table *table, const Text *cells, size_t n_cells, uint64_t line,
                        GError **error)
{
    const char *headers[MAX_RECORD_FIELDS];
    table->preset = mapping_preset(table->source);
    mapping_headers(table->source, cells, n_cells, headers);
    const RecordKind *kind = record_kind(table->source->provides);
    if (!mapping_init(&table->mapping, kind, headers, cells, n_cells, error)) {
        g_autofree char *place = place_text(table, line);
        g_prefix_error(error, "%s", place);
        return false;
    }
    table->has_header = true;
    if (table->report != NULL)
        mapping_report(&table->mapping, cells, table->report);
    if (table->sink != NULL)
        sink_fields(table->sink, mapping_fields(&table->mapping));
    return table->sink != NULL;
}

static bool is_text(Text text, const char *wanted)
{
    return text.length == strlen(wanted) && memcmp(text.data, wanted, text.length) == 0;
}

static bool read_trailer(Table *table, const Text *cells, size_t n_cells, uint64_t line,
                         GError **error)
{
    g_autofree char *count = n_cells > 1 ? g_strndup(cells[1].data, cells[1].length) : g_strdup("");
    guint64 n = 0;
    if (!g_ascii_string_to_unsigned(count, 10, 0, G_MAXUINT64, &n, NULL))
        return table_refuse(table, SOURCE_ERROR_SYNTAX, line, error,
                            "the number of records must stand behind TRAILER, not \"%s\"", count);
    if (n != table->n_records)
        return table_refuse(table, SOURCE_ERROR_CUT, line, error,
                            "TRAILER counts %" G_GUINT64_FORMAT
                            " records, the file has %" G_GUINT64_FORMAT,
                            n, table->n_records);
    table->has_trailer = true;
    return true;
}

static bool refuse_cells(const Table *table, size_t n_cells, uint64_t line, bool is_ended,
                         GError **error)
{
    size_t n_columns = table->mapping.n_columns;
    if (!is_ended && n_cells < n_columns)
        return table_refuse(table, SOURCE_ERROR_CUT, line, error,
                            "the file ends in the middle of a record: %zu of %zu cells, and no "
                            "line end",
                            n_cells, n_columns);
    return table_refuse(table, SOURCE_ERROR_SYNTAX, line, error,
                        "%zu cells, but the header has %zu columns", n_cells, n_columns);
}

/* What a spreadsheet shows instead of a value that it could not work out. */
static bool is_formula_error(Text text)
{
    static const char *const errors[] = {"#N/A",   "#REF!",  "#VALUE!",       "#DIV/0!",
                                         "#NAME?", "#NULL!", "#GETTING_DATA", "#NUM!"};
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        if (is_text(text, errors[i]))
            return true;
    }
    return false;
}

/* A number whose cell is formatted with decimals: 123.00 is no id, and whether it was 123 or 00123
 * nobody can tell. */
static bool is_decimal(Text text)
{
    const char *point = text.length > 0 ? memchr(text.data, '.', text.length) : NULL;
    if (point == NULL || point == text.data || point + 1 == text.data + text.length)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        bool is_zero = text.data[i] == '0';
        if (text.data + i > point ? !is_zero
                                  : !g_ascii_isdigit(text.data[i]) && text.data + i != point)
            return false;
    }
    return true;
}

/* NULL when the cells of a sheet can be used; else why not. */
static const char *sheet_problem(const Table *table, const Text *picked, size_t *ret_field)
{
    const RecordKind *kind = table->mapping.kind;
    for (size_t field = 0; field < kind->n_fields; field++) {
        *ret_field = field;
        if (is_formula_error(picked[field]))
            return "is the error of a formula, not a value";
        if (kind->fields[field].is_identifier && is_decimal(picked[field]))
            return "is a number with decimals, not an id; format the column as text";
    }
    return NULL;
}

static void hand_over(Table *table, Text *picked, uint64_t line)
{
    if (table->preset != NULL)
        preset_translate(table->preset, picked);
    const Place place = {.file = table->file,
                         .line = line,
                         .line_name = table->line_name,
                         .columns = table->is_sheet ? table->mapping.column : NULL};
    size_t field = 0;
    const char *problem = table->is_sheet ? sheet_problem(table, picked, &field) : NULL;
    if (problem == NULL) {
        sink_row(table->sink, picked, table->mapping.kind->n_fields, &place);
        return;
    }
    g_autofree char *column = place_column(table->mapping.column[field]);
    sink_reject(table->sink, &place, "column %s (%s): \"%.*s\" %s", column,
                table->mapping.kind->fields[field].name, (int)MIN(picked[field].length, 60),
                picked[field].data, problem);
}

static bool read_record(Table *table, const Text *cells, uint64_t line, GError **error)
{
    Text picked[MAX_RECORD_FIELDS];
    table->n_records++;
    if (mapping_pick(&table->mapping, cells, picked))
        hand_over(table, picked, line);
    else
        sink_exclude(table->sink, "empty-row");
    if (table->n_records % CANCEL_EVERY == 0 && sink_is_cancelled(table->sink))
        return table_refuse(table, SOURCE_ERROR_CUT, line, error, "reading was cancelled");
    return true;
}

/* A row of a sheet that ends early ends with empty cells. */
static bool read_short_row(Table *table, const Text *cells, size_t n_cells, uint64_t line,
                           GError **error)
{
    g_autofree Text *padded = g_new0(Text, table->mapping.n_columns);
    memcpy(padded, cells, n_cells * sizeof *cells);
    return read_record(table, padded, line, error);
}

bool table_add(Table *table, const Text *cells, size_t n_cells, uint64_t line, bool is_ended,
               GError **error)
{
    if (!table->has_header)
        return read_header(table, cells, n_cells, line, error);
    if (table->has_trailer)
        return table_refuse(table, SOURCE_ERROR_SYNTAX, line, error,
                            "a record stands behind TRAILER");
    if (table->wants_trailer && is_text(cells[0], "TRAILER"))
        return read_trailer(table, cells, n_cells, line, error);
    size_t n_columns = table->mapping.n_columns;
    if (table->is_sheet && n_cells < n_columns)
        return read_short_row(table, cells, n_cells, line, error);
    if (n_cells != n_columns && !table->is_sheet)
        return refuse_cells(table, n_cells, line, is_ended, error);
    return read_record(table, cells, line, error);
}

bool table_end(const Table *table, uint64_t line, GError **error)
{
    if (!table->has_header)
        return table_refuse(table, SOURCE_ERROR_CUT, line, error,
                            "the %s is empty: not even a header",
                            table->is_sheet ? "sheet" : "file");
    if (table->sink != NULL && table->n_records == 0)
        return table_refuse(table, SOURCE_ERROR_CUT, line, error,
                            "a header and not a single record: an empty table is never trusted");
    if (table->wants_trailer && !table->has_trailer)
        return table_refuse(table, SOURCE_ERROR_CUT, line, error,
                            "no TRAILER record at the end: the file is cut, or its writer does not "
                            "write one (setting trailer)");
    return true;
}
