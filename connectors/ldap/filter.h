/* filter.h: search filters (RFC 4515), judged on our side.
 *
 * A file has no server that could filter it, and a server that gave the entries of three filters at
 * once does not say which of them fitted. Known: & | ! = presence, substrings, >= <= ~= and the two
 * bit rules of Active Directory; other matching rules are refused when the filter is read. Text
 * compares without regard to case and repeated blanks. Cost: one pass over the kept values for each
 * condition. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Filter Filter;

/* One value of the entry that is judged. */
typedef struct FilterValue {
    const char *attribute;
    Text value;
} FilterValue;

Filter *filter_parse(const char *text, GError **error);
void filter_free(Filter *filter); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

bool filter_matches(const Filter *filter, const FilterValue *values, size_t n_values);

/* Appends the attributes that the filter looks at (element-type utf8, owned by the filter). */
void filter_attributes(const Filter *filter, GPtrArray *attributes);
