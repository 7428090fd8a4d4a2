#include "fixture.h"

#include <string.h>

#define EVERY_FLAG                                                                                 \
    (ENTRY_PASSWORD_NEVER_EXPIRES | ENTRY_PASSWORD_NOT_REQUIRED | ENTRY_DELEGATION_UNCONSTRAINED | \
     ENTRY_PASSWORD_REVERSIBLE | ENTRY_PREAUTHENTICATION_OFF)

/* An account of Active Directory. */
static uint32_t flagged(Case *c, const char *name, uint32_t flags)
{
    uint32_t a = account(c, name, NULL);
    c->snapshot->accounts.enabled_by[a] = ENABLED_BY_UAC;
    c->snapshot->accounts.flags[a] |= flags;
    return a;
}

/* ---- account-flags-weak ---- */

static void every_weak_flag_is_an_exception(void **state)
{
    Case *c = *state;
    flagged(c, "delegated", ENTRY_DELEGATION_UNCONSTRAINED);
    flagged(c, "empty", ENTRY_PASSWORD_NOT_REQUIRED);
    flagged(c, "never", ENTRY_PASSWORD_NEVER_EXPIRES);
    flagged(c, "readable", ENTRY_PASSWORD_REVERSIBLE);
    flagged(c, "roastable", ENTRY_PREAUTHENTICATION_OFF);
    flagged(c, "fine", ENTRY_ADMIN_COUNT);
    assert_found(c, "account-flags-weak",
                 "delegated medium, empty medium, never medium, readable medium, roastable medium");
    assert_unjudged(c, "account-flags-weak", "");
}

static void a_password_that_never_expires_is_weak_for_people_only(void **state)
{
    static const AccountClass classes[] = {CLASS_PERSON,  CLASS_ADMIN, CLASS_SERVICE,
                                           CLASS_SHARED,  CLASS_GUEST, CLASS_BREAK_GLASS,
                                           CLASS_COMPUTER};
    Case *c = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        c->classes[flagged(c, account_classes[classes[i]], ENTRY_PASSWORD_NEVER_EXPIRES)] =
            classes[i];
    assert_found(c, "account-flags-weak", "admin medium, guest medium, person medium");
}

static void the_other_flags_are_weak_for_every_class(void **state)
{
    static const AccountClass classes[] = {CLASS_ADMIN, CLASS_SERVICE, CLASS_SHARED, CLASS_GUEST,
                                           CLASS_BREAK_GLASS};
    Case *c = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        c->classes[flagged(c, account_classes[classes[i]], ENTRY_PREAUTHENTICATION_OFF)] =
            classes[i];
    assert_found(c, "account-flags-weak",
                 "admin medium, break-glass medium, guest medium, service medium, shared medium");
}

static void of_computers_only_delegation_counts_and_not_of_domain_controllers(void **state)
{
    Case *c = *state;
    Computers *computers = &c->snapshot->computers;
    uint32_t weak = world_computer(c->world, "pc1"), dc = world_computer(c->world, "dc1"),
             off = world_computer(c->world, "pc2");
    computers->flags[weak] = computers->flags[off] = EVERY_FLAG;
    computers->flags[dc] = EVERY_FLAG | ENTRY_IS_DOMAIN_CONTROLLER;
    computers->enabled[off] = STATE_NO;
    c->classes[flagged(c, "as-account", EVERY_FLAG)] = CLASS_COMPUTER;
    c->classes[flagged(c, "other", EVERY_FLAG & ~ENTRY_DELEGATION_UNCONSTRAINED)] = CLASS_COMPUTER;
    assert_found(c, "account-flags-weak", "as-account medium, pc1 medium");
}

static void the_subject_of_a_computer_is_a_computer(void **state)
{
    Case *c = *state;
    uint32_t pc = world_computer(c->world, "pc1");
    c->snapshot->computers.flags[pc] = ENTRY_DELEGATION_UNCONSTRAINED;
    const FindingText *text = text_of_finding(c, "account-flags-weak");
    assert_string_equal(text->subject.type, "computer");
    assert_string_equal(text->subject.key, "c-pc1");
    assert_string_equal(text->summary, "pc1 may act as everybody who logs on to it "
                                       "(unconstrained delegation).");
}

static void all_flags_of_an_account_are_one_exception_with_what_to_clear(void **state)
{
    Case *c = *state;
    flagged(c, "ann",
            ENTRY_PASSWORD_NEVER_EXPIRES | ENTRY_PASSWORD_NOT_REQUIRED | ENTRY_PASSWORD_REVERSIBLE);
    const FindingText *text = text_of_finding(c, "account-flags-weak");
    assert_string_equal(text->summary,
                        "ann needs no password, keeps its password in a form that can be read back "
                        "and has a password that never expires.");
    assert_string_equal(text->action,
                        "Take PASSWD_NOTREQD, ENCRYPTED_TEXT_PWD_ALLOWED and DONT_EXPIRE_PASSWORD "
                        "out of userAccountControl of uid=ann,ou=people,dc=example,dc=com.");
    assert_non_null(strstr(text->evidence, "\"flags\":[\"password_not_required\","
                                           "\"password_reversible\",\"password_never_expires\"]"));
}

static void only_accounts_that_can_be_used_are_weak_and_privileged_ones_are_worse(void **state)
{
    Case *c = *state;
    uint32_t off = flagged(c, "off", EVERY_FLAG), over = flagged(c, "over", EVERY_FLAG);
    c->snapshot->accounts.enabled[off] = STATE_NO;
    c->snapshot->accounts.expires_utc[over] = AS_OF - 1;
    in_group(c, flagged(c, "boss", ENTRY_PASSWORD_NOT_REQUIRED), group(c, "admins"));
    c->config = "privileged = [\"admins\"];";
    assert_found(c, "account-flags-weak", "boss high");
}

static void flags_that_could_not_be_read_are_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t a = flagged(c, "ann", 0);
    c->snapshot->accounts.enabled_by[a] = ENABLED_BY_UNREADABLE;
    c->snapshot->accounts.enabled[a] = STATE_UNKNOWN;
    assert_found(c, "account-flags-weak", "");
    assert_unjudged(c, "account-flags-weak",
                    "subject: corp: whether the account is enabled could not be read");
}

static void a_directory_without_such_flags_is_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.enabled_by[account(c, "ann", NULL)] = ENABLED_BY_PPOLICY_LOCK;
    c->snapshot->accounts.enabled_by[account(c, "bob", NULL)] = ENABLED_BY_NOTHING;
    assert_found(c, "account-flags-weak", "");
    assert_unjudged(c, "account-flags-weak",
                    "corp: corp: does not show how accounts prove who they are (userAccountControl "
                    "of Active Directory)");
}

/* ---- privileged-password-old ---- */

static uint32_t privileged(Case *c, const char *name, int64_t password_utc)
{
    uint32_t a = account(c, name, NULL);
    c->snapshot->accounts.password_changed_utc[a] = password_utc;
    in_group(c, a, 0);
    return a;
}

static int admins_setup(void **state)
{
    case_setup(state);
    Case *c = *state;
    group(c, "admins");
    c->config = "privileged = [\"admins\"];";
    return 0;
}

static void a_privileged_password_is_old_after_a_year(void **state)
{
    Case *c = *state;
    privileged(c, "old", AS_OF - DAYS(365) - 1);
    privileged(c, "year", AS_OF - DAYS(365));
    uint32_t ordinary = account(c, "ordinary", NULL);
    c->snapshot->accounts.password_changed_utc[ordinary] = AS_OF - DAYS(4000);
    assert_found(c, "privileged-password-old", "old medium");
    assert_unjudged(c, "privileged-password-old", "");
}

static void services_count_and_break_glass_and_what_cannot_be_used_do_not(void **state)
{
    Case *c = *state;
    c->classes[privileged(c, "svc", AS_OF - DAYS(700))] = CLASS_SERVICE;
    c->classes[privileged(c, "box", AS_OF - DAYS(700))] = CLASS_SHARED;
    c->classes[privileged(c, "glass", AS_OF - DAYS(700))] = CLASS_BREAK_GLASS;
    uint32_t off = privileged(c, "off", AS_OF - DAYS(700));
    c->snapshot->accounts.enabled[off] = STATE_NO;
    assert_found(c, "privileged-password-old", "box medium, svc medium");
}

static void the_limit_of_passwords_can_be_set(void **state)
{
    Case *c = *state;
    c->config =
        "privileged = [\"admins\"]; controls: { privileged-password-old: { days = 90; }; };";
    privileged(c, "ann", AS_OF - DAYS(91));
    privileged(c, "bob", AS_OF - DAYS(89));
    assert_found(c, "privileged-password-old", "ann medium");
    assert_non_null(
        strstr(text_of_finding(c, "privileged-password-old")->evidence, "\"password_changed\":"));
}

static void passwords_without_a_time_are_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t a = privileged(c, "ann", TIME_UNKNOWN);
    assert_found(c, "privileged-password-old", "");
    assert_unjudged(c, "privileged-password-old",
                    "corp: corp: does not record when passwords were set");
    privileged(c, "bob", AS_OF - DAYS(1)); /* now some are recorded */
    judge(c);
    assert_unjudged(c, "privileged-password-old",
                    "subject: corp: when the password was set is not recorded for the account");
    c->snapshot->accounts.flags[a] |= ENTRY_PASSWORD_CHANGED_UNREADABLE;
    judge(c);
    assert_unjudged(c, "privileged-password-old",
                    "subject: corp: when the password was set could not be read");
}

static void a_privileged_group_that_is_not_there_is_said(void **state)
{
    Case *c = *state;
    c->config = "privileged = [\"admins\", \"gone\"];";
    assert_unjudged(c, "privileged-password-old", "*: privileged: no group is called \"gone\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(every_weak_flag_is_an_exception),
        case_test(a_password_that_never_expires_is_weak_for_people_only),
        case_test(the_other_flags_are_weak_for_every_class),
        case_test(of_computers_only_delegation_counts_and_not_of_domain_controllers),
        case_test(the_subject_of_a_computer_is_a_computer),
        case_test(all_flags_of_an_account_are_one_exception_with_what_to_clear),
        case_test(only_accounts_that_can_be_used_are_weak_and_privileged_ones_are_worse),
        case_test(flags_that_could_not_be_read_are_not_evaluable),
        case_test(a_directory_without_such_flags_is_not_evaluable),
        cmocka_unit_test_setup_teardown(a_privileged_password_is_old_after_a_year, admins_setup,
                                        case_teardown),
        cmocka_unit_test_setup_teardown(
            services_count_and_break_glass_and_what_cannot_be_used_do_not, admins_setup,
            case_teardown),
        cmocka_unit_test_setup_teardown(the_limit_of_passwords_can_be_set, admins_setup,
                                        case_teardown),
        cmocka_unit_test_setup_teardown(passwords_without_a_time_are_not_evaluable, admins_setup,
                                        case_teardown),
        cmocka_unit_test_setup_teardown(a_privileged_group_that_is_not_there_is_said, admins_setup,
                                        case_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
