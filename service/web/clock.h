/* clock.h: the only place where web/ asks the clocks. */
#pragma once

#include <stdint.h>

int64_t web_clock_utc(void); /* what is written down and compared with days */
/* A demo tells a story of a day: from now on web_clock_utc() goes on from that instant. Before
 * there are threads. */
void web_clock_begin_at(int64_t utc);
int64_t
web_clock_seconds(void); /* only goes forward, also over a suspend: how long something took */
