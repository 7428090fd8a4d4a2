#include "controls/governed.h"

#include "controls/catalogue.h"
#include "controls/judgement.h"
#include "model/lookup.h"
#include "model/sid.h"

#include <string.h>

/* Groups that text means; says so when several fit. place ends with ": ". */
static size_t find(Governed *governed, const Snapshot *snapshot, const char *place,
                   const char *text, GArray *found)
{
    guint before = found->len;
    size_t n = snapshot_find_groups(snapshot, text, found);
    if (n < 2)
        return n;
    GString *all = g_string_new(NULL);
    g_string_append_printf(all, "%s\"%s\" fits %zu groups, all of them are meant:", place, text, n);
    for (guint i = before; i < found->len; i++) {
        uint32_t group = g_array_index(found, uint32_t, i);
        TextRef dn = snapshot->groups.dn[group];
        g_string_append_printf(
            all, "%s %s", i > before ? ";" : "",
            snapshot_text(snapshot, dn != 0 ? dn : snapshot->groups.name[group]));
    }
    g_ptr_array_add(governed->ambiguous, g_string_free(all, FALSE));
    return n;
}

const char *governed_nothing_is_called(const Governed *governed)
{
    return governed->is_partial ? "no group of the directories that were read whole is called"
                                : "no group is called";
}

/* The same for a name of the configuration; says so when none fits, too. */
static size_t find_configured(Governed *governed, const Snapshot *snapshot, const char *place,
                              const char *text, GArray *found)
{
    size_t n = find(governed, snapshot, place, text, found);
    if (n == 0)
        g_ptr_array_add(
            governed->unresolved,
            g_strdup_printf("%s%s \"%s\"", place, governed_nothing_is_called(governed), text));
    return n;
}

static void mark(Bitset *set, const GArray *groups)
{
    for (guint i = 0; i < groups->len; i++)
        bitset_add(set, g_array_index(groups, uint32_t, i));
}

static void resolve_privileged(Governed *governed, const Snapshot *snapshot,
                               const Settings *settings)
{
    for (uint32_t group = 0; group < snapshot->groups.n; group++) {
        TextRef sid = snapshot->groups.sid[group];
        if (sid != 0 && sid_is_privileged(snapshot_text(snapshot, sid)))
            bitset_add(&governed->privileged, group);
    }
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (const char *const *text = settings_texts(settings->root, "privileged"); *text != NULL;
         text++) {
        if (find_configured(governed, snapshot, "privileged: ", *text, found) == 0)
            g_ptr_array_add(governed->unresolved_privileged, g_strdup(*text));
    }
    mark(&governed->privileged, found);
}

static void resolve_entitlements(Governed *governed, const Snapshot *snapshot,
                                 const Settings *settings)
{
    governed->n_entitlements = settings_n_groups(settings->root, "entitlements");
    governed->entitlements = g_new0(Entitlement, governed->n_entitlements + 1);
    for (size_t i = 0; i < governed->n_entitlements; i++) {
        Entitlement *entitlement = &governed->entitlements[i];
        const SettingsGroup *group = settings_group_at(settings->root, "entitlements", i);
        entitlement->settings = group;
        entitlement->group_text = settings_text(group, "group");
        entitlement->means = settings_text(group, "means");
        entitlement->risk = settings_text(group, "risk");
        entitlement->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_autofree char *place = g_strdup_printf("%s: entitlements.group: ", settings_place(group));
        find_configured(governed, snapshot, place, entitlement->group_text, entitlement->groups);
        mark(&governed->entitlement, entitlement->groups);
    }
}

static GArray *resolve_side(Governed *governed, const Snapshot *snapshot, SegregationRule *rule,
                            const SettingsGroup *group, const char *side)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autofree char *place =
        g_strdup_printf("%s: segregation.%s of %s: ", settings_place(group), side, rule->id);
    for (const char *const *text = settings_texts(group, side); *text != NULL; text++) {
        if (find_configured(governed, snapshot, place, *text, found) == 0)
            g_ptr_array_add(rule->unresolved, g_strdup(*text));
    }
    mark(&governed->segregation, found);
    return found;
}

static void resolve_segregation(Governed *governed, const Snapshot *snapshot,
                                const Settings *settings)
{
    governed->n_segregations = settings_n_groups(settings->root, "segregation");
    governed->segregations = g_new0(SegregationRule, governed->n_segregations + 1);
    for (size_t i = 0; i < governed->n_segregations; i++) {
        SegregationRule *rule = &governed->segregations[i];
        const SettingsGroup *group = settings_group_at(settings->root, "segregation", i);
        rule->id = settings_text(group, "id");
        rule->except = settings_texts(group, "except");
        rule->unresolved = g_ptr_array_new_with_free_func(g_free);
        rule->a = resolve_side(governed, snapshot, rule, group, "a");
        rule->b = resolve_side(governed, snapshot, rule, group, "b");
    }
}

static void resolve_classes(Governed *governed, const Snapshot *snapshot, const Settings *settings)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; i < settings_n_groups(settings->root, "account_classes"); i++) {
        const SettingsGroup *group = settings_group_at(settings->root, "account_classes", i);
        const char *member_of = settings_text(group, "member_of");
        g_autofree char *place =
            g_strdup_printf("%s: account_classes.member_of: ", settings_place(group));
        if (member_of != NULL && find_configured(governed, snapshot, place, member_of, found) == 0)
            g_ptr_array_add(governed->unresolved_classes,
                            g_strdup(governed->unresolved->pdata[governed->unresolved->len - 1]));
    }
}

static void resolve_group_limits(Governed *governed, const Snapshot *snapshot,
                                 const Settings *settings)
{
    const SettingsGroup *too_many =
        settings_group(settings_group(settings->root, "controls"), control_privileged_too_many.id);
    governed->n_group_limits = settings_n_groups(too_many, "groups");
    governed->group_limits = g_new0(GroupLimit, governed->n_group_limits + 1);
    for (size_t i = 0; i < governed->n_group_limits; i++) {
        GroupLimit *limit = &governed->group_limits[i];
        limit->settings = settings_group_at(too_many, "groups", i);
        limit->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_autofree char *place =
            g_strdup_printf("%s: privileged-too-many.groups: ", settings_place(limit->settings));
        find_configured(governed, snapshot, place, settings_text(limit->settings, "group"),
                        limit->groups);
    }
}

/* ---- names in the rows of tables: one sentence a source, however many rows are wrong ---- */

#define MOST_NAMES 20

typedef struct Missing {
    GString *names;
    GHashTable *seen;
} Missing;

static void miss(Missing *missing, const Snapshot *snapshot, TextRef name, TextRef row)
{
    if (missing->seen == NULL) {
        missing->seen = g_hash_table_new(g_str_hash, g_str_equal);
        missing->names = g_string_new(NULL);
    }
    if (g_hash_table_add(missing->seen, (gpointer)(uintptr_t)snapshot_text(snapshot, name)) &&
        g_hash_table_size(missing->seen) <= MOST_NAMES)
        g_string_append_printf(missing->names, "%s \"%s\" (%s)", missing->names->len > 0 ? "," : "",
                               snapshot_text(snapshot, name), snapshot_text(snapshot, row));
}

static void say_missing(Governed *governed, Missing *missing, const char *source,
                        const char *column)
{
    if (missing->seen == NULL)
        return;
    guint n = g_hash_table_size(missing->seen);
    if (n > MOST_NAMES)
        g_string_append_printf(missing->names, " and %u more", n - MOST_NAMES);
    g_ptr_array_add(governed->unresolved_rows,
                    g_strdup_printf("%s: %s: %s%s", source, column,
                                    governed_nothing_is_called(governed), missing->names->str));
    g_string_free(missing->names, TRUE);
    g_hash_table_unref(missing->seen);
}

/* What a retired or lost asset gave access to is no access any more. */
static void resolve_access(Governed *governed, const Snapshot *snapshot, uint32_t source)
{
    const Assets *assets = &snapshot->assets;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    Missing missing = {NULL, NULL};
    for (uint32_t asset = 0; asset < assets->n; asset++) {
        if (assets->source[asset] != source || assets->status[asset] == ASSET_STATUS_RETIRED ||
            assets->status[asset] == ASSET_STATUS_LOST)
            continue;
        if (assets->first_access_group[asset] == assets->first_access_group[asset + 1])
            continue;
        g_autofree char *place =
            g_strdup_printf("%s: asset %s: access_groups: ", snapshot->sources[source].name,
                            snapshot_text(snapshot, assets->id[asset]));
        for (uint32_t i = assets->first_access_group[asset];
             i < assets->first_access_group[asset + 1]; i++) {
            TextRef name = assets->access_groups[i];
            if (find(governed, snapshot, place, snapshot_text(snapshot, name), found) > 0)
                continue;
            miss(&missing, snapshot, name, assets->id[asset]);
            bitset_add(&governed->unknown_access, asset);
        }
    }
    say_missing(governed, &missing, snapshot->sources[source].name, "access_groups");
    mark(&governed->access, found);
}

/* Which right an approval carries is worked out elsewhere (approvals.c); here only what none does.
 */
static void find_lost_approvals(Governed *governed, const Snapshot *snapshot, uint32_t source)
{
    const Approvals *approvals = &snapshot->approvals;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    Missing missing = {NULL, NULL};
    for (uint32_t i = 0; i < approvals->n; i++) {
        g_array_set_size(found, 0);
        if (approvals->source[i] == source && approvals->group[i] != 0 &&
            snapshot_find_groups(snapshot, snapshot_text(snapshot, approvals->group[i]), found) ==
                0)
            miss(&missing, snapshot, approvals->group[i], approvals->id[i]);
    }
    say_missing(governed, &missing, snapshot->sources[source].name, "group");
}

/* ---- everybody ---- */

static int64_t count_accounts(const Groups *groups, uint32_t group)
{
    int64_t n = 0;
    for (uint32_t i = groups->first_member[group]; i < groups->first_member[group + 1]; i++)
        n += principal_kind(groups->members[i]) == PRINCIPAL_ACCOUNT;
    return n;
}

/* While nobody would tell of the group, its members are told as before. */
static void find_crowds(Governed *governed, const Snapshot *snapshot, const Settings *settings)
{
    if (!control_is_enabled(settings, &control_group_foreign_member))
        return;
    int64_t limit = control_limit(settings, &control_group_foreign_member, "members");
    const Groups *groups = &snapshot->groups;
    for (uint32_t group = 0; group < groups->n; group++) {
        if (sid_is_crowd(snapshot_text(snapshot, groups->sid[group])) &&
            count_accounts(groups, group) > limit)
            bitset_add(&governed->crowds, group);
    }
}

static void find_stops(Governed *governed, uint32_t n_groups)
{
    for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
        governed->stops[kind] = bitset_new(n_groups);
        for (uint32_t group = 0; group < n_groups; group++) {
            if (bitset_has(governed_kind(governed, (GovernedKind)kind), group) ||
                bitset_has(&governed->crowds, group))
                bitset_add(&governed->stops[kind], group);
        }
    }
}

static void find_privileged_accounts(Governed *governed, const Snapshot *snapshot,
                                     Effective *effective)
{
    for (uint32_t group = 0; group < snapshot->groups.n; group++) {
        if (!bitset_has(&governed->privileged, group))
            continue;
        size_t n = 0;
        /* What is below another privileged group is found from there. */
        const uint32_t *members = effective_members_nearest(
            effective, group, governed_stops(governed, GOVERNED_PRIVILEGED), &n);
        for (size_t i = 0; i < n; i++)
            bitset_add(&governed->privileged_accounts, members[i]);
        const uint32_t *seen = effective_groups_seen(effective, &n);
        for (size_t i = 0; i < n; i++)
            bitset_add(&governed->privileged_groups, seen[i]);
        bitset_add(&governed->privileged_groups, group);
    }
}

Governed *governed_new(const Snapshot *snapshot, Effective *effective, const Settings *settings)
{
    Governed *governed = g_new0(Governed, 1);
    uint32_t n_groups = snapshot->groups.n;
    Bitset *sets[] = {&governed->privileged,       &governed->entitlement, &governed->access,
                      &governed->segregation,      &governed->any,         &governed->crowds,
                      &governed->privileged_groups};
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++)
        *sets[i] = bitset_new(n_groups);
    governed->privileged_accounts = bitset_new(snapshot->accounts.n);
    governed->unknown_access = bitset_new(snapshot->assets.n);
    governed->unresolved = g_ptr_array_new_with_free_func(g_free);
    governed->unresolved_privileged = g_ptr_array_new_with_free_func(g_free);
    governed->unresolved_classes = g_ptr_array_new_with_free_func(g_free);
    governed->unresolved_rows = g_ptr_array_new_with_free_func(g_free);
    governed->ambiguous = g_ptr_array_new_with_free_func(g_free);
    governed->is_partial = sources_incomplete(snapshot, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS);

    resolve_privileged(governed, snapshot, settings);
    resolve_entitlements(governed, snapshot, settings);
    resolve_segregation(governed, snapshot, settings);
    resolve_classes(governed, snapshot, settings);
    resolve_group_limits(governed, snapshot, settings);
    for (uint32_t source = 0; source < snapshot->n_sources; source++) {
        resolve_access(governed, snapshot, source);
        find_lost_approvals(governed, snapshot, source);
    }
    for (uint32_t group = 0; group < n_groups; group++) {
        for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
            if (bitset_has(governed_kind(governed, (GovernedKind)kind), group))
                bitset_add(&governed->any, group);
        }
    }
    find_crowds(governed, snapshot, settings);
    find_stops(governed, n_groups);
    find_privileged_accounts(governed, snapshot, effective);
    return governed;
}

void governed_free(Governed *governed)
{
    if (governed == NULL)
        return;
    Bitset *sets[] = {&governed->privileged,
                      &governed->entitlement,
                      &governed->access,
                      &governed->segregation,
                      &governed->any,
                      &governed->crowds,
                      &governed->privileged_groups,
                      &governed->privileged_accounts,
                      &governed->unknown_access};
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++)
        bitset_clear(sets[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(governed->stops); i++)
        bitset_clear(&governed->stops[i]);
    for (size_t i = 0; i < governed->n_entitlements; i++)
        g_array_unref(governed->entitlements[i].groups);
    for (size_t i = 0; i < governed->n_segregations; i++) {
        g_array_unref(governed->segregations[i].a);
        g_array_unref(governed->segregations[i].b);
        g_ptr_array_unref(governed->segregations[i].unresolved);
    }
    for (size_t i = 0; i < governed->n_group_limits; i++)
        g_array_unref(governed->group_limits[i].groups);
    g_free(governed->group_limits);
    g_free(governed->entitlements);
    g_free(governed->segregations);
    g_ptr_array_unref(governed->unresolved);
    g_ptr_array_unref(governed->unresolved_privileged);
    g_ptr_array_unref(governed->unresolved_classes);
    g_ptr_array_unref(governed->unresolved_rows);
    g_ptr_array_unref(governed->ambiguous);
    g_free(governed);
}

const Bitset *governed_kind(const Governed *governed, GovernedKind kind)
{
    const Bitset *const kinds[] = {[GOVERNED_PRIVILEGED] = &governed->privileged,
                                   [GOVERNED_ENTITLEMENT] = &governed->entitlement,
                                   [GOVERNED_ACCESS] = &governed->access,
                                   [GOVERNED_SEGREGATION] = &governed->segregation};
    return kinds[kind];
}

const Bitset *governed_stops(const Governed *governed, GovernedKind kind)
{
    return &governed->stops[kind];
}

GArray *governed_entitlements_of(const Governed *governed, uint32_t group)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = 0; i < governed->n_entitlements; i++) {
        const GArray *groups = governed->entitlements[i].groups;
        for (guint g = 0; g < groups->len; g++) {
            if (g_array_index(groups, uint32_t, g) != group)
                continue;
            g_array_append_val(lines, i);
            break;
        }
    }
    return lines;
}

/* ---- lines of the configuration that fit nothing ---- */

void unjudged_privileged_names(ControlContext *context)
{
    const GPtrArray *names = context->governed->unresolved_privileged;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *reason =
            g_strdup_printf("privileged: %s \"%s\"", governed_nothing_is_called(context->governed),
                            (const char *)names->pdata[i]);
        control_unjudged(context, reason);
    }
}

void unjudged_entitlement_names(ControlContext *context)
{
    for (size_t i = 0; i < context->governed->n_entitlements; i++) {
        const Entitlement *entitlement = &context->governed->entitlements[i];
        if (entitlement->groups->len > 0)
            continue;
        g_autofree char *reason =
            g_strdup_printf("%s: entitlements: %s \"%s\"", settings_place(entitlement->settings),
                            governed_nothing_is_called(context->governed), entitlement->group_text);
        control_unjudged(context, reason);
    }
}

void unjudged_segregation_names(ControlContext *context)
{
    for (size_t i = 0; i < context->governed->n_segregations; i++) {
        const SegregationRule *rule = &context->governed->segregations[i];
        for (guint n = 0; n < rule->unresolved->len; n++) {
            g_autofree char *reason = g_strdup_printf("segregation rule %s: %s \"%s\"", rule->id,
                                                      governed_nothing_is_called(context->governed),
                                                      (const char *)rule->unresolved->pdata[n]);
            control_unjudged(context, reason);
        }
    }
}

void unjudged_governed_names(ControlContext *context)
{
    unjudged_privileged_names(context);
    unjudged_entitlement_names(context);
    unjudged_segregation_names(context);
}

/* Without the group nobody knows which accounts the line would have put into its class. */
void unjudged_class_names(ControlContext *context)
{
    const GPtrArray *lines = context->governed->unresolved_classes;
    for (guint i = 0; i < lines->len; i++)
        control_unjudged(context, lines->pdata[i]);
}
