#include "review/campaign.h"

#include "base/recurrence.h"

#include <string.h>

static const struct {
    const char *scope, *target, *title;
} scopes[] = {{"privileged", NULL, "Privileged rights"},
              {"entitlement", "entitlement", "Rights in %s"},
              {"asset", "asset", "Access to the asset %s"},
              {"owner", "person", "Rights in the groups of %s"},
              {"manager", "person", "Rights of the people of %s"},
              {"service-accounts", NULL, "Rights of service accounts"},
              {"external", NULL, "Rights of external people"}};

static size_t scope_index(const char *scope)
{
    size_t i = 0;
    while (strcmp(scopes[i].scope, scope) != 0) {
        i++; /* the settings table allows only these */
    }
    return i;
}

size_t campaigns_count(const Settings *settings)
{
    return settings_n_groups(settings->root, "reviews");
}

Campaign campaign_at(const Settings *settings, size_t index)
{
    const SettingsGroup *group = settings_group_at(settings->root, "reviews", index);
    const char *starts = settings_text(group, "starts");
    Campaign campaign = {.name = settings_text(group, "name"),
                         .scope = settings_text(group, "scope"),
                         .every = settings_text(group, "every"),
                         .starts = DAY_NONE,
                         .reviewer = settings_text(group, "reviewer"),
                         .fallback = settings_text(group, "fallback"),
                         .second_stage = settings_text(group, "second_stage"),
                         .owner = settings_text(group, "owner"),
                         .instructions = settings_text(group, "instructions"),
                         .due_days = (int32_t)settings_int(group, "due_days"),
                         .place = settings_place(group)};
    const char *target = scopes[scope_index(campaign.scope)].target;

    campaign.target = target != NULL ? settings_text(group, target) : NULL;
    if (starts != NULL)
        day_parse(text_of(starts), NULL, &campaign.starts);
    return campaign;
}

bool campaign_find(const Settings *settings, const char *name, Campaign *ret_campaign)
{
    for (size_t i = 0; i < campaigns_count(settings); i++) {
        Campaign campaign = campaign_at(settings, i);
        if (strcmp(campaign.name, name) == 0) {
            *ret_campaign = campaign;
            return true;
        }
    }
    return false;
}

char *campaign_title(const Campaign *campaign, const char *name)
{
    const char *title = scopes[scope_index(campaign->scope)].title;
    const char *hole = strstr(title, "%s");

    if (hole == NULL)
        return g_strdup(title);
    return g_strdup_printf("%.*s%s%s", (int)(hole - title), title,
                           name != NULL ? name : campaign->target, hole + 2);
}

static const char *text_of_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

const char *campaign_heading(const json_t *head, const char *person)
{
    const json_t *scope = json_object_get(head, "scope");
    bool is_own = person != NULL && strcmp(text_of_member(scope, "scope"), "manager") == 0 &&
                  strcmp(text_of_member(scope, "target"), person) == 0;

    return is_own ? "Rights of your people" : text_of_member(head, "title");
}

static bool has_open(const json_t *head)
{
    return json_integer_value(json_object_get(head, "open")) > 0;
}

/* What is done is in another list than what waits: every quarter would have its twin otherwise. */
static bool has_twin(const json_t *head, const json_t *heads, const char *person)
{
    size_t i;
    json_t *other;

    json_array_foreach(heads, i, other)
    {
        if (strcmp(text_of_member(other, "id"), text_of_member(head, "id")) != 0 &&
            has_open(other) == has_open(head) &&
            strcmp(campaign_heading(other, person), campaign_heading(head, person)) == 0)
            return true;
    }
    return false;
}

char *campaign_heading_among(const json_t *head, const json_t *heads, const char *person,
                             GTimeZone *zone)
{
    const char *heading = campaign_heading(head, person);
    int64_t started_utc;

    if (!has_twin(head, heads, person) ||
        !time_parse(text_of(text_of_member(head, "started")), zone, &started_utc))
        return g_strdup(heading);
    g_autofree char *day = day_in_words(day_of_time(started_utc, zone));
    return g_strdup_printf("%s (%s, started on %s)", heading, text_of_member(head, "id"), day);
}

json_t *campaign_json(const Campaign *campaign)
{
    return json_pack("{s:s s:s? s:s s:s? s:s? s:s s:i}", "scope", campaign->scope, "target",
                     campaign->target, "reviewer", campaign->reviewer, "fallback",
                     campaign->fallback, "second_stage", campaign->second_stage, "instructions",
                     campaign->instructions, "due_days", campaign->due_days);
}

static int32_t start_of_rule(const Campaign *campaign)
{
    return campaign->starts != DAY_NONE ? campaign->starts : RECURRENCE_START;
}

int32_t campaign_due(const Campaign *campaign, int32_t last_started, int32_t first_run,
                     int32_t today)
{
    int32_t after = last_started;

    if (campaign->every == NULL)
        return DAY_NONE;
    if (last_started == DAY_NONE && campaign->starts == DAY_NONE)
        after = first_run != DAY_NONE ? first_run : today;
    return recurrence_last(campaign->every, start_of_rule(campaign), after, today);
}

int64_t campaign_deadline(const Campaign *campaign, int64_t started_utc, GTimeZone *zone)
{
    return day_ends_utc(day_of_time(started_utc, zone) + campaign->due_days, zone);
}
