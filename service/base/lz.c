/* A block is sequences of: one byte (high half: literals, low half: bytes of the match beyond four;
 * 15 goes on in bytes of up to 255), the literals, two bytes distance. The last has no match. */
#include "base/lz.h"

#include <stdint.h>
#include <string.h>

#define LEAST_MATCH 4
#define FARTHEST 65535
#define TABLE_BITS 13
/* A match is not looked for so near the end: words may be read whole there. */
#define TAIL 12

typedef struct Writer {
    uint8_t *at;
} Writer;

static inline uint32_t load4(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t load8(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t slot_of(const uint8_t *at)
{
    return load4(at) * UINT32_C(2654435761) >> (32 - TABLE_BITS);
}

size_t lz_room(size_t n)
{
    return n + n / 255 + 16;
}

static void put_more(Writer *writer, size_t count)
{
    for (; count >= 255; count -= 255)
        *writer->at++ = 255;
    *writer->at++ = (uint8_t)count;
}

static void put_literals(Writer *writer, const uint8_t *from, size_t n, size_t match_code)
{
    *writer->at++ = (uint8_t)((n < 15 ? n : 15) << 4 | (match_code < 15 ? match_code : 15));
    if (n >= 15)
        put_more(writer, n - 15);
    memcpy(writer->at, from, n);
    writer->at += n;
}

static void put_match(Writer *writer, size_t distance, size_t code)
{
    *writer->at++ = (uint8_t)distance;
    *writer->at++ = (uint8_t)(distance >> 8);
    if (code >= 15)
        put_more(writer, code - 15);
}

/* Bytes that agree, `at` being the later place. */
static size_t agreeing(const uint8_t *earlier, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *start = at;

    for (; at + 8 <= end; at += 8, earlier += 8) {
        uint64_t differing = load8(earlier) ^ load8(at);
        if (differing != 0)
            return (size_t)(at - start) + (size_t)__builtin_ctzll(differing) / 8;
    }
    while (at < end && *earlier == *at) {
        earlier++;
        at++;
    }
    return (size_t)(at - start);
}

size_t lz_compress(const void *from, size_t n, void *to)
{
    uint32_t table[1 << TABLE_BITS] = {0};
    const uint8_t *base = from, *at = base, *literals = base, *end = base + n;
    Writer writer = {.at = to};

    while (n > TAIL && at < end - TAIL) {
        uint32_t *slot = &table[slot_of(at)];
        const uint8_t *earlier = base + *slot;

        *slot = (uint32_t)(at - base);
        if (earlier >= at || at - earlier > FARTHEST || load4(earlier) != load4(at)) {
            /* Where little repeats, steps grow: what does not get smaller is not searched long. */
            at += 1 + (at - literals) / 64;
            continue;
        }
        while (at > literals && earlier > base && at[-1] == earlier[-1]) {
            at--;
            earlier--;
        }
        size_t length = agreeing(earlier, at, end - TAIL / 2);
        put_literals(&writer, literals, (size_t)(at - literals), length - LEAST_MATCH);
        put_match(&writer, (size_t)(at - earlier), length - LEAST_MATCH);
        at += length;
        literals = at;
        if (at < end - TAIL)
            table[slot_of(at - 2)] = (uint32_t)(at - 2 - base);
    }
    put_literals(&writer, literals, (size_t)(end - literals), 0);
    return (size_t)(writer.at - (uint8_t *)to);
}

/* Adds what goes on behind a 15; false when the input ends before. */
static bool take_more(const uint8_t **at, const uint8_t *end, size_t *count)
{
    uint8_t byte = 255;

    while (byte == 255) {
        if (*at == end)
            return false;
        byte = *(*at)++;
        *count += byte;
    }
    return true;
}

static void copy_match(uint8_t *to, size_t distance, size_t length)
{
    const uint8_t *from = to - distance;

    if (distance >= length)
        memcpy(to, from, length);
    else
        for (size_t i = 0; i < length; i++) /* overlaps: what was just written goes on */
            to[i] = from[i];
}

bool lz_expand(const void *from, size_t n, void *to, size_t n_to)
{
    const uint8_t *at = from, *end = at + n;
    uint8_t *out = to, *out_end = out + n_to;

    while (at < end) {
        uint8_t token = *at++;
        size_t n_literals = token >> 4, length = token & 15;

        if (n_literals == 15 && !take_more(&at, end, &n_literals))
            return false;
        if (n_literals > (size_t)(end - at) || n_literals > (size_t)(out_end - out))
            return false;
        if (n_literals > 0)
            memcpy(out, at, n_literals);
        at += n_literals;
        out += n_literals;
        if (at == end) /* the last sequence */
            return out == out_end && length == 0;
        if (end - at < 2)
            return false;
        size_t distance = (size_t)at[0] | (size_t)at[1] << 8;
        at += 2;
        if (length == 15 && !take_more(&at, end, &length))
            return false;
        length += LEAST_MATCH;
        if (distance == 0 || distance > (size_t)(out - (uint8_t *)to) ||
            length > (size_t)(out_end - out))
            return false;
        copy_match(out, distance, length);
        out += length;
    }
    return false;
}
