#include "intake/door.h"

#include <stdbool.h>
#include <stdint.h>

/* Neither NUL nor a byte above 127, eight at a time. */
static bool is_plain(Text text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bad = 0;
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, 8);
        bad |= word |
               (word - ones); /* high bit: above 127, or a NUL that borrowed (or its neighbour) */
    }
    bad &= ones << 7;
    for (; i < text.length; i++)
        bad |= (uint64_t)(text.data[i] <= 0);
    return bad == 0;
}

static Text cut(Text text, GString *scratch)
{
    size_t length = DOOR_LONGEST;
    while (length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80)
        length--;
    g_autofree char *whole = g_strndup(text.data, length); /* text may be scratch itself */
    g_string_printf(scratch, "%s… [cut: %zu bytes]", whole, text.length);
    return (Text){.data = scratch->str, .length = scratch->len};
}

Text door_clean(Text text, GString *scratch)
{
    if (G_UNLIKELY(!is_plain(text)) && !g_utf8_validate_len(text.data, text.length, NULL)) {
        g_autofree char *valid = g_utf8_make_valid(text.data, (gssize)text.length);
        g_string_assign(scratch, valid);
        text = (Text){.data = scratch->str, .length = scratch->len};
    }
    return text.length <= DOOR_LONGEST ? text : cut(text, scratch);
}
