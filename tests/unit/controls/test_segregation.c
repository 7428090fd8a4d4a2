#include "fixture.h"

#include <string.h>

#define RULE                                                                                       \
    "segregation: ( { id = \"pay-and-approve\"; a = [\"pay\"]; b = [\"approve\"]; except = "       \
    "[\"9\"]; } );"

typedef struct Sides {
    uint32_t pay, approve;
} Sides;

static Sides two_sides(Case *c)
{
    c->config = RULE;
    return (Sides){group(c, "pay"), group(c, "approve")};
}

static void sides_count_over_all_accounts_of_a_person(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "1", "Ann");
    uint32_t inner = group(c, "treasury"), admin = account(c, "adm-ann", "1");
    c->classes[admin] = CLASS_ADMIN;
    in_group(c, account(c, "ann", "1"), inner);
    nest(c, inner, s.pay);
    in_group(c, admin, s.approve);
    assert_found(c, "segregation-conflict", "Ann/pay-and-approve high");
    const FindingText *text = text_of_finding(c, "segregation-conflict");
    assert_string_equal(text->subject.type, "person");
    assert_string_equal(text->subject.key, "1");
    assert_string_equal(text->object.type, "rule");
    assert_string_equal(text->object.key, "pay-and-approve");
    assert_string_equal(
        text->summary,
        "Ann holds both sides of pay-and-approve: pay (as ann) and approve (as adm-ann).");
    assert_non_null(strstr(
        text->evidence,
        "\"a\":[{\"account\":\"ann\",\"source\":\"corp\",\"path\":[\"treasury\",\"pay\"]}]"));
}

static void one_side_each_passes(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "1", "Ann");
    person(c, "2", "Bob");
    in_group(c, account(c, "ann", "1"), s.pay);
    in_group(c, account(c, "bob", "2"), s.approve);
    assert_found(c, "segregation-conflict", "");
    assert_unjudged(c, "segregation-conflict", "");
}

static void side_of_a_disabled_account_does_not_count(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "1", "Ann");
    uint32_t admin = account(c, "adm-ann", "1");
    in_group(c, account(c, "ann", "1"), s.pay);
    in_group(c, admin, s.approve);
    c->snapshot->accounts.enabled[admin] = STATE_NO;
    assert_found(c, "segregation-conflict", "");
    c->snapshot->accounts.enabled[admin] = STATE_UNKNOWN;
    judge(c);
    assert_found(c, "segregation-conflict", "Ann/pay-and-approve high");
}

static void excepted_person_passes(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "9", "Chief");
    uint32_t chief = account(c, "chief", "9");
    in_group(c, chief, s.pay);
    in_group(c, chief, s.approve);
    assert_found(c, "segregation-conflict", "");
}

static void privileged_account_does_not_raise_it(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1");
    in_group(c, ann, s.pay);
    in_group(c, ann, s.approve);
    c->config = RULE "privileged = [\"pay\"];";
    assert_found(c, "segregation-conflict", "Ann/pay-and-approve high");
}

static void rule_with_an_unknown_group_is_not_evaluable_others_are(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    person(c, "1", "Ann");
    uint32_t ann = account(c, "ann", "1");
    in_group(c, ann, s.pay);
    in_group(c, ann, s.approve);
    c->config = "segregation: ( { id = \"broken\"; a = [\"pay\"]; b = [\"approve\", \"gone\"]; },"
                " { id = \"whole\"; a = [\"pay\"]; b = [\"approve\"]; } );";
    assert_found(c, "segregation-conflict", "Ann/whole high");
    assert_unjudged(c, "segregation-conflict",
                    "*: segregation rule broken: no group is called \"gone\"");
}

static void incomplete_directory_makes_it_not_evaluable(void **state)
{
    Case *c = *state;
    two_sides(c);
    person(c, "1", "Ann");
    uint8_t app = world_source(c->world, "app", PROVIDES_ACCOUNTS);
    c->snapshot->sources[app].status = SOURCE_INCOMPLETE;
    assert_unjudged(c, "segregation-conflict", "*: app: incomplete");
}

static void ambiguous_account_on_the_other_side_is_not_evaluable(void **state)
{
    Case *c = *state;
    Sides s = two_sides(c);
    uint32_t p = person(c, "1", "Kim"), q = person(c, "2", "Kim");
    set_text(c, &c->snapshot->people.email[p], "k@example.com");
    set_text(c, &c->snapshot->people.email[q], "k@example.com");
    uint32_t unclear = account(c, "k", NULL);
    set_text(c, &c->snapshot->accounts.mail[unclear], "k@example.com");
    in_group(c, account(c, "kim", "1"), s.pay);
    in_group(c, unclear, s.approve);
    assert_found(c, "segregation-conflict", "");
    assert_unjudged(c, "segregation-conflict",
                    "subject: it is not known whether an ambiguous account is this person's");
}

static void without_rules_it_passes(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    assert_found(c, "segregation-conflict", "");
    assert_unjudged(c, "segregation-conflict", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(sides_count_over_all_accounts_of_a_person),
        case_test(one_side_each_passes),
        case_test(side_of_a_disabled_account_does_not_count),
        case_test(excepted_person_passes),
        case_test(privileged_account_does_not_raise_it),
        case_test(rule_with_an_unknown_group_is_not_evaluable_others_are),
        case_test(incomplete_directory_makes_it_not_evaluable),
        case_test(ambiguous_account_on_the_other_side_is_not_evaluable),
        case_test(without_rules_it_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
