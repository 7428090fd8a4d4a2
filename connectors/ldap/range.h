/* range.h: entries of which the server gave only a range of values, read to the end.
 *
 * Above MaxValRange values (1500 by default) Active Directory answers "member;range=0-1499" instead
 * of "member" (MS-ADTS section 3.1.1.3.1.3.3). Such entries wait here until no paged search is
 * open; then each is read again by its DN and its ranges are followed to "-*", whatever step the
 * server chooses (with the setting member_range: no more at a time than that). One request is
 * outstanding for each of up to 32 entries on the one connection, so a thousand big groups cost
 * about 1/32 of their requests in waiting. An entry that changes between its first and its last
 * range (uSNChanged, whenChanged) is read again, once. Memory: the answers of the entries under
 * way. */
#pragma once

#include "ldap/schema.h"
#include "ldap/session.h"

typedef struct Range {
    Text attribute; /* without any option */
    uint64_t first, last;
    bool is_last; /* ended with "-*" */
} Range;

/* Is that the name of a part: "member;range=0-1499", options in any order and case? Also false for
 * a range that cannot be read. */
bool directory_range_parse(Text attribute, Range *ret_range);

typedef struct DirectoryRanges DirectoryRanges;
typedef void (*DirectoryHashFunc)(gpointer data, const struct berval *value);

/* All must outlive it. hash is called with everything that is used of an entry, entry by entry. */
DirectoryRanges *directory_ranges_new(DirectorySession *session, Schema *schema, Sink *sink,
                                      DirectoryHashFunc hash, gpointer hash_data);
void directory_ranges_free(DirectoryRanges *ranges); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryRanges, directory_ranges_free)

/* As directory_search_set_visitor(). */
void directory_ranges_set_visitor(DirectoryRanges *ranges,
                                  bool (*visitor)(gpointer data, const DirectoryEntry *entry),
                                  gpointer data);
/* Queues an entry. */
void directory_ranges_add(DirectoryRanges *ranges, Text dn);
/* Reads what is queued and hands it to the sink. Not while a paged search is open: its next page
 * would wait behind all this. */
bool directory_ranges_read(DirectoryRanges *ranges, GError **error);
