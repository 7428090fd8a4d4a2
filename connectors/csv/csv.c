#include "csv/csv.h"

#include "csv/decoder.h"
#include "data_file.h"
#include "rows.h"
#include "table.h"

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

static bool read_row(const Text *cells, size_t n_cells, uint64_t line, bool is_ended, void *data,
                     GError **error)
{
    return table_add(data, cells, n_cells, line, is_ended, error);
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

static void note_proof(Sink *sink, DataFile *file, const char *path)
{
    g_autofree char *digest = data_file_digest(file);
    sink_digest(sink, digest);
    sink_file_time(sink, data_file_modified_utc(file));
    sink_note(sink, "file", path);
}

/* true when the file was read to its end; false without an error when only the header was wanted.
 */
static bool read_table(Table *table, GError **error)
{
    const SettingsGroup *settings = table->source->settings;
    g_autoptr(DataFile) file = data_file_open(table->file, error);
    if (file == NULL)
        return false;
    g_autoptr(Rows) rows =
        rows_new(table->file, delimiter_of(settings_text(settings, "delimiter")), read_row, table);
    if (!push_blocks(file, table->file, settings_text(settings, "encoding"), rows, error) ||
        !table_end(table, rows_line(rows), error))
        return false;
    if (table->sink != NULL)
        note_proof(table->sink, file, table->file);
    return true;
}

static Table table_of(const Source *source)
{
    return (Table){
        .source = source,
        .file = settings_text(source->settings, "path"),
        .wants_trailer = strcmp(settings_text(source->settings, "trailer"), "count") == 0,
    };
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    Table table = table_of(source);
    table.sink = sink;
    return read_table(&table, error);
}

static void check(const Source *source, CheckReport *report)
{
    Table table = table_of(source);
    table.report = report;
    g_autoptr(GError) error = NULL;
    read_table(&table, &error);
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
