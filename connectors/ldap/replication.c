#include "ldap/replication.h"
#include "ldap/value.h"

#include <glib.h>

/* ---- As it is stored ---- */

/* Version, reserved, number of stamps, reserved: four little-endian words. */
#define HEADER_SIZE 16
/* Attribute, version: a word each; time in seconds since 1601, invocation id, two update numbers.
 */
#define STAMP_SIZE 48
#define SECONDS_1601_TO_1970 INT64_C(11644473600)
/* The end of the year 9999; what no date of ours can be written for is no time. */
#define LAST_SECOND INT64_C(253402300799)

static uint64_t number_at(Text blob, size_t at, size_t size)
{
    uint64_t number = 0;

    for (size_t i = size; i > 0; i--)
        number = number << 8 | (unsigned char)blob.data[at + i - 1];
    return number;
}

bool replication_stored_time(Text blob, uint32_t attribute_id, int64_t *ret_utc)
{
    if (blob.length < HEADER_SIZE || number_at(blob, 0, 4) != 1)
        return false;
    uint64_t n = number_at(blob, 8, 4);
    if (n != (blob.length - HEADER_SIZE) / STAMP_SIZE ||
        (blob.length - HEADER_SIZE) % STAMP_SIZE != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t at = HEADER_SIZE + i * STAMP_SIZE;
        uint64_t seconds = number_at(blob, at + 8, 8);
        if (number_at(blob, at, 4) != attribute_id)
            continue;
        if (seconds <= SECONDS_1601_TO_1970 || seconds > SECONDS_1601_TO_1970 + LAST_SECOND)
            return false;
        *ret_utc = (int64_t)seconds - SECONDS_1601_TO_1970;
        return true;
    }
    return false;
}

/* ---- XML ---- */

typedef enum Field {
    FIELD_NONE,
    FIELD_ATTRIBUTE,
    FIELD_OBJECT,
    FIELD_DELETED,
    FIELD_CHANGED,
    N_FIELDS
} Field;

static const char *const field_names[N_FIELDS] = {
    [FIELD_ATTRIBUTE] = "pszAttributeName",
    [FIELD_OBJECT] = "pszObjectDn",
    [FIELD_DELETED] = "ftimeDeleted",
    [FIELD_CHANGED] = "ftimeLastOriginatingChange",
};

typedef struct StampReader {
    unsigned depth;
    bool is_of_value;
    Field field;
    GString *texts[N_FIELDS]; /* NULL until the element was met */
} StampReader;

static void refuse(GError **error, const char *what)
{
    g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, what);
}

static void open_field(StampReader *reader, const char *name, GError **error)
{
    reader->field = FIELD_NONE;
    for (int field = FIELD_NONE + 1; field < N_FIELDS; field++) {
        if (strcmp(name, field_names[field]) != 0)
            continue;
        if (reader->texts[field] != NULL) {
            refuse(error, "an element that comes twice");
            return;
        }
        reader->texts[field] = g_string_new(NULL);
        reader->field = (Field)field;
    }
}

static void on_start(GMarkupParseContext *context, const char *name, const char **attribute_names,
                     const char **attribute_values, gpointer data, GError **error)
{
    StampReader *reader = data;

    (void)context, (void)attribute_names, (void)attribute_values;
    reader->depth++;
    if (reader->depth == 1) {
        reader->is_of_value = strcmp(name, "DS_REPL_VALUE_META_DATA") == 0;
        if (!reader->is_of_value && strcmp(name, "DS_REPL_ATTR_META_DATA") != 0)
            refuse(error, "no stamp");
    } else if (reader->depth == 2) {
        open_field(reader, name, error);
    } else {
        refuse(error, "an element within an element");
    }
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
    StampReader *reader = data;

    (void)context, (void)name, (void)error;
    reader->depth--;
    reader->field = FIELD_NONE;
}

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                    GError **error)
{
    StampReader *reader = data;

    (void)context, (void)error;
    if (reader->field != FIELD_NONE)
        g_string_append_len(reader->texts[reader->field], text, (gssize)length);
}

/* Is that the "&" of a reference? */
static bool is_reference(Text text, size_t at)
{
    static const char *const names[] = {"amp;", "lt;", "gt;", "quot;", "apos;"};
    Text rest = {text.data + at + 1, text.length - at - 1};

    if (rest.length > 2 && rest.data[0] == '#')
        return memchr(rest.data, ';', MIN(rest.length, 10)) != NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t length = strlen(names[i]);
        if (rest.length >= length && memcmp(rest.data, names[i], length) == 0)
            return true;
    }
    return false;
}

/* Microsoft's servers end the value with a NUL, and write DNs as they are: "CN=R&D" is no XML until
 * somebody escapes it. */
static GString *make_xml(Text xml)
{
    while (xml.length > 0 && xml.data[xml.length - 1] == '\0')
        xml.length--;
    GString *made = g_string_sized_new(xml.length + 16);
    for (size_t i = 0; i < xml.length; i++) {
        if (xml.data[i] == '&' && !is_reference(xml, i))
            g_string_append(made, "&amp;");
        else
            g_string_append_c(made, xml.data[i]);
    }
    return made;
}

/* "2026-03-01T08:12:33Z" */
static bool read_time(const GString *text, int64_t *ret_utc)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";
    char plain[sizeof pattern];
    size_t n = 0;

    if (text == NULL || text->len != strlen(pattern))
        return false;
    for (size_t i = 0; i < text->len; i++) {
        bool is_digit = g_ascii_isdigit(text->str[i]);
        if (pattern[i] == 'd' ? !is_digit : text->str[i] != pattern[i])
            return false;
        if (is_digit || pattern[i] == 'Z')
            plain[n++] = text->str[i];
    }
    return value_generalized_time((Text){plain, n}, ret_utc);
}

/* A value that is there has the time 0 of removal, which is 1601. */
static bool read_removed(const StampReader *reader, bool *ret_is_removed)
{
    int64_t deleted;

    if (!reader->is_of_value) {
        *ret_is_removed = false;
        return true;
    }
    if (!read_time(reader->texts[FIELD_DELETED], &deleted))
        return false;
    *ret_is_removed = deleted != -SECONDS_1601_TO_1970;
    return true;
}

static bool has_text(const GString *text)
{
    return text != NULL && text->len > 0;
}

static bool take_stamp(const StampReader *reader, ReplicationStamp *ret_stamp)
{
    ReplicationStamp stamp = {.is_of_value = reader->is_of_value};

    if (!has_text(reader->texts[FIELD_ATTRIBUTE]) || !read_removed(reader, &stamp.is_removed) ||
        (stamp.is_of_value && !has_text(reader->texts[FIELD_OBJECT])) ||
        !read_time(reader->texts[FIELD_CHANGED], &stamp.changed_utc) || stamp.changed_utc <= 0)
        return false;
    stamp.attribute = g_strdup(reader->texts[FIELD_ATTRIBUTE]->str);
    stamp.value = g_strdup(stamp.is_of_value ? reader->texts[FIELD_OBJECT]->str : "");
    *ret_stamp = stamp;
    return true;
}

bool replication_read_xml(Text xml, ReplicationStamp *ret_stamp)
{
    static const GMarkupParser parser = {
        .start_element = on_start, .end_element = on_end, .text = on_text};
    StampReader reader = {0};
    g_autoptr(GString) made = make_xml(xml);
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
    bool is_read = g_markup_parse_context_parse(context, made->str, (gssize)made->len, NULL) &&
                   g_markup_parse_context_end_parse(context, NULL) &&
                   take_stamp(&reader, ret_stamp);

    for (int field = 0; field < N_FIELDS; field++) {
        if (reader.texts[field] != NULL)
            g_string_free(reader.texts[field], TRUE);
    }
    return is_read;
}

void replication_stamp_clear(ReplicationStamp *stamp)
{
    g_clear_pointer(&stamp->attribute, g_free);
    g_clear_pointer(&stamp->value, g_free);
}
