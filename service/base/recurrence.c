#include "base/recurrence.h"

#include "base/libical.h"
#include "base/times.h"

/* Rules such as "the 30th of February" never end: libical stops by itself in the year 2582, and no
 * rule that people mean needs as many steps. */
#define MOST_STEPS 100000

#define SECONDS_OF_DAY 86400

static struct icaltimetype date_of(int32_t day)
{
    return icaltime_from_timet_with_zone((time_t)day * SECONDS_OF_DAY, true, NULL);
}

static int32_t day_of(struct icaltimetype date)
{
    return (int32_t)(icaltime_as_timet(date) / SECONDS_OF_DAY);
}

/* libical takes a rule whole or not at all. */
static bool parse(const char *rule, struct icalrecurrencetype *ret_parsed)
{
    icalerror_set_errors_are_fatal(false);
    icalerror_clear_errno();
    *ret_parsed = icalrecurrencetype_from_string(rule);
    return ret_parsed->freq >= ICAL_DAILY_RECURRENCE && ret_parsed->freq <= ICAL_YEARLY_RECURRENCE;
}

static void parsed_clear(struct icalrecurrencetype *parsed)
{
    free(parsed->rscale);
}

/* Calls visit with every day of the rule until it returns false. */
typedef bool (*DayVisit)(int32_t day, void *data);

static void walk(const char *rule, int32_t starts, DayVisit visit, void *data)
{
    struct icalrecurrencetype parsed;
    if (!parse(rule, &parsed))
        return;
    icalrecur_iterator *days = icalrecur_iterator_new(parsed, date_of(starts));
    for (int i = 0; days != NULL && i < MOST_STEPS; i++) {
        struct icaltimetype date = icalrecur_iterator_next(days);
        if (icaltime_is_null_time(date) || !visit(day_of(date), data))
            break;
    }
    if (days != NULL)
        icalrecur_iterator_free(days);
    parsed_clear(&parsed);
}

typedef struct Search {
    int32_t after, until, found;
    bool is_first; /* else the last */
} Search;

static bool look_at(int32_t day, void *data)
{
    Search *search = data;
    if (day > search->until)
        return false;
    if (day > search->after)
        search->found = day;
    return !(search->is_first && search->found != DAY_NONE);
}

int32_t recurrence_last(const char *rule, int32_t starts, int32_t after, int32_t until)
{
    Search search = {.after = after, .until = until, .found = DAY_NONE};
    walk(rule, starts, look_at, &search);
    return search.found;
}

int32_t recurrence_next(const char *rule, int32_t starts, int32_t after)
{
    Search search = {.after = after, .until = INT32_MAX, .found = DAY_NONE, .is_first = true};
    walk(rule, starts, look_at, &search);
    return search.found;
}

char *recurrence_problem(const char *rule, int32_t starts)
{
    struct icalrecurrencetype parsed;
    bool is_rule = parse(rule, &parsed);
    parsed_clear(&parsed);
    if (!is_rule)
        return g_strdup("is no recurrence rule by days, weeks, months or years; allowed: an RRULE "
                        "of RFC 5545 such as \"FREQ=MONTHLY;INTERVAL=3\" or "
                        "\"FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=15\"");
    if (recurrence_next(rule, starts, DAY_NONE) == DAY_NONE)
        return g_strdup("is a recurrence rule that names no day at all");
    return NULL;
}
