#include "base/hash.h"

#include <xxhash.h>

#define CHUNK 512

uint64_t hash_exact(const void *data, size_t length)
{
    return XXH3_64bits(data, length);
}

static inline uint64_t fold_word(uint64_t word)
{
    /* Eight ASCII bytes at once: bit 7 of each byte of `upper` says "is A..Z"; bytes above 127
     * stay. */
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low = word & (ones * 0x7f);
    uint64_t upper =
        ((low + ones * (0x80 - 'A')) ^ (low + ones * (0x80 - 'Z' - 1))) & ~word & (ones * 0x80);
    return word | upper >> 2;
}

/* Folds ASCII letters; returns all bytes or-ed together. */
static uint64_t fold_bytes(char *out, const char *in, size_t length)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, in + i, 8);
        any |= word;
        word = fold_word(word);
        memcpy(out + i, &word, 8);
    }
    if (i < length) {
        uint64_t word = 0;
        memcpy(&word, in + i, length - i);
        any |= word;
        word = fold_word(word);
        memcpy(out + i, &word, length - i);
    }
    return any;
}

uint64_t hash_ascii_folded(Text text)
{
    char chunk[CHUNK];
    uint64_t hash = 0;
    do {
        size_t n = MIN(text.length, sizeof chunk);
        fold_bytes(chunk, text.data, n);
        hash = XXH3_64bits_withSeed(chunk, n, hash);
        text.data += n;
        text.length -= n;
    } while (text.length > 0);
    return hash;
}

bool text_is_ascii(Text text)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, 8);
        any |= word;
    }
    for (; i < text.length; i++)
        any |= (unsigned char)text.data[i];
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

char *text_fold(Text text)
{
    if (text_is_ascii(text))
        return g_ascii_strdown(text.length > 0 ? text.data : "", (gssize)text.length);
    /* Twice: folding can undo the composition (and NFKC can bring letters that fold). */
    g_autofree char *composed = g_utf8_normalize(text.data, (gssize)text.length, G_NORMALIZE_NFKC);
    if (composed == NULL) /* no UTF-8: equals itself */
        return g_strndup(text.data, text.length);
    g_autofree char *folded = g_utf8_casefold(composed, -1);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC);
}

uint64_t hash_folded(Text text)
{
    char folded_here[CHUNK];
    if (text.length <= sizeof folded_here) {
        uint64_t any = fold_bytes(folded_here, text.data, text.length);
        if ((any & UINT64_C(0x8080808080808080)) == 0)
            return XXH3_64bits_withSeed(folded_here, text.length, 0);
    }
    if (text_is_ascii(text))
        return hash_ascii_folded(text);
    g_autofree char *folded = text_fold(text);
    return hash_ascii_folded(text_of(folded));
}

bool text_equals_ascii_folded(Text a, Text b)
{
    if (a.length != b.length)
        return false;
    size_t i = 0;
    for (; i + 8 <= a.length; i += 8) {
        uint64_t x, y;
        memcpy(&x, a.data + i, 8);
        memcpy(&y, b.data + i, 8);
        if (x != y && fold_word(x) != fold_word(y))
            return false;
    }
    uint64_t x = 0, y = 0;
    if (i < a.length) {
        memcpy(&x, a.data + i, a.length - i);
        memcpy(&y, b.data + i, a.length - i);
    }
    return fold_word(x) == fold_word(y);
}

bool text_equals_folded(Text a, Text b)
{
    if (text_equals_ascii_folded(a, b))
        return true;
    if (text_is_ascii(a) && text_is_ascii(b))
        return false;
    g_autofree char *x = text_fold(a);
    g_autofree char *y = text_fold(b);
    return strcmp(x, y) == 0;
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Text text_trimmed(Text text)
{
    while (text.length > 0 && is_space(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}
