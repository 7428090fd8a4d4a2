/* review_conduct.c: reviewers who should not have decided, or did not look. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "membership/holding.h"
#include "model/lookup.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TOLD 10 /* items that evidence names */

static const ReviewedReviewer *reviewer_at(const ControlContext *context, guint index)
{
    return &g_array_index(context->reviewed->reviewers, ReviewedReviewer, index);
}

static const ReviewedDecision *decision_at(const ControlContext *context, guint index)
{
    return &g_array_index(context->reviewed->decisions, ReviewedDecision, index);
}

static uint32_t person_called(const ControlContext *context, const char *id)
{
    const Snapshot *snapshot = context->snapshot;
    return *id != '\0' ? person_speaking(snapshot, snapshot_find_person(snapshot, id)) : NONE;
}

static json_t *evidence_reviewer(const ReviewedReviewer *one)
{
    json_t *evidence = json_object();
    evidence_text(evidence, "review", one->review);
    evidence_text(evidence, "title", one->title);
    evidence_text(evidence, "reviewer", one->reviewer_id);
    return evidence;
}

/* ---- review-invalid ---- */

typedef enum Fault { FAULT_NONE, FAULT_OWN, FAULT_LEFT, FAULT_GRANTED, N_FAULTS } Fault;
static const char *const fault_names[] = {NULL, "own right", "had left", "approved it"};

/* One decision under judgement. */
typedef struct Conduct {
    const ControlContext *context;
    const ReviewedDecision *decision;
    const char *reviewer_id;
    uint32_t person; /* the reviewer; NONE: nobody of the roster */
    RightHeld right; /* as it is found tonight */
    bool has_granted;
} Conduct;

static bool is_reviewer(const Conduct *conduct, uint32_t person)
{
    return person != NONE && conduct->person != NONE &&
           person_speaking(conduct->context->snapshot, person) == conduct->person;
}

static bool was_holder(const Conduct *conduct)
{
    for (char **holder = conduct->decision->holders; *holder != NULL; holder++) {
        if (strcmp(*holder, conduct->reviewer_id) == 0 ||
            is_reviewer(conduct, person_called(conduct->context, *holder)))
            return true;
    }
    return false;
}

/* Also by a link that was made, or found, since. */
static bool is_own(const Conduct *conduct)
{
    const Links *links = conduct->context->links;
    uint32_t account = conduct->right.account;
    if (was_holder(conduct))
        return true;
    if (account == NONE)
        return false;
    const GArray *several = g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(account));
    for (guint i = 0; several != NULL && i < several->len; i++) {
        if (is_reviewer(conduct, g_array_index(several, uint32_t, i)))
            return true;
    }
    return is_reviewer(conduct, links->person[account]);
}

/* Who left at an unknown instant may have decided before. */
static bool had_left(const Conduct *conduct)
{
    int64_t left = conduct->person != NONE ? conduct->context->judgement->left_utc[conduct->person]
                                           : TIME_NEVER;
    return left != TIME_NEVER && left != TIME_UNKNOWN && left <= conduct->decision->signed_utc;
}

static bool find_approver(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Conduct *conduct = data;
    const ControlContext *context = conduct->context;
    int64_t approved = context->snapshot->approvals.approved_utc[approval];
    bool was_before = approved == TIME_UNKNOWN || approved <= conduct->decision->signed_utc;
    conduct->has_granted |=
        verdict != APPROVAL_WITHOUT_APPROVER && was_before &&
        is_reviewer(conduct, owner_person(&context->judgement->approvers[approval]));
    return !conduct->has_granted;
}

/* Whoever approved a right may well take it away; that it stays is for somebody else to say. */
static bool granted_it(Conduct *conduct)
{
    const ControlContext *context = conduct->context;
    const char *approver = conduct->decision->approver;
    if (!g_str_has_prefix(conduct->decision->decision, "keep"))
        return false;
    if (approver != NULL) {
        Owner owner = links_find_owner(context->links, approver);
        conduct->has_granted = is_reviewer(conduct, owner_person(&owner));
    }
    if (!conduct->has_granted && conduct->right.account != NONE && conduct->right.group != NONE)
        approvals_of(context, conduct->right.group, conduct->right.account,
                     person_of(context, conduct->right.account), find_approver, conduct);
    return conduct->has_granted;
}

static Fault fault_of(Conduct *conduct)
{
    if (is_own(conduct))
        return FAULT_OWN;
    if (had_left(conduct))
        return FAULT_LEFT;
    return granted_it(conduct) ? FAULT_GRANTED : FAULT_NONE;
}

/* Where the rights of all decisions are tonight. Free with g_free(). */
static RightHeld *decided_rights(const ControlContext *context)
{
    guint n = context->reviewed->decisions->len;
    g_autofree RightAsked *asked = g_new0(RightAsked, (size_t)n + 1);
    for (guint i = 0; i < n; i++) {
        const ReviewedDecision *d = decision_at(context, i);
        asked[i] = (RightAsked){d->account_source, d->account_key, d->group_source, d->group_key};
    }
    return rights_find(context->snapshot, asked, n);
}

static const uint8_t *faults_of(const ControlContext *context, const ReviewedReviewer *one)
{
    return &context->judgement->review_faults[one->first];
}

static void judge_reviewer(ControlContext *context, guint index, const RightHeld *rights)
{
    const ReviewedReviewer *one = reviewer_at(context, index);
    uint32_t person = person_called(context, one->reviewer_id);
    uint64_t facts = g_str_hash(one->title);
    int64_t last = TIME_UNKNOWN;
    for (guint i = one->first; i < one->first + one->n_decisions; i++) {
        Conduct conduct = {.context = context,
                           .decision = decision_at(context, i),
                           .reviewer_id = one->reviewer_id,
                           .person = person,
                           .right = rights[i]};
        Fault fault = fault_of(&conduct);
        context->judgement->review_faults[i] = (uint8_t)fault;
        if (fault == FAULT_NONE)
            continue;
        facts = facts_mix(facts, (uint64_t)conduct.decision->item << 8 | fault);
        last = MAX(last == TIME_UNKNOWN ? 0 : last, conduct.decision->signed_utc);
    }
    if (last != TIME_UNKNOWN)
        control_report(context, SUBJECT_REVIEW, index, NONE, person, 0, last, 0, facts);
}

static void evaluate_review_invalid(ControlContext *context)
{
    g_autofree RightHeld *rights = decided_rights(context);
    for (guint i = 0; i < context->reviewed->reviewers->len; i++)
        judge_reviewer(context, i, rights);
}

static json_t *told_item(const ReviewedDecision *decision, uint8_t fault)
{
    return json_pack("{s:I s:s s:s s:s s:s}", "item", (json_int_t)decision->item, "account",
                     decision->account_name, "group", decision->group_name, "decision",
                     decision->decision, "fault", fault_names[fault]);
}

static void describe_review_invalid(const ControlContext *context, const Finding *finding,
                                    FindingText *text)
{
    static const char *const kinds[] = {NULL, "about rights of their own", "after they had left",
                                        "that they had approved themselves"};
    const ReviewedReviewer *one = reviewer_at(context, finding->subject);
    const uint8_t *faults = faults_of(context, one);
    int64_t n_of[N_FAULTS] = {0}, n = 0;
    json_t *evidence = evidence_reviewer(one), *items = json_array();
    for (guint d = 0; d < one->n_decisions; d++) {
        if (faults[d] == FAULT_NONE)
            continue;
        n_of[faults[d]]++;
        if (n++ < MOST_TOLD)
            json_array_append_new(items,
                                  told_item(decision_at(context, one->first + d), faults[d]));
    }
    evidence_time(evidence, "signed", finding->detail);
    json_object_set_new(evidence, "invalid", json_integer(n));
    json_object_set_new(evidence, "decisions", json_integer(one->n_decisions));
    json_object_set_new(evidence, "items", items);

    GString *summary = g_string_new(NULL);
    sentence_append(summary,
                    "%s decided in the review %s (%s) what somebody else had to: ", one->reviewer,
                    one->review, one->title);
    const char *between = "";
    for (int fault = FAULT_OWN; fault < N_FAULTS; fault++) {
        if (n_of[fault] == 0)
            continue;
        sentence_append(summary, "%s%d %s", between, n_of[fault], kinds[fault]);
        between = ", ";
    }
    g_string_append_c(summary, '.');
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Have these rights decided by somebody else in a new review; the "
                               "items are in the evidence."));
}

const Control control_review_invalid = {
    .id = "review-invalid",
    .title = "Reviewer decided what was not theirs to decide",
    .severity = SEVERITY_HIGH,
    .needs = NEED_REVIEWS | NEED_PEOPLE | NEED_APPROVALS,
    .subject = SUBJECT_REVIEW,
    .references = {.iso_2013 = "A.9.2.5 A.6.1.2", .iso_2022 = "5.18 5.3", .soc2 = "CC4.1"},
    .evaluate = evaluate_review_invalid,
    .describe = describe_review_invalid,
};

/* ---- review-implausible ---- */

static const Threshold implausible_thresholds[] = {
    {"items", "Decisions of one reviewer in one review from which on their pace is judged.", 20,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"seconds", "Median time per item below which nobody can have read them.", 3, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

typedef struct Pace {
    int64_t n_timed, half_seconds; /* twice the median */
    int64_t last_utc;
} Pace;

static int compare_seconds(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* Of decisions made one by one: of a bulk nobody knows how long each was looked at. */
static Pace pace_of(const ControlContext *context, const ReviewedReviewer *one)
{
    g_autofree int32_t *seconds = g_new(int32_t, (size_t)one->n_decisions + 1);
    Pace pace = {0};
    for (guint i = 0; i < one->n_decisions; i++) {
        const ReviewedDecision *decision = decision_at(context, one->first + i);
        if (decision->seconds >= 0)
            seconds[pace.n_timed++] = decision->seconds;
        pace.last_utc = MAX(pace.last_utc, decision->signed_utc);
    }
    if (pace.n_timed == 0)
        return pace;
    qsort(seconds, (size_t)pace.n_timed, sizeof *seconds, compare_seconds);
    pace.half_seconds =
        (int64_t)seconds[(pace.n_timed - 1) / 2] + (int64_t)seconds[pace.n_timed / 2];
    return pace;
}

static void evaluate_review_implausible(ControlContext *context)
{
    int64_t items = control_limit(context->settings, context->control, "items");
    int64_t seconds = control_limit(context->settings, context->control, "seconds");
    for (guint i = 0; i < context->reviewed->reviewers->len; i++) {
        const ReviewedReviewer *one = reviewer_at(context, i);
        Pace pace = pace_of(context, one);
        if (pace.n_timed == 0 || pace.n_timed < items || pace.half_seconds >= 2 * seconds)
            continue;
        uint64_t facts = facts_mix((uint64_t)pace.n_timed, (uint64_t)pace.half_seconds);
        control_report(context, SUBJECT_REVIEW, i, NONE, person_called(context, one->reviewer_id),
                       0, pace.last_utc, 0, facts_mix(facts, g_str_hash(one->title)));
    }
}

static void describe_review_implausible(const ControlContext *context, const Finding *finding,
                                        FindingText *text)
{
    const ReviewedReviewer *one = reviewer_at(context, finding->subject);
    Pace pace = pace_of(context, one);
    g_autofree char *median = g_strdup_printf("%" G_GINT64_FORMAT "%s", pace.half_seconds / 2,
                                              pace.half_seconds % 2 != 0 ? ".5" : "");
    json_t *evidence = evidence_reviewer(one);
    evidence_time(evidence, "signed", finding->detail);
    json_object_set_new(evidence, "decisions_timed", json_integer(pace.n_timed));
    json_object_set_new(evidence, "median_seconds", json_real((double)pace.half_seconds / 2));
    finding_text_take(
        text,
        sentence("%s decided %d items of the review %s (%s) in %s seconds each, as the median: "
                 "faster than anyone can read them.",
                 one->reviewer, pace.n_timed, one->review, one->title, median),
        evidence,
        sentence("Talk to %s, and have a sample of the items decided by somebody else.",
                 one->reviewer));
}

const Control control_review_implausible = {
    .id = "review-implausible",
    .title = "Review was decided faster than anyone can read",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_REVIEWS,
    .subject = SUBJECT_REVIEW,
    .thresholds = implausible_thresholds,
    .references = {.iso_2013 = "A.9.2.5", .iso_2022 = "5.18", .soc2 = "CC4.2"},
    .evaluate = evaluate_review_implausible,
    .describe = describe_review_implausible,
};
