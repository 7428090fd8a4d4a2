/* recording_sink.h: a Sink that keeps what a connector pushes, for unit tests of connectors.
 *
 * Everything is copied deeply: a connector that hands over pointers into a buffer which it then
 * reuses gets away with nothing, since the copy is made during the call. Replaces service/intake in
 * the link. */
#pragma once

#include <rightful/connector.h>

#include <glib.h>

typedef struct RecordedEntry {
    DirectoryEntry entry; /* texts are NUL-terminated copies; empty ones are "" */
    char *file, *dn;      /* of the place; "" when not given */
    uint64_t line;
} RecordedEntry;

typedef struct RecordedRow {
    char **cells; /* NUL-terminated copies, n_cells of them and a NULL */
    size_t n_cells;
    char *file;
    uint64_t line;
} RecordedRow;

typedef struct RecordedReject {
    char *reason, *file, *dn;
    uint64_t line;
} RecordedReject;

typedef struct RecordedPage {
    int result_code;
    uint64_t n_entries;
} RecordedPage;

struct Sink {
    GPtrArray *entries;   /* RecordedEntry */
    GPtrArray *rows;      /* RecordedRow */
    GPtrArray *rejects;   /* RecordedReject */
    GHashTable *excluded; /* rule → count by GINT_TO_POINTER */
    size_t n_excluded;
    GArray *pages; /* RecordedPage */
    size_t n_references;
    char *digest;          /* NULL until told */
    int64_t file_time_utc; /* TIME_UNKNOWN until told */
    GHashTable *notes;     /* name → value, both utf8; the last one of a name */
    unsigned recorded_times;
    uint32_t fields;
    bool is_cancelled;               /* set it to make sink_is_cancelled() true */
    size_t cancel_after;             /* when not 0: cancelled after that many entries and rows */
    void (*on_entry)(gpointer data); /* NULL, or is called with every entry */
    gpointer on_entry_data;
};

Sink *recording_sink_new(void);
void recording_sink_free(Sink *sink); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sink, recording_sink_free)

/* The i-th one; fails the process when there is none. */
const DirectoryEntry *recorded_entry(const Sink *sink, size_t i);
/* The entry with this login name; NULL when there is none. */
const DirectoryEntry *recorded_entry_named(const Sink *sink, const char *name);
/* Cell of the i-th row; the field is an index of the kind's table. */
const char *recorded_cell(const Sink *sink, size_t i, size_t field);
const char *recorded_reason(const Sink *sink, size_t i);
const char *recorded_note(const Sink *sink, const char *name); /* NULL when not noted */

/* What check() found, one line each: "pass: …", "warn: …", "fail: …". Replaces the report of
 * service/run. */
struct CheckReport {
    GPtrArray *lines; /* (element-type utf8) */
};
CheckReport *recording_report_new(void);
void recording_report_free(CheckReport *report); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CheckReport, recording_report_free)
/* All lines in one text, each ended by a line end; newly allocated. */
char *recorded_report(const CheckReport *report);
