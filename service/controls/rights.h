/* rights.h: what several controls about rights (an account in a governed group) ask.
 *
 * Who is their subject, who may hold a right by an entitlement, how a right is shown, and one visit
 * of all governed rights. Private to controls. Needs a control that walks. */
#pragma once

#include "controls/evidence.h"

#define REASON_PERSON "it is not known whose account it is"
#define REASON_NO_APPROVALS "no approvals source is configured"

/* A right stands until the account is proven dead: an unknown state is a subject. Declaring an
 * account break-glass is its approval. */
bool right_is_subject(const ControlContext *context, uint32_t account);

/* Hash of everything that right_describe() shows; stops as there, path of the walk that met the
 * account. */
uint64_t right_facts(const ControlContext *context, uint32_t account, uint32_t group,
                     const Bitset *stops, uint64_t path);
/* path, granted, and the account; hops receives the way. */
void right_describe(const ControlContext *context, const Finding *finding, const Bitset *stops,
                    json_t *evidence, GArray *hops);

/* Do the entitlement lines (governed_entitlements_of()) allow the account without an approval?
 * ret_person: whose fields decide, the account's or else its owner's, or NONE. Unknown sets
 * ret_reason, which is NULL otherwise. */
State right_is_allowed(const ControlContext *context, const GArray *lines, uint32_t account,
                       uint32_t *ret_person, const char **ret_reason);
/* Can approvals by person_id be told apart? Without people those carry nothing. */
bool right_people_could_tell(const ControlContext *context);

/* Called for a governed right; kind: one of those for which the group is the nearest. The walk that
 * met the account is context->effective's last. */
typedef void (*RightVisit)(ControlContext *context, uint32_t account, uint32_t group,
                           GovernedKind kind, void *data);
/* Every governed right of the accounts in `among`, once, group by group. */
void rights_visit(ControlContext *context, const Bitset *among, RightVisit visit, void *data);
