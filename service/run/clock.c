#include "run/clock.h"

#include "run/command.h"

#include <rightful/record.h>

#include <string.h>
#include <time.h>

static void read_boot(char boot[static 64])
{
    g_autofree char *text = NULL;
    const char *given = g_getenv("RIGHTFUL_BOOT_ID");

    if (g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        given = g_strstrip(text);
    g_strlcpy(boot, given != NULL ? given : "", 64);
}

ClockReading clock_read(void)
{
    struct timespec up = {0};
    ClockReading reading = {.wall_utc = clock_utc()};

    /* Not CLOCK_MONOTONIC, which stands still while the machine sleeps. */
    if (clock_gettime(CLOCK_BOOTTIME, &up) == 0) {
        read_boot(reading.boot);
        reading.up_seconds = up.tv_sec;
    }
    return reading;
}

ClockVerdict clock_compare(const ClockReading *earlier, const ClockReading *later,
                           int64_t *ret_passed, int64_t *ret_shown)
{
    bool is_same_boot = *earlier->boot != '\0' && strcmp(earlier->boot, later->boot) == 0;

    *ret_passed = *ret_shown = 0;
    if (earlier->wall_utc == TIME_UNKNOWN)
        return CLOCK_FINE;
    *ret_passed = *ret_shown = later->wall_utc - earlier->wall_utc;
    if (is_same_boot)
        *ret_passed = later->up_seconds - earlier->up_seconds;
    if (ABS(*ret_shown - *ret_passed) > CLOCK_TOLERANCE_SECONDS)
        return CLOCK_MOVED;
    return *ret_shown < 0 ? CLOCK_WENT_BACK : CLOCK_FINE;
}
