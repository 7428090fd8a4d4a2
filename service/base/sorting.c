#include "base/sorting.h"

#include <stdbool.h>
#include <string.h>

#define FEW 48

static void insert_sorted(uint64_t *numbers, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t number = numbers[i];
        size_t at = i;
        for (; at > 0 && numbers[at - 1] > number; at--)
            numbers[at] = numbers[at - 1];
        numbers[at] = number;
    }
}

static void sort_by_byte(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
    size_t first[257] = {0};
    for (size_t i = 0; i < n; i++)
        first[(from[i] >> shift & 0xff) + 1]++;
    for (size_t byte = 0; byte < 256; byte++)
        first[byte + 1] += first[byte];
    for (size_t i = 0; i < n; i++)
        to[first[from[i] >> shift & 0xff]++] = from[i];
}

void sort_numbers(uint64_t *numbers, uint64_t *spare, size_t n)
{
    uint64_t differing = 0;
    bool is_sorted = true;
    for (size_t i = 1; i < n; i++) {
        differing |= numbers[i] ^ numbers[0];
        is_sorted = is_sorted && numbers[i - 1] <= numbers[i];
    }
    if (is_sorted)
        return;
    if (n <= FEW) {
        insert_sorted(numbers, n);
        return;
    }
    uint64_t *from = numbers, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((differing >> shift & 0xff) == 0)
            continue;
        sort_by_byte(from, to, n, shift);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != numbers)
        memcpy(numbers, from, n * sizeof *numbers);
}
