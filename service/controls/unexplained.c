/* unexplained.c: accounts that came into being, and nobody joined or approved them. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"

#define DAY_SECONDS INT64_C(86400)

static const Threshold unexplained_thresholds[] = {
    {"days",
     "Time between the creation of an account and the start date or approval that explains it.", 5,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Is the instant at most limit away from the day that begins then? */
static bool is_around(int64_t utc, int64_t day_begins_utc, int64_t limit)
{
    if (day_begins_utc == TIME_UNKNOWN)
        return false;
    return utc >= day_begins_utc - limit && utc <= day_begins_utc + DAY_SECONDS + limit;
}

static bool is_created_known(const Accounts *accounts, uint32_t account)
{
    return accounts->created_utc[account] != TIME_UNKNOWN &&
           accounts->created_utc[account] != TIME_NEVER;
}

/* An approval of whatever right: somebody knew of the account then. Without a day it was always
 * there. */
static void explain_by(const ControlContext *context, uint32_t approval, uint32_t account,
                       int64_t limit, Bitset *explained)
{
    const Snapshot *snapshot = context->snapshot;
    int64_t approved = snapshot->approvals.approved_utc[approval];
    uint32_t person = person_speaking(snapshot, person_of(context, account));
    ApprovalVerdict verdict = approval_verdict(context, approval, account, person);
    if (verdict != APPROVAL_WITHOUT_APPROVER && verdict != APPROVAL_BY_SUBJECT &&
        (approved == TIME_UNKNOWN ||
         is_around(snapshot->accounts.created_utc[account], approved, limit)))
        bitset_add(explained, account);
}

static Bitset explained_by_approvals(const ControlContext *context, int64_t limit)
{
    const Snapshot *snapshot = context->snapshot;
    const Approvals *approvals = &snapshot->approvals;
    const Links *links = context->links;
    Bitset explained = bitset_new(snapshot->accounts.n);
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t approval = 0; approval < approvals->n; approval++) {
        g_array_set_size(accounts, 0);
        if (approvals->account[approval] != 0)
            snapshot_find_accounts(snapshot, snapshot_text(snapshot, approvals->account[approval]),
                                   accounts);
        for (guint i = 0; i < accounts->len; i++)
            explain_by(context, approval, g_array_index(accounts, uint32_t, i), limit, &explained);
        if (approvals->person_id[approval] == 0)
            continue;
        uint32_t person = person_speaking(
            snapshot, snapshot_find_person(
                          snapshot, snapshot_text(snapshot, approvals->person_id[approval])));
        for (uint32_t i = person != NONE ? links->first_account[person] : 0;
             person != NONE && i < links->first_account[person + 1]; i++)
            explain_by(context, approval, links->person_accounts[i], limit, &explained);
    }
    return explained;
}

/* Why it cannot be told; NULL when it can. */
static const char *doubt_about(const ControlContext *context, uint32_t account)
{
    if (!is_created_known(&context->snapshot->accounts, account))
        return "it is not known when the account was created";
    if (context->links->person_link[account] == PERSON_LINK_AMBIGUOUS)
        return "several people match the account, one of them may have joined then";
    if (person_is_unread(context->snapshot, person_of(context, account)))
        return REASON_PERSON_UNREAD;
    return NULL;
}

static void judge_creation(ControlContext *context, uint32_t account, int64_t limit)
{
    const Snapshot *snapshot = context->snapshot;
    const char *doubt = doubt_about(context, account);
    if (doubt != NULL) {
        control_unjudged_subject(context, SUBJECT_ACCOUNT, account, doubt);
        return;
    }
    int64_t created = snapshot->accounts.created_utc[account];
    uint32_t person = person_speaking(snapshot, person_of(context, account));
    int64_t start = person != NONE ? snapshot->people.start_utc[person] : TIME_UNKNOWN;
    if (!time_is_over(context, created, limit) || is_around(created, start, limit))
        return;
    control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0, created, 0,
                   facts_mix(account_facts(context, account), (uint64_t)start));
}

static void evaluate_unexplained(ControlContext *context)
{
    if (!sources_configured(context->snapshot, PROVIDES_APPROVALS)) {
        control_unjudged(context, "no approvals source is configured");
        return;
    }
    int64_t limit = control_limit(context->settings, context->control, "days");
    g_auto(Bitset) explained = explained_by_approvals(context, limit);
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (account_is_of(context, account, CLASSES_OF_PEOPLE) &&
            !bitset_has(&explained, account) && account_must_be_usable(context, account))
            judge_creation(context, account, limit);
    }
}

static void describe_unexplained(const ControlContext *context, const Finding *finding,
                                 FindingText *text)
{
    const char *name = account_shown(context, finding->subject);
    json_t *evidence = json_object();
    evidence_time(evidence, "created", finding->detail);
    if (finding->person != NONE)
        evidence_day(evidence, "start_date", context->snapshot->people.start_day[finding->person]);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary = sentence("%s was created %e ago (%s, %s), and nobody who has it joined then, "
                             "nor did anybody approve it.",
                             name, finding->detail, day, context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Find out who created %s and for whom; have it approved, or disable "
                               "it.",
                               name));
}

const Control control_account_unexplained = {
    .id = "account-unexplained",
    .title = "Account was created without a joiner or an approval",
    .severity = SEVERITY_MEDIUM,
    .is_initially_off = true,
    .needs = NEED_PEOPLE | NEED_DIRECTORY | NEED_APPROVALS,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = unexplained_thresholds,
    .references = {.iso_2013 = "A.9.2.2", .iso_2022 = "5.18", .pci = "8.2.4"},
    .evaluate = evaluate_unexplained,
    .describe = describe_unexplained,
};
