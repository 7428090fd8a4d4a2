/* intake.h: from configured sources to a frozen snapshot that may be judged.
 *
 * pull all (one thread each) → prove → guard → freeze. A source that did not prove complete, is
 * stale or is held leaves nothing in the snapshot but its SourceRecord. */
#pragma once

#include "intake/guard.h"
#include "model/baseline.h"
#include "model/snapshot.h"
#include "settings/settings.h"

#include <gio/gio.h>

typedef struct Intake Intake; /* builders of all sources between pulling and freezing */

/* Called from the pulling threads every few thousand records and at the end of each source; may be
 * NULL. */
typedef void (*IntakeProgress)(const char *source, uint64_t n_records, bool is_finished,
                               void *data);

/* Pulls every source of the settings at the same time; only those whose `provides` is among wanted.
 * Never fails as a whole: each source has its status and reason. cancel may be NULL; when it is set
 * from elsewhere the pulls end as incomplete. */
Intake *intake_pull(const Settings *settings, unsigned wanted, int64_t as_of_utc,
                    IntakeProgress progress, void *data, GCancellable *cancel);
/* The same for a few accounts, in two steps, since the rosters tell which accounts they are. To
 * look at, never for the ledger: there is nothing to compare such a pull with, so it is not
 * guarded. First everything begins to be pulled whole but directories whose connector can be asked
 * for a few accounts; returns at once. */
Intake *intake_begin(const Settings *settings, int64_t as_of_utc, IntakeProgress progress,
                     void *data, GCancellable *cancel);
/* Then those directories: the accounts in scope and their groups only. Returns when all was read.
 * The scope must last until then. */
void intake_pull_scope(Intake *intake, const Settings *settings, const Scope *scope);
/* What is still being pulled is cancelled. */
void intake_free(Intake *intake); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

/* Marks sources as held or stale. baseline NULL or without runs: nothing to compare with. accepts:
 * "SOURCE:DIMENSION". Appends every tripped guard to ret_held (element-type GuardTrip), accepted
 * ones too, marked. Used accepts are marked in accepts_used (bool per accept). */
void intake_guard(Intake *intake, const Settings *settings, const Baseline *baseline,
                  int64_t as_of_utc, const char *const *accepts, bool *accepts_used,
                  GArray *ret_held);

/* "the newest record is 9 days old (2026-03-08 16:05Z), allowed are 7 days"; NULL when the source
 * is fresh. Newly allocated. */
char *intake_age_problem(const SourceRecord *record, const Settings *settings, int64_t as_of_utc);

/* All rejections and warnings so far, as sentences with their places. (element-type utf8), owned by
 * intake. */
const GPtrArray *intake_messages(const Intake *intake);

/* Dimensions of every source as they are now, for the ledger's next baseline: valid until
 * intake_free(). */
const GArray *intake_dimensions(const Intake *intake,
                                uint32_t source); /* (element-type GuardDimension) */
const GPtrArray *intake_watched(const Intake *intake, uint32_t source); /* (element-type utf8) */

/* Consumes the builders. People of the baseline's roster that every complete roster lacks come in
 * as rows with gone_since_run (this_run for those newly gone). Cannot fail. */
Snapshot *intake_freeze(Intake *intake, const Settings *settings, const Baseline *baseline,
                        int64_t this_run);

/* The same in two steps. People first, as soon as the rosters are read; of sources that provide
 * anything else there is nothing but that they were not read yet. */
Snapshot *intake_freeze_rosters(Intake *intake, const Baseline *baseline, int64_t this_run);
/* Adds everything else, and the records of its sources; rows of people stay as they are. */
void intake_freeze_rest(Intake *intake, Snapshot *snapshot);

/* What a freeze does last, for a snapshot that was made of something else than a pull: whose old id
 * lives on in which row, and the indexes. */
void intake_complete(Snapshot *snapshot);
