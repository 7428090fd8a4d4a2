/* show.h: one thing, or a few, with everything known of it: `account`, `person`, `exception show` …
 */
#pragma once

#include "run/command.h"

#include <jansson.h>

/* Prints things (a JSON array, released here) as {"schema_version", NAME: […]}, as NDJSON, as CSV
 * (the fields of the first thing), or as text: "key  value" lines, lists of objects as small tables
 * below. */
ExitCode show_things(const Invocation *invocation, const char *name, json_t *things);
