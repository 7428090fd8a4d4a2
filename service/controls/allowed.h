/* allowed.h: who may hold an entitlement.
 *
 * The `allowed` of a line, compiled: one { … } suffices, all its conditions must hold. A field that
 * is not known makes a condition neither true nor false. Answers are kept per text, so a department
 * is compared once. */
#pragma once

#include "controls/governed.h"

typedef struct AllowedLine AllowedLine;

/* One AllowedLine per entitlement of governed. */
AllowedLine *allowed_new(const Snapshot *snapshot, const Governed *governed);
void allowed_free(AllowedLine *lines, size_t n_lines); /* NULL is fine */

bool allowed_needs_approval(const AllowedLine *lines, uint32_t line);
/* person must not be NONE. */
State allowed_judge(const AllowedLine *lines, uint32_t line, uint32_t person);
