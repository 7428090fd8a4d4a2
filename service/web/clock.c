#include "web/clock.h"

#include <time.h>

static int64_t seconds_of(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return now.tv_sec;
}

static int64_t story_offset; /* 0: the wall clock */

void web_clock_begin_at(int64_t utc)
{
    story_offset = utc - seconds_of(CLOCK_REALTIME);
}

int64_t web_clock_utc(void)
{
    return seconds_of(CLOCK_REALTIME) + story_offset;
}

int64_t web_clock_seconds(void)
{
    return seconds_of(CLOCK_BOOTTIME);
}
