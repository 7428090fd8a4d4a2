/* scopes.h: what a plan leaves alone, summed up by scope: a control and a source. */
#pragma once

#include "ledger/plan.h"

/* How many exceptions of one scope (control, source) were found again, and which were left alone.
 */
typedef struct Scope {
    const char *control, *source;
    int64_t n_found;
    GArray *by_control, *by_source,
        *alone; /* (element-type int64_t) ids left alone, by what covers them */
} Scope;

GHashTable *scopes_new(void); /* (utf8 → Scope) */
/* Made when it is first asked for; belongs to scopes. */
Scope *scopes_of(GHashTable *scopes, const char *control, const char *source);
/* (element-type LeftAlone) sorted. One row for a whole scope, unless the run found some of it all
 * the same: then each by itself, so that those keep counting as seen. */
void scopes_sum_up(GHashTable *scopes, GArray *ret_left_alone);
