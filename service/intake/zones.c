#include "intake/zones.h"

#include "base/times.h"

#include <rightful/record.h>

/* Days a zone: rosters and registers speak of the days of twenty years again and again, and what
 * was never asked takes no memory. */
#define REMEMBERED 8192

typedef struct Day {
    int64_t begin_utc;
    int32_t day;
    bool is_set;
} Day;

struct Zone {
    GTimeZone *timezone; /* NULL: there is no such zone */
    Day days[REMEMBERED];
};

struct Zones {
    Zone *organisation;
    GHashTable *by_name; /* utf8 → Zone */
    GString *last_name;
    Zone *last;
};

static Zone *zone_new(GTimeZone *zone_of_days)
{
    Zone *zone = g_new0(Zone, 1);
    zone->timezone = zone_of_days;
    return zone;
}

static void zone_free(gpointer data)
{
    Zone *zone = data;
    g_clear_pointer(&zone->timezone, g_time_zone_unref);
    g_free(zone);
}

Zones *zones_new(GTimeZone *organisation)
{
    Zones *zones = g_new0(Zones, 1);
    zones->organisation = zone_new(g_time_zone_ref(organisation));
    zones->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, zone_free);
    zones->last_name = g_string_new(NULL);
    return zones;
}

void zones_free(Zones *zones)
{
    if (zones == NULL)
        return;
    zone_free(zones->organisation);
    g_hash_table_unref(zones->by_name);
    g_string_free(zones->last_name, TRUE);
    g_free(zones);
}

/* GLib would open any path below (and, with "..", outside) its folder of zones. */
static bool is_zone_name(const char *name)
{
    return name[0] != '/' && name[0] != ':' && strstr(name, "..") == NULL && strlen(name) < 64;
}

Zone *zones_find(Zones *zones, Text name)
{
    if (name.length == 0)
        return zones->organisation;
    if (zones->last_name->len == name.length &&
        memcmp(zones->last_name->str, name.data, name.length) == 0)
        return zones->last;

    g_string_truncate(zones->last_name, 0);
    g_string_append_len(zones->last_name, name.data, (gssize)name.length);
    Zone *zone = g_hash_table_lookup(zones->by_name, zones->last_name->str);
    if (zone == NULL) {
        const char *identifier = zones->last_name->str;
        zone = zone_new(is_zone_name(identifier) ? g_time_zone_new_identifier(identifier) : NULL);
        g_hash_table_insert(zones->by_name, g_strdup(identifier), zone);
    }
    zones->last = zone->timezone != NULL ? zone : NULL;
    return zones->last;
}

int64_t zone_day_begins(Zone *zone, int32_t day)
{
    if (day == DAY_NONE)
        return TIME_UNKNOWN;
    Day *slot = &zone->days[(uint32_t)day % REMEMBERED];
    if (!slot->is_set || slot->day != day)
        *slot = (Day){.day = day, .is_set = true, .begin_utc = day_begins_utc(day, zone->timezone)};
    return slot->begin_utc;
}

int64_t zone_day_ends(Zone *zone, int32_t day)
{
    return day != DAY_NONE ? zone_day_begins(zone, day + 1) : TIME_UNKNOWN;
}
