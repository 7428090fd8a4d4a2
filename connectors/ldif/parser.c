#include "ldif/parser.h"
#include "ldif/names.h"
#include "ldif/window.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MAX_LINE ((size_t)64 << 20)
#define ARENA_BLOCK ((size_t)256 << 10)

struct LdifParser {
    LdifWindow window; /* begins where an entry does */
    uint64_t n_entries;
    uint64_t last_attributes; /* a bit for each attribute that an entry has ended with */

    KnownNames names;
    const Schema *schema; /* whose rules the names have */

    char *arena; /* folded and decoded values of one entry */
    size_t arena_used;
    GPtrArray *arena_more;
};

LdifParser *ldif_parser_new(LdifReader *reader, const char *path)
{
    LdifParser *parser = g_new0(LdifParser, 1);

    parser->window = (LdifWindow){.reader = reader, .path = path, .line = 1};
    parser->arena = g_malloc(ARENA_BLOCK);
    parser->arena_more = g_ptr_array_new_with_free_func(g_free);
    return parser;
}

void ldif_parser_free(LdifParser *parser)
{
    if (parser == NULL)
        return;
    ldif_window_clear(&parser->window);
    g_ptr_array_unref(parser->arena_more);
    g_free(parser->arena);
    g_free(parser);
}

static char *arena_take(LdifParser *parser, size_t n)
{
    if (n > ARENA_BLOCK - parser->arena_used) {
        char *more = g_malloc(n + 1);
        g_ptr_array_add(parser->arena_more, more);
        return more;
    }
    char *taken = parser->arena + parser->arena_used;
    parser->arena_used += n;
    return taken;
}

static bool fail(const LdifParser *parser, uint64_t line, GError **error, SourceError code,
                 const char *what)
{
    return ldif_window_fail(&parser->window, line, error, code, what);
}

/* ---- Lines ---- */

typedef enum LineStep { LINE_READ, LINE_BLANK, LINE_NONE, LINE_MORE, LINE_FAILED } LineStep;

typedef struct Cursor {
    char *at;
    uint64_t line;      /* number of the line at `at` */
    uint64_t begins_at; /* number of the line that was read last */
    bool is_unterminated;
} Cursor;

static size_t without_return(const char *from, size_t length)
{
    return length > 0 && from[length - 1] == '\r' ? length - 1 : length;
}

/* Puts the continuation lines behind the first one, without their blanks. */
static LineStep unfold(LdifParser *parser, Cursor *cursor, Text *line)
{
    char *from = cursor->at;
    size_t length = line->length;

    while (from < parser->window.end && *from == ' ') { /* measure */
        char *newline = memchr(from, '\n', (size_t)(parser->window.end - from));
        if (newline == NULL && !parser->window.is_end)
            return LINE_MORE;
        char *stop = newline != NULL ? newline : parser->window.end;
        length += without_return(from + 1, (size_t)(stop - from - 1));
        from = newline != NULL ? newline + 1 : parser->window.end;
        cursor->is_unterminated = newline == NULL;
    }
    if (from == parser->window.end && !parser->window.is_end)
        return LINE_MORE;
    if (length > MAX_LINE)
        return LINE_FAILED;
    char *whole = arena_take(parser, length);
    char *to = whole;
    if (line->length > 0)
        memcpy(to, line->data, line->length);
    to += line->length;
    while (cursor->at < from) {
        char *newline = memchr(cursor->at, '\n', (size_t)(from - cursor->at));
        char *stop = newline != NULL ? newline : from;
        size_t n = without_return(cursor->at + 1, (size_t)(stop - cursor->at - 1));
        memcpy(to, cursor->at + 1, n);
        to += n;
        cursor->at = newline != NULL ? newline + 1 : from;
        cursor->line++;
    }
    *line = (Text){.data = whole, .length = length};
    return LINE_READ;
}

static LineStep read_line(LdifParser *parser, Cursor *cursor, Text *ret_line)
{
    size_t left = (size_t)(parser->window.end - cursor->at);
    char *newline = left > 0 ? memchr(cursor->at, '\n', left) : NULL;

    if (newline == NULL && !parser->window.is_end) {
        cursor->begins_at = cursor->line;
        return left > MAX_LINE ? LINE_FAILED : LINE_MORE;
    }
    if (left == 0)
        return LINE_NONE;
    char *stop = newline != NULL ? newline : parser->window.end;
    *ret_line = (Text){cursor->at, without_return(cursor->at, (size_t)(stop - cursor->at))};
    cursor->begins_at = cursor->line++;
    cursor->at = newline != NULL ? newline + 1 : parser->window.end;
    cursor->is_unterminated = newline == NULL;
    if (G_UNLIKELY(ret_line->length > MAX_LINE))
        return LINE_FAILED;
    if (ret_line->length == 0)
        return LINE_BLANK;
    if (G_UNLIKELY(cursor->at == parser->window.end))
        return parser->window.is_end ? LINE_READ : LINE_MORE;
    return G_LIKELY(*cursor->at != ' ') ? LINE_READ : unfold(parser, cursor, ret_line);
}

/* ---- Values ---- */

typedef enum ValueForm { VALUE_PLAIN, VALUE_BASE64, VALUE_URL } ValueForm;

typedef struct Line {
    Text attribute, value; /* the value as written */
    ValueForm form;
} Line;

static bool split_line(Text line, size_t name_length, Line *ret_line)
{
    const char *colon =
        name_length > 0 ? line.data + name_length : memchr(line.data, ':', line.length);
    const char *end = line.data + line.length;

    if (colon == NULL || colon == line.data)
        return false;
    ret_line->attribute = (Text){line.data, (size_t)(colon - line.data)};
    const char *value = colon + 1;
    ret_line->form = value < end && *value == ':'   ? VALUE_BASE64
                     : value < end && *value == '<' ? VALUE_URL
                                                    : VALUE_PLAIN;
    value += ret_line->form != VALUE_PLAIN;
    while (value < end && *value == ' ')
        value++;
    ret_line->value = (Text){value, (size_t)(end - value)};
    return true;
}

static bool is_base64(Text text)
{
    size_t n = text.length;
    size_t padding = 0;

    while (padding < 2 && n > 0 && text.data[n - 1] == '=') {
        n--;
        padding++;
    }
    if (text.length % 4 != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text.data[i];
        if (!g_ascii_isalnum(c) && c != '+' && c != '/')
            return false;
    }
    return true;
}

static bool decode(LdifParser *parser, Text *value)
{
    gint state = 0;
    guint save = 0;

    while (value->length > 0 && value->data[value->length - 1] == ' ')
        value->length--;
    if (!is_base64(*value))
        return false;
    guchar *bytes = (guchar *)arena_take(parser, value->length / 4 * 3 + 3);
    value->length = g_base64_decode_step(value->data, value->length, bytes, &state, &save);
    value->data = (const char *)bytes;
    return true;
}

/* ---- Entries ---- */

/* What is known of the entry at hand. */
typedef struct Record {
    Text dn;
    uint64_t line;
    Text last_attribute;
    const SchemaRule *last_rule;
    Text last_value;
    const char *reject;
} Record;

static const char *cut_text = "the file ends within this line, it looks cut";

static bool is_change(Text attribute)
{
    static const char *const words[] = {"changetype", "control"};

    return (attribute.data[0] | 32) == 'c' &&
           ((attribute.length == 10 && g_ascii_strncasecmp(attribute.data, words[0], 10) == 0) ||
            (attribute.length == 7 && g_ascii_strncasecmp(attribute.data, words[1], 7) == 0));
}

static uint64_t attribute_bit(Text attribute)
{
    size_t hash = attribute.length * 7 + (size_t)(attribute.data[0] | 32) * 3 +
                  (size_t)(attribute.data[attribute.length - 1] | 32);
    return UINT64_C(1) << hash % 64;
}

static Text last_rdn(Text dn)
{
    const char *comma = memrchr(dn.data, ',', dn.length);
    return comma == NULL ? dn : (Text){comma + 1, dn.length - (size_t)(comma + 1 - dn.data)};
}

static bool ends_with(Text text, Text tail)
{
    return text.length >= tail.length &&
           g_ascii_strncasecmp(text.data + text.length - tail.length, tail.data, tail.length) == 0;
}

/* A last line without its newline may be whole or cut. It is taken as whole if an entry before it
 * ended with the same attribute, and, where the value is a DN, if it ends in the same naming
 * context. */
static bool looks_cut(const LdifParser *parser, const Record *record, bool is_unterminated)
{
    if (record->last_attribute.length == 0) {
        return true; /* a dn and nothing else */
    }
    if (!is_unterminated)
        return false;
    if (record->last_rule != NULL && schema_rule_is_dn(record->last_rule) &&
        !ends_with(record->last_value, last_rdn(record->dn)))
        return true;
    return parser->n_entries > 0 &&
           (parser->last_attributes & attribute_bit(record->last_attribute)) == 0;
}

static bool take_dn(LdifParser *parser, Schema *schema, const Cursor *cursor, Line *line,
                    Record *record, GError **error)
{
    uint64_t number = cursor->begins_at;

    if (line->attribute.length != 2 || g_ascii_strncasecmp(line->attribute.data, "dn", 2) != 0)
        return fail(parser, number, error, SOURCE_ERROR_SYNTAX,
                    "an entry that does not begin with dn:");
    if (line->form == VALUE_URL || (line->form == VALUE_BASE64 && !decode(parser, &line->value)))
        return fail(parser, number, error, SOURCE_ERROR_SYNTAX, "the dn is not valid base64");
    if (memchr(line->value.data, '=', line->value.length) == NULL)
        return fail(parser, number, error, SOURCE_ERROR_SYNTAX,
                    cursor->is_unterminated ? cut_text : "a dn without =");
    record->dn = line->value;
    record->line = number;
    schema_begin(schema, record->dn);
    return true;
}

static bool take_name(LdifParser *parser, Schema *schema, const Cursor *cursor, Text attribute,
                      const SchemaRule **ret_rule, GError **error)
{
    if (is_change(attribute))
        return fail(
            parser, cursor->begins_at, error, SOURCE_ERROR_SYNTAX,
            "a change record; an export of entries is needed (ldapsearch, slapcat, ldifde -f)");
    const SchemaRule *rule = schema_rule(schema, attribute);
    if (rule == NULL && memchr(attribute.data, ' ', attribute.length) != NULL)
        return fail(parser, cursor->begins_at, error, SOURCE_ERROR_SYNTAX,
                    "no attribute name before the colon");
    known_names_learn(&parser->names, attribute, rule);
    *ret_rule = rule;
    return true;
}

static bool take_attribute(LdifParser *parser, Schema *schema, const Cursor *cursor, Line *line,
                           KnownName *name, Record *record, GError **error)
{
    uint64_t number = cursor->begins_at;
    const SchemaRule *rule = NULL;

    record->last_attribute = line->attribute;
    if (name != NULL) {
        rule = name->rule;
        parser->names.last = name;
    } else if (!take_name(parser, schema, cursor, line->attribute, &rule, error)) {
        return false;
    }
    record->last_rule = rule;
    if (line->form == VALUE_URL) {
        record->reject = "a value is given as a URL (:<), which is never followed";
        return true;
    }
    if (line->form == VALUE_BASE64 && !decode(parser, &line->value))
        return fail(parser, number, error,
                    cursor->is_unterminated ? SOURCE_ERROR_CUT : SOURCE_ERROR_SYNTAX,
                    cursor->is_unterminated ? cut_text : "the value is not valid base64");
    record->last_value = line->value;
    if (rule != NULL)
        schema_add(schema, rule, line->value);
    return true;
}

static bool take_line(LdifParser *parser, Schema *schema, const Cursor *cursor, Text text,
                      Record *record, GError **error)
{
    Line line;
    KnownName *name = record->line != 0 ? known_names_guess(&parser->names, text) : NULL;

    if (name == NULL && text.data[0] == '#')
        return true;
    if (name == NULL && text.data[0] == ' ')
        return fail(parser, cursor->begins_at, error, SOURCE_ERROR_SYNTAX,
                    "a continuation of nothing (the line begins with a blank)");
    if (!split_line(text, name != NULL ? name->length : 0, &line))
        return fail(parser, cursor->begins_at, error,
                    cursor->is_unterminated ? SOURCE_ERROR_CUT : SOURCE_ERROR_SYNTAX,
                    cursor->is_unterminated ? cut_text : "no colon in this line");
    if (record->line != 0)
        return take_attribute(parser, schema, cursor, &line, name, record, error);
    if (parser->n_entries == 0 && line.attribute.length == 7 &&
        g_ascii_strncasecmp(line.attribute.data, "version", 7) == 0)
        return true;
    return take_dn(parser, schema, cursor, &line, record, error);
}

/* Where the line of a value ends; NULL: not before `end`. NEWLINE_ROOM bytes can be read from `at`,
 * and are looked at together: most values end there, and where exactly nobody has to guess. */
#define NEWLINE_ROOM 64

static inline char *find_newline(char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i newlines = _mm_set1_epi8('\n');
    uint64_t found = 0;
#pragma GCC unroll 4
    for (int i = 0; i < NEWLINE_ROOM / 16; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i * 16));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newlines));
        found |= (uint64_t)mask << i * 16;
    }
    if (found != 0)
        return at + __builtin_ctzll(found);
    at += NEWLINE_ROOM;
#endif
    return memchr(at, '\n', (size_t)(end - at));
}

/* The lines that nearly all are, as many as follow each other: an attribute that the file had
 * before, and a plain value that neither is folded nor has blanks in front. Any other line is left
 * to be read step by step, and so are the last bytes of a chunk. */
static void take_plain_lines(LdifParser *parser, Schema *schema, Cursor *cursor, Record *record)
{
    const char *end = parser->window.end;
    KnownName *name = parser->names.last;
    char *at = cursor->at, *line = NULL;
    uint64_t n_lines = 0;
    Text value = {0};

    if (name == NULL || record->line == 0)
        return;
    for (; end - at >= PLAIN_BEGIN + NEWLINE_ROOM; n_lines++) {
        KnownName *guess = name->next;
        if (!known_name_begins_plainly(guess, at)) {
            if (!known_name_begins_plainly(name, at))
                break;
            guess = name;
        }
        char *begin = at + guess->length + 2;
        char *newline = find_newline(begin, end);
        if (newline == NULL || newline + 1 == end || newline[1] == ' ' || *begin == ' ' ||
            newline[-1] == '\r' || (size_t)(newline - at) > MAX_LINE)
            break;
        name = guess;
        value = (Text){begin, (size_t)(newline - begin)};
        line = at;
        at = newline + 1;
        if (name->rule != NULL)
            schema_add(schema, name->rule, value);
    }
    if (line != NULL) {
        parser->names.last = name;
        record->last_attribute = (Text){line, name->length};
        record->last_rule = name->rule;
        record->last_value = value;
        cursor->line += n_lines;
        cursor->begins_at = cursor->line - 1;
        cursor->at = at;
        cursor->is_unterminated = false;
    }
}

/* One attempt with what was read; LINE_MORE: it was not enough, begin again. */
static LineStep read_entry(LdifParser *parser, Schema *schema, Cursor *cursor, Record *record,
                           GError **error)
{
    Text text;

    for (;;) {
        take_plain_lines(parser, schema, cursor, record);
        LineStep step = read_line(parser, cursor, &text);
        if (step == LINE_READ) {
            if (!take_line(parser, schema, cursor, text, record, error))
                return LINE_FAILED;
        } else if (step == LINE_FAILED) {
            fail(parser, cursor->begins_at, error, SOURCE_ERROR_SYNTAX,
                 "a line longer than 64 MiB");
            return step;
        } else if (step == LINE_MORE || step == LINE_NONE || record->line != 0) {
            return step;
        } else { /* blank lines before an entry */
            parser->window.at = cursor->at;
            parser->window.line = cursor->line;
        }
    }
}

static LdifStep end_entry(LdifParser *parser, Schema *schema, const Cursor *cursor, LineStep step,
                          const Record *record, Place *ret_place, const char **ret_reason,
                          GError **error)
{
    bool is_last = step == LINE_NONE;

    if (is_last &&
        (looks_cut(parser, record, cursor->is_unterminated) || !schema_saw_class(schema))) {
        fail(parser, cursor->line - 1, error, SOURCE_ERROR_CUT,
             "the file ends within an entry, it looks cut (if it is whole, end it with an empty "
             "line)");
        return LDIF_FAILED;
    }
    if (record->last_attribute.length > 0)
        parser->last_attributes |= attribute_bit(record->last_attribute);
    parser->n_entries++;
    parser->window.at = cursor->at;
    parser->window.line = cursor->line;
    *ret_place = (Place){.file = parser->window.path, .line = record->line, .dn = record->dn};
    *ret_reason = record->reject;
    return record->reject != NULL ? LDIF_REJECTED : LDIF_ENTRY;
}

LdifStep ldif_parser_next(LdifParser *parser, Schema *schema, Place *ret_place,
                          const char **ret_reason, GError **error)
{
    if (parser->schema != schema) {
        parser->schema = schema;
        parser->names.n = 0;
        parser->names.last = NULL;
    }
    for (;;) {
        Cursor cursor = {.at = parser->window.at, .line = parser->window.line};
        Record record = {0};

        parser->arena_used = 0;
        if (parser->arena_more->len > 0)
            g_ptr_array_set_size(parser->arena_more, 0);
        LineStep step = read_entry(parser, schema, &cursor, &record, error);
        if (step == LINE_FAILED)
            return LDIF_FAILED;
        if (step == LINE_MORE) {
            if (!ldif_window_read_more(&parser->window, error))
                return LDIF_FAILED;
            continue;
        }
        if (record.line == 0)
            return LDIF_END;
        return end_entry(parser, schema, &cursor, step, &record, ret_place, ret_reason, error);
    }
}
