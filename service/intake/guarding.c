/* Is a source fresh, and has it changed no more than a source may from one run to the next? */
#include "intake/dimensions.h"
#include "intake/parts.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define WATCHED_FROM 10

/* ---- freshness ---- */

static int64_t freshness_seconds(Provides provides, const FreshnessLimits *limits)
{
    switch (provides) {
    case PROVIDES_PEOPLE:
        return limits->people_days * DAY;
    case PROVIDES_ASSETS:
        return limits->assets_days * DAY;
    case PROVIDES_APPROVALS:
        return limits->approvals_days * DAY;
    case PROVIDES_DIRECTORY:
    case PROVIDES_ACCOUNTS:
        break;
    }
    return limits->directory_hours * HOUR;
}

static char *age_text(int64_t seconds)
{
    return seconds >= 2 * DAY ? g_strdup_printf("%" G_GINT64_FORMAT " days", seconds / DAY)
                              : g_strdup_printf("%" G_GINT64_FORMAT " hours", seconds / HOUR);
}

/* NULL when the source is fresh. */
static char *age_problem(const SourceRecord *record, const FreshnessLimits *limits,
                         int64_t as_of_utc)
{
    int64_t limit = freshness_seconds(record->provides, limits);
    if (record->newest_utc == TIME_UNKNOWN || as_of_utc - record->newest_utc <= limit)
        return NULL;
    g_autofree char *age = age_text(as_of_utc - record->newest_utc);
    g_autofree char *allowed = age_text(limit);
    g_autoptr(GDateTime) newest = g_date_time_new_from_unix_utc(record->newest_utc);
    g_autofree char *when =
        newest != NULL ? g_date_time_format(newest, "%Y-%m-%d %H:%MZ") : g_strdup("?");
    return g_strdup_printf("the newest record is %s old (%s), allowed are %s", age, when, allowed);
}

static void check_freshness(SourceRecord *record, const FreshnessLimits *limits, int64_t as_of_utc)
{
    g_autofree char *problem = age_problem(record, limits, as_of_utc);
    if (problem == NULL)
        return;
    record->status = SOURCE_STALE;
    record->reason = g_strdup_printf("%s; nothing of this source is used", problem);
}

/* ---- guards ---- */

typedef struct Guarding {
    const GuardLimits *limits;
    const char *const *accepts; /* NULL-terminated, may be NULL */
    bool *accepts_used;
    GArray *held;
} Guarding;

static bool is_fill(const char *dimension)
{
    return g_str_has_prefix(dimension, "fill.");
}

static bool is_rejected(const char *dimension)
{
    return strcmp(dimension, "rejected") == 0;
}

static bool use_accept(const Guarding *guarding, const char *accept)
{
    for (size_t i = 0; guarding->accepts != NULL && guarding->accepts[i] != NULL; i++) {
        if (strcmp(guarding->accepts[i], accept) != 0)
            continue;
        if (guarding->accepts_used != NULL)
            guarding->accepts_used[i] = true;
        return true;
    }
    return false;
}

static void add_trip(const Guarding *guarding, const char *source, const char *dimension,
                     int64_t before, int64_t after, int64_t limit)
{
    GuardTrip trip = {.source = g_strdup(source),
                      .dimension = g_strdup(dimension),
                      .before = before,
                      .after = after,
                      .limit = limit,
                      .accept = g_strdup_printf("%s:%s", source, dimension)};
    trip.is_accepted = use_accept(guarding, trip.accept);
    g_array_append_val(guarding->held, trip);
}

/* factor: 1 against the last run, 2 against the seven-day maximum. Did it trip? */
static bool check_shrink(const Guarding *guarding, const char *source, const GuardDimension *now,
                         int64_t before, int64_t factor)
{
    const GuardLimits *limits = guarding->limits;
    int64_t percent = is_fill(now->name) ? limits->fill_percent : limits->shrink_percent;
    int64_t limit = factor * guard_shrink_limit(before, percent, limits->shrink_minimum);
    if (before - now->value <= limit)
        return false;
    add_trip(guarding, source, now->name, before, now->value, limit);
    return true;
}

static void check_growth(const Guarding *guarding, const char *source, const GuardDimension *now,
                         int64_t before)
{
    const GuardLimits *limits = guarding->limits;
    int64_t limit = guard_growth_limit(before, limits->growth_percent, limits->growth_minimum);
    if (now->value - before > limit)
        add_trip(guarding, source, now->name, before, now->value, limit);
}

static void check_dimension(const Guarding *guarding, const char *source, const GuardDimension *now,
                            const BaselineDimension *before)
{
    bool has_shrunk = false;
    if (!is_rejected(now->name)) {
        has_shrunk = check_shrink(guarding, source, now, before->last, 1);
        if (!has_shrunk && before->maximum_7d > before->last)
            has_shrunk = check_shrink(guarding, source, now, before->maximum_7d, 2);
    }
    if (!has_shrunk && !is_fill(now->name))
        check_growth(guarding, source, now, before->last);
}

static GHashTable *set_of(const GPtrArray *names)
{
    GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < names->len; i++)
        g_hash_table_add(set, names->pdata[i]);
    return set;
}

/* Who is still watched has ten or more; only of the others must be found out whether any is left.
 */
static void check_watched(const Guarding *guarding, Sink *sink, const GPtrArray *before)
{
    g_autoptr(GHashTable) watched = set_of(sink->watched);
    g_autoptr(GPtrArray) populated = NULL;
    g_autoptr(GHashTable) populated_set = NULL;
    for (guint i = 0; before != NULL && i < before->len; i++) {
        const char *name = before->pdata[i];
        if (g_hash_table_contains(watched, name))
            continue;
        if (populated == NULL) {
            populated = dimensions_populated(sink, 1);
            populated_set = set_of(populated);
        }
        if (!g_hash_table_contains(populated_set, name))
            add_trip(guarding, sink->options.name, name, WATCHED_FROM, 0, WATCHED_FROM - 1);
    }
}

static const BaselineDimension *find_dimension(const BaselineSource *before, const char *name)
{
    for (guint i = 0; before->dimensions != NULL && i < before->dimensions->len; i++) {
        const BaselineDimension *dimension =
            &g_array_index(before->dimensions, BaselineDimension, i);
        if (strcmp(dimension->name, name) == 0)
            return dimension;
    }
    return NULL;
}

/* One sentence with all numbers, and the words that let the source through. */
static char *held_reason(const GArray *held, guint first)
{
    GString *changes = g_string_new(NULL), *accepts = g_string_new(NULL);
    for (guint i = first; i < held->len; i++) {
        const GuardTrip *trip = &g_array_index(held, GuardTrip, i);
        if (trip->is_accepted)
            continue;
        g_string_append_printf(changes,
                               "%s%s went from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                               " (at most %" G_GINT64_FORMAT " %s)",
                               changes->len > 0 ? ", " : "", trip->dimension, trip->before,
                               trip->after, trip->limit,
                               trip->after < trip->before ? "fewer" : "more");
        g_autofree char *quoted = g_shell_quote(trip->accept);
        bool needs_quotes = strpbrk(trip->accept, " '\"\\$`&|;<>()*?~#!") != NULL;
        g_string_append_printf(accepts, " --accept %s", needs_quotes ? quoted : trip->accept);
    }
    char *reason = g_strdup_printf(
        "%s; nothing of this source is used. If it is right: rightful run%s --reason TEXT",
        changes->str, accepts->str);
    g_string_free(changes, TRUE);
    g_string_free(accepts, TRUE);
    return reason;
}

static void guard_source(const Guarding *guarding, Sink *sink, const BaselineSource *before)
{
    guint first = guarding->held->len;
    for (guint i = 0; i < sink->dimensions->len; i++) {
        const GuardDimension *now = &g_array_index(sink->dimensions, GuardDimension, i);
        const BaselineDimension *dimension = find_dimension(before, now->name);
        if (dimension != NULL)
            check_dimension(guarding, sink->options.name, now, dimension);
    }
    if (sink->directory != NULL)
        check_watched(guarding, sink, before->watched);

    bool is_held = false;
    for (guint i = first; i < guarding->held->len; i++)
        is_held = is_held || !g_array_index(guarding->held, GuardTrip, i).is_accepted;
    if (is_held) {
        sink->record.status = SOURCE_HELD;
        sink->record.reason = held_reason(guarding->held, first);
    }
}

void intake_guard_with(Intake *intake, const GuardLimits *limits, const FreshnessLimits *freshness,
                       const Baseline *baseline, int64_t as_of_utc, const char *const *accepts,
                       bool *accepts_used, GArray *ret_held)
{
    Guarding guarding = {
        .limits = limits, .accepts = accepts, .accepts_used = accepts_used, .held = ret_held};
    for (uint32_t i = 0; i < intake->n; i++) {
        Sink *sink = intake->sinks[i];
        if (sink->record.status == SOURCE_COMPLETE)
            check_freshness(&sink->record, freshness, as_of_utc);
        if (sink->record.status != SOURCE_COMPLETE || baseline == NULL)
            continue;
        const BaselineSource *before = baseline_source(baseline, sink->options.name);
        if (before != NULL && before->last_good_run > 0)
            guard_source(&guarding, sink, before);
    }
}

static GuardLimits read_limits(const SettingsGroup *guards)
{
    return (GuardLimits){
        .shrink_percent = settings_int(guards, "shrink_percent"),
        .shrink_minimum = settings_int(guards, "shrink_minimum"),
        .growth_percent = settings_int(guards, "growth_percent"),
        .growth_minimum = settings_int(guards, "growth_minimum"),
        .fill_percent = settings_int(guards, "fill_percent"),
        .resolve_percent = settings_int(guards, "resolve_percent"),
        .resolve_minimum = settings_int(guards, "resolve_minimum"),
    };
}

static FreshnessLimits read_freshness(const Settings *settings)
{
    const SettingsGroup *group = settings_group(settings->root, "freshness");
    return (FreshnessLimits){
        .directory_hours = settings_int(group, "directory_hours"),
        .people_days = settings_int(group, "people_days"),
        .assets_days = settings_int(group, "assets_days"),
        .approvals_days = settings_int(group, "approvals_days"),
    };
}

char *intake_age_problem(const SourceRecord *record, const Settings *settings, int64_t as_of_utc)
{
    FreshnessLimits limits = read_freshness(settings);
    return age_problem(record, &limits, as_of_utc);
}

void intake_guard(Intake *intake, const Settings *settings, const Baseline *baseline,
                  int64_t as_of_utc, const char *const *accepts, bool *accepts_used,
                  GArray *ret_held)
{
    GuardLimits limits = read_limits(settings_group(settings->root, "guards"));
    FreshnessLimits freshness = read_freshness(settings);
    intake_guard_with(intake, &limits, &freshness, baseline, as_of_utc, accepts, accepts_used,
                      ret_held);
}
