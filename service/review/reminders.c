#include "review/reminders.h"

#include "base/times.h"

const char *const reminder_names[] = {"start",   "half-way", "three-days",
                                      "one-day", "overdue",  NULL};

bool reminder_due(int32_t started, int32_t due, int32_t today, Reminder *ret_reminder)
{
    const int32_t days[] = {[REMINDER_START] = started,
                            [REMINDER_HALF_WAY] = started + (due - started) / 2,
                            [REMINDER_THREE_DAYS] = due - 3,
                            [REMINDER_ONE_DAY] = due - 1};
    Reminder found = {.kind = REMINDER_START, .day = started};

    if (today < started)
        return false;
    if (today > due) {
        *ret_reminder = (Reminder){REMINDER_OVERDUE, today, today - due >= REMINDER_MANAGER_DAYS};
        return true;
    }
    for (int kind = REMINDER_HALF_WAY; kind < REMINDER_OVERDUE; kind++) {
        if (days[kind] > started && days[kind] >= found.day && days[kind] <= today) {
            found = (Reminder){.kind = (ReminderKind)kind, .day = days[kind]};
        }
    }
    *ret_reminder = found;
    return true;
}

char *reminder_event(const char *review, const Reminder *reminder)
{
    g_autofree char *day = day_to_text(reminder->day);

    if (reminder->kind == REMINDER_OVERDUE)
        return g_strdup_printf("review %s overdue %s", review, day);
    return g_strdup_printf("review %s %s", review, reminder_names[reminder->kind]);
}
