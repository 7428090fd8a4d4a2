/* catalogue.c: what there is: controls, connectors, settings, formats, routes. */

#include "run/list.h"
#include "run/run_commands.h"

#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/terminal.h"
#include "web/web.h"

#include <string.h>

/* ---- controls ---- */

static const Column control_columns[] = {
    {.path = "id", .header = "CONTROL"},
    {.path = "title"},
    {.path = "severity", .header = "SEVERITY", .colour = colour_of_severity},
    {.path = "enabled", .header = "ENABLED"},
    {.path = "thresholds_text", .header = "LIMITS"},
    {.path = "thresholds"},
    {.path = "profile"},
    {.path = "set_by"},
    {.path = "references.iso27001_2022", .header = "ISO 27001:2022"},
    {.path = "references.iso27001_2013", .header = "2013"},
    {.path = "references.nist_800_53"},
    {.path = "references.pci_dss_4"},
    {.path = "references.soc2"},
    {.path = "references.other"},
    {.path = "last_run.result", .header = "LAST RUN", .colour = colour_of_status},
    {.path = "last_run.open", .header = "OPEN", .is_right = true},
    {.path = "feedback.false_positives", .header = "FALSE", .is_right = true},
    {.path = "feedback.reasons"},
    {.path = "last_run.reason", .header = "WHY", .may_wrap = true},
    {0}};

/* {"days": 90} → "days 90", with who says so unless that is the only profile. */
static json_t *thresholds_text(json_t *thresholds, json_t *set_by, const char *profile)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *name;
    json_t *value;

    json_object_foreach(thresholds, name, value)
    {
        const char *who = json_string_value(json_object_get(set_by, name));

        g_string_append_printf(text, "%s%s %" JSON_INTEGER_FORMAT, text->len > 0 ? ", " : "", name,
                               json_integer_value(value));
        if (who != NULL && strcmp(who, profile) != 0)
            g_string_append_printf(text, " (%s)", who);
    }
    return json_string(text->str);
}

/* What people said the rule is wrong about. */
static json_t *feedback_of(json_t *feedback, const char *control)
{
    json_t *reasons = json_object_get(feedback, control);

    return json_pack("{s:I s:o}", "false_positives", (json_int_t)json_array_size(reasons),
                     "reasons", reasons != NULL ? json_incref(reasons) : json_array());
}

/* A control that the last run did not judge (switched off, or no run yet) has no result. */
static json_t *last_run_of(json_t *results, const char *id)
{
    json_t *result = json_object_get(results, id);

    return result != NULL ? json_incref(result)
                          : json_pack("{s:n s:i s:n}", "result", "open", 0, "reason");
}

static json_t *control_row(const Settings *settings, const Control *control, json_t *results,
                           json_t *feedback)
{
    g_autofree char *thresholds = control_thresholds_json(settings, control);
    g_autofree char *set_by = control_set_by_json(settings, control);
    g_autofree char *profile = profile_text(settings);
    json_t *limits = json_loads(thresholds, 0, NULL), *who = json_loads(set_by, 0, NULL);

    return json_pack("{s:s s:s s:s s:b s:o s:o s:s s:o s:o s:o s:o}", "id", control->id, "title",
                     control->title, "severity", severities[control_severity(settings, control)],
                     "enabled", control_is_enabled(settings, control), "thresholds_text",
                     thresholds_text(limits, who, profile), "thresholds", limits, "profile",
                     profile, "set_by", who, "references", fact_references(control->id), "last_run",
                     last_run_of(results, control->id), "feedback",
                     feedback_of(feedback, control->id));
}

json_t *controls_json(const Settings *settings, Ledger *ledger, GError **error)
{
    json_t *results = ledger != NULL ? ledger_control_results(ledger, error) : json_object();
    json_t *feedback = NULL, *rows = NULL;

    if (results != NULL)
        feedback = ledger != NULL ? ledger_feedback(ledger, error) : json_object();
    if (feedback != NULL) {
        rows = json_array();
        for (const Control *const *control = control_table; *control != NULL; control++)
            json_array_append_new(rows, control_row(settings, *control, results, feedback));
    }
    json_decref(results);
    json_decref(feedback);
    return rows;
}

ExitCode command_controls(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    json_t *rows = NULL;

    if (code != EXIT_DONE)
        return code;
    rows = controls_json(invocation->settings, ledger, &error);
    if (rows == NULL)
        return ledger_failed(error);
    code = list_rows(invocation, "controls", control_columns, rows);
    json_decref(rows);
    return code;
}

/* ---- list ---- */

static const Column connector_columns[] = {{.path = "kind", .header = "KIND"},
                                           {.path = "provides", .header = "PROVIDES"},
                                           {.path = "title", .header = "WHAT IT READS"},
                                           {0}};
static const Column setting_columns[] = {{.path = "key", .header = "KEY"},
                                         {.path = "type", .header = "TYPE"},
                                         {.path = "default", .header = "DEFAULT"},
                                         {.path = "required", .header = "REQUIRED"},
                                         {.path = "help", .header = "MEANING", .may_wrap = true},
                                         {0}};
static const Column format_columns[] = {{.path = "name", .header = "FORMAT"}, {0}};

static json_t *provided_kinds(unsigned provides)
{
    json_t *list = json_array();

    for (unsigned bit = PROVIDES_DIRECTORY; bit <= PROVIDES_ACCOUNTS; bit <<= 1) {
        if ((provides & bit) != 0)
            json_array_append_new(list, json_string(provides_name((Provides)bit)));
    }
    return list;
}

static void list_connectors(Writer *writer)
{
    for (const Connector *const *connector = connectors; *connector != NULL; connector++) {
        json_t *row =
            json_pack("{s:s s:o s:s}", "kind", (*connector)->kind, "provides",
                      provided_kinds((*connector)->provides), "title", (*connector)->title);

        writer_row(writer, row);
        json_decref(row);
    }
}

/* Severity and limits of a control have their default in the catalogue, not in the settings. */
static json_t *default_of(const char *key, const Setting *setting)
{
    g_auto(GStrv) parts = g_strsplit(key, ".", 3);
    bool is_of_control = g_strv_length(parts) == 3 && strcmp(parts[0], "controls") == 0;
    const Control *control = is_of_control ? control_find(parts[1]) : NULL;

    if (setting->initial != NULL || control == NULL)
        return fact_text(setting->initial);
    if (strcmp(setting->name, "severity") == 0)
        return json_string(severities[control->severity]);
    for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++) {
        if (strcmp(t->name, setting->name) == 0)
            return json_sprintf("%" G_GINT64_FORMAT, t->iso27001);
    }
    return json_null(); /* the same limit in the other unit */
}

static void visit_setting(const char *key, const Setting *setting, void *data)
{
    json_t *row = json_pack("{s:s s:s s:o s:b s:s}", "key", key, "type", setting_type_text(setting),
                            "default", default_of(key, setting), "required", setting->is_required,
                            "help", setting->help != NULL ? setting->help : "");

    writer_row(data, row);
    json_decref(row);
}

static void list_settings(Writer *writer)
{
    SettingsCatalogue catalogue = {.connectors = connectors, .controls = control_settings()};

    settings_describe(&catalogue, visit_setting, writer);
}

static void list_formats(Writer *writer)
{
    for (size_t i = 0; formats[i] != NULL; i++) {
        json_t *row = json_pack("{s:s}", "name", formats[i]);

        writer_row(writer, row);
        json_decref(row);
    }
}

static const Column route_columns[] = {{.path = "method", .header = "METHOD"},
                                       {.path = "path", .header = "PATH"},
                                       {.path = "all", .header = "SEE ALL"},
                                       {.path = "own", .header = "SEE THEIR OWN"},
                                       {.path = "audit", .header = "AUDITED AS"},
                                       {.path = "body_limit"},
                                       {.path = "is_slow"},
                                       {0}};

static void list_routes(Writer *writer)
{
    json_t *routes = web_routes(), *row;
    size_t i;

    json_array_foreach(routes, i, row)
    {
        writer_row(writer, row);
    }
    json_decref(routes);
}

typedef struct ListKind {
    const char *name;
    const Column *columns;
    void (*print)(Writer *writer);
} ListKind;

static const ListKind list_kinds[] = {{"connectors", connector_columns, list_connectors},
                                      {"settings", setting_columns, list_settings},
                                      {"formats", format_columns, list_formats},
                                      {"routes", route_columns, list_routes}};

ExitCode command_list(Invocation *invocation)
{
    const char *what = invocation->arguments[0];

    for (size_t i = 0; i < G_N_ELEMENTS(list_kinds); i++) {
        if (strcmp(list_kinds[i].name, what) == 0) {
            g_autoptr(Writer) writer = writer_new(invocation->format, "list", list_kinds[i].columns,
                                                  stdout, invocation->has_colour);

            list_kinds[i].print(writer);
            return list_end(writer);
        }
    }
    return usage_error(invocation, "list %s: allowed: connectors, settings, formats, routes", what);
}
