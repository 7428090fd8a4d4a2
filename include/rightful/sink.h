/* sink.h: where a connector puts what it reads.
 *
 * A sink belongs to one pull and to one thread. Everything handed over is used or copied before the
 * call returns, so a connector may pass pointers into its receive buffer. Implemented by
 * service/intake; the unit tests of connectors link tests/harness/recording_sink.c instead.
 *
 * Control totals must balance (design.md, invariant 5): whatever a connector pulled it hands over
 * with exactly one of sink_entry(), sink_row(), sink_reject() or sink_exclude(). */
#pragma once

#include <rightful/record.h>
#include <rightful/times.h>

#include <glib.h>

typedef struct Sink Sink;

/* Where a record came from; for messages. */
typedef struct Place {
    const char *file;       /* path, or NULL (LDAP: the DN says it) */
    uint64_t line;          /* first line of the record, 0 = none */
    Text dn;                /* directories; empty for tables */
    const char *line_name;  /* "row" where records are no lines of a text file, else NULL; static */
    const int32_t *columns; /* sheets: column of each field, 0 = A, -1 = none; else NULL */
} Place;

/* What a spreadsheet calls a column: 0 = "A", 26 = "AA". Defined in connectors/record.c. */
char *place_column(int32_t column);

/* An entry of a directory. Entries that intake refuses (two of one DN) are counted there. */
void sink_entry(Sink *sink, const DirectoryEntry *entry, const Place *place);

/* A row of a table: cells in the order of record_kind(), an empty text is unknown. Already valid
 * UTF-8 and trimmed. Intake parses; a bad cell rejects the row there. */
void sink_row(Sink *sink, const Text *cells, size_t n_cells, const Place *place);

/* A record that was read and cannot be used: counted as rejected and reported with place and
 * reason. */
void sink_reject(Sink *sink, const Place *place, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Entries left out by a rule ("no-name", "other-class"), counted by rule. rule must be static text.
 */
void sink_exclude(Sink *sink, const char *rule);

/* ---- Proof ---- */

/* A page of an LDAP search ended: its result code and entries. Tables do not call it. */
void sink_page(Sink *sink, int result_code, uint64_t n_entries);
/* References (referrals) that were seen and not followed. */
void sink_reference(Sink *sink);
/* Which fields of the kind a table has a column for: bit i = field i. Of the others nothing is
 * known, which is another thing than an empty cell. Directories do not call it. */
void sink_fields(Sink *sink, uint32_t fields);
/* SHA-256 of what was read, as lower-case hex: the file's bytes, or the entries as received. */
void sink_digest(Sink *sink, const char *hex);
/* For freshness: the file's modification time, where the records carry none. */
void sink_file_time(Sink *sink, int64_t modified_utc);
/* A fact for the proof: "bind" = "cn=reader,…", "tls" = "TLS1.3", "server" = "ldaps://…". Copied.
 */
void sink_note(Sink *sink, const char *name, const char *value);
/* Which times this directory records (bits of RecordedTimes), so that pull_times() can be asked. */
void sink_records_times(Sink *sink, unsigned recorded);
/* Should the pull stop (another source failed, Ctrl-C, deadline)? Ask every few thousand records.
 */
bool sink_is_cancelled(Sink *sink);
