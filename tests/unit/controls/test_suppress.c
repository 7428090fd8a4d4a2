#include "fixture.h"

#include "controls/suppress.h"

#include <string.h>

#define RULE(condition, until)                                                                     \
    "suppressions: ( { control = \"dormant-account\"; " condition                                  \
    " reason = \"r\"; author = \"00200\"; until = \"" until "\"; } );"

/* How many of the findings of dormant-account the only rule accepts; *ret_rule: what it says. */
static int accepted(Case *c, const char *config, Suppression *ret_rule)
{
    c->config = config;
    judge(c);
    g_autoptr(Suppressions) all = suppressions_new(&c->context);
    size_t n = 0;
    int n_accepted = 0;

    suppressions_apply(all, &c->context, c->set);
    *ret_rule = suppressions_all(all, &n)[0];
    for (guint i = 0; i < c->set->findings->len; i++)
        n_accepted += c->set->accepted_by[i] != 0;
    c->set->rules = NULL;
    return n_accepted;
}

/* Three accounts that nobody uses: ann is Lena's, bob the author's, svc-scan nobody's. */
static void begin(Case *c)
{
    person(c, "00123", "Lena Wong");
    person(c, "00200", "Ida Author");
    account(c, "ann", "00123");
    account(c, "bob", "00200");
    account(c, "svc-scan", NULL);
    for (uint32_t i = 0; i < 3; i++)
        c->snapshot->accounts.last_logon_utc[i] = AS_OF - DAYS(200);
}

static void a_rule_accepts_what_fits_all_its_conditions(void **state)
{
    Case *c = *state;
    Suppression rule;
    begin(c);
    assert_int_equal(accepted(c, RULE("account = \"SVC-*\";", "2026-12-31"), &rule), 1);
    assert_int_equal(rule.n_fitting, 1);
    assert_int_equal(
        accepted(c, RULE("account = \"ann\"; person = \"Lena*\";", "2026-12-31"), &rule), 1);
    assert_int_equal(
        accepted(c, RULE("account = \"ann\"; person = \"Ida*\";", "2026-12-31"), &rule), 0);
    assert_int_equal(accepted(c, RULE("source = \"corp\";", "2026-12-31"), &rule), 2);
    assert_int_equal(accepted(c, RULE("group = \"*\";", "2026-12-31"), &rule), 0);
}

static void nobody_accepts_what_is_about_themselves(void **state)
{
    Case *c = *state;
    Suppression rule;
    begin(c);
    assert_int_equal(accepted(c, RULE("account = \"bob\";", "2026-12-31"), &rule), 0);
    assert_int_equal(rule.n_own, 1);
}

static void a_rule_ends_at_the_end_of_its_day(void **state)
{
    Case *c = *state;
    Suppression rule;
    begin(c);
    c->as_of_utc = AS_OF - HOURS(5); /* 2026-03-17T00:00:00Z */
    assert_int_equal(accepted(c, RULE("account = \"ann\";", "2026-03-16"), &rule), 0);
    assert_true(rule.is_over);
    assert_int_equal(rule.n_fitting, 1); /* open because of it */
    c->as_of_utc--;
    assert_int_equal(accepted(c, RULE("account = \"ann\";", "2026-03-16"), &rule), 1);
    assert_false(rule.is_over);
}

static void another_control_is_none_of_its_business(void **state)
{
    Case *c = *state;
    begin(c);
    c->config = RULE("account = \"svc-scan\";", "2026-12-31");
    judge(c);
    g_autoptr(Suppressions) all = suppressions_new(&c->context);
    suppressions_apply(all, &c->context, c->set);
    for (guint i = 0; i < c->set->findings->len; i++) {
        const Finding *finding = &g_array_index(c->set->findings, Finding, i);
        bool is_dormant = strcmp(c->set->controls->pdata[finding->control], "dormant-account") == 0;
        assert_int_equal(c->set->accepted_by[i], is_dormant && finding->subject == 2);
    }
    c->set->rules = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(a_rule_accepts_what_fits_all_its_conditions),
        case_test(nobody_accepts_what_is_about_themselves),
        case_test(a_rule_ends_at_the_end_of_its_day),
        case_test(another_control_is_none_of_its_business),
    };
    return cmocka_run_group_tests_name("controls/suppress", tests, NULL, NULL);
}
