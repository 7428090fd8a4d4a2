/* dn.h: distinguished names in the one spelling that is compared (RFC 4514, directory.md section
 * 8).
 *
 * Types in lower case, values case-folded with inner spaces collapsed, escapes resolved and written
 * back in one way, the AVAs of a multi-valued RDN sorted. Parsing is libldap's; names that are
 * plain ASCII without escapes, quotes, '+', '#' or doubled spaces (nearly all) take a path of their
 * own: one pass, no allocation. A text that is no DN is folded as it stands, so it equals itself
 * and nothing else. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Is the text plain in the sense above? Then two such DNs are equal when they are equal without
 * case. */
bool dn_is_plain(Text dn);
/* Appends the compared spelling to out. */
void dn_normalise(Text dn, GString *out);
/* Equal for all spellings of one DN; for tables in memory. */
uint64_t dn_hash(Text dn);
bool dn_equals(Text a, Text b);
/* Is the normalised entry at or below the normalised base? */
bool dn_is_under(const char *normalised, const char *normalised_base);
/* The same for a DN as it stands; scratch is overwritten. Plain ones are compared where they are.
 */
bool dn_text_is_under(Text dn, const char *normalised_base, GString *scratch);
