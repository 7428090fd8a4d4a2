/* kin.h: whom ids mean, and whose an account is, within one transaction. Private to the ledger.
 *
 * A person keeps being the same under every id that the roster lists as a previous one. An account
 * is a person's when it was, or could have been, at the start of the review or in any run since,
 * and when somebody links it by hand: from that moment on. Cost: each id is looked up once. */
#pragma once

#include "ledger/review/change.h"

typedef struct Kin Kin;

Kin *kin_new(Store *store, GError **error);
void kin_free(Kin *kin); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kin, kin_free)

/* What the roster knows of whoever the id means now; ->id is NULL when it knows nobody. Owned by
 * the kin. NULL on failure. */
const RosterPerson *kin_person(Kin *kin, const char *id, GError **error);
/* "Lena Wong (00123)", or the id; owned by the kin. */
const char *kin_shown(Kin *kin, const char *id);
/* Do both ids mean the same person? False for "". */
bool kin_is_same(Kin *kin, const char *id, const char *other, bool *ret_is, GError **error);
/* Is the item's account the person's, or may it be? */
bool kin_is_holder(Kin *kin, const ReviewItemState *item, const char *person, bool *ret_is,
                   GError **error);
/* In the roster, and has not left. */
static inline bool kin_is_here(const RosterPerson *person)
{
    return person->id != NULL && !person->has_left && person->gone_since == 0;
}
