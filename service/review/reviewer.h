/* reviewer.h: who decides on an item.
 *
 * The first of a chain of candidates who can: the configured rule, the fallback, the campaign's
 * owner. Nobody decides on what is their own, and nobody who is not here any more. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum ReviewerState {
    REVIEWER_FITS,
    REVIEWER_MISSING, /* nobody is named, or nobody who is known */
    REVIEWER_GONE,    /* has left, or has not begun */
    REVIEWER_HOLDER   /* it would be about himself */
} ReviewerState;

typedef struct ReviewerCandidate {
    const char *role; /* "the manager of Lena Wong"; in sentences */
    const char *id;   /* HR id; NULL when missing */
    const char *name; /* NULL when missing */
    ReviewerState state;
} ReviewerCandidate;

/* The first that fits, or NULL. *ret_why, newly allocated: "the manager of Lena Wong", or "the
 * fallback, because the manager of Lena Wong (Ada Boss) has left"; of nobody, why none fits. */
const ReviewerCandidate *reviewer_choose(const ReviewerCandidate *candidates, size_t n,
                                         char **ret_why);
