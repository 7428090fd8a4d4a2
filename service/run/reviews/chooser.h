/* chooser.h: who decides about a right, from the rosters and registers as they are now. The choice
 * itself is review/reviewer.h. */
#pragma once

#include "review/campaign.h"
#include "run/pipeline.h"

typedef struct Chooser Chooser;

/* Both must outlive the result. */
Chooser *chooser_new(const Reconciliation *reconciliation, const Campaign *campaign);
void chooser_free(Chooser *chooser); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chooser, chooser_free)

/* HR id of who decides about the right, "" = nobody can. rule: the campaign's reviewer or
 * second_stage. holders as review_holders() gives them; beside them nobody may be `other` ("" =
 * nobody). *ret_why: a sentence's part, newly allocated. */
const char *chooser_choose(Chooser *chooser, const char *rule, uint32_t account, uint32_t group,
                           const char *const *holders, const char *other, char **ret_why);
/* HR ids of the campaign's fallback and owner; "" = nobody who works here. */
const char *chooser_fallback(const Chooser *chooser);
const char *chooser_owner(const Chooser *chooser);
/* Persons that the configuration names and nobody knows, as sentences. (element-type utf8) */
GPtrArray *chooser_unknown(const Chooser *chooser);
