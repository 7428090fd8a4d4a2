/* settings_table.h: the service's own settings; private to this folder. */
#pragma once

#include <rightful/settings.h>

/* The whole configuration. `controls` has no children here: they come with the catalogue; the rows
 * of `sources` get their connector's table added. */
extern const Setting settings_root_table[];
/* name, kind and provides: what every source has. */
extern const Setting settings_source_table[];
/* The section `web`. */
extern const Setting settings_web_table[];
/* The section `notify`. */
extern const Setting settings_notify_table[];
/* Sections of the interface that this version does not have yet; NULL-terminated. */
extern const char *const settings_later[];
