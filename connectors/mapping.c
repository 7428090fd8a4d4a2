#include "mapping.h"

#include <string.h>

/* ---- did you mean ---- */

#define MAX_NEAR 64 /* longer names are not compared: nobody mistypes them slightly */

/* Levenshtein distance of two short ASCII-folded texts. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    size_t row[MAX_NEAR + 1];
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t substitute = diagonal + (g_ascii_tolower(a[i]) != g_ascii_tolower(b[j]));
            diagonal = row[j + 1];
            row[j + 1] = MIN(substitute, MIN(row[j], row[j + 1]) + 1);
        }
    }
    return row[n];
}

/* Remembers candidate when it is nearer to typed than what was seen before. */
static void keep_nearer(const char *typed, const char *candidate, size_t *distance,
                        const char **nearest)
{
    size_t length = strlen(typed);
    if (length > MAX_NEAR || strlen(candidate) > MAX_NEAR)
        return;
    size_t d = edit_distance(typed, candidate);
    if (d < *distance && d <= MAX(length / 3, 1)) {
        *distance = d;
        *nearest = candidate;
    }
}

/* ---- settings ---- */

static int find_field(const RecordKind *kind, const char *name)
{
    for (size_t i = 0; i < kind->n_fields; i++) {
        if (strcmp(kind->fields[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static char *field_names(const RecordKind *kind)
{
    GString *names = g_string_new(NULL);
    for (size_t i = 0; i < kind->n_fields; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", kind->fields[i].name);
    return g_string_free(names, FALSE);
}

static void validate_columns(const Source *source, const RecordKind *kind, GPtrArray *problems)
{
    const char *const *keys = settings_map_keys(source->settings, "columns");
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (find_field(kind, keys[i]) >= 0)
            continue;
        size_t distance = SIZE_MAX;
        const char *nearest = NULL;
        for (size_t f = 0; f < kind->n_fields; f++)
            keep_nearer(keys[i], kind->fields[f].name, &distance, &nearest);
        g_autofree char *allowed = field_names(kind);
        g_ptr_array_add(
            problems, g_strdup_printf("%s: columns.%s: %s have no such field; allowed: %s%s%s%s",
                                      settings_place(source->settings), keys[i], kind->name,
                                      allowed, nearest != NULL ? "; did you mean " : "",
                                      nearest != NULL ? nearest : "", nearest != NULL ? "?" : ""));
    }
}

/* A date needs a year, a month and a day, each once; anything else could not be told from another
 * date. */
static bool is_date_format(const char *format)
{
    unsigned n_years = 0, n_months = 0, n_days = 0;
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%')
            continue;
        f++;
        if (*f == 'Y' || *f == 'y')
            n_years++;
        else if (*f == 'm' || *f == 'b' || *f == 'B')
            n_months++;
        else if (*f == 'd')
            n_days++;
        else if (*f != '%')
            return false;
    }
    return n_years == 1 && n_months == 1 && n_days == 1;
}

void mapping_validate(const Source *source, GPtrArray *problems)
{
    const RecordKind *kind = record_kind(source->provides);
    const char *preset = settings_text(source->settings, "columns");
    if (preset != NULL && mapping_preset(source) == NULL)
        g_ptr_array_add(
            problems, g_strdup_printf("%s: columns: \"%s\" has no export of %s that is known here; "
                                      "name the columns: { field = \"header\"; }",
                                      settings_place(source->settings), preset,
                                      provides_name(source->provides)));
    if (kind != NULL)
        validate_columns(source, kind, problems);
    const char *format = settings_text(source->settings, "date_format");
    if (format != NULL && !is_date_format(format))
        g_ptr_array_add(
            problems,
            g_strdup_printf(
                "%s: date_format: \"%s\" does not say year, month and day once each; "
                "allowed: %%Y or %%y, %%m or %%b or %%B, %%d, and the characters between them",
                settings_place(source->settings), format));
}

const Preset *mapping_preset(const Source *source)
{
    return preset_find(settings_text(source->settings, "columns"), source->provides);
}

void mapping_headers(const Source *source, const Text *header, size_t n_columns,
                     const char *ret_headers[MAX_RECORD_FIELDS])
{
    const Preset *preset = mapping_preset(source);
    if (preset != NULL) {
        preset_headers(preset, header, n_columns, ret_headers);
        return;
    }
    const RecordKind *kind = record_kind(source->provides);
    for (size_t i = 0; i < MAX_RECORD_FIELDS; i++)
        ret_headers[i] = kind != NULL && i < kind->n_fields
                             ? settings_map_value(source->settings, "columns", kind->fields[i].name)
                             : NULL;
}

/* ---- header → mapping ---- */

#define MAX_COLUMNS_SHOWN 40

static char *columns_found(char *const *header, size_t n_columns)
{
    GString *found = g_string_new(NULL);
    for (size_t i = 0; i < n_columns && i < MAX_COLUMNS_SHOWN; i++)
        g_string_append_printf(found, "%s\"%.*s\"", i > 0 ? ", " : "",
                               (int)MIN(strlen(header[i]), (size_t)MAX_NEAR), header[i]);
    if (n_columns > MAX_COLUMNS_SHOWN)
        g_string_append_printf(found, " and %zu more", n_columns - MAX_COLUMNS_SHOWN);
    return g_string_free(found, FALSE);
}

typedef struct Columns {
    char **names;  /* of the header, as they stand */
    char **folded; /* without case */
    size_t n;
} Columns;

static Columns columns_new(const Text *header, size_t n_columns)
{
    Columns columns = {.names = g_new0(char *, n_columns + 1),
                       .folded = g_new0(char *, n_columns + 1),
                       .n = n_columns};
    for (size_t i = 0; i < n_columns; i++) {
        columns.names[i] =
            header[i].length > 0 ? g_strndup(header[i].data, header[i].length) : g_strdup("");
        columns.folded[i] = g_utf8_casefold(columns.names[i], -1);
    }
    return columns;
}

static void columns_clear(Columns *columns)
{
    g_strfreev(columns->names);
    g_strfreev(columns->folded);
}

/* How many columns are spelled like this, and the first of them. */
static size_t count_columns(char *const *names, size_t n, const char *wanted, int32_t *ret_first)
{
    size_t count = 0;
    for (size_t i = n; i-- > 0;) {
        if (strcmp(names[i], wanted) == 0) {
            *ret_first = (int32_t)i;
            count++;
        }
    }
    return count;
}

static size_t find_column(const Columns *columns, const char *wanted, int32_t *ret_column)
{
    size_t count = count_columns(columns->names, columns->n, wanted, ret_column);
    if (count > 0)
        return count;
    g_autofree char *folded = g_utf8_casefold(wanted, -1);
    return count_columns(columns->folded, columns->n, folded, ret_column);
}

static void set_missing_error(const Columns *columns, const char *field, const char *wanted,
                              GError **error)
{
    size_t distance = SIZE_MAX;
    const char *nearest = NULL;
    for (size_t i = 0; i < columns->n; i++)
        keep_nearer(wanted, columns->names[i], &distance, &nearest);
    g_autofree char *found = columns_found(columns->names, columns->n);
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_MISSING,
                "there is no column \"%s\" (field %s); columns found: %s%s%s%s", wanted, field,
                found, nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "\"?" : "");
}

static bool map_field(Mapping *mapping, size_t field, const char *header, const Columns *columns,
                      GError **error)
{
    const RecordField *record_field = &mapping->kind->fields[field];
    const char *wanted = header != NULL ? header : record_field->name;
    int32_t column = -1;
    size_t count = find_column(columns, wanted, &column);
    if (count > 1) {
        g_autofree char *found = columns_found(columns->names, columns->n);
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SYNTAX,
                    "%zu columns are named \"%s\" (field %s), so nobody can tell which one is "
                    "meant; columns found: %s",
                    count, wanted, record_field->name, found);
        return false;
    }
    if (count == 0 && (header != NULL || record_field->is_required)) {
        set_missing_error(columns, record_field->name, wanted, error);
        return false;
    }
    mapping->column[field] = column;
    return true;
}

bool mapping_init(Mapping *mapping, const RecordKind *kind,
                  const char *const headers[MAX_RECORD_FIELDS], const Text *header,
                  size_t n_columns, GError **error)
{
    mapping->kind = kind;
    mapping->n_columns = n_columns;
    Columns columns = columns_new(header, n_columns);
    bool is_mapped = true;
    for (size_t field = 0; is_mapped && field < kind->n_fields; field++)
        is_mapped = map_field(mapping, field, headers[field], &columns, error);
    columns_clear(&columns);
    return is_mapped;
}

uint32_t mapping_fields(const Mapping *mapping)
{
    G_STATIC_ASSERT(MAX_RECORD_FIELDS <= 32);
    size_t n_fields = MIN(mapping->kind->n_fields, MAX_RECORD_FIELDS); /* gcc 12 wants to be told */
    uint32_t fields = 0;
    for (size_t field = 0; field < n_fields; field++)
        fields |= (uint32_t)(mapping->column[field] >= 0) << field;
    return fields;
}

bool mapping_pick(const Mapping *mapping, const Text *row, Text *cells)
{
    size_t any = 0;
    for (size_t field = 0; field < mapping->kind->n_fields; field++) {
        int32_t column = mapping->column[field];
        cells[field] = column >= 0 ? row[column] : (Text){0};
        any |= cells[field].length;
    }
    return any > 0;
}

void mapping_report(const Mapping *mapping, const Text *header, CheckReport *report)
{
    GString *absent = g_string_new(NULL);
    for (size_t field = 0; field < mapping->kind->n_fields; field++) {
        const char *name = mapping->kind->fields[field].name;
        int32_t column = mapping->column[field];
        if (column >= 0)
            check_pass(report, "%s is read from column \"%.*s\"", name, (int)header[column].length,
                       header[column].data);
        else
            g_string_append_printf(absent, "%s%s", absent->len > 0 ? ", " : "", name);
    }
    if (absent->len > 0)
        check_pass(report, "not in this table, so unknown: %s", absent->str);
    g_string_free(absent, TRUE);
}
