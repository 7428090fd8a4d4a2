#include "fixture.h"

#include <string.h>

/* An exception of the ledger about an account of the world; finding: where it is among what was
 * found, NONE = it was not judged. */
static StandingException late(const char *name, const char *control, const char *account,
                              uint32_t finding)
{
    return (StandingException){.name = g_strdup(name),
                               .control = g_strdup(control),
                               .severity = SEVERITY_MEDIUM,
                               .subject_type = g_strdup("account"),
                               .source = g_strdup("corp"),
                               .key = g_strdup_printf("key-%s", account),
                               .subject_name = g_strdup(account),
                               .person_id = g_strdup("00123"),
                               .person_name = g_strdup("Lena Wong"),
                               .due_utc = AS_OF - DAYS(3),
                               .finding = finding};
}

static uint32_t place_of(Case *c, const char *control)
{
    const Finding *finding = only_finding(c, control);
    return (uint32_t)(finding - (const Finding *)(const void *)c->set->findings->data);
}

/* ann never logged on; she is nobody's. */
static void begin(Case *c)
{
    uint32_t ann = account(c, "ann", NULL);
    c->snapshot->accounts.last_logon_utc[ann] = AS_OF - DAYS(200);
    judge(c);
    c->standing = standing_new();
}

static void add(GArray *rows, StandingException exception)
{
    g_array_append_val(rows, exception);
}

static void what_is_found_and_past_its_date_is_late(void **state)
{
    Case *c = *state;
    begin(c);
    add(c->standing->overdue,
        late("EX-000042", "dormant-account", "ann", place_of(c, "dormant-account")));
    judge(c);

    assert_found(c, "exception-overdue", "ann/dormant-account medium");
    const FindingText *text = text_of_finding(c, "exception-overdue");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(
        shown,
        "EX-000042 (dormant-account: ann) is still open 3 days after it was due (2026-03-14).");
    assert_string_equal(text->subject.key, "key-ann");
    assert_string_equal(text->object.type, "exception");
    assert_string_equal(text->object.key, "EX-000042");
    assert_string_equal(text->person_id, "00123");
    assert_found(c, "waiver-expired", "");
}

static void a_waiver_that_is_over_names_who_answered_for_it(void **state)
{
    Case *c = *state;
    begin(c);
    StandingException over =
        late("EX-000042", "dormant-account", "ann", place_of(c, "dormant-account"));
    over.last_day = g_strdup("2026-03-10");
    over.reason = g_strdup("replaced in spring");
    over.answers = g_strdup("00125");
    add(c->standing->lapsed, over);
    judge(c);

    assert_found(c, "waiver-expired", "ann/dormant-account high");
    assert_string_equal(text_of_finding(c, "waiver-expired")->summary,
                        "EX-000042 (dormant-account: ann) was accepted until 2026-03-10 by 00125, "
                        "and is still found.");
    assert_found(c, "exception-overdue", "");
}

static void it_is_as_privileged_as_what_it_is_about(void **state)
{
    Case *c = *state;
    c->config = "privileged = [ \"admins\" ];";
    uint32_t admins = group(c, "admins");
    in_group(c, account(c, "root", NULL), admins);
    c->snapshot->accounts.last_logon_utc[0] = AS_OF - DAYS(200);
    judge(c);
    c->standing = standing_new();
    add(c->standing->overdue,
        late("EX-000001", "dormant-account", "root", place_of(c, "dormant-account")));
    judge(c);
    assert_found(c, "exception-overdue", "root/dormant-account high");
}

static void nobody_is_late_for_being_late(void **state)
{
    Case *c = *state;
    begin(c);
    uint32_t place = place_of(c, "dormant-account");
    add(c->standing->overdue, late("EX-000001", "exception-overdue", "ann", place));
    add(c->standing->overdue, late("EX-000002", "waiver-expired", "ann", place));
    judge(c);
    assert_found(c, "exception-overdue", "");
}

static void what_was_not_judged_itself_is_left_as_it_is(void **state)
{
    Case *c = *state;
    begin(c);
    add(c->standing->overdue, late("EX-000042", "dormant-account", "bob", NONE));
    judge(c);
    assert_found(c, "exception-overdue", "");
    assert_unjudged(c, "exception-overdue", "subject: the exception itself was not judged");
    uint8_t identity[16];
    finding_identity("exception-overdue", SUBJECT_EXCEPTION, NULL, "EX-000042", SUBJECT_NONE, NULL,
                     NULL, identity);
    const Unjudged *row = &g_array_index(c->set->unjudged, Unjudged, c->set->unjudged->len - 1);
    assert_memory_equal(row->identity, identity, sizeof identity);
}

static void without_a_ledger_they_are_not_evaluable(void **state)
{
    Case *c = *state;
    assert_unjudged(c, "exception-overdue", "*: there is no ledger to look into");
    assert_unjudged(c, "waiver-expired", "*: there is no ledger to look into");
    c->has_earlier_run = false;
    judge(c);
    assert_unjudged(c, "exception-overdue", "*: it needs an earlier run");
}

static void an_owner_changes_the_facts_and_the_advice(void **state)
{
    Case *c = *state;
    begin(c);
    add(c->standing->overdue,
        late("EX-000042", "dormant-account", "ann", place_of(c, "dormant-account")));
    judge(c);
    uint64_t facts = only_finding(c, "exception-overdue")->facts;
    g_array_index(c->standing->overdue, StandingException, 0).owner = g_strdup("Li");
    judge(c);
    assert_true(facts != only_finding(c, "exception-overdue")->facts);
    assert_non_null(strstr(text_of_finding(c, "exception-overdue")->action, "Ask Li"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(what_is_found_and_past_its_date_is_late),
        case_test(a_waiver_that_is_over_names_who_answered_for_it),
        case_test(it_is_as_privileged_as_what_it_is_about),
        case_test(nobody_is_late_for_being_late),
        case_test(what_was_not_judged_itself_is_left_as_it_is),
        case_test(without_a_ledger_they_are_not_evaluable),
        case_test(an_owner_changes_the_facts_and_the_advice),
    };
    return cmocka_run_group_tests_name("controls/standing", tests, NULL, NULL);
}
