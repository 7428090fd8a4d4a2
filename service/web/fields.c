#include "web/fields.h"

#include "base/visible.h"
#include "web/web.h"

#include <string.h>

typedef struct Field {
    char *name, *value;
} Field;

struct Fields {
    GArray *list; /* (element-type Field) in the order they came */
};

static void clear_field(gpointer data)
{
    Field *field = data;

    g_free(field->name);
    g_free(field->value);
}

static bool G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, WEB_ERROR, WEB_ERROR_BAD_REQUEST, sentence);
    return false;
}

/* What somebody sent, fit for a sentence: short, and nothing that lies. */
static char *quoted(const char *text)
{
    g_autofree char *visible = visible_text(text);
    g_autofree char *cut = g_utf8_substring(visible, 0, MIN(g_utf8_strlen(visible, -1), 60));

    return g_strdup_printf("'%s'", cut);
}

/* ---- decoding ---- */

static bool decode_byte(const char **at, const char *end, bool plus_is_space, GString *out)
{
    char c = **at;

    if (c == '%') {
        int high = end - *at >= 3 ? g_ascii_xdigit_value((*at)[1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value((*at)[2]) : -1;
        if (low < 0)
            return false;
        c = (char)(high * 16 + low);
        *at += 2;
    } else if (c == '+' && plus_is_space) {
        c = ' ';
    }
    *at += 1;
    g_string_append_c(out, c);
    return c != '\0';
}

char *fields_decode(const char *text, size_t length, bool plus_is_space)
{
    g_autoptr(GString) out = g_string_sized_new(length + 1);
    const char *end = text + length;

    while (text < end) {
        if (!decode_byte(&text, end, plus_is_space, out))
            return NULL;
    }
    if (!g_utf8_validate(out->str, (gssize)out->len, NULL))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool parse_one(Fields *fields, const char *text, size_t length, GError **error)
{
    const char *equals = memchr(text, '=', length);
    size_t n_name = equals ? (size_t)(equals - text) : length;
    const char *value = equals ? equals + 1 : text + length;
    Field field = {.name = fields_decode(text, n_name, true),
                   .value = fields_decode(value, (size_t)(text + length - value), true)};

    if (field.name && field.value) {
        g_array_append_val(fields->list, field);
        return true;
    }
    g_autofree char *shown = quoted(field.name ? field.name : "?");
    bool has_name = field.name != NULL;
    clear_field(&field);
    return refuse(error, "The %s %s cannot be read: a broken %%XX, a NUL, or no UTF-8.",
                  has_name ? "field" : "name of a field", shown);
}

Fields *fields_parse(const char *text, size_t length, size_t limit, GError **error)
{
    g_autoptr(Fields) fields = g_new0(Fields, 1);
    const char *end = text + length;

    fields->list = g_array_new(FALSE, FALSE, sizeof(Field));
    g_array_set_clear_func(fields->list, clear_field);
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        if (!stop)
            stop = end;
        if (stop > text && fields->list->len >= limit) {
            refuse(error, "There are more than %zu fields.", limit);
            return NULL;
        }
        if (stop > text && !parse_one(fields, text, (size_t)(stop - text), error))
            return NULL;
        text = stop + 1;
    }
    return g_steal_pointer(&fields);
}

void fields_free(Fields *fields)
{
    if (!fields)
        return;
    g_array_unref(fields->list);
    g_free(fields);
}

/* ---- reading ---- */

size_t fields_count(const Fields *fields)
{
    return fields->list->len;
}

const char *fields_get(const Fields *fields, const char *name)
{
    const char *found = NULL;

    for (guint i = 0; fields && i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        if (!g_str_equal(field->name, name))
            continue;
        if (found)
            return NULL;
        found = field->value;
    }
    return found;
}

GPtrArray *fields_all(const Fields *fields, const char *name)
{
    GPtrArray *all = g_ptr_array_new();

    for (guint i = 0; fields && i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        if (g_str_equal(field->name, name))
            g_ptr_array_add(all, field->value);
    }
    return all;
}

json_t *fields_json(const Fields *fields, const char *but)
{
    json_t *list = json_array();

    for (guint i = 0; fields && i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        if (!g_str_equal(field->name, but))
            json_array_append_new(
                list, json_pack("{s:s s:s}", "name", field->name, "value", field->value));
    }
    return list;
}

/* "reason-12" is "reason-" and a number of items, as it is written once. */
static bool is_numbered(const char *name, const char *stem, size_t length, gint64 *ret_number)
{
    const char *digits = name + length;
    guint64 number;

    if (strncmp(name, stem, length) != 0 || *digits == '0' ||
        !g_ascii_string_to_unsigned(digits, 10, 1, G_MAXINT32, &number, NULL))
        return false;
    *ret_number = (gint64)number;
    return true;
}

GArray *fields_numbers(const Fields *fields, const char *name)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autofree char *stem = g_strconcat(name, "-", NULL);
    gint64 number;

    for (guint i = 0; fields && i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        if (is_numbered(field->name, stem, strlen(stem), &number))
            g_array_append_val(numbers, number);
    }
    return numbers;
}

static bool may_be(const char *name, const char *const *allowed, bool *ret_may_repeat)
{
    size_t length = strlen(name);
    gint64 number;

    for (; *allowed; allowed++) {
        *ret_may_repeat = g_str_has_suffix(*allowed, "*");
        if (g_str_has_suffix(*allowed, "-#") &&
            is_numbered(name, *allowed, strlen(*allowed) - 1, &number))
            return true;
        if (strlen(*allowed) == length + *ret_may_repeat && strncmp(*allowed, name, length) == 0)
            return true;
    }
    return false;
}

bool fields_check(const Fields *fields, const char *const *allowed, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        bool may_repeat;
        g_autofree char *shown = quoted(field->name);

        if (!may_be(field->name, allowed, &may_repeat))
            return refuse(error, "There is no field %s here. Nothing was changed.", shown);
        if (!g_hash_table_add(seen, field->name) && !may_repeat)
            return refuse(error, "The field %s was sent twice. Nothing was changed.", shown);
    }
    return true;
}

bool fields_number(const Fields *fields, const char *name, gint64 otherwise, gint64 maximum,
                   gint64 *ret_number, GError **error)
{
    const char *text = fields_get(fields, name);
    guint64 number;

    if (!text || *text == '\0') {
        *ret_number = otherwise;
        return true;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, (guint64)maximum, &number, NULL)) {
        g_autofree char *shown = quoted(text);
        return refuse(error, "%s: %s is no number from 0 to %" G_GINT64_FORMAT ".", name, shown,
                      maximum);
    }
    *ret_number = (gint64)number;
    return true;
}

bool fields_choice(const Fields *fields, const char *name, const char *const *choices,
                   const char **ret_choice, GError **error)
{
    const char *text = fields_get(fields, name);

    *ret_choice = NULL;
    if (!text || *text == '\0')
        return true;
    for (const char *const *choice = choices; *choice; choice++) {
        if (g_str_equal(*choice, text))
            *ret_choice = *choice;
    }
    if (*ret_choice)
        return true;
    g_autofree char *shown = quoted(text);
    g_autofree char *list = g_strjoinv(", ", (char **)(uintptr_t)choices);
    return refuse(error, "%s: there is no %s; allowed: %s.", name, shown, list);
}

/* Browsers send \r\n; what is stored has \n, so that a log line can never be forged by a \r. */
static void unify_lines(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool is_pair = *from == '\r' && from[1] == '\n';
        if (!is_pair)
            *to++ = *from == '\r' ? '\n' : *from;
    }
    *to = '\0';
}

static bool is_blank(const char *text)
{
    for (const char *c = text; *c != '\0'; c += g_utf8_skip[(unsigned char)*c]) {
        if (!g_unichar_isspace(g_utf8_get_char(c)))
            return false;
    }
    return true;
}

bool fields_text(const Fields *fields, const char *name, size_t maximum, bool must_be,
                 const char **ret_text, GError **error)
{
    char *text = (char *)(uintptr_t)fields_get(fields, name);

    *ret_text = NULL;
    if (!text || is_blank(text))
        return !must_be || refuse(error, "%s: a text is needed here. Nothing was changed.", name);
    unify_lines(text);
    if ((size_t)g_utf8_strlen(text, -1) > maximum)
        return refuse(error, "%s: the text is longer than %zu characters. Nothing was changed.",
                      name, maximum);
    *ret_text = text;
    return true;
}

char *fields_query_with(const Fields *fields, const char *name, const char *value)
{
    GString *query = g_string_new(NULL);

    for (guint i = 0; fields && i < fields->list->len; i++) {
        const Field *field = &g_array_index(fields->list, Field, i);
        if (g_str_equal(field->name, name) || *field->value == '\0')
            continue;
        g_autofree char *escaped_name = g_uri_escape_string(field->name, NULL, FALSE);
        g_autofree char *escaped = g_uri_escape_string(field->value, NULL, FALSE);
        g_string_append_printf(query, "%c%s=%s", query->len == 0 ? '?' : '&', escaped_name,
                               escaped);
    }
    if (value) {
        g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);
        g_string_append_printf(query, "%c%s=%s", query->len == 0 ? '?' : '&', name, escaped);
    }
    return g_string_free(query, FALSE);
}
