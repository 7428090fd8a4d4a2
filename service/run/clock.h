/* clock.h: can the wall clock be believed?
 *
 * A run that judges by the clock takes "now" from it, and everything follows: who has left, what is
 * overdue, what has lapsed. So the clock is compared with one that only counts seconds since the
 * boot (the time asleep included). Between two runs of one boot, and during a run, both must have
 * moved the same way. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TOLERANCE_SECONDS 3600

typedef struct ClockReading {
    int64_t wall_utc;   /* TIME_UNKNOWN: there is none */
    int64_t up_seconds; /* since the boot */
    char boot[64];      /* which boot; "" = not known */
} ClockReading;

typedef enum ClockVerdict {
    CLOCK_FINE,
    CLOCK_MOVED,    /* more than an hour against the time that passed */
    CLOCK_WENT_BACK /* the wall clock says a time before the earlier reading */
} ClockVerdict;

/* Both clocks now. The boot is that of the kernel, else of RIGHTFUL_BOOT_ID, which the unit sets
 * because /proc is closed there. */
ClockReading clock_read(void);
/* Pure. ret_passed, ret_shown: seconds that passed between the readings, and that the wall clock
 * says passed; equal where boots differ. earlier may have no wall time: fine. */
ClockVerdict clock_compare(const ClockReading *earlier, const ClockReading *later,
                           int64_t *ret_passed, int64_t *ret_shown);
