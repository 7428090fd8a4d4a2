/* campaign.h: one { … } of `reviews`, and when it is due.
 *
 * Pure functions of the settings and of days; the clock and the ledger are the caller's. Days are
 * counted since 1970-01-01 in the organisation's zone. */
#pragma once

#include "base/times.h"
#include "settings/settings.h"

#include <jansson.h>

typedef struct Campaign {
    const char *name, *scope;
    const char *target;   /* the group, asset or person that the scope speaks of; NULL = none */
    const char *every;    /* NULL = by hand only */
    int32_t starts;       /* DAY_NONE = not said */
    const char *reviewer; /* "manager", "owner" or a person */
    const char *fallback, *second_stage, *owner; /* NULL = not said */
    const char *instructions;
    int32_t due_days;
    const char *place; /* "file:line" */
} Campaign;

size_t campaigns_count(const Settings *settings);
Campaign campaign_at(const Settings *settings, size_t index);
/* false when there is none of that name. */
bool campaign_find(const Settings *settings, const char *name, Campaign *ret_campaign);
/* The scope in plain words: "Privileged rights", "Rights in fin-payments"; newly allocated. name:
 * of its target; NULL = as the configuration writes it. */
char *campaign_title(const Campaign *campaign, const char *name);
/* The title of a head (ledger_reviews()) in the words of whoever answers, an HR id or NULL;
 * borrowed from the head. */
const char *campaign_heading(const json_t *head, const char *person);
/* Likewise, told apart from every other head of the list that is called the same and is as open as
 * it: "Rights of your people (RV-000002, started on 22 November 2026)". Newly allocated. */
char *campaign_heading_among(const json_t *head, const json_t *heads, const char *person,
                             GTimeZone *zone);
/* What the ledger keeps of it as the campaign's scope. */
json_t *campaign_json(const Campaign *campaign);

/* The day since which it is due, DAY_NONE when it is not: the newest day of its rule up to today
 * that lies after the day on which it was last started. However many were missed, they are one.
 * last_started: DAY_NONE = never. A campaign that was never started and does not say when it starts
 * waits for the first day after first_run (DAY_NONE: there was none before this one), so that a new
 * ledger does not begin with letters to everybody. */
int32_t campaign_due(const Campaign *campaign, int32_t last_started, int32_t first_run,
                     int32_t today);
/* When reviewers have to be done: the end of the day so many days after the start. */
int64_t campaign_deadline(const Campaign *campaign, int64_t started_utc, GTimeZone *zone);
