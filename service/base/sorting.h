/* sorting.h: 64-bit numbers in ascending order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* spare: room for n numbers. Radix by the bytes that differ: about 2 ns a number and byte; what is
 * sorted already costs one look. */
void sort_numbers(uint64_t *numbers, uint64_t *spare, size_t n);
