/* clock.h: the only place where web/ asks the clocks. */
#pragma once

#include <stdint.h>

int64_t web_clock_utc(void); /* what is written down and compared with days */
int64_t
web_clock_seconds(void); /* only goes forward, also over a suspend: how long something took */
