/* baseline.h: what earlier runs have seen, as far as this one must know it. Filled by the ledger,
 * read by intake's guards and freeze; plain data. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One watched number of one source. Names: rulings.md ("accounts", "enabled-accounts", …,
 * "fill.mail"). */
typedef struct BaselineDimension {
    char *name;
    int64_t last;       /* in the last applied run of the source */
    int64_t maximum_7d; /* greatest within seven days before the as-of time, -1 = none */
} BaselineDimension;

typedef struct BaselineSource {
    char *name;
    int64_t last_good_run;       /* 0 = never applied */
    int64_t last_good_as_of_utc; /* TIME_UNKNOWN when never */
    GArray *dimensions;          /* (element-type BaselineDimension) */
    GPtrArray *
        watched; /* (element-type utf8) "group.NAME" and "branch.DN" that had ten or more members */
} BaselineSource;

/* Somebody of the last applied rosters; kept after vanishing so that accounts stay linked. */
typedef struct BaselinePerson {
    char *id, *name, *email, *username;
    int64_t gone_since_run; /* 0 = was there in the last applied run */
    uint64_t mark;          /* the ledger's own: hash of all that it keeps of them */
} BaselinePerson;

typedef struct Baseline {
    int64_t last_run;         /* id of the last applied or partial run, 0 = none */
    int64_t last_as_of_utc;   /* its as-of; TIME_UNKNOWN when none */
    int64_t last_started_utc; /* when it started by the clock; TIME_UNKNOWN when none */
    char *last_boot;          /* of which boot, and how many seconds after it; "" = not known */
    int64_t last_up_seconds;
    GPtrArray *sources;           /* (element-type BaselineSource) */
    GArray *roster;               /* (element-type BaselinePerson) */
    GHashTable *group_first_seen; /* "source\x1fkey" → gint64 * */
    int64_t n_open;               /* open exceptions now, for the resolve guard */
} Baseline;

void baseline_free(Baseline *baseline); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Baseline, baseline_free)
const BaselineSource *baseline_source(const Baseline *baseline,
                                      const char *name); /* NULL when unknown */
