/* search.h: reads all entries below one or more bases (reading.h) into a sink.
 *
 * Entries are used where they lie in the receive buffer. One thread, however many connections: the
 * schema and the sink belong to it, and servers are the slower side. */
#pragma once

#include "ldap/schema.h"
#include "ldap/session.h"

typedef struct DirectorySearch DirectorySearch;

/* All must outlive the search. page_size is what is asked for first; a server that refuses it on
 * the first page is asked for smaller ones and at last for no pages. references_are_normal: Active
 * Directory refers to its other partitions from every search; elsewhere a reference means that a
 * part of the tree is on another server. */
DirectorySearch *directory_search_new(DirectorySession *session, Schema *schema, Sink *sink,
                                      int page_size, bool references_are_normal);
void directory_search_free(DirectorySearch *search); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectorySearch, directory_search_free)

/* The server knows the domainScope control: it then sends no references. */
void directory_search_set_domain_scope(DirectorySearch *search);

/* The server knows matched values: it can be told which values to send. */
void directory_search_set_matched_values(DirectorySearch *search);
bool directory_search_has_matched_values(const DirectorySearch *search);

/* Entries of which the server gave a range (range.h) are read to the end after the last page. */
bool directory_search_read(DirectorySearch *search, const char *base, GError **error);
/* All of them (NULL-terminated), as many at a time as there are connections: the search's session
 * and the others (element-type DirectorySession). Entries come from all in turn; the digest does
 * not depend on whose turn it was. */
bool directory_search_read_all(DirectorySearch *search, const char *const *bases, GPtrArray *others,
                               GError **error);

/* Sees every entry that would be kept, before the sink does; false: the sink does not get it. */
typedef bool (*DirectoryVisitor)(gpointer data, const DirectoryEntry *entry);
void directory_search_set_visitor(DirectorySearch *search, DirectoryVisitor visitor, gpointer data);
/* An entry that the visitor kept from the sink goes there now. */
void directory_search_hand_over(DirectorySearch *search, const DirectoryEntry *entry);
/* What the next reads ask for, instead of the schema's filter (NULL: that again). Not copied. */
void directory_search_set_filter(DirectorySearch *search, const char *filter);
/* Is there any such entry? The first one goes the way of every entry. */
bool directory_search_probe(DirectorySearch *search, const char *base, const char *filter,
                            bool *ret_is_found, GError **error);

/* One of several things to ask for. Borrowed until they were read. */
typedef struct SearchQuestion {
    const char *filter;
    const char *values; /* only these values of the attributes, as in ReadingOptions; NULL = all */
    DirectoryVisitor visitor;
} SearchQuestion;
/* All of them below all bases, over one connection: the server is asked for many of them before the
 * first answer is there, and answers are taken in the order of the questions. The visitors get the
 * data of directory_search_set_visitor(). For answers that are small. */
bool directory_search_read_together(DirectorySearch *search, const SearchQuestion *questions,
                                    size_t n, const char *const *bases, GError **error);

/* SHA-256 of the digests (as text) of all bases, each of them of its entries as received; as
 * lower-case hex. Call once, at the end. To be freed. */
char *directory_search_digest(DirectorySearch *search);
uint64_t directory_search_n_entries(const DirectorySearch *search);
