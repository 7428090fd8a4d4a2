/* lz.h: blocks of bytes made smaller, for speed before size.
 *
 * LZ77 in bytes: literals, and matches of at least four bytes at most 65535 back; no entropy code.
 * For blocks of some ten kilobytes with much repetition (records of one kind in a row): about a
 * third of the size at several times the speed of zlib's fastest level, which would cost a first
 * night more than all else that it writes (docs/decisions). The same input gives the same output
 * for ever: results are stored. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Room that n bytes need at worst. */
size_t lz_room(size_t n);
/* Returns the size of the result; to has lz_room(n) bytes. n at most 2^31. */
size_t lz_compress(const void *from, size_t n, void *to);
/* false when the n bytes are not what lz_compress() made of exactly n_to bytes; reads and writes
 * nothing outside, whatever they are. */
bool lz_expand(const void *from, size_t n, void *to, size_t n_to);
