/* parts.h: what the files of intake share; private to this folder and its tests.
 *
 * One Sink per source: settings, proof, and one builder of the kind that the source provides. While
 * a directory is pulled, what entries are built into (directory, text, messages, the counts of kept
 * and rejected) belongs to the thread of the handover, all else to the connector's. */
#pragma once

#include "intake/directory_builder.h"
#include "intake/handover.h"
#include "intake/intake.h"
#include "intake/table_builder.h"

#include <rightful/sink.h>

/* What the absence of a lock or of a last use means (rulings: lock state, last use outside AD). */
typedef enum AbsenceRule { ABSENCE_AUTO, ABSENCE_RECORDED, ABSENCE_NONE } AbsenceRule;

/* A source's settings as far as intake needs them. Borrowed from the configuration. */
typedef struct SinkOptions {
    const char *name, *kind;
    Provides provides;
    uint8_t index;       /* among the sources */
    GTimeZone *timezone; /* the organisation's */
    int64_t as_of_utc;
    const char *date_format; /* NULL = ISO 8601 */
    const char *person_kind; /* of people whose kind is empty; NULL = leave it empty */
    const char *headers[MAX_RECORD_FIELDS]; /* how the table calls its columns; NULL = by the
                                               field's name */
    AbsenceRule lock_state, last_use;
    const char *const *canaries; /* NULL-terminated; NULL = none */
    const Scope *scope;          /* what the connector is asked for; NULL = everything */
    const TextPool *beside;      /* whose space texts share; NULL = a space of their own */
    IntakeProgress progress;
    void *progress_data;
    GCancellable *cancel;
    gint *is_given_up; /* set: nobody waits for it any more; NULL = never */
} SinkOptions;

struct Sink {
    SinkOptions options;
    SourceRecord record; /* moves into the snapshot */
    TextPool *text;      /* NULL when it has become the snapshot's */
    GString *scratch;
    uint64_t n_records; /* for progress */
    uint64_t n_messages_left_out;
    int64_t file_time_utc; /* TIME_UNKNOWN: live */
    int64_t newest_utc;    /* of the records' own times */
    uint64_t n_pages, n_references;
    int bad_page_code;           /* the first result code that is not 0; 0 = none */
    Handover *handover;          /* while a directory is pulled; NULL: entries are built at once */
    DirectoryBuilder *directory; /* directory, accounts */
    TableBuilder *table;         /* everything but directory */
    GPtrArray *messages; /* (element-type utf8), all rejections that are kept, and warnings */
    GArray *dimensions;  /* (element-type GuardDimension) */
    GPtrArray *watched;  /* "group.NAME", "branch.DN" with ten or more */
};

static inline bool is_roster(const Sink *sink)
{
    return sink->options.provides == PROVIDES_PEOPLE;
}

struct Intake {
    Sink **sinks;
    GThread **threads; /* per sink, while it is pulled; NULL = not, or not in a thread of its own */
    uint32_t n;
    gint is_given_up;
    GPtrArray *messages;
};

/* ---- sink.c ---- */
Sink *sink_new(const SinkOptions *options);
SourceRecord sink_record(const SinkOptions *options); /* of a pull that has read nothing yet */
void sink_free(Sink *sink);                           /* NULL is fine */
/* Counts a record that was handed over as rejected, and keeps the sentence "file:line: column:
 * what". column NULL: no column. */
void sink_refuse(Sink *sink, const Place *place, const char *column, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* The same for a record that was counted as kept before. */
/* sink_exclude() of so many records that are counted as pulled already. Not while a handover is
 * under way: the connector counts in the same place. */
void sink_exclude_more(Sink *sink, const char *rule, uint32_t n_more);
void sink_refuse_kept(Sink *sink, const Place *place, const char *column, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void sink_warn(Sink *sink, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Marks the source incomplete; the first reason stays. */
void sink_fail(Sink *sink, const char *format, ...) G_GNUC_PRINTF(2, 3);
TextRef sink_text(Sink *sink, Text text);   /* a value that is mostly its own */
TextRef sink_shared(Sink *sink, Text text); /* a value that many records share */

/* ---- intake.c ---- */
void sink_pull(Sink *sink, const SettingsSource *source); /* from the source, to its end */

/* Until sources that provide one of these are pulled, as far as they were begun. */
void intake_wait_for(Intake *intake, unsigned kinds);

/* ---- scope.c ---- */
/* What one directory found to be in scope may be a member in another: those are asked again until
 * nothing new turns up. */
void scope_follow(Intake *intake, const Settings *settings, const Scope *scope);

/* ---- proof.c ---- */
/* Ends the pull: settles states, counts, and decides whether the source is complete. error: why
 * pull() returned false, or NULL when it returned true. */
void sink_finish(Sink *sink, bool is_whole, const GError *error);

/* ---- dimensions.c ---- */
void sink_measure(Sink *sink); /* fills dimensions, and watched if it is NULL */
void sink_find_watched(void *sink);

/* ---- guarding.c ---- */
typedef struct FreshnessLimits {
    int64_t directory_hours, people_days, assets_days, approvals_days;
} FreshnessLimits;
void intake_guard_with(Intake *intake, const GuardLimits *limits, const FreshnessLimits *freshness,
                       const Baseline *baseline, int64_t as_of_utc, const char *const *accepts,
                       bool *accepts_used, GArray *ret_held);

/* ---- edges.c ---- */
/* Members of all groups of the snapshot, from the builders of complete sources, in the order of
 * sinks. */
typedef struct EdgeSource {
    Sink *sink;
    uint32_t accounts_base, groups_base, computers_base; /* of this source's rows in the snapshot */
} EdgeSource;
void edges_build(Snapshot *snapshot, EdgeSource *sources, uint32_t n_sources);

/* ---- roster.c ---- */
/* People whose rows were refused come in as PERSON_UNREAD. */
void roster_add_unread(Snapshot *snapshot, const Intake *intake, const Baseline *baseline);
void roster_add_gone(Snapshot *snapshot, const Baseline *baseline, int64_t this_run);
void roster_link_previous(Snapshot *snapshot);
