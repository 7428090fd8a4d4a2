#include "fixture.h"

static uint32_t service(Case *c, const char *name, int64_t seconds_ago)
{
    uint32_t a = account(c, name, NULL);
    c->classes[a] = CLASS_SERVICE;
    c->snapshot->accounts.interactive_utc[a] =
        seconds_ago != 0 ? (uint32_t)(AS_OF - seconds_ago) : 0;
    return a;
}

static void a_service_account_that_somebody_logged_on_with_is_an_exception(void **state)
{
    Case *c = *state;
    service(c, "svc-used", DAYS(12));
    service(c, "svc-long-ago", DAYS(900));
    service(c, "svc-fine", 0);
    uint32_t off = service(c, "svc-off", DAYS(12)), ann = service(c, "ann", DAYS(1));
    c->snapshot->accounts.enabled[off] = STATE_NO;
    c->classes[ann] = CLASS_PERSON;
    c->classes[service(c, "box", DAYS(1))] = CLASS_SHARED;
    assert_found(c, "service-interactive", "svc-long-ago medium, svc-used medium");
    assert_unjudged(c, "service-interactive", "");
}

static void a_privileged_service_account_is_worse_and_the_sentence_says_when(void **state)
{
    Case *c = *state;
    c->config = "privileged = [\"admins\"];";
    in_group(c, service(c, "svc", DAYS(12)), group(c, "admins"));
    assert_found(c, "service-interactive", "svc high");
    g_autofree char *shown =
        finding_summary_at(text_of_finding(c, "service-interactive")->summary, AS_OF);
    assert_string_equal(shown, "svc is a service account, and somebody logged on interactively "
                               "with it 12 days ago (2026-03-05, UTC).");
}

static void a_directory_that_shows_no_interactive_logon_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t svc = service(c, "svc", 0);
    assert_found(c, "service-interactive", "");
    assert_true(g_str_has_prefix(unjudged(c, "service-interactive"),
                                 "corp: corp: shows no interactive logon of any account"));
    c->snapshot->accounts.interactive_utc[account(c, "ann", NULL)] = (uint32_t)AS_OF;
    judge(c); /* now some are recorded, and of this one there was none */
    assert_found(c, "service-interactive", "");
    assert_unjudged(c, "service-interactive", "");
    c->snapshot->accounts.flags[svc] |= ENTRY_INTERACTIVE_UNREADABLE;
    judge(c);
    assert_unjudged(c, "service-interactive",
                    "subject: corp: the time of the last interactive logon could not be read");
}

static void without_service_accounts_there_is_nothing_to_say(void **state)
{
    Case *c = *state;
    account(c, "ann", NULL);
    assert_unjudged(c, "service-interactive", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(a_service_account_that_somebody_logged_on_with_is_an_exception),
        case_test(a_privileged_service_account_is_worse_and_the_sentence_says_when),
        case_test(a_directory_that_shows_no_interactive_logon_is_not_evaluable),
        case_test(without_service_accounts_there_is_nothing_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
