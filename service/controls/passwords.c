/* passwords.c: how accounts prove who they are: weak settings, and old passwords of the privileged.
 */
#include "controls/catalogue.h"
#include "controls/evidence.h"

static const char *dn_or(const ControlContext *context, TextRef dn, const char *name)
{
    return dn != 0 ? snapshot_text(context->snapshot, dn) : name;
}

/* ---- account-flags-weak ---- */

typedef struct WeakFlag {
    uint32_t flag;          /* EntryFlags */
    const char *name, *bit; /* in the evidence; what Active Directory calls it */
    const char *words;      /* "svc-x …" */
} WeakFlag;

static const WeakFlag weak_flags[] = {
    {ENTRY_PASSWORD_NOT_REQUIRED, "password_not_required", "PASSWD_NOTREQD", "needs no password"},
    {ENTRY_PASSWORD_REVERSIBLE, "password_reversible", "ENCRYPTED_TEXT_PWD_ALLOWED",
     "keeps its password in a form that can be read back"},
    {ENTRY_PREAUTHENTICATION_OFF, "preauthentication_off", "DONT_REQ_PREAUTH",
     "needs no Kerberos preauthentication"},
    {ENTRY_DELEGATION_UNCONSTRAINED, "delegation_unconstrained", "TRUSTED_FOR_DELEGATION",
     "may act as everybody who logs on to it (unconstrained delegation)"},
    {ENTRY_PASSWORD_NEVER_EXPIRES, "password_never_expires", "DONT_EXPIRE_PASSWORD",
     "has a password that never expires"},
};

#define WEAK_FOR_ANYBODY                                                                           \
    ((uint32_t)(ENTRY_PASSWORD_NOT_REQUIRED | ENTRY_PASSWORD_REVERSIBLE |                          \
                ENTRY_PREAUTHENTICATION_OFF | ENTRY_DELEGATION_UNCONSTRAINED))

#define NOT_RECORDED                                                                               \
    "does not show how accounts prove who they are (userAccountControl of Active Directory)"

/* What is weak about a computer: domain controllers have to be trusted for delegation. */
static uint32_t weak_of_computer(uint32_t flags)
{
    return (flags & ENTRY_IS_DOMAIN_CONTROLLER) == 0
               ? flags & (uint32_t)ENTRY_DELEGATION_UNCONSTRAINED
               : 0;
}

static uint32_t weak_of_account(const ControlContext *context, uint32_t account)
{
    uint32_t flags = context->snapshot->accounts.flags[account];
    if (account_is_of(context, account, CLASS_BIT(CLASS_COMPUTER)))
        return weak_of_computer(flags);
    uint32_t weak = flags & WEAK_FOR_ANYBODY;
    if (account_is_of(context, account, CLASSES_OF_PEOPLE))
        weak |= flags & (uint32_t)ENTRY_PASSWORD_NEVER_EXPIRES;
    return weak;
}

/* extra: the flags. */
static void judge_accounts(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (context->judgement->usable[account] == STATE_NO)
            continue;
        if (accounts->enabled_by[account] != ENABLED_BY_UAC &&
            accounts->enabled_by[account] != ENABLED_BY_UNREADABLE) {
            unjudged_once(context, accounts->source[account], SAID_OTHER, NOT_RECORDED);
            continue;
        }
        if (!account_must_be_usable(context, account))
            continue;
        uint32_t weak = weak_of_account(context, account);
        if (weak != 0)
            control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account), 0,
                           0, weak, facts_mix(account_facts(context, account), weak));
    }
}

static void judge_computers(ControlContext *context)
{
    const Computers *computers = &context->snapshot->computers;
    for (uint32_t computer = 0; computer < computers->n; computer++) {
        uint32_t weak = weak_of_computer(computers->flags[computer]);
        if (weak != 0 && computer_must_be_usable(context, computer))
            control_report(context, SUBJECT_COMPUTER, computer, NONE, NONE, 0, 0, weak,
                           facts_text(context, weak, computers->hostname[computer]));
    }
}

static void evaluate_flags_weak(ControlContext *context)
{
    judge_accounts(context);
    judge_computers(context);
}

static void tell_subject(const ControlContext *context, const Finding *finding, json_t *evidence)
{
    const Computers *computers = &context->snapshot->computers;
    if (finding->subject_type == SUBJECT_ACCOUNT) {
        evidence_account(context, evidence, finding->subject);
        evidence_privileged(context, evidence, finding->subject);
        return;
    }
    evidence_ref(context, evidence, "hostname", computers->hostname[finding->subject]);
    evidence_state(evidence, "enabled", (State)computers->enabled[finding->subject]);
    evidence_text(evidence, "source",
                  context->snapshot->sources[computers->source[finding->subject]].name);
}

static void describe_flags_weak(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    bool is_account = finding->subject_type == SUBJECT_ACCOUNT;
    Principal subject =
        principal_of(is_account ? PRINCIPAL_ACCOUNT : PRINCIPAL_COMPUTER, finding->subject);
    const char *name = member_shown(context, subject);
    TextRef dn = is_account ? snapshot->accounts.dn[finding->subject]
                            : snapshot->computers.dn[finding->subject];
    json_t *evidence = json_object(), *flags = json_array();
    g_autoptr(GString) bits = g_string_new(NULL);
    GString *summary = g_string_new(NULL);
    uint32_t rest = finding->extra;
    sentence_append(summary, "%s ", name);
    for (size_t i = 0; i < G_N_ELEMENTS(weak_flags); i++) {
        const WeakFlag *weak = &weak_flags[i];
        if ((finding->extra & weak->flag) == 0)
            continue;
        rest &= ~weak->flag;
        json_array_append_new(flags, json_string(weak->name));
        const char *between = bits->len == 0 ? "" : rest == 0 ? " and " : ", ";
        sentence_append(summary, "%s%s", between, weak->words);
        g_string_append_printf(bits, "%s%s", between, weak->bit);
    }
    g_string_append_c(summary, '.');
    json_object_set_new(evidence, "flags", flags);
    tell_subject(context, finding, evidence);
    finding_text_take(
        text, g_string_free(summary, FALSE), evidence,
        sentence("Take %s out of userAccountControl of %s.", bits->str, dn_or(context, dn, name)));
}

const Control control_account_flags_weak = {
    .id = "account-flags-weak",
    .title = "Account proves weakly who it is",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.4.3", .iso_2022 = "5.17"},
    .evaluate = evaluate_flags_weak,
    .describe = describe_flags_weak,
};

/* ---- privileged-password-old ---- */

static const Threshold password_thresholds[] = {
    {"days", "Age of the password of a privileged account.", 365, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Which sources show when any password was set. */
static void find_recording(const Snapshot *snapshot, bool records[256])
{
    const Accounts *accounts = &snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++)
        records[accounts->source[account]] |=
            accounts->password_changed_utc[account] != TIME_UNKNOWN;
}

static void password_unknown(ControlContext *context, uint32_t account, bool is_recorded)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint8_t source = accounts->source[account];
    bool is_unreadable = (accounts->flags[account] & ENTRY_PASSWORD_CHANGED_UNREADABLE) != 0;
    if (!is_recorded && !is_unreadable) {
        unjudged_once(context, source, SAID_OTHER, "does not record when passwords were set");
        return;
    }
    g_autofree char *reason =
        g_strdup_printf("%s: when the password was set %s", context->snapshot->sources[source].name,
                        is_unreadable ? "could not be read" : "is not recorded for the account");
    control_unjudged_subject(context, SUBJECT_ACCOUNT, account, reason);
}

static void evaluate_password_old(ControlContext *context)
{
    unjudged_privileged_names(context);
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Accounts *accounts = &context->snapshot->accounts;
    bool records[256] = {false};
    find_recording(context->snapshot, records);
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_privileged(context, account) ||
            !account_is_of(context, account, CLASSES_OF_PEOPLE | CLASSES_WITH_OWNER) ||
            !account_must_be_usable(context, account))
            continue;
        int64_t changed = accounts->password_changed_utc[account];
        if (changed == TIME_UNKNOWN)
            password_unknown(context, account, records[accounts->source[account]]);
        else if (time_is_over(context, changed, limit))
            control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account), 0,
                           changed, 0, account_facts(context, account));
    }
}

static void describe_password_old(const ControlContext *context, const Finding *finding,
                                  FindingText *text)
{
    TextRef dn = context->snapshot->accounts.dn[finding->subject];
    const char *name = account_shown(context, finding->subject);
    json_t *evidence = json_object();
    evidence_time(evidence, "password_changed", finding->detail);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary = sentence("%s is privileged and its password was set %e ago (%s, %s).", name,
                             finding->detail, day, context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Have the password of %s changed, wherever it is stored.",
                               dn_or(context, dn, name)));
}

const Control control_privileged_password_old = {
    .id = "privileged-password-old",
    .title = "Privileged account has an old password",
    .severity = SEVERITY_MEDIUM,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = password_thresholds,
    .references = {.iso_2013 = "A.9.4.3", .iso_2022 = "5.17", .pci = "8.6.3"},
    .evaluate = evaluate_password_old,
    .describe = describe_password_old,
};
