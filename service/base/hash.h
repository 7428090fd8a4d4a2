/* hash.h: texts hashed and compared, exactly or without case.
 *
 * "Without case" is Unicode: NFKC and full case folding, no locale. Plain ASCII (nearly everything)
 * takes a path without allocation, and gives the same answer. Hashes are XXH3: for tables in
 * memory, never stored. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

uint64_t hash_exact(const void *data, size_t length);
/* Equal for texts that are equal without case. Texts are valid UTF-8. */
uint64_t hash_folded(Text text);
/* ASCII letters alone are folded, other bytes count as they are: for texts known to be ASCII. */
uint64_t hash_ascii_folded(Text text);

bool text_is_ascii(Text text);
bool text_equals_folded(Text a, Text b);
bool text_equals_ascii_folded(Text a, Text b);
/* The compared form, newly allocated: NFKC, case-folded. */
char *text_fold(Text text);
/* Without white space (ASCII) at both ends; points into the same bytes. */
Text text_trimmed(Text text);
