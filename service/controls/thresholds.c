#include "controls/control.h"

#include <jansson.h>
#include <string.h>

#define SECONDS_OF_HOUR 3600
#define SECONDS_OF_DAY 86400

typedef struct Profile {
    const char *name;
    size_t offset; /* of its column in Threshold */
} Profile;

static const Profile profiles[] = {
    {"iso27001", offsetof(Threshold, iso27001)},
    {"pci", offsetof(Threshold, pci)},
    {"fedramp-moderate", offsetof(Threshold, fedramp_moderate)},
    {"fedramp-high", offsetof(Threshold, fedramp_high)},
    {"dora", offsetof(Threshold, dora)},
    {"soc2", offsetof(Threshold, soc2)},
};

/* Seconds of the unit that the name ends with; 0 when it is no time. */
static int64_t unit_of(const char *name)
{
    if (g_str_has_suffix(name, "hours"))
        return SECONDS_OF_HOUR;
    return g_str_has_suffix(name, "days") ? SECONDS_OF_DAY : 0;
}

/* "privileged_hours" for "privileged_days" and the other way round; newly allocated. */
static char *in_other_unit(const char *name)
{
    bool is_hours = unit_of(name) == SECONDS_OF_HOUR;
    int stem = (int)(strlen(name) - strlen(is_hours ? "hours" : "days"));
    return g_strdup_printf("%.*s%s", stem, name, is_hours ? "days" : "hours");
}

/* What the profile itself says; THRESHOLD_SAME: nothing, so iso27001's limit holds. */
static int64_t own_of_profile(const Threshold *threshold, const char *profile)
{
    for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++) {
        if (strcmp(profiles[i].name, profile) != 0)
            continue;
        int64_t value;
        memcpy(&value, (const char *)threshold + profiles[i].offset, sizeof value);
        return value;
    }
    return THRESHOLD_SAME;
}

/* ret_profile: the one whose limit it is. */
static int64_t of_profile(const Threshold *threshold, const char *profile, const char **ret_profile)
{
    int64_t own = own_of_profile(threshold, profile);
    *ret_profile = own == THRESHOLD_SAME ? profiles[0].name : profile;
    return own == THRESHOLD_SAME ? threshold->iso27001 : own;
}

/* The strictest of the profiles, in the table's unit. Strict is small for every limit there is.
 * set_by (may be NULL) receives the names of all that say it, "dora, soc2". */
static int64_t of_profiles(const Settings *settings, const Threshold *threshold, GString *set_by)
{
    static const char *const only_iso27001[] = {"iso27001", NULL};
    bool is_given = settings->profiles != NULL && settings->profiles[0] != NULL;
    const char *const *named = is_given ? settings->profiles : only_iso27001;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    int64_t strictest = INT64_MAX;
    for (; *named != NULL; named++) {
        const char *name = NULL;
        int64_t value = of_profile(threshold, *named, &name);
        if (value < strictest)
            g_ptr_array_set_size(names, 0);
        if (value <= strictest && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, (gpointer)(uintptr_t)name);
        strictest = MIN(strictest, value);
    }
    for (guint i = 0; set_by != NULL && i < names->len; i++)
        g_string_append_printf(set_by, "%s%s", i > 0 ? ", " : "", (const char *)names->pdata[i]);
    return strictest;
}

static const SettingsGroup *settings_of(const Settings *settings, const Control *control)
{
    return settings_group(settings_group(settings->root, "controls"), control->id);
}

/* Value and name as somebody wrote them; of both units the stricter one. false: not in the
 * configuration. */
static bool from_file(const SettingsGroup *group, const Threshold *threshold, char **ret_name,
                      int64_t *ret_value)
{
    int64_t unit = unit_of(threshold->name);
    bool is_set = settings_is_set(group, threshold->name);
    int64_t value = is_set ? settings_int(group, threshold->name) : 0;

    if (unit != 0) {
        g_autofree char *other = in_other_unit(threshold->name);
        int64_t other_value = settings_is_set(group, other) ? settings_int(group, other) : 0;
        if (settings_is_set(group, other) &&
            (!is_set || other_value * unit_of(other) < value * unit)) {
            *ret_name = g_steal_pointer(&other);
            *ret_value = other_value;
            return true;
        }
    }
    if (!is_set)
        return false;
    *ret_name = g_strdup(threshold->name);
    *ret_value = value;
    return true;
}

static const Threshold *threshold_find(const Control *control, const char *name)
{
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        if (strcmp(t->name, name) == 0)
            return t;
    }
    return NULL;
}

/* The limit for everybody that a limit for the privileged refines; NULL when there is none. */
static const Threshold *base_of(const Control *control, const Threshold *threshold)
{
    if (!g_str_has_prefix(threshold->name, "privileged_"))
        return NULL;
    const Threshold *days = threshold_find(control, "days");
    return days != NULL ? days : threshold_find(control, "hours");
}

#define SET_BY_CONFIGURATION "configuration"
#define SET_BY_DEFAULT "default" /* of what no profile speaks of */

typedef struct Limit {
    char *name; /* to show it by: in the unit that somebody wrote; owned */
    int64_t value;
} Limit;

static void limit_clear(Limit *limit)
{
    g_free(limit->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Limit, limit_clear)

/* The limit in force. set_by (may be NULL) receives who says so. */
static Limit in_force(const Settings *settings, const Control *control, const Threshold *threshold,
                      GString *set_by)
{
    const SettingsGroup *group = settings_of(settings, control);
    g_auto(Limit) base = {NULL, 0};
    Limit limit = {NULL, 0};
    if (from_file(group, threshold, &limit.name, &limit.value)) {
        if (set_by != NULL)
            g_string_assign(set_by, SET_BY_CONFIGURATION);
        return limit;
    }
    limit.name = g_strdup(threshold->name);
    limit.value = of_profiles(settings, threshold, set_by);

    /* Whoever tightens the limit for everybody does not mean to leave the privileged a longer one.
     */
    const Threshold *general = base_of(control, threshold);
    if (general == NULL || !from_file(group, general, &base.name, &base.value) ||
        base.value * unit_of(base.name) >= limit.value * unit_of(threshold->name))
        return limit;
    g_free(limit.name);
    if (set_by != NULL)
        g_string_assign(set_by, SET_BY_CONFIGURATION);
    return (Limit){g_strdup_printf("privileged_%s", base.name), base.value};
}

int64_t control_limit(const Settings *settings, const Control *control, const char *threshold)
{
    const Threshold *row = threshold_find(control, threshold);
    g_return_val_if_fail(row != NULL, 0);
    g_auto(Limit) limit = in_force(settings, control, row, NULL);
    int64_t unit = unit_of(limit.name);
    return unit == 0 ? limit.value : limit.value * unit;
}

/* Limits that stand in a group of the configuration which is there for more than the control. */
typedef struct LimitsElsewhere {
    const char *control, *group;
    const char *names[5]; /* NULL-terminated */
} LimitsElsewhere;

static const LimitsElsewhere limits_elsewhere[] = {
    {"source-stale",
     "freshness",
     {"directory_hours", "people_days", "assets_days", "approvals_days", NULL}},
    {"exception-overdue", "due", {"critical_days", "high_days", "medium_days", "low_days", NULL}},
};

typedef enum LimitsShown { SHOW_VALUES, SHOW_WHO_SET } LimitsShown;

static json_t *limit_shown(const SettingsGroup *group, const char *name, LimitsShown shown)
{
    if (shown == SHOW_VALUES)
        return json_integer(settings_int(group, name));
    return json_string(settings_is_set(group, name) ? SET_BY_CONFIGURATION : SET_BY_DEFAULT);
}

static void add_limits_elsewhere(const Settings *settings, const Control *control,
                                 LimitsShown shown, json_t *object)
{
    for (size_t i = 0; i < G_N_ELEMENTS(limits_elsewhere); i++) {
        const LimitsElsewhere *limits = &limits_elsewhere[i];
        const SettingsGroup *group = settings_group(settings->root, limits->group);
        if (strcmp(limits->control, control->id) != 0)
            continue;
        for (const char *const *name = limits->names; *name != NULL; name++)
            json_object_set_new(object, *name, limit_shown(group, *name, shown));
    }
}

/* Newly allocated; takes object. */
static char *dumped(json_t *object)
{
    char *dump = json_dumps(object, 0);
    char *text = g_strdup(dump);
    free(dump);
    json_decref(object);
    return text;
}

char *control_thresholds_json(const Settings *settings, const Control *control)
{
    json_t *object = json_object();
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        g_auto(Limit) limit = in_force(settings, control, t, NULL);
        json_object_set_new(object, limit.name, json_integer(limit.value));
    }
    add_limits_elsewhere(settings, control, SHOW_VALUES, object);
    return dumped(object);
}

char *control_set_by_json(const Settings *settings, const Control *control)
{
    json_t *object = json_object();
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        g_autoptr(GString) set_by = g_string_new(NULL);
        g_auto(Limit) limit = in_force(settings, control, t, set_by);
        json_object_set_new(object, limit.name, json_string(set_by->str));
    }
    add_limits_elsewhere(settings, control, SHOW_WHO_SET, object);
    return dumped(object);
}

bool control_is_enabled(const Settings *settings, const Control *control)
{
    return settings_bool(settings_of(settings, control), "enabled");
}

Severity control_severity(const Settings *settings, const Control *control)
{
    const char *text = settings_text(settings_of(settings, control), "severity");
    for (int i = 0; text != NULL && i < N_SEVERITIES; i++) {
        if (strcmp(severities[i], text) == 0)
            return (Severity)i;
    }
    return control->severity;
}

/* ---- the table of settings, made from the table of controls ---- */

/* A limit of 0 makes an exception of everybody (nobody has logged on within the last 0 days), so it
 * is a typing error, but for limits that are 0 by default or in a profile: there 0 means "at once".
 */
static int64_t smallest(const Threshold *threshold)
{
    const int64_t values[] = {threshold->iso27001,     threshold->pci,  threshold->fedramp_moderate,
                              threshold->fedramp_high, threshold->dora, threshold->soc2};

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        if (values[i] == 0)
            return 0;
    }
    return 1;
}

static Setting setting_of_threshold(const Threshold *threshold, const char *name)
{
    int64_t unit = unit_of(name);
    int64_t maximum = unit == SECONDS_OF_HOUR  ? 24 * 3660
                      : unit == SECONDS_OF_DAY ? 3660
                                               : INT32_MAX;
    return (Setting){.name = name,
                     .type = SETTING_INT,
                     .minimum = smallest(threshold),
                     .maximum = maximum,
                     .help = threshold->help};
}

static const Setting *children_of(const Control *control)
{
    g_autoptr(GArray) rows = g_array_new(TRUE, TRUE, sizeof(Setting));
    Setting enabled = {.name = "enabled",
                       .type = SETTING_BOOL,
                       .initial = control->is_initially_off ? "false" : "true",
                       .help = "Whether the control is judged."};
    static const char *const only_low[] = {"low", NULL};
    Setting severity = {.name = "severity",
                        .type = SETTING_TEXT,
                        .choices = control->is_advice ? only_low : severities,
                        .help = "Severity of its exceptions, instead of the catalogue's."};
    g_array_append_val(rows, enabled);
    g_array_append_val(rows, severity);
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        Setting row = setting_of_threshold(t, t->name);
        g_array_append_val(rows, row);
        if (unit_of(t->name) != 0) {
            Setting other = setting_of_threshold(t, in_other_unit(t->name));
            g_array_append_val(rows, other);
        }
    }
    for (const Setting *own = control->settings; own != NULL && own->name != NULL; own++)
        g_array_append_val(rows, *own);
    return (const Setting *)(void *)g_array_free(g_steal_pointer(&rows), FALSE);
}

const Setting *control_settings(void)
{
    static Setting *table; /* kept for the life of the process */
    if (g_once_init_enter(&table)) {
        Setting *made = g_new0(Setting, n_controls + 1);
        for (size_t i = 0; i < n_controls; i++) {
            made[i] = (Setting){.name = control_table[i]->id,
                                .type = SETTING_GROUP,
                                .children = children_of(control_table[i]),
                                .help = control_table[i]->title};
        }
        g_once_init_leave(&table, made);
    }
    return table;
}
