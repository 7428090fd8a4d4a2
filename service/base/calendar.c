#include "base/calendar.h"

#include "base/libical.h"
#include "base/times.h"

static struct icaltimetype date_of(int32_t day)
{
    g_autofree char *text = day_to_text(day);
    struct icaltimetype date = icaltime_null_date();

    sscanf(text, "%d-%d-%d", &date.year, &date.month, &date.day);
    return date;
}

static icalcomponent *event_of(const CalendarDay *day)
{
    icaltimezone *utc = icaltimezone_get_utc_timezone();
    icalcomponent *event = icalcomponent_vanew(
        ICAL_VEVENT_COMPONENT, icalproperty_new_uid(day->uid),
        icalproperty_new_dtstamp(icaltime_from_timet_with_zone((time_t)day->stamp_utc, 0, utc)),
        icalproperty_new_dtstart(date_of(day->day)), icalproperty_new_summary(day->summary),
        icalproperty_new_description(day->description),
        icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT), (void *)0);

    if (day->url != NULL)
        icalcomponent_add_property(event, icalproperty_new_url(day->url));
    return event;
}

char *calendar_text(const CalendarDay *days, unsigned n)
{
    icalcomponent *calendar =
        icalcomponent_vanew(ICAL_VCALENDAR_COMPONENT, icalproperty_new_version("2.0"),
                            icalproperty_new_prodid("-//rightful//reviews//EN"),
                            icalproperty_new_method(ICAL_METHOD_PUBLISH), (void *)0);

    for (unsigned i = 0; i < n; i++)
        icalcomponent_add_component(calendar, event_of(&days[i]));
    char *theirs = icalcomponent_as_ical_string_r(calendar);
    char *text = g_strdup(theirs);

    free(theirs);
    icalcomponent_free(calendar);
    return text;
}
