/* listing.h: one page of the exceptions, for screens.
 *
 * Where ledger_exceptions() reads everything there is, this reads the rows of one page: the order
 * comes from an index, and so does the number of all rows as long as nothing is searched for. */
#pragma once

#include "ledger/ledger.h"

typedef enum ListingOrder { LISTING_BY_SEVERITY, LISTING_BY_DUE, LISTING_BY_AGE } ListingOrder;

typedef struct LedgerListing {
    const char *status;   /* as of LedgerFilter; NULL = open and assigned */
    const char *control;  /* NULL = any */
    const char *severity; /* NULL = any */
    const char *source;   /* NULL = any */
    const char *text;     /* in the subject's name, in any case; NULL = any */
    const char *person;   /* HR id: whom they are about; NULL = anybody */
    const char *owner;    /* HR id: to whom they are assigned; NULL = anybody */
    const char *only_of;  /* HR id: about them or assigned to them, nothing else; "" = nobody:
                            nothing; NULL = all */
    bool only_new;        /* opened or reopened by the last run */
    bool only_lines;      /* rows have id, control, severity, status, summary, first_seen, due and
                             owner alone: a third of the cost of a page */
    ListingOrder order;
    int64_t first, limit; /* from 0 */
} LedgerListing;

/* *ret_total: of all pages. */
bool ledger_listing(Ledger *ledger, const LedgerListing *listing, LedgerVisit visit, void *data,
                    int64_t *ret_total, GError **error);

/* Is the exception about that person, or assigned to them? false when there is none, and for "". */
bool ledger_exception_is_of(Ledger *ledger, const char *id, const char *person, bool *ret_is,
                            GError **error);

/* The last run that was applied or partial: *ret_run 0 when there was none. */
bool ledger_latest_run(Ledger *ledger, int64_t *ret_run, int64_t *ret_as_of_utc, GError **error);
