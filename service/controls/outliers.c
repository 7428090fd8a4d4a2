/* outliers.c: rights that almost nobody of the same department and title holds. Advice. */
#include "controls/catalogue.h"
#include "controls/peers.h"
#include "controls/rights.h"

static const Threshold outlier_thresholds[] = {
    {"peers", "Others of the same department and title that it takes to compare.", 8,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"percent", "Share of them that may hold the right, too.", 10, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

typedef struct Comparison {
    Peers *peers;
    int64_t least_others, percent;
} Comparison;

/* detail: how many others there are, and in its lower half how many of them hold the right. */
static void judge_outlier(ControlContext *context, uint32_t account, uint32_t group,
                          GovernedKind kind, void *data)
{
    Comparison *comparison = data;
    Peers *peers = comparison->peers;
    uint32_t person = person_speaking(context->snapshot, person_of(context, account));
    if (peers_place(peers, person) == NONE) {
        control_unjudged_subject(context, SUBJECT_RIGHT, account,
                                 "the department or the title of the person is not known");
        return;
    }
    uint32_t others = peers_others(peers, person);
    if (others < comparison->least_others)
        return;
    peers_count(peers, group);
    uint32_t holding = peers_holding(peers, person);
    if (!peers_hardly_hold(others, holding, comparison->percent))
        return;
    uint64_t facts = right_facts(context, account, group, governed_stops(context->governed, kind),
                                 effective_path_hash(context->effective, account));
    facts = facts_text(context, facts, context->snapshot->people.department[person]);
    facts = facts_text(context, facts, context->snapshot->people.title[person]);
    control_report(context, SUBJECT_RIGHT, account, group, person, 0,
                   (int64_t)others << 32 | holding, kind, facts);
}

/* Accounts of active people that can be used, as far as is known. */
static Bitset compared_accounts(const ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    Bitset accounts = bitset_new(snapshot->accounts.n);
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        uint32_t person = person_speaking(snapshot, person_of(context, account));
        if (person != NONE && account_is_of(context, account, CLASSES_OF_PEOPLE) &&
            context->judgement->usable[account] != STATE_NO && person_is_active(context, person))
            bitset_add(&accounts, account);
    }
    return accounts;
}

static void evaluate_outlier(ControlContext *context)
{
    unjudged_governed_names(context);
    Comparison comparison = {
        .peers = judgement_peers(context),
        .least_others = control_limit(context->settings, context->control, "peers"),
        .percent = control_limit(context->settings, context->control, "percent")};
    if (peers_n_places(comparison.peers) == 0) {
        control_unjudged(context, "the roster gives nobody's department and title");
        return;
    }
    g_auto(Bitset) accounts = compared_accounts(context);
    rights_visit(context, &accounts, judge_outlier, &comparison);
}

static void describe_outlier(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    const People *people = &context->snapshot->people;
    int64_t others = finding->detail >> 32, holding = finding->detail & UINT32_MAX;
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "department", people->department[finding->person]);
    evidence_ref(context, evidence, "title", people->title[finding->person]);
    json_object_set_new(evidence, "peers", json_integer(others));
    json_object_set_new(evidence, "peers_holding", json_integer(holding));
    right_describe(context, finding,
                   governed_stops(context->governed, (GovernedKind)finding->extra), evidence, hops);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    sentence_append(summary, "%s is in %s", account_shown(context, finding->subject),
                    group_shown(context, finding->object));
    sentence_append_way(context, summary, hops);
    sentence_append(summary, holding == 0 ? "; nobody of" : "; only %d of", holding);
    sentence_append(summary, " the %d others in %s with the title %s is.", others,
                    snapshot_text(context->snapshot, people->department[finding->person]),
                    snapshot_text(context->snapshot, people->title[finding->person]));
    sentence_append(action, "Ask %s whether the right is still needed. If not: ",
                    person_shown(context, finding->person));
    action_cut(context, action, hops, finding->subject, finding->object);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

/* A share among peers rests on all accounts that the peers may have. */
const Control control_peer_outlier = {
    .id = "peer-outlier",
    .title = "Right that almost nobody with the same department and title holds",
    .severity = SEVERITY_LOW,
    .is_privilege_itself = true,
    .is_advice = true,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_RIGHT,
    .thresholds = outlier_thresholds,
    .references = {.iso_2013 = "A.9.2.5", .iso_2022 = "5.18"},
    .walks = true,
    .walks_apart = true,
    .evaluate = evaluate_outlier,
    .describe = describe_outlier,
};
