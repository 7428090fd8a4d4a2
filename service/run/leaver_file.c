#include "run/leaver_file.h"

#include "base/hash.h"
#include "base/times.h"
#include "rows.h"

#include <string.h>

G_DEFINE_QUARK(leaver - file - error - quark, leaver_file_error)

G_GNUC_PRINTF(2, 3)
static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, LEAVER_FILE_ERROR, LEAVER_FILE_ERROR_SYNTAX, text);
    return false;
}

/* ---- who is wanted ---- */

static void wanted_clear(void *data)
{
    LeaverWanted *wanted = data;

    g_free(wanted->text);
}

GArray *leaver_wanted_new(void)
{
    GArray *wanted = g_array_new(FALSE, FALSE, sizeof(LeaverWanted));

    g_array_set_clear_func(wanted, wanted_clear);
    return wanted;
}

void leaver_wanted_add(GArray *wanted, const char *text, const LeaverAsked *asked)
{
    LeaverWanted one = {.text = g_strdup(text), .asked = *asked};

    g_array_append_val(wanted, one);
}

/* ---- a table ---- */

enum { COLUMN_PERSON, COLUMN_LAST_DAY, COLUMN_URGENT, N_COLUMNS };
static const char *const columns[] = {"person", "last_day", "urgent"};

typedef struct LeaverTable {
    GArray *wanted;
    const LeaverAsked *otherwise;
    uint64_t first_line; /* of the header in the file, less one */
    size_t at[N_COLUMNS], n_cells;
    bool has_header;
} LeaverTable;

static bool read_header(LeaverTable *table, const Text *cells, size_t n_cells, uint64_t line,
                        GError **error)
{
    table->has_header = true;
    table->n_cells = n_cells;
    for (size_t column = 0; column < N_COLUMNS; column++) {
        table->at[column] = SIZE_MAX;
        for (size_t i = 0; i < n_cells; i++) {
            if (!text_equals_folded(cells[i], text_of(columns[column])))
                continue;
            if (table->at[column] != SIZE_MAX)
                return refuse(error, "line %" G_GUINT64_FORMAT ": the column %s is there twice",
                              line, columns[column]);
            table->at[column] = i;
        }
    }
    return true;
}

static Text cell_of(const LeaverTable *table, const Text *cells, size_t column)
{
    return table->at[column] != SIZE_MAX ? cells[table->at[column]] : text_of("");
}

static bool read_urgent(Text cell, bool *is_urgent)
{
    static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"no", "false", "0"};

    if (cell.length == 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(yes); i++) {
        if (text_equals_folded(cell, text_of(yes[i])) || text_equals_folded(cell, text_of(no[i]))) {
            *is_urgent = text_equals_folded(cell, text_of(yes[i]));
            return true;
        }
    }
    return false;
}

static bool read_row(const Text *cells, size_t n_cells, uint64_t line, bool is_ended, void *data,
                     GError **error)
{
    LeaverTable *table = data;

    line += table->first_line;
    if (!table->has_header)
        return read_header(table, cells, n_cells, line, error);
    if (n_cells != table->n_cells)
        return refuse(error, "line %" G_GUINT64_FORMAT " has %zu cells, the header has %zu", line,
                      n_cells, table->n_cells);
    Text person = cell_of(table, cells, COLUMN_PERSON);
    Text day = cell_of(table, cells, COLUMN_LAST_DAY);
    LeaverAsked asked = *table->otherwise;

    if (person.length == 0)
        return refuse(error, "line %" G_GUINT64_FORMAT ": person is empty", line);
    if (day.length > 0 && !day_parse(day, NULL, &asked.last_day))
        return refuse(error,
                      "line %" G_GUINT64_FORMAT ": last_day is no date; allowed: ISO 8601 "
                      "as in 2026-12-31",
                      line);
    if (!read_urgent(cell_of(table, cells, COLUMN_URGENT), &asked.is_urgent))
        return refuse(error, "line %" G_GUINT64_FORMAT ": urgent is neither yes nor no", line);
    g_autofree char *text = g_strndup(person.data, person.length);
    leaver_wanted_add(table->wanted, text, &asked);
    return true;
}

static bool parse_table(const char *content, size_t length, char delimiter, LeaverTable *table,
                        GError **error)
{
    g_autoptr(Rows) rows = rows_new("the table", delimiter, read_row, table);

    return rows_push(rows, content, length, error) && rows_end(rows, error);
}

/* ---- lines ---- */

/* The line that begins there, without its end and white space. */
static Text line_at(const char *content, size_t length, size_t *ret_next)
{
    const char *end = memchr(content, '\n', length);
    size_t n = end != NULL ? (size_t)(end - content) : length;

    *ret_next = end != NULL ? n + 1 : n;
    return text_trimmed((Text){.data = content, .length = n});
}

/* ',' or ';' when the line is the header of a table; 0 when it is somebody. */
static char delimiter_of(Text header)
{
    g_autofree char *line = g_strndup(header.data, header.length);
    char delimiter = strchr(line, ';') != NULL ? ';' : ',';
    g_auto(GStrv) cells = g_strsplit(line, delimiter == ';' ? ";" : ",", -1);

    for (char **cell = cells; *cell != NULL; cell++) {
        Text text = text_trimmed(text_of(*cell));
        if (text.length >= 2 && text.data[0] == '"' && text.data[text.length - 1] == '"') {
            text = (Text){.data = text.data + 1, .length = text.length - 2};
        }
        if (text_equals_folded(text, text_of(columns[COLUMN_PERSON])))
            return delimiter;
    }
    return 0;
}

static bool parse_lines(const char *content, size_t length, LeaverTable *table, GError **error)
{
    size_t next;
    bool is_first = true;

    for (size_t at = 0; at < length; at += next, table->first_line++) {
        Text line = line_at(content + at, length - at, &next);
        if (line.length == 0 || line.data[0] == '#')
            continue;
        char delimiter = is_first ? delimiter_of(line) : 0;
        if (delimiter != 0)
            return parse_table(content + at, length - at, delimiter, table, error);
        g_autofree char *text = g_strndup(line.data, line.length);
        leaver_wanted_add(table->wanted, text, table->otherwise);
        is_first = false;
    }
    return true;
}

bool leaver_file_parse(const char *content, size_t length, const LeaverAsked *otherwise,
                       GArray *wanted, GError **error)
{
    LeaverTable table = {.wanted = wanted, .otherwise = otherwise};
    bool has_bom = length >= 3 && memcmp(content, "\xef\xbb\xbf", 3) == 0;

    if (has_bom) {
        content += 3;
        length -= 3;
    }
    if (!g_utf8_validate_len(content, length, NULL))
        return refuse(error, "it is not valid UTF-8 text");
    if (!parse_lines(content, length, &table, error))
        return false;
    if (wanted->len > LEAVER_FILE_MAX_PEOPLE)
        return refuse(error, "it names %u people; at most %d in one file", wanted->len,
                      LEAVER_FILE_MAX_PEOPLE);
    return true;
}

bool leaver_file_read(const char *path, const LeaverAsked *otherwise, GArray *wanted,
                      GError **error)
{
    g_autofree char *content = NULL;
    gsize length = 0;

    return g_file_get_contents(path, &content, &length, error) &&
           leaver_file_parse(content, length, otherwise, wanted, error);
}
