/* interactive.c: service accounts that somebody sits down and logs on with.
 *
 * No directory tells a service's logon from a person's by lastLogon, which every bind renews.
 * Active Directory keeps the time of the last logon at a console of its own
 * (msDS-LastSuccessfulInteractiveLogonTime, MS-ADA2), where its policy asks for that. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

#define NOT_RECORDED                                                                               \
    "shows no interactive logon of any account (Active Directory records them where the policy "   \
    "\"Display information about previous logons during user logon\" is on; see "                  \
    "interactive_logon)"

/* Which sources show an interactive logon at all: of the others nobody knows whether there was one.
 */
static void find_recording(const Accounts *accounts, bool records[256])
{
    for (uint32_t account = 0; account < accounts->n; account++)
        records[accounts->source[account]] |= accounts->interactive_utc[account] != 0;
}

static void judge_service(ControlContext *context, uint32_t account, bool is_recorded)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint8_t source = accounts->source[account];
    int64_t used = accounts->interactive_utc[account];
    if ((accounts->flags[account] & ENTRY_INTERACTIVE_UNREADABLE) != 0) {
        g_autofree char *reason =
            g_strdup_printf("%s: the time of the last interactive logon could not be read",
                            context->snapshot->sources[source].name);
        control_unjudged_subject(context, SUBJECT_ACCOUNT, account, reason);
    } else if (!is_recorded)
        unjudged_once(context, source, SAID_OTHER, NOT_RECORDED);
    else if (used != 0)
        control_report(
            context, SUBJECT_ACCOUNT, account, NONE, NONE, 0, used, 0,
            facts_text(context, account_facts(context, account), accounts->owner_text[account]));
}

static void evaluate_interactive(ControlContext *context)
{
    const Accounts *accounts = &context->snapshot->accounts;
    bool records[256] = {false};
    find_recording(accounts, records);
    for (uint32_t account = 0; account < accounts->n; account++) {
        if (account_is_of(context, account, CLASS_BIT(CLASS_SERVICE)) &&
            account_must_be_usable(context, account))
            judge_service(context, account, records[accounts->source[account]]);
    }
}

static void describe_interactive(const ControlContext *context, const Finding *finding,
                                 FindingText *text)
{
    const char *name = account_shown(context, finding->subject);
    json_t *evidence = json_object();
    evidence_time(evidence, "interactive_logon", finding->detail);
    evidence_ref(context, evidence, "owner",
                 context->snapshot->accounts.owner_text[finding->subject]);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    g_autofree char *day = day_shown(context, finding->detail);
    char *summary = sentence("%s is a service account, and somebody logged on interactively with "
                             "it %e ago (%s, %s).",
                             name, finding->detail, day, context->settings->timezone_name);
    char *action = sentence("Find out who used %s and for what, and deny it to log on "
                            "interactively; then decide on this exception, since the time stays "
                            "in the directory.",
                            name);
    finding_text_take(text, summary, evidence, action);
}

const Control control_service_interactive = {
    .id = "service-interactive",
    .title = "Service account was used to log on interactively",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2", .pci = "8.6.1"},
    .evaluate = evaluate_interactive,
    .describe = describe_interactive,
};
