#include "run/decide.h"

#include "base/times.h"
#include "controls/control.h"
#include "run/facts.h"

#include <string.h>

static const char *given(const Invocation *invocation, const char *option)
{
    const char *value = invocation_value(invocation, option);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* Everything but the date. */
static ExitCode begin(const Invocation *invocation, LedgerDecision *ret_decision)
{
    const char *action = invocation->arguments[0], *id = invocation->arguments[1];

    *ret_decision = (LedgerDecision){.id = id,
                                     .actor = actor_name(),
                                     .requester = given(invocation, "as"),
                                     .reason = given(invocation, "reason"),
                                     .approver = given(invocation, "approver"),
                                     .at_utc = clock_utc()};
    if (invocation->n_arguments > 2)
        return usage_error(invocation, "exception %s: \"%s\" is one argument too many", action,
                           invocation->arguments[2]);
    if (ret_decision->reason == NULL)
        return usage_error(
            invocation,
            "exception %s needs --reason TEXT: it is recorded who decided what, and why", action);
    if (!g_utf8_validate(ret_decision->reason, -1, NULL))
        return usage_error(invocation, "the reason is not valid UTF-8; nothing was written");
    return EXIT_DONE;
}

/* *ret_day: newly allocated, "2026-12-31" however it was written. */
static ExitCode last_day(const Invocation *invocation, LedgerDecision *decision, char **ret_day)
{
    const char *text = given(invocation, "until");
    int32_t day = DAY_NONE;

    if (text == NULL || decision->approver == NULL)
        return usage_error(invocation,
                           "exception accept needs --until DATE, --reason TEXT and --approver "
                           "PERSON: a waiver has an end and somebody who answers for it");
    if (!day_parse(text_of(text), NULL, &day))
        return usage_error(invocation, "--until %s: not a date; allowed: ISO 8601 as in 2026-12-31",
                           text);
    *ret_day = day_to_text(day);
    decision->last_day = *ret_day;
    decision->ends_utc = day_ends_utc(day, invocation->settings->timezone);
    return EXIT_DONE;
}

ExitCode exception_accept(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *day = NULL;
    LedgerDecision decision;
    ExitCode code = begin(invocation, &decision);

    if (code == EXIT_DONE)
        code = last_day(invocation, &decision, &day);
    if (code != EXIT_DONE)
        return code;
    if (!ledger_accept(ledger, &decision, &error))
        return ledger_failed(error);
    say(invocation,
        "%s is accepted until the end of %s (%s); the next run after that opens it again by "
        "itself.",
        decision.id, day, invocation->settings->timezone_name);
    return EXIT_DONE;
}

/* ---- false positives ---- */

/* Where a setting would say what the rule gets wrong. Controls with limits that are not listed here
 * have those. */
static const struct {
    const char *controls; /* beginning of their ids */
    const char *setting;
} hints[] = {
    {"orphaned-account", "account_classes, where the account is no person's, or correlation; "
                         "`rightful link ACCOUNT PERSON` for this one account"},
    {"ambiguous-account", "correlation, with a field that only one person has; `rightful link "
                          "ACCOUNT PERSON` for this one account"},
    {"duplicate-account", "account_classes, where the second account is of another class"},
    {"service-without-owner", "the source's attributes, where another attribute names the owner"},
    {"privileged-unapproved", "entitlements, with who is allowed to hold the right"},
    {"privileged-nested", "privileged, where the outer group is none"},
    {"excess-privilege", "entitlements, with who is allowed to hold the right"},
    {"segregation-conflict", "segregation, with `except`"},
    {"group-foreign-member", "sources, with the domain that the member comes from"},
    {"computer-unregistered", "account_classes, or the source's computer_filter"},
};

static const char *hint_of(const char *control)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hints); i++) {
        if (strcmp(control, hints[i].controls) == 0)
            return hints[i].setting;
    }
    return NULL;
}

/* What could be set so that the rule does not say it again. */
static void suggest(const Invocation *invocation, json_t *exception)
{
    const char *id = json_string_value(json_object_get(exception, "control"));
    const Control *control = control_find(id);
    const char *hint = hint_of(id);
    g_autofree char *limits =
        control != NULL ? control_thresholds_json(invocation->settings, control) : NULL;

    if (hint != NULL)
        say(invocation,
            "If the rule is wrong about more than this one, the setting to look at is %s.", hint);
    else if (limits != NULL && strcmp(limits, "{}") != 0)
        say(invocation,
            "If the rule is wrong about more than this one: it was judged by %s; controls: { %s: { "
            "… }; }; changes that.",
            limits, id);
    say(invocation, "What is true and meant to stay is no false positive: accept it until a date, "
                    "or write a rule in `suppressions`.");
}

ExitCode exception_false_positive(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    LedgerDecision decision;
    ExitCode code = begin(invocation, &decision);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_false_positive(ledger, &decision, &error))
        return ledger_failed(error);
    json_t *exception = ledger_exception(ledger, decision.id, &error);

    if (exception == NULL)
        return error != NULL ? ledger_failed(error) : EXIT_FAILED;
    suggest(invocation, exception);
    json_decref(exception);
    return EXIT_DONE;
}

ExitCode exception_reopen(Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    LedgerDecision decision;
    int64_t due_seconds[N_SEVERITIES];
    ExitCode code = begin(invocation, &decision);

    if (code != EXIT_DONE)
        return code;
    due_limits(invocation->settings, due_seconds);
    return ledger_reopen(ledger, &decision, due_seconds, &error) ? EXIT_DONE : ledger_failed(error);
}
