#include "review/advice.h"

#include "base/times.h"

#include <rightful/record.h>

/* Fewer do not say what is usual. */
#define LEAST_OTHERS 3
#define RECENT_SECONDS INT64_C(2592000) /* 30 days */

static json_t *advice(const char *decision, const char *reason)
{
    return json_pack("{s:s s:s}", "decision", decision, "reason", reason);
}

static bool is_used(const AdviceSigns *signs)
{
    return signs->last_used_utc != TIME_UNKNOWN && signs->last_used_utc != TIME_NEVER &&
           signs->as_of_utc - signs->last_used_utc <= RECENT_SECONDS + signs->uncertainty_seconds;
}

json_t *review_advice(const AdviceSigns *signs)
{
    if (signs->against != NULL)
        return advice("remove", signs->against);
    if (signs->is_closed)
        return advice("remove", "The account cannot be used any more, and still holds the right.");
    if (signs->others < LEAST_OTHERS || signs->holding < signs->others || !is_used(signs))
        return json_null();
    g_autofree char *day = day_to_text(day_of_time(signs->last_used_utc, signs->zone));
    g_autofree char *reason =
        g_strdup_printf("All %u others of the same department and title hold it, and the account "
                        "was used on %s.",
                        signs->others, day);
    return advice("keep", reason);
}
