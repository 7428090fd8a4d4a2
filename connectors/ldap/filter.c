#include "ldap/filter.h"

#include "ldap/value.h"

#include <rightful/connector.h>

#define MAX_DEPTH 64

typedef enum FilterKind {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_PRESENT,
    FILTER_EQUAL, /* also ~=, which servers may read as = (RFC 4511 section 4.5.1.7.6) */
    FILTER_SUBSTRINGS,
    FILTER_AT_LEAST,
    FILTER_AT_MOST,
    FILTER_ALL_BITS,
    FILTER_ANY_BITS
} FilterKind;

struct Filter {
    FilterKind kind;
    GPtrArray *children; /* & | ! */
    char *attribute;
    GString *value; /* unescaped, folded */
    GPtrArray
        *parts; /* substrings: (element-type GString), folded; the first and last may be empty */
    int64_t bits;
    bool is_word; /* the value has no blank and is ASCII */
};

void filter_free(Filter *filter)
{
    if (filter == NULL)
        return;
    g_clear_pointer(&filter->children, g_ptr_array_unref);
    g_clear_pointer(&filter->parts, g_ptr_array_unref);
    if (filter->value != NULL)
        g_string_free(filter->value, TRUE);
    g_free(filter->attribute);
    g_free(filter);
}

static void free_filter(gpointer filter)
{
    filter_free(filter);
}

static void free_string(gpointer string)
{
    g_string_free(string, TRUE);
}

/* ---- Comparing ---- */

/* Lower case and single blanks, so that two spellings of one text are the same bytes. */
static GString *fold(const char *data, size_t length, bool keep_ends)
{
    g_autofree char *folded =
        g_utf8_validate(data, (gssize)length, NULL) ? g_utf8_casefold(data, (gssize)length) : NULL;
    GString *result = g_string_new(NULL);
    const char *text = folded != NULL ? folded : data;
    size_t n = folded != NULL ? strlen(folded) : length;

    for (size_t i = 0; i < n; i++) {
        bool is_repeated = text[i] == ' ' && result->len > 0 && result->str[result->len - 1] == ' ';
        bool is_leading = text[i] == ' ' && result->len == 0 && !keep_ends;
        if (!is_repeated && !is_leading)
            g_string_append_c(result, text[i]);
    }
    if (!keep_ends && result->len > 0 && result->str[result->len - 1] == ' ')
        g_string_truncate(result, result->len - 1);
    return result;
}

/* Active Directory takes the class name for objectCategory, which is a DN (MS-ADTS
 * section 3.1.1.3.1.3.5). */
static Text category_name(Text value)
{
    const char *from = memchr(value.data, '=', value.length);
    if (from == NULL)
        return value;
    from++;
    size_t rest = value.length - (size_t)(from - value.data);
    const char *comma = memchr(from, ',', rest);
    return (Text){.data = from, .length = comma != NULL ? (size_t)(comma - from) : rest};
}

static bool has_substrings(const GPtrArray *parts, const GString *text)
{
    const GString *last = g_ptr_array_index(parts, parts->len - 1);
    const GString *first = g_ptr_array_index(parts, 0);
    size_t at = first->len;

    if (first->len + last->len > text->len || memcmp(text->str, first->str, first->len) != 0 ||
        memcmp(text->str + text->len - last->len, last->str, last->len) != 0)
        return false;
    for (guint i = 1; i + 1 < parts->len; i++) {
        const GString *part = g_ptr_array_index(parts, i);
        const char *found =
            memmem(text->str + at, text->len - last->len - at, part->str, part->len);
        if (found == NULL)
            return false;
        at = (size_t)(found - text->str) + part->len;
    }
    return true;
}

/* Below, equal or above 0: numbers as numbers, the rest as folded text. */
static int compare(const GString *text, const GString *limit)
{
    int64_t a;
    int64_t b;

    if (value_integer((Text){text->str, text->len}, &a) &&
        value_integer((Text){limit->str, limit->len}, &b))
        return a < b ? -1 : a > b;
    return strcmp(text->str, limit->str);
}

static bool is_word(const char *data, size_t length)
{
    bool is_good = true;

    for (size_t i = 0; i < length; i++)
        is_good &= data[i] > ' ';
    return is_good;
}

static bool is_value_match(const Filter *filter, Text value)
{
    int64_t number;

    if (filter->kind == FILTER_PRESENT)
        return true;
    /* objectClass of every entry: folding it cost a twentieth of a run. */
    if (filter->kind == FILTER_EQUAL && filter->is_word && is_word(value.data, value.length) &&
        memchr(value.data, '=', value.length) == NULL)
        return value.length == filter->value->len &&
               g_ascii_strncasecmp(value.data, filter->value->str, value.length) == 0;
    if (filter->kind == FILTER_ALL_BITS || filter->kind == FILTER_ANY_BITS)
        return value_integer(value, &number) &&
               (filter->kind == FILTER_ALL_BITS ? (number & filter->bits) == filter->bits
                                                : (number & filter->bits) != 0);
    if (g_ascii_strcasecmp(filter->attribute, "objectCategory") == 0 && filter->value != NULL &&
        strchr(filter->value->str, '=') == NULL)
        value = category_name(value);
    GString *text = fold(value.data, value.length, false);
    bool is_match = filter->kind == FILTER_EQUAL        ? g_string_equal(text, filter->value)
                    : filter->kind == FILTER_SUBSTRINGS ? has_substrings(filter->parts, text)
                    : filter->kind == FILTER_AT_LEAST   ? compare(text, filter->value) >= 0
                                                        : compare(text, filter->value) <= 0;
    g_string_free(text, TRUE);
    return is_match;
}

bool filter_matches(const Filter *filter, const FilterValue *values, size_t n_values)
{
    switch (filter->kind) {
    case FILTER_NOT:
        return !filter_matches(g_ptr_array_index(filter->children, 0), values, n_values);
    case FILTER_AND:
    case FILTER_OR:
        for (guint i = 0; i < filter->children->len; i++) {
            const Filter *child = g_ptr_array_index(filter->children, i);
            if (filter_matches(child, values, n_values) != (filter->kind == FILTER_AND))
                return filter->kind == FILTER_OR;
        }
        return filter->kind == FILTER_AND;
    default:
        for (size_t i = 0; i < n_values; i++) {
            if ((values[i].attribute == filter->attribute ||
                 g_ascii_strcasecmp(values[i].attribute, filter->attribute) == 0) &&
                is_value_match(filter, values[i].value))
                return true;
        }
        return false;
    }
}

void filter_attributes(const Filter *filter, GPtrArray *attributes)
{
    if (filter->attribute != NULL)
        g_ptr_array_add(attributes, filter->attribute);
    for (guint i = 0; filter->children != NULL && i < filter->children->len; i++)
        filter_attributes(g_ptr_array_index(filter->children, i), attributes);
}

/* ---- Reading ---- */

typedef struct FilterReader {
    const char *text;
    const char *at;
    int depth;
} FilterReader;

static Filter *refuse(const FilterReader *reader, GError **error, const char *what)
{
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SYNTAX, "filter \"%s\": %s at character %d",
                reader->text, what, (int)(reader->at - reader->text) + 1);
    return NULL;
}

/* Appends the bytes up to end with \xx resolved. */
static bool unescape(const char *from, const char *end, GString *result)
{
    for (const char *at = from; at < end; at++) {
        if (*at != '\\') {
            g_string_append_c(result, *at);
            continue;
        }
        if (end - at < 3 || !g_ascii_isxdigit(at[1]) || !g_ascii_isxdigit(at[2]))
            return false;
        g_string_append_c(result,
                          (char)(g_ascii_xdigit_value(at[1]) << 4 | g_ascii_xdigit_value(at[2])));
        at += 2;
    }
    return true;
}

static bool read_parts(Filter *filter, const char *value, const char *end)
{
    filter->kind = FILTER_SUBSTRINGS;
    filter->parts = g_ptr_array_new_with_free_func(free_string);
    for (const char *from = value; from <= end;) {
        const char *star = memchr(from, '*', (size_t)(end - from));
        const char *stop = star != NULL ? star : end;
        GString *raw = g_string_new(NULL);
        bool is_good = unescape(from, stop, raw);
        g_ptr_array_add(filter->parts, fold(raw->str, raw->len, true));
        g_string_free(raw, TRUE);
        if (!is_good)
            return false;
        from = stop + 1;
    }
    return true;
}

static bool read_value(Filter *filter, const char *value, const char *end)
{
    if (filter->kind == FILTER_EQUAL && end - value == 1 && *value == '*') {
        filter->kind = FILTER_PRESENT;
        return true;
    }
    if (filter->kind == FILTER_EQUAL && memchr(value, '*', (size_t)(end - value)) != NULL)
        return read_parts(filter, value, end);
    g_autoptr(GString) raw = g_string_new(NULL);
    if (!unescape(value, end, raw))
        return false;
    if (filter->kind == FILTER_ALL_BITS || filter->kind == FILTER_ANY_BITS) {
        return value_integer((Text){raw->str, raw->len}, &filter->bits);
    }
    filter->value = fold(raw->str, raw->len, false);
    filter->is_word = is_word(filter->value->str, filter->value->len);
    return true;
}

/* The operator before "=": sets kind and attribute. */
static bool read_operator(Filter *filter, const char *from, const char *equals)
{
    const char *end = equals;

    filter->kind = FILTER_EQUAL;
    if (end > from && (end[-1] == '>' || end[-1] == '<' || end[-1] == '~')) {
        end--;
        filter->kind = *end == '>' ? FILTER_AT_LEAST : *end == '<' ? FILTER_AT_MOST : FILTER_EQUAL;
    } else if (end > from && end[-1] == ':') {
        end--;
        const char *colon = memchr(from, ':', (size_t)(end - from));
        Text rule = {colon != NULL ? colon + 1 : end,
                     colon != NULL ? (size_t)(end - colon) - 1 : 0};
        if (value_is(rule, "1.2.840.113556.1.4.803"))
            filter->kind = FILTER_ALL_BITS;
        else if (value_is(rule, "1.2.840.113556.1.4.804"))
            filter->kind = FILTER_ANY_BITS;
        else
            return false;
        end = colon;
    }
    filter->attribute = g_strndup(from, (gsize)(end - from));
    size_t n = strspn(filter->attribute, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-;._");
    return n > 0 && filter->attribute[n] == '\0';
}

static Filter *read_filter(FilterReader *reader, GError **error);

static Filter *read_children(FilterReader *reader, FilterKind kind, GError **error)
{
    g_autoptr(Filter) filter = g_new0(Filter, 1);

    filter->kind = kind;
    filter->children = g_ptr_array_new_with_free_func(free_filter);
    reader->at++;
    while (*reader->at == '(') {
        Filter *child = read_filter(reader, error);
        if (child == NULL)
            return NULL;
        g_ptr_array_add(filter->children, child);
    }
    if (kind == FILTER_NOT && filter->children->len != 1)
        return refuse(reader, error, "! takes exactly one condition");
    return g_steal_pointer(&filter);
}

static Filter *read_condition(FilterReader *reader, GError **error)
{
    g_autoptr(Filter) filter = g_new0(Filter, 1);
    const char *end = strpbrk(reader->at, "()");
    const char *equals = strchr(reader->at, '=');

    if (end == NULL || equals == NULL || equals > end)
        return refuse(reader, error, "expected attribute=value");
    if (!read_operator(filter, reader->at, equals))
        return refuse(reader, error, "attribute or matching rule is not known here");
    if (!read_value(filter, equals + 1, end))
        return refuse(reader, error, "the value is not well formed");
    reader->at = end;
    return g_steal_pointer(&filter);
}

static Filter *read_filter(FilterReader *reader, GError **error)
{
    if (*reader->at != '(' || ++reader->depth > MAX_DEPTH)
        return refuse(reader, error,
                      reader->depth > MAX_DEPTH ? "nested too deeply" : "expected (");
    reader->at++;
    g_autoptr(Filter) filter = *reader->at == '&'   ? read_children(reader, FILTER_AND, error)
                               : *reader->at == '|' ? read_children(reader, FILTER_OR, error)
                               : *reader->at == '!' ? read_children(reader, FILTER_NOT, error)
                                                    : read_condition(reader, error);
    if (filter == NULL)
        return NULL;
    if (*reader->at != ')')
        return refuse(reader, error, "expected )");
    reader->at++;
    reader->depth--;
    return g_steal_pointer(&filter);
}

Filter *filter_parse(const char *text, GError **error)
{
    FilterReader reader = {.text = text, .at = text};
    g_autoptr(Filter) filter = read_filter(&reader, error);

    if (filter != NULL && *reader.at != '\0')
        return refuse(&reader, error, "something follows the filter");
    return g_steal_pointer(&filter);
}
