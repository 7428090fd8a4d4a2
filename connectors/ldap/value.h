/* value.h: attribute values of directories as plain values.
 *
 * Nothing here allocates and nothing guesses: a value that is not what it should be is refused, and
 * the caller says "unknown". Times are UTC seconds since 1970. */
#pragma once

#include <rightful/text.h>

#include <stdbool.h>
#include <stdint.h>

/* Equal without regard to ASCII case: object classes, attribute names, keywords. */
bool value_is(Text value, const char *word);

/* A decimal number of the INTEGER syntax (RFC 4517 section 3.3.16); no blanks, no plus sign. */
bool value_integer(Text value, int64_t *ret_number);

/* GeneralizedTime (RFC 4517 section 3.3.13): minutes and seconds optional, second 60, fraction of
 * the last unit given, Z or an offset. The date must exist; year 0000 is refused (see
 * value_is_year_zero). */
bool value_generalized_time(Text value, int64_t *ret_utc);

/* 000001010000Z: how password policies write "locked for ever" (slapo-ppolicy(5)). */
bool value_is_year_zero(Text value);

/* FILETIME, 100 ns since 1601-01-01 UTC (MS-DTYP section 2.3.3). What lies before 1970 is refused:
 * no directory has recorded anything then, so it is a small number in the wrong place. */
bool value_filetime(int64_t filetime, int64_t *ret_utc);

/* Either of the two above, told apart by their form: a GeneralizedTime always ends in Z or an
 * offset. */
bool value_time(Text value, int64_t *ret_utc);

/* A SID of n sub-authorities is at most 2 + 3 + 15 + 15 * 11 characters long (MS-DTYP
 * section 2.4.2). */
#define VALUE_SID_SIZE 192
/* A binary SID, or one that is text already, as "S-1-5-…". Writes a NUL behind it. */
bool value_sid(Text value, char ret_sid[VALUE_SID_SIZE], size_t *ret_length);

#define VALUE_GUID_SIZE 37
/* objectGUID, 16 bytes of mixed order (MS-DTYP section 2.3.4), as lower-case text with a NUL. */
bool value_guid(Text value, char ret_guid[VALUE_GUID_SIZE]);

/* NameAndOptionalUID (RFC 4517 section 3.3.21) without its bit string: "cn=a#'0101'B" is "cn=a". */
Text value_without_bit_string(Text value);
