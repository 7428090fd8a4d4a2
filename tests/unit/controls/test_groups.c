#include "fixture.h"

#include <string.h>

#define ADMINS "privileged = [\"admins\"];"

/* ---- group-without-owner ---- */

static void governed_group_without_an_owner_is_an_exception(void **state)
{
    Case *c = *state;
    group(c, "admins");
    group(c, "other");
    c->config = ADMINS;
    assert_found(c, "group-without-owner", "admins medium");
    const FindingText *text = text_of_finding(c, "group-without-owner");
    assert_string_equal(text->subject.type, "group");
    assert_string_equal(text->summary, "The group admins is governed and has no owner.");
    assert_string_equal(text->action, "Name an owner on cn=admins,ou=groups,dc=example,dc=com.");
    assert_non_null(strstr(text->evidence, "\"governed\":[\"privileged\"]"));
}

static void person_account_or_group_may_own_a_group(void **state)
{
    Case *c = *state;
    group(c, "admins");
    group(c, "board");
    person(c, "1", "Ann");
    account(c, "bob", NULL);
    c->config = ADMINS;
    const char *const owners[] = {"1", "bob", "uid=bob,ou=people,dc=example,dc=com",
                                  "cn=board,ou=groups,dc=example,dc=com"};
    for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
        set_text(c, &c->snapshot->groups.owner_text[0], owners[i]);
        judge(c);
        assert_found(c, "group-without-owner", "");
    }
    left(c, 0, DAYS(3)); /* is owner-left's */
    set_text(c, &c->snapshot->groups.owner_text[0], "1");
    judge(c);
    assert_found(c, "group-without-owner", "");
    assert_found(c, "owner-left", "admins high");
}

static void owner_of_a_group_who_is_nobody_is_no_owner(void **state)
{
    Case *c = *state;
    person(c, "1", "Ann");
    set_text(c, &c->snapshot->groups.owner_text[group(c, "admins")], "somebody");
    c->config = ADMINS;
    assert_found(c, "group-without-owner", "admins medium");
    assert_non_null(strstr(text_of_finding(c, "group-without-owner")->summary,
                           "\"somebody\" is nobody we know"));
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE; /* may know him */
    judge(c);
    assert_found(c, "group-without-owner", "");
    assert_unjudged(c, "group-without-owner",
                    "subject: the owner was not found, and not every source is complete");
}

static void every_kind_of_governed_group_needs_an_owner(void **state)
{
    Case *c = *state;
    const char *const names[] = {"entitled", "accessed", "left", "right", "free"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        group(c, names[i]);
    world_access_group(c->world, world_asset(c->world, "A1"), "accessed");
    c->config = "entitlements: ( { group = \"entitled\"; } ); segregation: ( { id = \"r\"; a = "
                "[\"left\"]; b = [\"right\", \"gone\"]; } );";
    assert_found(c, "group-without-owner",
                 "accessed medium, entitled medium, left medium, right medium");
    assert_unjudged(c, "group-without-owner", "*: segregation rule r: no group is called \"gone\"");
}

static void groups_of_an_incomplete_directory_are_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_unjudged(c, "group-without-owner", "*: corp: incomplete");
    assert_unjudged(c, "group-loop", "*: corp: incomplete");
    assert_unjudged(c, "member-unknown", "*: corp: incomplete");
}

/* ---- group-loop ---- */

static void groups_that_contain_each_other_are_one_exception(void **state)
{
    Case *c = *state;
    uint32_t z = group(c, "zeta"), a = group(c, "alpha"), m = group(c, "mid"),
             out = group(c, "out");
    nest(c, z, a);
    nest(c, a, m);
    nest(c, m, z);
    nest(c, m, out);
    assert_found(c, "group-loop", "alpha low");
    const FindingText *text = text_of_finding(c, "group-loop");
    assert_string_equal(text->subject.type, "group");
    assert_string_equal(text->subject.key, "g-alpha");
    assert_null(text->object.type);
    assert_string_equal(
        text->summary,
        "alpha, mid and zeta contain each other: whoever is in one of them is in all.");
    assert_non_null(
        strstr(text->evidence, "\"each_contains_the_next\":[\"alpha\",\"zeta\",\"mid\"]"));
    assert_non_null(strstr(text->evidence, "\"n_groups\":3"));
    assert_non_null(strstr(text->action, "If that is zeta, remove cn=zeta,"));
}

static void subject_of_a_loop_is_the_smallest_key_and_not_the_smallest_name(void **state)
{
    Case *c = *state;
    uint32_t a = group(c, "a"), b = group(c, "b");
    nest(c, a, b);
    nest(c, b, a);
    set_text(c, &c->snapshot->groups.key[a], "k2");
    set_text(c, &c->snapshot->groups.key[b], "k1");
    assert_found(c, "group-loop", "b low");
    set_text(c, &c->snapshot->groups.key[b], NULL); /* is then its DN: "cn=b,…" before "k2" */
    judge(c);
    assert_found(c, "group-loop", "b low");
    set_text(c, &c->snapshot->groups.key[a], "c");
    judge(c);
    assert_found(c, "group-loop", "a low");
}

static void group_that_lists_itself_alone_is_no_loop(void **state)
{
    Case *c = *state;
    uint32_t a = group(c, "a"), b = group(c, "b");
    nest(c, a, a);
    nest(c, a, b);
    assert_found(c, "group-loop", "");
}

static void every_loop_is_an_exception_of_its_own(void **state)
{
    Case *c = *state;
    uint32_t a = group(c, "a"), b = group(c, "b"), x = group(c, "x"), y = group(c, "y");
    nest(c, a, b);
    nest(c, b, a);
    nest(c, x, y);
    nest(c, y, x);
    nest(c, x, a); /* one way only */
    assert_found(c, "group-loop", "a low, x low");
}

static void large_loop_names_some_and_counts_the_rest(void **state)
{
    Case *c = *state;
    for (uint32_t i = 0; i < 9; i++) {
        g_autofree char *name = g_strdup_printf("g%u", i);
        group(c, name);
    }
    for (uint32_t i = 0; i < 9; i++)
        nest(c, i, (i + 1) % 9);
    assert_found(c, "group-loop", "g0 low");
    assert_true(g_str_has_prefix(text_of_finding(c, "group-loop")->summary,
                                 "g0, g1, g2 and 6 more contain each other"));
}

static void loop_may_lead_through_a_directory_that_was_not_read(void **state)
{
    Case *c = *state;
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[lab].status = SOURCE_INCOMPLETE;
    uint32_t a = group(c, "a"), b = group(c, "b");
    nest(c, a, b);
    nest(c, b, a);
    assert_found(c, "group-loop", "");
    assert_unjudged(c, "group-loop", "*: lab: incomplete");
}

/* ---- member-unknown ---- */

static uint32_t dangling(Case *c, const char *text, uint32_t into)
{
    uint32_t id = world_foreign(c->world, text, NULL);
    world_member(c->world, into, principal_of(PRINCIPAL_FOREIGN, id), VIA_MEMBER);
    return id;
}

static void member_that_nothing_explains_is_an_exception_of_the_group(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins");
    dangling(c, "cn=gone,dc=example,dc=com", admins);
    in_group(c, account(c, "ann", NULL), admins);
    dangling(c, "cn=gone too,dc=example,dc=com", group(c, "not governed"));
    c->config = ADMINS;
    assert_found(c, "member-unknown", "admins medium");
    const FindingText *text = text_of_finding(c, "member-unknown");
    assert_string_equal(text->subject.type, "group");
    assert_null(text->object.type);
    assert_string_equal(text->summary, "cn=gone,dc=example,dc=com is in admins, and is no account, "
                                       "group or computer that was read.");
    assert_true(g_str_has_prefix(text->action, "Remove cn=gone,dc=example,dc=com from admins."));
}

static void unknown_members_below_a_governed_group_count_for_the_nearest(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), outer = group(c, "outer"), team = group(c, "team");
    nest(c, admins, outer);
    nest(c, team, admins);
    dangling(c, "b", team);
    dangling(c, "a", admins);
    c->config = "privileged = [\"admins\", \"outer\"];";
    assert_found(c, "member-unknown", "admins medium");
    const FindingText *text = text_of_finding(c, "member-unknown");
    assert_string_equal(text->summary, "a and 1 more are in admins, and are no accounts, groups or "
                                       "computers that were read.");
    assert_non_null(strstr(text->evidence, "\"members\":[{\"member\":\"a\",\"path\":[\"admins\"]},{"
                                           "\"member\":\"b\",\"path\":[\"team\",\"admins\"]}]"));
    uint64_t facts = only_finding(c, "member-unknown")->facts;
    dangling(c, "c", team);
    judge(c);
    assert_int_not_equal(facts, only_finding(c, "member-unknown")->facts);
}

static void foreign_principals_are_group_foreign_members(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins");
    uint32_t f = world_foreign(c->world, "CN=S-1-5-21-9-9-9-1105,CN=ForeignSecurityPrincipals",
                               "S-1-5-21-9-9-9-1105");
    world_member(c->world, admins, principal_of(PRINCIPAL_FOREIGN, f), VIA_MEMBER);
    c->config = ADMINS;
    assert_found(c, "member-unknown", "");
    assert_found(c, "group-foreign-member", "S-1-5-21-9-9-9-1105/admins critical");
}

static void group_governed_in_several_ways_is_told_once(void **state)
{
    Case *c = *state;
    dangling(c, "gone", group(c, "admins"));
    c->config = ADMINS "entitlements: ( { group = \"admins\"; } );";
    assert_found(c, "member-unknown", "admins medium");
    assert_non_null(strstr(text_of_finding(c, "member-unknown")->evidence, "\"n_members\":1"));
}

static void unknown_member_may_be_of_what_was_not_read(void **state)
{
    Case *c = *state;
    dangling(c, "gone", group(c, "admins"));
    c->config = ADMINS;
    c->snapshot->sources[0].counts.rejected = 1;
    assert_found(c, "member-unknown", "");
    assert_unjudged(c, "member-unknown",
                    "subject: records of a directory were rejected; the member may be one of them");
    c->snapshot->sources[0].counts.rejected = 0;
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[lab].status = SOURCE_INCOMPLETE;
    judge(c);
    assert_found(c, "member-unknown", "");
    assert_unjudged(c, "member-unknown",
                    "lab: lab: incomplete | subject: a directory was not read whole; the member "
                    "may be an entry of it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(governed_group_without_an_owner_is_an_exception),
        case_test(person_account_or_group_may_own_a_group),
        case_test(owner_of_a_group_who_is_nobody_is_no_owner),
        case_test(every_kind_of_governed_group_needs_an_owner),
        case_test(groups_of_an_incomplete_directory_are_not_evaluable),
        case_test(groups_that_contain_each_other_are_one_exception),
        case_test(subject_of_a_loop_is_the_smallest_key_and_not_the_smallest_name),
        case_test(group_that_lists_itself_alone_is_no_loop),
        case_test(every_loop_is_an_exception_of_its_own),
        case_test(large_loop_names_some_and_counts_the_rest),
        case_test(loop_may_lead_through_a_directory_that_was_not_read),
        case_test(member_that_nothing_explains_is_an_exception_of_the_group),
        case_test(unknown_members_below_a_governed_group_count_for_the_nearest),
        case_test(foreign_principals_are_group_foreign_members),
        case_test(group_governed_in_several_ways_is_told_once),
        case_test(unknown_member_may_be_of_what_was_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
