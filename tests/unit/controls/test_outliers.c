#include "fixture.h"

#include <string.h>

#define PEOPLE 11

/* Eleven clerks of Finance, c0 to c10, each with an account of that name. */
static void clerks(Case *c)
{
    for (int i = 0; i < PEOPLE; i++) {
        g_autofree char *name = g_strdup_printf("c%d", i);
        uint32_t who = person(c, name, name);
        set_text(c, &c->snapshot->people.department[who], i == 3 ? "FINANCE" : "Finance");
        set_text(c, &c->snapshot->people.title[who], "Clerk");
        account(c, name, name);
    }
    c->config = "privileged = [\"admins\"]; entitlements: ( { group = \"pay\"; } );";
}

static void right_that_one_of_ten_others_holds_is_told(void **state)
{
    Case *c = *state;
    clerks(c);
    uint32_t pay = group(c, "pay");
    group(c, "admins");
    in_group(c, 2, pay);
    in_group(c, 7, pay);
    assert_found(c, "peer-outlier", "c2/pay low, c7/pay low");
    assert_unjudged(c, "peer-outlier", "");
    c->snapshot->people.status[10] = PERSON_STATUS_LEFT; /* one of nine others is more than 10 % */
    judge(c);
    assert_found(c, "peer-outlier", "");
}

static void it_takes_eight_others(void **state)
{
    Case *c = *state;
    clerks(c);
    group(c, "admins");
    in_group(c, 2, group(c, "pay"));
    left(c, 0, DAYS(1));
    c->snapshot->people.start_utc[1] = AS_OF + DAYS(1);
    assert_found(c, "peer-outlier", "c2/pay low");
    assert_string_equal(text_of_finding(c, "peer-outlier")->summary,
                        "c2 is in pay; nobody of the 8 others in Finance with the title Clerk is.");
    set_text(c, &c->snapshot->people.title[4], "Chief clerk");
    judge(c);
    assert_found(c, "peer-outlier", "");
    c->config = "privileged = [\"admins\"]; entitlements: ( { group = \"pay\"; } );"
                "controls: { peer-outlier: { peers = 7; }; };";
    judge(c);
    assert_found(c, "peer-outlier", "c2/pay low");
}

static void what_any_account_of_a_peer_holds_the_peer_holds(void **state)
{
    Case *c = *state;
    clerks(c);
    uint32_t pay = group(c, "pay"), inner = group(c, "inner");
    group(c, "admins");
    nest(c, inner, pay);
    in_group(c, 2, pay);
    in_group(c, account(c, "second-5", "c5"), inner);
    uint32_t dead = account(c, "dead-6", "c6");
    c->snapshot->accounts.enabled[dead] = STATE_NO;
    in_group(c, dead, pay);
    assert_found(c, "peer-outlier", "c2/pay low, second-5/pay low");
    in_group(c, 7, inner);
    judge(c);
    assert_found(c, "peer-outlier", "");
}

static void severity_is_low_for_the_privileged_too_and_cannot_be_raised(void **state)
{
    Case *c = *state;
    clerks(c);
    uint32_t admins = group(c, "admins"), pay = group(c, "pay");
    in_group(c, 2, pay);
    nest(c, pay, admins);
    assert_found(c, "peer-outlier", "c2/admins low, c2/pay low");
    const Setting *row = control_settings();
    while (strcmp(row->name, "peer-outlier") != 0)
        row++;
    assert_string_equal(row->children[1].name, "severity");
    assert_string_equal(row->children[1].choices[0], "low");
    assert_null(row->children[1].choices[1]);
}

static void who_has_no_known_place_is_not_evaluable(void **state)
{
    Case *c = *state;
    clerks(c);
    group(c, "admins");
    uint32_t pay = group(c, "pay");
    in_group(c, 2, pay);
    set_text(c, &c->snapshot->people.title[2], "");
    assert_found(c, "peer-outlier", "");
    assert_unjudged(c, "peer-outlier",
                    "subject: the department or the title of the person is not known");
    for (int i = 0; i < PEOPLE; i++)
        c->snapshot->people.department[i] = 0;
    judge(c);
    assert_unjudged(c, "peer-outlier", "*: the roster gives nobody's department and title");
}

static void ungoverned_groups_and_accounts_of_machines_are_no_matter_of_it(void **state)
{
    Case *c = *state;
    clerks(c);
    uint32_t pay = group(c, "pay");
    group(c, "admins");
    in_group(c, 2, group(c, "canteen"));
    uint32_t service = account(c, "svc", "c4");
    c->classes[service] = CLASS_SERVICE;
    in_group(c, service, pay);
    assert_found(c, "peer-outlier", "");
}

static void share_rests_on_every_directory(void **state)
{
    Case *c = *state;
    clerks(c);
    group(c, "admins");
    in_group(c, 2, group(c, "pay"));
    c->snapshot->sources[world_source(c->world, "lab", PROVIDES_DIRECTORY)].status =
        SOURCE_INCOMPLETE;
    assert_found(c, "peer-outlier", "");
    assert_unjudged(c, "peer-outlier", "*: lab: incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(right_that_one_of_ten_others_holds_is_told),
        case_test(it_takes_eight_others),
        case_test(what_any_account_of_a_peer_holds_the_peer_holds),
        case_test(severity_is_low_for_the_privileged_too_and_cannot_be_raised),
        case_test(who_has_no_known_place_is_not_evaluable),
        case_test(ungoverned_groups_and_accounts_of_machines_are_no_matter_of_it),
        case_test(share_rests_on_every_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
