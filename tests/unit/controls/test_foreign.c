#include "fixture.h"

#define CORP "S-1-5-21-1-2-3-"
#define LAB "S-1-5-21-7-8-9-"
#define ADMINS "privileged = [\"admins\"];"
#define PAYMENTS "entitlements: ( { group = \"payments\"; allowed = ( { title = \"*\"; } ); } );"

static uint32_t foreign_in(Case *c, const char *sid, uint32_t into)
{
    g_autofree char *dn =
        g_strdup_printf("CN=%s,CN=ForeignSecurityPrincipals,DC=x", sid != NULL ? sid : "nobody");
    uint32_t id = world_foreign(c->world, dn, sid);
    world_member(c->world, into, principal_of(PRINCIPAL_FOREIGN, id), VIA_MEMBER);
    return id;
}

/* Domain Users with its primary members. */
static uint32_t domain_users(Case *c, const char *name, size_t n)
{
    uint32_t users = group(c, name);
    set_text(c, &c->snapshot->groups.sid[users], CORP "513");
    for (size_t i = 0; i < n; i++) {
        g_autofree char *user = g_strdup_printf("user%zu", i);
        world_member(c->world, users, principal_of(PRINCIPAL_ACCOUNT, account(c, user, NULL)),
                     VIA_PRIMARY_GROUP);
    }
    return users;
}

static void members_of_the_house_are_not_told(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), ops = group(c, "ops");
    nest(c, ops, admins);
    in_group(c, account(c, "ann", NULL), admins);
    in_group(c, account(c, "bob", NULL), ops);
    foreign_in(c, NULL, admins); /* dangling: member-unknown */
    c->config = ADMINS;
    assert_found(c, "group-foreign-member", "");
    assert_unjudged(c, "group-foreign-member", "");
}

/* An account of another source is known, with its person, its state and its rights. */
static void accounts_of_other_sources_are_of_the_house(void **state)
{
    Case *c = *state;
    uint32_t bob = account(c, "bob", NULL);
    c->snapshot->accounts.source[bob] = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    world_member(c->world, group(c, "admins"), principal_of(PRINCIPAL_ACCOUNT, bob), VIA_FOREIGN);
    c->config = ADMINS;
    assert_found(c, "group-foreign-member", "");
    assert_found(c, "privileged-nested", "bob/admins high");
}

static void guests_are_told_while_they_can_be_used(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), payments = group(c, "payments"), ops = group(c, "ops");
    nest(c, ops, admins);
    uint32_t eve = account(c, "eve", NULL), gus = account(c, "gus", NULL),
             off = account(c, "off", NULL), rid = account(c, "Gast", NULL);
    c->classes[eve] = c->classes[gus] = c->classes[off] = CLASS_GUEST;
    c->classes[rid] = CLASS_BREAK_GLASS;
    set_text(c, &c->snapshot->accounts.sid[rid], CORP "501");
    c->snapshot->accounts.enabled[off] = STATE_NO;
    in_group(c, eve, ops);
    in_group(c, off, ops);
    in_group(c, gus, payments);
    in_group(c, rid, payments);
    c->config = ADMINS PAYMENTS;
    assert_found(c, "group-foreign-member",
                 "Gast/payments high, eve/admins critical, gus/payments high");
    c->classes[gus] = c->classes[rid] = CLASS_PERSON;
    set_text(c, &c->snapshot->accounts.sid[rid], CORP "1501");
    judge(c);
    const FindingText *text = text_of_finding(c, "group-foreign-member");
    assert_string_equal(text->summary, "eve is a guest and in admins through ops.");
    assert_string_equal(text->subject.type, "right");
}

static void a_sid_that_nobody_has_is_told_below_governed_groups_too(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), ops = group(c, "ops");
    nest(c, ops, admins);
    foreign_in(c, LAB "1104", ops);
    c->config = ADMINS;
    assert_found(c, "group-foreign-member", LAB "1104/admins critical");
    const FindingText *text = text_of_finding(c, "group-foreign-member");
    assert_string_equal(text->summary,
                        LAB "1104 is in admins through ops, and nobody can tell who that is: the "
                            "SID is of no domain that is configured.");
    assert_string_equal(text->subject.key, LAB "1104");
    assert_string_equal(text->subject.source, "corp");
    assert_string_equal(text->subject.dn, "CN=" LAB "1104,CN=ForeignSecurityPrincipals,DC=x");
    assert_non_null(strstr(text->action, "Remove CN=" LAB "1104,CN=ForeignSecurityPrincipals,DC=x "
                                         "from ops, which leads to admins."));

    uint32_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    c->snapshot->sources[lab].domain_sid = g_strdup("S-1-5-21-7-8-9");
    judge(c);
    assert_string_equal(text_of_finding(c, "group-foreign-member")->summary,
                        LAB "1104 is in admins through ops: a SID of the domain of lab, but of "
                            "nothing that was read of it.");
    uint32_t box = world_computer(c->world, "box");
    set_text(c, &c->snapshot->computers.sid[box], LAB "1104");
    judge(c);
    assert_string_equal(text_of_finding(c, "group-foreign-member")->summary,
                        "The computer box (" LAB
                        "1104) is in admins through ops, and is of another "
                        "domain.");
}

static void a_sid_that_an_account_had_is_that_account(void **state)
{
    Case *c = *state;
    foreign_in(c, LAB "1104", group(c, "admins"));
    c->config = ADMINS;
    assert_found(c, "group-foreign-member", LAB "1104/admins critical");
    world_sid_history(c->world, account(c, "ann", NULL), LAB "1104");
    judge(c);
    assert_found(c, "group-foreign-member", "");
}

static void a_sid_may_be_of_a_directory_that_is_not_whole(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins");
    foreign_in(c, LAB "1104", admins);
    foreign_in(c, "S-1-1-0", admins); /* the same everywhere */
    c->config = ADMINS;
    c->snapshot->sources[world_source(c->world, "lab", PROVIDES_DIRECTORY)].status =
        SOURCE_INCOMPLETE;
    assert_found(c, "group-foreign-member", "S-1-1-0/admins critical");
    assert_non_null(
        strstr(unjudged(c, "group-foreign-member"),
               "subject: a directory was not read whole; the member may be an account"));
}

static void everybody_is_said_in_plain_words(void **state)
{
    Case *c = *state;
    uint32_t payments = group(c, "payments"), ops = group(c, "ops");
    nest(c, ops, payments);
    foreign_in(c, "S-1-5-11", ops);
    c->config = PAYMENTS;
    assert_found(c, "group-foreign-member", "S-1-5-11/payments high");
    const FindingText *text = text_of_finding(c, "group-foreign-member");
    assert_string_equal(text->summary,
                        "Everybody is in payments: Authenticated Users (S-1-5-11) is its member "
                        "through ops, and that is everybody with an account, here or in a trusted "
                        "domain.");
    assert_non_null(strstr(text->evidence, "\"everybody\":true"));
    assert_non_null(strstr(text->evidence, "\"path\":[\"ops\",\"payments\"]"));
    set_text(c, &c->snapshot->foreigners.sid[0], "S-1-5-9");
    judge(c);
    assert_string_equal(text_of_finding(c, "group-foreign-member")->summary,
                        "Enterprise Domain Controllers (S-1-5-9) is in payments through ops, and "
                        "that is every domain controller of the forest.");
}

static void a_group_governed_in_several_ways_is_told_once(void **state)
{
    Case *c = *state;
    uint32_t payments = group(c, "payments");
    foreign_in(c, "S-1-1-0", payments);
    foreign_in(c, LAB "1104", payments);
    c->config = PAYMENTS "privileged = [\"payments\"];";
    assert_found(c, "group-foreign-member",
                 "S-1-1-0/payments critical, " LAB "1104/payments critical");
}

/* ---- everybody of the domain ---- */

static void few_users_of_the_domain_are_still_told_one_by_one(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins");
    nest(c, domain_users(c, "Domänen-Benutzer", 2), admins);
    c->config = ADMINS "controls: { group-foreign-member: { members = 2; }; };";
    assert_found(c, "group-foreign-member", "Domänen-Benutzer/admins critical");
    assert_found(c, "privileged-nested", "user0/admins high, user1/admins high");
    const FindingText *text = text_of_finding(c, "group-foreign-member");
    assert_string_equal(
        text->summary, "Everybody is in admins: Domänen-Benutzer (Domain Users) is its member, and "
                       "that is everybody with an account in the domain.");
    assert_string_equal(text->subject.key, "g-Domänen-Benutzer");
    assert_string_equal(text->subject.type, "right");
}

static void a_crowd_is_told_once_and_not_one_by_one(void **state)
{
    Case *c = *state;
    uint32_t admins = group(c, "admins"), payments = group(c, "payments"), ops = group(c, "ops");
    uint32_t users = domain_users(c, "Domain Users", 3);
    nest(c, users, ops);
    nest(c, ops, admins);
    nest(c, users, payments);
    in_group(c, 1, ops); /* user1 also holds it by himself */
    world_approval(c->world, "T1", "admins");
    c->config = ADMINS PAYMENTS "controls: { group-foreign-member: { members = 2; }; };";
    person(c, "P1", "Ann");
    assert_found(c, "group-foreign-member",
                 "Domain Users/admins critical, Domain Users/payments high");
    assert_found(c, "privileged-nested", "user1/admins high");
    assert_found(c, "privileged-unapproved", "user1/admins high");
    assert_found(c, "excess-privilege", "");
    assert_false(bitset_has(&c->governed->privileged_accounts, 0));
    assert_true(bitset_has(&c->governed->privileged_accounts, 1));
    assert_string_equal(text_of_finding(c, "privileged-nested")->summary,
                        "user1 is in admins through ops: the member list of admins does not show "
                        "it.");
}

static void while_the_control_is_off_nobody_is_left_out(void **state)
{
    Case *c = *state;
    nest(c, domain_users(c, "Domain Users", 3), group(c, "admins"));
    c->config = ADMINS "controls: { group-foreign-member: { members = 2; enabled = false; }; };";
    assert_found(c, "privileged-nested", "user0/admins high, user1/admins high, user2/admins high");
}

static void a_group_of_everybody_that_is_governed_itself_is_as_configured(void **state)
{
    Case *c = *state;
    domain_users(c, "admins", 3);
    c->config = ADMINS "controls: { group-foreign-member: { members = 2; }; };";
    assert_found(c, "group-foreign-member", "");
    assert_found(c, "privileged-nested", "user0/admins high, user1/admins high, user2/admins high");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(members_of_the_house_are_not_told),
        case_test(accounts_of_other_sources_are_of_the_house),
        case_test(guests_are_told_while_they_can_be_used),
        case_test(a_sid_that_nobody_has_is_told_below_governed_groups_too),
        case_test(a_sid_that_an_account_had_is_that_account),
        case_test(a_sid_may_be_of_a_directory_that_is_not_whole),
        case_test(everybody_is_said_in_plain_words),
        case_test(a_group_governed_in_several_ways_is_told_once),
        case_test(few_users_of_the_domain_are_still_told_one_by_one),
        case_test(a_crowd_is_told_once_and_not_one_by_one),
        case_test(while_the_control_is_off_nobody_is_left_out),
        case_test(a_group_of_everybody_that_is_governed_itself_is_as_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
