/* reviewing.h: a campaign written as a line, and what people do with it.
 *
 * Items are separated by ';': "ann/admins @00124 =00123 single privileged advice-remove
 * second-00125": an account in a group (both of source corp), who reviews it (@), whose the account
 * is (=, more than once: holders; the first is whose it is for certain), and words for its facts.
 */
#pragma once

#include "fixture.h"

#include "ledger/review_decisions.h"
#include "ledger/reviews.h"

/* 00123 Lena Wong (also 00009, a previous id), 00124 Jonas Meier, 00125 Ana Lima, 00126 Ida Gone
 * (gone), 00127 Per Left (has left), 00128 Eva Fall (the fallback), 00129 Odd Owner (owns the
 * campaign). */
void reviewing_begin(Fixture *f);
/* scope: JSON; NULL = {"fallback": "00128", "whole_groups": true}. Fails the test on error. */
void reviewing_start(Fixture *f, const char *items, const char *scope);
/* Somebody at NOON + seconds, in UTC. */
ReviewActor reviewing_actor(const char *person, int64_t seconds);

/* Each is NULL, or the error, newly allocated; its code in *ret_code where that is not NULL. */
char *try_draft(Fixture *f, const char *person, int64_t item, const char *decision,
                const char *reason);
char *try_sign(Fixture *f, const char *person);
char *try_move(Fixture *f, const char *person, int64_t item, const char *why, const char *receiver);
extern int reviewing_code; /* of the last error */

/* "1:@00124 v2 drafted keep; 2:@00125 v1 undecided": state, and decision where there is one.
 * Newly allocated. */
char *reviewing_items(Fixture *f);
/* "drafted refused signed": what happened to a review; takes the rows. Newly allocated. */
char *reviewing_changes(json_t *rows);
/* The last n of what was done to the first review as a whole are these, newest first. */
#define reviewing_assert_last(f, n, expected)                                                      \
    do {                                                                                           \
        g_autofree char *last = reviewing_changes(ledger_review_changes(f->ledger, "1", n, NULL)); \
        assert_string_equal(last, expected);                                                       \
    } while (0)
