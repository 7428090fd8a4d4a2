/* reporting.h: what controls found, on its way into the run's set. Private to controls.
 *
 * Controls only note what they find: what it is called is far away in memory, and is read for many
 * findings at once when all controls are done. Cost: findings_identify O(findings), on all
 * processors. */
#pragma once

#include "controls/judgement.h"

/* Identity and facts of all findings of context->out; until then facts are the control's own. */
void findings_identify(const ControlContext *context);

/* Index into FindingSet.reasons, where the reason is copied to. */
uint32_t reason_index(ControlContext *context, const char *reason);
