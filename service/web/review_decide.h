/* review_decide.h: what the pages of a review share about deciding. The rules are the ledger's;
 * here is only who acts, and which refusals are shown beside a field. */
#pragma once

#include "web/review_view.h"

#include "ledger/review_decisions.h"

/* Borrows from the request. */
ReviewActor review_actor(const Request *request);
/* A refusal or a lost race: a sentence for the page, which keeps what was typed. */
bool review_is_refusal(const GError *error);
/* Undecided, with an advice, and not one of those that are decided singly. */
bool review_is_for_bulk(const json_t *item);
/* Undecided, of that person (HR id), neither decided singly nor advised to go. */
bool review_is_for_keep(const json_t *item, const char *person);

/* page_review.c. The whole page; head is taken. NULL on failure. */
json_t *review_model(Request *request, json_t *head, const char *view, GError **error);
/* "12 of 40 – Privileged rights"; newly allocated. */
char *review_title(const json_t *model);
/* The field "view": one of the table. */
bool review_view_of(const Request *request, const char **ret_view, GError **error);
