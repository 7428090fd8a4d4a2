/* manual.h: links that somebody made, before all rules; private to this folder. */
#pragma once

#include "correlate/links.h"

/* Links what links->manual names; links->person_link and the columns beside it are empty yet. */
void manual_link_accounts(Links *links);
