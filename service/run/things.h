/* things.h: `account`, `person`, `group`, `asset`: everything known of one thing, as JSON. */
#pragma once

#include "run/look.h"

/* What the command of that name ("account", "person", "group", "asset") shows with --json of what
 * text means, in its order; empty when there is none. New reference. */
json_t *things_find(Look *look, const char *name, const char *text);
