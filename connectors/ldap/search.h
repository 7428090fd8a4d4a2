/* search.h: reads all entries below a base, page by page, into a sink.
 *
 * A search is whole when every page ended with result 0 and the last cookie was empty; anything
 * else is an error that says how far it came. Entries are used where they lie in the receive
 * buffer. */
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

/* Entries of which the server gave a range (range.h) are read to the end after the last page. */
bool directory_search_read(DirectorySearch *search, const char *base, GError **error);

/* SHA-256 of all entries as received, as lower-case hex; call once, at the end. To be freed. */
char *directory_search_digest(DirectorySearch *search);
uint64_t directory_search_n_entries(const DirectorySearch *search);
