/* standing.c: exceptions that nobody answers for in time. Judged when everything else is, about
 * what is still found: what is gone tonight is late no more, and what nobody could look at tonight
 * stays as it was. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "controls/parties.h"

/* Nothing is said about what these say themselves. */
static bool is_about_ledger(const StandingException *exception)
{
    const Control *control = control_find(exception->control);
    return control != NULL && (control->needs & NEED_LEDGER) != 0;
}

static uint64_t text_facts(uint64_t facts, const char *text)
{
    return facts_mix(facts, text != NULL ? g_str_hash(text) : 0);
}

static void evaluate_each(ControlContext *context, const GArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        const StandingException *exception = &g_array_index(rows, StandingException, i);
        uint64_t facts = text_facts(exception->severity, exception->last_day);
        if (is_about_ledger(exception))
            continue;
        if (exception->finding == NONE) {
            control_unjudged_exception(context, exception, "the exception itself was not judged");
            continue;
        }
        facts = text_facts(text_facts(facts, exception->reason), exception->answers);
        control_report_exception(context, exception, exception->due_utc,
                                 text_facts(facts, exception->owner));
    }
}

/* "EX-000042 (dormant-account: bob)" */
static char *exception_shown(const StandingException *exception)
{
    return sentence("%s (%s: %s)", exception->name, exception->control,
                    exception->subject_name != NULL ? exception->subject_name : exception->key);
}

static json_t *evidence_exception(const StandingException *exception)
{
    json_t *evidence = json_object();
    evidence_text(evidence, "exception", exception->name);
    evidence_text(evidence, "control", exception->control);
    evidence_text(evidence, "severity", severities[exception->severity]);
    evidence_text(evidence, "owner", exception->owner);
    return evidence;
}

/* ---- waiver-expired ---- */

static void evaluate_waiver_expired(ControlContext *context)
{
    evaluate_each(context, context->standing->lapsed);
}

static void describe_waiver_expired(const ControlContext *context, const Finding *finding,
                                    FindingText *text)
{
    const StandingException *exception = finding_exception(context, finding);
    json_t *evidence = evidence_exception(exception);
    g_autofree char *shown = exception_shown(exception);
    evidence_text(evidence, "until", exception->last_day);
    evidence_text(evidence, "reason", exception->reason);
    evidence_text(evidence, "approver", exception->answers);
    finding_text_take(
        text,
        sentence("%s was accepted until %s by %s, and is still found.", shown, exception->last_day,
                 exception->answers),
        evidence,
        sentence("Correct it, or let somebody accept it anew: rightful exception show %s.",
                 exception->name));
}

const Control control_waiver_expired = {
    .id = "waiver-expired",
    .title = "Accepted exception is still found after its date",
    .severity = SEVERITY_HIGH,
    .needs = NEED_EARLIER_RUN | NEED_LEDGER,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.18.2.2", .iso_2022 = "5.36", .soc2 = "CC4.2", .other = "cl.10"},
    .evaluate = evaluate_waiver_expired,
    .describe = describe_waiver_expired,
};

/* ---- exception-overdue ---- */

static void evaluate_overdue(ControlContext *context)
{
    evaluate_each(context, context->standing->overdue);
}

static void describe_overdue(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    const StandingException *exception = finding_exception(context, finding);
    json_t *evidence = evidence_exception(exception);
    g_autofree char *shown = exception_shown(exception);
    g_autofree char *day = day_shown(context, exception->due_utc);
    evidence_time(evidence, "due", exception->due_utc);
    char *action =
        exception->owner != NULL
            ? sentence("Ask %s, to whom it is assigned: rightful exception show %s.",
                       exception->owner, exception->name)
            : sentence("Correct it, assign it or have it accepted until a date: rightful exception "
                       "show %s.",
                       exception->name);
    finding_text_take(
        text,
        sentence("%s is still open %e after it was due (%s).", shown, exception->due_utc, day),
        evidence, action);
}

const Control control_exception_overdue = {
    .id = "exception-overdue",
    .title = "Exception is open past its due date",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_EARLIER_RUN | NEED_LEDGER,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.18.2.2", .iso_2022 = "5.36", .soc2 = "CC4.2", .other = "cl.10"},
    .evaluate = evaluate_overdue,
    .describe = describe_overdue,
};
