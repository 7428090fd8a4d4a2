/* One sheet of an Excel workbook. */
#include "xlsx/converter.h"
#include "xlsx/workbook.h"

#include "rows.h"
#include "table.h"

#define MAX_ROWS                                                                                   \
    1048576 /* a sheet has no more: an invented row number would be endless blank lines */
#define DATE_LENGTH 10  /* 2026-03-05 */
#define TIME_LENGTH 19  /* 2026-03-05T00:00:00 */
#define LONGEST_DATE 64 /* in any date_format that makes sense */

/* ---- settings ---- */

static const char *const trailer_choices[] = {"none", "count", NULL};

static const Setting xlsx_settings[] = {
    {.name = "path",
     .type = SETTING_PATH,
     .is_required = true,
     .help = "The workbook; a relative path is relative to the configuration file."},
    {.name = "sheet",
     .type = SETTING_TEXT,
     .initial = "\"1\"",
     .help = "Name of the sheet, or its position: \"1\" is the first."},
    TABLE_SETTINGS,
    {.name = "trailer",
     .type = SETTING_TEXT,
     .initial = "\"none\"",
     .choices = trailer_choices,
     .help = "\"count\": the last record is TRAILER and the number of records, which proves that "
             "the file is whole."},
    {.name = "timeout_seconds",
     .type = SETTING_INT,
     .initial = "300",
     .minimum = 1,
     .maximum = 86400,
     .help = "How long converting the sheet may take."},
    {.name = NULL},
};

static void validate(const Source *source, GPtrArray *problems)
{
    mapping_validate(source, problems);
    const char *sheet = settings_text(source->settings, "sheet");
    if (sheet[0] == '\0' || strcmp(sheet, "0") == 0)
        g_ptr_array_add(problems, g_strdup_printf("%s: sheet: \"%s\" is no sheet; allowed: a name, "
                                                  "or a position from \"1\"",
                                                  settings_place(source->settings), sheet));
}

/* ---- dates ---- */

/* A date cell, as the converter writes it: CONVERTER_DATE_FORMAT. */
static bool is_date_cell(Text cell)
{
    static const char form[] = "0000-00-00T00:00:00";
    for (size_t i = 0; i < TIME_LENGTH && cell.length == TIME_LENGTH; i++) {
        if (form[i] == '0' ? !g_ascii_isdigit(cell.data[i]) : cell.data[i] != form[i])
            return false;
    }
    return cell.length == TIME_LENGTH;
}

static void append_conversion(GString *text, char letter, const char *date)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    size_t month = (size_t)((date[5] - '0') * 10 + date[6] - '0');
    const char *name = month >= 1 && month <= 12 ? months[month - 1] : "";
    switch (letter) {
    case 'Y':
        g_string_append_len(text, date, 4);
        break;
    case 'y':
        g_string_append_len(text, date + 2, 2);
        break;
    case 'm':
        g_string_append_len(text, date + 5, 2);
        break;
    case 'd':
        g_string_append_len(text, date + 8, 2);
        break;
    case 'b':
        g_string_append_len(text, name, (gssize)MIN(strlen(name), 3));
        break;
    case 'B':
        g_string_append(text, name);
        break;
    default:
        g_string_append_c(text, letter);
    }
}

/* The date in the form that texts of this source have: cells that are dates and cells that only
 * look like one are read alike. */
static void append_date(GString *text, const char *format, const char *date)
{
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == '%' && f[1] != '\0')
            append_conversion(text, *++f, date);
        else
            g_string_append_c(text, *f);
    }
}

/* ---- reading ---- */

typedef struct Reading {
    Table table;
    char *name; /* file and sheet, for messages */
    const char *date_format;
    Rows *rows;
    Text *cells;
    GString *dates[MAX_RECORD_FIELDS]; /* of one row, by field */
} Reading;

/* Midnight is no time of day: such a cell is a date. */
static Text without_midnight(Text cell)
{
    bool is_midnight = is_date_cell(cell) &&
                       memcmp(cell.data + DATE_LENGTH, "T00:00:00", TIME_LENGTH - DATE_LENGTH) == 0;
    return is_midnight ? (Text){.data = cell.data, .length = DATE_LENGTH} : cell;
}

static void write_dates(Reading *reading, const Text *cells, size_t n_cells)
{
    const Mapping *mapping = &reading->table.mapping;
    for (size_t i = 0; i < n_cells; i++)
        reading->cells[i] = without_midnight(cells[i]);
    for (size_t field = 0; reading->table.has_header && field < mapping->kind->n_fields; field++) {
        int32_t column = mapping->column[field];
        if (mapping->kind->fields[field].type != FIELD_DATE || column < 0 ||
            (size_t)column >= n_cells || !is_date_cell(cells[column]))
            continue;
        GString *date = reading->dates[field];
        g_string_truncate(date, 0);
        append_date(date, reading->date_format, cells[column].data);
        reading->cells[column] = (Text){.data = date->str, .length = date->len};
    }
}

static bool read_row(const Text *cells, size_t n_cells, uint64_t line, bool is_ended, void *data,
                     GError **error)
{
    Reading *reading = data;
    uint64_t row = rows_row(reading->rows);
    if (row > MAX_ROWS)
        return table_refuse(&reading->table, SOURCE_ERROR_SYNTAX, row, error,
                            "a sheet cannot have so many rows");
    write_dates(reading, cells, n_cells);
    return table_add(&reading->table, reading->cells, n_cells, row, is_ended, error);
}

static bool push_blocks(Reading *reading, Converter *converter, GError **error)
{
    for (;;) {
        const char *bytes;
        size_t n;
        if (!converter_read(converter, &bytes, &n, error)) {
            g_prefix_error(error, "%s: ", reading->name);
            return false;
        }
        if (n == 0)
            return rows_end(reading->rows, error);
        if (!rows_push(reading->rows, bytes, n, error))
            return false;
    }
}

static void note_proof(const Reading *reading, const Workbook *workbook)
{
    Sink *sink = reading->table.sink;
    sink_digest(sink, workbook->digest);
    sink_file_time(sink, workbook->modified_utc);
    sink_note(sink, "file", reading->name);
}

/* true when the sheet was read to its end; false without an error when only the header was wanted.
 */
static bool read_sheet(Reading *reading, GError **error)
{
    const SettingsGroup *settings = reading->table.source->settings;
    g_autoptr(Workbook) workbook = workbook_open(settings_text(settings, "path"), error);
    if (workbook == NULL)
        return false;
    g_autoptr(Converter) converter =
        converter_start(workbook->fd, settings_text(settings, "sheet"),
                        (int)settings_int(settings, "timeout_seconds"), reading->table.sink, error);
    if (converter == NULL) {
        g_prefix_error(error, "%s: ", reading->name);
        return false;
    }
    g_autoptr(Rows) rows = rows_new(reading->name, ',', read_row, reading);
    reading->rows = rows;
    if (!push_blocks(reading, converter, error) ||
        !table_end(&reading->table, rows_row(rows), error))
        return false;
    if (reading->table.sink != NULL)
        note_proof(reading, workbook);
    return true;
}

static void reading_init(Reading *reading, const Source *source)
{
    const SettingsGroup *settings = source->settings;
    const char *sheet = settings_text(settings, "sheet");
    const char *quote = converter_is_number(sheet) ? "" : "\"";
    reading->name =
        g_strdup_printf("%s, sheet %s%s%s", settings_text(settings, "path"), quote, sheet, quote);
    reading->date_format = settings_text(settings, "date_format");
    reading->cells = g_new0(Text, ROWS_MAX_COLUMNS + 1);
    for (size_t i = 0; i < MAX_RECORD_FIELDS; i++)
        reading->dates[i] = g_string_sized_new(LONGEST_DATE);
    reading->table =
        (Table){.source = source,
                .file = reading->name,
                .line_name = "row",
                .is_sheet = true,
                .wants_trailer = strcmp(settings_text(settings, "trailer"), "count") == 0};
}

static void reading_clear(Reading *reading)
{
    g_free(reading->name);
    g_free(reading->cells);
    for (size_t i = 0; i < MAX_RECORD_FIELDS; i++)
        g_string_free(reading->dates[i], TRUE);
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    Reading reading = {0};
    reading_init(&reading, source);
    reading.table.sink = sink;
    bool is_whole = read_sheet(&reading, error);
    reading_clear(&reading);
    return is_whole;
}

static void check(const Source *source, CheckReport *report)
{
    Reading reading = {0};
    g_autoptr(GError) error = NULL;
    reading_init(&reading, source);
    reading.table.report = report;
    read_sheet(&reading, &error);
    if (error != NULL)
        check_fail(report, "%s", error->message);
    reading_clear(&reading);
}

const Connector xlsx_connector = {
    .kind = "xlsx",
    .title = "A sheet of an Excel workbook (needs xlsx2csv): people, assets, approvals, accounts",
    .provides = PROVIDES_PEOPLE | PROVIDES_ASSETS | PROVIDES_APPROVALS | PROVIDES_ACCOUNTS,
    .settings = xlsx_settings,
    .validate = validate,
    .pull = pull,
    .check = check,
};
