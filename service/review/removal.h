/* removal.h: what a review decided, in the language of who carries it out. Pure.
 *
 * The edges to cut are those of the day on which the review was started; whoever doubts asks
 * `rightful explain`. LDIF as of RFC 2849, text that is not plain ASCII in base64. */
#pragma once

#include <jansson.h>

/* Adds to a task of ledger_review_tasks(): "how", sentences, and "ldif", records with "changetype:
 * modify" that take the memberships away, or null where no record can (a primary group, a column of
 * a table). */
void review_removal_explain(json_t *task);
