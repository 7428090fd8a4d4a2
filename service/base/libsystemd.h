/* libsystemd.h: libsystemd, loaded by those whom systemd starts and watches (rightful/late.h). */
#pragma once

#include <rightful/late.h>

#include <systemd/sd-daemon.h>

static const LateLibrary libsystemd = {.names = {"libsystemd.so.0"}};

#define sd_listen_fds LATE(libsystemd, sd_listen_fds)
#define sd_notify LATE(libsystemd, sd_notify)
#define sd_watchdog_enabled LATE(libsystemd, sd_watchdog_enabled)
