/* check.h: `rightful check` of one server: connection, certificate, clock, bases, what the reader
 * may see, canaries. */
#pragma once

#include <rightful/connector.h>

void directory_check(const Source *source, CheckReport *report);
