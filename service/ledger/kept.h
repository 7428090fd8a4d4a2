/* kept.h: answers that stand until somebody changes the ledger.
 *
 * Every change of an exception, a run, a review or a case has an audit row in its transaction, so
 * the greatest id of the audit tells whether an answer is still true. What is counted over all
 * exceptions is counted once for a night, not once for every page that shows it. One Kept a handle;
 * not for two threads at once. Cost: one look into an index, and a copy of the answer. */
#pragma once

#include "ledger/ranked.h"
#include "ledger/store.h"

#include <jansson.h>

typedef struct Kept Kept;

Kept *kept_new(void);
void kept_free(Kept *kept); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kept, kept_free)

/* Forgets everything if the ledger changed. Before the answer is read or worked out: what changes
 * in between makes it newer than it says, and it is forgotten the next time. */
bool kept_refresh(Kept *kept, Store *store, GError **error);
/* New reference to a copy; NULL: not known. */
json_t *kept_find(const Kept *kept, const char *question);
/* Keeps a copy. */
void kept_add(Kept *kept, const char *question, const json_t *answer);

/* Valid until the next kept_add_list() or kept_refresh(); NULL: not known. */
const Ranked *kept_list(const Kept *kept, const char *question);
/* Takes the list, and returns it; of too many rows it keeps the last list only. */
const Ranked *kept_add_list(Kept *kept, const char *question, Ranked *list);
