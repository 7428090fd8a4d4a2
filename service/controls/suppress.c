#include "controls/suppress.h"

#include "base/times.h"
#include "controls/judgement.h"
#include "controls/parties.h"

#include <string.h>

#define SOON_DAYS 14

/* What a rule may ask of a finding; names of the settings. */
typedef enum Field {
    FIELD_ACCOUNT,
    FIELD_GROUP,
    FIELD_PERSON,
    FIELD_SOURCE,
    FIELD_ASSET,
    FIELD_COMPUTER,
    N_FIELDS
} Field;
static const char *const fields[N_FIELDS] = {"account", "group", "person",
                                             "source",  "asset", "computer"};

struct Suppressions {
    Suppression *all;
    AcceptanceRule *rules; /* as FindingSet has them */
    GPatternSpec *(*patterns)[N_FIELDS];
    size_t n;
    guint n_applied; /* findings */
};

/* ---- what a finding is called ---- */

#define MAX_NAMES 2 /* an id and a name */

typedef struct Names {
    const ControlContext *context;
    const Finding *finding;
    char *names[N_FIELDS][MAX_NAMES]; /* case folded; NULL: there is none */
    bool is_known[N_FIELDS];
} Names;

static void names_clear(Names *names)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        for (size_t j = 0; j < MAX_NAMES; j++)
            g_free(names->names[i][j]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, names_clear)

/* NULL: there is none. */
static void set_names(Names *names, Field field, const char *first, const char *second)
{
    names->names[field][0] = first != NULL ? g_utf8_casefold(first, -1) : NULL;
    names->names[field][1] = second != NULL ? g_utf8_casefold(second, -1) : NULL;
}

/* Subject type of the thing, and of a right of its holder. */
static SubjectType thing_type(const ControlContext *context, const Finding *finding)
{
    if (finding->subject_type != SUBJECT_RIGHT)
        return (SubjectType)finding->subject_type;
    bool is_group = finding_exception(context, finding) == NULL &&
                    principal_kind(finding->subject) == PRINCIPAL_GROUP;
    return is_group ? SUBJECT_GROUP : SUBJECT_ACCOUNT;
}

static uint32_t finding_person(const Finding *finding)
{
    return finding->subject_type == SUBJECT_PERSON ? finding->subject : finding->person;
}

static void learn_person(Names *names)
{
    const Snapshot *s = names->context->snapshot;
    const StandingException *exception = finding_exception(names->context, names->finding);
    uint32_t person = exception == NULL ? finding_person(names->finding) : NONE;

    if (exception != NULL && exception->person_id != NULL)
        set_names(names, FIELD_PERSON, exception->person_id, exception->person_name);
    else if (person != NONE)
        set_names(names, FIELD_PERSON, snapshot_text(s, s->people.id[person]),
                  snapshot_text(s, s->people.name[person]));
}

/* The group that the finding is about: of a right its object. */
static void learn_group(Names *names, const Party *subject, SubjectType type)
{
    SubjectType object_type;
    Party object = finding_object(names->context, names->finding, &object_type);

    if (object_type == SUBJECT_GROUP)
        set_names(names, FIELD_GROUP, object.name, object.dn);
    else if (type == SUBJECT_GROUP)
        set_names(names, FIELD_GROUP, subject->name, subject->dn);
}

static void learn(Names *names, Field field)
{
    static const SubjectType types[N_FIELDS] = {
        [FIELD_ACCOUNT] = SUBJECT_ACCOUNT, [FIELD_GROUP] = SUBJECT_NONE,
        [FIELD_PERSON] = SUBJECT_NONE,     [FIELD_SOURCE] = SUBJECT_NONE,
        [FIELD_ASSET] = SUBJECT_ASSET,     [FIELD_COMPUTER] = SUBJECT_COMPUTER};
    Party subject = finding_subject(names->context, names->finding);
    SubjectType type = thing_type(names->context, names->finding);

    names->is_known[field] = true;
    if (field == FIELD_PERSON)
        learn_person(names);
    else if (field == FIELD_GROUP)
        learn_group(names, &subject, type);
    else if (field == FIELD_SOURCE)
        set_names(names, field, subject.source, NULL);
    else if (type == types[field])
        set_names(names, field, subject.name, type == SUBJECT_ASSET ? subject.key : NULL);
}

static bool field_fits(Names *names, Field field, GPatternSpec *pattern)
{
    if (!names->is_known[field])
        learn(names, field);
    for (size_t i = 0; i < MAX_NAMES; i++) {
        const char *name = names->names[field][i];
        if (name != NULL && *name != '\0' && g_pattern_spec_match_string(pattern, name))
            return true;
    }
    return false;
}

static bool rule_fits(Names *names, GPatternSpec *const *patterns)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (patterns[i] != NULL && !field_fits(names, (Field)i, patterns[i]))
            return false;
    }
    return true;
}

/* The exception's person, or one of its holders. */
static bool is_of_exception(const ControlContext *context, const StandingException *exception,
                            uint32_t person)
{
    const char *id = snapshot_text(context->snapshot, context->snapshot->people.id[person]);
    g_autofree char *quoted = g_strdup_printf("\"%s\"", id);
    return g_strcmp0(exception->person_id, id) == 0 ||
           (exception->holders != NULL && strstr(exception->holders, quoted) != NULL);
}

/* Nobody accepts by rule what is their own. */
static bool is_about(const ControlContext *context, const Finding *finding, uint32_t person)
{
    const StandingException *exception = finding_exception(context, finding);
    uint32_t account = finding_account(context, finding);
    if (person == NONE)
        return false;
    if (exception != NULL)
        return is_of_exception(context, exception, person);
    if (person_speaking(context->snapshot, finding_person(finding)) == person)
        return true;
    if (account == NONE)
        return false;
    const GArray *several =
        g_hash_table_lookup(context->links->candidates, GUINT_TO_POINTER(account));
    for (guint i = 0; several != NULL && i < several->len; i++) {
        if (g_array_index(several, uint32_t, i) == person)
            return true;
    }
    return context->links->person[account] == person;
}

/* ---- the rules ---- */

static int64_t end_of(const Settings *settings, const SettingsGroup *group)
{
    int32_t day = DAY_NONE; /* the settings were checked */
    day_parse(text_of(settings_text(group, "until")), NULL, &day);
    return day_ends_utc(day, settings->timezone);
}

static uint32_t author_of(const ControlContext *context, const char *text)
{
    Owner author = links_find_owner(context->links, text);
    return author.kind == OWNER_PERSON ? person_speaking(context->snapshot, owner_person(&author))
                                       : NONE;
}

static Suppression read_rule(const ControlContext *context, const SettingsGroup *group)
{
    int64_t end = end_of(context->settings, group);
    return (Suppression){.rule = {.reason = settings_text(group, "reason"),
                                  .author = settings_text(group, "author"),
                                  .last_day = settings_text(group, "until"),
                                  .place = settings_place(group),
                                  .ends_utc = end},
                         .control = settings_text(group, "control"),
                         .is_over = end <= context->as_of_utc,
                         .author = author_of(context, settings_text(group, "author"))};
}

static Suppressions *suppressions_read(const ControlContext *context)
{
    size_t n = settings_n_groups(context->settings->root, "suppressions");
    Suppressions *suppressions = g_new0(Suppressions, 1);

    suppressions->n = n;
    suppressions->all = g_new0(Suppression, n + 1);
    suppressions->rules = g_new0(AcceptanceRule, n + 1);
    suppressions->patterns = g_malloc0_n(n + 1, sizeof *suppressions->patterns);
    for (size_t i = 0; i < n; i++) {
        const SettingsGroup *group = settings_group_at(context->settings->root, "suppressions", i);
        suppressions->all[i] = read_rule(context, group);
        suppressions->rules[i] = suppressions->all[i].rule;
        for (size_t field = 0; field < N_FIELDS; field++) {
            const char *glob = settings_text(group, fields[field]);
            g_autofree char *folded = glob != NULL ? g_utf8_casefold(glob, -1) : NULL;
            if (folded != NULL)
                suppressions->patterns[i][field] = g_pattern_spec_new(folded);
        }
    }
    return suppressions;
}

void suppressions_free(Suppressions *suppressions)
{
    if (suppressions == NULL)
        return;
    for (size_t i = 0; i < suppressions->n; i++) {
        for (size_t field = 0; field < N_FIELDS; field++)
            g_clear_pointer(&suppressions->patterns[i][field], g_pattern_spec_free);
    }
    g_free(suppressions->patterns);
    g_free(suppressions->rules);
    g_free(suppressions->all);
    g_free(suppressions);
}

const Suppression *suppressions_all(const Suppressions *suppressions, size_t *ret_n)
{
    *ret_n = suppressions->n;
    return suppressions->all;
}

/* ---- applying ---- */

/* Index plus one of the first rule in force that accepts the finding, 0 = none; *ret_over: the
 * same of the first that fits and is over. */
static uint16_t judge(Suppressions *suppressions, Names *names, const char *control,
                      uint16_t *ret_over)
{
    *ret_over = 0;
    for (size_t i = 0; i < suppressions->n; i++) {
        Suppression *rule = &suppressions->all[i];
        if (strcmp(rule->control, control) != 0 || !rule_fits(names, suppressions->patterns[i]))
            continue;
        if (is_about(names->context, names->finding, rule->author))
            rule->n_own++;
        else if (!rule->is_over)
            return (uint16_t)(i + 1);
        else if (*ret_over == 0)
            *ret_over = (uint16_t)(i + 1);
    }
    return 0;
}

static bool *controls_with_rules(const Suppressions *suppressions, const FindingSet *set)
{
    bool *has_rule = g_new0(bool, set->controls->len + 1);
    for (guint i = 0; i < set->controls->len; i++) {
        for (size_t j = 0; j < suppressions->n && !has_rule[i]; j++)
            has_rule[i] = strcmp(suppressions->all[j].control, set->controls->pdata[i]) == 0;
    }
    return has_rule;
}

Suppressions *suppressions_new(const ControlContext *context)
{
    return settings_n_groups(context->settings->root, "suppressions") > 0
               ? suppressions_read(context)
               : NULL;
}

void suppressions_apply(Suppressions *suppressions, const ControlContext *context, FindingSet *set)
{
    if (suppressions == NULL)
        return;
    g_autofree bool *has_rule = controls_with_rules(suppressions, set);

    set->accepted_by = g_renew(uint16_t, set->accepted_by, (size_t)set->findings->len + 1);
    set->rules = suppressions->rules;
    for (; suppressions->n_applied < set->findings->len; suppressions->n_applied++) {
        guint i = suppressions->n_applied;
        const Finding *finding = &g_array_index(set->findings, Finding, i);
        uint16_t over = 0;
        g_auto(Names) names = {.context = context, .finding = finding};
        set->accepted_by[i] =
            has_rule[finding->control]
                ? judge(suppressions, &names, set->controls->pdata[finding->control], &over)
                : 0;
        uint16_t rule = set->accepted_by[i] != 0 ? set->accepted_by[i] : over;
        if (rule != 0)
            suppressions->all[rule - 1].n_fitting++;
    }
}

/* ---- what somebody should do about them ---- */

static void G_GNUC_PRINTF(3, 4)
    warn(GPtrArray *warnings, const Suppression *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(warnings, g_strdup_printf("%s: suppression of %s %s", rule->rule.place,
                                              rule->control, text));
}

static void warn_of_end(const ControlContext *context, const Suppression *rule, bool is_judged,
                        GPtrArray *warnings)
{
    int64_t left = rule->rule.ends_utc - context->as_of_utc;
    g_autoptr(GString) open = g_string_new(NULL);

    if (is_judged && rule->is_over && rule->n_fitting > 0)
        g_string_append_printf(open, ": %u exception%s that it fits %s open", rule->n_fitting,
                               rule->n_fitting == 1 ? "" : "s",
                               rule->n_fitting == 1 ? "is" : "are");
    if (rule->is_over)
        warn(warnings, rule, "ended with %s%s; renew it, or take it out", rule->rule.last_day,
             open->str);
    else if (left <= SOON_DAYS * INT64_C(86400))
        warn(warnings, rule,
             "ends with %s: what it accepts is open again after that, unless it is renewed",
             rule->rule.last_day);
}

static void warn_of_author(const ControlContext *context, const Suppression *rule,
                           GPtrArray *warnings)
{
    if (!snapshot_has(context->snapshot, PROVIDES_PEOPLE) ||
        !snapshot_is_complete(context->snapshot, PROVIDES_PEOPLE))
        return; /* nobody can say */
    if (rule->author == NONE)
        warn(warnings, rule, "names an author, \"%s\", who is nobody of the rosters",
             rule->rule.author);
    else if (person_left_at(context->snapshot, rule->author, context->as_of_utc) != TIME_NEVER)
        warn(warnings, rule, "has an author, %s, who has left: somebody else must answer for it",
             rule->rule.author);
}

/* ---- what a condition could ever fit ---- */

typedef struct NameColumns {
    uint32_t n;
    const TextRef *columns[MAX_NAMES]; /* NULL: there is one only */
} NameColumns;

static NameColumns columns_of(const Snapshot *s, Field field)
{
    switch (field) {
    case FIELD_ACCOUNT:
        return (NameColumns){s->accounts.n, {s->accounts.name, NULL}};
    case FIELD_GROUP:
        return (NameColumns){s->groups.n, {s->groups.name, s->groups.dn}};
    case FIELD_PERSON:
        return (NameColumns){s->people.n, {s->people.id, s->people.name}};
    case FIELD_ASSET:
        return (NameColumns){s->assets.n, {s->assets.id, s->assets.name}};
    case FIELD_COMPUTER:
        return (NameColumns){s->computers.n, {s->computers.name, NULL}};
    case FIELD_SOURCE:
    case N_FIELDS:
        break;
    }
    return (NameColumns){0};
}

static bool pattern_fits(GPatternSpec *pattern, const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    return *folded != '\0' && g_pattern_spec_match_string(pattern, folded);
}

static bool fits_anything(const Snapshot *snapshot, Field field, GPatternSpec *pattern)
{
    NameColumns names = columns_of(snapshot, field);

    for (uint32_t i = 0; field == FIELD_SOURCE && i < snapshot->n_sources; i++) {
        if (pattern_fits(pattern, snapshot->sources[i].name))
            return true;
    }
    for (uint32_t i = 0; i < names.n; i++) {
        for (size_t j = 0; j < MAX_NAMES && names.columns[j] != NULL; j++) {
            if (pattern_fits(pattern, snapshot_text(snapshot, names.columns[j][i])))
                return true;
        }
    }
    return false;
}

/* Conditions that name nothing that is there. */
static void warn_of_names(const ControlContext *context, const Suppressions *suppressions,
                          size_t index, GPtrArray *warnings)
{
    const SettingsGroup *group = settings_group_at(context->settings->root, "suppressions", index);

    for (size_t field = 0; field < N_FIELDS; field++) {
        GPatternSpec *pattern = suppressions->patterns[index][field];
        if (pattern != NULL && !fits_anything(context->snapshot, (Field)field, pattern))
            warn(warnings, &suppressions->all[index], "fits nothing: there is no %s \"%s\"",
                 fields[field], settings_text(group, fields[field]));
    }
}

static bool is_whole(const Snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if (snapshot->sources[i].status != SOURCE_COMPLETE)
            return false;
    }
    return true;
}

GPtrArray *suppressions_warnings(const ControlContext *context, const Suppressions *found)
{
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Suppressions) read = found == NULL ? suppressions_read(context) : NULL;
    const Suppressions *suppressions = found != NULL ? found : read;

    for (size_t i = 0; i < suppressions->n; i++) {
        const Suppression *rule = &suppressions->all[i];
        warn_of_end(context, rule, found != NULL, warnings);
        warn_of_author(context, rule, warnings);
        if (rule->n_own > 0)
            warn(warnings, rule, "fits %u that are about its author; those stay open", rule->n_own);
        if (found == NULL && is_whole(context->snapshot))
            warn_of_names(context, suppressions, i, warnings);
        if (found != NULL && rule->n_fitting == 0 && rule->n_own == 0 && !rule->is_over &&
            is_whole(context->snapshot))
            warn(warnings, rule, "fits nothing that is found");
    }
    return warnings;
}
