/* if_left.h: what would have nobody to answer for it if a person left today. Cost: O(accounts +
 * groups + assets + people + approvals). */
#pragma once

#include "run/look.h"

/* {"id", "name", "own_accounts", "owned_accounts", "owned_groups", "assets", "direct_reports",
 * "sponsored", "approvals_given"}: lists of objects. Own accounts are to be closed, the rest needs
 * somebody else. A new reference. */
json_t *if_left_facts(const Look *look, uint32_t person);
