/* review_view.h: items of reviews as the pages show them. */
#pragma once

#include "web/view.h"

#include "ledger/reviews.h"

#define REVIEW_ITEMS_PER_PAGE 100

/* Of the review in the path, for the person who asks: the head as ledger_reviews() gives it with
 * their numbers. NULL with "not found" when no item of it is or was theirs. New reference. */
json_t *review_mine(const Request *request, GError **error);
/* Sets "heading" of each head: its title in the words of who asks, told apart from its equals. */
void review_set_headings(const Request *request, json_t *heads);
/* Of the review in the path, for who may see all: as ledger_review(). New reference. */
json_t *review_any(const Request *request, GError **error);
/* The item of the path, if it is the asker's to decide. New reference. */
json_t *review_my_item(const Request *request, int64_t item, GError **error);
/* Items of the review in the path that are the asker's, in the state (NULL = all). New reference.
 */
json_t *review_my_items(const Request *request, const char *state, int64_t first, int64_t limit,
                        GError **error);

/* Adds to an item what its fieldset shows; see templates/item.html. */
void review_decorate(json_t *item, bool may_decide);
/* "who", "what", "account_name", "outcome", "reviewer_name": a line of a table. */
void review_decorate_line(json_t *item);
/* {"decided", "items"} of a head with the asker's numbers: signed or drafted. New reference. */
json_t *review_progress(const json_t *head);
/* "keep" → "Keep"; "" for what is none. */
const char *review_word(const char *decision);
bool review_is_closed(const json_t *head);
/* "/reviews/RV-000001" and what follows; newly allocated. */
char *review_path(const json_t *head, const char *rest);

/* Whom a person of a form means: its field "person" (chosen) or "to" (typed). true and an HR id, or
 * true and NULL when the model got choices or what is wrong. */
bool review_receiver(Request *request, json_t *model, char **ret_person, GError **error);
