#include "fixture.h"

#include <string.h>

#define ADMINS "privileged = [\"admins\"];"

/* n accounts called PREFIXi, the first n_inside of them in the group. */
static void crowd(Case *c, const char *prefix, uint32_t n, uint32_t n_inside, uint32_t into)
{
    for (uint32_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%s%u", prefix, i);
        uint32_t a = account(c, name, NULL);
        if (i < n_inside)
            in_group(c, a, into);
    }
}

/* ---- privileged-too-many ---- */

static void more_than_the_share_is_too_many_from_five_on(void **state)
{
    Case *c = *state;
    crowd(c, "user", 50, 5, group(c, "admins"));
    c->config = ADMINS;
    assert_found(c, "privileged-too-many", ""); /* 5 of 50 are 10 % */
    c->snapshot->accounts.enabled[49] = STATE_NO;
    judge(c);
    assert_found(c, "privileged-too-many", "admins medium");
    const FindingText *text = text_of_finding(c, "privileged-too-many");
    assert_string_equal(text->subject.type, "group");
    assert_null(text->object.type);
    assert_string_equal(text->summary,
                        "5 of the 49 usable accounts of corp are in admins, directly or through "
                        "other groups; the limit is 10 %.");
    c->snapshot->accounts.enabled[0] = STATE_NO; /* four of 48 are few, whatever their share */
    c->config = ADMINS "controls: { privileged-too-many: { percent = 1; }; };";
    judge(c);
    assert_found(c, "privileged-too-many", "");
}

static void more_than_the_number_is_too_many_however_many_accounts_there_are(void **state)
{
    Case *c = *state;
    crowd(c, "user", 230, 6, group(c, "admins"));
    c->config = ADMINS "controls: { privileged-too-many: { members = 6; }; };";
    assert_found(c, "privileged-too-many", "");
    in_group(c, 6, 0);
    judge(c);
    assert_found(c, "privileged-too-many", "admins medium");
    assert_string_equal(text_of_finding(c, "privileged-too-many")->summary,
                        "7 accounts that can be used are in admins, directly or through other "
                        "groups; the limit is 6.");
}

static void members_count_effectively_and_nearest_or_not(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), outer = group(c, "outer");
    crowd(c, "user", 20, 5, admins);
    nest(c, admins, outer);
    c->config = "privileged = [\"admins\", \"outer\"];";
    assert_found(c, "privileged-too-many", "admins medium, outer medium");
}

static void any_class_but_computer_counts_and_only_what_can_be_used(void **state)
{
    Case *c = *state;
    crowd(c, "user", 20, 5, group(c, "admins"));
    const AccountClass classes[] = {CLASS_SERVICE, CLASS_SHARED, CLASS_BREAK_GLASS, CLASS_GUEST,
                                    CLASS_ADMIN};
    for (uint32_t i = 0; i < 5; i++)
        c->classes[i] = classes[i];
    c->config = ADMINS;
    assert_found(c, "privileged-too-many", "admins medium");
    c->classes[0] = CLASS_COMPUTER;
    judge(c);
    assert_found(c, "privileged-too-many", "");
    c->classes[0] = CLASS_SERVICE;
    c->snapshot->accounts.expires_utc[1] = AS_OF;
    judge(c);
    assert_found(c, "privileged-too-many", "");
}

static void share_is_of_the_source_of_the_group(void **state)
{
    Case *c = *state;
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    crowd(c, "user", 100, 5, group(c, "admins"));
    for (uint32_t i = 10; i < 100; i++)
        c->snapshot->accounts.source[i] = lab;
    c->config = ADMINS;
    assert_found(c, "privileged-too-many", "admins medium");
    assert_non_null(strstr(text_of_finding(c, "privileged-too-many")->summary, "5 of the 10"));
}

static void group_may_have_limits_of_its_own(void **state)
{
    Case *c = *state;
    crowd(c, "user", 20, 6, group(c, "admins"));
    crowd(c, "other", 20, 2, group(c, "payroll")); /* not privileged */
    c->config = ADMINS "controls: { privileged-too-many: { groups = ( { group = \"ADMINS\"; "
                       "members = 6; } ); }; };";
    assert_found(c, "privileged-too-many", "");
    c->config = ADMINS "controls: { privileged-too-many: { groups = ( { group = \"admins\"; "
                       "members = 6; }, { group = \"admins\"; members = 5; }, { group = "
                       "\"payroll\"; members = 1; } ); }; };";
    judge(c);
    assert_found(c, "privileged-too-many", "admins medium, payroll medium");
    c->config = ADMINS "controls: { privileged-too-many: { groups = ( { group = \"admins\"; "
                       "percent = 15; } ); }; };";
    judge(c);
    assert_found(c, "privileged-too-many", ""); /* 6 of 40 are 15 % */
    c->config = ADMINS "controls: { privileged-too-many: { groups = ( { group = \"admins\"; "
                       "percent = 14; } ); }; };";
    judge(c);
    assert_found(c, "privileged-too-many", "admins medium");
    assert_non_null(strstr(text_of_finding(c, "privileged-too-many")->evidence,
                           "\"percent_limit\":14,\"limit_of_this_group\":true"));
}

static void limit_of_a_group_that_is_none_is_said(void **state)
{
    Case *c = *state;
    group(c, "admins");
    c->config = ADMINS "controls: { privileged-too-many: { groups = ( { group = \"adminz\"; "
                       "members = 6; } ); }; };";
    assert_non_null(strstr(unjudged(c, "privileged-too-many"),
                           "privileged-too-many.groups: no group is called \"adminz\""));
    assert_int_equal(c->governed->unresolved->len, 1);
}

static void unknown_state_that_would_decide_is_not_evaluable(void **state)
{
    Case *c = *state;
    crowd(c, "user", 49, 5, group(c, "admins"));
    c->config = ADMINS;
    c->snapshot->accounts.enabled[0] = STATE_UNKNOWN;
    assert_found(c, "privileged-too-many", "");
    assert_unjudged(c, "privileged-too-many",
                    "subject: it is not known of all members whether they can be used");
    in_group(c, 5, 0); /* six, and five of them for certain */
    judge(c);
    assert_found(c, "privileged-too-many", "admins medium");
    assert_unjudged(c, "privileged-too-many", "");
}

static void members_of_a_directory_that_was_not_read_may_be_missing(void **state)
{
    Case *c = *state;
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    crowd(c, "user", 100, 5, group(c, "admins"));
    world_member(c->world, 0,
                 principal_of(PRINCIPAL_FOREIGN, world_foreign(c->world, "x", "S-1-5-21-1-2-3-9")),
                 VIA_MEMBER);
    c->snapshot->sources[lab].status = SOURCE_INCOMPLETE;
    c->config = ADMINS;
    assert_found(c, "privileged-too-many", "");
    const char *said = unjudged(c, "privileged-too-many");
    assert_non_null(strstr(said, "lab: lab: incomplete"));
    assert_non_null(strstr(said, "subject: a directory was not read whole"));
    in_group(c, 10, 0); /* too many even so, but how many is not known */
    in_group(c, 11, 0);
    c->config = ADMINS "controls: { privileged-too-many: { percent = 5; }; };";
    judge(c);
    assert_found(c, "privileged-too-many", "");
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    judge(c);
    assert_non_null(strstr(unjudged(c, "privileged-too-many"), "*: corp: incomplete"));
}

/* ---- privileged-daily ---- */

#define ADMIN_CLASS "account_classes: ( { class = \"admin\"; name = \"adm-*\"; } );"

static void everyday_account_with_a_privilege_is_an_exception(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1"), admin = account(c, "adm-ann", "1");
    uint32_t ops = group(c, "ops"), admins = group(c, "admins");
    c->classes[admin] = CLASS_ADMIN;
    in_group(c, ann, ops);
    nest(c, ops, admins);
    in_group(c, admin, admins);
    c->config = ADMINS ADMIN_CLASS;
    assert_found(c, "privileged-daily", "ann medium");
    const FindingText *text = text_of_finding(c, "privileged-daily");
    assert_string_equal(text->subject.type, "account");
    assert_null(text->object.type);
    assert_string_equal(text->summary, "ann is an everyday account and holds admins, although Ann "
                                       "has the admin account adm-ann.");
    assert_non_null(strstr(text->evidence, "\"privileged_through\":[[\"ops\",\"admins\"]]"));
    uint64_t facts = only_finding(c, "privileged-daily")->facts;
    c->snapshot->accounts.enabled[admin] = STATE_NO;
    judge(c);
    assert_non_null(strstr(text_of_finding(c, "privileged-daily")->summary,
                           "privileges belong on an admin account"));
    assert_int_not_equal(facts, only_finding(c, "privileged-daily")->facts);
}

static void only_class_person_is_everyday(void **state)
{
    Case *c = *state;
    group(c, "admins");
    const AccountClass classes[] = {CLASS_ADMIN, CLASS_SERVICE,     CLASS_SHARED,
                                    CLASS_GUEST, CLASS_BREAK_GLASS, CLASS_PERSON};
    const char *const names[] = {"adm", "svc", "shared", "guest", "bg", "ann"};
    for (size_t i = 0; i < 6; i++) {
        uint32_t a = account(c, names[i], NULL);
        c->classes[a] = classes[i];
        in_group(c, a, 0);
    }
    c->config = ADMINS ADMIN_CLASS;
    assert_found(c, "privileged-daily", "ann medium");
}

static void one_exception_an_account_however_many_rights(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL);
    in_group(c, ann, group(c, "admins"));
    in_group(c, ann, group(c, "backup"));
    c->config = "privileged = [\"admins\", \"backup\"];" ADMIN_CLASS;
    assert_found(c, "privileged-daily", "ann medium");
    assert_non_null(strstr(text_of_finding(c, "privileged-daily")->summary, "admins and 1 more;"));
}

static void unknown_state_holds_rights_and_a_disabled_one_does_not(void **state)
{
    Case *c = *state;
    group(c, "admins");
    uint32_t off = account(c, "off", NULL), unknown = account(c, "unknown", NULL);
    c->snapshot->accounts.enabled[off] = STATE_NO;
    c->snapshot->accounts.enabled[unknown] = STATE_UNKNOWN;
    in_group(c, off, 0);
    in_group(c, unknown, 0);
    account(c, "without", NULL);
    c->config = ADMINS ADMIN_CLASS;
    assert_found(c, "privileged-daily", "unknown medium");
}

static void without_a_class_for_admins_it_is_not_evaluable(void **state)
{
    Case *c = *state;
    in_group(c, account(c, "ann", NULL), group(c, "admins"));
    c->config = ADMINS;
    assert_found(c, "privileged-daily", "");
    assert_unjudged(c, "privileged-daily",
                    "*: account_classes makes no account one of class admin");
}

static void group_of_a_directory_that_was_not_read_may_hold_the_account(void **state)
{
    Case *c = *state;
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    in_group(c, account(c, "ann", NULL), group(c, "admins"));
    c->snapshot->sources[lab].status = SOURCE_INCOMPLETE;
    c->config = ADMINS ADMIN_CLASS;
    assert_found(c, "privileged-daily", "");
    assert_non_null(strstr(unjudged(c, "privileged-daily"), "*: a directory was not read whole"));
}

static void daily_rights_of_an_incomplete_directory_are_not_evaluable(void **state)
{
    Case *c = *state;
    c->config = ADMIN_CLASS;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_unjudged(c, "privileged-daily", "*: corp: incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(more_than_the_share_is_too_many_from_five_on),
        case_test(more_than_the_number_is_too_many_however_many_accounts_there_are),
        case_test(members_count_effectively_and_nearest_or_not),
        case_test(any_class_but_computer_counts_and_only_what_can_be_used),
        case_test(share_is_of_the_source_of_the_group),
        case_test(group_may_have_limits_of_its_own),
        case_test(limit_of_a_group_that_is_none_is_said),
        case_test(unknown_state_that_would_decide_is_not_evaluable),
        case_test(members_of_a_directory_that_was_not_read_may_be_missing),
        case_test(everyday_account_with_a_privilege_is_an_exception),
        case_test(only_class_person_is_everyday),
        case_test(one_exception_an_account_however_many_rights),
        case_test(unknown_state_holds_rights_and_a_disabled_one_does_not),
        case_test(without_a_class_for_admins_it_is_not_evaluable),
        case_test(group_of_a_directory_that_was_not_read_may_hold_the_account),
        case_test(daily_rights_of_an_incomplete_directory_are_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
