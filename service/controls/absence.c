/* absence.c: people who are gone or away, and since when, by what earlier runs saw. */
#include "controls/catalogue.h"
#include "controls/leavers.h"

/* ---- leaver-late ---- */

static const Threshold leaver_late_thresholds[] = {
    {"hours", "Time between the end of the last working day and the closing of the account.", 24, 0,
     4, THRESHOLD_SAME, THRESHOLD_SAME, 24},
    {.name = NULL},
};

#define REASON_CLOSED_BEFORE                                                                       \
    "the account was closed already when it was first seen, and it is not recorded when"
#define REASON_LEFT_UNKNOWN "it is not known when the person left"

/* When an account stopped being usable: after one instant, and not later than the other.
 * TIME_UNKNOWN: nothing is known of that end. */
typedef struct Closing {
    int64_t after_utc, until_utc;
    bool is_exact;    /* the directory records that it was at until_utc */
    bool is_expiry;   /* and it is the expiry date, not the lock */
    int64_t left_utc; /* from when the time counts */
} Closing;

/* A recorded instant counts only inside of what the runs saw: a date that was set back later, or
 * the time of another change of the same attribute, is not when the account was closed. */
static bool take_recorded(Closing *closing, int64_t utc)
{
    bool is_before = closing->after_utc != TIME_UNKNOWN && utc <= closing->after_utc;
    bool is_behind = closing->until_utc != TIME_UNKNOWN && utc > closing->until_utc;
    if (is_before || is_behind)
        return false;
    closing->until_utc = utc;
    return true;
}

/* Disabled then, or earlier: exact only if it was still usable before. */
static void take_disabled(const ControlContext *context, uint32_t account, Closing *closing)
{
    int64_t utc = TIME_UNKNOWN;
    if (context->snapshot->accounts.enabled[account] == STATE_NO &&
        times_disabled(context->times, context->snapshot, account, &utc) == TIMES_RECORDED &&
        take_recorded(closing, utc))
        closing->is_exact = closing->after_utc != TIME_UNKNOWN;
}

/* Not exact where the account may have been disabled before it expired. */
static void take_expiry(const ControlContext *context, uint32_t account, Closing *closing)
{
    const Accounts *accounts = &context->snapshot->accounts;
    int64_t utc = accounts->expires_utc[account];
    if (utc == TIME_UNKNOWN || utc == TIME_NEVER || utc > context->as_of_utc ||
        !take_recorded(closing, utc))
        return;
    closing->is_exact |= accounts->enabled[account] == STATE_YES;
    closing->is_expiry = true;
}

static Closing closing_of(const ControlContext *context, uint32_t account)
{
    const uint8_t *source_of = context->snapshot->accounts.source;
    const StoppedAccount *stopped = memory_stopped(context->memory, account);
    Closing closing = {.after_utc = TIME_UNKNOWN, .until_utc = TIME_UNKNOWN};
    if (stopped != NULL) {
        closing.after_utc = stopped->last_usable_utc;
        closing.until_utc = stopped->first_unusable_utc;
    } else {
        closing.until_utc = context->memory->source_since_utc[source_of[account]];
    }
    take_disabled(context, account, &closing);
    take_expiry(context, account, &closing);
    return closing;
}

/* From when the time counts: the end of the last working day; where nobody knows it, the first run
 * that saw the status "left". TIME_UNKNOWN: nothing is known at all. */
static int64_t counts_from(const ControlContext *context, uint32_t person)
{
    int64_t left = context->judgement->left_utc[person];
    uint32_t speaking = person_speaking(context->snapshot, person);
    if (left != TIME_UNKNOWN || context->snapshot->people.status[speaking] != PERSON_STATUS_LEFT)
        return left;
    const MovedPerson *moved = memory_moved(context->memory, speaking, MOVED_STATUS);
    return moved != NULL ? moved->first_after_utc : TIME_UNKNOWN;
}

/* Late only for certain: closed at a recorded instant after the limit, or still usable after it. An
 * interval that the limit falls into passes: no run after the limit saw the account open. */
static State is_late(const Closing *closing, int64_t limit)
{
    if (closing->is_exact)
        return closing->until_utc - closing->left_utc > limit ? STATE_YES : STATE_NO;
    if (closing->after_utc != TIME_UNKNOWN)
        return limit_is_over(closing->after_utc - closing->left_utc, limit) ? STATE_YES : STATE_NO;
    bool was_closed_in_time =
        closing->until_utc != TIME_UNKNOWN && closing->until_utc - closing->left_utc <= limit;
    return was_closed_in_time ? STATE_NO : STATE_UNKNOWN;
}

static uint64_t closing_hash(const Closing *closing)
{
    uint64_t hash = facts_mix((uint64_t)closing->after_utc, (uint64_t)closing->until_utc);
    return facts_mix(hash, closing->is_exact ? 1 + (uint64_t)closing->is_expiry : 0);
}

static void judge_late(ControlContext *context, uint32_t account, int64_t limit)
{
    uint32_t person = leaver_of(context, account);
    if (person == NONE)
        return;
    Closing closing = closing_of(context, account);
    closing.left_utc = counts_from(context, person);
    State late = closing.left_utc != TIME_UNKNOWN ? is_late(&closing, limit) : STATE_UNKNOWN;
    if (late == STATE_UNKNOWN)
        control_unjudged_subject(context, SUBJECT_ACCOUNT, account,
                                 closing.left_utc == TIME_UNKNOWN ? REASON_LEFT_UNKNOWN
                                                                  : REASON_CLOSED_BEFORE);
    if (late == STATE_YES)
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person, 0, closing.left_utc, 0,
                       facts_mix(leaver_hash(context, account, person), closing_hash(&closing)));
}

static void evaluate_leaver_late(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "hours");
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (context->judgement->usable[account] == STATE_NO)
            judge_late(context, account, limit);
    }
}

static void tell_closing(const Closing *closing, json_t *evidence)
{
    evidence_time(evidence, "last_seen_usable", closing->after_utc);
    if (!closing->is_exact) {
        evidence_time(evidence, "closed_not_later_than", closing->until_utc);
        return;
    }
    evidence_time(evidence, "closed_at", closing->until_utc);
    evidence_text(evidence, "closed_by", closing->is_expiry ? "its expiry date" : "being disabled");
}

static void describe_leaver_late(const ControlContext *context, const Finding *finding,
                                 FindingText *text)
{
    json_t *evidence = json_object();
    Closing closing = closing_of(context, finding->subject);
    leaver_tell(context, finding, evidence);
    tell_closing(&closing, evidence);
    evidence_privileged(context, evidence, finding->subject);

    int64_t when = closing.is_exact ? closing.until_utc : closing.after_utc;
    const char *name = account_shown(context, finding->subject);
    g_autofree char *late = elapsed_text(when - finding->detail);
    g_autofree char *end = person_end_shown(context, finding->person);
    bool is_end_known = context->judgement->left_utc[finding->person] != TIME_UNKNOWN;
    GString *summary = g_string_new(NULL);
    sentence_append(summary,
                    closing.is_exact ? "%s was closed only %s after "
                                     : "%s could still be used %s after ",
                    name, late);
    sentence_append(summary, is_end_known ? "%s." : "the first run that saw the status: %s.", end);
    char *action = sentence("Find out why %s was not closed in time and whether it was used "
                            "meanwhile, then decide on this exception.",
                            name);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, action);
}

const Control control_leaver_late = {
    .id = "leaver-late",
    .title = "Account of a person who has left was closed too late",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_DIRECTORY | NEED_MEMORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = leaver_late_thresholds,
    .references = {.iso_2013 = "A.9.2.6", .iso_2022 = "5.18", .soc2 = "CC6.3"},
    .evaluate = evaluate_leaver_late,
    .describe = describe_leaver_late,
};

/* ---- leave-active ---- */

static const Threshold leave_active_thresholds[] = {
    {"days", "Time on leave after which no account should be usable.", 30, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Since when runs have seen the person on leave; NULL = not on leave, or nobody knows. */
static const MovedPerson *on_leave(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    if (people->status[person] != PERSON_STATUS_LEAVE || person_has_left(context, person) ||
        people_successor(people, person) != NONE)
        return NULL;
    return memory_moved(context->memory, person, MOVED_STATUS);
}

/* Those accounts of the person that somebody on leave should not be able to use. */
static GArray *open_accounts(const ControlContext *context, uint32_t person)
{
    const Links *links = context->links;
    GArray *open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        if (context->judgement->usable[account] != STATE_NO &&
            account_is_of(context, account, CLASSES_OF_PEOPLE))
            g_array_append_val(open, account);
    }
    return open;
}

static void judge_leave(ControlContext *context, uint32_t person, const MovedPerson *moved)
{
    const Accounts *accounts = &context->snapshot->accounts;
    g_autoptr(GArray) open = open_accounts(context, person);
    uint64_t facts = (uint64_t)moved->last_before_utc;
    bool is_open = false;
    for (guint i = 0; i < open->len; i++) {
        uint32_t account = g_array_index(open, uint32_t, i);
        is_open |= context->judgement->usable[account] == STATE_YES;
        /* A sum: the order of accounts must not matter. */
        facts += facts_text(context, account_facts(context, account), accounts->name[account]);
    }
    if (is_open)
        control_report(context, SUBJECT_PERSON, person, NONE, person, 0, moved->first_after_utc, 0,
                       facts);
    else if (open->len > 0)
        control_unjudged_subject(context, SUBJECT_PERSON, person,
                                 "whether an account of the person is enabled is not known");
}

static void evaluate_leave_active(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    for (uint32_t person = 0; person < context->snapshot->people.n; person++) {
        const MovedPerson *moved = on_leave(context, person);
        if (moved != NULL && time_is_over(context, moved->first_after_utc, limit))
            judge_leave(context, person, moved);
    }
}

static json_t *tell_open(const ControlContext *context, uint32_t person, GString *names)
{
    g_autoptr(GArray) open = open_accounts(context, person);
    json_t *list = json_array();
    for (guint i = 0; i < open->len; i++) {
        uint32_t account = g_array_index(open, uint32_t, i);
        const char *name = account_shown(context, account);
        json_t *row = json_object();
        evidence_text(row, "account", name);
        evidence_account(context, row, account);
        json_array_append_new(list, row);
        if (context->judgement->usable[account] == STATE_YES)
            sentence_append(names, names->len > 0 ? ", %s" : "%s", name);
    }
    return list;
}

static void describe_leave_active(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    const People *people = &context->snapshot->people;
    const MovedPerson *moved = memory_moved(context->memory, finding->subject, MOVED_STATUS);
    g_autoptr(GString) names = g_string_new(NULL);
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "status", people->status_text[finding->subject]);
    evidence_time(evidence, "first_seen_on_leave", moved->first_after_utc);
    evidence_time(evidence, "last_seen_otherwise", moved->last_before_utc);
    json_object_set_new(evidence, "accounts", tell_open(context, finding->subject, names));

    const char *name = person_shown(context, finding->subject);
    char *summary = sentence("%s has been on leave for at least %e and can still use %s.", name,
                             finding->detail, names->str);
    char *action =
        sentence("Disable %s until %s is back, or have the return recorded in the roster.",
                 names->str, name);
    finding_text_take(text, summary, evidence, action);
}

const Control control_leave_active = {
    .id = "leave-active",
    .title = "Person on long leave has an account that can be used",
    .severity = SEVERITY_LOW,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS | NEED_MEMORY,
    .subject = SUBJECT_PERSON,
    .thresholds = leave_active_thresholds,
    .references = {.iso_2013 = "A.9.2.6", .iso_2022 = "5.18"},
    .evaluate = evaluate_leave_active,
    .describe = describe_leave_active,
};
