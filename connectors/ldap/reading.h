/* reading.h: all entries below one base, page by page, over one connection.
 *
 * Received ahead of what is used: when the result of a page is in the buffer the next page is asked
 * for at once, and only then are the entries before that result handed over, so the server works
 * while we do. Several readings, each on a connection of its own, go on in turn in one thread. A
 * reading is whole when every page ended with result 0 and the last cookie was empty; anything else
 * is an error that says how far it came. */
#pragma once

#include "ldap/entry.h"
#include "ldap/session.h"

/* One entry, where it lies in the buffer; false with error ends the reading. */
typedef bool (*ReadingTake)(gpointer data, Text dn, EntryWalk *walk, GError **error);

/* All must outlive the reading. */
typedef struct ReadingOptions {
    DirectorySession *session;
    const char *base, *filter;
    const char *const *attributes; /* NULL-terminated */
    const char *values; /* only these values of them (RFC 3876: "((a=x)(b=*))"); NULL = all */
    /* What is asked for first; a server that refuses it on the first page is asked for smaller ones
     * and at last for no pages. */
    int page_size;
    bool has_domain_scope;      /* the server knows the control that keeps references away */
    bool references_are_normal; /* else one means that a part of the tree is on another server */
    bool is_probe;              /* one entry is enough; no pages, and none are told of */
    Sink *sink;                 /* is told of pages and references */
    ReadingTake take;
    gpointer data;
} ReadingOptions;

typedef struct DirectoryReading DirectoryReading;

/* Nothing is asked before the first step, or directory_reading_ask(). */
DirectoryReading *directory_reading_new(const ReadingOptions *options);
void directory_reading_free(DirectoryReading *reading); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryReading, directory_reading_free)

/* Asks at once, while others go on over the same connection; what comes is kept until it is waited
 * for. Without pages, since of one connection a server keeps one place in pages only: a server that
 * wants them is asked again when its turn has come. For answers that are small. */
bool directory_reading_ask(DirectoryReading *reading, GError **error);

/* Waits until one of them may go on, or has waited too long. */
void directory_readings_wait(DirectoryReading *const *readings, size_t n);
/* Goes on with what has come; directory_reading_is_done() says whether that was all. */
bool directory_reading_step(DirectoryReading *reading, GError **error);
bool directory_reading_is_done(const DirectoryReading *reading);
/* Both together, to the end. */
bool directory_reading_finish(DirectoryReading *reading, GError **error);

uint64_t directory_reading_n_entries(const DirectoryReading *reading);
/* An error that names the server and the place. Always false. */
bool directory_reading_cut(const DirectoryReading *reading, GError **error, SourceError code,
                           const char *what);
