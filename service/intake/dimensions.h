/* dimensions.h: which groups and branches of a source are populated. */
#pragma once

#include "intake/parts.h"

/* "group.NAME" and "branch.DN" (normalised) with at least minimum members or entries below, sorted,
 * each once. (element-type utf8), newly allocated. */
GPtrArray *dimensions_populated(Sink *sink, uint64_t minimum);
