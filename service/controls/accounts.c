/* accounts.c: accounts that belong to nobody, to too many, or that nobody uses. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

static const char *dn_or_name(const ControlContext *context, uint32_t account)
{
    TextRef dn = context->snapshot->accounts.dn[account];
    return dn != 0 ? snapshot_text(context->snapshot, dn) : account_shown(context, account);
}

/* ---- orphaned-account ---- */

static uint64_t orphan_facts(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint64_t facts =
        facts_text(context, account_facts(context, account), accounts->employee_id[account]);
    facts = facts_text(context, facts, accounts->mail[account]);
    facts = facts_text(context, facts, accounts->display_name[account]);
    facts = facts_text(context, facts, accounts->owner_text[account]);
    return facts_mix(facts, (uint64_t)accounts->created_utc[account]);
}

static void evaluate_orphaned(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASSES_OF_PEOPLE) ||
            context->links->person_link[account] != PERSON_LINK_NONE ||
            !account_must_be_usable(context, account))
            continue;
        OwnerVerdict owner = owner_judge(context, &context->links->account_owner[account],
                                         accounts->owner_text[account], false);
        if (owner.state == OWNER_STATE_UNKNOWN)
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account, owner.reason);
        else if (owner.state == OWNER_STATE_EMPTY || owner.state == OWNER_STATE_NOBODY)
            control_report(context, SUBJECT_ACCOUNT, account, NONE, NONE, 0, 0, 0,
                           orphan_facts(context, account));
    }
}

static void describe_orphaned(const ControlContext *context, const Finding *finding,
                              FindingText *text)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint32_t account = finding->subject;
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "employee_id", accounts->employee_id[account]);
    evidence_ref(context, evidence, "mail", accounts->mail[account]);
    evidence_ref(context, evidence, "display_name", accounts->display_name[account]);
    evidence_ref(context, evidence, "owner", accounts->owner_text[account]);
    evidence_time(evidence, "created", accounts->created_utc[account]);
    evidence_account(context, evidence, account);
    evidence_privileged(context, evidence, account);

    TextRef owner = accounts->owner_text[account];
    const char *name = account_shown(context, account);
    char *summary =
        owner == 0 ? sentence("%s is enabled and belongs to nobody: no person matches it, and it "
                              "has no owner.",
                              name)
                   : sentence("%s is enabled and belongs to nobody: no person matches it, and its "
                              "owner \"%s\" is nobody we know.",
                              name, snapshot_text(context->snapshot, owner));
    char *action = sentence("Find out whose %s is; correct the employee number or name an owner, "
                            "or disable the account.",
                            dn_or_name(context, account));
    finding_text_take(text, summary, evidence, action);
}

const Control control_orphaned_account = {
    .id = "orphaned-account",
    .title = "Enabled account belongs to nobody",
    .severity = SEVERITY_HIGH,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16", .nist = "AC-2(3)", .soc2 = "CC6.2"},
    .evaluate = evaluate_orphaned,
    .describe = describe_orphaned,
};

/* ---- ambiguous-account ---- */

static const GArray *candidates_of(const ControlContext *context, uint32_t account)
{
    return g_hash_table_lookup(context->links->candidates, GUINT_TO_POINTER(account));
}

static void evaluate_ambiguous(ControlContext *context)
{
    for (uint32_t account = 0; account < context->snapshot->accounts.n; account++) {
        if (context->links->person_link[account] != PERSON_LINK_AMBIGUOUS ||
            !account_is_of(context, account, CLASSES_OF_PEOPLE) ||
            !account_must_be_usable(context, account))
            continue;
        const GArray *candidates = candidates_of(context, account);
        uint64_t facts = account_facts(context, account);
        for (guint i = 0; candidates != NULL && i < candidates->len; i++) {
            uint32_t person = g_array_index(candidates, uint32_t, i);
            facts = facts_text(context, facts, context->snapshot->people.id[person]);
            facts = facts_text(context, facts, context->snapshot->people.name[person]);
        }
        control_report(context, SUBJECT_ACCOUNT, account, NONE, NONE, 0, 0, 0, facts);
    }
}

static void describe_ambiguous(const ControlContext *context, const Finding *finding,
                               FindingText *text)
{
    const Snapshot *snapshot = context->snapshot;
    const GArray *candidates = candidates_of(context, finding->subject);
    json_t *evidence = json_object(), *list = json_array();
    GString *summary = g_string_new(NULL);
    guint n = candidates != NULL ? candidates->len : 0;
    sentence_append(summary,
                    "%s matches %d people equally well: ", account_shown(context, finding->subject),
                    (int64_t)n);
    for (guint i = 0; i < n; i++) {
        uint32_t person = g_array_index(candidates, uint32_t, i);
        const char *id = snapshot_text(snapshot, snapshot->people.id[person]);
        json_t *row = json_object();
        evidence_text(row, "id", id);
        evidence_text(row, "name", person_shown(context, person));
        json_array_append_new(list, row);
        if (i < 5)
            sentence_append(summary, "%s%s (%s)", i == 0 ? "" : ", ", person_shown(context, person),
                            id);
    }
    g_string_append(summary, n > 5 ? ", …" : ".");
    json_object_set_new(evidence, "candidates", list);
    g_autofree char *rule = links_made_by(context->links, finding->subject);
    evidence_text(evidence, "matched_by", rule);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    finding_text_take(
        text, g_string_free(summary, FALSE), evidence,
        sentence("Record the employee number of its person on %s, or say whose it is: "
                 "rightful link %s PERSON --reason TEXT.",
                 dn_or_name(context, finding->subject), account_shown(context, finding->subject)));
}

const Control control_ambiguous_account = {
    .id = "ambiguous-account",
    .title = "Several persons match an account equally well",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16"},
    .evaluate = evaluate_ambiguous,
    .describe = describe_ambiguous,
};

/* ---- dormant-account ---- */

static const Threshold dormant_thresholds[] = {
    {"days", "Time since the last use, on top of its uncertainty.", 90, 90, 90, 35, THRESHOLD_SAME,
     THRESHOLD_SAME},
    {"privileged_days", "The same for privileged accounts.", 30, THRESHOLD_SAME, THRESHOLD_SAME, 30,
     THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_dormant(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    int64_t privileged_limit =
        control_limit(context->settings, context->control, "privileged_days");
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASSES_OF_PEOPLE | CLASSES_WITH_OWNER) ||
            context->judgement->usable[account] == STATE_NO ||
            !account_must_be_usable(context, account) || !account_last_use_known(context, account))
            continue;
        int64_t used = accounts->last_logon_utc[account],
                slack = accounts->last_logon_slack[account];
        if (used == TIME_NEVER) /* account-never-used */
            continue;
        if (context->as_of_utc - used <=
            (account_is_privileged(context, account) ? privileged_limit : limit) + slack)
            continue;
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account), 0,
                       used, 0, facts_mix(account_facts(context, account), (uint64_t)slack));
    }
}

static void describe_dormant(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    uint32_t account = finding->subject;
    json_t *evidence = json_object();
    evidence_last_use(context, evidence, account);
    evidence_account(context, evidence, account);
    evidence_privileged(context, evidence, account);
    g_autofree char *day = day_shown(context, finding->detail);
    int64_t slack_days = context->snapshot->accounts.last_logon_slack[account] / 86400;
    GString *summary = g_string_new(NULL);
    sentence_append(summary, "%s is enabled and was last used %e ago (%s, %s",
                    account_shown(context, account), finding->detail, day,
                    context->settings->timezone_name);
    if (slack_days > 0)
        sentence_append(summary, "; the directory's clock may be %d days behind", slack_days);
    g_string_append(summary, ").");
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Disable %s, or have its owner confirm that it is needed.",
                               dn_or_name(context, account)));
}

const Control control_dormant_account = {
    .id = "dormant-account",
    .title = "Enabled account has not been used for long",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = dormant_thresholds,
    .references = {.iso_2013 = "A.9.2.5", .iso_2022 = "5.18", .nist = "AC-2(3)", .pci = "8.2.6"},
    .evaluate = evaluate_dormant,
    .describe = describe_dormant,
};

/* ---- account-never-used ---- */

static const Threshold never_used_thresholds[] = {
    {"days", "Time since the account was created.", 30, THRESHOLD_SAME, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_never_used(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (!account_is_of(context, account, CLASSES_OF_PEOPLE) ||
            !account_must_be_usable(context, account) ||
            !account_last_use_known(context, account) ||
            accounts->last_logon_utc[account] != TIME_NEVER)
            continue;
        int64_t created = accounts->created_utc[account];
        if (created == TIME_UNKNOWN || created == TIME_NEVER) {
            g_autofree char *reason =
                g_strdup_printf("%s: it is not known when the account was created",
                                context->snapshot->sources[accounts->source[account]].name);
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account, reason);
            continue;
        }
        if (time_is_over(context, created, limit))
            control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account), 0,
                           created, 0, account_facts(context, account));
    }
}

static void describe_never_used(const ControlContext *context, const Finding *finding,
                                FindingText *text)
{
    json_t *evidence = json_object();
    evidence_time(evidence, "created", finding->detail);
    evidence_last_use(context, evidence, finding->subject);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary =
        sentence("%s is enabled and was never used since it was created %e ago (%s, %s).",
                 account_shown(context, finding->subject), finding->detail, day,
                 context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Disable %s, or have its person confirm that it is needed.",
                               dn_or_name(context, finding->subject)));
}

const Control control_account_never_used = {
    .id = "account-never-used",
    .title = "Enabled account was never used",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = never_used_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16"},
    .evaluate = evaluate_never_used,
    .describe = describe_never_used,
};

/* ---- account-expired-enabled ---- */

static const Threshold expired_thresholds[] = {
    {"days", "Time between the expiry of an account and its being disabled.", 30, THRESHOLD_SAME, 4,
     1, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

static void evaluate_expired(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const Accounts *accounts = &context->snapshot->accounts;
    for (uint32_t account = 0; account < accounts->n; account++) {
        int64_t expires = accounts->expires_utc[account];
        bool is_unreadable = (accounts->flags[account] & ENTRY_EXPIRES_UNREADABLE) != 0;
        if (expires == TIME_NEVER || (expires == TIME_UNKNOWN && !is_unreadable) ||
            (!is_unreadable && !time_is_over(context, expires, limit)) ||
            !account_is_of(context, account, CLASSES_OF_PEOPLE) ||
            !account_must_be_enabled(context, account))
            continue;
        if (is_unreadable) {
            g_autofree char *reason =
                g_strdup_printf("%s: when the account expires could not be read",
                                context->snapshot->sources[accounts->source[account]].name);
            control_unjudged_subject(context, SUBJECT_ACCOUNT, account, reason);
            continue;
        }
        control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account), 0,
                       expires, 0, account_facts(context, account));
    }
}

static void describe_expired(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    json_t *evidence = json_object();
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary = sentence("%s expired %e ago (%s, %s) and is still not disabled.",
                             account_shown(context, finding->subject), finding->detail, day,
                             context->settings->timezone_name);
    finding_text_take(text, summary, evidence,
                      sentence("Disable %s, or delete it; a later expiry date would open it again.",
                               dn_or_name(context, finding->subject)));
}

const Control control_account_expired_enabled = {
    .id = "account-expired-enabled",
    .title = "Account has expired and is still not disabled",
    .severity = SEVERITY_LOW,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .thresholds = expired_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16", .nist = "AC-2(2)"},
    .evaluate = evaluate_expired,
    .describe = describe_expired,
};
