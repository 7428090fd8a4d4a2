/* reminders.h: when a reviewer with open items is reminded. Pure functions of days, which are
 * counted since 1970-01-01 in the organisation's zone. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ReminderKind {
    REMINDER_START,      /* the day on which the campaign started */
    REMINDER_HALF_WAY,   /* half of the days are over */
    REMINDER_THREE_DAYS, /* three days before the last one */
    REMINDER_ONE_DAY,    /* the day before the last one */
    REMINDER_OVERDUE,    /* every day after the last one */
    N_REMINDERS
} ReminderKind;
extern const char *const reminder_names[]; /* "start", "half-way", "three-days", … NULL */

/* Overdue for so many days: whoever is above the reviewer hears of it, too. */
#define REMINDER_MANAGER_DAYS 3

typedef struct Reminder {
    ReminderKind kind;
    int32_t day;     /* on which it became due */
    bool to_manager; /* also to the reviewer's manager */
} Reminder;

/* The newest reminder that is due on the day `today`, of several of one day the last of the list;
 * false before the start. due: the last day on which reviewers may answer. Those that were missed
 * are not made up for. */
bool reminder_due(int32_t started, int32_t due, int32_t today, Reminder *ret_reminder);
/* What `told` remembers of it: "review RV-000001 half-way", "review RV-000001 overdue 2026-03-20";
 * newly allocated. */
char *reminder_event(const char *review, const Reminder *reminder);
