#include "base/visible.h"

#include <stdbool.h>

/* Format characters that have a glyph of their own (Arabic number signs, …) may stay. */
static bool has_glyph(gunichar c)
{
    return (c >= 0x0600 && c <= 0x0605) || c == 0x06dd || c == 0x070f || c == 0x0890 ||
           c == 0x0891 || c == 0x08e2 || c == 0x110bd || c == 0x110cd;
}

/* Letters and marks that show nothing at all: Hangul fillers, combining grapheme joiner. */
static bool is_blank_letter(gunichar c)
{
    return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
}

static bool can_lie(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
        return true;
    case G_UNICODE_FORMAT:
        return !has_glyph(c);
    default:
        return is_blank_letter(c);
    }
}

void visible_append(GString *out, const char *text)
{
    const char *plain = text; /* start of what can be copied as it is */
    const char *at = text;
    while (*at != '\0') {
        if (*at >= ' ' && *at < 0x7f) {
            at++;
            continue;
        }
        gunichar c = g_utf8_get_char_validated(at, -1);
        bool is_valid = c < 0x110000;
        const char *next = is_valid ? at + g_utf8_skip[(unsigned char)*at] : at + 1;
        if (!is_valid || can_lie(c)) {
            g_string_append_len(out, plain, at - plain);
            if (is_valid)
                g_string_append_printf(out, "<U+%04X>", c);
            else
                g_string_append_printf(out, "<0x%02X>", (unsigned char)*at);
            plain = next;
        }
        at = next;
    }
    g_string_append_len(out, plain, at - plain);
}

char *visible_text(const char *text)
{
    GString *out = g_string_new(NULL);
    visible_append(out, text);
    return g_string_free(out, FALSE);
}
