#include "intake/guard.h"

void guard_trip_clear(GuardTrip *trip)
{
    g_clear_pointer(&trip->source, g_free);
    g_clear_pointer(&trip->dimension, g_free);
    g_clear_pointer(&trip->accept, g_free);
}

/* ceil(n × percent / 100); n and percent are not negative. Split so that no product overflows. */
static int64_t share(int64_t n, int64_t percent)
{
    return n / 100 * percent + (n % 100 * percent + 99) / 100;
}

int64_t guard_shrink_limit(int64_t before, int64_t percent, int64_t minimum)
{
    return MIN(MAX(minimum, share(before, percent)), before / 2);
}

int64_t guard_growth_limit(int64_t before, int64_t percent, int64_t minimum)
{
    return MAX(minimum, share(before, percent));
}

int64_t guard_resolve_limit(int64_t n_open, int64_t percent, int64_t minimum)
{
    return MAX(minimum, share(n_open, percent));
}
