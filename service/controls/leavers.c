/* leavers.c: people who have left, and what they left behind. */
#include "controls/catalogue.h"
#include "base/times.h"
#include "controls/leavers.h"
#include "controls/rights.h"

#define LEAVER_REASON_AMBIGUOUS "several people match the account, one of them has left"

uint32_t leaver_of(ControlContext *context, uint32_t account)
{
    if (!account_is_of(context, account, CLASSES_OF_PEOPLE))
        return NONE;
    uint32_t person = person_of(context, account);
    if (person_has_left(context, person))
        return person;
    /* A disabled account is no subject of leaver-active, but still one of the others. */
    if (context->judgement->usable[account] == STATE_NO &&
        context->control == &control_leaver_active)
        return NONE;
    if (person_is_unread(context->snapshot, person))
        control_unjudged_subject(context, context->control->subject, account, REASON_PERSON_UNREAD);
    else if (ambiguous_with_leaver(context, account))
        control_unjudged_subject(context, context->control->subject, account,
                                 LEAVER_REASON_AMBIGUOUS);
    return NONE;
}

uint64_t leaver_hash(const ControlContext *context, uint32_t account, uint32_t person)
{
    const Accounts *accounts = &context->snapshot->accounts;
    const People *people = &context->snapshot->people;
    uint32_t speaking = person_speaking(context->snapshot, person);
    uint64_t facts =
        facts_mix(links_made_by_hash(context->links, account), privileged_hash(context, account)) ^
        disabled_hash(context, account);
    facts =
        facts_mix(facts, (uint64_t)accounts->enabled[account] << 8 | accounts->enabled_by[account]);
    facts = facts_mix(facts, (uint64_t)context->classes[account]);
    facts = facts_mix(facts, (uint64_t)accounts->expires_utc[account]);
    facts = facts_mix(facts, (uint64_t)(uint32_t)people->last_day[speaking] << 32 |
                                 (uint32_t)people->end_day[speaking]);
    facts = facts_mix(facts, (uint64_t)people->gone_since_run[speaking]);
    facts = facts_text(context, facts, people->status_text[speaking]);
    return facts_text(context, facts, people->timezone[speaking]);
}

void leaver_tell(const ControlContext *context, const Finding *finding, json_t *evidence)
{
    evidence_person(context, evidence, finding->person);
    evidence_account(context, evidence, finding->subject);
}

/* ---- leaver-active ---- */

static const Threshold leaver_active_thresholds[] = {
    {"hours", "Time between the end of the last working day and the end of access.", 24, 0, 4,
     THRESHOLD_SAME, THRESHOLD_SAME, 24},
    {"privileged_hours", "The same for privileged accounts and for accounts of class admin.", 4, 0,
     4, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_leaver_active(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "hours");
    int64_t privileged_limit =
        control_limit(context->settings, context->control, "privileged_hours");
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        uint32_t person = leaver_of(context, account);
        if (person == NONE)
            continue;
        bool is_strict =
            account_is_privileged(context, account) || context->classes[account] == CLASS_ADMIN;
        int64_t left = context->judgement->left_utc[person];
        if (!time_is_over(context, left, is_strict ? privileged_limit : limit) ||
            !account_must_be_usable(context, account))
            continue;
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0, left, 0,
                       leaver_hash(context, account, person));
    }
}

static void describe_leaver_active(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    json_t *evidence = json_object();
    leaver_tell(context, finding, evidence);
    evidence_privileged(context, evidence, finding->subject);

    const char *name = account_shown(context, finding->subject);
    g_autofree char *end = person_end_shown(context, finding->person);
    /* The end is in visible form already, which is the visible form of itself. */
    char *summary = finding->detail != TIME_UNKNOWN
                        ? sentence("%s is still enabled %e after %s.", name, finding->detail, end)
                        : sentence("%s is still enabled although %s.", name, end);
    TextRef dn = context->snapshot->accounts.dn[finding->subject];
    finding_text_take(
        text, summary, evidence,
        sentence("Disable the account %s.", dn != 0 ? snapshot_text(context->snapshot, dn) : name));
}

const Control control_leaver_active = {
    .id = "leaver-active",
    .title = "Account of a person who has left can still be used",
    .severity = SEVERITY_HIGH,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = leaver_active_thresholds,
    .references = {.iso_2013 = "A.9.2.6 A.7.3.1",
                   .iso_2022 = "5.18 6.5",
                   .nist = "AC-2(3) PS-4",
                   .pci = "8.2.5",
                   .soc2 = "CC6.2"},
    .evaluate = evaluate_leaver_active,
    .describe = describe_leaver_active,
};

/* ---- leaver-logon ---- */

static void evaluate_leaver_logon(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        uint32_t person = leaver_of(context, account);
        if (person == NONE || !account_last_use_known(context, account))
            continue;
        int64_t left = context->judgement->left_utc[person],
                used = accounts->last_logon_utc[account];
        if (used == TIME_NEVER)
            continue;
        if (left == TIME_UNKNOWN) {
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account,
                                     "it is not known when the person left");
            continue;
        }
        /* The recorded time may be too old, never too new: it is the lower bound of the last use.
         */
        if (used > left)
            control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0, used, 0,
                           facts_mix(leaver_hash(context, account, person),
                                     accounts->last_logon_slack[account]));
    }
}

static void describe_leaver_logon(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    json_t *evidence = json_object();
    leaver_tell(context, finding, evidence);
    evidence_last_use(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);

    g_autofree char *end = person_end_shown(context, finding->person);
    g_autofree char *day = day_shown(context, finding->detail);
    g_autofree char *after =
        elapsed_text(finding->detail - context->judgement->left_utc[finding->person]);
    char *summary = sentence("%s was used on %s (%s), at least %s after %s.",
                             account_shown(context, finding->subject), day,
                             context->settings->timezone_name, after, end);
    bool is_usable = context->judgement->usable[finding->subject] != STATE_NO;
    char *action = sentence("%sFind out who used %s after that day and what was done with it, then "
                            "decide on this exception.",
                            is_usable ? "Disable the account. " : "",
                            account_shown(context, finding->subject));
    finding_text_take(text, summary, evidence, action);
}

const Control control_leaver_logon = {
    .id = "leaver-logon",
    .title = "Account was used after its person left",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.6 A.16.1.2", .iso_2022 = "5.18 6.8", .nist = "AC-2(12)"},
    .evaluate = evaluate_leaver_logon,
    .describe = describe_leaver_logon,
};

/* ---- leaver-rights ---- */

static const Threshold leaver_rights_thresholds[] = {
    {"days", "Time between the end of the last working day and the end of rights.", 30,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {"privileged_hours", "The same for rights through a privileged group.", 24, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Leavers' accounts that are not usable; one in an unknown state counts: a right stands until the
 * account is proven dead. The usable ones are leaver-active's. */
static Bitset dead_leavers(ControlContext *context, uint32_t *ret_n)
{
    Bitset leavers = bitset_new(context->snapshot->accounts.n);
    *ret_n = 0;
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (leaver_of(context, account) == NONE || context->judgement->usable[account] == STATE_YES)
            continue;
        bitset_add(&leavers, account);
        (*ret_n)++;
    }
    return leavers;
}

typedef struct LeaverLimits {
    int64_t seconds, privileged_seconds;
} LeaverLimits;

static void judge_leaver_right(ControlContext *context, uint32_t account, uint32_t group,
                               GovernedKind kind, void *data)
{
    const LeaverLimits *limits = data;
    uint32_t person = person_of(context, account);
    int64_t left = context->judgement->left_utc[person];
    bool is_privileged = bitset_has(&context->governed->privileged, group);
    if (!time_is_over(context, left, is_privileged ? limits->privileged_seconds : limits->seconds))
        return;
    uint64_t facts = facts_mix(leaver_hash(context, account, person),
                               effective_path_hash(context->effective, account));
    facts ^= granted_hash(context, account, group, governed_kind(context->governed, kind));
    control_report(context, SUBJECT_RIGHT, account, group, person, 0, left, kind, facts);
}

static void evaluate_leaver_rights(ControlContext *context)
{
    unjudged_governed_names(context);
    LeaverLimits limits = {.seconds = control_limit(context->settings, context->control, "days"),
                           .privileged_seconds = control_limit(context->settings, context->control,
                                                               "privileged_hours")};
    uint32_t n_leavers = 0;
    g_auto(Bitset) leavers = dead_leavers(context, &n_leavers);
    if (n_leavers > 0)
        rights_visit(context, &leavers, judge_leaver_right, &limits);
}

static void describe_leaver_rights(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    json_t *evidence = json_object();
    leaver_tell(context, finding, evidence);
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    json_t *path =
        evidence_path(context, finding->subject, finding->object,
                      governed_stops(context->governed, (GovernedKind)finding->extra), hops);
    json_object_set_new(evidence, "path", path);
    evidence_granted(context, evidence, hops);
    json_object_set_new(evidence, "privileged_group",
                        json_boolean(bitset_has(&context->governed->privileged, finding->object)));

    const char *name = account_shown(context, finding->subject),
               *group = group_shown(context, finding->object);
    g_autofree char *end = person_end_shown(context, finding->person);
    char *summary =
        finding->detail != TIME_UNKNOWN
            ? sentence("%s is still in %s %e after %s.", name, group, finding->detail, end)
            : sentence("%s is still in %s although %s.", name, group, end);
    GString *action = g_string_new(NULL);
    action_cut(context, action, hops, finding->subject, finding->object);
    finding_text_take(text, summary, evidence, g_string_free(action, FALSE));
}

const Control control_leaver_rights = {
    .id = "leaver-rights",
    .title = "Disabled account of a person who has left still has governed rights",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_RIGHT,
    .thresholds = leaver_rights_thresholds,
    .references = {.iso_2013 = "A.9.2.6", .iso_2022 = "5.18 8.2", .nist = "PS-4"},
    .walks = true,
    .evaluate = evaluate_leaver_rights,
    .describe = describe_leaver_rights,
};

/* ---- contractor-expired ---- */

static const Threshold contractor_thresholds[] = {
    {"days", "Time between the end of the contract and the end of access.", 0, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_contractor_expired(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Snapshot *snapshot = context->snapshot;
    g_auto(Bitset) expired = bitset_new(snapshot->people.n);
    for (uint32_t person = 0; person < snapshot->people.n; person++) {
        if (people_successor(&snapshot->people, person) != NONE ||
            !person_is_contractor(snapshot, person))
            continue;
        int64_t end = person_contract_end(context, person);
        if (end != TIME_UNKNOWN && time_is_over(context, end, limit))
            bitset_add(&expired, person);
    }
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        uint32_t person = person_speaking(snapshot, person_of(context, account));
        if (person_is_unread(snapshot, person) &&
            account_is_of(context, account, CLASSES_OF_PEOPLE))
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account, REASON_PERSON_UNREAD);
        if (person == NONE || !bitset_has(&expired, person) ||
            !account_is_of(context, account, CLASSES_OF_PEOPLE) ||
            !account_must_be_usable(context, account))
            continue;
        uint64_t facts = leaver_hash(context, account, person);
        facts = facts_text(context, facts, snapshot->people.sponsor_id[person]);
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0,
                       person_contract_end(context, person), 0,
                       facts_text(context, facts, snapshot->people.kind[person]));
    }
}

static void describe_contractor_expired(const ControlContext *context, const Finding *finding,
                                        FindingText *text)
{
    const People *people = &context->snapshot->people;
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "kind", people->kind[finding->person]);
    evidence_day(evidence, "end_date", people->end_day[finding->person]);
    evidence_day(evidence, "last_working_day", people->last_day[finding->person]);
    evidence_text(evidence, "timezone", person_zone(context, finding->person));
    evidence_ref(context, evidence, "sponsor_id", people->sponsor_id[finding->person]);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);

    bool is_end_date = people->end_day_end_utc[finding->person] == finding->detail;
    g_autofree char *day = day_to_text(is_end_date ? people->end_day[finding->person]
                                                   : people->last_day[finding->person]);
    char *summary = sentence("%s is still enabled %e after the contract of %s ended (%s, %s).",
                             account_shown(context, finding->subject), finding->detail,
                             person_shown(context, finding->person), day,
                             person_zone(context, finding->person));
    char *action =
        sentence("Disable the account, or have the contract's new end recorded in the roster.");
    finding_text_take(text, summary, evidence, action);
}

const Control control_contractor_expired = {
    .id = "contractor-expired",
    .title = "Account can still be used after the contract ended",
    .severity = SEVERITY_HIGH,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = contractor_thresholds,
    .references = {.iso_2013 = "A.15.1.1 A.9.2.6",
                   .iso_2022 = "5.19 5.18",
                   .nist = "PS-7",
                   .pci = "8.2.7"},
    .evaluate = evaluate_contractor_expired,
    .describe = describe_contractor_expired,
};
