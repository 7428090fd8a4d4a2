/* rules.h: what a table cannot say about the service's own settings; private to this folder. */
#pragma once

#include "settings/settings.h"

/* Appends what is wrong to problems. Sources are read already. */
void rules_check(const Settings *settings, const SettingsCatalogue *catalogue, GPtrArray *problems);
/* The same of the section `web`; called by rules_check(). */
void web_rules_check(const Settings *settings, GPtrArray *problems);
