#include "controls/compact.h"

#include <stdint.h>

static void append_escape(GString *out, unsigned char c)
{
    static const char shorts[][3] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
        ['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t"};
    if (shorts[c][0] != '\0')
        g_string_append_len(out, shorts[c], 2);
    else
        g_string_append_printf(out, "\\u%04X", c);
}

static void append_text(GString *out, const char *text, size_t length)
{
    size_t plain = 0; /* where what can be copied as it is begins */
    g_string_append_c(out, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        g_string_append_len(out, text + plain, (gssize)(i - plain));
        append_escape(out, c);
        plain = i + 1;
    }
    g_string_append_len(out, text + plain, (gssize)(length - plain));
    g_string_append_c(out, '"');
}

static void append_value(GString *out, const json_t *value);

static void append_object(GString *out, const json_t *object)
{
    json_t *members = (json_t *)(uintptr_t)object; /* jansson's iterators know no const */
    char before = '{';
    for (void *at = json_object_iter(members); at != NULL;
         at = json_object_iter_next(members, at)) {
        g_string_append_c(out, before);
        append_text(out, json_object_iter_key(at), json_object_iter_key_len(at));
        g_string_append_c(out, ':');
        append_value(out, json_object_iter_value(at));
        before = ',';
    }
    g_string_append(out, before == '{' ? "{}" : "}");
}

static void append_list(GString *out, const json_t *list)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        append_value(out, json_array_get(list, i));
    }
    g_string_append_c(out, ']');
}

static void append_value(GString *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        append_object(out, value);
        break;
    case JSON_ARRAY:
        append_list(out, value);
        break;
    case JSON_STRING:
        append_text(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL: { /* there is none in evidence: theirs knows how to round it */
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        g_string_append(out, text);
        free(text);
        break;
    }
    case JSON_TRUE:
        g_string_append(out, "true");
        break;
    case JSON_FALSE:
        g_string_append(out, "false");
        break;
    case JSON_NULL:
        g_string_append(out, "null");
        break;
    }
}

char *json_compact(const json_t *value)
{
    GString *out = g_string_sized_new(512);
    append_value(out, value);
    return g_string_free(out, FALSE);
}
