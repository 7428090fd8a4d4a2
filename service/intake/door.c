#include "intake/door.h"

#include <stdbool.h>
#include <stdint.h>

/* The high bit of a byte says: above 127, or a NUL that borrowed (or its neighbour). */
static inline uint64_t bad_bytes(const char *at, size_t n)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = ones;
    memcpy(&word, at, n);
    return (word | (word - ones)) & ones << 7;
}

/* Neither NUL nor a byte above 127: eight at a time, the last ones overlapping. */
static bool is_plain(Text text)
{
    const char *data = text.data;
    size_t n = text.length;
    uint64_t bad = 0;
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8)
            bad |= bad_bytes(data + i, 8);
        return (bad | bad_bytes(data + n - 8, 8)) == 0;
    }
    if (n >= 4)
        return (bad_bytes(data, 4) | bad_bytes(data + n - 4, 4)) == 0;
    for (size_t i = 0; i < n; i++)
        bad |= (uint64_t)(data[i] <= 0);
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
