/* diff_private.h: what the files share that compare the history of two runs. */
#pragma once

#include "ledger/history/history.h"
#include "ledger/ledger_private.h"
#include "ledger/history/past.h"

/* Two runs and the changes between them. Versions are read forwards, earlier to later; what is said
 * of them is turned round at the end when from is the later one. */
typedef struct ThingsDiff {
    Store *store;
    int64_t earlier, later;
    int64_t earlier_utc, later_utc; /* their as-of times */
    bool is_backwards;
    const char *source; /* that is compared now */
    GPtrArray *rows;    /* (element-type json_t) of the kind that is compared now */
} ThingsDiff;

/* One change, told forwards. */
typedef struct ThingChange {
    const char *kind, *name, *key;
    const char *object;          /* the group; NULL */
    const char *field;           /* NULL for what is new or gone */
    const char *change, *undone; /* "new" and "gone": what it is called forwards and backwards */
    json_t *before, *after;      /* taken; NULL = null */
    int64_t run;
} ThingChange;

void diff_add(ThingsDiff *diff, const ThingChange *change);

/* diff_things.c: one kind of one source. */
bool diff_kind(ThingsDiff *diff, HistoryKind kind, GError **error);
/* diff_members.c: HISTORY_MEMBERS or HISTORY_RIGHTS of one source. */
bool diff_members(ThingsDiff *diff, HistoryKind kind, GError **error);
