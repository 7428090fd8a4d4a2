#include "fixture.h"

#define CORP "S-1-5-21-1-2-3-"
#define LAB "S-1-5-21-7-8-9-"

/* Domain Admins, which shows its adminCount, so that the attribute is known to be readable. */
static uint32_t protected_group(Case *c, const char *name, const char *sid)
{
    uint32_t id = group(c, name);
    set_text(c, &c->snapshot->groups.sid[id], sid);
    c->snapshot->groups.flags[id] |= ENTRY_ADMIN_COUNT;
    return id;
}

static uint32_t marked(Case *c, const char *name)
{
    uint32_t id = account(c, name, NULL);
    c->snapshot->accounts.flags[id] |= ENTRY_ADMIN_COUNT;
    return id;
}

/* ---- adminCount ---- */

static void admin_count_without_a_protected_group_is_residue(void **state)
{
    Case *c = *state;
    uint32_t admins = protected_group(c, "Domänen-Admins", CORP "512");
    marked(c, "ann");
    in_group(c, marked(c, "bob"), admins);
    account(c, "eve", NULL);
    assert_found(c, "privileged-residue", "ann low");
    assert_unjudged(c, "privileged-residue", "");
    const FindingText *text = text_of_finding(c, "privileged-residue");
    assert_string_equal(text->summary, "ann has adminCount set, but is in no group that Active "
                                       "Directory protects.");
    assert_non_null(strstr(text->action, "Clear adminCount of uid=ann,"));
    assert_non_null(strstr(text->evidence, "\"admin_count_unexplained\":true"));
}

static void nesting_a_primary_group_and_a_distribution_group_explain_it(void **state)
{
    Case *c = *state;
    uint32_t admins = protected_group(c, "Administrators", "S-1-5-32-544");
    uint32_t ops = group(c, "ops"), news = group(c, "news");
    c->snapshot->groups.flags[news] |= ENTRY_IS_DISTRIBUTION;
    nest(c, ops, admins);
    nest(c, news, ops);
    in_group(c, marked(c, "nested"), ops);
    in_group(c, marked(c, "mailed"), news);
    world_member(c->world, admins, principal_of(PRINCIPAL_ACCOUNT, marked(c, "primary")),
                 VIA_PRIMARY_GROUP);
    assert_found(c, "privileged-residue", "");
}

static void only_protected_groups_explain_it(void **state)
{
    Case *c = *state;
    c->config = "privileged = [\"ours\"];";
    protected_group(c, "Domain Admins", CORP "512");
    uint32_t ours = group(c, "ours"), owners = group(c, "Creator Owners");
    set_text(c, &c->snapshot->groups.sid[owners], CORP "520");
    in_group(c, marked(c, "ann"), ours);
    in_group(c, marked(c, "bob"), owners);
    assert_found(c, "privileged-residue", "ann low, bob low");
}

static void classes_that_active_directory_guards_itself_are_no_subjects(void **state)
{
    Case *c = *state;
    protected_group(c, "Domain Admins", CORP "512");
    c->classes[marked(c, "krbtgt")] = CLASS_BREAK_GLASS;
    c->classes[marked(c, "svc")] = CLASS_SERVICE;
    uint32_t disabled = marked(c, "gone");
    c->snapshot->accounts.enabled[disabled] = STATE_NO; /* the mark stays, so it is told */
    assert_found(c, "privileged-residue", "gone low, svc low");
}

static void directories_without_the_attribute_have_nothing_to_say(void **state)
{
    Case *c = *state;
    group(c, "admins");
    c->snapshot->accounts.enabled_by[account(c, "ann", NULL)] = ENABLED_BY_PPOLICY_LOCK;
    assert_found(c, "privileged-residue", "");
    assert_unjudged(c, "privileged-residue", "");
}

/* FreeIPA's admins have the SID of Domain Admins for the sake of trusts, and no adminCount. */
static void groups_of_freeipa_show_no_admin_count(void **state)
{
    Case *c = *state;
    set_text(c, &c->snapshot->groups.sid[group(c, "admins")], CORP "512");
    c->snapshot->accounts.enabled_by[account(c, "ann", NULL)] = ENABLED_BY_NSACCOUNTLOCK;
    assert_found(c, "privileged-residue", "");
    assert_unjudged(c, "privileged-residue", "");
}

static void a_reader_who_sees_no_admin_count_proves_nothing(void **state)
{
    Case *c = *state;
    set_text(c, &c->snapshot->groups.sid[group(c, "Domain Admins")], CORP "512");
    account(c, "ann", NULL);
    assert_found(c, "privileged-residue", "");
    assert_unjudged(c, "privileged-residue",
                    "corp: corp: adminCount is set nowhere, not even on the groups that Active "
                    "Directory protects: the reader may not be allowed to see it");
}

static void without_the_protected_groups_nothing_explains_and_nothing_is_found(void **state)
{
    Case *c = *state;
    group(c, "ops");
    marked(c, "ann");
    assert_found(c, "privileged-residue", "");
    assert_unjudged(c, "privileged-residue",
                    "subject: none of the groups that Active Directory protects was read, so "
                    "nothing can explain adminCount");
}

static void a_protected_group_with_members_that_were_not_read_may_explain_it(void **state)
{
    Case *c = *state;
    uint32_t admins = protected_group(c, "Administrators", "S-1-5-32-544");
    uint32_t root = world_foreign(c->world, "CN=Enterprise Admins,DC=root", NULL);
    marked(c, "ann");
    world_member(c->world, admins, principal_of(PRINCIPAL_FOREIGN, root), VIA_MEMBER);
    assert_found(c, "privileged-residue", "");
    assert_true(g_str_has_prefix(unjudged(c, "privileged-residue"),
                                 "subject: a protected group has members that were not read"));
}

static void a_directory_that_is_not_whole_may_explain_it(void **state)
{
    Case *c = *state;
    protected_group(c, "Domain Admins", CORP "512");
    marked(c, "ann");
    world_sid_history(c->world, account(c, "bob", NULL), LAB "1104");
    c->snapshot->sources[world_source(c->world, "lab", PROVIDES_DIRECTORY)].status =
        SOURCE_INCOMPLETE;
    assert_found(c, "privileged-residue", "");
    const char *said = unjudged(c, "privileged-residue");
    assert_non_null(strstr(said, "subject: a directory was not read whole; a protected group"));
    assert_non_null(strstr(said, "subject: a directory was not read whole; a SID of the account"));
}

/* ---- sIDHistory ---- */

static void a_former_sid_is_named(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL), bob = account(c, "bob", NULL);
    set_text(c, &c->snapshot->accounts.sid[bob], LAB "1104");
    c->snapshot->accounts.source[bob] = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    world_sid_history(c->world, ann, LAB "1104");
    world_sid_history(c->world, ann, LAB "1105");
    assert_found(c, "privileged-residue", "ann low");
    const FindingText *text = text_of_finding(c, "privileged-residue");
    assert_string_equal(text->summary, "ann also counts as bob (account of lab) and " LAB
                                       "1105 (nobody we know), by its sIDHistory.");
    assert_non_null(strstr(text->evidence, "{\"sid\":\"" LAB "1104\",\"type\":\"account\",\"name\":"
                                           "\"bob\",\"source\":\"lab\",\"privileged\":false}"));
    assert_non_null(strstr(text->action, "Remove the old SIDs from sIDHistory of uid=ann,"));
}

static void the_sid_of_a_privileged_group_is_a_high_matter(void **state)
{
    Case *c = *state;
    uint32_t admins = protected_group(c, "Domain Admins", CORP "512"), ops = group(c, "ops");
    set_text(c, &c->snapshot->groups.sid[ops], CORP "1300");
    nest(c, ops, admins);
    uint32_t boss = account(c, "boss", NULL);
    set_text(c, &c->snapshot->accounts.sid[boss], CORP "1200");
    in_group(c, boss, admins);
    world_sid_history(c->world, account(c, "by-group", NULL), CORP "512");
    world_sid_history(c->world, account(c, "by-inner", NULL), CORP "1300");
    world_sid_history(c->world, account(c, "by-member", NULL), CORP "1200");
    world_sid_history(c->world, account(c, "by-number", NULL), LAB "519");
    world_sid_history(c->world, account(c, "harmless", NULL), LAB "1104");
    assert_found(c, "privileged-residue",
                 "by-group high, by-inner high, by-member high, by-number high, harmless low");
}

static void both_marks_are_one_exception(void **state)
{
    Case *c = *state;
    uint32_t admins = protected_group(c, "Domain Admins", CORP "512");
    uint32_t ann = marked(c, "ann");
    world_sid_history(c->world, ann, CORP "512");
    assert_found(c, "privileged-residue", "ann high");
    assert_string_equal(
        text_of_finding(c, "privileged-residue")->summary,
        "ann has adminCount set, but is in no group that Active Directory protects, "
        "and also counts as Domain Admins (group of corp, privileged), by its "
        "sIDHistory.");
    uint64_t before = only_finding(c, "privileged-residue")->facts;
    in_group(c, ann, admins); /* explains the count, not the SID */
    judge(c);
    assert_string_equal(text_of_finding(c, "privileged-residue")->summary,
                        "ann also counts as Domain Admins (group of corp, privileged), by its "
                        "sIDHistory.");
    assert_true(only_finding(c, "privileged-residue")->facts != before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(admin_count_without_a_protected_group_is_residue),
        case_test(nesting_a_primary_group_and_a_distribution_group_explain_it),
        case_test(only_protected_groups_explain_it),
        case_test(classes_that_active_directory_guards_itself_are_no_subjects),
        case_test(directories_without_the_attribute_have_nothing_to_say),
        case_test(groups_of_freeipa_show_no_admin_count),
        case_test(a_reader_who_sees_no_admin_count_proves_nothing),
        case_test(without_the_protected_groups_nothing_explains_and_nothing_is_found),
        case_test(a_protected_group_with_members_that_were_not_read_may_explain_it),
        case_test(a_directory_that_is_not_whole_may_explain_it),
        case_test(a_former_sid_is_named),
        case_test(the_sid_of_a_privileged_group_is_a_high_matter),
        case_test(both_marks_are_one_exception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
