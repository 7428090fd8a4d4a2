/* guard.h: is what was pulled plausible, compared with what was there before?
 *
 * Arithmetic (rulings.md): held when before − after > min(max(shrink_minimum, ceil(before × percent
 * / 100)), floor(before / 2)); growth when after − before > max(growth_minimum, ceil(before ×
 * growth_percent / 100)); fill like shrink with fill_percent; the seven-day maximum with twice the
 * limit; a watched group or branch from ten or more to none. Pure functions. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct GuardLimits {
    int64_t shrink_percent, shrink_minimum, growth_percent, growth_minimum, fill_percent,
        resolve_percent, resolve_minimum;
} GuardLimits;

typedef struct GuardDimension {
    char *name;
    int64_t value;
} GuardDimension;

typedef struct GuardTrip {
    char *source, *dimension;
    int64_t before, after, limit; /* limit: by how much it may change */
    bool is_accepted;
    char *accept; /* "SOURCE:DIMENSION", what --accept takes */
} GuardTrip;
void guard_trip_clear(GuardTrip *trip);

int64_t guard_shrink_limit(int64_t before, int64_t percent, int64_t minimum);
int64_t guard_growth_limit(int64_t before, int64_t percent, int64_t minimum);
/* max(minimum, ceil(open × percent / 100)): how many exceptions one run may resolve. */
int64_t guard_resolve_limit(int64_t n_open, int64_t percent, int64_t minimum);
