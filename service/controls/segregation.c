/* segregation.c: rights that one person may not hold together. */
#include "base/probed.h"
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"

#include <string.h>

/* Who holds which side of the rule at hand: the number of the rule plus one, so nothing is wiped
 * between rules. */
typedef struct Sides {
    uint32_t *marks[2];    /* per person */
    uint32_t *conflict;    /* per person */
    GArray *both;          /* (element-type guint32) persons on both, as they were met */
    uint64_t *ways;        /* per person in conflict: hash of how the sides are held */
    GArray *candidates[2]; /* (element-type guint32) persons whom an ambiguous account on that side
                              may belong to */
    uint32_t mark;
} Sides;

static bool counts(const ControlContext *context, uint32_t account)
{
    return context->judgement->usable[account] != STATE_NO &&
           context->classes[account] != CLASS_COMPUTER;
}

static void mark_holder(const ControlContext *context, Sides *sides, int side, uint32_t account)
{
    const Links *links = context->links;
    if (links->person_link[account] == PERSON_LINK_ONE) {
        uint32_t person = person_speaking(context->snapshot, links->person[account]);
        if (side == 1 && sides->marks[0][person] == sides->mark &&
            sides->marks[1][person] != sides->mark)
            g_array_append_val(sides->both, person);
        sides->marks[side][person] = sides->mark;
    } else if (links->person_link[account] == PERSON_LINK_AMBIGUOUS) {
        const GArray *candidates =
            g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(account));
        if (candidates != NULL)
            g_array_append_vals(sides->candidates[side], candidates->data, candidates->len);
    }
}

static void mark_side(const ControlContext *context, Sides *sides, int side, const GArray *groups)
{
    for (guint g = 0; g < groups->len; g++) {
        size_t n = 0;
        const uint32_t *members =
            effective_members(context->effective, g_array_index(groups, uint32_t, g), &n);
        for (size_t i = 0; i < n; i++) {
            if (counts(context, members[i]))
                mark_holder(context, sides, side, members[i]);
        }
    }
}

static bool is_excepted(const ControlContext *context, const SegregationRule *rule, uint32_t person)
{
    const Snapshot *snapshot = context->snapshot;
    for (const char *const *id = rule->except; id != NULL && *id != NULL; id++) {
        if (person_speaking(snapshot, snapshot_find_person(snapshot, *id)) == person)
            return true;
    }
    return false;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Persons on both sides, in the order of the snapshot. */
static GArray *conflicts_of(const ControlContext *context, Sides *sides,
                            const SegregationRule *rule)
{
    GArray *conflicts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_array_sort(sides->both, compare_ids);
    for (guint i = 0; i < sides->both->len; i++) {
        uint32_t person = g_array_index(sides->both, uint32_t, i);
        if (is_excepted(context, rule, person))
            continue;
        sides->conflict[person] = sides->mark;
        sides->ways[person] = 0;
        g_array_append_val(conflicts, person);
    }
    return conflicts;
}

/* A second walk, only where there are conflicts: hashes how each side is held. Sums, so that no
 * order matters. */
static void hash_ways(const ControlContext *context, Sides *sides, const GArray *groups,
                      uint64_t side)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (guint g = 0; g < groups->len; g++) {
        size_t n = 0;
        const uint32_t *members =
            effective_members(context->effective, g_array_index(groups, uint32_t, g), &n);
        for (size_t i = 0; i < n; i++) {
            uint32_t person = person_speaking(context->snapshot, person_of(context, members[i]));
            if (person == NONE || sides->conflict[person] != sides->mark ||
                !counts(context, members[i]))
                continue;
            uint64_t way = facts_mix(effective_path_hash(context->effective, members[i]), side);
            sides->ways[person] += facts_text(context, way, accounts->name[members[i]]);
        }
    }
}

/* Somebody who would be in conflict if an ambiguous account were his. */
static void say_undecided(ControlContext *context, Sides *sides, const SegregationRule *rule)
{
    for (int side = 0; side < 2; side++) {
        const GArray *candidates = sides->candidates[side];
        for (guint i = 0; i < candidates->len; i++) {
            uint32_t person =
                person_speaking(context->snapshot, g_array_index(candidates, uint32_t, i));
            if (sides->marks[1 - side][person] != sides->mark ||
                sides->conflict[person] == sides->mark || is_excepted(context, rule, person))
                continue;
            control_unjudged_subject(
                context, SUBJECT_PERSON, person,
                "it is not known whether an ambiguous account is this person's");
        }
    }
}

static void judge_rule(ControlContext *context, Sides *sides, uint32_t index)
{
    const SegregationRule *rule = &context->governed->segregations[index];
    sides->mark = index + 1;
    g_array_set_size(sides->candidates[0], 0);
    g_array_set_size(sides->candidates[1], 0);
    g_array_set_size(sides->both, 0);
    mark_side(context, sides, 0, rule->a);
    mark_side(context, sides, 1, rule->b);
    g_autoptr(GArray) conflicts = conflicts_of(context, sides, rule);
    say_undecided(context, sides, rule);
    if (conflicts->len == 0)
        return;
    hash_ways(context, sides, rule->a, 0);
    hash_ways(context, sides, rule->b, 1);
    for (guint i = 0; i < conflicts->len; i++) {
        uint32_t person = g_array_index(conflicts, uint32_t, i);
        control_report(context, SUBJECT_PERSON, person, index, person, 0, 0, 0,
                       sides->ways[person]);
    }
}

static void evaluate_segregation(ControlContext *context)
{
    unjudged_segregation_names(context);
    size_t n_people = (size_t)context->snapshot->people.n + 1;
    g_autofree uint32_t *a = probed_new(uint32_t, n_people), *b = probed_new(uint32_t, n_people);
    g_autofree uint32_t *conflict = g_new0(uint32_t, n_people);
    g_autofree uint64_t *ways = g_new0(uint64_t, n_people);
    g_autoptr(GArray) candidates_a = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) candidates_b = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) both = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    Sides sides = {.marks = {a, b},
                   .both = both,
                   .conflict = conflict,
                   .ways = ways,
                   .candidates = {candidates_a, candidates_b}};
    for (uint32_t i = 0; i < context->governed->n_segregations; i++) {
        if (context->governed->segregations[i].unresolved->len == 0)
            judge_rule(context, &sides, i);
    }
}

/* [{"account", "source", "path"}] of every way the person holds a side; the first one in words. */
static json_t *describe_side(const ControlContext *context, uint32_t person, const GArray *groups,
                             GString *first)
{
    const Links *links = context->links;
    json_t *side = json_array();
    for (guint g = 0; g < groups->len; g++) {
        uint32_t group = g_array_index(groups, uint32_t, g);
        for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
            uint32_t account = links->person_accounts[i];
            json_t *path = counts(context, account)
                               ? evidence_path(context, account, group, NULL, NULL)
                               : json_array();
            if (json_array_size(path) == 0) {
                json_decref(path);
                continue;
            }
            if (json_array_size(side) == 0)
                sentence_append(first, "%s (as %s)", group_shown(context, group),
                                account_shown(context, account));
            json_t *row = json_object();
            evidence_text(row, "account", account_shown(context, account));
            evidence_text(
                row, "source",
                context->snapshot->sources[context->snapshot->accounts.source[account]].name);
            json_object_set_new(row, "path", path);
            json_array_append_new(side, row);
        }
    }
    return side;
}

static void describe_segregation(const ControlContext *context, const Finding *finding,
                                 FindingText *text)
{
    const SegregationRule *rule = &context->governed->segregations[finding->object];
    g_autoptr(GString) first_a = g_string_new(NULL), first_b = g_string_new(NULL);
    json_t *evidence = json_object();
    evidence_text(evidence, "rule", rule->id);
    json_object_set_new(evidence, "a", describe_side(context, finding->subject, rule->a, first_a));
    json_object_set_new(evidence, "b", describe_side(context, finding->subject, rule->b, first_b));

    const char *name = person_shown(context, finding->subject);
    char *summary = sentence("%s holds both sides of %s: %s and %s.", name, rule->id, first_a->str,
                             first_b->str);
    char *action =
        sentence("Take one side away from %s: %s, or %s.", name, first_a->str, first_b->str);
    finding_text_take(text, summary, evidence, action);
}

const Control control_segregation_conflict = {
    .id = "segregation-conflict",
    .title = "One person holds both sides of a segregation rule",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_PERSON,
    .references = {.iso_2013 = "A.6.1.2",
                   .iso_2022 = "5.3",
                   .nist = "AC-5",
                   .soc2 = "CC6.3",
                   .other = "DORA"},
    .walks = true,
    .evaluate = evaluate_segregation,
    .describe = describe_segregation,
};
