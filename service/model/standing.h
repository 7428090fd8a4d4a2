/* standing.h: exceptions of the ledger that are late, for the controls that judge the ledger.
 *
 * Filled when everything else is judged, so that what is gone tonight is not among them; plain
 * data. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct StandingException {
    char *name; /* "EX-000042" */
    char *control;
    uint8_t severity;                        /* as the ledger has it */
    char *subject_type, *source, *key;       /* source and key may be NULL */
    char *subject_name, *dn;                 /* NULL = none */
    char *person_id, *person_name, *holders; /* as in FindingText; NULL = none */
    char *owner;                             /* NULL = nobody */
    int64_t due_utc;
    /* of a waiver that is over: */
    char *last_day; /* "2026-03-10" */
    char *reason;
    char *answers;    /* who approved it, or the author of the rule */
    uint32_t finding; /* its place among the findings of this run; UINT32_MAX: it was not judged */
} StandingException;

typedef struct Standing {
    GArray *overdue; /* (element-type StandingException) open past their due date, by number */
    GArray *lapsed;  /* (element-type StandingException) not accepted any more, by number */
} Standing;

Standing *standing_new(void);
void standing_free(Standing *standing); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Standing, standing_free)
