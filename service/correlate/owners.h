/* owners.h: whom the owner texts of accounts, groups and assets mean. A part of links. */
#pragma once

#include "correlate/links.h"

/* Fills account_owner, group_owner, asset_owner and asset_custodian; accounts are linked to people
 * already. Cost: O(rows with a text), on all processors. */
void owners_link(Links *links);
