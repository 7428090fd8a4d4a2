#include "web/clock.h"

#include <time.h>

static int64_t seconds_of(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return now.tv_sec;
}

int64_t web_clock_utc(void)
{
    return seconds_of(CLOCK_REALTIME);
}

int64_t web_clock_seconds(void)
{
    return seconds_of(CLOCK_BOOTTIME);
}
