/* seen.h: when an exception was last seen, and by which rule. Not stored with the exception: a
 * quiet night would rewrite every row. It follows from the runs and from what each of them could
 * not judge. */
#pragma once

#include "ledger/ledger_private.h"

typedef struct RunFacts {
    int64_t id, as_of_utc;
    char *profile, *config;
    json_t *thresholds, *set_by;
} RunFacts;

typedef struct Seen Seen;

/* Knows the merged runs of now. The store must outlive it. NULL on failure. */
Seen *seen_new(Store *store, GError **error);
/* The same of the merged runs up to this one: as it was after it. */
Seen *seen_new_until(Store *store, int64_t last_run, GError **error);
void seen_free(Seen *seen); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seen, seen_free)

int64_t seen_newest(const Seen *seen);       /* newest merged run, 0 = none */
int64_t seen_newest_as_of(const Seen *seen); /* TIME_UNKNOWN when none */
/* Newest merged run that judged the exception, and so saw it: it is not resolved. found_run is the
 * floor. */
bool seen_last(Seen *seen, int64_t exception, const char *control, const char *source,
               int64_t found_run, int64_t *ret_run, GError **error);
/* The as-of time of a run that an exception names; cheaper than all its facts. */
bool seen_as_of(Seen *seen, int64_t run, int64_t *ret_utc, GError **error);
/* Owned by seen; NULL on failure. */
const RunFacts *seen_run(Seen *seen, int64_t id, GError **error);
