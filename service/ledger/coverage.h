/* coverage.h: what a run could not judge. An exception that is covered is neither resolved nor
 * changed by not being found.
 *
 * A control that did not run (switched off, or unknown to this build) covers everything of it: "not
 * found" proves nothing then. So does a source that is no longer configured. */
#pragma once

#include "controls/finding.h"

typedef enum Cover { COVER_NONE, COVER_CONTROL, COVER_SOURCE, COVER_SUBJECT } Cover;
typedef struct Coverage Coverage;

/* The set must outlive it. Cannot fail. */
Coverage *coverage_new(const FindingSet *set);
void coverage_free(Coverage *coverage); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Coverage, coverage_free)

/* COVER_SUBJECT = it depends on the subject: ask coverage_of_subject. */
Cover coverage_of_scope(const Coverage *coverage, const char *control, const char *source);

typedef struct CoverParties {
    const char *control;
    const char *subject_type, *source, *key;
    const char *object_type, *object_source, *object_key; /* NULL = none */
} CoverParties;
bool coverage_of_subject(const Coverage *coverage, const CoverParties *parties);
