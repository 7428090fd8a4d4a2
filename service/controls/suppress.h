/* suppress.h: rules of the configuration that accept exceptions until a date (`suppressions`).
 *
 * Never silent: what a rule accepts is found, recorded and counted all the same. A rule accepts
 * nothing that is about its own author, and nothing once its day is over. Cost: a glance per
 * finding, and one comparison per finding and rule of its control. */
#pragma once

#include "controls/control.h"

#include <jansson.h>

typedef struct Suppression {
    AcceptanceRule rule;
    const char *control;
    bool is_over;
    uint32_t author;    /* person, or NONE: nobody we know */
    uint32_t n_fitting; /* findings that it accepts; of one that is over, those that it fits and
                           nobody accepts */
    uint32_t n_own;     /* that it fits, and that are about its author */
} Suppression;

typedef struct Suppressions Suppressions;

/* NULL when the configuration has no rule. The context must outlive it, and it the set's use of the
 * rules. */
Suppressions *suppressions_new(const ControlContext *context);
/* Fills set->accepted_by and set->rules, for the findings that were added since the last time. */
void suppressions_apply(Suppressions *suppressions, const ControlContext *context, FindingSet *set);
void suppressions_free(Suppressions *suppressions); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Suppressions, suppressions_free)
const Suppression *suppressions_all(const Suppressions *suppressions, size_t *ret_n);

/* Sentences about rules that need somebody: over, or so within 14 days, fitting nothing, with an
 * author who has left or is nobody. place first. found: NULL, or what was applied: then
 * what fits nothing that is found is said, otherwise what names nothing that is there.
 * (element-type utf8) */
GPtrArray *suppressions_warnings(const ControlContext *context, const Suppressions *found);
