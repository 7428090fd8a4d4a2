/* remember_private.h: what one night's remembering works on; private to remember*.c.
 *
 * remember() asks of each kind of thing what changed tonight (recall.h), looks at what was there
 * before, and joins it to the rows of earlier nights: remember_accounts.c, remember_people.c,
 * remember_rights.c. */
#pragma once

#include "ledger/history/history_fetch.h"
#include "ledger/history/history_index.h"
#include "ledger/history/recall.h"

typedef struct Remembering {
    LedgerRecall *recall;
    Store *store;
    const Snapshot *snapshot;
    Memory *memory;
    int64_t as_of_utc;
    const KindRecall *kind;       /* in work */
    const HistoryChange **wanted; /* of the fetch in work */
} Remembering;

/* When the source of the kind in work was last read whole before tonight. */
static inline int64_t remember_known_utc(const Remembering *r)
{
    return r->memory->source_known_utc[r->kind->source];
}
/* UINT8_MAX when there is no such source any more. */
uint8_t remember_source(const Snapshot *snapshot, const char *name);

/* ---- of the kind in work: what changed tonight ---- */

void remember_stops_of_tonight(Remembering *r);  /* accounts: usable before, or again */
void remember_leaves_of_tonight(Remembering *r); /* people: on leave when first seen */
/* What was before a change: noted where it says something of tonight. */
void remember_account_was(Remembering *r, const HistoryChange *change,
                          const HistoryVersion *version);
void remember_person_was(Remembering *r, const HistoryChange *change,
                         const HistoryVersion *version);

/* ---- rows of earlier nights and of tonight, into the memory ---- */

bool remember_stopped(Remembering *r, GError **error);
bool remember_former(Remembering *r, GError **error);
bool remember_moved(Remembering *r, GError **error);
bool remember_rights(Remembering *r, GError **error);
/* Of former identifiers that differ in time only, the newest stays. Sorted, newest first. */
void remember_drop_older(GArray *former);
