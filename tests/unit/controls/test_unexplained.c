#include "fixture.h"

#define ON "controls: { account-unexplained: { enabled = true; }; };"

static int setup(void **state)
{
    case_setup(state);
    Case *c = *state;
    c->config = ON;
    world_approval(c->world, "T-0", "elsewhere"); /* there is an approvals source, */
    person(c, "boss", "Boss");                    /* and a roster */
    return 0;
}

/* Created so long ago, for a person who started so long ago (0 = nobody). */
static uint32_t created(Case *c, const char *name, int64_t created_ago, int64_t started_ago)
{
    uint32_t a = account(c, name, name);
    c->snapshot->accounts.created_utc[a] = AS_OF - created_ago;
    if (started_ago != 0)
        c->snapshot->people.start_utc[person(c, name, name)] = AS_OF - started_ago;
    return a;
}

static uint32_t approved(Case *c, const char *account_name, const char *person_id, int64_t ago)
{
    Approvals *approvals = &c->snapshot->approvals;
    uint32_t row = world_approval(c->world, "T", NULL);
    set_text(c, &approvals->account[row], account_name);
    set_text(c, &approvals->person_id[row], person_id);
    set_text(c, &approvals->approved_by[row], "boss");
    approvals->approved_utc[row] = AS_OF - ago;
    return row;
}

static void an_account_without_a_joiner_or_an_approval_is_an_exception(void **state)
{
    Case *c = *state;
    created(c, "nobody", DAYS(90), 0);
    created(c, "joiner", DAYS(90), DAYS(93));
    created(c, "ahead", DAYS(93), DAYS(90));
    created(c, "years", DAYS(90), DAYS(1000));
    created(c, "new", DAYS(5), 0);
    created(c, "by-name", DAYS(90), 0);
    created(c, "by-person", DAYS(90), DAYS(1000));
    created(c, "too-late", DAYS(90), 0);
    approved(c, "BY-NAME", NULL, DAYS(88));
    approved(c, NULL, "by-person", DAYS(92));
    approved(c, "too-late", NULL, DAYS(70));
    assert_found(c, "account-unexplained", "nobody medium, too-late medium, years medium");
    assert_unjudged(c, "account-unexplained", "");
}

static void an_approval_that_nobody_else_gave_explains_nothing(void **state)
{
    Case *c = *state;
    created(c, "unsigned", DAYS(90), 0);
    created(c, "self", DAYS(90), 0);
    set_text(c, &c->snapshot->approvals.approved_by[approved(c, "unsigned", NULL, DAYS(90))], NULL);
    set_text(c, &c->snapshot->approvals.approved_by[approved(c, "self", NULL, DAYS(90))], "self");
    assert_found(c, "account-unexplained", "self medium, unsigned medium");
}

static void only_usable_accounts_of_people_are_subjects(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.enabled[created(c, "off", DAYS(90), 0)] = STATE_NO;
    c->classes[created(c, "svc", DAYS(90), 0)] = CLASS_SERVICE;
    assert_found(c, "account-unexplained", "");
}

static void what_is_not_known_is_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.created_utc[created(c, "ann", DAYS(90), 0)] = TIME_UNKNOWN;
    assert_found(c, "account-unexplained", "");
    assert_unjudged(c, "account-unexplained",
                    "subject: it is not known when the account was created");
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    judge(c);
    assert_found(c, "account-unexplained", "");
}

static void without_approvals_nobody_can_tell(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    created(c, "bob", DAYS(90), 0);
    assert_found(c, "account-unexplained", ""); /* off at first */
    assert_unjudged(c, "account-unexplained", "");
    c->config = ON;
    judge(c);
    assert_unjudged(c, "account-unexplained", "*: no approvals source is configured");
}

#define on_test(f) cmocka_unit_test_setup_teardown(f, setup, case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_test(an_account_without_a_joiner_or_an_approval_is_an_exception),
        on_test(an_approval_that_nobody_else_gave_explains_nothing),
        on_test(only_usable_accounts_of_people_are_subjects),
        on_test(what_is_not_known_is_not_evaluable),
        case_test(without_approvals_nobody_can_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
