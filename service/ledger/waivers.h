/* waivers.h: why an exception that is found is not open: somebody, or a rule of the configuration,
 * accepted it until a date, or it is a false positive. One that is over stays until the exception
 * is resolved or decided anew, so that it can be told. */
#pragma once

#include "ledger/ledger_private.h"

typedef enum WaiverKind { WAIVER_ACCEPTED, WAIVER_RULE, WAIVER_FALSE_POSITIVE } WaiverKind;
extern const char *const waiver_kinds[]; /* as stored: "accepted", …; NULL-terminated */

typedef struct Waiver {
    int64_t exception;
    int64_t ends_utc; /* INT64_MAX: it has no end */
    uint64_t words;   /* waiver_words() of a rule */
    WaiverKind kind;
    bool has_lapsed;
} Waiver;

/* Of what a rule says, to notice that it says something else now. */
uint64_t waiver_words(const char *reason, const char *author, const char *last_day);

/* All there are. (element-type Waiver) by exception; few. NULL on failure. */
GArray *waivers_read(Store *store, GError **error);
const Waiver *waivers_find(const GArray *waivers, int64_t exception); /* NULL: there is none */

/* How many exceptions a rule accepts now. */
bool waivers_count_by_rule(Store *store, int64_t *ret_n, GError **error);

/* Columns and table for queries that end in waiver_json(); LEFT JOIN … ON w.exception = e.id. */
#define WAIVER_COLUMNS                                                                             \
    "w.kind, w.reason, w.requester, w.requester_name, w.approver, w.approver_name, w.last_day, "   \
    "w.ends, w.decided, w.lapsed_run"
/* {"kind", "reason", "approver", "approver_name", "requester", "requester_name", "until",
 * "decided", "state"}, of a rule with "author" instead of requester; null where there is none.
 * first: number of the column w.kind. New reference. */
json_t *waiver_json(Statement *row, int first);
