/* tally.h: how many exceptions there are of what, kept while a run is planned or counted by the
 * database. */
#pragma once

#include "ledger/ledger_private.h"

typedef struct Tally {
    int64_t by_status[N_STATUSES];
    /* Open and assigned ones only: */
    int64_t by_severity[N_SEVERITIES];
    GHashTable *by_control; /* (utf8 → int64_t *) */
} Tally;

Tally *tally_new(void);
/* Of everything that is not resolved, from the database. NULL on failure. */
Tally *tally_read(Store *store, GError **error);
void tally_free(Tally *tally); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tally, tally_free)

void tally_add(Tally *tally, const char *control, int severity, Status status, int64_t n);
/* To keep it, and back; NULL = that was none. Newly allocated. */
char *tally_to_text(const Tally *tally);
Tally *tally_from_text(const char *text);
int64_t tally_open(const Tally *tally); /* open and assigned */
int64_t tally_unresolved(const Tally *tally);
/* {"critical": n, …}, all four; {"leaver-active": n, …}, those above 0, by id. */
json_t *tally_severities(const Tally *tally);
json_t *tally_controls(const Tally *tally);
