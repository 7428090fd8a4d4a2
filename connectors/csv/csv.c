#include "csv/csv.h"

#include "csv/decoder.h"
#include "csv/file.h"
#include "csv/rows.h"
#include "mapping.h"

#define CANCEL_EVERY 4096

/* ---- settings ---- */

static const char *const trailer_choices[] = {"none", "count", NULL};

static const Setting csv_settings[] = {
    {.name = "path",
     .type = SETTING_PATH,
     .is_required = true,
     .help = "The file; a relative path is relative to the configuration file."},
    TABLE_SETTINGS,
    {.name = "encoding",
     .type = SETTING_TEXT,
     .initial = "\"utf-8\"",
     .help = "How the text is encoded, by its iconv name."},
    {.name = "delimiter",
     .type = SETTING_TEXT,
     .initial = "\",\"",
     .help = "The character between two cells, or \"tab\"."},
    {.name = "trailer",
     .type = SETTING_TEXT,
     .initial = "\"none\"",
     .choices = trailer_choices,
     .help = "\"count\": the last record is TRAILER and the number of records, which proves that "
             "the file is whole."},
    {.name = NULL},
};

/* '\0' when the text is no delimiter. */
static char delimiter_of(const char *text)
{
    if (g_ascii_strcasecmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        return '\t';
    bool is_single = text[0] > 0 && text[1] == '\0' && strchr("\"\r\n ", text[0]) == NULL &&
                     !g_ascii_isalnum(text[0]);
    return is_single ? text[0] : '\0';
}

static void validate(const Source *source, GPtrArray *problems)
{
    mapping_validate(source, problems);
    const char *place = settings_place(source->settings);
    const char *delimiter = settings_text(source->settings, "delimiter");
    if (delimiter_of(delimiter) == '\0')
        g_ptr_array_add(
            problems,
            g_strdup_printf("%s: delimiter: \"%s\" is not one character that can stand between "
                            "cells; allowed: , ; | and the like, or \"tab\"",
                            place, delimiter));
    const char *encoding = settings_text(source->settings, "encoding");
    g_autoptr(Decoder) decoder = decoder_new(encoding);
    if (decoder == NULL)
        g_ptr_array_add(
            problems,
            g_strdup_printf(
                "%s: encoding: \"%s\" is not known here; allowed: the names that iconv -l "
                "lists, such as utf-8 or windows-1252",
                place, encoding));
}

/* ---- reading ---- */

typedef struct Reading {
    const Source *source;
    const char *path;
    Sink *sink; /* NULL: only the header is wanted */
    CheckReport *report;
    Mapping mapping;
    bool has_header;
    bool wants_trailer, has_trailer;
    uint64_t n_records;
} Reading;

G_GNUC_PRINTF(5, 6)
static bool refuse(const Reading *reading, SourceError code, uint64_t line, GError **error,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, SOURCE_ERROR, code, "%s:%" G_GUINT64_FORMAT ": %s", reading->path, line,
                what);
    return false;
}

static bool read_header(Reading *reading, const Text *cells, size_t n_cells, uint64_t line,
                        GError **error)
{
    const char *headers[MAX_RECORD_FIELDS];
    mapping_headers(reading->source, headers);
    const RecordKind *kind = record_kind(reading->source->provides);
    if (!mapping_init(&reading->mapping, kind, headers, cells, n_cells, error)) {
        g_prefix_error(error, "%s:%" G_GUINT64_FORMAT ": ", reading->path, line);
        return false;
    }
    reading->has_header = true;
    if (reading->report != NULL)
        mapping_report(&reading->mapping, cells, reading->report);
    return reading->sink != NULL;
}

static bool is_text(Text text, const char *wanted)
{
    return text.length == strlen(wanted) && memcmp(text.data, wanted, text.length) == 0;
}

static bool read_trailer(Reading *reading, const Text *cells, size_t n_cells, uint64_t line,
                         GError **error)
{
    g_autofree char *count = n_cells > 1 ? g_strndup(cells[1].data, cells[1].length) : g_strdup("");
    guint64 n = 0;
    if (!g_ascii_string_to_unsigned(count, 10, 0, G_MAXUINT64, &n, NULL))
        return refuse(reading, SOURCE_ERROR_SYNTAX, line, error,
                      "the number of records must stand behind TRAILER, not \"%s\"", count);
    if (n != reading->n_records)
        return refuse(reading, SOURCE_ERROR_CUT, line, error,
                      "TRAILER counts %" G_GUINT64_FORMAT
                      " records, the file has %" G_GUINT64_FORMAT,
                      n, reading->n_records);
    reading->has_trailer = true;
    return true;
}

static bool refuse_cells(const Reading *reading, size_t n_cells, uint64_t line, bool is_ended,
                         GError **error)
{
    size_t n_columns = reading->mapping.n_columns;
    if (!is_ended && n_cells < n_columns)
        return refuse(reading, SOURCE_ERROR_CUT, line, error,
                      "the file ends in the middle of a record: %zu of %zu cells, and no line end",
                      n_cells, n_columns);
    return refuse(reading, SOURCE_ERROR_SYNTAX, line, error,
                  "%zu cells, but the header has %zu columns", n_cells, n_columns);
}

static bool read_row(const Text *cells, size_t n_cells, uint64_t line, bool is_ended, void *data,
                     GError **error)
{
    Reading *reading = data;
    if (!reading->has_header)
        return read_header(reading, cells, n_cells, line, error);
    if (reading->has_trailer)
        return refuse(reading, SOURCE_ERROR_SYNTAX, line, error, "a record stands behind TRAILER");
    if (reading->wants_trailer && is_text(cells[0], "TRAILER"))
        return read_trailer(reading, cells, n_cells, line, error);
    if (n_cells != reading->mapping.n_columns)
        return refuse_cells(reading, n_cells, line, is_ended, error);

    Text picked[MAX_RECORD_FIELDS];
    reading->n_records++;
    if (mapping_pick(&reading->mapping, cells, picked)) {
        Place place = {.file = reading->path, .line = line};
        sink_row(reading->sink, picked, reading->mapping.kind->n_fields, &place);
    } else {
        sink_exclude(reading->sink, "empty-row");
    }
    if (reading->n_records % CANCEL_EVERY == 0 && sink_is_cancelled(reading->sink))
        return refuse(reading, SOURCE_ERROR_CUT, line, error, "reading was cancelled");
    return true;
}

static bool push_blocks(DataFile *file, const char *path, const char *encoding, Rows *rows,
                        GError **error)
{
    g_autoptr(Decoder) decoder = decoder_is_utf8(encoding) ? NULL : decoder_new(encoding);
    for (;;) {
        const char *bytes;
        size_t n;
        if (!data_file_read(file, &bytes, &n, error))
            return false;
        if (n == 0)
            break;
        bool is_pushed = decoder != NULL ? decoder_push(decoder, path, bytes, n, rows, error)
                                         : rows_push(rows, bytes, n, error);
        if (!is_pushed)
            return false;
    }
    if (decoder != NULL && !decoder_end(decoder, path, rows, error))
        return false;
    return rows_end(rows, error);
}

/* true when the file was read to its end; false without an error when only the header was wanted.
 */
static bool read_table(Reading *reading, GError **error)
{
    const SettingsGroup *settings = reading->source->settings;
    g_autoptr(DataFile) file = data_file_open(reading->path, error);
    if (file == NULL)
        return false;
    g_autoptr(Rows) rows = rows_new(
        reading->path, delimiter_of(settings_text(settings, "delimiter")), read_row, reading);
    if (!push_blocks(file, reading->path, settings_text(settings, "encoding"), rows, error))
        return false;
    if (!reading->has_header)
        return refuse(reading, SOURCE_ERROR_CUT, rows_line(rows), error,
                      "the file is empty: not even a header");
    if (reading->sink != NULL && reading->n_records == 0)
        return refuse(reading, SOURCE_ERROR_CUT, rows_line(rows), error,
                      "a header and not a single record: an empty table is never trusted");
    if (reading->wants_trailer && !reading->has_trailer)
        return refuse(reading, SOURCE_ERROR_CUT, rows_line(rows), error,
                      "no TRAILER record at the end: the file is cut, or its writer does not write "
                      "one (setting trailer)");
    if (reading->sink != NULL) {
        g_autofree char *digest = data_file_digest(file);
        if (digest != NULL)
            sink_digest(reading->sink, digest);
        sink_file_time(reading->sink, data_file_modified_utc(file));
        sink_note(reading->sink, "file", reading->path);
    }
    return true;
}

static Reading reading_of(const Source *source)
{
    return (Reading){
        .source = source,
        .path = settings_text(source->settings, "path"),
        .wants_trailer = strcmp(settings_text(source->settings, "trailer"), "count") == 0,
    };
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    Reading reading = reading_of(source);
    reading.sink = sink;
    return read_table(&reading, error);
}

static void check(const Source *source, CheckReport *report)
{
    Reading reading = reading_of(source);
    reading.report = report;
    g_autoptr(GError) error = NULL;
    read_table(&reading, &error);
    if (error != NULL)
        check_fail(report, "%s", error->message);
}

const Connector csv_connector = {
    .kind = "csv",
    .title = "Tables in CSV files (RFC 4180): people, assets, approvals, accounts",
    .provides = PROVIDES_PEOPLE | PROVIDES_ASSETS | PROVIDES_APPROVALS | PROVIDES_ACCOUNTS,
    .settings = csv_settings,
    .validate = validate,
    .pull = pull,
    .check = check,
};
