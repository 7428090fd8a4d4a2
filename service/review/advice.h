/* advice.h: what is suggested to a reviewer, and why. Never ticked beforehand, never decided. Pure.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct AdviceSigns {
    bool is_closed;      /* the account cannot be used any more */
    const char *against; /* the strongest that was found against it, one sentence; NULL = nothing */
    int64_t last_used_utc; /* of the account; TIME_UNKNOWN, TIME_NEVER */
    int64_t uncertainty_seconds;
    int64_t as_of_utc;
    uint32_t others, holding; /* others of the same department and title, and who of them holds it;
                                 0 others = not known */
    GTimeZone *zone;          /* of the dates in the sentence */
} AdviceSigns;

/* {"decision": "keep" | "remove", "reason": one sentence} or null. */
json_t *review_advice(const AdviceSigns *signs);
