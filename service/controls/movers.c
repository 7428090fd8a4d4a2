/* movers.c: rights that somebody has kept from the place before, and rights that are new. */
#include "controls/catalogue.h"
#include "controls/peers.h"
#include "controls/rights.h"

#define REASON_NOT_RECORDED "nothing is recorded of what earlier runs saw of it"

/* Has an earlier run recorded the rights of the account in the group? */
static bool is_remembered(const ControlContext *context, uint32_t account, uint32_t group)
{
    const Snapshot *snapshot = context->snapshot;
    const int64_t *known = context->memory->source_known_utc;
    return known[snapshot->accounts.source[account]] != TIME_UNKNOWN &&
           known[snapshot->groups.source[group]] != TIME_UNKNOWN;
}

/* ---- mover-rights ---- */

static const Threshold mover_thresholds[] = {
    {"days", "Time after a change of department or title for which earlier rights may stay.", 30,
     THRESHOLD_SAME, 1, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

typedef struct Moving {
    Peers *peers;
    int64_t limit, percent;
    uint32_t group; /* whose lines these are */
    GArray *lines;  /* (element-type guint32) of entitlements; NULL = of no group yet */
} Moving;

/* A field that was empty before was filled in: that is no move. */
static const MovedPerson *moved_long_ago(const ControlContext *context, uint32_t person,
                                         MovedField field, int64_t limit)
{
    const MovedPerson *moved = memory_moved(context->memory, person, field);
    return moved != NULL && *moved->before != '\0' &&
                   time_is_over(context, moved->first_after_utc, limit)
               ? moved
               : NULL;
}

/* The newest of the changes that the right is older than; NULL when there is none. */
static const MovedPerson *moved_since(const ControlContext *context, uint32_t person,
                                      const KnownRight *right, int64_t limit)
{
    const MovedPerson *newest = NULL;
    for (int field = MOVED_DEPARTMENT; field <= MOVED_TITLE; field++) {
        const MovedPerson *moved = moved_long_ago(context, person, (MovedField)field, limit);
        if (moved != NULL && right->first_seen_utc <= moved->last_before_utc &&
            (newest == NULL || moved->first_after_utc > newest->first_after_utc))
            newest = moved;
    }
    return newest;
}

typedef struct Renewal {
    const Approvals *approvals;
    int64_t after_utc;
    bool is_given;
} Renewal;

static bool find_renewal(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Renewal *renewal = data;
    int64_t approved = renewal->approvals->approved_utc[approval];
    renewal->is_given |=
        verdict == APPROVAL_VALID && approved != TIME_UNKNOWN && approved > renewal->after_utc;
    return !renewal->is_given;
}

/* Was the right approved anew, after the last run that saw the place before? */
static bool is_renewed(const ControlContext *context, uint32_t account, uint32_t group,
                       uint32_t person, const MovedPerson *moved)
{
    Renewal renewal = {&context->snapshot->approvals, moved->last_before_utc, false};
    approvals_of(context, group, account, person, find_renewal, &renewal);
    return renewal.is_given;
}

/* Does the new place explain the right: by an entitlement, or because peers hold it? Where that
 * cannot be told, says why. */
static bool place_explains(ControlContext *context, Moving *moving, uint32_t account,
                           uint32_t group, uint32_t person)
{
    const char *reason = NULL;
    uint32_t deciding = NONE;
    if (moving->lines == NULL || moving->group != group) {
        g_clear_pointer(&moving->lines, g_array_unref);
        moving->lines = governed_entitlements_of(context->governed, group);
        moving->group = group;
    }
    State allowed = right_is_allowed(context, moving->lines, account, &deciding, &reason);
    bool has_place = peers_place(moving->peers, person) != NONE;
    if (allowed == STATE_NO && !has_place)
        reason = "the department or the title of the person is not known";
    if (allowed == STATE_YES || reason != NULL) {
        if (reason != NULL)
            control_unjudged_subject(context, SUBJECT_RIGHT, account, reason);
        return true;
    }
    peers_count(moving->peers, group);
    return !peers_hardly_hold(peers_others(moving->peers, person),
                              peers_holding(moving->peers, person), moving->percent);
}

static uint64_t mover_facts(const ControlContext *context, const MovedPerson *moved,
                            const Peers *peers, uint32_t person)
{
    const People *people = &context->snapshot->people;
    uint64_t facts = facts_mix((uint64_t)moved->last_before_utc, g_str_hash(moved->before));
    facts = facts_text(context, facts, people->department[person]);
    facts = facts_text(context, facts, people->title[person]);
    return facts_mix(facts,
                     (uint64_t)peers_others(peers, person) << 32 | peers_holding(peers, person));
}

static void judge_kept(ControlContext *context, uint32_t account, uint32_t group, GovernedKind kind,
                       void *data)
{
    Moving *moving = data;
    uint32_t person = person_speaking(context->snapshot, person_of(context, account));
    const KnownRight *right = memory_right(context->memory, account, group);
    if (right == NULL) {
        if (!is_remembered(context, account, group))
            control_unjudged_subject(context, SUBJECT_RIGHT, account, REASON_NOT_RECORDED);
        return;
    }
    const MovedPerson *moved = moved_since(context, person, right, moving->limit);
    if (moved == NULL || is_renewed(context, account, group, person, moved) ||
        place_explains(context, moving, account, group, person))
        return;
    uint64_t facts = right_facts(context, account, group, governed_stops(context->governed, kind),
                                 effective_path_hash(context->effective, account));
    facts = facts_mix(facts, (uint64_t)right->first_seen_utc);
    facts = facts_mix(facts, mover_facts(context, moved, moving->peers, person));
    facts = facts_mix(facts, approvals_hash(context, group, account, person));
    control_report(context, SUBJECT_RIGHT, account, group, person, 0, moved->first_after_utc,
                   (uint32_t)kind << 8 | moved->field, facts);
}

/* Accounts of active people who moved longer ago than the limit. */
static Bitset moved_accounts(const ControlContext *context, int64_t limit, uint32_t *ret_n)
{
    const Links *links = context->links;
    Bitset accounts = bitset_new(context->snapshot->accounts.n);
    *ret_n = 0;
    for (guint i = 0; i < context->memory->moved->len; i++) {
        const MovedPerson *moved = &g_array_index(context->memory->moved, MovedPerson, i);
        uint32_t person = moved->person;
        if (moved->field == MOVED_STATUS || !person_is_active(context, person) ||
            moved_long_ago(context, person, (MovedField)moved->field, limit) == NULL)
            continue;
        for (uint32_t a = links->first_account[person]; a < links->first_account[person + 1]; a++) {
            uint32_t account = links->person_accounts[a];
            if (!right_is_subject(context, account) ||
                !account_is_of(context, account, CLASSES_OF_PEOPLE))
                continue;
            bitset_add(&accounts, account);
            (*ret_n)++;
        }
    }
    return accounts;
}

static void evaluate_kept(ControlContext *context)
{
    unjudged_governed_names(context);
    Moving moving = {.limit = control_limit(context->settings, context->control, "days"),
                     .percent = control_limit(context->settings, &control_peer_outlier, "percent")};
    uint32_t n_accounts = 0;
    g_auto(Bitset) accounts = moved_accounts(context, moving.limit, &n_accounts);
    if (n_accounts == 0)
        return;
    moving.peers = judgement_peers(context);
    rights_visit(context, &accounts, judge_kept, &moving);
    g_clear_pointer(&moving.lines, g_array_unref);
}

static void tell_move(const ControlContext *context, const MovedPerson *moved, json_t *evidence)
{
    const People *people = &context->snapshot->people;
    bool is_department = moved->field == MOVED_DEPARTMENT;
    evidence_text(evidence, "changed", is_department ? "department" : "title");
    evidence_text(evidence, "before", moved->before);
    evidence_ref(context, evidence, "department", people->department[moved->person]);
    evidence_ref(context, evidence, "title", people->title[moved->person]);
    evidence_time(evidence, "last_seen_before", moved->last_before_utc);
    evidence_time(evidence, "first_seen_after", moved->first_after_utc);
}

static void tell_peers(const ControlContext *context, const Finding *finding, json_t *evidence)
{
    Peers *peers = judgement_peers(context);
    peers_count(peers, finding->object);
    json_object_set_new(evidence, "peers", json_integer(peers_others(peers, finding->person)));
    json_object_set_new(evidence, "peers_holding",
                        json_integer(peers_holding(peers, finding->person)));
}

static void describe_kept(const ControlContext *context, const Finding *finding, FindingText *text)
{
    const People *people = &context->snapshot->people;
    GovernedKind kind = (GovernedKind)(finding->extra >> 8);
    MovedField field = (MovedField)(finding->extra & 0xff);
    const MovedPerson *moved = memory_moved(context->memory, finding->person, field);
    const KnownRight *right = memory_right(context->memory, finding->subject, finding->object);
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    tell_move(context, moved, evidence);
    evidence_time(evidence, "right_first_seen", right->first_seen_utc);
    right_describe(context, finding, governed_stops(context->governed, kind), evidence, hops);
    tell_peers(context, finding, evidence);
    evidence_approvals(context, evidence, finding->object, finding->subject, finding->person);

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    const char *group = group_shown(context, finding->object);
    bool is_department = field == MOVED_DEPARTMENT;
    TextRef now =
        is_department ? people->department[finding->person] : people->title[finding->person];
    sentence_append(summary, "%s is still in %s", account_shown(context, finding->subject), group);
    sentence_append_way(context, summary, hops);
    sentence_append(summary, " %e after the %s of %s changed from %s to %s.", finding->detail,
                    is_department ? "department" : "title", person_shown(context, finding->person),
                    moved->before, snapshot_text(context->snapshot, now));
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " Or have the membership in %s approved anew.", group);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_mover_rights = {
    .id = "mover-rights",
    .title = "Right of an earlier department or title is still held",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS | NEED_APPROVALS | NEED_MEMORY,
    .subject = SUBJECT_RIGHT,
    .thresholds = mover_thresholds,
    .references = {.iso_2013 = "A.7.3.1 A.9.2.6",
                   .iso_2022 = "6.5 5.18",
                   .nist = "PS-5",
                   .soc2 = "CC6.3"},
    .walks = true,
    .evaluate = evaluate_kept,
    .describe = describe_kept,
};

/* ---- privileged-new ---- */

static void judge_new(ControlContext *context, const PrivilegedRight *right)
{
    if (!right_is_subject(context, right->account) ||
        memory_right(context->memory, right->account, right->group) != NULL)
        return;
    if (!is_remembered(context, right->account, right->group)) {
        control_unjudged_subject(context, SUBJECT_RIGHT, right->account, REASON_NOT_RECORDED);
        return;
    }
    if (governed_first_seen(context, right->group) == TIME_UNKNOWN) {
        control_unjudged_subject(context, SUBJECT_RIGHT, right->account,
                                 "no earlier run watched the group");
        return;
    }
    uint64_t facts =
        right_facts(context, right->account, right->group,
                    governed_stops(context->governed, GOVERNED_PRIVILEGED), right->path);
    control_report(context, SUBJECT_RIGHT, right->account, right->group,
                   person_of(context, right->account), 0, 0, 0, facts);
}

static void evaluate_new(ControlContext *context)
{
    unjudged_privileged_names(context);
    const GArray *rights = context->judgement->privileged;
    for (guint i = 0; i < rights->len; i++)
        judge_new(context, &g_array_index(rights, PrivilegedRight, i));
}

static void describe_new(const ControlContext *context, const Finding *finding, FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    right_describe(context, finding, governed_stops(context->governed, GOVERNED_PRIVILEGED),
                   evidence, hops);
    evidence_approvals(context, evidence, finding->object, finding->subject, finding->person);
    const int64_t *known = context->memory->source_known_utc;
    evidence_time(evidence, "not_seen_by_the_run_of",
                  MIN(known[snapshot->accounts.source[finding->subject]],
                      known[snapshot->groups.source[finding->object]]));

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    sentence_append(summary, "%s is in %s", account_shown(context, finding->subject),
                    group_shown(context, finding->object));
    sentence_append_way(context, summary, hops);
    g_string_append(summary, ", and was not in the run before.");
    g_string_append(action, "Find out who granted it, and why. If it is not meant: ");
    action_cut(context, action, hops, finding->subject, finding->object);
    g_string_append(action, " It is told in one run only.");
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_privileged_new = {
    .id = "privileged-new",
    .title = "Privileged right that was not there in the run before",
    .severity = SEVERITY_HIGH,
    .is_privilege_itself = true,
    .is_momentary = true,
    .needs = NEED_DIRECTORY | NEED_MEMORY,
    .subject = SUBJECT_RIGHT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .nist = "AC-2(7)"},
    .walks = true,
    .evaluate = evaluate_new,
    .describe = describe_new,
};
