/* libical.h: libical, loaded when a review recurs or a mail carries a day (rightful/late.h): ICU
 * and libstdc++ stand behind it. */
#pragma once

#include <rightful/late.h>

#include <libical/ical.h>

static const LateLibrary libical = {.names = {"libical.so.3"}};

#define icalcomponent_add_component LATE(libical, icalcomponent_add_component)
#define icalcomponent_add_property LATE(libical, icalcomponent_add_property)
#define icalcomponent_as_ical_string_r LATE(libical, icalcomponent_as_ical_string_r)
#define icalcomponent_free LATE(libical, icalcomponent_free)
#define icalcomponent_vanew LATE(libical, icalcomponent_vanew)
#define icalerror_clear_errno LATE(libical, icalerror_clear_errno)
#define icalerror_set_errors_are_fatal LATE(libical, icalerror_set_errors_are_fatal)
#define icalproperty_new_description LATE(libical, icalproperty_new_description)
#define icalproperty_new_dtstamp LATE(libical, icalproperty_new_dtstamp)
#define icalproperty_new_dtstart LATE(libical, icalproperty_new_dtstart)
#define icalproperty_new_method LATE(libical, icalproperty_new_method)
#define icalproperty_new_prodid LATE(libical, icalproperty_new_prodid)
#define icalproperty_new_summary LATE(libical, icalproperty_new_summary)
#define icalproperty_new_transp LATE(libical, icalproperty_new_transp)
#define icalproperty_new_uid LATE(libical, icalproperty_new_uid)
#define icalproperty_new_url LATE(libical, icalproperty_new_url)
#define icalproperty_new_version LATE(libical, icalproperty_new_version)
#define icalrecur_iterator_free LATE(libical, icalrecur_iterator_free)
#define icalrecur_iterator_new LATE(libical, icalrecur_iterator_new)
#define icalrecur_iterator_next LATE(libical, icalrecur_iterator_next)
#define icalrecurrencetype_from_string LATE(libical, icalrecurrencetype_from_string)
#define icaltime_as_timet LATE(libical, icaltime_as_timet)
#define icaltime_from_timet_with_zone LATE(libical, icaltime_from_timet_with_zone)
#define icaltime_is_null_time LATE(libical, icaltime_is_null_time)
#define icaltime_null_date LATE(libical, icaltime_null_date)
#define icaltimezone_get_utc_timezone LATE(libical, icaltimezone_get_utc_timezone)
