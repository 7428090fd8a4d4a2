/* holders.h: everybody who must not decide about an account. */
#pragma once

#include "run/pipeline.h"

/* HR ids of all whom the account is, or could be, linked to, with the ids that are the same
 * person's, each once: its person or all candidates; where nobody is sure whose an account of
 * people is, also who owns it. Nobody for a service account that no rule links: its owner answers
 * for it, and may be asked. NULL-terminated, newly allocated; free the array only. */
const char **review_holders(const Reconciliation *reconciliation, uint32_t account);
