/* admins.c: how many hold a privilege, and with which of their accounts. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

#include <string.h>

/* Below this many members a group is never too many, whatever their share. */
#define FEWEST_OF_SHARE 5

#define REASON_UNKNOWN_MEMBERS "it is not known of all members whether they can be used"
#define REASON_UNREAD_MEMBERS "a directory was not read whole; it may have more members there"
#define REASON_UNREAD_GROUPS                                                                       \
    "a directory was not read whole; its groups may hold accounts of others"

/* ---- privileged-too-many ---- */

static const Threshold too_many_thresholds[] = {
    {"percent",
     "A privileged group with a greater share of the usable accounts of its source (and at least "
     "5 members) has too many.",
     10, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"members", "A privileged group with more usable members than this has too many.", 50,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static const Setting group_limit_settings[] = {
    {.name = "group",
     .type = SETTING_TEXT,
     .is_required = true,
     .help = "Group with a limit of its own (name, DN or SID), privileged or not."},
    {.name = "members",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = INT32_MAX,
     .help = "More usable members than this are too many."},
    {.name = "percent",
     .type = SETTING_INT,
     .minimum = 1,
     .maximum = 100,
     .help = "A greater share of the usable accounts of its source is too many."},
    {.name = NULL},
};

static const Setting too_many_settings[] = {
    {.name = "groups",
     .type = SETTING_GROUP_LIST,
     .initial = "()",
     .children = group_limit_settings,
     .help = "Groups with limits of their own: only what a line names counts for its group."},
    {.name = NULL},
};

/* INT64_MAX: no limit of that kind. */
typedef struct TooMany {
    int64_t members, percent;
} TooMany;

static void tighten(int64_t *limit, const SettingsGroup *group, const char *name)
{
    if (settings_is_set(group, name))
        *limit = MIN(*limit, settings_int(group, name));
}

static bool names_group(const GArray *groups, uint32_t group)
{
    for (guint i = 0; i < groups->len; i++) {
        if (g_array_index(groups, uint32_t, i) == group)
            return true;
    }
    return false;
}

/* The group's own limits, of several lines the strictest; else those of all. false: it has no own
 * ones. */
static bool limits_of(const ControlContext *context, uint32_t group, TooMany *ret_limits)
{
    const Governed *governed = context->governed;
    TooMany own = {INT64_MAX, INT64_MAX};
    for (size_t i = 0; i < governed->n_group_limits; i++) {
        if (!names_group(governed->group_limits[i].groups, group))
            continue;
        tighten(&own.members, governed->group_limits[i].settings, "members");
        tighten(&own.percent, governed->group_limits[i].settings, "percent");
    }
    bool has_own = own.members != INT64_MAX || own.percent != INT64_MAX;
    *ret_limits =
        has_own
            ? own
            : (TooMany){control_limit(context->settings, &control_privileged_too_many, "members"),
                        control_limit(context->settings, &control_privileged_too_many, "percent")};
    return has_own;
}

static bool is_above(const TooMany *limits, int64_t members, int64_t accounts)
{
    return members > limits->members ||
           (limits->percent != INT64_MAX && members >= FEWEST_OF_SHARE &&
            members * 100 > limits->percent * accounts);
}

/* Of the members of a group, or of the accounts of a source. */
typedef struct Usable {
    int64_t certain, unknown;
} Usable;

static void count_usable(const ControlContext *context, uint32_t account, Usable *usable)
{
    State state = (State)context->judgement->usable[account];
    usable->certain += state == STATE_YES;
    usable->unknown += state == STATE_UNKNOWN;
}

static void judge_count(ControlContext *context, uint32_t group, const Usable *all)
{
    TooMany limits;
    Usable in_group = {0};
    size_t n = 0;
    const uint32_t *members = effective_members(context->effective, group, &n);
    limits_of(context, group, &limits);
    size_t n_foreign = 0;
    effective_foreigners_seen(context->effective, &n_foreign);
    if (n_foreign > 0 && sources_incomplete(context->snapshot, PROVIDES_DIRECTORY)) {
        control_unjudged_subject(context, SUBJECT_GROUP, group, REASON_UNREAD_MEMBERS);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (context->classes[members[i]] != CLASS_COMPUTER)
            count_usable(context, members[i], &in_group);
    }
    if (is_above(&limits, in_group.certain, all->certain + all->unknown)) {
        uint64_t facts = facts_mix((uint64_t)limits.members, (uint64_t)limits.percent);
        control_report(context, SUBJECT_GROUP, group, NONE, NONE, 0, all->certain,
                       (uint32_t)in_group.certain, facts_mix(facts, (uint64_t)in_group.certain));
        return;
    }
    if (is_above(&limits, in_group.certain + in_group.unknown, all->certain))
        control_unjudged_subject(context, SUBJECT_GROUP, group, REASON_UNKNOWN_MEMBERS);
}

static void unjudged_limit_names(ControlContext *context)
{
    const Governed *governed = context->governed;
    for (size_t i = 0; i < governed->n_group_limits; i++) {
        const GroupLimit *limit = &governed->group_limits[i];
        if (limit->groups->len > 0)
            continue;
        g_autofree char *reason = g_strdup_printf(
            "%s: privileged-too-many.groups: %s \"%s\"", settings_place(limit->settings),
            governed_nothing_is_called(governed), settings_text(limit->settings, "group"));
        control_unjudged(context, reason);
    }
}

static void evaluate_too_many(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    g_autofree Usable *all = g_new0(Usable, (size_t)snapshot->n_sources + 1);
    TooMany limits;
    unjudged_privileged_names(context);
    unjudged_limit_names(context);
    for (uint32_t account = 0; account < snapshot->accounts.n; account++)
        count_usable(context, account, &all[snapshot->accounts.source[account]]);
    for (uint32_t group = 0; group < snapshot->groups.n; group++) {
        if (bitset_has(&context->governed->privileged, group) ||
            (context->governed->n_group_limits > 0 && limits_of(context, group, &limits)))
            judge_count(context, group, &all[snapshot->groups.source[group]]);
    }
}

static void evidence_limit(json_t *evidence, const char *name, int64_t limit)
{
    json_object_set_new(evidence, name, limit != INT64_MAX ? json_integer(limit) : json_null());
}

static void describe_too_many(const ControlContext *context, const Finding *finding,
                              FindingText *text)
{
    uint32_t group = finding->subject;
    const char *name = group_shown(context, group);
    const char *source = context->snapshot->sources[context->snapshot->groups.source[group]].name;
    int64_t n = finding->extra, n_accounts = finding->detail;
    TooMany limits;
    bool has_own = limits_of(context, group, &limits);
    json_t *evidence = json_object();
    json_object_set_new(evidence, "usable_members", json_integer(n));
    json_object_set_new(evidence, "usable_accounts_of_source", json_integer(n_accounts));
    evidence_limit(evidence, "members_limit", limits.members);
    evidence_limit(evidence, "percent_limit", limits.percent);
    json_object_set_new(evidence, "limit_of_this_group", json_boolean(has_own));

    char *summary =
        n > limits.members
            ? sentence("%d accounts that can be used are in %s, directly or through other groups; "
                       "the limit is %d.",
                       n, name, limits.members)
            : sentence("%d of the %d usable accounts of %s are in %s, directly or through other "
                       "groups; the limit is %d %%.",
                       n, n_accounts, source, name, limits.percent);
    finding_text_take(text, summary, evidence,
                      sentence("Take out of %s who does not need it every day; rightful group "
                               "\"%s\" --effective lists them.",
                               name, name));
}

const Control control_privileged_too_many = {
    .id = "privileged-too-many",
    .title = "Privileged group has too many members",
    .severity = SEVERITY_MEDIUM,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_GROUP,
    .thresholds = too_many_thresholds,
    .settings = too_many_settings,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .nist = "AC-6(5)"},
    .walks = true,
    .evaluate = evaluate_too_many,
    .describe = describe_too_many,
};

/* ---- privileged-daily ---- */

static bool has_admin_class(const Settings *settings)
{
    for (size_t i = 0; i < settings_n_groups(settings->root, "account_classes"); i++) {
        const char *text =
            settings_text(settings_group_at(settings->root, "account_classes", i), "class");
        if (strcmp(text, account_classes[CLASS_ADMIN]) == 0)
            return true;
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Admin accounts that the person could use instead: into names (element-type utf8, not owned; may
 * be NULL). Returns a hash of them, whatever their order. */
static uint64_t admin_accounts_of(const ControlContext *context, uint32_t person, GPtrArray *names)
{
    const Links *links = context->links;
    uint64_t hash = 0;
    for (uint32_t i = person != NONE ? links->first_account[person] : 0;
         person != NONE && i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        if (context->classes[account] != CLASS_ADMIN ||
            context->judgement->usable[account] == STATE_NO)
            continue;
        hash += facts_text(context, 0, context->snapshot->accounts.name[account]);
        if (names != NULL)
            g_ptr_array_add(names, (gpointer)(uintptr_t)account_shown(context, account));
    }
    return hash;
}

static void evaluate_daily(ControlContext *context)
{
    const Judgement *judgement = context->judgement;
    unjudged_privileged_names(context);
    if (!has_admin_class(context->settings)) {
        control_unjudged(context, "account_classes makes no account one of class admin");
        return;
    }
    if (sources_incomplete(context->snapshot, PROVIDES_DIRECTORY)) {
        control_unjudged(context, REASON_UNREAD_GROUPS);
        return;
    }
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (!account_is_of(context, account, CLASS_BIT(CLASS_PERSON)) ||
            judgement->usable[account] == STATE_NO ||
            judgement->first_right[account] == judgement->first_right[account + 1])
            continue;
        uint32_t person = person_of(context, account);
        uint64_t facts =
            facts_mix(account_facts(context, account), admin_accounts_of(context, person, NULL));
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0, 0, 0, facts);
    }
}

/* "Domain Admins and 2 more". */
static void append_rights(GString *summary, const json_t *ways)
{
    const json_t *first = json_array_get(ways, 0);
    sentence_append(summary, "%s",
                    json_string_value(json_array_get(first, json_array_size(first) - 1)));
    if (json_array_size(ways) > 1)
        sentence_append(summary, " and %d more", (int64_t)json_array_size(ways) - 1);
}

static void describe_daily(const ControlContext *context, const Finding *finding, FindingText *text)
{
    uint32_t account = finding->subject;
    const char *name = account_shown(context, account);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    admin_accounts_of(context, finding->person, names);
    g_ptr_array_sort(names, compare_names);
    json_t *evidence = json_object(), *list = json_array();
    evidence_account(context, evidence, account);
    evidence_privileged(context, evidence, account);
    for (guint i = 0; i < names->len; i++)
        json_array_append_new(list, json_string(names->pdata[i]));
    json_object_set_new(evidence, "admin_accounts", list);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    sentence_append(summary, "%s is an everyday account and holds ", name);
    append_rights(summary, json_object_get(evidence, "privileged_through"));
    if (names->len > 0) {
        sentence_append(summary, ", although %s has the admin account %s.",
                        person_shown(context, finding->person), names->pdata[0]);
        sentence_append(action, "Give what is needed to %s, and take it from %s.", names->pdata[0],
                        name);
    } else {
        g_string_append(summary, "; privileges belong on an admin account.");
        sentence_append(action, "Give the person an admin account, and take the right from %s.",
                        name);
    }
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_privileged_daily = {
    .id = "privileged-daily",
    .title = "Privileged right on an everyday account",
    .severity = SEVERITY_MEDIUM,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .nist = "AC-6(2)"},
    .evaluate = evaluate_daily,
    .describe = describe_daily,
};
