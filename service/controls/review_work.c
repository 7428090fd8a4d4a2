/* review_work.c: reviews that are not finished in time, and decisions that nobody carried out or
 * that somebody undid. */
#include "base/times.h"
#include "controls/catalogue.h"
#include "controls/rights.h"
#include "membership/holding.h"
#include "model/lookup.h"

#include <string.h>

static uint64_t mix_text(uint64_t facts, const char *text)
{
    return facts_mix(facts, g_str_hash(text));
}

/* ---- review-task-overdue ---- */

static const Threshold task_thresholds[] = {
    {"days", "Time after the due date of a review.", 0, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static uint32_t reviewer_person(const ControlContext *context, const ReviewedReviewer *one)
{
    return *one->reviewer_id != '\0' ? snapshot_find_person(context->snapshot, one->reviewer_id)
                                     : NONE;
}

static void evaluate_review_task_overdue(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const GArray *reviewers = context->reviewed->reviewers;
    for (guint i = 0; i < reviewers->len; i++) {
        const ReviewedReviewer *one = &g_array_index(reviewers, ReviewedReviewer, i);
        if (one->n_open == 0 || !time_is_over(context, one->due_utc, limit))
            continue;
        uint64_t facts = facts_mix((uint64_t)one->n_open, (uint64_t)one->n_items);
        facts = mix_text(mix_text(facts, one->title), one->reviewer);
        control_report(context, SUBJECT_REVIEW, i, NONE, reviewer_person(context, one), 0,
                       one->due_utc, 0, facts);
    }
}

static void describe_review_task_overdue(const ControlContext *context, const Finding *finding,
                                         FindingText *text)
{
    const ReviewedReviewer *one =
        &g_array_index(context->reviewed->reviewers, ReviewedReviewer, finding->subject);
    bool is_nobody = *one->reviewer_id == '\0';
    json_t *evidence = json_object();
    evidence_text(evidence, "review", one->review);
    evidence_text(evidence, "title", one->title);
    evidence_text(evidence, "reviewer", one->reviewer_id);
    evidence_time(evidence, "due", one->due_utc);
    json_object_set_new(evidence, "undecided", json_integer(one->n_open));
    json_object_set_new(evidence, "items", json_integer(one->n_items));

    g_autofree char *day = day_shown(context, one->due_utc - 1);
    char *summary =
        is_nobody ? sentence("%d items of the review %s (%s) have no reviewer %e after it was due "
                             "(%s).",
                             one->n_open, one->review, one->title, one->due_utc, day)
                  : sentence("%s has not decided %d of %d items of the review %s (%s) %e after it "
                             "was due (%s).",
                             one->reviewer, one->n_open, one->n_items, one->review, one->title,
                             one->due_utc, day);
    char *action = is_nobody
                       ? sentence("The owner of the campaign names somebody who decides: rightful "
                                  "review show %s.",
                                  one->review)
                       : sentence("Ask %s, or let the owner of the campaign reassign the items: "
                                  "rightful review show %s.",
                                  one->reviewer, one->review);
    finding_text_take(text, summary, evidence, action);
}

const Control control_review_task_overdue = {
    .id = "review-task-overdue",
    .title = "Reviewer has undecided items past the due date",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_REVIEWS,
    .subject = SUBJECT_REVIEW,
    .thresholds = task_thresholds,
    .references = {.iso_2013 = "A.9.2.5", .iso_2022 = "5.18"},
    .evaluate = evaluate_review_task_overdue,
    .describe = describe_review_task_overdue,
};

/* ---- rights that were to go ---- */

static const ReviewedTask *task_at(const ControlContext *context, guint index)
{
    return &g_array_index(context->reviewed->tasks, ReviewedTask, index);
}

/* What every task's right looks like tonight. Free with g_free(). */
static RightHeld *tasks_held(const ControlContext *context)
{
    const GArray *tasks = context->reviewed->tasks;
    g_autofree RightAsked *asked = g_new0(RightAsked, (size_t)tasks->len + 1);
    for (guint i = 0; i < tasks->len; i++) {
        const ReviewedTask *task = task_at(context, i);
        asked[i] =
            (RightAsked){task->source, task->account_key, task->group_source, task->group_key};
    }
    return rights_held(context->snapshot, context->effective, asked, tasks->len);
}

/* An exception about a right that is not seen tonight, and may be there, stays as it is. */
static void leave_doubtful(ControlContext *context, const RightHeld *held)
{
    if (held->account != NONE && right_is_doubtful(context->snapshot, held))
        control_unjudged_subject(context, SUBJECT_ACCOUNT, held->account,
                                 "the right is not seen, but not every directory was read whole");
}

static uint64_t task_facts(const ControlContext *context, const ReviewedTask *task,
                           const RightHeld *held)
{
    uint64_t facts = right_facts(context, held->account, held->group, NULL, held->path);
    const char *const texts[] = {task->review, task->decision, task->reason, task->decided_by,
                                 task->decided_by_id};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        facts = mix_text(facts, texts[i]);
    facts = facts_mix(facts, (uint64_t)task->item);
    facts = facts_mix(facts, (uint64_t)task->verified_run);
    return facts_mix(facts, (uint64_t)task->decided_utc);
}

static void evidence_task(const ControlContext *context, const Finding *finding,
                          const ReviewedTask *task, json_t *evidence, GArray *hops)
{
    evidence_text(evidence, "review", task->review);
    json_object_set_new(evidence, "item", json_integer(task->item));
    evidence_text(evidence, "decision", task->decision);
    evidence_text(evidence, "reason", task->reason);
    evidence_text(evidence, "decided_by", task->decided_by_id);
    evidence_time(evidence, "decided", task->decided_utc);
    right_describe(context, finding, NULL, evidence, hops);
}

/* ---- revocation-not-executed ---- */

static const Threshold revocation_thresholds[] = {
    {"days", "Time to carry out what a review decided.", 7, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"privileged_hours", "The same for rights into a privileged group.", 24, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* What was gone once is right-regranted's. */
static void evaluate_revocation(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    int64_t privileged = control_limit(context->settings, context->control, "privileged_hours");
    g_autofree RightHeld *held = tasks_held(context);
    for (guint i = 0; i < context->reviewed->tasks->len; i++) {
        const ReviewedTask *task = task_at(context, i);
        if (task->verified_run > 0)
            continue;
        if (!held[i].is_held) {
            leave_doubtful(context, &held[i]);
            continue;
        }
        bool is_privileged = bitset_has(&context->governed->privileged, held[i].group);
        if (time_is_over(context, task->due_from_utc, is_privileged ? privileged : limit))
            control_report(context, SUBJECT_RIGHT, held[i].account, held[i].group,
                           person_of(context, held[i].account), 0, task->due_from_utc, i,
                           task_facts(context, task, &held[i]));
    }
}

static char *what_was_decided(const ReviewedTask *task)
{
    if (strcmp(task->decision, "keep-until") == 0)
        return sentence("the last day for which %s let it stay", task->decided_by);
    return sentence("%s decided to %s it", task->decided_by, task->decision);
}

static void describe_revocation(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    const ReviewedTask *task = task_at(context, finding->extra);
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    evidence_task(context, finding, task, evidence, hops);
    evidence_time(evidence, "due_from", task->due_from_utc);
    json_object_set_new(evidence, "privileged_group",
                        json_boolean(bitset_has(&context->governed->privileged, finding->object)));

    g_autofree char *decided = what_was_decided(task);
    g_autofree char *day = day_shown(context, task->due_from_utc - 1);
    char *summary =
        sentence("%s is still in %s %e after %s (%s, item %d, %s).",
                 account_shown(context, finding->subject), group_shown(context, finding->object),
                 finding->detail, decided, task->review, task->item, day);
    GString *action = g_string_new(NULL);
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " rightful review tasks %s shows it as LDIF.", task->review);
    finding_text_take(text, summary, evidence, g_string_free(action, FALSE));
}

const Control control_revocation_not_executed = {
    .id = "revocation-not-executed",
    .title = "Right that a review took away is still there",
    .severity = SEVERITY_HIGH,
    .needs = NEED_REVIEWS | NEED_DIRECTORY,
    .subject = SUBJECT_RIGHT,
    .thresholds = revocation_thresholds,
    .references = {.iso_2013 = "A.9.2.6", .iso_2022 = "5.18", .pci = "7.2.4"},
    .walks = true,
    .evaluate = evaluate_revocation,
    .describe = describe_revocation,
};

/* ---- right-regranted ---- */

static const Threshold regranted_thresholds[] = {
    {"days", "Time after the removal in which the right must not come back unapproved.", 90,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

typedef struct Renewal {
    const Approvals *approvals;
    int64_t after_utc;
    bool is_given;
} Renewal;

/* The approval that the review has overruled gives nothing back. Approvals have days, decisions
 * instants: one of the same day counts. */
static bool find_renewal(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Renewal *renewal = data;
    int64_t approved = renewal->approvals->approved_utc[approval];
    renewal->is_given |= verdict == APPROVAL_VALID && approved != TIME_UNKNOWN &&
                         approved + 86400 > renewal->after_utc;
    return !renewal->is_given;
}

static bool is_approved_anew(const ControlContext *context, const ReviewedTask *task,
                             const RightHeld *held)
{
    Renewal renewal = {&context->snapshot->approvals, task->decided_utc, false};
    approvals_of(context, held->group, held->account, person_of(context, held->account),
                 find_renewal, &renewal);
    return renewal.is_given;
}

static int64_t came_back(const ControlContext *context, const ReviewedTask *task)
{
    return task->returned_utc != TIME_UNKNOWN ? task->returned_utc : context->as_of_utc;
}

static void evaluate_regranted(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    g_autofree RightHeld *held = tasks_held(context);
    for (guint i = 0; i < context->reviewed->tasks->len; i++) {
        const ReviewedTask *task = task_at(context, i);
        if (task->verified_run == 0)
            continue;
        if (!held[i].is_held) {
            leave_doubtful(context, &held[i]);
            continue;
        }
        int64_t back = came_back(context, task);
        if (back - task->verified_utc <= limit && !is_approved_anew(context, task, &held[i]))
            control_report(context, SUBJECT_RIGHT, held[i].account, held[i].group,
                           person_of(context, held[i].account), 0, back, i,
                           task_facts(context, task, &held[i]));
    }
}

static void describe_regranted(const ControlContext *context, const Finding *finding,
                               FindingText *text)
{
    const ReviewedTask *task = task_at(context, finding->extra);
    uint32_t account = finding->subject, group = finding->object;
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *evidence = json_object();
    evidence_task(context, finding, task, evidence, hops);
    json_object_set_new(evidence, "verified_run", json_integer(task->verified_run));
    evidence_time(evidence, "verified", task->verified_utc);
    evidence_time(evidence, "returned", finding->detail);
    evidence_approvals(context, evidence, group, account, finding->person);

    const char *name = account_shown(context, account), *in = group_shown(context, group);
    g_autofree char *day = day_shown(context, task->verified_utc);
    char *summary = sentence("%s is in %s again: the review %s had it removed (decided by %s, "
                             "proven by run %d, %s), and nobody has approved it since.",
                             name, in, task->review, task->decided_by, task->verified_run, day);
    GString *action = g_string_new(NULL);
    action_cut(context, action, hops, account, group);
    sentence_append(action, " Or have it approved, or reviewed anew.");
    finding_text_take(text, summary, evidence, g_string_free(action, FALSE));
}

const Control control_right_regranted = {
    .id = "right-regranted",
    .title = "Right that a review took away is back without an approval",
    .severity = SEVERITY_HIGH,
    .needs = NEED_REVIEWS | NEED_DIRECTORY | NEED_APPROVALS,
    .subject = SUBJECT_RIGHT,
    .thresholds = regranted_thresholds,
    .references = {.iso_2013 = "A.9.2.2", .iso_2022 = "5.18"},
    .walks = true,
    .evaluate = evaluate_regranted,
    .describe = describe_regranted,
};
