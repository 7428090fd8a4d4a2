/* zones.h: where days begin and end, zone by zone, remembered. For one thread. */
#pragma once

#include <rightful/text.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Zones Zones;
typedef struct Zone Zone;

Zones *zones_new(GTimeZone *organisation);
void zones_free(Zones *zones); /* NULL is fine */
/* The organisation's for an empty name; NULL when there is no such zone. */
Zone *zones_find(Zones *zones, Text name);
int64_t zone_day_begins(Zone *zone, int32_t day); /* TIME_UNKNOWN for DAY_NONE */
int64_t zone_day_ends(Zone *zone, int32_t day);   /* TIME_UNKNOWN for DAY_NONE */
