/* explain.h: why an account has a right, hop by hop, and what to cut. */
#pragma once

#include "run/look.h"

/* What `explain ACCOUNT [GROUP] --json` lists; group NULL: every governed group the account is in.
 * NULL when there is no such account, or group: *ret_missing says which ("account", "group"). New
 * reference. */
json_t *explain_find(Look *look, const char *account, const char *group, const char **ret_missing);
