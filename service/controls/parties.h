/* parties.h: what a finding is about, as identities, sentences and rules name it. Private to
 * controls. */
#pragma once

#include "controls/control.h"

/* A thing as identities and sentences name it; points into the snapshot. NULL = does not apply. */
typedef struct Party {
    const char *source, *key, *name, *dn;
} Party;

Party party_of(const ControlContext *context, SubjectType type, uint32_t id);
/* SUBJECT_NONE where there is none. */
SubjectType object_type_of(const Control *control, uint32_t object);

/* Of any finding, also of those about an exception of context->standing. */
Party finding_subject(const ControlContext *context, const Finding *finding);
Party finding_object(const ControlContext *context, const Finding *finding, SubjectType *ret_type);
/* The account that the finding is about, or that holds the right; NONE. */
uint32_t finding_account(const ControlContext *context, const Finding *finding);
/* The exception that it is about; NULL: it is about something of the snapshot. */
const StandingException *finding_exception(const ControlContext *context, const Finding *finding);
Party party_of_exception(const StandingException *exception); /* its subject */
