/* groups.c: governed groups that nobody answers for or that list what is not there, and groups that
 * contain each other. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

#include <string.h>

#define MOST_LISTED 200 /* in the evidence of one exception; how many there are is said as well */
#define MOST_NAMED 3    /* in a sentence */

static const char *dn_or_name(const ControlContext *context, uint32_t group)
{
    TextRef dn = context->snapshot->groups.dn[group];
    return dn != 0 ? snapshot_text(context->snapshot, dn) : group_shown(context, group);
}

/* ---- group-without-owner ---- */

static void evaluate_without_owner(ControlContext *context)
{
    const Groups *groups = &context->snapshot->groups;
    unjudged_governed_names(context);
    for (uint32_t group = 0; group < groups->n; group++) {
        if (!bitset_has(&context->governed->any, group))
            continue;
        const Owner *owner = &context->links->group_owner[group];
        OwnerVerdict verdict = owner_judge(context, owner, groups->owner_text[group], false);
        if (owner_is_untold(owner, &verdict)) {
            control_unjudged_subject(context, SUBJECT_GROUP, group, verdict.reason);
            continue;
        }
        if (owner->kind != OWNER_NONE)
            continue;
        uint64_t facts = facts_text(context, 0, groups->owner_text[group]);
        facts = facts_text(context, facts, groups->description[group]);
        for (int kind = 0; kind < N_GOVERNED_KINDS; kind++)
            facts = facts_mix(
                facts, bitset_has(governed_kind(context->governed, (GovernedKind)kind), group));
        control_report(context, SUBJECT_GROUP, group, NONE, NONE, 0, 0, 0, facts);
    }
}

static json_t *kinds_of(const ControlContext *context, uint32_t group)
{
    static const char *const names[] = {[GOVERNED_PRIVILEGED] = "privileged",
                                        [GOVERNED_ENTITLEMENT] = "entitlement",
                                        [GOVERNED_ACCESS] = "access group of an asset",
                                        [GOVERNED_SEGREGATION] = "segregation rule"};
    json_t *list = json_array();
    for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
        if (bitset_has(governed_kind(context->governed, (GovernedKind)kind), group))
            json_array_append_new(list, json_string(names[kind]));
    }
    return list;
}

static void describe_without_owner(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    const Groups *groups = &context->snapshot->groups;
    uint32_t group = finding->subject;
    TextRef owner = groups->owner_text[group];
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "owner", owner);
    evidence_ref(context, evidence, "description", groups->description[group]);
    json_object_set_new(evidence, "governed", kinds_of(context, group));

    const char *name = group_shown(context, group);
    char *summary =
        owner == 0
            ? sentence("The group %s is governed and has no owner.", name)
            : sentence("The group %s is governed and has no owner: \"%s\" is nobody we know.", name,
                       snapshot_text(context->snapshot, owner));
    finding_text_take(text, summary, evidence,
                      sentence("Name an owner on %s.", dn_or_name(context, group)));
}

const Control control_group_without_owner = {
    .id = "group-without-owner",
    .title = "Governed group has no owner",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_GROUP,
    .references = {.iso_2013 = "A.8.1.2", .iso_2022 = "5.9"},
    .evaluate = evaluate_without_owner,
    .describe = describe_without_owner,
};

/* ---- group-loop ---- */

/* As the exception shows it. */
static const char *key_shown(const Snapshot *snapshot, uint32_t group)
{
    const Groups *groups = &snapshot->groups;
    TextRef dn = groups->dn[group];
    return snapshot_text(snapshot, groups->key[group] != 0 ? groups->key[group]
                                   : dn != 0               ? dn
                                                           : groups->name[group]);
}

static int compare_keys(const void *a, const void *b, void *data)
{
    const Snapshot *snapshot = data;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(key_shown(snapshot, x), key_shown(snapshot, y));
    if (order == 0)
        order = strcmp(snapshot->sources[snapshot->groups.source[x]].name,
                       snapshot->sources[snapshot->groups.source[y]].name);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Groups of the component by key. (element-type guint32) */
static GArray *loop_of(const ControlContext *context, uint32_t component)
{
    size_t n = 0;
    const uint32_t *members = graph_component_groups(context->graph, component, &n);
    GArray *loop = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t), (guint)n);
    g_array_append_vals(loop, members, (guint)n);
    g_array_sort_with_data(loop, compare_keys, (gpointer)(uintptr_t)context->snapshot);
    return loop;
}

/* The shortest way round through the group, from the outside in: each contains the next, and the
 * last contains the first. Among equally short ones that of the smallest keys. */
static GArray *way_round(const Graph *graph, uint32_t first)
{
    g_autoptr(GHashTable) outer_of = g_hash_table_new(NULL, NULL); /* group + 1 → outer + 1 */
    g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GArray *way = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_array_append_val(queue, first);
    for (guint at = 0; at < queue->len; at++) {
        uint32_t outer = g_array_index(queue, uint32_t, at);
        size_t n = 0;
        const uint32_t *inner = graph_subgroups(graph, outer, &n);
        for (size_t i = 0; i < n; i++) {
            if (inner[i] == first) {
                for (uint32_t g = outer; g != first;
                     g = GPOINTER_TO_UINT(g_hash_table_lookup(outer_of, GUINT_TO_POINTER(g + 1))) -
                         1)
                    g_array_prepend_val(way, g);
                g_array_prepend_val(way, first);
                return way;
            }
            if (graph_component(graph, inner[i]) != graph_component(graph, first) ||
                g_hash_table_contains(outer_of, GUINT_TO_POINTER(inner[i] + 1)))
                continue;
            g_hash_table_insert(outer_of, GUINT_TO_POINTER(inner[i] + 1),
                                GUINT_TO_POINTER(outer + 1));
            g_array_append_val(queue, inner[i]);
        }
    }
    return way;
}

static uint64_t groups_facts(const ControlContext *context, const GArray *groups, uint64_t facts)
{
    const Groups *columns = &context->snapshot->groups;
    for (guint i = 0; i < groups->len; i++) {
        uint32_t group = g_array_index(groups, uint32_t, i);
        facts = facts_mix(facts, g_str_hash(key_shown(context->snapshot, group)));
        facts = facts_text(context, facts, columns->name[group]);
        facts = facts_text(context, facts, columns->dn[group]);
    }
    return facts;
}

static void evaluate_loop(ControlContext *context)
{
    for (uint32_t component = 0; component < graph_n_components(context->graph); component++) {
        size_t n = 0;
        graph_component_groups(context->graph, component, &n);
        if (n < 2)
            continue;
        g_autoptr(GArray) loop = loop_of(context, component);
        uint32_t first = g_array_index(loop, uint32_t, 0);
        g_autoptr(GArray) way = way_round(context->graph, first);
        control_report(context, SUBJECT_GROUP, first, NONE, NONE, 0, (int64_t)n, 0,
                       groups_facts(context, way, groups_facts(context, loop, 0)));
    }
}

/* "a, b and c" or "a, b, c and 9 more". */
static void append_names(const ControlContext *context, GString *summary, const GArray *groups)
{
    guint n_named = groups->len > MOST_NAMED + 1 ? MOST_NAMED : groups->len;
    for (guint i = 0; i < n_named; i++) {
        bool is_last = i + 1 == groups->len;
        sentence_append(summary, "%s%s",
                        i == 0    ? ""
                        : is_last ? " and "
                                  : ", ",
                        group_shown(context, g_array_index(groups, uint32_t, i)));
    }
    if (n_named < groups->len)
        sentence_append(summary, " and %d more", (int64_t)(groups->len - n_named));
}

static json_t *names_of(const ControlContext *context, const GArray *groups)
{
    json_t *list = json_array();
    for (guint i = 0; i < groups->len && i < MOST_LISTED; i++)
        json_array_append_new(
            list, json_string(group_shown(context, g_array_index(groups, uint32_t, i))));
    return list;
}

static void describe_loop(const ControlContext *context, const Finding *finding, FindingText *text)
{
    g_autoptr(GArray) loop = loop_of(context, graph_component(context->graph, finding->subject));
    g_autoptr(GArray) way = way_round(context->graph, finding->subject);
    json_t *evidence = json_object(), *list = json_array();
    for (guint i = 0; i < loop->len && i < MOST_LISTED; i++) {
        uint32_t group = g_array_index(loop, uint32_t, i);
        json_t *row = json_object();
        evidence_ref(context, row, "name", context->snapshot->groups.name[group]);
        evidence_ref(context, row, "dn", context->snapshot->groups.dn[group]);
        evidence_text(row, "key", key_shown(context->snapshot, group));
        json_array_append_new(list, row);
    }
    json_object_set_new(evidence, "groups", list);
    json_object_set_new(evidence, "n_groups", json_integer(loop->len));
    json_object_set_new(evidence, "each_contains_the_next", names_of(context, way));

    GString *summary = g_string_new(NULL);
    append_names(context, summary, loop);
    g_string_append(summary, " contain each other: whoever is in one of them is in all.");
    uint32_t outer = g_array_index(way, uint32_t, 0), inner = g_array_index(way, uint32_t, 1);
    finding_text_take(
        text, g_string_free(summary, FALSE), evidence,
        sentence("Decide which of them is the outer one. If that is %s, remove %s from %s.",
                 group_shown(context, inner), dn_or_name(context, inner),
                 group_shown(context, outer)));
}

const Control control_group_loop = {
    .id = "group-loop",
    .title = "Groups contain each other",
    .severity = SEVERITY_LOW,
    .needs = NEED_ALL_DIRECTORIES, /* a loop may lead through several */
    .subject = SUBJECT_GROUP,
    .references = {.iso_2013 = "A.9.4.1", .iso_2022 = "8.3"},
    .evaluate = evaluate_loop,
    .describe = describe_loop,
};

/* ---- member-unknown ---- */

#define REASON_UNREAD "a directory was not read whole; the member may be an entry of it"
#define REASON_REFUSED "records of a directory were rejected; the member may be one of them"

/* A member that nothing explains, and the kind whose walk met it. */
typedef struct Unknown {
    uint32_t foreigner;
    GovernedKind kind;
} Unknown;

/* What the last walk met without knowing it; foreign principals are group-foreign-member's. */
static void collect_unknown(const ControlContext *context, const Effective *effective,
                            GovernedKind kind, GHashTable *met, GArray *unknown)
{
    size_t n = 0;
    const uint32_t *foreigners = effective_foreigners_seen(effective, &n);
    for (size_t i = 0; i < n; i++) {
        Unknown one = {foreigners[i], kind};
        if (context->snapshot->foreigners.sid[one.foreigner] == 0 &&
            g_hash_table_add(met, GUINT_TO_POINTER(one.foreigner + 1)))
            g_array_append_val(unknown, one);
    }
}

/* Why it cannot be told that nothing explains a member; NULL when it can. */
static const char *doubt_about_members(const Snapshot *snapshot)
{
    if (sources_incomplete(snapshot, PROVIDES_DIRECTORY))
        return REASON_UNREAD;
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & PROVIDES_DIRECTORY) != 0 &&
            snapshot->sources[i].counts.rejected > 0)
            return REASON_REFUSED;
    }
    return NULL;
}

static uint64_t unknown_facts(ControlContext *context, uint32_t foreigner)
{
    uint64_t path =
        effective_path_hash(context->effective, principal_of(PRINCIPAL_FOREIGN, foreigner));
    return facts_text(context, path, context->snapshot->foreigners.text[foreigner]);
}

static void judge_members(ControlContext *context, uint32_t group, const char *doubt)
{
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) unknown = g_array_new(FALSE, FALSE, sizeof(Unknown));
    uint64_t facts = 0; /* a sum: the order of members must not matter */
    for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
        const Bitset *groups = governed_kind(context->governed, (GovernedKind)kind);
        if (!bitset_has(groups, group))
            continue;
        size_t n = 0;
        guint before = unknown->len;
        effective_members_nearest(context->effective, group, groups, &n);
        collect_unknown(context, context->effective, (GovernedKind)kind, met, unknown);
        for (guint i = before; i < unknown->len; i++)
            facts += unknown_facts(context, g_array_index(unknown, Unknown, i).foreigner);
    }
    if (unknown->len == 0)
        return;
    if (doubt != NULL)
        control_unjudged_subject(context, SUBJECT_GROUP, group, doubt);
    else
        control_report(context, SUBJECT_GROUP, group, NONE, NONE, 0, unknown->len, 0, facts);
}

static void evaluate_unknown(ControlContext *context)
{
    unjudged_governed_names(context);
    if (context->snapshot->foreigners.n == 0)
        return;
    const char *doubt = doubt_about_members(context->snapshot);
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (bitset_has(&context->governed->any, group))
            judge_members(context, group, doubt);
    }
}

static int compare_unknown(const void *a, const void *b, void *data)
{
    const Snapshot *snapshot = data;
    const Unknown *x = a, *y = b;
    return strcmp(snapshot_text(snapshot, snapshot->foreigners.text[x->foreigner]),
                  snapshot_text(snapshot, snapshot->foreigners.text[y->foreigner]));
}

static GArray *unknown_of(const ControlContext *context, uint32_t group)
{
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    GArray *unknown = g_array_new(FALSE, FALSE, sizeof(Unknown));
    for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
        const Bitset *groups = governed_kind(context->governed, (GovernedKind)kind);
        if (bitset_has(groups, group))
            collect_unknown(context, evidence_walk(context, group, groups), (GovernedKind)kind, met,
                            unknown);
    }
    g_array_sort_with_data(unknown, compare_unknown, (gpointer)(uintptr_t)context->snapshot);
    return unknown;
}

/* hops receives the way of the first. */
static json_t *unknown_listed(const ControlContext *context, uint32_t group, const GArray *unknown,
                              GArray *hops)
{
    json_t *list = json_array();
    for (guint i = 0; i < unknown->len && i < MOST_LISTED; i++) {
        const Unknown *one = &g_array_index(unknown, Unknown, i);
        json_t *row = json_object();
        evidence_ref(context, row, "member", context->snapshot->foreigners.text[one->foreigner]);
        json_object_set_new(row, "path",
                            evidence_path(context, principal_of(PRINCIPAL_FOREIGN, one->foreigner),
                                          group, governed_kind(context->governed, one->kind),
                                          i == 0 ? hops : NULL));
        json_array_append_new(list, row);
    }
    return list;
}

static void describe_unknown(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    uint32_t group = finding->subject;
    g_autoptr(GArray) unknown = unknown_of(context, group);
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    json_object_set_new(evidence, "members", unknown_listed(context, group, unknown, hops));
    json_object_set_new(evidence, "n_members", json_integer(unknown->len));

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    const char *name = group_shown(context, group);
    uint32_t first = g_array_index(unknown, Unknown, 0).foreigner;
    const char *member = snapshot_text(snapshot, snapshot->foreigners.text[first]);
    sentence_append(summary, "%s", member);
    if (unknown->len == 1) {
        sentence_append(summary, " is in %s", name);
        sentence_append_way(context, summary, hops);
        g_string_append(summary, ", and is no account, group or computer that was read.");
        action_cut(context, action, hops, principal_of(PRINCIPAL_FOREIGN, first), group);
    } else {
        sentence_append(summary,
                        " and %d more are in %s, and are no accounts, groups or computers that "
                        "were read.",
                        (int64_t)unknown->len - 1, name);
        sentence_append(action, "Remove each from the group that lists it.");
    }
    g_string_append(action, " If it is an entry of another directory, configure that as a source.");
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_member_unknown = {
    .id = "member-unknown",
    .title = "Governed group has members that no entry explains",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_GROUP,
    .references = {.iso_2013 = "A.9.4.1", .iso_2022 = "8.3"},
    .walks = true,
    .evaluate = evaluate_unknown,
    .describe = describe_unknown,
};
