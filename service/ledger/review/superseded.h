/* superseded.h: of several decisions about one right the newest counts. Private to the ledger. */
#pragma once

/* SQL: is there a newer decision in force, of another review, about the right of review_item i,
 * decided (signed) at `at`? */
#define REVIEW_SUPERSEDED(at)                                                                      \
    "EXISTS (SELECT 1 FROM review_item n JOIN review_decision nd ON nd.review = n.review "         \
    "AND nd.place = n.place AND nd.stage = n.stage "                                               \
    "JOIN review_sign_off ns ON ns.id = nd.sign_off WHERE n.source = i.source "                    \
    "AND n.account_key = i.account_key AND n.group_source = i.group_source "                       \
    "AND n.group_key = i.group_key AND n.review <> i.review AND n.outcome IS NOT NULL "            \
    "AND n.outcome <> 'not-reviewed' AND (ns.at > " at " OR (ns.at = " at                          \
    " AND n.review > i.review)))"
