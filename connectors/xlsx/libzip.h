/* libzip.h: libzip, loaded with the first workbook (rightful/late.h): libcrypto stands behind it.
 */
#pragma once

#include <rightful/late.h>

#include <zip.h>

static const LateLibrary libzip = {.names = {"libzip.so.4", "libzip.so.5"}};

#define zip_discard LATE(libzip, zip_discard)
#define zip_fdopen LATE(libzip, zip_fdopen)
#define zip_get_num_entries LATE(libzip, zip_get_num_entries)
#define zip_stat_index LATE(libzip, zip_stat_index)
