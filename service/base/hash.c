#include "base/hash.h"

#include <xxhash.h>

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

/* Both halves of the product of two words: one multiplication mixes all their bits (as in wyhash).
 */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The case of a letter is one bit. Setting it everywhere makes more equal than letters ("@" and
 * "`"), which only costs those a shared hash, and is a fifth of the work of fold_word(). */
static inline uint64_t load_word(const char *at, uint64_t *any)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    *any |= word;
    return word | UINT64_C(0x2020202020202020);
}

/* Folds and mixes 16 bytes at a time, the last 16 overlapping: half the instructions of folding
 * into a buffer that XXH3 then reads. any: all bytes or-ed together. */
static inline uint64_t hash_words(Text text, uint64_t *any)
{
    const uint64_t key_a = UINT64_C(0x9e3779b97f4a7c15), key_b = UINT64_C(0xe7037ed1a0b428db);
    const char *data = text.data;
    size_t n = text.length;
    uint64_t hash = n * key_a;
    if (n < 8) {
        char padded[8] = {0};
        if (n > 0)
            memcpy(padded, data, n);
        return mix(load_word(padded, any) ^ key_a, hash ^ key_b);
    }
    if (n < 16)
        return mix(load_word(data, any) ^ key_a, load_word(data + n - 8, any) ^ hash ^ key_b);
    for (size_t i = 0; i + 16 < n; i += 16)
        hash = mix(load_word(data + i, any) ^ key_a, load_word(data + i + 8, any) ^ hash) ^ key_b;
    return mix(load_word(data + n - 16, any) ^ key_a, load_word(data + n - 8, any) ^ hash);
}

uint64_t hash_ascii_folded(Text text)
{
    uint64_t any = 0;
    return hash_words(text, &any);
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
    uint64_t any = 0;
    uint64_t hash = hash_words(text, &any);
    if ((any & UINT64_C(0x8080808080808080)) == 0)
        return hash;
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
