#include "run/facts.h"

#include "base/times.h"

#include <string.h>

json_t *fact_text(const char *text)
{
    return text != NULL && *text != '\0' ? json_string(text) : json_null();
}

json_t *fact_time(int64_t utc)
{
    g_autofree char *text = time_to_text(utc);

    return text != NULL ? json_string(text) : json_null();
}

json_t *fact_day(int32_t day)
{
    g_autofree char *text = day_to_text(day);

    return fact_text(text);
}

json_t *fact_flags(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } table[] = {{ENTRY_PASSWORD_NEVER_EXPIRES, "password never expires"},
                 {ENTRY_PASSWORD_NOT_REQUIRED, "password not required"},
                 {ENTRY_DELEGATION_UNCONSTRAINED, "unconstrained delegation"},
                 {ENTRY_PASSWORD_REVERSIBLE, "password stored reversibly"},
                 {ENTRY_PREAUTHENTICATION_OFF, "no preauthentication"},
                 {ENTRY_ADMIN_COUNT, "adminCount"}};
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if ((flags & table[i].flag) != 0)
            json_array_append_new(list, json_string(table[i].name));
    }
    return list;
}

static void add_ids(json_t *references, const char *name, const char *ids)
{
    if (ids == NULL)
        return;
    g_auto(GStrv) parts = g_strsplit(ids, " ", -1);
    json_t *list = json_array();

    for (char **part = parts; *part != NULL; part++)
        json_array_append_new(list, json_string(*part));
    json_object_set_new(references, name, list);
}

json_t *fact_references(const char *id)
{
    const Control *control = control_find(id);

    if (control == NULL)
        return NULL;
    json_t *references = json_object();

    add_ids(references, "iso27001_2022", control->references.iso_2022);
    add_ids(references, "iso27001_2013", control->references.iso_2013);
    add_ids(references, "nist_800_53", control->references.nist);
    add_ids(references, "pci_dss_4", control->references.pci);
    add_ids(references, "soc2", control->references.soc2);
    add_ids(references, "other", control->references.other);
    return references;
}

static json_t *json_counts(const SourceCounts *counts)
{
    return json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I}", "pulled",
                     counts->pulled, "kept", counts->kept, "rejected", counts->rejected, "excluded",
                     counts->excluded, "accounts", counts->accounts, "enabled", counts->enabled,
                     "groups", counts->groups, "memberships", counts->memberships, "computers",
                     counts->computers, "people", counts->people, "people_active",
                     counts->people_active, "assets", counts->assets, "approvals",
                     counts->approvals);
}

static json_t *json_texts(const GPtrArray *texts)
{
    json_t *list = json_array();

    for (guint i = 0; texts != NULL && i < texts->len; i++)
        json_array_append_new(list, json_string(texts->pdata[i]));
    return list;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* {"no-name": 3}: rules in alphabetical order, so that equal pulls give equal records. */
static json_t *json_exclusions(GHashTable *exclusions)
{
    json_t *object = json_object();

    if (exclusions == NULL)
        return object;
    guint n = 0;
    g_autofree char **rules = (char **)g_hash_table_get_keys_as_array(exclusions, &n);

    qsort(rules, n, sizeof *rules, compare_texts);
    for (guint i = 0; i < n; i++)
        json_object_set_new(
            object, rules[i],
            json_integer(GPOINTER_TO_INT(g_hash_table_lookup(exclusions, rules[i]))));
    return object;
}

json_t *fact_source(const SourceRecord *source)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(source->name));
    json_object_set_new(object, "kind", json_string(source->kind));
    json_object_set_new(object, "provides", json_string(provides_name(source->provides)));
    json_object_set_new(object, "status", json_string(source_status_text(source->status)));
    json_object_set_new(object, "reason", fact_text(source->reason));
    json_object_set_new(object, "started", fact_time(source->started_utc));
    json_object_set_new(object, "finished", fact_time(source->finished_utc));
    json_object_set_new(object, "newest", fact_time(source->newest_utc));
    json_object_set_new(object, "digest", fact_text(source->digest));
    json_object_set_new(object, "counts", json_counts(&source->counts));
    json_object_set_new(object, "rejections", json_texts(source->rejections));
    json_object_set_new(object, "exclusions", json_exclusions(source->exclusions));
    json_object_set_new(object, "notes", json_texts(source->notes));
    return object;
}

json_t *fact_held(const GArray *held, bool is_accepted)
{
    json_t *list = json_array();

    for (guint i = 0; i < held->len; i++) {
        const GuardTrip *trip = &g_array_index(held, GuardTrip, i);

        if (trip->is_accepted == is_accepted)
            json_array_append_new(list, json_pack("{s:s s:s s:I s:I s:I s:s}", "source",
                                                  trip->source, "dimension", trip->dimension,
                                                  "before", trip->before, "after", trip->after,
                                                  "limit", trip->limit, "accept", trip->accept));
    }
    return list;
}

/* Entries of one control and reason become one row: the whole control (subjects null) or how many
 * subjects. */
json_t *fact_not_evaluable(const FindingSet *set)
{
    json_t *list = json_array();
    g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < set->unjudged->len; i++) {
        const Unjudged *entry = &g_array_index(set->unjudged, Unjudged, i);
        const char *control = set->controls->pdata[entry->control];
        char *key = g_strdup_printf("%u %u %d", entry->control, entry->reason,
                                    entry->scope == UNJUDGED_SUBJECT);
        json_t *row = g_hash_table_lookup(rows, key);

        if (row == NULL) {
            row = json_pack("{s:s s:s s:n}", "control", control, "reason",
                            (const char *)set->reasons->pdata[entry->reason], "subjects");
            json_array_append_new(list, row);
            g_hash_table_insert(rows, key, row);
        } else {
            g_free(key);
        }
        if (entry->scope == UNJUDGED_SUBJECT) {
            json_int_t n = json_integer_value(json_object_get(row, "subjects"));

            json_object_set_new(row, "subjects", json_integer(n + 1));
        }
    }
    return list;
}

typedef char *(*ControlText)(const Settings *settings, const Control *control);

static json_t *of_all_controls(const Settings *settings, ControlText make)
{
    json_t *object = json_object();

    for (const Control *const *control = control_table; *control != NULL; control++) {
        g_autofree char *text = make(settings, *control);

        json_object_set_new(object, (*control)->id, json_loads(text, 0, NULL));
    }
    return object;
}

json_t *fact_thresholds(const Settings *settings)
{
    return of_all_controls(settings, control_thresholds_json);
}

json_t *fact_set_by(const Settings *settings)
{
    return of_all_controls(settings, control_set_by_json);
}

static json_t *json_party(const FindingParty *party)
{
    if (party->type == NULL)
        return json_null();
    json_t *object = json_pack("{s:s s:o s:o}", "type", party->type, "key", fact_text(party->key),
                               "name", fact_text(party->name));

    if (party->source != NULL)
        json_object_set_new(object, "source", json_string(party->source));
    if (party->dn != NULL)
        json_object_set_new(object, "dn", json_string(party->dn));
    return object;
}

void due_limits(const Settings *settings, int64_t *ret_seconds)
{
    static const char *const names[] = {"low_days", "medium_days", "high_days", "critical_days"};

    for (int i = 0; i < N_SEVERITIES; i++)
        ret_seconds[i] = settings_int(settings_group(settings->root, "due"), names[i]) * 86400;
}

/* The rule that accepts a finding, as the ledger shows a waiver; null when there is none. */
static json_t *json_rule(const FindingSet *set, const AcceptanceRule *rule)
{
    if (rule == NULL)
        return json_null();
    return json_pack("{s:s s:s s:s s:n s:n s:n s:n s:s s:o s:s}", "kind", "rule", "reason",
                     rule->reason, "author", rule->author, "approver", "approver_name", "requester",
                     "requester_name", "until", rule->last_day, "decided",
                     fact_time(set->as_of_utc), "state", "in force");
}

static const AcceptanceRule *accepting_rule(const FindingSet *set, const Finding *finding)
{
    ptrdiff_t index = finding - (const Finding *)(const void *)set->findings->data;
    uint16_t rule = set->accepted_by != NULL ? set->accepted_by[index] : 0;

    return rule != 0 ? &set->rules[rule - 1] : NULL;
}

json_t *fact_finding(const Reconciliation *r, const Finding *finding)
{
    int64_t due_seconds[N_SEVERITIES];
    FindingText text = {0};

    due_limits(r->settings, due_seconds);

    r->findings->describe(r->findings, finding, &text);
    g_autofree char *summary = finding_summary_at(text.summary, r->as_of_utc);
    g_autofree char *profile = profile_text(r->settings);
    const Control *control = control_find(text.control);
    g_autofree char *thresholds = control_thresholds_json(r->settings, control);
    g_autofree char *set_by = control_set_by_json(r->settings, control);
    const AcceptanceRule *rule = accepting_rule(r->findings, finding);
    json_t *object = json_pack(
        "{s:n s:s s:s s:s s:o s:o s:o s:s s:o s:s s:o s:{s:s s:o s:o s:s} s:o}", "id", "control",
        text.control, "severity", severities[text.severity], "status",
        rule != NULL ? "accepted" : "open", "subject", json_party(&text.subject), "object",
        json_party(&text.object), "person",
        text.person_id != NULL
            ? json_pack("{s:s s:o}", "id", text.person_id, "name", fact_text(text.person_name))
            : json_null(),
        "summary", summary, "evidence", json_loads(text.evidence, 0, NULL), "action", text.action,
        "references", fact_references(text.control), "rule", "profile", profile, "thresholds",
        json_loads(thresholds, 0, NULL), "set_by", json_loads(set_by, 0, NULL), "config",
        r->settings->digest, "first_seen", fact_time(r->as_of_utc));

    json_object_set_new(object, "last_seen", fact_time(r->as_of_utc));
    json_object_set_new(object, "due", fact_time(r->as_of_utc + due_seconds[finding->severity]));
    json_object_set_new(object, "owner", json_null());
    if (rule != NULL)
        json_object_set_new(object, "waiver", json_rule(r->findings, rule));
    json_object_set_new(object, "run", json_null());

    finding_text_clear(&text);
    return object;
}

json_t *fact_suppressions(const Suppressions *suppressions)
{
    json_t *list = json_array();
    size_t n = 0;
    const Suppression *all = suppressions != NULL ? suppressions_all(suppressions, &n) : NULL;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list,
            json_pack("{s:s s:I s:s s:s s:s s:s s:s}", "control", all[i].control, "exceptions",
                      (json_int_t)all[i].n_fitting, "until", all[i].rule.last_day, "state",
                      all[i].is_over ? "over" : "in force", "author", all[i].rule.author, "reason",
                      all[i].rule.reason, "place", all[i].rule.place));
    return list;
}

void fact_count_findings(const FindingSet *set, json_t *counts)
{
    g_autofree json_int_t *by_control = g_new0(json_int_t, set->controls->len + 1);
    json_int_t by_severity[N_SEVERITIES] = {0};
    json_t *controls = json_object(), *levels = json_object();

    for (guint i = 0; i < set->findings->len; i++) {
        const Finding *finding = &g_array_index(set->findings, Finding, i);

        if (set->accepted_by != NULL && set->accepted_by[i] != 0)
            continue;
        by_control[finding->control]++;
        by_severity[finding->severity]++;
    }
    for (guint i = 0; i < set->controls->len; i++) {
        if (by_control[i] > 0)
            json_object_set_new(controls, set->controls->pdata[i], json_integer(by_control[i]));
    }
    for (int i = N_SEVERITIES - 1; i >= 0; i--)
        json_object_set_new(levels, severities[i], json_integer(by_severity[i]));
    json_object_set_new(counts, "by_control", controls);
    json_object_set_new(counts, "by_severity", levels);
}

char *profile_text(const Settings *settings)
{
    return g_strjoinv(", ", (char **)(uintptr_t)settings->profiles);
}
